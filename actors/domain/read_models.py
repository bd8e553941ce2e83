"""What is read from the disk, as whoever reads it hands it to whoever shows it. Frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from actors.domain.energy import EnergySource
from actors.domain.findings import KeptFinding
from actors.domain.logbook import KeptDeed
from actors.domain.model import DeadLetter, LogEntry


@dataclass(frozen=True, slots=True)
class Page:
    """One page of what there is, newest first."""

    page: int
    """Counted from 1."""
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        return -(-self.total // self.per_page)


@dataclass(frozen=True, slots=True)
class LogPage(Page):
    """Of a device's log. ``total`` counts from the oldest to the newest number: a row that went to the dead
    letters instead still counts, and leaves its page a row short. Numbering makes every page equally near.
    """

    entries: Sequence[LogEntry]


@dataclass(frozen=True, slots=True)
class FindingPage(Page):
    rows: Sequence[KeptFinding]


@dataclass(frozen=True, slots=True)
class LogbookPage:
    """Newest first."""

    entries: Sequence[KeptDeed]
    next_before: int | None
    """What to ask for the page that follows by; ``None`` if there is none."""
    people: Mapping[int, str]
    """All that the logbook knows of, wanted or not, by id: what each was called last."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A dead letter as it is stored; a greater ``id`` is newer."""

    id: int
    letter: DeadLetter


@dataclass(frozen=True, slots=True)
class Point:
    """A metric between ``begin`` and the next point's."""

    begin: int
    """Seconds since the epoch."""
    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Statistics:
    """A metric over time, oldest point first; without those that nothing was read in."""

    begin: int
    """Of the first point that there may be, seconds since the epoch."""
    points: Sequence[Point]
    metrics: Sequence[str]
    """All that the device has, in the order in which they were first seen."""
    rows_missing: int = 0
    """Rows that would have to be read one by one, if they are too many: then there are no points."""


@dataclass(frozen=True, slots=True)
class Consumption:
    """What devices have used in a time."""

    hours: Sequence[tuple[int, int, float]]
    """A device's id, when an hour on the wall begins, in seconds since the epoch, and the kWh used in it."""
    sources: Mapping[int, EnergySource]
    """By what each device's is known; without those that have told nothing yet."""
    since: int | None = None
    """When the first hour of any time begins in which one of them has used something that is known of."""
    uncounted: int = 0
    """Rows of the log that are still to be added, where they are too many to do so for one answer."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that a rotation knows."""

    path: Path
    made_at: float
    """Seconds since the epoch, as its name says."""
    size: int | None = None
    """Bytes; ``None`` while it is being made."""


MAX_ANNOUNCEMENTS: Final = 16_384
"""That are kept, and :data:`MAX_ANNOUNCED_BYTES` of them: a house of 500 devices of 16 entities has half."""
MAX_ANNOUNCED_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredAnnouncement:
    """What a device of another make, or its gateway, has said of itself, as it came."""

    dialect: str
    group: str
    key: str
    payload: bytes = field(repr=False)
    """Empty where it was withdrawn, which is kept by keeping nothing."""


@dataclass(frozen=True, slots=True)
class StoredAnnouncements:
    told: Sequence[StoredAnnouncement] = ()
    """In the order in which they were heard last."""
    forgotten: Sequence[str] = ()
    """Serial numbers of devices that were forgotten while nobody could tell whoever knows what is told."""
