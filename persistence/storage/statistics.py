"""What a metric was like over time, from whatever is left of it: rows, hours or days."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from actors.domain.read_models import Point, Statistics
from persistence.forms.local_time import DAY, HOUR, LocalTime
from persistence.forms.rows import json_object
from persistence.forms.summaries import (
    DAILY,
    HOURLY,
    Aggregate,
    MetricNames,
    StoredRow,
    raw_row,
    reading,
    reading_by_former_name,
)

# Rows read one by one for one answer, which take 0.2 s of a processor.
ROWS_MAX: Final = 30_000


class History(Protocol):
    """A device's log and summaries, as they stand at one moment."""

    @property
    def progress(self) -> Progress: ...

    def metrics(self) -> Mapping[str, int]:
        """The names of its metrics, in the order in which they came, and their ids."""

    def rows(self, first: int, last: int) -> Iterable[StoredRow]:
        """Those whose time is not in doubt, oldest first."""

    def summaries(
        self, table: str, metric_id: int, since: float, until: float
    ) -> Iterable[tuple[int, Aggregate]]:
        """Each with its begin; those that begin at ``since <= time < until``, in order of time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a device's log is rolled up, from when on its hours are read, and which rows there are."""

    rolled_up: int
    hours_from: int
    oldest: int
    newest: int


def read_statistics(
    history: History, local: LocalTime, metric: str, since: float, until: float, step: int
) -> Statistics:
    """``metric`` at ``since <= time < until``, with a point each ``step`` seconds.

    ``step`` divides an hour, or divides a day into hours, or is a number of days. Points are counted
    from the hour on the wall, from midnight, or from a Monday on, in this order. Where rows are gone
    there is a point an hour, and where hours are gone one a day. The point that ``since`` falls into
    is whole, and so is the last one that begins before ``until``.
    """
    device = _Device(history, local)
    return _Reading(device, metric, _Buckets(local, since, until, step, device.hours_from)).statistics()


def read_metrics(history: History, local: LocalTime) -> Sequence[str]:
    """The names of the device's metrics; of rows not rolled up yet, those of the newest one."""
    return _Device(history, local).metrics()


