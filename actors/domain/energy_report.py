"""What was used in a day, a month or a year, what it cost, and what the one before came to."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from actors.domain.energy import EnergySource
from actors.domain.tariffs import EnergyPlan

HOUR: Final = 3_600
_MONDAY: Final = datetime(2001, 1, 1)
_HOURS_OF_A_WEEK: Final = [_MONDAY + timedelta(hours=n) for n in range(7 * 24)]


class Span(Enum):
    """What is looked at. The value is its name on the wire."""

    DAY = "dia"
    MONTH = "mes"
    YEAR = "anio"


@dataclass(frozen=True, slots=True)
class Period:
    """A day in hours, a month in days, or a year in months, of the calendar on the wall in ``zone``."""

    span: Span
    first: date
    """Its first day."""
    zone: tzinfo

    @classmethod
    def around(cls, span: Span, day: date, zone: tzinfo) -> Period:
        """The one that ``day`` lies in."""
        month = 1 if span is Span.YEAR else day.month
        return cls(span, day if span is Span.DAY else date(day.year, month, 1), zone)

    @property
    def begin(self) -> int:
        """Seconds since the epoch, as all moments here."""
        return self._midnight(self.first)

    @property
    def end(self) -> int:
        return self._midnight(self._after)

    @property
    def previous(self) -> Period:
        return Period.around(self.span, self.first - timedelta(days=1), self.zone)

    @property
    def parts(self) -> Sequence[int]:
        """When each of its parts begins. Of a day on which a clock is set there are 23 or 25."""
        match self.span:
            case Span.DAY:
                return range(self.begin, self.end, HOUR)
            case Span.MONTH:
                days = (self._after - self.first).days
                return [self._midnight(self.first + timedelta(days=n)) for n in range(days)]
            case Span.YEAR:
                return [self._midnight(self.first.replace(month=month)) for month in range(1, 13)]

    def as_far_as(self, other: Period, at: float) -> float:
        """When this period had gone as far on the wall as ``other`` has at ``at``."""
        wall = datetime.fromtimestamp(at, self.zone).replace(tzinfo=None)
        gone = max(timedelta(), wall - datetime.combine(other.first, time()))
        reached = datetime.combine(self.first, time()) + gone
        return min(float(self.end), reached.replace(tzinfo=self.zone).timestamp())

    @property
    def _after(self) -> date:
        match self.span:
            case Span.DAY:
                return self.first + timedelta(days=1)
            case Span.MONTH:
                return (self.first + timedelta(days=31)).replace(day=1)
            case Span.YEAR:
                return self.first.replace(year=self.first.year + 1)

    def _midnight(self, day: date) -> int:
        return int(datetime.combine(day, time(), self.zone).timestamp())


@dataclass(slots=True)
class Amount:
    """Of energy, and its price."""

    kwh: float = 0.0
    money: float = 0.0
    """Of what has a price."""
    unpriced: bool = False
    """Whether some has none."""

    @property
    def cost(self) -> float | None:
        """``None`` where some of it has no price."""
        return None if self.unpriced else self.money

    def add(self, kwh: float, price: float | None) -> None:
        self.kwh += kwh
        if price is not None:
            self.money += kwh * price
        elif kwh:
            self.unpriced = True

    def join(self, other: Amount) -> None:
        self.kwh += other.kwh
        self.money += other.money
        self.unpriced = self.unpriced or other.unpriced


HourUsed: TypeAlias = tuple[int, int, float]
"""As of :class:`actors.domain.read_models.Consumption`."""


@dataclass(frozen=True, slots=True)
class EnergyReport:
    parts: Sequence[tuple[int, Amount]]
    """Each with its begin; what has not come yet is nothing."""
    total: Amount
    by_device: dict[int, Amount]
    rest: Amount | None
    """What the main meters count beyond the devices behind them; ``None`` without a main meter."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours in one part of a period through which the clock on the wall is not set and one tariff holds."""

    begin: int
    end: int
    part: int
    """Which of the period's parts they lie in."""
    ahead: int
    """Seconds that the clock on the wall is ahead of UTC."""
    prices: tuple[float, ...] | None
    """Of a kWh by the hour of the week on the wall, from Monday's first on; ``None`` where none was said."""


class StretchUsed(NamedTuple):
    """What a device has used in a stretch."""

    device_id: int
    stretch: int
    """Which one, counted from 0."""
    kwh: float
    money: float
    """0 where nothing has a price."""


@dataclass(frozen=True, slots=True)
class SummedConsumption:
    """What devices have used in a period."""

    stretches: Sequence[Stretch]
    sums: Sequence[StretchUsed]
    """Of the devices that are no main meter."""
    hours: Sequence[HourUsed]
    """Of main meters, and what lies in no stretch or is not added up yet."""
    uncovered: Sequence[HourUsed] = ()
    """Of the other devices in stretches, where no main meter has counted; they are in the sums, too."""
    sources: Mapping[int, EnergySource] = field(default_factory=dict)
    since: int | None = None
    uncounted: int = 0
    """These three as of :class:`actors.domain.read_models.Consumption`."""


