"""What rules conclude, what people make of it, and what a rule remembers. Frozen, as all of the model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from actors.domain.metrics import Nature
from actors.domain.model import JsonObject


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a finding proposes: to merge ``configuration`` into the device's, key by key."""

    configuration: JsonObject
    rests_on: frozenset[str]
    """The names in it of which the rule has looked at what the device had there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule concluded. ``details`` are the event's own fields as they go on the wire."""

    rule: str
    event: str
    device_id: int
    serial: str
    at: float
    details: JsonObject
    renews: bool = False
    """Whether it takes the place of the last one of this device with ``inestable`` in its details."""
    proposal: Proposal | None = None
    """``None`` where there is only something to be seen."""


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
