"""What the actors need from outside, as protocols: time, the people's edge, the devices' edge, rules.

The rooms that implement them import this one; it imports none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from actors.domain.findings import Episode, KeptFinding, ScanFailure
from actors.domain.model import Device, JsonObject
from actors.messages import Delivery, Order, Removal


@dataclass(frozen=True, slots=True)
class ScanNews:
    """An event of a search: ``ai_anomaly``, ``ai_progress`` or ``ai_done``."""

    event: str
    device_id: int
    serial: str
    at: float
    details: JsonObject
    failure: ScanFailure | None = None
    """Why there was none, in an ``ai_done``."""
    episode: Episode | None = None
    """Of an ``ai_anomaly``; where the log ends while it lasts, it has no end."""


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

    def order(self, order: Order) -> None:
        """Tell a device of another make; where that cannot be, the directory hears :class:`OrderUnsent`."""

    def also_spelled(self, serial: str, heard: str) -> bool:
        """The device spells its serial number otherwise on its topics, and is answered there too.

        Whether that is news.
        """

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        """Have the broker retain nothing of it, and tell the writer :class:`BrokerForgot` once it does not.

        Of a serial number that was ``reborn``, only what is told to the device: the rest may be news.
        """
