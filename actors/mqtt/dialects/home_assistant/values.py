"""How values of Home Assistant's entities, which are texts, lead to those of this house and back."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain.model import Json
from actors.domain.profile import Control, Form
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import MAX_TEXT, Codec, finite
from actors.mqtt.dialects.quantities import converted, is_nothing

FAHRENHEIT: Final = "°F"


def percents(parts: float) -> Control:
    """What takes 0 to 100 % and can be set in so many parts of that."""
    return Control(Form.NUMBER, 0, 100, max(1.0, 100 / abs(parts)))


@dataclass(frozen=True, slots=True)
class Scalar:
    """A number where it is one, else a text."""

    def read(self, value: Json) -> Json:
        if not isinstance(value, str) or is_nothing(value):
            return None
        number = finite(value)
        return value[:MAX_TEXT] if number is None else number

    def write(self, value: Json) -> Json:
        return value


@dataclass(frozen=True, slots=True)
class Ranged:
    """Per cent of a range of speeds, each of which is a part of it: of 1 to 4, speed 2 is 50 %."""

    low: float
    high: float

    def read(self, value: Json) -> int | None:
        number = finite(value)
        if number is None or not self.low - 1 <= number <= self.high:
            return None
        return int((number - self.low + 1) * 100 // (self.high - self.low + 1))

    def write(self, value: Json) -> int | None:
        number = finite(value)
        if number is None or not 0 <= number <= 100:
            return None
        return math.ceil((self.high - self.low + 1) * number / 100 + self.low - 1)


@dataclass(frozen=True, slots=True)
class Between:
    """Per cent of the way from ``closed`` to ``open``, which may be the smaller one."""

    closed: float = 0
    open: float = 100

    @property
    def control(self) -> Control:
        return percents(self.open - self.closed)

    def read(self, value: Json) -> int | None:
        number = finite(value)
        if number is None:
            return None
        part = (number - self.closed) / (self.open - self.closed)
        return round(min(1.0, max(0.0, part)) * 100)

    def write(self, value: Json) -> int | None:
        number = finite(value)
        if number is None or not 0 <= number <= 100:
            return None
        return round(self.closed + (self.open - self.closed) * number / 100)


@dataclass(frozen=True, slots=True)
class Degrees:
    """A temperature in °C, told in °F where the device counts so."""

    unit: str = "°C"

    def read(self, value: Json) -> int | float | None:
        number = finite(value)
        return None if number is None else finite(round(converted(number, self.unit, "°C"), 2))

    def write(self, value: Json) -> int | float | None:
        number = finite(value)
        if number is None or self.unit != FAHRENHEIT:
            return number
        return round(number * 9 / 5 + 32, 1)


@dataclass(frozen=True, slots=True)
class Wavering:
    """A state that is one of two words; what is on the way from one to the other is neither."""

    on: tuple[str, ...]
    off: tuple[str, ...]

    def read(self, value: Json) -> bool | None:
        if value in self.on:
            return True
        return False if value in self.off else None

    def write(self, value: Json) -> str | None:
        return (self.on if value else self.off)[0] if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class EventType:
    """The type of an event that is told as JSON."""

    def read(self, value: Json) -> str | None:
        try:
            told = orjson.loads(value)
        except (orjson.JSONDecodeError, TypeError):
            return None
        type_ = told.get("event_type") if isinstance(told, dict) else None
        return type_[:MAX_TEXT] if isinstance(type_, str) and type_ else None

    def write(self, value: Json) -> None:
        """Nothing to be told."""


@dataclass(frozen=True, slots=True)
class Inside:
    """One key of a JSON object; where ``plain``, a text that is no JSON is the value itself."""

    key: str
    codec: Codec
    plain: bool = False

    def read(self, value: Json) -> Json:
        told: Json = value
        with suppress(orjson.JSONDecodeError, TypeError):
            told = orjson.loads(value)
        if isinstance(told, dict):
            return self.codec.read(told.get(self.key))
        return self.codec.read(value) if self.plain else None

    def write(self, value: Json) -> None:
        """Nothing to be told."""


@dataclass(frozen=True, slots=True)
class Exactly:
    """A text that means that something has happened; any other is about something else."""

    payload: str
    meaning: str

    def read(self, value: Json) -> str | None:
        return self.meaning if value == self.payload else None

    def write(self, value: Json) -> None:
        """Nothing to be told."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """An order that has one value."""

    word: str
    payload: str

    def read(self, value: Json) -> None:
        """Nothing is told of it."""

    def write(self, value: Json) -> str | None:
        return self.payload if value == self.word else None


# -- colours -------------------------------------------------------------------------------------


def numbers_in(value: Json, count: int) -> list[float] | None:
    """The first ``count`` of numbers that are told with commas between them."""
    if not isinstance(value, str):
        return None
    told = [finite(part.strip()) for part in value.split(",")]
    found = [float(number) for number in told if number is not None]
    return found[:count] if len(found) == len(told) >= count else None


@dataclass(frozen=True, slots=True)
class RedGreenBlue:
    """``255,0,100``; ``more`` are white parts after these, which are dark in a colour."""

    more: int = 0

    def read(self, value: Json) -> str | None:
        told = numbers_in(value, 3)
        if told is None or not all(0 <= part <= 255 for part in told):
            return None
        return full_color(told)

    def write(self, value: Json) -> str | None:
        rgb = colors.rgb_of(value)
        return None if rgb is None else ",".join(map(str, (*rgb, *[0] * self.more)))


def full_color(parts: list[float]) -> str | None:
    """Red, green and blue at full brightness, which is told apart; ``None`` where it is dark."""
    most = max(parts)
    if most <= 0:
        return None
    red, green, blue = (round(part * 255 / most) for part in parts)
    return colors.hex_of((red, green, blue))


@dataclass(frozen=True, slots=True)
class HueSaturation:
    """``360,100``."""

    def read(self, value: Json) -> str | None:
        told = numbers_in(value, 2)
        return None if told is None else colors.hex_of(colors.from_hue(told[0], told[1]))

    def write(self, value: Json) -> str | None:
        rgb = colors.rgb_of(value)
        return None if rgb is None else ",".join(map(str, colors.to_hue(rgb)))


@dataclass(frozen=True, slots=True)
class XY:
    """``0.31,0.33``."""

    def read(self, value: Json) -> str | None:
        told = numbers_in(value, 2)
        if told is None or not all(0 <= part <= 1 for part in told):
            return None
        return colors.hex_of(colors.from_xy(told[0], told[1]))

    def write(self, value: Json) -> str | None:
        rgb = colors.rgb_of(value)
        return None if rgb is None else ",".join(map(str, colors.to_xy(rgb)))
