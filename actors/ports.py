"""What the actors need from outside, as protocols: time, the people's edge, the devices' edge, rules.

The rooms that implement them import this one; it imports none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from actors.domain.findings import Episode, KeptFinding, ScanFailure
from actors.domain.logbook import KeptDeed
from actors.domain.model import Device, JsonObject
from actors.domain.notices import Channel, Notice, Preferences, Recipient, Subscription, Tried
from actors.domain.people import Author
from actors.messages import Delivery, Order, Removal, StopOrder


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


class DeviceSink(Protocol):
    """Calls return at once and may come from any thread."""

    def device_updated(self, device: Device) -> None: ...

    def device_removed(self, removal: Removal) -> None:
        """Nothing more is told of it."""


class FindingSink(Protocol):
    """Calls return at once and may come from any thread."""

    def finding_made(self, finding: KeptFinding) -> None:
        """It is on disk, or has changed there."""

    def deed_kept(self, kept: KeptDeed) -> None:
        """An entry of the house's logbook is on disk."""


class EventSink(DeviceSink, FindingSink, Protocol):
    """The people's edge."""

    def scan_told(self, news: ScanNews) -> None:
        """How a search through the history goes, and what it finds; nothing of it is kept."""


class NoticeDesk(Protocol):
    """What people ask for of their notifications; who is nobody is ``HOUSE``.

    But for :meth:`try_out`, calls wait for the disk, may come from any thread, and raise
    :class:`actors.domain.people.PeopleError`.
    """

    def recipient(self, person_id: int) -> Recipient:
        """What they want, and the ways to reach them."""

    @property
    def push_key(self) -> str:
        """What a browser subscribes with, in base64url."""

    def notices(self, person_id: int, limit: int) -> Sequence[Notice]:
        """At most so many of their own, newest first."""

    def prefer(self, person_id: int, preferences: Preferences) -> None: ...

    def forget_room(self, room_id: int) -> None:
        """Who has chosen it has not any more: there is no such room."""

    def add_service(self, person_id: int, name: str, url: str, by: Author) -> Channel | None:
        """``None`` for an address that is no service's."""

    def subscribe(
        self, person_id: int, name: str, subscription: Subscription, by: Author, token_id: int | None
    ) -> Channel | None:
        """For as long as the token is not revoked by which the browser has come, if it has by one.

        ``None`` for what is no browser's.
        """

    def renew(self, person_id: int, subscription: Subscription, token_id: int | None) -> Channel | None:
        """The browser's channel goes on by this subscription and token. ``None`` for what is no browser's."""

    def refresh(self) -> None:
        """People, or their tokens, have changed, and perhaps their channels with them."""

    def remove(self, person_id: int, channel_id: int, by: Author) -> None: ...

    def try_out(self, channel: Channel, language: str, done: Callable[[Tried], object]) -> None:
        """Send something now. Returns at once; ``done`` is called once, within half a minute."""


class CommandSink(Protocol):
    """The devices' edge. Calls return at once and may come from any thread."""

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """These are on disk: acknowledge them to the broker, each in its turn."""

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...

    def order(self, order: Order | StopOrder) -> None:
        """Tell a device of another make; where that cannot be, the directory hears :class:`OrderUnsent`, and
        whoever has asked for a stop is answered so.
        """

    def also_spelled(self, serial: str, heard: str) -> bool:
        """The device spells its serial number otherwise on its topics, and is answered there too.

        Whether that is news.
        """

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        """Have the broker retain nothing of it, and tell the writer :class:`BrokerForgot` once it does not.

        Of a serial number that was ``reborn``, only what is told to the device: the rest may be news.
        """
