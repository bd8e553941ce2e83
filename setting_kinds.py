"""What a setting can take: one class a kind, which reads, checks and says in Spanish what it wants."""

import ipaddress
import math
import re
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


class Unfit(Exception):
    """A value is not what its setting takes."""


class Kind(ABC, Generic[T]):
    """What a setting takes. Both readers raise :class:`Unfit`."""

    takes: str
    """Completes, in Spanish, "se espera …"."""

    @abstractmethod
    def from_text(self, text: str) -> T:
        """The value that an environment variable's text stands for."""

    def from_toml(self, value: object) -> T:
        """The value that a decoded TOML value stands for."""
        if not isinstance(value, str):
            raise Unfit
        return self.from_text(value)


class Text(Kind[str]):
    takes = "un texto de una línea"

    def from_text(self, text: str) -> str:
        if not text.isprintable():  # also refuses the lone surrogates that stand for broken UTF-8
            raise Unfit
        return text


class Secret(Text):
    """A text that is never shown."""

    takes = "un texto de una línea (no se muestra)"


class Choice(Text):
    def __init__(self, *choices: str) -> None:
        self.takes = f"uno de {', '.join(choices)}"
        self._by_folded = {choice.casefold(): choice for choice in choices}

    def from_text(self, text: str) -> str:
        try:
            return self._by_folded[text.casefold()]
        except KeyError:
            raise Unfit from None


class Host(Text):
    takes = "un nombre de máquina o una dirección IP, sin esquema ni puerto"
    _NAME: Final = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")

    def from_text(self, text: str) -> str:
        if ":" in text:
            try:
                ipaddress.IPv6Address(text)
            except ValueError:
                raise Unfit from None
        elif len(text) > 253 or not self._NAME.fullmatch(text):
            raise Unfit
        return text


class Url(Text):
    takes = "una dirección http:// o https://"

    def from_text(self, text: str) -> str:
        try:
            parts = urlsplit(super().from_text(text))
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            raise Unfit from None
        if not usable or " " in text:
            raise Unfit
        return text.rstrip("/")


class OrEmpty(Text):
    """Another kind of text, or none at all."""

    def __init__(self, kind: Text) -> None:
        self.takes = f"{kind.takes}, o vacío"
        self._kind = kind

    def from_text(self, text: str) -> str:
        return self._kind.from_text(text) if text else text


class Folder(Kind[Path]):
    takes = "la ruta de una carpeta"

    def from_text(self, text: str) -> Path:
        if not text or not text.isprintable():
            raise Unfit
        try:
            return Path(text).expanduser()
        except RuntimeError:  # ~nobody
            raise Unfit from None


class Texts(Kind[tuple[str, ...]]):
    takes = "una lista de textos (en el entorno, separados por comas)"

    def from_text(self, text: str) -> tuple[str, ...]:
        return self.from_toml([part.strip() for part in text.split(",") if part.strip()])

    def from_toml(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Unfit
        return tuple(Text().from_toml(item) for item in value)


class Flag(Kind[bool]):
    takes = "true o false (en el entorno también 1, 0, sí o no)"
    _WORDS: Final = {"1": True, "true": True, "si": True, "sí": True, "0": False, "false": False, "no": False}

    def from_text(self, text: str) -> bool:
        try:
            return self._WORDS[text.lower()]
        except KeyError:
            raise Unfit from None

    def from_toml(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise Unfit
        return value


class Whole(Kind[int]):
    """An integer from ``low`` to ``high``, both included."""

    def __init__(self, low: int, high: int) -> None:
        self.takes = f"un entero de {low} a {high}"
        self._range = range(low, high + 1)

    def from_text(self, text: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise Unfit
        return self.from_toml(int(text))

    def from_toml(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value not in self._range:
            raise Unfit
        return value


class Number(Kind[float]):
    """A finite number, at least ``low`` or more than ``above``, and at most ``high``."""

    def __init__(self, *, low: float = -math.inf, above: float = -math.inf, high: float = math.inf) -> None:
        bounds = {
            f"mayor que {above:.12g}": above,
            f"no menor que {low:.12g}": low,
            f"no mayor que {high:.12g}": high,
        }
        said = [words for words, bound in bounds.items() if math.isfinite(bound)]
        self.takes = " ".join(["un número", " y ".join(said)]).strip()
        self._low, self._above, self._high = low, above, high

    def from_text(self, text: str) -> float:
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            raise Unfit
        return self.from_toml(float(text))

    def from_toml(self, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Unfit
        if not self._low <= value <= self._high or value <= self._above or abs(value) == math.inf:
            raise Unfit
        try:
            return float(value)
        except OverflowError:  # an integer past what a float holds
            raise Unfit from None
