"""How much current a device has used, from what it reports: counters of kWh, or else its power.

Which readings tell of it is decided by their names, as :mod:`actors.domain.units` and the dialects
write them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import Final

from actors.domain.units import UNITS

# A jump of a counter beyond these is no consumption: a board that says 0 until it has read its memory, or
# other hardware. 2 kWh, since some count whole ones; and what a large house's connection can carry. A power
# beyond that is none, either.
MOST_AT_ONCE_KWH: Final = 2.0
MOST_KW: Final = 50.0
# Between two readings of power further apart nothing is known. Where nothing changes, Zigbee's report once
# an hour.
LONGEST_HOLD_S: Final = 3_600.0
# A rise over a longer time is of the moment when it was told.
LONGEST_SHARED_S: Final = 62 * 86_400.0
# Numbers by which a row can be late; a board that has begun to count anew is further off.
LATEST: Final = 256
# A counter that is not told for so long, while another one is, has gone: new firmware calls it otherwise.
GONE_S: Final = 86_400.0
# Names of a device that are looked at; no meter has more channels.
MOST_NAMES: Final = 32


class EnergySource(Enum):
    """By what a device's consumption is known. The value is its name on the wire."""

    COUNTER = "contador"
    POWER = "potencia"


class _Scope(Enum):
    """What a counter counts; of a device that has several, the first of these is taken."""

    TOTAL = 0
    IMPORTED = 1
    TODAY = 2


@dataclass(frozen=True, slots=True)
class _Gauge:
    """What a name says."""

    source: EnergySource
    scope: _Scope
    factor: float
    """To kWh, or to kW."""
    channel: str
    """Of several; empty where the name has none, which is the total or the first one."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which readings add up to what a device uses."""

    source: EnergySource
    factors: Mapping[str, float]
    """By name, to kWh or kW."""


_SPLIT: Final = re.compile(r"[^a-z0-9]+")
# A letter only at the end: "a" and "c" are words, too.
_CHANNEL: Final = re.compile(r"(?:^|[^a-z0-9])([0-9]{1,3}|l[123])(?=[^a-z0-9]|$)|_([abc])$")
_ENERGIES: Final = {"kwh": 1.0, "mwh": 1_000.0, "wh": 0.001}
_POWERS: Final = {"kw": 1.0, "w": 0.001, "watt": 0.001, "watts": 0.001, "vatios": 0.001}
_IMPORTED: Final = {"import", "imported", "importada", "importado"}
_TODAY: Final = {"today", "daily", "hoy"}
# What flows the other way, is over, is stored, or is set by people.
_OTHER: Final = {
    *("export", "exported", "exportada", "returned", "return", "devuelta"),
    *("produced", "producida", "generada", "solar", "stored", "storage", "guardada"),
    *("yesterday", "ayer", "tariff", "tarifa", "month", "monthly", "mes", "week", "weekly", "semana"),
    *("year", "yearly", "limit", "limite", "max", "min", "maxima", "minima", "target", "objetivo"),
    *("threshold", "umbral", "reactive", "reactiva", "apparent", "aparente", "nominal", "average", "media"),
}


@lru_cache(maxsize=4_096)
def _gauge(name: str) -> _Gauge | None:
    lower = name.lower()
    words = [word for word in _SPLIT.split(lower) if word]
    if not _OTHER.isdisjoint(words):
        return None
    channel = found[1] or found[2] if (found := _CHANNEL.search(lower)) else ""
    unit = UNITS.get(name, "").lower()
    for word in (unit, *words):
        for end, factor in _ENERGIES.items():
            if word.endswith(end):
                scope = _Scope.IMPORTED if not _IMPORTED.isdisjoint(words) else _Scope.TOTAL
                scope = _Scope.TODAY if not _TODAY.isdisjoint(words) else scope
                return _Gauge(EnergySource.COUNTER, scope, factor, channel)
    for word in (unit, *words):
        if word in _POWERS:
            return _Gauge(EnergySource.POWER, _Scope.TOTAL, _POWERS[word], channel)
    return None


def tells_energy(name: str) -> bool:
    """Whether a metric of this name may tell what a device uses."""
    return _gauge(name) is not None


@lru_cache(maxsize=1_024)
def selection_of(names: frozenset[str]) -> Selection | None:
    """Counters before power; of several scopes one; a total before its channels.

    Where channels are counted from 2 on, the name without a number is the first of them, as Shelly has it;
    where there is a 1 or a phase, it is the total.
    """
    told = sorted(
        (gauge.source is EnergySource.POWER, gauge.scope.value, name, gauge)
        for name in names
        if (gauge := _gauge(name)) is not None
    )
    if not told:
        return None
    power, scope, _, best = told[0]
    same = {name: gauge for is_power, its, name, gauge in told if (is_power, its) == (power, scope)}
    plain = [name for name, gauge in same.items() if not gauge.channel]
    channels = {name for name, gauge in same.items() if gauge.channel}
    first = {gauge.channel for gauge in same.values()} & {"0", "1", "a", "l1"}
    chosen = plain[:1] if plain and (first or not channels) else [*plain[:1], *sorted(channels)]
    return Selection(best.source, {name: same[name].factor for name in chosen})


