"""Which of a device's readings are news: each that turns, and numbers thinned to what has really changed.

A number is told when it has left the dead band around the value that was told last (send-on-delta
sampling). How wide the band is follows from the metric's unit; what is restless is told less and less, as
its band doubles, until it has been quiet for a while.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final, TypeAlias

from actors.domain.logbook import PARAMETERS, Shift, Shifts
from actors.domain.metrics import UNDECIDED, MetricChoice, Nature, alarm_of, nature_of, unit_of, words_in
from actors.domain.model import Device, Json, JsonObject
from actors.domain.readings import SEPARATOR, metric_name, number_of, switch_of

SWITCH: Final = "encendido"
# Entries about numbers, of one device; what is kept back is told later, if it is so still.
MOST_AN_HOUR: Final = 6
HOUR_S: Final = 3_600.0
# A band that has grown is half as wide after so long without an entry.
CALM_S: Final = 12 * HOUR_S
# What a switch has done shows so soon after: many plugs tell their power every five minutes.
FOLLOWS_S: Final = 600.0
# Of one device; who has more tells of the first.
MOST_METRICS: Final = 128


@dataclass(frozen=True, slots=True)
class Tolerance:
    """By how much a number may differ from what was told last and be no news."""

    least: float
    """In its own unit."""
    share: float = 0.0
    """Of the larger one of the two, below 1."""
    follows: bool = False
    """Whether the device's own switch explains it."""

    def below(self, value: float) -> float:
        return max(self.least, self._share(value, grows=value < 0))

    def above(self, value: float) -> float:
        return max(self.least, self._share(value, grows=value >= 0))

    def _share(self, value: float, *, grows: bool) -> float:
        return abs(value) * (self.share / (1 - self.share) if grows else self.share)


ANY_CHANGE: Final = Tolerance(0.0)
NOTHING: Final = Tolerance(math.inf)
UNKNOWN_UNIT: Final = Tolerance(0.0, 0.25)
# How far it is open, how bright it is.
ITS_DOING: Final = Tolerance(10, follows=True)
# What a person would notice, or ask about on the next day. Of light and current by how many times it is more.
TOLERANCES: Final[Mapping[str, Tolerance]] = {
    "°C": Tolerance(2),
    "°F": Tolerance(4),
    "K": Tolerance(500),
    "%": Tolerance(10),
    "ppm": Tolerance(100, 0.2),
    "ppb": Tolerance(100, 0.4),
    "µg/m³": Tolerance(15, 0.4),
    "lx": Tolerance(100, 0.8),
    "W": Tolerance(100, 0.5, follows=True),
    "kW": Tolerance(0.1, 0.5, follows=True),
    "A": Tolerance(0.5, 0.5, follows=True),
    "V": Tolerance(10),
    "Hz": Tolerance(1),
    "hPa": Tolerance(5),
    "mbar": Tolerance(5),
    "kPa": Tolerance(0.5),
    "bar": Tolerance(0.3, 0.1),
    "dB": Tolerance(10),
    "dBA": Tolerance(10),
    "m/s": Tolerance(5),
    "km/h": Tolerance(15),
    "l/min": Tolerance(3, 0.5, follows=True),
    # How well it hears us, what the line carries, from where the wind comes; and what watts have told.
    **dict.fromkeys(("dBm", "lqi", "kbit/s", "kbps", "°", "ms", "mV", "mA", "VA", "var"), NOTHING),
}
# Of boards that say no unit, and have names of their own.
_UNITS_OF_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("temp", "temperatura", "temperature"), "°C"),
    **dict.fromkeys(("humedad", "humidity", "hum", "moisture", "bateria", "battery", "batt"), "%"),
    **dict.fromkeys(("lux", "luz", "light", "illuminance"), "lx"),
    **dict.fromkeys(("potencia", "power", "watts", "consumo"), "W"),
    **dict.fromkeys(("presion", "pressure"), "hPa"),
    **dict.fromkeys(("ruido", "noise", "db"), "dB"),
    **dict.fromkeys(("co2", "eco2"), "ppm"),
    **dict.fromkeys(("rssi", "snr", "signal", "senal", "lqi", "linkquality"), "dBm"),
}
_DOINGS: Final = frozenset(
    ("brillo", "brightness", "dimmer", "posicion", "position", "velocidad", "speed", "inclinacion", "tilt")
)


