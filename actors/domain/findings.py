"""What rules conclude, what people make of it, and what a rule remembers. Frozen, as all of the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, NamedTuple

from actors.domain.metrics import Nature
from actors.domain.model import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a finding proposes: to merge ``configuration`` into the device's, key by key."""

    configuration: JsonObject
    rests_on: frozenset[str]
    """The names in it of which the rule has looked at what the device had there."""


class Severity(Enum):
    """How much a finding matters to people, from the least to the most; the values as on the wire."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SILENCED: Final = "silenciado"
"""In the details of a finding that is over since people have muted its metric, or said what else that is."""


@dataclass(frozen=True, slots=True)
class Episode:
    """What begins, lasts and ends: one finding, brought up to date. Times are seconds since the epoch."""

    key: str
    """Its name among all that this rule ever finds of this device. It follows from the log alone (a metric
    and the time of the report that began it), so that whoever reads that again finds the same episode."""
    since: float
    until: float | None
    """``None`` while it lasts."""
    count: int
    """How often it was seen, from 1; it never falls."""
    peak: Json = None
    """The worst of what was seen, in the rule's own terms."""

    def __post_init__(self) -> None:
        """It never ends before it begins: of a clock that was set back, the later look is believed."""
        if self.until is not None and self.until < self.since:
            object.__setattr__(self, "since", self.until)

    @property
    def lasts(self) -> bool:
        return self.until is None

    def is_newer_than(self, told: Episode, at: float, told_at: float) -> bool:
        """Whether it says more than what was ``told``; what has ended is not begun again.

        By the count before the time, as a clock may have been set back meanwhile.
        """
        return told.lasts and (not self.lasts, self.count, at) > (False, told.count, told_at)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule concluded. ``details`` are the event's own fields as they go on the wire."""

    rule: str
    event: str
    device_id: int
    serial: str
    at: float
    """When it was concluded; of an episode, when it was last brought up to date."""
    details: JsonObject
    proposal: Proposal | None = None
    """``None`` where there is only something to be seen."""
    severity: Severity = Severity.INFO
    episode: Episode | None = None
    """``None`` of what is over as soon as it is said. All findings of one episode are one, and keep its id.
    """
    acts: bool = False
    """Whether what it proposes is to be applied at once, since a person has allowed that."""

    def silenced(self) -> Finding:
        """As it is once people want to hear no more of it: it is over for them, and not by itself."""
        return replace(self, details={**self.details, SILENCED: True})

    def ended(self, at: float) -> Finding:
        """As it is once its episode was ended from outside: nobody watches it any more."""
        return self if self.episode is None else replace(self, at=at, episode=replace(self.episode, until=at))


class Span(NamedTuple):
    """``None`` where there is no bound."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a rule holds the readings of a metric to; ``None`` where there is no bound."""

    low: float | None
    high: float | None
    source: str
    """Where they are from, as on the wire: ``person``, ``limits`` and ``hist``, joined by ``+``."""
    table: Span | None = None
    history: Span | None = None
    """What each of these would have by itself."""
    nature: Nature | None = None
    """What the metric is by its readings, once that was learned."""


class Decision(Enum):
    """What people made of a finding."""

    OPEN = "open"
    APPLIED = "applied"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding on disk; a greater ``id`` is newer."""

    id: int
    finding: Finding
    basis: JsonObject | None
    """:func:`actors.domain.proposals.basis_of` it; ``None`` of one that an older version has kept."""
    decision: Decision = Decision.OPEN
    first_at: float | None = None
    """When it was concluded first, of an episode that was brought up to date since."""
    before: float | None = None
    """Of one that is told anew, as it has changed: the time of what was told before."""

    @property
    def at(self) -> float:
        """When it was concluded first, in seconds since the epoch."""
        return self.finding.at if self.first_at is None else self.first_at

    @property
    def begins(self) -> bool:
        """Whether it is told for the first time."""
        return self.before is None

    @property
    def ends(self) -> bool:
        """Whether it is an episode, and that is over."""
        return self.finding.episode is not None and not self.finding.episode.lasts


class ScanFailure(Enum):
    """Why a search through history was not carried out; the web room has the words for people."""

    TOO_MANY_WAIT = "too_many_wait"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings somebody asks for; ``None`` is any. Times are seconds since the epoch."""

    device_id: int | None = None
    rule: str | None = None
    since: float | None = None
    """Concluded at this time or later."""
    until: float | None = None
    """Concluded before this time."""


@dataclass(frozen=True, slots=True)
class RuleMemory:
    """What one rule has learned of one device from the rows of its log up to number ``upto``."""

    device_id: int
    rule: str
    upto: int
    state: JsonObject


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person has looked at: all findings up to the one with this id. It only ever grows."""

    person: int
    """Their id; 0 where the house has no people."""
    upto: int