@dataclass(frozen=True, slots=True)
class Register:
    """What a reading was last."""

    value: float
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Spare:
    """What a counter has counted since the one that is taken was told last."""

    since: float
    """Seconds since the epoch."""
    kwh: float
    register: Register


@dataclass(frozen=True, slots=True)
class Used:
    """Energy that was used evenly over a time; all of it at ``until`` where ``since`` is not before that."""

    since: float
    until: float
    kwh: float


@dataclass(frozen=True, slots=True)
class Reported:
    """What one row of a device's log says."""

    at: float
    readings: Mapping[str, float]
    boot: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """What is known of a device's consumption after some of its rows: enough to go on with the next one."""

    names: frozenset[str] = frozenset()
    """Of the readings seen so far that may tell of it."""
    registers: Mapping[str, Register] = field(default_factory=dict)
    """What those that are counted said last."""
    gone: frozenset[str] = frozenset()
    """Names that are told no more, or that others were taken for meanwhile."""
    spares: Mapping[str, Spare] = field(default_factory=dict)
    """Counters that are told while those that are taken are not."""
    boot: str | None = None
    seq: int = 0
    """Of that boot, the number of the newest row."""

    @property
    def selection(self) -> Selection | None:
        return selection_of(self.names - self.gone)

    def after(self, row: Reported) -> tuple[Meter, Sequence[Used]]:
        """The meter after one row more, and what was used since the row before.

        Of a counter that is what it has risen by; after a reset, which is any fall, what rises from then on.
        Power is taken to change evenly from one reading to the next (the trapezoidal rule), and to be unknown
        where they are more than :data:`LONGEST_HOLD_S` apart or one is more than :data:`MOST_KW`. What comes
        late, by its number in its boot, changes nothing, since it would read as a reset. Where what is taken
        is told no more and another counter is, that one is taken after :data:`GONE_S`, with what it has
        counted since; never both.
        """
        if self._is_late(row):
            return self, ()
        new = {name for name in row.readings if name not in self.names and tells_energy(name)}
        names = self.names | frozenset(sorted(new)[: MOST_NAMES - len(self.names)]) if new else self.names
        boot, seq = (self.boot, self.seq) if row.boot is None or row.seq is None else (row.boot, row.seq)
        meter = replace(self, names=names, boot=boot, seq=seq)
        selection = meter.selection
        if selection is None:
            return replace(meter, registers={}), ()
        if selection.source is EnergySource.COUNTER and selection.factors.keys().isdisjoint(row.readings):
            return meter._without_its_counters(row)
        registers = {name: known for name, known in self.registers.items() if name in selection.factors}
        used = []
        for name, factor in selection.factors.items():
            if (value := row.readings.get(name)) is not None:
                before, now = registers.get(name), Register(value, row.at)
                registers[name] = now
                if before is not None and (kwh := _USED[selection.source](before, now, factor)) > 0:
                    used.append(_during(before.at, row.at, kwh))
        return replace(meter, registers=registers, spares={}), used

    def _without_its_counters(self, row: Reported) -> tuple[Meter, Sequence[Used]]:
        """After a row that tells none of those that are taken."""
        spares = {**self.spares}
        for name, value in row.readings.items():
            gauge = _gauge(name) if name in self.names else None
            if gauge is not None and gauge.source is EnergySource.COUNTER:
                known, now = spares.get(name), Register(value, row.at)
                if known is None:
                    spares[name] = Spare(row.at, 0.0, now)
                else:
                    kwh = max(0.0, _risen(known.register, now, gauge.factor))
                    spares[name] = Spare(known.since, known.kwh + kwh, now)
        told_last = max((known.at for known in self.registers.values()), default=-math.inf)
        if not spares or row.at - told_last < GONE_S:
            return replace(self, spares=spares), ()
        meter = replace(self, gone=self.names - spares.keys(), spares={})
        selection = meter.selection
        taken = [] if selection is None else [spares[name] for name in selection.factors]
        used = [_during(each.since, each.register.at, each.kwh) for each in taken if each.kwh > 0]
        registers = {} if selection is None else {name: spares[name].register for name in selection.factors}
        return replace(meter, registers=registers), used

    def _is_late(self, row: Reported) -> bool:
        if row.seq is None or row.boot is None or row.boot != self.boot:
            return False
        # A board that has the same boot at each start counts from 0 or 1 again.
        return row.seq > 1 and 0 < self.seq - row.seq <= LATEST


def _during(since: float, until: float, kwh: float) -> Used:
    return Used(since, until, kwh) if until - since <= LONGEST_SHARED_S else Used(until, until, kwh)


def _risen(before: Register, now: Register, factor: float) -> float:
    kwh = (now.value - before.value) * factor
    hours = max(0.0, now.at - before.at) / 3_600
    return kwh if kwh <= MOST_AT_ONCE_KWH + MOST_KW * hours else 0.0


def _drawn(before: Register, now: Register, factor: float) -> float:
    seconds = now.at - before.at
    began, ended = (max(0.0, each.value) * factor for each in (before, now))
    if not 0 < seconds <= LONGEST_HOLD_S or max(began, ended) > MOST_KW:
        return 0.0
    return (began + ended) / 2 * seconds / 3_600


_USED: Final[Mapping[EnergySource, Callable[[Register, Register, float], float]]] = {
    EnergySource.COUNTER: _risen,
    EnergySource.POWER: _drawn,
}