def tolerance_of(name: str, value: float, unit: str, choice: MetricChoice = UNDECIDED) -> Tolerance:
    """Of a metric by its name, a value and its unit, empty where it has none, and by what people have decided
    of it.

    What counts is not told: energy has a page, and the rest of them only rises.
    """
    known = nature_of(choice, name, unit, None)
    nature = None if known is None else known[0]
    if nature in (Nature.COUNTER, Nature.IDENTIFIER):
        return NOTHING
    if nature is Nature.ALARM:
        # How much smoke there is, is a level: that there is some is told by whoever says so, and by rule 5.
        return NOTHING if alarm_of(value) is None else ANY_CHANGE
    if nature is Nature.STATE:
        return ANY_CHANGE if type(value) is int else UNKNOWN_UNIT
    if unit in ("%", "") and not _DOINGS.isdisjoint(words_in(name)):
        return ITS_DOING
    unit = unit or next((_UNITS_OF_WORDS[word] for word in words_in(name) if word in _UNITS_OF_WORDS), "")
    return TOLERANCES.get(unit, UNKNOWN_UNIT)


class _Band:
    """Around the value that was told last. From ``low`` to ``high`` nothing is news."""

    __slots__ = ("_told_at", "_tolerance", "_widened_at", "_width", "high", "low", "name", "told")

    def __init__(self, name: str, value: float, tolerance: Tolerance) -> None:
        self.name = name
        """Of its metric."""
        self._tolerance = tolerance
        self._width = 0.0
        """What it has grown to, at ``_widened_at``; 0 where it has not."""
        self._widened_at = self._told_at = -math.inf
        self.settle(value)

    @property
    def follows(self) -> bool:
        return self._tolerance.follows

    def settle(self, value: float, tolerance: Tolerance | None = None) -> None:
        """Around ``value`` from now on."""
        self._tolerance = tolerance or self._tolerance
        self.told = value
        self.low = value - max(self._width, self._tolerance.below(value))
        self.high = value + max(self._width, self._tolerance.above(value))

    def tell(self, value: float, at: float) -> None:
        """That is in the logbook now; what comes within an hour of the one before has to be twice as much."""
        self.calm(at)
        if self._tolerance is not ANY_CHANGE and abs(at - self._told_at) < HOUR_S:
            width = max(self.told - self.low, self.high - self.told) or abs(value - self.told)
            self._width, self._widened_at = 2 * width, at
        self._told_at = at
        self.settle(value)

    def calm(self, at: float) -> None:
        """What it has grown by goes with the time."""
        if self._width:
            self._width *= 0.5 ** (min(max(0.0, at - self._widened_at), 100 * CALM_S) / CALM_S)
            self._widened_at = at
            self.settle(self.told)


_NONE: Final[Mapping[str, _Band]] = {}

_Moved: TypeAlias = tuple[_Band, float]
"""A number, and what it has come to."""


@dataclass(slots=True)
class _Found:
    turned: dict[str, Shift | None]
    moved: list[_Moved]


