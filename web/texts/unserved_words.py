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
        Language.SPANISH: "{client} manda mensajes de más de 256 KiB",
        Language.ENGLISH: "{client} sends messages of more than 256 KiB",
    },
    Trouble.DISK_FULL: {
        Language.SPANISH: "{client} no puede publicar: el disco del bróker (MQTT_DISCO_MB) está lleno",
        Language.ENGLISH: "{client} cannot publish: the broker's disk (MQTT_DISCO_MB) is full",
    },
    Trouble.QUEUE_FULL: {
        Language.SPANISH: "{client} tiene demasiados mensajes esperando en el bróker, que pierde los nuevos",
        Language.ENGLISH: "{client} has too many messages waiting at the broker, which loses new ones",
    },
}


def line(unserved: Unserved, language: Language) -> str:
    return _WORDS[unserved.trouble][language].format(client=unserved.client)
