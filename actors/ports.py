"""What the actors need from outside, as protocols: time, the people's edge, the devices' edge, rules.

The rooms that implement them import this one; it imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from actors.messages import Delivery
from actors.model import Device, Finding, JsonObject, Report


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The one place that knows the time. All calls may come from any thread."""

    def now(self) -> float:
        """Wall-clock time, seconds since the epoch. May jump; for showing and storing only."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward; for measuring and waiting."""

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        """Call ``action``, which must be quick (a ``tell``), after ``delay`` seconds."""


class EventSink(Protocol):
    """The people's edge. Calls return at once and may come from any thread."""

    def device_updated(self, device: Device) -> None: ...

    def finding_made(self, finding: Finding) -> None: ...


class CommandSink(Protocol):
    """The devices' edge. Calls return at once and may come from any thread."""

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """These are on disk: acknowledge them to the broker, each in its turn."""

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...


class Rule(Protocol):
    """Draws one kind of conclusion about one device. Pure: no I/O, no clock, no threads."""

    @property
    def name(self) -> str:
        """As on the wire: ``extremos``, ``misconfig``, ``learn``, ``offline``."""

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        """What follows from the device as it now stands; ``report`` is ``None`` for other changes."""

    def wake(self, at: float) -> Sequence[Finding]:
        """What follows from time alone having passed, at the time that the rule asked for."""

    @property
    def wake_in(self) -> float | None:
        """Seconds from the last call to the next :meth:`wake` that is wanted, if any."""


class RuleFactory(Protocol):
    def __call__(self, device: Device) -> Rule: ...
