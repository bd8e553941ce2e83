"""What there is to tidy up: read beside the writer, and cut into steps that are small for it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Set
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

from actors.domain.energy import tells_energy
from actors.messages import ForgetUnheard
from persistence.forms.deed_rows import SHARES, Share
from persistence.forms.energy_rows import Metering, meter_of, meter_text
from persistence.forms.local_time import AHEAD_S, DAY, LocalTime
from persistence.forms.summaries import DAILY, HOURLY, MetricNames, raw_row
from persistence.maintenance.metering import AddUsed, DropUsed, DropUsedAhead
from persistence.maintenance.retention import (
    DropAhead,
    DropDays,
    DropDeeds,
    DropFindings,
    DropHours,
    DropPart,
    DropRows,
    MarkAhead,
    Retention,
    Sweep,
    TrimDeeds,
    TrimNotices,
    last_aged,
)
from persistence.maintenance.roll_up import RollUp, roll_up
from persistence.storage.faults import StorageFault
from persistence.storage.upkeep import HasDue, Logged, TidiedStore

logger = logging.getLogger(__name__)

Step: TypeAlias = Callable[[TidiedStore], int]

# Of one step, so that the writer is done with it in a few milliseconds.
ROWS_ROLLED_UP: Final = 500
CELLS_ROLLED_UP: Final = 500
ROWS_METERED: Final = 500
ROWS_DROPPED: Final = 1_000
# Entries of one device lie among all the others', and are in five indexes.
DEEDS_DROPPED: Final = 250
ROWS_MARKED: Final = 1_000

# A clock is believed when the house has spoken between so many days and one day before now.
SPOKEN_DAYS: Final = 8


class Upkeep:
    """Reads what is due, a step at a time; what a step needs is read when it is asked for.

    The methods raise :class:`StorageFault` where nothing can be read at all; a device whose part of it is
    damaged is passed over, with a warning.
    """

    def __init__(self, queries: HasDue, local: LocalTime, retention: Retention) -> None:
        self._due = queries.due()
        self._local = local
        self._retention = retention
        self._searched: dict[int, int] = {}
        """Up to which row each device's log was searched for what lies ahead."""

    def reading(self) -> AbstractContextManager[None]:
        """All that is looked for meanwhile is read by one connection."""
        return self._due.reading()

    def roll_ups(self, least: int) -> Iterator[Step]:
        """For the devices with at least ``least`` rows that are not rolled up."""
        for device in self._due.devices():
            if device.newest - device.rolled_up >= least:
                yield from self._guarded(device, self._roll_ups(device))

    def meterings(self, least: int) -> Iterator[Step]:
        """For the devices that tell what they use and have at least ``least`` rows that are not added up.

        Those that were logged before anybody added them up are added like any others, from the first one on.
        """
        metered = self._metered()
        for device in self._due.devices():
            if device.device_id in metered and device.newest - device.metered >= least:
                yield from self._guarded(device, self._meterings(device))

    def search_anew(self) -> None:
        """The clock went back: what was found to lie in the past may lie ahead now."""
        self._searched.clear()

    def marks(self, now: float) -> Iterator[Step]:
        """On rows from after ``now``, which is to be believed: the clock was ahead when they came."""
        for device in self._due.devices():
            yield from self._guarded(device, self._rows_ahead(device, now + AHEAD_S))

    def corrections(self, now: Callable[[], float | None]) -> Iterator[Step]:
        """Of what was summed up before the rows that it was made of were found to lie after ``now()``."""
        for device in self._due.devices():
            if (at := now()) is None:
                return
            yield from self._guarded(device, self._summaries_ahead(device, at + AHEAD_S))
            if self._due.has_used_after(device.device_id, at + AHEAD_S):
                yield DropUsedAhead(device.device_id, at + AHEAD_S)

    def deletions(self, now: Callable[[], float | None]) -> Iterator[Step]:
        """What has been kept long enough at ``now()``, which is asked before each look; ``None`` ends it."""
        metered = self._metered()
        for place, device in enumerate(self._due.devices()):
            if (at := now()) is None:
                return
            if place == 0:
                yield from self._old_parts(at, metered)
            done = device.metered if device.device_id in metered else device.rolled_up
            yield from self._guarded(device, self._old_rows(device, min(done, device.rolled_up), at))
            yield from self._guarded(device, self._old_summaries(device, at))
            yield from self._guarded(device, self._old_consumption(device, at))
        if (at := now()) is not None:
            yield from self._old_findings(at)
            yield from self._old_deeds(at)

    def sweeps(self) -> Iterator[Step]:
        """Of what is left of devices that have gone."""
        for device_id in self._due.removed():
            while self._due.is_left_of(device_id):
                yield Sweep(device_id)

    def trims(self) -> Iterator[Step]:
        """Of notices and of the logbook, by their number."""
        while self._due.too_many_notices():
            yield TrimNotices(ROWS_DROPPED)
        for share in SHARES:
            yield from self._excess(share)

    def unheard(self, now: float) -> list[ForgetUnheard]:
        """Of the devices that nobody has claimed, those silent for so long that they are to go.

        One that was heard of only by what a broker retained has its reports to tell its age by.
        """
        days = self._retention.unclaimed
        if not days:
            return []
        since = now - days * DAY
        return [ForgetUnheard(removal, since) for removal in self._due.unheard(since)]

    def last_sign(self) -> float | None:
        """When a device was last heard, seconds since the epoch."""
        return self._due.last_sign()

    def speaks_for(self, now: float) -> bool:
        """Whether the house has been heard in the week before the last day, or has nothing from before that.

        Where the clock has been set ahead it has not: what is stored lies behind a gap. Rows that are in no
        summary count as well, or a house without one would have its log deleted by whatever clock it has.
        """
        until = now - DAY
        since = until - (SPOKEN_DAYS - 1) * DAY
        if self._due.spoken(since, until) or self._due.reported(since, until):
            return True
        return not (self._due.spoken(0, until) or self._due.reported_before(until))

    # -- rolling up --------------------------------------------------------------------------

    def _roll_ups(self, device: Logged) -> Iterator[RollUp]:
        names = MetricNames(self._due.metrics(device.device_id))
        after = device.rolled_up
        while after < device.newest:
            step = self._next_roll_up(device, after, names)
            yield step
            after = step.upto

    def _next_roll_up(self, device: Logged, after: int, names: MetricNames) -> RollUp:
        found = self._due.next_rows(device.device_id, after, device.newest, ROWS_ROLLED_UP)
        upto = found[-1][0] if len(found) == ROWS_ROLLED_UP else device.newest
        rows = (raw_row(row) for row in found)
        return roll_up(device.device_id, after, upto, rows, names, self._local, CELLS_ROLLED_UP)

    # -- consumption -------------------------------------------------------------------------

    def _metered(self) -> set[int]:
        return {device_id for device_id, name in self._due.all_metrics() if tells_energy(name)}

    def _meterings(self, device: Logged) -> Iterator[AddUsed]:
        after = device.metered
        while after < device.newest:
            step = self._next_metering(device, after)
            yield step
            after = step.upto

    def _next_metering(self, device: Logged, after: int) -> AddUsed:
        replaced_after, state = self._due.meter(device.device_id)
        metering = Metering(meter_of(state), after, replaced_after, self._local)
        found = self._due.rows_to_meter(device.device_id, after, device.newest, ROWS_METERED)
        for row in found:
            metering.take(row)
        upto = found[-1][0] if len(found) == ROWS_METERED else device.newest
        return AddUsed(device.device_id, after, upto, metering.hours, meter_text(metering.meter))

    # -- what lies ahead ---------------------------------------------------------------------

    def _rows_ahead(self, device: Logged, after: float) -> Iterator[MarkAhead]:
        searched = self._searched.get(device.device_id, 0)
        while found := self._due.rows_ahead(device.device_id, searched, device.newest, after, ROWS_MARKED):
            yield MarkAhead(device.device_id, found[0], found[-1], after)
            searched = found[-1]
        self._searched[device.device_id] = device.newest

    # -- deleting ----------------------------------------------------------------------------

    def _old_parts(self, now: float, metered: Set[int]) -> Iterator[DropPart]:
        """All at once, where no device's rows are kept for longer, and then nothing of them row by row."""
        kept = self._retention.any_rows
        try:
            old = self._due.old_parts(now - kept * DAY, sorted(metered)) if kept else ()
        except StorageFault as error:
            logger.warning("upkeep_failed parts error=%r", error)
        else:
            yield from map(DropPart, old)

    def _old_rows(self, device: Logged, done: int, now: float) -> Iterator[DropRows]:
        """Of those up to ``done``, from which nothing is to be made any more."""
        kept = self._retention.rows_of(device.serial)
        cutoff = now - kept * DAY
        if kept == self._retention.any_rows:
            # They go with their part, unless something holds that up.
            cutoff -= self._due.part_s
        while kept and (upto := self._last_old_row(device, done, cutoff, now)) is not None:
            yield DropRows(device.device_id, upto)

    def _last_old_row(self, device: Logged, done: int, cutoff: float, now: float) -> int | None:
        stamps = self._due.oldest_rows(device.device_id, done, 1)
        if not stamps or cutoff <= stamps[0][1] <= now:
            return None
        stamps = self._due.oldest_rows(device.device_id, done, ROWS_DROPPED)
        if all(at > now + AHEAD_S for _, at in stamps):
            # So many rows from the future that what came after them is not among these.
            last = stamps[-1][0]
            believable = self._due.next_believable(device.device_id, last, done, now + AHEAD_S)
            return last if last_aged(believable, cutoff, now) else None
        return last_aged(stamps, cutoff, now)

    def _old_summaries(self, device: Logged, now: float) -> Iterator[Step]:
        if kept := self._retention.hours_of(device.serial):
            # From a midnight on, so that no day is told of by its hours in part.
            before = self._local.day(now - kept * DAY)
            while (upto := self._last_old_summary(HOURLY, device, before)) is not None:
                yield DropHours(device.device_id, upto, before)
        if kept := self._retention.days_of(device.serial):
            before = self._local.day(now - kept * DAY)
            while (upto := self._last_old_summary(DAILY, device, before)) is not None:
                yield DropDays(device.device_id, upto)

    def _old_consumption(self, device: Logged, now: float) -> Iterator[DropUsed]:
        """Kept by the hour for as long as other metrics are by the day: an hour is one number of a device."""
        if kept := self._retention.days_of(device.serial):
            before = self._local.day(now - kept * DAY)
            while found := self._due.oldest_used(device.device_id, before, ROWS_DROPPED):
                yield DropUsed(device.device_id, found[-1])

    def _last_old_summary(self, table: str, device: Logged, before: int) -> int | None:
        found = self._due.oldest_summaries(table, device.device_id, before, ROWS_DROPPED)
        return found[-1] if found else None

    def _summaries_ahead(self, device: Logged, after: float) -> Iterator[DropAhead]:
        """The newest first, so that a day that is added up anew has none of them left."""
        for table in (HOURLY, DAILY):
            while found := self._due.newest_summaries(table, device.device_id, after, ROWS_DROPPED):
                since = found[-1]
                yield DropAhead(device.device_id, since, self._local.day(since))

    def _old_findings(self, now: float) -> Iterator[DropFindings]:
        kept = self._retention.findings
        while kept:
            upto = last_aged(self._due.oldest_findings(ROWS_DROPPED), now - kept * DAY, now)
            if upto is None:
                return
            yield DropFindings(upto)

    def _old_deeds(self, now: float) -> Iterator[DropDeeds]:
        kept = self._retention.findings
        while kept:
            upto = last_aged(self._due.oldest_deeds(ROWS_DROPPED), now - kept * DAY, now)
            if upto is None:
                return
            yield DropDeeds(upto)

    def _excess(self, share: Share) -> Iterator[TrimDeeds]:
        """Whatever one device has too much, the others keep theirs."""
        counts = self._due.deeds_of(share)
        fair = share.of_each(counts.values())
        for device_id, count in counts.items():
            for kept in range(count, fair, -DEEDS_DROPPED):
                yield TrimDeeds(share, device_id, min(DEEDS_DROPPED, kept - fair))

    def _guarded(self, device: Logged, steps: Iterator[Step]) -> Iterator[Step]:
        try:
            yield from steps
        except StorageFault as error:
            logger.warning("upkeep_failed device=%d error=%r", device.device_id, error)
