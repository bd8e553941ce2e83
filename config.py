"""The settings: their names, what each takes, its default and what it is for.

A setting is one field of :class:`Settings`; its name on the outside is the field's in capitals. It
may stand in a TOML file, and an environment variable of the same name wins over the file.
``python config.py`` prints the documented example file.
"""

import dataclasses
import difflib
import functools
import ipaddress
import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Literal, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
# Where a value comes from, and what it is in TOML and in JSON.
Origin: TypeAlias = Literal["defecto", "fichero", "entorno"]
Written: TypeAlias = str | bool | float | list[str]


class SettingError(Exception):
    """A setting that cannot be used. ``str()`` is one line in Spanish, made to be shown as it is."""


# -- what a setting can take ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a setting takes, which completes in Spanish "se espera …", and how it is read.

    ``from_toml`` takes a decoded TOML value or raises ``ValueError``. ``decode`` makes of a variable's
    text what would stand in TOML, and leaves a text that it cannot read for ``from_toml`` to refuse.
    """

    takes: str
    from_toml: Callable[[object], T]
    decode: Callable[[str], object] = str

    def from_text(self, text: str) -> T:
        return self.from_toml(self.decode(text))


def exactly(expected: type[T], value: object) -> T:
    """The value, if it is of this very type: a bool is no int."""
    if not isinstance(value, expected) or type(value) is not expected:
        raise ValueError
    return value


def written(takes: str) -> Callable[[Callable[[str], T]], Kind[T]]:
    """Makes a kind of a reader of text, for what is a text in TOML too."""
    return lambda read: Kind(takes, lambda value: read(exactly(str, value)))


@written("un texto de una línea")
def line(text: str) -> str:
    if not text.isprintable():  # also refuses the lone surrogates that stand for broken UTF-8
        raise ValueError
    return text


@written("un nombre de máquina o una dirección IP, sin esquema ni puerto")
def host(text: str) -> str:
    if ":" in text:
        ipaddress.IPv6Address(text)
    elif len(text) > 253 or not re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", text):
        raise ValueError
    return text


def is_loopback(host: str) -> bool:
    """Whether only this machine's programs reach it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@written("un nombre como smarthome.local")
