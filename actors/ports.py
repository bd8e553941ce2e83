"""What the actors need from outside, as protocols: time, the people's edge, the devices' edge, rules.

The rooms that implement them import this one; it imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from actors.findings import Bounds, Finding, KeptFinding, RuleMemory
from actors.messages import Delivery, Removal
from actors.model import Device, JsonObject, Report


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The one place that knows the time. All calls may come from any thread."""

    def now(self) -> float:
        """Wall-clock time, seconds since the epoch. May jump; for showing and storing only."""

    @property
    def doubt(self) -> str | None:
        """Why what :meth:`now` last said is not to be believed, in Spanish; ``None`` if it is."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward, while the machine is awake; for waiting for somebody.

        Who was to speak meanwhile could not be heard while it slept.
        """

    def since_boot(self) -> float:
        """The same, and asleep as well, where the system counts that; for what grows old by itself."""

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        """Call ``action``, which must be quick (a ``tell``), after ``delay`` seconds."""


@dataclass(frozen=True, slots=True)
class ScanNews:
    """An event of a search: ``ai_anomaly``, ``ai_progress`` or ``ai_done``."""

    event: str
    device_id: int
    serial: str
    at: float
    details: JsonObject


class EventSink(Protocol):
    """The people's edge. Calls return at once and may come from any thread."""

    def device_updated(self, device: Device) -> None: ...

    def device_removed(self, removal: Removal) -> None:
        """Nothing more is told of it."""

    def finding_made(self, finding: KeptFinding) -> None: ...

    def scan_told(self, news: ScanNews) -> None:
        """How a search through the history goes, and what it finds; nothing of it is kept."""


class CommandSink(Protocol):
    """The devices' edge. Calls return at once and may come from any thread."""

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """These are on disk: acknowledge them to the broker, each in its turn."""

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...

    def also_spelled(self, serial: str, heard: str) -> bool:
        """The device spells its serial number otherwise on its topics, and is answered there too.

        Whether that is news.
        """

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        """Have the broker retain nothing of it, and tell the writer :class:`BrokerForgot` once it does not.

        Of a serial number that was ``reborn``, only what is told to the device: the rest may be news.
        """


class Rule(Protocol):
    """Draws one kind of conclusion about one device. Pure: no I/O, no clock, no threads."""

    @property
    def name(self) -> str:
        """As on the wire: ``extremos``, ``misconfig``, ``learn``, ``offline``."""

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """Take in a row of the log; rows come oldest first, before the first observation."""

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        """What follows from the device as it now stands; ``report`` is ``None`` for other changes."""

    def wake(self, at: float) -> Sequence[Finding]:
        """What follows from time alone having passed, at the time that the rule asked for."""

    @property
    def wake_in(self) -> float | None:
        """Seconds from the last call to the next :meth:`wake` that is wanted, if any."""

    def dismiss(self, details: JsonObject) -> None:
        """People do not want to hear this finding of the rule again."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:
        """What a reading at ``at`` is held to, by metric, of those that have a bound. Changes nothing."""

    def is_ahead(self, at: float) -> bool:
        """Whether it has learned of a time so far after ``at`` that it could not go on: a clock was ahead."""

    def take_over(self, decisions: Self) -> None:
        """What people have decided, from one that is to be forgotten otherwise."""

    @property
    def save_due(self) -> bool:
        """Whether enough was learned since the last :meth:`state` to be worth storing."""

    def state(self) -> JsonObject:
        """All that it knows, to be given to the factory at the next start."""


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

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        """The rule for ``device``, knowing what ``memory`` holds; damage to it costs a replay."""
