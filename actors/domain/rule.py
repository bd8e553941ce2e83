"""What a rule is, and how one is started for a device. Implemented by the rules' room."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

from actors.domain.findings import Bounds, Finding, RuleMemory
from actors.domain.house import House
from actors.domain.model import Device, JsonObject, Report


class Rule(Protocol):
    """Draws one kind of conclusion about one device. Pure: no I/O, no clock, no threads.

    An episode may be said anew at each observation: what is told of it in between is at most once a minute.
    What :meth:`wake` concludes of one, :meth:`observe` would conclude alike of the next report, since a log
    that is read again tells of no waking.
    """

    @property
    def name(self) -> str:
        """As on the wire: ``extremos``, ``misconfig``, ``learn``, ``offline``, ``alarma``, ``clima``."""

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """Take in a row of the log; rows come oldest first, before the first observation."""

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        """What follows from the device as it now stands; ``report`` is ``None`` for other changes."""

    def wake(self, at: float) -> Sequence[Finding]:
        """What follows from time alone having passed, at the time that the rule asked for."""

    @property
    def wake_in(self) -> float | None:
        """Seconds from the last call to the next :meth:`wake` that is wanted, if any."""

    @property
    def lasting(self) -> Collection[str]:
        """The keys of its episodes that last."""

    def let_go(self, keys: Collection[str]) -> None:
        """These of its episodes are over, as the device was nobody's for a while, or were never stored."""

    def dismiss(self, details: JsonObject) -> None:
        """People do not want to hear this finding of the rule again."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:
        """What a reading at ``at`` is held to, by metric, of those that have a bound, or of which it has
        learned what they are. Changes nothing."""

    def is_ahead(self, at: float) -> bool:
        """Whether it has learned of a time so far after ``at`` that it could not go on: a clock was ahead."""

    def take_over(self, decisions: Self) -> None:
        """What people have decided, from one that is to be forgotten otherwise."""

    @property
    def save_due(self) -> bool:
        """Whether enough was learned since the last :meth:`state` to be worth storing."""

    def state(self) -> JsonObject:
        """All that it knows, to be given to the factory at the next start."""


@runtime_checkable
class HouseRule(Protocol):
    """A rule that also goes by what is so of the house as a whole."""

    def hear(self, house: House, at: float) -> Sequence[Finding]:
        """The house as it stands now: before the first row of the log, and at each change."""


@runtime_checkable
class HabitRule(Protocol):
    """A rule that sees whether people are at home, by what they switch."""

    @property
    def switched_on(self) -> int:
        """The ordinal of the last day on which they switched the device; 0 before they have."""

    def days_switched(self) -> Set[int]:
        """The ordinals of all such days that it remembers."""


@dataclass(frozen=True, slots=True)
class Start:
    """A rule as it starts, and what of the log it has yet to read."""

    rule: Rule
    after: int
    """The number of the last row that it knows of."""
    since: float
    """Rows from before this time, in seconds since the epoch, are of no use to it."""
    resumes: bool = False
    """It goes on from what was stored when it last concluded something, so what it reads is news to it."""
    damage: str | None = None
    """What was wrong with the memory that it was given."""


class RuleFactory(Protocol):
    """One of the rules, ready to be started for any device."""

    @property
    def watches_reports(self) -> bool:
        """Whether it is to observe each report, or only changes of configuration and presence."""

    def concerns(self, device: Device) -> bool:
        """Whether the rule has anything to look at in such a device. Where it has not it is asked again at
        each change of what it watches."""

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        """The rule for ``device``, knowing what ``memory`` holds; damage to it costs a replay."""