def mdns(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?(\.local)?", text.lower()):
        raise ValueError
    return text.lower().removesuffix(".local") + ".local"


@written("un comienzo de topic como casa/zigbee2mqtt, sin comodines")
def prefix(text: str) -> str:
    levels = line.from_text(text).split("/")
    ours = levels[0].lower() in ("dispositivos", "iot") or text.startswith("$")
    if ours or "" in levels or "+" in text or "#" in text or len(text) > 200:
        raise ValueError
    return text


@written("el nombre de una familia")
def family(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]{1,40}", text.lower()):
        raise ValueError
    return text.lower()


@written("una dirección http:// o https://")
def url(text: str) -> str:
    parts = urlsplit(line.from_text(text))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or " " in text:
        raise ValueError
    return text.rstrip("/")


@written("la ruta de una carpeta")
def folder(text: str) -> Path:
    if not text:
        raise ValueError
    try:
        return Path(line.from_text(text)).expanduser()
    except RuntimeError:  # ~nobody
        raise ValueError from None


@written("una dirección IP o una red, p. ej. 192.168.1.0/24")
def network(text: str) -> str:
    return str(ipaddress.ip_network(text, strict=False))


@written("un origen como https://casa.example, en minúsculas y sin ruta")
def origin(text: str) -> str:
    parts = urlsplit(url.from_text(text))
    if text != f"{parts.scheme}://{parts.netloc}".lower() or "@" in text:  # as browsers send it
        raise ValueError
    return text


def or_empty(kind: Kind[str]) -> Kind[str]:
    return written(f"{kind.takes}, o vacío")(lambda text: kind.from_text(text) if text else text)


def many(takes: str, kind: Kind[str]) -> Kind[tuple[str, ...]]:
    return Kind(
        f"{takes} (en el entorno, separados por comas)",
        lambda value: tuple(kind.from_toml(item) for item in exactly(list, value)),
        lambda text: [part.strip() for part in text.split(",") if part.strip()],
    )


def choice(*choices: T) -> Kind[T]:
    """One of these numbers, or of these texts in whatever case."""
    by_text = {str(known).casefold(): known for known in choices}

    def from_toml(value: object) -> T:
        text = str(exactly(type(choices[0]), value)).casefold()
        if text not in by_text:
            raise ValueError
        return by_text[text]

    takes = f"uno de {', '.join(map(str, choices))}"
    return Kind(takes, from_toml, lambda text: by_text.get(text.casefold(), text))


def whole(low: int, high: int) -> Kind[int]:
    """An integer from ``low`` to ``high``, both included."""

    def from_toml(value: object) -> int:
        if not low <= exactly(int, value) <= high:
            raise ValueError
        return exactly(int, value)

    takes = f"un entero de {low} a {high}"
    return Kind(takes, from_toml, lambda text: int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else text)


_LARGEST: Final = sys.float_info.max
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def number(low: float = -_LARGEST, high: float = _LARGEST, *, above: float = float("-inf")) -> Kind[float]:
    """A finite number, at least ``low`` or more than ``above``, and at most ``high``."""

    def from_toml(value: object) -> float:
        known = value if isinstance(value, float) else exactly(int, value)
        if not low <= known <= high or known <= above:
            raise ValueError
        return float(known)

    bounds = {"mayor que": above, "no menor que": low, "no mayor que": high}
    said = " y ".join(f"{words} {bound:.12g}" for words, bound in bounds.items() if abs(bound) < _LARGEST)
    takes = f"un número {said}".strip()
    return Kind(takes, from_toml, lambda text: float(text) if _NUMBER.fullmatch(text) else text)


_FLAGS: Final = {"1": True, "true": True, "si": True, "sí": True, "0": False, "false": False, "no": False}
# What a timer can wait for on every platform; some 31 years.
_LONGEST: Final = 1_000_000_000

secret: Final = written("un texto de una línea (no se muestra)")(line.from_text)
file: Final = written("la ruta de un archivo")(lambda text: str(folder.from_text(text)))
flag: Final = Kind(
    "true o false (en el entorno también 1, 0, sí o no)",
    lambda value: exactly(bool, value),
    lambda text: _FLAGS.get(text.lower(), text),
)
texts: Final = many("una lista de textos", line)
seconds: Final = number(0, _LONGEST)
port: Final = whole(0, 65_535)


def or_automatic(kind: Kind[T]) -> Kind[T | None]:
    """``None``, written as an empty text, leaves it to the system."""
    return Kind(
        f"{kind.takes}, o vacío",
        lambda value: None if value in ("", None) else kind.from_toml(value),
        lambda text: kind.decode(text) if text else text,
    )


days: Final = whole(0, 36_500)
_DAYS_OF: Final = re.compile(r"([A-Za-z0-9._:-]{1,64})=([0-9]{1,5})")


def _days_by_serial(value: object) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for text in texts.from_toml(value):
        match = _DAYS_OF.fullmatch(text)
        if match is None or match[1] in found:
            raise ValueError
        found[match[1]] = days.from_text(match[2])
    return tuple(found.items())


days_by_serial: Final = Kind(
    'una lista de "SERIE=días", de 0 a 36500 (en el entorno, separados por comas)',
    _days_by_serial,
    texts.decode,
)
share: Final = number(0, 1)


# -- the settings --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """What is known of one setting beside its value."""

    kind: Kind[T]
    default: T
    description: str


def setting(kind: Kind[T], default: T, description: str) -> T:
    """A field of :class:`Settings`; ``description`` is one line in Spanish."""
    known = Setting(kind, default, description)
    return dataclasses.field(default=default, repr=kind is not secret, metadata={"setting": known})


# What stands in the example file above each group of settings, by the group's first.
HEADINGS: Final = {
    "BACKEND_HOST": "Interfaz web (REST y SSE)",
    "AUTH_MODE": "Quién entra",
    "SSL_ENABLED": "Cifrado y nombre en la red",
    "MQTT_BROKER_URL": "MQTT",
    "DATA_DIR": "Sistema",
    "RETENCION_DIAS": "Conservación y copias",
    "AI_LIMITES_PATH": "Regla 1: anomalías en las métricas",
    "AI_ESTANDAR_PATH": "Regla 2: configuraciones incorrectas",
    "AI_R3_BIN_MINUTES": "Regla 3: aprendizaje de horarios",
    "AI_R3_DEMO_MODE": "Regla 3: modo de demostración",
    "AI_R4_OFFLINE_SECS": "Regla 4: dispositivos sin señal",
}

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MODELS: Final = Path("rules/data/river_models")


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Made by :meth:`load`; ``Settings()`` has the defaults."""

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
        "De ellos, sin reclamar; si llega otro, se va el que más tiempo lleva callado.",
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
    retencion_diaria_dias: int = setting(days, 3650, "Días que se guarda el resumen por días; 0 es siempre.")
    retencion_eventos_dias: int = setting(days, 365, "Días que se guardan los avisos; 0 es siempre.")
    copias_max: int = setting(whole(1, 1000), 7, "Copias diarias, y tantas de las pedidas, que se guardan.")

    ai_limites_path: str = setting(or_empty(file), "", "Tabla de límites, en JSON; vacía, la incluida.")
    ai_hist_min_points: int = setting(whole(1, 10_000_000), 150, "Lecturas mínimas para usar el histórico.")
    ai_hist_window_days: int = setting(whole(1, 3650), 30, "Días de histórico que cuentan.")
    ai_hist_pmin: float = setting(number(0, 50), 1.0, "Percentil inferior de lo normal (en %).")
    ai_hist_pmax: float = setting(number(50, 100), 99.0, "Percentil superior de lo normal (en %).")
    ai_hist_pad_frac: float = setting(number(0, 10), 0.15, "Margen: fracción del rango histórico.")
    ai_hist_pad_abs: float = setting(number(0), 0.0, "Margen absoluto, en unidades de la métrica.")
    ai_alert_tol_frac: float = setting(number(0, 10), 0.02, "Tolerancia: fracción entre los límites.")
    ai_alert_tol_abs: float = setting(number(0), 0.5, "Tolerancia absoluta; cuenta la mayor de las dos.")
    ai_alert_cooldown_s: float = setting(seconds, 900.0, "Segundos entre avisos de una misma métrica.")

    ai_estandar_path: str = setting(or_empty(file), "", "Tabla de estándares, en JSON; vacía, la incluida.")
    ai_misconfig_cooldown_s: float = setting(seconds, 86_400.0, "Segundos entre avisos de un dispositivo.")

    ai_r3_bin_minutes: int = setting(choice(5, 6, 10, 12, 15, 20, 30, 60), 30, "Minutos de un tramo del día.")
    ai_r3_prob_thresh: float = setting(number(0.05, 0.95), 0.55, "Parte del tramo encendida para proponerlo.")
    ai_r3_min_span_bins: int = setting(whole(1, 48), 1, "Tramos mínimos de una ventana.")
    ai_r3_model_dir: Path = setting(folder, MODELS, "Carpeta de los modelos <SERIAL>.river.pkl.")
    ai_r3_save_every_n: int = setting(whole(1, 1_000_000), 5_000, "Observaciones entre guardado y guardado.")
    ai_r3_warm_start: bool = setting(flag, True, "Al arrancar, aprender del registro lo que falte.")
    ai_r3_reset_on_start: bool = setting(flag, False, "Al arrancar, olvidar lo aprendido que se guardó.")
    ai_r3_cooldown_s: float = setting(seconds, 86_400.0, "Segundos entre sugerencias de un dispositivo.")
    ai_r3_min_events: int = setting(whole(0, 1_000_000), 20, "Observaciones mínimas antes de sugerir.")
    ai_r3_suggest_min_diff: float = setting(share, 0.1, "Diferencia (0 a 1) con la última para sugerir otra.")
    ai_r3_min_gap_bins: int = setting(whole(0, 48), 1, "Tramos mínimos entre ventanas; menos, se unen.")
    ai_r3_round_to_min: int = setting(whole(0, 60), 5, "Minutos a los que se redondea; 0 no redondea.")
    ai_r3_max_windows_per_day: int = setting(whole(0, 48), 4, "Ventanas por día como mucho; 0 es sin límite.")
    ai_r3_audit_when_horario: bool = setting(flag, True, "Comparar lo aprendido con el horario que ya hay.")
    ai_r3_diff_thresh: float = setting(share, 0.25, "Diferencia (0 a 1) con el horario para proponer otro.")

    ai_r3_demo_mode: bool = setting(flag, False, "Sugerir desde archivos de demostración.")
    ai_r3_demo_source: str = setting(choice("csv", "pkl"), "csv", "De qué archivos.")
    ai_r3_demo_csv_dir: Path = setting(folder, MODELS, "Carpeta de los <SERIAL>.csv.")
    ai_r3_demo_topk_per_day: int = setting(whole(0, 288), 0, "Tramos por día; 0 es sin límite.")
    ai_r3_demo_serials: tuple[str, ...] = setting(texts, ("RGD0ABC123",), "Números de serie de demostración.")
    ai_r3_demo_require_files: bool = setting(flag, True, "Sugerir solo si hay archivo.")

    ai_r4_offline_secs: float = setting(
        number(above=0, high=_LONGEST), 120.0, "Segundos sin señal para darlo por caído."
    )
    ai_r4_grace_secs: float = setting(
        seconds, 60.0, "Segundos que ha de durar un silencio para que se avise de él."
    )
    ai_r4_watchdog_tick_secs: float = setting(number(0.01, _LONGEST), 5.0, "Segundos entre revisiones.")
    ai_r4_remind_secs: float = setting(seconds, 0.0, "Segundos entre recordatorios; 0, sin recordatorios.")
    ai_r4_startup_grace_secs: float = setting(seconds, 60.0, "Segundos de gracia al arrancar el sistema.")

    origins: Mapping[str, Origin] = dataclasses.field(default_factory=dict, repr=False, compare=False)
    """Of the settings that somebody has set, by name as written outside."""

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
        "COPIAS_",
        "HA_",
        "MDNS_",
        "METRICS_",
        "MQTT_",
        "OLVIDAR_",
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
        value = "el valor dado" if kind is secret else _shown(raw)
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
