"""What people are told of clients that the embedded broker cannot serve, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.unserved import Trouble, Unserved
from web.texts.languages import Language

_WORDS: Final[Mapping[Trouble, Mapping[Language, str]]] = {
    Trouble.MQTT_5: {
        Language.SPANISH: "{client} habla MQTT 5: ponlo en 3.1.1",
        Language.ENGLISH: "{client} speaks MQTT 5: set it to 3.1.1",
    },
    Trouble.MQTT_3_1: {
        Language.SPANISH: "{client} habla MQTT 3.1: ponlo en 3.1.1",
        Language.ENGLISH: "{client} speaks MQTT 3.1: set it to 3.1.1",
    },
    Trouble.SPACES: {
        Language.SPANISH: (
            "{client} usa un topic con espacios, que el bróker incluido no admite: usa "
            "MQTT_EMBEDDED=mosquitto, o cambia el nombre"
        ),
        Language.ENGLISH: (
            "{client} uses a topic with spaces, which the embedded broker does not take: use "
            "MQTT_EMBEDDED=mosquitto, or change the name"
        ),
    },
    Trouble.TOO_LARGE: {
        Language.SPANISH: "{client} manda mensajes más grandes de lo que cabe (256 KiB; una pasarela, 2 MiB)",
        Language.ENGLISH: "{client} sends messages larger than fit (256 KiB; a gateway, 2 MiB)",
    },
    Trouble.DISK_FULL: {
        Language.SPANISH: "{client} no puede publicar: el disco del bróker (MQTT_DISCO_MB) está lleno",
        Language.ENGLISH: "{client} cannot publish: the broker's disk (MQTT_DISCO_MB) is full",
    },
    Trouble.QUEUE_FULL: {
        Language.SPANISH: "{client} tiene demasiados mensajes esperando en el bróker, que pierde los nuevos",
        Language.ENGLISH: "{client} has too many messages waiting at the broker, which loses new ones",
    },
    Trouble.NO_LOGIN: {
        Language.SPANISH: (
            "desde {client} alguien intenta entrar por MQTT sin usuario o con uno que no vale: la contraseña "
            "la da mqtt-clave"
        ),
        Language.ENGLISH: (
            "from {client} somebody tries to come in by MQTT without a login or with a wrong one: a password "
            "is made by mqtt-clave"
        ),
    },
    Trouble.NO_RIGHTS: {
        Language.SPANISH: (
            "desde {client} no entra por MQTT un usuario cuyos permisos no se pueden leer: permisos.json "
            "está dañado, y lo arregla darle otra contraseña con mqtt-login"
        ),
        Language.ENGLISH: (
            "from {client} a login is kept out by MQTT whose rights cannot be read: permisos.json is "
            "damaged, which giving it another password with mqtt-login mends"
        ),
    },
    Trouble.FORBIDDEN: {
        Language.SPANISH: "{client} publica o escucha en un topic que no es suyo, y se le corta la conexión",
        Language.ENGLISH: "{client} publishes or subscribes on a topic that is not its own, and is cut off",
    },
    Trouble.SLOWED: {
        Language.SPANISH: "{client} publica más de lo que deja MQTT_MAX_POR_SEGUNDO: el resto espera en él",
        Language.ENGLISH: "{client} publishes more than MQTT_MAX_POR_SEGUNDO allows: the rest waits in it",
    },
}


def line(unserved: Unserved, language: Language) -> str:
    return _WORDS[unserved.trouble][language].format(client=unserved.client)
