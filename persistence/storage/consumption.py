"""What devices have used: the hours that are added up, and what the newest rows of their logs add to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple, Protocol

from actors.domain.energy import EnergySource
from actors.domain.energy_report import Stretch, StretchUsed, SummedConsumption
from actors.domain.read_models import Consumption
from persistence.forms.energy_rows import MeteredRow, Metering, meter_of
from persistence.forms.local_time import HOUR, LocalTime

# Rows read one by one for one answer, of a device: 5 ms of a processor.
ROWS_MAX: Final = 600


class MeterState(NamedTuple):
    """How far a device's log goes, how far it is added up, and what its counters said then."""

    device_id: int
    newest: int
    metered: int
    replaced_after: int
    state: bytes


class Meters(Protocol):
    """Consumption as it stands at one moment."""

    def first_hour(self, devices: Sequence[int]) -> int | None:
        """When the first hour begins that any of them has used anything in."""

    def hours(self, devices: Sequence[int], since: float, until: float) -> list[tuple[int, int, float]]:
        """Device, begin and kWh of those that begin at ``since <= time < until``."""

    def sums(self, devices: Sequence[int], stretches: Sequence[Stretch]) -> list[StretchUsed]:
        """What each has used in each, which follow on each other; those without hours in one are left out."""

    def states(self, devices: Sequence[int]) -> Sequence[MeterState]:
        """By their ids."""

    def rows(self, device_id: int, after: int, upto: int, most: int) -> Iterable[MeteredRow]:
        """Rows that are not added up, oldest first."""


def read_consumption(
    meters: Meters, local: LocalTime, devices: Sequence[int], since: float, until: float
) -> Consumption:
    """Of these devices, by the hours that begin at ``since <= time < until``.

    A month of 20 devices takes 20 ms.
    """
    newest = _newest(meters, local, devices)
    hours = [*meters.hours(devices, since, until), *newest.between(since, until)]
    return Consumption(hours, newest.sources, newest.since, newest.uncounted)


def read_sums(
    meters: Meters,
    local: LocalTime,
    devices: Sequence[int],
    mains: Collection[int],
    stretches: Sequence[Stretch],
    since: float,
    until: float,
) -> SummedConsumption:
    """Of these devices, ``since <= time < until``: in ``stretches``, which follow on each other, and by the
    hours before and after them.

    Two years of 20 devices take 0.14 s on SQLite and 0.6 s on PostgreSQL, of 200 devices 0.7 s and 12 s.
    """
    first, end = (stretches[0].begin, stretches[-1].end) if stretches else (since, since)
    others = [device_id for device_id in devices if device_id not in mains]
    newest = _newest(meters, local, devices)
    of_mains = meters.hours([each for each in devices if each in mains], since, until)
    added = newest.between(since, until)
    begins = {begin for _, begin, _ in of_mains} | {begin for each, begin, _ in added if each in mains}
    inside = sorted(begin for begin in begins if first <= begin < end)
    gaps = _gaps(inside, first, end) if begins else ()
    return SummedConsumption(
        stretches,
        meters.sums(others, stretches),
        [*of_mains, *meters.hours(others, since, first), *meters.hours(others, end, until), *added],
        [hour for gap in gaps for hour in meters.hours(others, *gap)],
        newest.sources,
        newest.since,
        newest.uncounted,
    )


def _gaps(begins: Sequence[int], since: float, until: float) -> Iterable[tuple[float, float]]:
    """Where none of these hours is."""
    for before, after in pairwise((since - HOUR, *begins, until)):
        if after > before + HOUR:
            yield max(since, before + 1), after


@dataclass(frozen=True, slots=True)
class _Newest:
    """What the rows tell that are not added up."""

    hours: Sequence[tuple[int, int, float]]
    sources: Mapping[int, EnergySource]
    since: int | None
    """When the first hour begins, added up or not."""
    uncounted: int

    def between(self, since: float, until: float) -> Sequence[tuple[int, int, float]]:
        return [hour for hour in self.hours if since <= hour[1] < until]


def _newest(meters: Meters, local: LocalTime, devices: Sequence[int]) -> _Newest:
    first = meters.first_hour(devices)
    begins = set() if first is None else {first}
    hours: list[tuple[int, int, float]] = []
    sources: dict[int, EnergySource] = {}
    uncounted = 0
    for device_id, newest, metered, replaced_after, state in meters.states(devices):
        metering = Metering(meter_of(state), metered, replaced_after, local)
        if newest - metered > ROWS_MAX:
            uncounted += newest - metered
        else:
            for row in meters.rows(device_id, metered, newest, ROWS_MAX):
                metering.take(row)
            begins.update(metering.hours)
            hours += [(device_id, *each) for each in metering.hours.items()]
        if (selection := metering.meter.selection) is not None:
            sources[device_id] = selection.source
    return _Newest(hours, sources, min(begins, default=None), uncounted)
