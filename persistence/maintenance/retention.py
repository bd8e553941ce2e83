"""How long what is kept, and how what is older goes, a little at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from persistence.forms.deed_rows import Share
from persistence.forms.local_time import AHEAD_S
from persistence.storage.upkeep import TidiedStore


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that things are kept for; 0 is for ever.

    Hours are kept at least as long as the rows that they were made of, and days as long as hours.
    """

    rows: int = 35
    hours: int = 730
    days: int = 3_650
    findings: int = 365
    """Of the logbook, too."""
    unclaimed: int = 7
    """Of silence, for devices that nobody has claimed."""
    by_serial: tuple[tuple[str, int], ...] = ()
    """Days of rows for the serial numbers that begin so, where the longest beginning counts."""

    def rows_of(self, serial: str) -> int:
        fitting = [(len(prefix), days) for prefix, days in self.by_serial if serial.startswith(prefix)]
        return max(fitting)[1] if fitting else self.rows

    @property
    def any_rows(self) -> int:
        """For how many days rows of any device are kept."""
        kept = [self.rows, *(days for _, days in self.by_serial)]
        return 0 if 0 in kept else max(kept)

    def hours_of(self, serial: str) -> int:
        return _longer(self.rows_of(serial), self.hours)

    def days_of(self, serial: str) -> int:
        return _longer(self.hours_of(serial), self.days)


def _longer(one: int, other: int) -> int:
    return 0 if 0 in (one, other) else max(one, other)


def last_aged(stamps: Iterable[tuple[int, float]], cutoff: float, now: float) -> int | None:
    """The number of the last of ``stamps``, in order of arrival, that goes; ``None`` if none does.

    What is older than ``cutoff`` goes as far as nothing younger has come before it: a clock that was
    back for a while makes nothing old. A stamp from the future says nothing; it goes when something
    old has come after it.
    """
    last = None
    for n, at in stamps:
        if at < cutoff:
            last = n
        elif at <= now + AHEAD_S:
            break
    return last


# -- the steps -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DropRows:
    """Rows of the log up to ``upto``, of those that are rolled up."""

    device_id: int
    upto: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_rows(self.device_id, self.upto)


@dataclass(frozen=True, slots=True)
class DropPart:
    """A part of the log, where it has parts: all of it at once."""

    part: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_part(self.part)


@dataclass(frozen=True, slots=True)
class MarkAhead:
    """Rows ``first`` to ``last`` as far as they are stamped later than ``after``: their time is in doubt."""

    device_id: int
    first: int
    last: int
    after: float
    """Seconds since the epoch."""

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.mark_ahead(self.device_id, self.first, self.last, self.after)


@dataclass(frozen=True, slots=True)
class DropHours:
    """Hours up to the one that begins at ``upto``; none before ``before`` is to be read any more.

    From then on the days tell of that time, so the two never tell of it twice, however many steps
    it takes until the hours are gone.
    """

    device_id: int
    upto: int
    before: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_hours(self.device_id, self.upto, self.before)


@dataclass(frozen=True, slots=True)
class DropDays:
    """Days up to the one that begins at ``upto``, and the names of metrics that nothing is left of."""

    device_id: int
    upto: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_days(self.device_id, self.upto)


@dataclass(frozen=True, slots=True)
class DropAhead:
    """Summaries from ``since`` on, which a clock that was ahead has made. ``day`` is the day of that moment,
    and holds what is left of its hours then.
    """

    device_id: int
    since: int
    day: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_ahead(self.device_id, self.since, self.day)


@dataclass(frozen=True, slots=True)
class DropFindings:
    """Findings up to the one with this id, but for episodes that last."""

    upto: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_findings(self.upto)


@dataclass(frozen=True, slots=True)
class DropDeeds:
    """Entries of the logbook up to the one with this id."""

    upto: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_deeds(self.upto)


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is left of a removed device."""

    device_id: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.sweep(self.device_id)


@dataclass(frozen=True, slots=True)
class TrimNotices:
    """At most so many of those that are too many."""

    most: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.trim_notices(self.most)


@dataclass(frozen=True, slots=True)
class TrimDeeds:
    """The oldest entries of the logbook that a device has in one of its shares."""

    share: Share
    device_id: int
    most: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.trim_deeds(self.share, self.device_id, self.most)