class _Buckets:
    """Which point a moment belongs to, if to any."""

    def __init__(self, local: LocalTime, since: float, until: float, step: int, hours_from: int) -> None:
        self._local = local
        self._until = until
        # The last point is whole, and summer time may have made it an hour longer.
        self._read_until = until + step + HOUR if step > HOUR else until
        self._hours_from = hours_from
        self.step = step
        self.begin = self._at_step(since)
        self._days_since = min(self.begin, local.day(since))
        self._hours_since = max(hours_from, min(self.begin, local.hour(since)))

    @property
    def days(self) -> tuple[float, float]:
        """The days that are read begin from the first of these moments on and before the second."""
        return self._days_since, self._read_until if self.step >= DAY else min(self._until, self._hours_from)

    @property
    def hours(self) -> tuple[float, float]:
        return self._hours_since, self._read_until if self.step < DAY else self._hours_since

    def has(self, begin: int) -> bool:
        """Whether a point that begins then begins in time."""
        return begin < self._until

    def of_day(self, begin: int) -> int:
        # By its noon, which is in that day in a neighbouring time zone as well.
        return begin if self.step < DAY else self._at_step(begin + DAY // 2)

    def of_hour(self, begin: int) -> int:
        return begin if self.step < HOUR else self._at_step(begin)

    def of_row(self, at: float) -> int | None:
        """The begin of the point that a row stamped ``at`` belongs to."""
        if not self._local.knows(at):
            return None
        if self.step < DAY and self._local.hour(at) < self._hours_from:
            begin, since = self._local.day(at), self._days_since
        else:
            begin, since = self._at_step(at), self.begin
        return begin if begin >= since else None

    def _at_step(self, at: float) -> int:
        if self.step >= DAY:
            return self._local.days(at, self.step // DAY)
        outer = self._local.day(at) if self.step >= HOUR else self._local.hour(at)
        return outer + int(at - outer) // self.step * self.step


class _Device:
    """A device's log and summaries as they stand in one transaction."""

    def __init__(self, history: History, local: LocalTime) -> None:
        self._history = history
        self.local = local
        progress = history.progress
        self.rolled_up, self.hours_from = progress.rolled_up, progress.hours_from
        self.oldest, self.newest = progress.oldest, progress.newest
        self.ids = history.metrics()

    def metrics(self) -> Sequence[str]:
        names = dict.fromkeys(self.ids)
        admitted = MetricNames(names)
        if self.newest > self.rolled_up:
            for row in map(raw_row, self.rows(self.newest, self.newest)):
                names |= dict.fromkeys(filter(admitted.admit, row.readings))
        return list(names)

    def rows(self, first: int, last: int) -> Iterable[StoredRow]:
        return self._history.rows(first, last)

    def summaries(
        self, table: str, metric: str, between: tuple[float, float]
    ) -> Iterable[tuple[int, Aggregate]]:
        """As :meth:`History.summaries`; none of a metric that there is not."""
        metric_id = self.ids.get(metric)
        return () if metric_id is None else self._history.summaries(table, metric_id, *between)


class _Reading:
    """One metric of a device, put together from what is left of it; no row of the log counts twice."""

    def __init__(self, device: _Device, metric: str, buckets: _Buckets) -> None:
        self._device = device
        self._metric = metric
        self._buckets = buckets
        self._points: dict[int, Aggregate] = {}

    def statistics(self) -> Statistics:
        device, begin = self._device, self._buckets.begin
        self._read_days()
        whole = self._read_hours()
        spans = _merged((tally.first, tally.last) for tally in whole.values())
        missing = sum(last - first + 1 for first, last in spans) + max(0, device.newest - device.rolled_up)
        if missing > ROWS_MAX:
            return Statistics(begin, (), device.metrics(), missing)
        for first, last in spans:
            self._read_rows(first, last, whole)
        self._read_tail()
        points = [
            Point(begin, tally.n, tally.mean, tally.low, tally.high)
            for begin, tally in sorted(self._points.items())
        ]
        return Statistics(begin, points, device.metrics())

    def _read_days(self) -> None:
        for begin, day in self._device.summaries(DAILY, self._metric, self._buckets.days):
            self._take(self._buckets.of_day(begin), day)

    def _read_hours(self) -> dict[int, Aggregate]:
        """Those that are to be read row by row, as all of their rows are still there."""
        whole = {}
        for begin, hour in self._device.summaries(HOURLY, self._metric, self._buckets.hours):
            if self._buckets.step < HOUR and hour.first >= self._device.oldest:
                whole[begin] = hour
            else:
                self._take(self._buckets.of_hour(begin), hour)
        return whole

    def _read_rows(self, first: int, last: int, whole: Container[int]) -> None:
        """Those rows that lie in one of the hours ``whole``."""
        local = self._device.local
        for n, at, state, parameters in self._device.rows(first, last):
            if local.knows(at) and local.hour(at) in whole:
                told = json_object(parameters) or {}
                value = reading(self._metric, state, told)
                former = reading_by_former_name(self._metric, told) if value is None else value
                self._take_value(n, at, former)

    def _read_tail(self) -> None:
        """The rows that are not rolled up yet, counted as they will be."""
        names = MetricNames(self._device.ids)
        for row in map(raw_row, self._device.rows(self._device.rolled_up + 1, self._device.newest)):
            if self._device.local.knows(row.at):
                if self._metric not in names.known:
                    for name in row.readings:
                        names.admit(name)
                if self._metric in names.known:
                    self._take_value(row.n, row.at, row.readings.get(self._metric))

    def _take_value(self, n: int, at: float, value: float | None) -> None:
        begin = None if value is None else self._buckets.of_row(at)
        if value is not None and begin is not None:
            self._take(begin, Aggregate.of(value, n))

    def _take(self, begin: int, tally: Aggregate) -> None:
        if not self._buckets.has(begin):
            return
        known = self._points.get(begin)
        if known is None:
            self._points[begin] = tally
        else:
            known.take(tally)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same numbers in spans that neither overlap nor touch."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
