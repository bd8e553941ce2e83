"""The weather at the house, and what of it a rule may ask for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from actors.domain.durations import HOUR_S

# An older forecast says nothing of today that a rule should act on.
FRESH_S: Final = 6 * HOUR_S


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's weather; ``None`` is what the provider does not say."""

    at: float
    """When it begins, seconds since the epoch."""
    temperature: float | None = None
    """°C."""
    rain: float | None = None
    """Rain and melted snow, mm in the hour."""
    gusts: float | None = None
    """The strongest wind, km/h."""
    radiation: float | None = None
    """Of the sun on level ground, W/m²."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What a provider has said: the day that was, and the days to come."""

    asked_at: float
    """Seconds since the epoch."""
    hours: tuple[Hour, ...]
    """In order of time."""

    def is_fresh(self, at: float) -> bool:
        """Whether a rule may go by it; not where the clock has been set back behind it either."""
        return abs(at - self.asked_at) <= FRESH_S

    def hour_of(self, at: float) -> Hour | None:
        return next(iter(self.between(at - HOUR_S, at, first=1)), None)

    def between(self, after: float, upto: float, first: int = 0) -> Iterator[Hour]:
        """Hours that begin later than ``after`` and not later than ``upto``; ``first`` of them, 0 is all."""
        found = (hour for hour in self.hours if after < hour.at <= upto)
        return (hour for _, hour in zip(range(first), found, strict=False)) if first else found


Measure = Callable[[Weather, float], float | None]


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _rain(weather: Weather, at: float) -> float | None:
    return _total(hour.rain for hour in weather.between(at - 12 * HOUR_S, at + 12 * HOUR_S))


def _coldest(weather: Weather, at: float) -> float | None:
    coming = weather.between(at - HOUR_S, at + 12 * HOUR_S)
    return min((hour.temperature for hour in coming if hour.temperature is not None), default=None)


def _windiest(weather: Weather, at: float) -> float | None:
    coming = weather.between(at - HOUR_S, at + 3 * HOUR_S)
    return max((hour.gusts for hour in coming if hour.gusts is not None), default=None)


def _warmth(weather: Weather, at: float) -> float | None:
    hour = weather.hour_of(at)
    return None if hour is None else hour.temperature


def _sun(weather: Weather, at: float) -> float | None:
    hour = weather.hour_of(at)
    return None if hour is None else hour.radiation


MEASURES: Final[Mapping[str, Measure]] = {
    "lluvia_mm": _rain,
    "temperatura": _warmth,
    "temperatura_minima": _coldest,
    "rafagas_kmh": _windiest,
    "radiacion_wm2": _sun,
}
"""What a table may go by: rain of the twelve hours before and after, mm; the temperature now, and the lowest
of the next twelve hours, °C; the strongest wind of the next three, km/h; the sun now, W/m²."""


def measured(weather: Weather, at: float) -> dict[str, float]:
    """Those of :data:`MEASURES` that are known."""
    found = {name: measure(weather, at) for name, measure in MEASURES.items()}
    return {name: round(value, 1) for name, value in found.items() if value is not None}
