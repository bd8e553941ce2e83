"""How one value of another make leads to one of this house, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from actors.domain.model import Json
from actors.domain.readings import number_of
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.quantities import converted, is_nothing

MAX_TEXT: Final = 256
"""Characters of a reading that is a text."""


class Codec(Protocol):
    """``None``, either way, stands for what has no meaning there."""

    def read(self, value: Json) -> Json:
        """The value of this house that the family's stands for."""

    def write(self, value: Json) -> Json:
        """The family's value for one of this house."""


def finite(value: Json) -> int | float | None:
    """The number that it is, also as a text, but for a text with a comma: who knows what that divides."""
    if isinstance(value, str) and "," in value:
        return None
    return number_of(value)


@dataclass(frozen=True, slots=True)
class Truth:
    """Two values of any type, of which texts may be told in other letters."""

    on: Json = True
    off: Json = False

    def read(self, value: Json) -> bool | None:
        if _is(value, self.on):
            return True
        return False if _is(value, self.off) else None

    def write(self, value: Json) -> Json:
        return (self.on if value else self.off) if isinstance(value, bool) else None


def _is(value: Json, told: Json) -> bool:
    if isinstance(value, str) and isinstance(told, str):
        return value.strip().lower() == told.lower()
    return type(value) is type(told) and bool(value == told)


@dataclass(frozen=True, slots=True)
class Number:
    """A number, told in ``unit`` and kept in ``kept``."""

    unit: str = ""
    kept: str = ""

    def read(self, value: Json) -> int | float | None:
        number = finite(value)
        return None if number is None else finite(converted(number, self.unit, self.kept))

    def write(self, value: Json) -> int | float | None:
        return finite(value)


@dataclass(frozen=True, slots=True)
class Percent:
    """Per cent of what the family counts from ``low`` to ``high``; all above ``low`` is 1 % at least."""

    high: float
    low: float = 0

    def read(self, value: Json) -> int | None:
        number = finite(value)
        if number is None:
            return None
        part = min(100.0, max(0.0, (number - self.low) / (self.high - self.low) * 100))
        return max(1, round(part)) if part > 0 else 0

    def write(self, value: Json) -> int | None:
        number = finite(value)
        if number is None:
            return None
        part = min(100.0, max(0.0, number)) / 100
        told = round(self.low + part * (self.high - self.low))
        return told + 1 if part > 0 and told <= self.low else told


@dataclass(frozen=True, slots=True)
class Opening:
    """How far open, 0 to 100; ``inverted`` where the family's 0 is open."""

    inverted: bool = False

    def read(self, value: Json) -> int | float | None:
        number = finite(value)
        if number is None or not 0 <= number <= 100:
            return None
        return 100 - number if self.inverted else number

    def write(self, value: Json) -> int | float | None:
        return self.read(value)


@dataclass(frozen=True, slots=True)
class OpenOrClosed:
    """A cover that knows no position: 100 or 0, by its words."""

    open: Json
    closed: Json

    def read(self, value: Json) -> int | None:
        if _is(value, self.open):
            return 100
        return 0 if _is(value, self.closed) else None

    def write(self, value: Json) -> Json:
        number = finite(value)
        if number is None:
            return None
        return self.open if number >= 50 else self.closed


@dataclass(frozen=True, slots=True)
class Mired:
    """Kelvin, of a colour temperature told in millionths of its reciprocal, between ``low`` and ``high``."""

    low: float
    high: float

    def read(self, value: Json) -> int | None:
        number = finite(value)
        return round(1_000_000 / number) if number is not None and number >= 1 else None

    def write(self, value: Json) -> int | None:
        number = finite(value)
        if number is None or number < 1:
            return None
        return round(min(self.high, max(self.low, 1_000_000 / number)))


@dataclass(frozen=True, slots=True)
class Word:
    """A text of the family's own, as it is; of ``choices`` where there are some."""

    choices: tuple[str, ...] = ()

    def read(self, value: Json) -> str | None:
        if not isinstance(value, str) or is_nothing(value) or len(value) > MAX_TEXT:
            return value if value in self.choices and isinstance(value, str) else None
        return value

    def write(self, value: Json) -> str | None:
        if not isinstance(value, str) or (self.choices and value not in self.choices):
            return None
        return value


@dataclass(frozen=True, slots=True)
class Steps:
    """Speeds by their words, the slowest first: even parts of 100 %. ``still`` is 0."""

    words: tuple[str, ...]
    still: str = ""

    def read(self, value: Json) -> int | None:
        if value == self.still and self.still:
            return 0
        if value not in self.words:
            return None
        return round((self.words.index(value) + 1) * 100 / len(self.words))

    def write(self, value: Json) -> str | None:
        number = finite(value)
        if number is None:
            return None
        if number <= 0:
            return self.still or None
        return self.words[min(len(self.words), max(1, round(number * len(self.words) / 100))) - 1]


@dataclass(frozen=True, slots=True)
class Awake:
    """On or off by a mode, of which ``off`` is one and ``on`` is taken to switch on."""

    on: str
    off: str

    def read(self, value: Json) -> bool | None:
        return value != self.off if isinstance(value, str) and value else None

    def write(self, value: Json) -> str | None:
        return (self.on if value else self.off) if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Hue:
    """A colour as ``{"hue": 0 to 360, "saturation": 0 to 100}``, or told by ``x`` and ``y`` all the same."""

    def read(self, value: Json) -> str | None:
        if not isinstance(value, Mapping):
            return None
        hue, saturation = finite(value.get("hue")), finite(value.get("saturation"))
        if hue is None or saturation is None:
            return _hex_of_xy(value)
        return colors.hex_of(colors.from_hue(hue, saturation))

    def write(self, value: Json) -> Json:
        rgb = colors.rgb_of(value)
        if rgb is None:
            return None
        hue, saturation = colors.to_hue(rgb)
        return {"hue": hue, "saturation": saturation}


@dataclass(frozen=True, slots=True)
class Chromaticity:
    """A colour as ``{"x": 0.31, "y": 0.33}``, or told by ``hue`` and ``saturation`` all the same."""

    def read(self, value: Json) -> str | None:
        if not isinstance(value, Mapping):
            return None
        return _hex_of_xy(value) or (Hue().read(value) if "hue" in value else None)

    def write(self, value: Json) -> Json:
        rgb = colors.rgb_of(value)
        if rgb is None:
            return None
        x, y = colors.to_xy(rgb)
        return {"x": x, "y": y}


def _hex_of_xy(value: Mapping[str, Json]) -> str | None:
    x, y = finite(value.get("x")), finite(value.get("y"))
    if x is None or y is None or not (0 <= x <= 1 and 0 <= y <= 1):
        return None
    return colors.hex_of(colors.from_xy(x, y))


@dataclass(frozen=True, slots=True)
class Inside:
    """One key of an object."""

    key: str
    codec: Codec

    def read(self, value: Json) -> Json:
        return self.codec.read(value.get(self.key)) if isinstance(value, Mapping) else None

    def write(self, value: Json) -> Json:
        told = self.codec.write(value)
        return None if told is None else {self.key: told}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of words and numbers as one text, and never written."""

    def read(self, value: Json) -> str | None:
        if not isinstance(value, list) or any(isinstance(each, list | dict) for each in value):
            return None
        return ", ".join(str(each) for each in value)[:MAX_TEXT]

    def write(self, value: Json) -> None:
        """Nothing to be told."""
