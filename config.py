"""The settings: their names, what each takes, its default and what it is for.

A setting is one field of :class:`SystemSettings`, or, where it is a rule's, of ``rules.base.settings``. Its
name on the outside is the field's in capitals. It may stand in a TOML file, and an environment variable of
the same name wins over the file.
``python config.py`` prints the documented example file.
"""

import dataclasses
import difflib
import functools
import ipaddress
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

from actors.domain.setting import (
    Kind,
    Setting,
    choice,
    database,
    days,
    days_by_serial,
    family,
    file,
    flag,
    folder,
    host,
    line,
    many,
    mdns,
    netloc,
    network,
    number,
    or_automatic,
    or_empty,
    origin,
    port,
    prefix,
    push_contact,
    seconds,
    secret,
    setting,
    url,
    whole,
)
from rules.base.settings import RulesSettings

T = TypeVar("T")
# Where a value comes from, and what it is in TOML and in JSON.
Origin: TypeAlias = Literal["defecto", "fichero", "entorno"]
Written: TypeAlias = str | bool | float | list[str]


class SettingError(Exception):
    """A setting that cannot be used. ``str()`` is one line in Spanish, made to be shown as it is."""


def is_loopback(host: str) -> bool:
    """Whether only this machine's programs reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def data_folder(environ: Mapping[str, str], platform: str) -> Path:
    """Where programs of a person keep their data on this ``platform`` (as ``sys.platform`` names it)."""
    match platform:
        case "win32":
            base = environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        case "darwin":
            base = Path.home() / "Library" / "Application Support"
        case _:
            # Relative ones are to be ignored: XDG Base Directory Specification.
            told = environ.get("XDG_DATA_HOME", "")
            base = told if told.startswith("/") else Path.home() / ".local" / "share"
    return Path(base) / "iot-backend" / "instance"


# What stands in the example file above each group of settings, by the group's first.
HEADINGS: Final = {
    "BACKEND_HOST": "Interfaz web (REST y SSE)",
    "AUTH_MODE": "Quién entra",
    "SSL_ENABLED": "Cifrado y nombre en la red",
    "PUSH_CONTACTO": "Avisos a las personas",
    "MQTT_BROKER_URL": "MQTT",
    "DATA_DIR": "Sistema",
    "RETENCION_DIAS": "Conservación y copias",
    "PRECIO_KWH": "Energía",
    "DATABASE_URL": "PostgreSQL",
    "AI_LIMITES_PATH": "Regla 1: anomalías en las métricas",
    "AI_ESTANDAR_PATH": "Regla 2: configuraciones incorrectas",
    "AI_R3_BIN_MINUTES": "Regla 3: aprendizaje de horarios",
    "AI_R3_DEMO_MODE": "Regla 3: modo de demostración",
    "AI_R4_OFFLINE_SECS": "Regla 4: dispositivos sin señal",
    "AI_ALARM_BATTERY_PCT": "Regla 5: alarmas",
    "LATITUD": "Regla 6: el tiempo que hace donde está la casa",
}

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


@dataclass(frozen=True)
class SystemSettings:
    """All but the rules' own."""

    backend_host: str = setting(host, "127.0.0.1", "Dirección en la que escucha; 0.0.0.0 abre a la LAN.")
    backend_port: int = setting(port, 5000, "Puerto HTTP; 0 toma cualquiera que esté libre.")
    public_backend_url: str = setting(or_empty(url), "", "Dirección que usan los clientes; vacía, se deduce.")
    sse_max_clients: int = setting(whole(1, 800), 200, "Clientes SSE conectados a la vez.")
    metrics_nombres: bool = setting(
        flag, False, "Que /metrics dé también los dispositivos con su nombre y sus lecturas."
    )

    auth_mode: str = setting(
        or_empty(choice("tokens", "abierto")),
        "",
        "Quién entra: con token, o cualquiera (abierto); vacío, sin token solo en esta máquina.",
    )
    allowed_hosts: tuple[str, ...] = setting(
        many("una lista de nombres de máquina o direcciones IP", host),
        (),
        "Otros nombres por los que responde.",
    )
    cors_origins: tuple[str, ...] = setting(
        many("una lista de orígenes como https://casa.example", origin),
        (),
        "Páginas de otros orígenes que pueden leer y mandar, con token.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        many("una lista de direcciones IP o redes", network), (), "Proxies cuyo X-Forwarded-For se cree."
    )
    claim_window_s: float = setting(
        seconds, 0.0, "Segundos tras su arranque en que se reclama un dispositivo sin código; 0, siempre."
    )

    ssl_enabled: bool | None = setting(
        or_automatic(flag), None, "HTTPS; vacío, fuera de esta máquina sí y dentro no."
    )
    ssl_cert_path: str = setting(
        or_empty(file), "", "Certificado propio, con su cadena, en PEM; vacío, el sistema hace uno."
    )
    ssl_key_path: str = setting(or_empty(file), "", "Clave de ese certificado, en PEM y sin contraseña.")
    mdns_enabled: bool | None = setting(
        or_automatic(flag), None, "Anunciarse en la red local; vacío, si se escucha fuera de esta máquina."
    )
    mdns_name: str = setting(mdns, "smarthome.local", "Nombre con el que se anuncia en la red local.")

    push_contacto: str = setting(
        push_contact,
        "mailto:iot-backend@example.org",
        "Quién responde de los avisos al navegador, ante el servicio que los lleva.",
    )
    push_servicios: tuple[str, ...] = setting(
        many("una lista de servicios como push.example.org o 127.0.0.1:8080", netloc),
        (),
        "Otros servicios de avisos al navegador, además de los de sus fabricantes.",
    )

    mqtt_broker_url: str = setting(or_empty(host), "", "Máquina del bróker; vacía, se usa el incluido.")
    mqtt_broker_port: int = setting(port, 1883, "Puerto; con el bróker incluido, 0 toma uno libre.")
    mqtt_keepalive: int = setting(whole(5, 3600), 60, "Segundos entre señales de vida con el bróker.")
    mqtt_username: str = setting(line, "", "Usuario en el bróker; vacío, se entra sin usuario.")
    mqtt_password: str = setting(secret, "", "Contraseña en el bróker; mejor en el entorno que aquí.")
    mqtt_bind_host: str = setting(
        host, "127.0.0.1", "Dirección del bróker incluido; fuera de esta máquina pide usuario y contraseña."
    )
    mqtt_tls_enabled: bool = setting(flag, False, "Cifrar: el bróker incluido para los demás, o el ajeno.")
    mqtt_tls_port: int = setting(port, 8883, "Puerto cifrado; con el bróker incluido, 0 toma uno libre.")
    mqtt_tls_ca: str = setting(
        or_empty(file), "", "CA del bróker ajeno, en PEM; vacía, valen la propia y las del sistema."
    )
    mqtt_tema_comun: bool = setting(
        flag, True, "Oír dispositivos/estado, el tema común, donde un dispositivo puede hablar por otro."
    )
    mqtt_sync_interval: float = setting(
        number(0, 120), 1.0, "Bróker incluido: segundos hasta asegurar en disco lo confirmado; 0, antes."
    )
    mqtt_disco_mb: int = setting(
        whole(64, 1_000_000), 1024, "Bróker incluido: MB que guarda; lleno, no admite mensajes."
    )
    mqtt_max_por_segundo: float = setting(
        number(0, 1_000_000), 100.0, "Bróker incluido: mensajes por segundo de cada usuario; 0, sin límite."
    )
    mqtt_embedded: Literal["nats", "mosquitto"] = setting(
        choice("nats", "mosquitto"),
        "nats",
        "Bróker incluido: nats, o mosquitto, que admite espacios en los topics y MQTT 5.",
    )
    nats_server_path: str = setting(
        or_empty(file), "", "Otro nats-server (2.15 o posterior); vacío, el instalado con este sistema."
    )
    mosquitto_path: str = setting(
        or_empty(file), "", "Mosquitto (2.0 o posterior) para MQTT_EMBEDDED; vacío, el de esta máquina."
    )

    mqtt_dialectos: tuple[str, ...] = setting(
        many("una lista de familias como tasmota, o todos", family),
        ("todos",),
        "Dispositivos de otras marcas que se entienden; vacía, ninguno.",
    )
    ha_prefijo: str = setting(
        prefix, "homeassistant", "Topics donde se anuncia lo hecho para Home Assistant."
    )
    ha_discovery: bool = setting(
        flag, False, "Anuncia a Home Assistant los dispositivos propios reclamados, por el mismo bróker."
    )
    ha_discovery_forma: str = setting(
        choice("dispositivo", "entidades"),
        "dispositivo",
        "Un anuncio por dispositivo, o por entidad para Home Assistant anterior a 2024.12.",
    )
    tasmota_prefijo: str = setting(prefix, "tasmota/discovery", "Topics donde se anuncian los Tasmota.")
    zigbee2mqtt_prefijo: tuple[str, ...] = setting(
        many("una lista de comienzos de topic", prefix),
        ("zigbee2mqtt",),
        "Topics de cada Zigbee2MQTT, su base_topic.",
    )

    data_dir: Path = setting(folder, Path("instance"), "Carpeta de todo lo que el sistema escribe.")
    log_level: str = setting(choice(*LEVELS), "WARNING", "Mensajes que se muestran.")
    max_devices: int = setting(whole(1, 100_000), 20_000, "Dispositivos que se admiten.")
    max_no_reclamados: int = setting(
        whole(1, 100_000),
        500,
        "De ellos, sin reclamar; si llega otro, se va el que más tiempo lleva callado, si son 2 minutos.",
    )
    olvidar_no_reclamados_dias: int = setting(
        days, 7, "Días sin oír a un dispositivo sin reclamar tras los que se olvida; 0 es nunca."
    )
    rechazados_max: int = setting(
        whole(100, 1_000_000), 1_000, "Mensajes rechazados que se guardan; los más antiguos se borran."
    )

    retencion_dias: int = setting(days, 35, "Días que se guarda cada informe; 0 es siempre.")
    retencion_por_dispositivo: tuple[tuple[str, int], ...] = setting(
        days_by_serial, (), "Días de informes por número de serie o su comienzo, p. ej. CAM0=7."
    )
    retencion_horas_dias: int = setting(days, 730, "Días que se guarda el resumen por horas; 0 es siempre.")
    retencion_diaria_dias: int = setting(
        days, 3650, "Días que se guardan el resumen por días y el consumo; 0 es siempre."
    )
    retencion_eventos_dias: int = setting(
        days, 365, "Días que se guardan los avisos y el diario; 0 es siempre."
    )
    copias_max: int = setting(whole(1, 1000), 7, "Copias diarias, y tantas de las pedidas, que se guardan.")

    precio_kwh: float | None = setting(
        or_automatic(number(0, 10_000)),
        None,
        "Precio del kWh mientras nadie dice otro en la página o por /energia/tarifas.",
    )

    database_url: str = setting(
        database, "", "Base de datos PostgreSQL de la casa, de las personas y sus tokens; vacía, en DATA_DIR."
    )


