"""The front of the room: what people ask for of their notifications, and who is to be told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pykka

from actors.domain.findings import Severity
from actors.domain.notices import (
    HOUSE,
    Address,
    Channel,
    ChannelSecrets,
    Hitch,
    Notice,
    NoticeWords,
    Preferences,
    Recipient,
    Secret,
    Subscription,
    Tried,
)
from actors.domain.people import Author
from actors.messages import ChannelWorks, RecipientsChanged
from actors.notifier import services, web_push
from actors.notifier.courier import ThreadCourier
from actors.notifier.message import Message
from actors.runtime.clock import Clock
from actors.runtime.dispatch import tell_if_alive


class Channels(ChannelSecrets, Protocol):
    """As :class:`persistence.accounts.channels.Channels`."""

    def recipients(self) -> Sequence[Recipient]: ...

    def recipient(self, person_id: int) -> Recipient: ...

    def prefer(self, person_id: int, preferences: Preferences) -> None: ...

    def forget_room(self, room_id: int) -> None: ...

    def add(
        self,
        person_id: int,
        name: str,
        shown: str,
        secret: Secret,
        by: Author,
        token_id: int | None = None,
    ) -> Channel: ...

    def renew(self, person_id: int, subscription: Subscription, token_id: int | None) -> Channel: ...

    def remove(self, person_id: int, channel_id: int, by: Author) -> None: ...


class NoticeDesk:
    """Implements :class:`actors.ports.NoticeDesk`. The notifier, once it is met, hears of what has changed.

    ``serves_house``: whether there is somebody to be told who is none of the people. ``contact`` and
    ``services`` are those of :class:`actors.notifier.web_push.PushSender`. ``outbox`` reads a person's newest
    notices, so many at most.
    """

    def __init__(
        self,
        channels: Channels,
        clock: Clock,
        words: NoticeWords,
        home: Callable[[], str],
        outbox: Callable[[int, int], Sequence[Notice]],
        *,
        serves_house: bool,
        contact: str,
        services: Sequence[str],
    ) -> None:
        self._channels = channels
        self._words = words
        self._outbox = outbox
        self._serves_house = serves_house
        self._contact = contact
        self._services = services
        self._notifier: pykka.ActorRef[Any] | None = None
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self._trying: set[int] = set()
        """People whose channel is being tried."""
        self.courier = ThreadCourier(channels, clock, self._pusher, home)

    def attach(self, notifier: pykka.ActorRef[Any]) -> None:
        self._notifier = notifier

    @property
    def words(self) -> NoticeWords:
        return self._words

    def recipients(self) -> Sequence[Recipient]:
        """Whom there is to be told."""
        return [each for each in self._channels.recipients() if self._serves_house or each.person_id != HOUSE]

    def recipient(self, person_id: int) -> Recipient:
        return self._channels.recipient(person_id)

    def notices(self, person_id: int, limit: int) -> Sequence[Notice]:
        return self._outbox(person_id, limit)

    @property
    def push_key(self) -> str:
        return web_push.public_key(self._channels.push_key())

    def prefer(self, person_id: int, preferences: Preferences) -> None:
        self._channels.prefer(person_id, preferences)
        self.refresh()

    def forget_room(self, room_id: int) -> None:
        self._channels.forget_room(room_id)
        self.refresh()

    def add_service(self, person_id: int, name: str, url: str, by: Author) -> Channel | None:
        try:
            shown = services.service_name(url)
        except services.UnusableAddress:
            return None
        channel = self._channels.add(person_id, name, shown, Address(url), by)
        self.refresh()
        return channel

    def subscribe(
        self, person_id: int, name: str, subscription: Subscription, by: Author, token_id: int | None
    ) -> Channel | None:
        if not web_push.is_usable(subscription, self._services):
            return None
        channel = self._channels.add(person_id, name, "Web Push", subscription, by, token_id)
        self.refresh()
        return channel

    def renew(self, person_id: int, subscription: Subscription, token_id: int | None) -> Channel | None:
        if not web_push.is_usable(subscription, self._services):
            return None
        return self._channels.renew(person_id, subscription, token_id)

    def remove(self, person_id: int, channel_id: int, by: Author) -> None:
        self._channels.remove(person_id, channel_id, by)
        self.refresh()

    def try_out(self, channel: Channel, language: str, done: Callable[[Tried], object]) -> None:
        """One at a time for each person: a service that hangs holds a thread that findings are sent by."""
        with self._lock:
            is_trying = channel.person_id in self._trying
            self._trying.add(channel.person_id)
        if is_trying:
            done(Tried(Hitch.OVERLOADED))
            return

        def settle(tried: Tried) -> None:
            with self._lock:
                self._trying.discard(channel.person_id)
            if tried.hitch is None and self._notifier is not None:
                tell_if_alive(self._notifier, ChannelWorks(channel.id))
            done(tried)

        self.courier.carry(channel.id, self.trial(language), settle)

    def trial(self, language: str) -> Message:
        told = self._words.trial(language)
        return Message(told.title, told.text, Severity.INFO, "/#/casa", "", "prueba")

    def refresh(self) -> None:
        with self._refreshing:  # what was read later is told later
            if self._notifier is not None:
                tell_if_alive(self._notifier, RecipientsChanged(self.recipients()))

    def _pusher(self) -> web_push.PushSender:
        return web_push.PushSender(self._channels.push_key(), self._contact, self._services)