def stretches(period: Period, plan: EnergyPlan, until: float) -> Sequence[Stretch]:
    """Of its hours that are over at ``until``, in order.

    They begin with the first tariff where there are main meters and some hours have a price: whether what
    is left of the others has one is told only by each hour.
    """
    begins = period.parts
    end = min(period.end, math.floor(until - HOUR) + 1)
    tariffs = [each.since for each in plan.tariffs if each.since is not None]
    marks = {
        *begins,
        *_clock_changes(period),
        *(int(datetime.combine(day, time(), period.zone).timestamp()) for day in tariffs),
    }
    inside = sorted(mark for mark in marks if period.begin <= mark < end)
    found = [
        _stretch(begin, following, bisect_right(begins, begin) - 1, period.zone, plan)
        for begin, following in zip(inside, [*inside[1:], end], strict=False)
    ]
    if plan.tariffs and plan.mains:
        return [each for each in found if each.prices is not None]
    return found


def _stretch(begin: int, end: int, part: int, zone: tzinfo, plan: EnergyPlan) -> Stretch:
    wall = datetime.fromtimestamp(begin, zone)
    tariff = plan.tariff_on(wall.date())
    prices = None if tariff is None else tuple(tariff.price_at(hour) for hour in _HOURS_OF_A_WEEK)
    return Stretch(begin, end, part, _ahead(begin, zone), prices)


def _ahead(at: float, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _clock_changes(period: Period) -> Iterable[int]:
    """The moments in it at which a clock is set."""
    for day in range(period.begin, period.end, 24 * HOUR):
        low, high = day, min(day + 24 * HOUR, period.end)
        before = _ahead(low, period.zone)
        if before == _ahead(high, period.zone):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _ahead(middle, period.zone) == before else (low, middle)
        yield high


@dataclass(slots=True)
class _Hour:
    part: int
    price: float | None
    weight: float
    """How much of it counts."""
    main: float | None = None
    """What the main meters have counted, where they have."""
    devices: float = 0.0


def report(
    period: Period,
    plan: EnergyPlan,
    hours: Iterable[HourUsed],
    house: Collection[int],
    until: float | None = None,
) -> EnergyReport:
    """What was used in ``period``, or in it up to ``until``, of which an hour counts as far as it had gone.

    Of the devices in ``house`` those that count the whole of it are the house in each hour in which they
    have counted; in others it is the sum of the rest. Other devices are told by themselves, and are added
    to nothing.
    """
    told = _tallied(period, plan, hours, house, until)
    return replace(told, rest=None if told.rest is None else _no_less(told.rest))


def _tallied(
    period: Period, plan: EnergyPlan, hours: Iterable[HourUsed], house: Collection[int], until: float | None
) -> EnergyReport:
    """As :func:`report`, of which the rest may be less than nothing."""
    begins = period.parts
    # Without any tariff nothing has a price, not even nothing.
    unpriced = not plan.tariffs
    parts = [Amount(unpriced=unpriced) for _ in begins]
    by_device: dict[int, Amount] = {}
    known: dict[int, _Hour] = {}
    for device_id, begin, kwh in hours:
        hour = known.get(begin)
        if hour is None:
            weight = 1.0 if until is None else min(1.0, max(0.0, (until - begin) / HOUR))
            price = plan.price_at(datetime.fromtimestamp(begin, period.zone))
            hour = known[begin] = _Hour(bisect_right(begins, begin) - 1, price, weight)
        used = kwh * hour.weight
        if (amount := by_device.get(device_id)) is None:
            amount = by_device[device_id] = Amount(unpriced=unpriced)
        amount.add(used, hour.price)
        if device_id in house:
            if device_id in plan.mains:
                hour.main = used if hour.main is None else hour.main + used
            elif device_id not in plan.apart:
                hour.devices += used
    total, rest = Amount(unpriced=unpriced), Amount(unpriced=unpriced)
    for hour in known.values():
        used = hour.devices if hour.main is None else hour.main
        parts[hour.part].add(used, hour.price)
        total.add(used, hour.price)
        if hour.main is not None:
            rest.add(hour.main - hour.devices, hour.price)
    counted = any(hour.main is not None for hour in known.values())
    return EnergyReport(list(zip(begins, parts, strict=True)), total, by_device, rest if counted else None)


def report_of_sums(
    period: Period,
    plan: EnergyPlan,
    used: SummedConsumption,
    house: Collection[int],
    until: float | None = None,
) -> EnergyReport:
    """The same, of sums over the stretches of ``period`` where hours would be too many.

    What lies in no stretch is told by the hour, as are main meters, since only in hours in which they have
    counted are they the house.
    """
    told = _tallied(period, plan, used.hours, house, until)
    inside = {device_id for device_id in house if device_id not in plan.apart}
    for each in used.sums:
        stretch = used.stretches[each.stretch]
        amount = Amount(each.kwh, each.money, stretch.prices is None and each.kwh != 0)
        told.by_device.setdefault(each.device_id, Amount(unpriced=not plan.tariffs)).join(amount)
        if told.rest is None and each.device_id in inside:
            told.parts[stretch.part][1].join(amount)
            told.total.join(amount)
    if told.rest is None:
        return told
    for each in used.sums:
        if each.device_id in inside:
            told.rest.join(Amount(-each.kwh, -each.money))
    begins = period.parts
    for device_id, begin, kwh in used.uncovered:
        if device_id in inside:
            price = plan.price_at(datetime.fromtimestamp(begin, period.zone))
            told.parts[bisect_right(begins, begin) - 1][1].add(kwh, price)
            told.total.add(kwh, price)
            told.rest.add(kwh, price)
    return replace(told, rest=_no_less(told.rest))


def _no_less(rest: Amount) -> Amount:
    """Meters that do not agree to the second make no device give current back."""
    return rest if rest.kwh > 0 else Amount(unpriced=rest.unpriced)