@dataclass(frozen=True)
class Settings(RulesSettings, SystemSettings):
    """Every setting, checked. Made by :meth:`load`; ``Settings()`` has the defaults."""

    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """Of the settings that somebody has set, by name as written outside."""

    @property
    def warnings(self) -> Sequence[str]:
        """What is taken and yet can hardly be meant, in Spanish, a line each."""
        said = {"LATITUD": self.latitud, "LONGITUD": self.longitud}
        missing = [name for name, degrees in said.items() if degrees is None]
        if len(missing) != 1:
            return ()
        (given,) = said.keys() - missing
        return (f"{given} sin {missing[0]} no dice dónde está la casa: ni el tiempo ni el sol se conocen.",)

    @property
    def weather_provider(self) -> str:
        """The host that is asked for the weather; empty where none is."""
        return "" if self.place is None else urlsplit(self.clima_url).hostname or ""

    @property
    def https(self) -> bool:
        """Whether the web is served by TLS."""
        automatic = bool(self.ssl_cert_path) or not is_loopback(self.backend_host)
        return automatic if self.ssl_enabled is None else self.ssl_enabled

    @property
    def announced(self) -> bool:
        """Whether the house can be found by name."""
        return not is_loopback(self.backend_host) if self.mdns_enabled is None else self.mdns_enabled

    def __post_init__(self) -> None:
        """Checks what a setting alone does not show."""
        if self.mqtt_password and not self.mqtt_username:  # MQTT 3.1.1 has no such login
            raise SettingError("MQTT_PASSWORD: no sirve sin MQTT_USERNAME; se espera también un usuario.")
        if self.mqtt_broker_url and 0 in (self.mqtt_broker_port, self.mqtt_tls_port):
            name = "MQTT_BROKER_PORT" if self.mqtt_broker_port == 0 else "MQTT_TLS_PORT"
            raise SettingError(f"{name}: 0 solo vale con el bróker incluido; se espera el real.")
        if self.mqtt_embedded == "mosquitto" and not self.mqtt_broker_url and not self.mqtt_sync_interval:
            raise SettingError("MQTT_SYNC_INTERVAL: 0 no lo cumple Mosquitto; se espera mayor que 0.")
        if bool(self.ssl_cert_path) is not bool(self.ssl_key_path):
            alone = "SSL_CERT_PATH" if self.ssl_cert_path else "SSL_KEY_PATH"
            raise SettingError(f"{alone}: va sola; se esperan SSL_CERT_PATH y SSL_KEY_PATH.")
        if self.ai_hist_pmin >= self.ai_hist_pmax:
            raise SettingError("AI_HIST_PMIN: no es menor que AI_HIST_PMAX; se espera que lo sea.")

    @classmethod
    def load(cls, toml_path: Path | None, environ: Mapping[str, str]) -> Self:
        """The settings of a TOML file, if one is given, and of the environment, which wins.

        Raises :class:`SettingError` for a file that cannot be read, an unknown name in it, an
        unknown name in the environment that begins like one of ours, and for a wrong value even
        where the environment overrides it.
        """
        values: dict[str, Any] = {}
        origins: dict[str, Origin] = {}
        for name, raw in (_toml(toml_path) if toml_path else {}).items():
            values[name.lower()] = _taken(name, raw, str(toml_path), lambda kind: kind.from_toml)
            origins[name] = "fichero"
        for name in sorted(environ):
            if name in settings() or (name.startswith(OWN_PREFIXES) and name not in FOREIGN):
                values[name.lower()] = _taken(name, environ[name], "entorno", lambda kind: kind.from_text)
                origins[name] = "entorno"
        return cls(**values, origins=origins)


