"""The settings: their names, what each takes, its default and what it is for.

A setting is one field of :class:`Settings`; its name on the outside is the field's in capitals. It
may stand in a TOML file, and an environment variable of the same name wins over the file.
``python config.py`` prints the documented example file.
"""

import dataclasses
import difflib
import functools
import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

from setting_kinds import Choice, Folder, Host, Kind, Number, OrEmpty, Secret, Text, Unfit, Url, Whole

T = TypeVar("T")


class SettingError(Exception):
    """A setting that cannot be used. ``str()`` is one line in Spanish, made to be shown as it is."""


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """What is known of one setting beside its value."""

    section: str
    kind: Kind[T]
    default: T
    description: str


def setting(section: str, kind: Kind[T], default: T, description: str) -> T:
    """A field of :class:`Settings`; ``description`` is one line in Spanish."""
    known = Setting(section, kind, default, description)
    return dataclasses.field(default=default, repr=not isinstance(kind, Secret), metadata={"setting": known})


WEB: Final = "Interfaz web (REST y SSE)"
MQTT: Final = "MQTT"
SYSTEM: Final = "Sistema"
OFFLINE: Final = "Regla 4: dispositivos sin señal"

# What a timer can wait for on every platform; some 31 years.
LONGEST_SECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked. Made by :meth:`load`; ``Settings()`` has the defaults."""

    backend_host: str = setting(
        WEB, Host(), "127.0.0.1", "Dirección en la que escucha; 0.0.0.0 abre a la LAN."
    )
    backend_port: int = setting(WEB, Whole(0, 65535), 5000, "Puerto HTTP; 0 toma cualquiera que esté libre.")
    public_backend_url: str = setting(
        WEB, OrEmpty(Url()), "", "Dirección que usan los clientes; vacía, se deduce de las dos anteriores."
    )
    sse_max_clients: int = setting(WEB, Whole(1, 800), 200, "Clientes SSE conectados a la vez.")

    mqtt_broker_url: str = setting(
        MQTT, OrEmpty(Host()), "", "Máquina del bróker; vacía, se usa el bróker incluido."
    )
    mqtt_broker_port: int = setting(
        MQTT, Whole(0, 65535), 1883, "Puerto del bróker; con el incluido, 0 toma cualquiera que esté libre."
    )
    mqtt_keepalive: int = setting(MQTT, Whole(5, 3600), 60, "Segundos entre señales de vida con el bróker.")
    mqtt_username: str = setting(MQTT, Text(), "", "Usuario en el bróker; vacío, se entra sin usuario.")
    mqtt_password: str = setting(MQTT, Secret(), "", "Contraseña en el bróker; mejor en el entorno que aquí.")

    data_dir: Path = setting(SYSTEM, Folder(), Path("instance"), "Carpeta de todo lo que el sistema escribe.")
    log_level: str = setting(
        SYSTEM,
        Choice("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        "WARNING",
        "Mensajes que se muestran.",
    )
    max_devices: int = setting(SYSTEM, Whole(1, 100_000), 20_000, "Dispositivos que se admiten.")
    rechazados_max: int = setting(
        SYSTEM,
        Whole(100, 1_000_000),
        1_000,
        "Mensajes rechazados que se guardan; los más antiguos se borran.",
    )

    ai_r4_offline_secs: float = setting(
        OFFLINE, Number(above=0, high=LONGEST_SECONDS), 120.0, "Segundos sin señal para darlo por caído."
    )
    ai_r4_startup_grace_secs: float = setting(
        OFFLINE, Number(low=0, high=LONGEST_SECONDS), 60.0, "Segundos de gracia al arrancar el sistema."
    )

    def __post_init__(self) -> None:
        """Checks what a setting alone does not show."""
        if self.mqtt_password and not self.mqtt_username:  # MQTT 3.1.1 has no such login
            raise SettingError("MQTT_PASSWORD: no sirve sin MQTT_USERNAME; se espera también un usuario.")
        if self.mqtt_broker_url and self.mqtt_broker_port == 0:
            raise SettingError(
                "MQTT_BROKER_PORT: 0 solo vale con el bróker incluido; se espera el puerto real."
            )

    @classmethod
    def load(cls, toml_path: Path | None, environ: Mapping[str, str]) -> Self:
        """The settings of a TOML file, if one is given, and of the environment, which wins.

        Raises :class:`SettingError` for a file that cannot be read, an unknown name in it, an
        unknown name in the environment that begins like one of ours, and for a wrong value even
        where the environment overrides it.
        """
        values: dict[str, Any] = {}
        for name, raw in (_toml(toml_path) if toml_path else {}).items():
            with _blaming(name, raw, str(toml_path)):
                values[name.lower()] = _known(name, str(toml_path)).kind.from_toml(raw)
        for name in sorted(environ):
            if name in settings() or name.startswith(OWN_PREFIXES):
                with _blaming(name, environ[name], "entorno"):
                    values[name.lower()] = _known(name, "entorno").kind.from_text(environ[name])
        return cls(**values)


@functools.cache
def settings() -> Mapping[str, Setting[Any]]:
    """All settings by name, as written outside, in order."""
    return {field.name.upper(): field.metadata["setting"] for field in dataclasses.fields(Settings)}


# Names in the environment that can only be meant for us, so that a mistyped one is told.
OWN_PREFIXES: Final = ("AI_", "BACKEND_", "MQTT_")

# Of a wrong value; enough to recognise it by and short enough for one line.
_SHOWN_CHARACTERS: Final = 60


def _known(name: str, source: str) -> Setting[Any]:
    if name in settings():
        return settings()[name]
    [closest] = difflib.get_close_matches(name.upper(), settings(), n=1, cutoff=0)
    raise SettingError(f"{_shown(name)} ({source}): no hay tal ajuste; el más parecido es {closest}.")


@contextmanager
def _blaming(name: str, raw: object, source: str) -> Iterator[None]:
    """Turns :class:`Unfit` into the one line that a person needs."""
    try:
        yield
    except Unfit:
        kind = settings()[name].kind
        value = "el valor dado" if isinstance(kind, Secret) else _shown(raw)
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


def example() -> str:
    """A TOML file with every setting, commented out with its default, and what each takes."""
    lines = [
        "# Ajustes de IoT Backend. Copia este archivo como config.toml y quita la almohadilla de lo que",
        "# cambies. Una variable de entorno del mismo nombre manda sobre el archivo.",
    ]
    section = ""
    for name, known in settings().items():
        if known.section != section:
            section = known.section
            lines += ["", "", f"# ---- {section} ----"]
        default = json.dumps(known.default, ensure_ascii=False, default=str)
        lines += ["", f"# {known.description}", f"# Se espera {known.kind.takes}.", f"#{name} = {default}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(example(), end="")
