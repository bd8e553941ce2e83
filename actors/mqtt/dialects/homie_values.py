"""Homie's values: texts by their datatype and format, and what they mean in this house.

Each is a :class:`actors.mqtt.dialects.codecs.Codec` between the text on the wire and our value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from actors.domain.model import Json
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import finite
from actors.mqtt.dialects.quantities import converted

_FREEZING_F: Final = 32.0
_FREEZING_K: Final = 273.15
_MIREDS: Final = frozenset({"MK⁻¹", "mired"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number's ``format``, ``min:max:step``, of which each may be missing."""

    low: float | None = None
    high: float | None = None
    step: float | None = None
    whole: bool = False
    """Its datatype is ``integer``."""

    @classmethod
    def of(cls, format: str, *, whole: bool) -> Bounds:
        low, high, step, *_ = (*(_number(part) for part in format.split(":")), None, None, None)
        if low is not None and high is not None and low >= high:
            low = high = None
        return cls(low, high, step if step is not None and step > 0 else None, whole)

    @property
    def span(self) -> tuple[float, float]:
        """From one end to the other; of what says none, per cent."""
        low = 0.0 if self.low is None else self.low
        return low, self.high if self.high is not None and self.high > low else low + 100

    def text(self, value: float) -> str:
        """On the nearest step within, as the datatype has it."""
        base = self.low if self.low is not None else self.high if self.high is not None else 0.0
        if self.step is not None:
            value = base + round((value - base) / self.step) * self.step
        value = min(max(value, -math.inf if self.low is None else self.low), _or(self.high, math.inf))
        return str(round(value)) if self.whole else f"{round(value, 6):f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number in a unit that readings are not told in otherwise."""

    bounds: Bounds
    unit: str = ""
    kept: str = ""

    def read(self, value: Json) -> float | int | None:
        number = finite(value)
        return None if number is None else finite(converted(number, self.unit, self.kept))

    def write(self, value: Json) -> str | None:
        number = finite(value)
        return None if number is None else self.bounds.text(number)


@dataclass(frozen=True, slots=True)
class Degrees:
    """A temperature, told in °C, °F or K."""

    bounds: Bounds
    unit: str = "°C"

    def read(self, value: Json) -> float | int | None:
        number = finite(value)
        return None if number is None else converted(number, self.unit, "°C")

    def write(self, value: Json) -> str | None:
        number = finite(value)
        if number is None:
            return None
        if self.unit == "°F":
            number = number * 9 / 5 + _FREEZING_F
        return self.bounds.text(number + _FREEZING_K if self.unit == "K" else number)


@dataclass(frozen=True, slots=True)
class Share:
    """Per cent of the way through its bounds."""

    bounds: Bounds

    def read(self, value: Json) -> int | None:
        number = finite(value)
        if number is None:
            return None
        low, high = self.bounds.span
        return round(min(max((number - low) / (high - low), 0), 1) * 100)

    def write(self, value: Json) -> str | None:
        number = finite(value)
        if number is None:
            return None
        low, high = self.bounds.span
        return self.bounds.text(low + min(max(number, 0), 100) / 100 * (high - low))


@dataclass(frozen=True, slots=True)
class Warmth:
    """Kelvin, of a white that is told in K or in mireds."""

    bounds: Bounds
    unit: str

    @property
    def kelvin(self) -> tuple[float, float]:
        """From the warmest to the coldest."""
        if self.unit in _MIREDS:
            coldest, warmest = self.bounds.low or 153, self.bounds.high or 500
            return round(1_000_000 / warmest), round(1_000_000 / coldest)
        return self.bounds.low or 2_000, self.bounds.high or 6_500

    def read(self, value: Json) -> int | None:
        number = finite(value)
        if number is None or number < 1:
            return None
        return round(1_000_000 / number if self.unit in _MIREDS else number)

    def write(self, value: Json) -> str | None:
        number = finite(value)
        if number is None or number < 1:
            return None
        return self.bounds.text(1_000_000 / number if self.unit in _MIREDS else number)


@dataclass(frozen=True, slots=True)
class Color:
    """``rgb,255,128,0``, ``hsv,30,100,100`` or ``xyz,0.6,0.38``; written in the one that it prefers."""

    format: str

    def read(self, value: Json) -> str | None:
        kind, *told = value.split(",") if isinstance(value, str) else ("",)
        parts = [number for part in told if (number := finite(part)) is not None]
        if len(parts) != len(told):
            return None
        match kind, parts:
            case "rgb", [red, green, blue] if max(parts) > 0 and min(parts) >= 0:
                full = 255 / max(parts)
                return colors.hex_of((round(red * full), round(green * full), round(blue * full)))
            case "hsv", [hue, saturation, _]:
                return colors.hex_of(colors.from_hue(hue, saturation))
            case "xyz", [x, y] if 0 <= x <= 1 and 0 <= y <= 1:
                return colors.hex_of(colors.from_xy(x, y))
        return None

    def write(self, value: Json) -> str | None:
        rgb = colors.rgb_of(value)
        if rgb is None:
            return None
        match self.format:
            case "hsv":
                hue, saturation = colors.to_hue(rgb)
                return f"hsv,{hue},{saturation},{round(max(rgb) / 2.55)}"
            case "xyz":
                x, y = colors.to_xy(rgb)
                return f"xyz,{x},{y}"
        return "rgb,{},{},{}".format(*rgb)


def _number(text: str) -> float | None:
    number = finite(text)
    return None if number is None else float(number)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