@functools.cache
def settings() -> Mapping[str, Setting[Any]]:
    """All settings by name, as written outside, in order."""
    found = {field.name.upper(): field.metadata for field in dataclasses.fields(Settings)}
    return {name: metadata["setting"] for name, metadata in found.items() if metadata}


# Names in the environment that can only be meant for us, so that a mistyped one is told.
OWN_PREFIXES: Final = (
    *(
        "AI_",
        "AUTH_",
        "BACKEND_",
        "CLAIM_",
        "CLIMA_",
        "COPIAS_",
        "HA_",
        "LATITUD",
        "LONGITUD",
        "MDNS_",
        "METRICS_",
        "MQTT_",
        "OLVIDAR_",
        "PRECIO_",
        "PUSH_",
        "RETENCION_",
        "SSL_",
    ),
)
# But for these, which are OpenSSL's.
FOREIGN: Final = ("SSL_CERT_DIR", "SSL_CERT_FILE")

# Of a wrong value; enough to recognise it by and short enough for one line.
_SHOWN_CHARACTERS: Final = 60


def _taken(name: str, raw: T, source: str, reader: Callable[[Kind[Any]], Callable[[T], Any]]) -> Any:
    """A setting's value, or the one line that a person needs."""
    if name not in settings():
        [closest] = difflib.get_close_matches(name.upper(), settings(), n=1, cutoff=0)
        raise SettingError(f"{_shown(name)} ({source}): no hay tal ajuste; el más parecido es {closest}.")
    kind = settings()[name].kind
    try:
        return reader(kind)(raw)
    except ValueError:
        value = "el valor dado" if kind.is_secret else _shown(raw)
        raise SettingError(f"{name} ({source}): {value} no vale; se espera {kind.takes}.") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingError(f"{path}: el archivo de ajustes no existe.") from None
    except OSError as error:
        raise SettingError(f"{path}: el archivo de ajustes no se puede leer ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise SettingError(f"{path}: el archivo de ajustes no es TOML válido ({error}).") from None


def written_as(value: Any) -> Written:
    """A setting's value as a person writes it in the file, and as JSON has it."""
    if isinstance(value, tuple):
        return [each if isinstance(each, str) else "{}={}".format(*each) for each in value]
    return "" if value is None else str(value) if isinstance(value, Path) else value


def example() -> str:
    """A TOML file with every setting, commented out with its default, and what each takes."""
    lines = [
        "# Ajustes de IoT Backend. Copia este archivo como config.toml y quita la almohadilla de lo que",
        "# cambies. Una variable de entorno del mismo nombre manda sobre el archivo.",
    ]
    for name, known in settings().items():
        if name in HEADINGS:
            lines += ["", "", f"# ---- {HEADINGS[name]} ----"]
        default = json.dumps(written_as(known.default), ensure_ascii=False)
        lines += ["", f"# {known.description}", f"# Se espera {known.kind.takes}.", f"#{name} = {default}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(example(), end="")
