"""What is handed to a store to be kept at once, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from actors.domain.absences import Absences
from actors.domain.findings import Decision, Finding, KeptFinding, RuleMemory, Seen
from actors.domain.logbook import Deed, KeptDeed
from actors.domain.model import DeadLetter, Device, JsonObject, LogEntry
from actors.domain.notices import Notice
from actors.domain.read_models import StoredAnnouncement
from actors.domain.rooms import Rooms
from actors.domain.status import Hindrance
from actors.domain.tariffs import EnergyPlan
from actors.messages import (
    EndEpisodes,
    EndUnwatched,
    KeepNotices,
    NoticesRecalled,
    OccurrencesRecalled,
    Removal,
)
from persistence.forms.rows import Row, undamaged_memory
from persistence.storage.faults import StorageFault, UnusableDatabase

MemoryKey: TypeAlias = tuple[int, str]
"""The device's id and the rule's name."""
Conclusion: TypeAlias = tuple[Finding, JsonObject] | EndEpisodes | EndUnwatched
"""A finding with what its proposal rests on; or the end, from outside, of whatever lasts."""


@dataclass(frozen=True, slots=True)
class RemovedDevice:
    """A removed device of which the broker may still retain something."""

    removal: Removal
    reborn: bool
    """Whether there is another device of its serial number."""


@dataclass(slots=True)
class Batch:
    """What one transaction keeps, and whom it recalls."""

    at: float = 0.0
    """When it is kept, seconds since the epoch."""

    devices: dict[int, Device] = field(default_factory=dict)
    """By id; of several states of a device only the last one matters."""
    entries: list[LogEntry] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    """Each in its turn."""
    seen: list[Seen] = field(default_factory=list)
    """The same."""
    conclusions: list[Conclusion] = field(default_factory=list)
    """Each in its turn."""
    memories: dict[MemoryKey, RuleMemory] = field(default_factory=dict)
    """Of several memories of one rule of one device only the last one matters."""
    decisions: dict[int, Decision] = field(default_factory=dict)
    """By the finding's id; a decision about one that is not there is none."""
    recalled: list[str] = field(default_factory=list)
    """Serials to be recalled as they are once all of the above is kept."""
    remembered: list[MemoryKey] = field(default_factory=list)
    """Memories to be read as they are before those of the batch are kept; the episodes that last, after."""
    announcements: list[StoredAnnouncement] = field(default_factory=list)
    """Of other makes, each in its turn; an empty one removes what was kept."""
    rooms: list[Rooms] = field(default_factory=list)
    """Each in its turn: an id counts as given even if the room is gone in the next."""
    absences: list[Absences] = field(default_factory=list)
    """The same."""
    energy_plan: EnergyPlan | None = None
    """Of several only the last one matters."""
    notices: list[KeepNotices] = field(default_factory=list)
    """Each in its turn."""
    recalls_notices: bool = False
    """Whether those that are unfinished are to be read, once all of the above is kept."""
    recalls_occurrences: bool = False
    """Whether findings are to be read of which it is not decided whom they are told, the same."""
    recalls_rooms: bool = False
    """Whether the rooms are to be read, as they are once all of the above is kept."""
    replacements: list[tuple[Device, Removal]] = field(default_factory=list)
    """Before all that is kept, which is then by the new serial numbers; each is in ``removals`` too."""
    removals: list[Removal] = field(default_factory=list)
    """After all that is kept and before anybody is recalled, so the serial number is free again."""
    forgotten: list[int] = field(default_factory=list)
    """Ids of removed devices that the broker has forgotten too."""
    recalls_removed: bool = False
    """Whether those that it has not are to be read, once all of the above is kept."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What has come of a batch."""

    recalled: Mapping[str, Device]
    findings: Sequence[Sequence[KeptFinding]]
    """What is to be told of each of the batch's conclusions, in its order, with the ids that were given."""
    remembered: Mapping[MemoryKey, Row]
    """Those that are there, for :func:`undamaged_memory`."""
    lasting: Sequence[Finding]
    """The episodes that last, of those that were to be remembered."""
    rooms: Rooms | None
    """If they were to be read."""
    removed: Sequence[RemovedDevice]
    """The same."""
    notices: Sequence[Sequence[Notice]] = ()
    """The batch's own as they are then, in its order."""
    unfinished: NoticesRecalled | None = None
    occurrences: OccurrencesRecalled | None = None
    deeds: Sequence[KeptDeed] = ()
    """The batch's own, with the ids that were given, in its order."""
    seen: Sequence[Seen] = ()
    """Of those who have looked, in the batch's order, what they have seen by then."""

    def memory(self, key: MemoryKey) -> RuleMemory | None:
        """``None`` if nothing is remembered, or only damage.

        Made on demand: what thousands of rules know at a start must not all be in memory at once.
        """
        row = self.remembered.get(key)
        return None if row is None else undamaged_memory(row)

    def episodes(self, key: MemoryKey) -> Sequence[Finding]:
        """Those that last."""
        return [each for each in self.lasting if (each.device_id, each.rule) == key] if self.lasting else ()


class Unsettled(UnusableDatabase):
    """Only the database, opened anew, tells whether it holds the batch: whether it has come to ``commit``.

    ``saved`` is what has come of it if so, and ``cause`` what has happened.
    """

    def __init__(self, text: str, commit: int, saved: Saved, cause: StorageFault) -> None:
        super().__init__(text, cause.hindrance or Hindrance.UNUSABLE)
        self.commit = commit
        self.saved = saved
        self.cause = cause