class Noticing:
    """Of one device; what it remembers begins anew with each start, at the readings that are known then."""

    def __init__(self) -> None:
        self._bands: dict[str, dict[str, _Band]] = {}
        """Of each number, by what stands before its name, and that as it is: "a.b" is not the b of an a."""
        self._count = 0
        """How many these are."""
        self._told: deque[float] = deque(maxlen=MOST_AN_HOUR)
        """When there was an entry about numbers."""
        self._calmed_at = self._calm_due = -math.inf
        self._state = ""
        self._turned_at = -math.inf
        """When it was last seen to be in another state, as by its switch."""
        self._limits: object = None
        self._profile: object = None

    def news(self, before: Device, after: Device, at: float) -> Sequence[Shifts]:
        """Of a device that has become ``after`` at ``at``, an entry each: what is true or false or said in
        words, and what is measured.

        A report of three to five numbers that tells nothing takes 0.6 µs.
        """
        turned = {} if before.state == after.state else _worded(before, after)
        if after.state != self._state:
            self._state, self._turned_at = after.state, at
        was, now = before.parameters, after.parameters
        if was is now:
            return (turned,) if turned else ()
        if after.limits is not self._limits or after.profile is not self._profile:
            self._judge_anew(after)
        if not self._calmed_at <= at < self._calm_due:
            self._calm(at)
        found = _Found(turned, [])
        self._look(after, was, now, found, "")
        told: list[Shifts] = [found.turned] if found.turned else []
        if found.moved and (numbers := self._measured(after, found.moved, at)):
            told.append(numbers)
        return told

    def _judge_anew(self, device: Device) -> None:
        self._limits, self._profile = device.limits, device.profile
        for band in self._all_bands():
            band.settle(band.told, _tolerance(device, band.name, band.told))

    def _calm(self, at: float) -> None:
        self._calmed_at, self._calm_due = at, at + HOUR_S
        for band in self._all_bands():
            band.calm(at)

    def _all_bands(self) -> Iterator[_Band]:
        return chain.from_iterable(each.values() for each in self._bands.values())

    def _look(self, device: Device, was: JsonObject, now: JsonObject, found: _Found, outer: str) -> None:
        """``outer`` stands before the names of what lies in an object."""
        bands = self._bands.get(outer, _NONE)
        for name, value in now.items():
            kind = type(value)
            if kind is float or kind is int:
                band = bands.get(name)
                if band is None or not band.low <= value <= band.high:
                    self._measure(device, outer, name, was.get(name), value, found)
            elif kind is bool:
                earlier = was.get(name)
                if earlier is not value and type(earlier) is bool and outer + name != SWITCH:
                    found.turned[f"{PARAMETERS}{outer}{metric_name(name)}"] = Shift(earlier, value)
            elif kind is str:
                # To see whether a text is a number takes longer than all else.
                if (earlier := was.get(name)) != value and (number := number_of(value)) is not None:
                    self._measure(device, outer, name, earlier, number, found)
            elif kind is dict:
                inner = was.get(name)
                known = inner if type(inner) is dict else {}
                self._look(device, known, value, found, _inside(outer, name))

    def _measure(
        self, device: Device, outer: str, name: str, earlier: Json, value: float, found: _Found
    ) -> None:
        band = self._bands.get(outer, _NONE).get(name)
        if band is None:
            if self._count >= MOST_METRICS:
                return
            self._count += 1
            known = number_of(earlier)
            first = value if known is None else known
            metric = outer + metric_name(name)
            band = _Band(metric, first, _tolerance(device, metric, first))
            self._bands.setdefault(outer, {})[name] = band
        if not band.low <= value <= band.high:
            found.moved.append((band, value))

    def _measured(self, device: Device, moved: Iterable[_Moved], at: float) -> Shifts:
        """What of it is told now. What people set is told as such, and so is a switch: what either
        has done to a reading is not told once more.
        """
        set_by_people = device.configuration.keys() | device.reported.keys()
        switched = abs(at - self._turned_at) <= FOLLOWS_S
        news = []
        for band, value in moved:
            if band.name in set_by_people or (switched and band.follows):
                band.settle(value)
            else:
                news.append((band, value))
        if not news or not self._has_room(at):
            return {}
        self._told.append(at)
        shifts = {f"{PARAMETERS}{band.name}": Shift(band.told, value) for band, value in news}
        for band, value in news:
            band.tell(value, at)
        return shifts

    def _has_room(self, at: float) -> bool:
        # A clock that was set back has told nothing in this hour.
        return len(self._told) < MOST_AN_HOUR or not 0 <= at - self._told[0] < HOUR_S


@lru_cache(maxsize=4_096)
def _inside(outer: str, name: str) -> str:
    """What stands before the names of what lies in this object."""
    return f"{outer}{metric_name(name)}{SEPARATOR}"


def _tolerance(device: Device, name: str, value: float) -> Tolerance:
    unit = "" if device.profile is None else device.profile.units.get(name, "")
    return tolerance_of(name, value, unit or unit_of(name), device.limits.get(name, UNDECIDED))


def _worded(before: Device, after: Device) -> dict[str, Shift | None]:
    """A state that is no switch's."""
    words = before.state, after.state
    if None in map(switch_of, words):
        return {"estado": Shift(*words)}
    return {}
