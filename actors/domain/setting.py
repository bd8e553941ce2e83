"""What a setting is: the kinds of value that there are, and what is known of one beside its value.

``config`` has the table of the system's settings, ``rules.base.settings`` those of the rules.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from actors.domain.kinds import KINDS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a setting takes, which completes in Spanish "se espera …", and how it is read.

    ``from_toml`` takes a decoded TOML value or raises ``ValueError``. ``decode`` makes of a variable's
    text what would stand in TOML, and leaves a text that it cannot read for ``from_toml`` to refuse. What
    ``is_secret`` is shown to nobody.
    """

    takes: str
    from_toml: Callable[[object], T]
    decode: Callable[[str], object] = str
    is_secret: bool = False

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


@written("una dirección mailto: o https://")
def push_contact(text: str) -> str:
    if not re.fullmatch(r"(mailto:[^@\s]+@[^@\s]+\.[^@\s]+|https://[^\s/]+\.[^\s]+)", line.from_text(text)):
        raise ValueError
    return text


@written("una dirección postgresql:// con el nombre de la base de datos, o vacío (no se muestra)")
def _database(text: str) -> str:
    parts = urlsplit(line.from_text(text))
    named = parts.scheme in ("postgresql", "postgres") and len(parts.path) > 1 and " " not in text
    if text and not named:
        raise ValueError
    return text


@written("una máquina, con su puerto si no es el de HTTPS")
def netloc(text: str) -> str:
    name, _, number = text.rpartition(":") if re.search(r":[0-9]+$", text) else (text, "", "443")
    host.from_text(name)
    port.from_text(number)
    return text.lower()


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
LONGEST: Final = 1_000_000_000
"""What a timer can wait for on every platform, in seconds; some 31 years."""

secret: Final = dataclasses.replace(
    written("un texto de una línea (no se muestra)")(line.from_text), is_secret=True
)
database: Final = dataclasses.replace(_database, is_secret=True)
file: Final = written("la ruta de un archivo")(lambda text: str(folder.from_text(text)))
flag: Final = Kind(
    "true o false (en el entorno también 1, 0, sí o no)",
    lambda value: exactly(bool, value),
    lambda text: _FLAGS.get(text.lower(), text),
)
texts: Final = many("una lista de textos", line)
seconds: Final = number(0, LONGEST)
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


def _seconds_by_kind(value: object) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for text in texts.from_toml(value):
        kind, equals, told = text.partition("=")
        if not equals or kind not in _KIND_NAMES or kind in found:
            raise ValueError
        found[kind] = seconds.from_text(told)
    return tuple(found.items())


_KIND_NAMES: Final = frozenset(kind.name for kind in KINDS)
seconds_by_kind: Final = Kind(
    'una lista de "clase=segundos", de clases como puerta o sensor_humo (en el entorno, separados por comas)',
    _seconds_by_kind,
    texts.decode,
)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """What is known of one setting beside its value."""

    kind: Kind[T]
    default: T
    description: str


def setting(kind: Kind[T], default: T, description: str) -> T:
    """A field of a frozen dataclass of settings; ``description`` is one line in Spanish."""
    known = Setting(kind, default, description)
    return dataclasses.field(default=default, repr=not kind.is_secret, metadata={"setting": known})
