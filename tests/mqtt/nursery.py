"""A translator on a stage; writer, directory and bridge write down what they are told."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pykka

from actors.domain.profile import Profile
from actors.domain.read_models import StoredAnnouncement, StoredAnnouncements
from actors.messages import (
    Announced,
    BrokerConnected,
    BrokerLost,
    Delivery,
    Forgotten,
    Heard,
    KeepAnnouncement,
    KeepDeadLetter,
    Order,
    Presence,
    Reported,
    Settle,
)
from actors.mqtt.carried import Lost
from actors.mqtt.catalogue import Carries
from actors.mqtt.dialects.dialect import Dialect, Outgoing
from actors.mqtt.gathering import NOBODYS
from actors.mqtt.translator import TranslatorActor
from actors.runtime.dispatch import PooledActor
from actors.runtime.supervision import FailureRegistry
from tests.household import actor
from tests.mqtt.toys import GENERIC, TOYS, announcement
from tests.stage import FakeClock, Stage

M = TypeVar("M")


class Scribe(PooledActor):
    """Writes down what it is told."""

    def __init__(self, stage: Stage, told: list[object]) -> None:
        super().__init__(stage)
        self._told = told

    def on_receive(self, message: object) -> None:
        self._told.append(message)


@dataclass
class Line:
    """Implements :class:`actors.mqtt.translator.Wire`: a broker that is there, or not."""

    connected: bool = True
    untranslated: int = 0
    heard: Counter[str] = field(default_factory=Counter)
    """How often each filter is subscribed to."""
    published: list[Outgoing] = field(default_factory=list)
    unconfirmed: list[Lost] = field(default_factory=list)
    """Of what the broker has not confirmed, which it does only where it is told to."""

    def hear(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None:
        self.heard.subtract([filter for filter in unwanted if self.heard[filter]])
        self.heard.update(wanted)

    def publish(self, messages: Iterable[Outgoing], lost: Lost = lambda: None) -> bool:
        if self.connected:
            self.published += messages
            self.unconfirmed.append(lost)
        return self.connected

    def lose(self) -> None:
        """As the bridge does when its connection ends."""
        while self.unconfirmed:
            self.unconfirmed.pop(0)()

    @property
    def filters(self) -> set[str]:
        return {filter for filter, times in self.heard.items() if times}


class Nursery:
    def __init__(
        self,
        stored: Sequence[StoredAnnouncement] = (),
        dialects: Sequence[Dialect] = (TOYS, GENERIC),
        clock: FakeClock | None = None,
        carries: Carries = lambda _: True,
        forgotten: Sequence[str] = (),
    ) -> None:
        self.clock = clock or FakeClock()
        self.stage = Stage(self.clock)
        self.told: list[object] = []
        """To the directory."""
        self.kept: list[object] = []
        """To the writer."""
        self.line = Line()
        self.failure_registry = FailureRegistry()
        self.given: list[Delivery] = []
        self.writer = Scribe.start(self.stage, self.kept)
        self.directory = Scribe.start(self.stage, self.told)
        self.translator: pykka.ActorRef[TranslatorActor] = TranslatorActor.start(
            *(self.stage, self.clock, self.failure_registry, dialects),
            StoredAnnouncements(stored, forgotten),
            *(self.writer, self.directory, self.line, ("toys", "generic"), carries),
        )
        self.stage.settle()

    def hear(self, topic: str, payload: bytes | dict[str, object], retained: bool = False) -> Delivery:
        """By a delivery of its own."""
        delivery = Delivery(len(self.given) + 1, 1, 1)
        self.given.append(delivery)
        told = payload if isinstance(payload, bytes) else announcement(**payload)
        self.translator.tell(Heard(topic, told, self.clock.now(), retained, delivery))
        self.stage.settle()
        return delivery

    def announce(self, mac: str, family: str = "toys", **told: object) -> None:
        """And wait until it is understood."""
        self.hear(f"{family}/{mac}/announce", announcement(mac=mac, **told), retained=True)
        self.stage.wait(0.3)

    def withdraw(self, mac: str, family: str = "toys") -> None:
        self.hear(f"{family}/{mac}/announce", b"", retained=False)
        self.stage.wait(0.3)

    def forget(self, serial: str) -> None:
        self.translator.tell(Forgotten(serial))
        self.stage.settle()

    def stored(self) -> list[StoredAnnouncement]:
        """What the writer has kept since the beginning, oldest first."""
        kept: dict[tuple[str, str, str], bytes] = {}
        for each in self.kept:
            if isinstance(each, KeepAnnouncement):
                kept.pop((each.dialect, each.group, each.key), None)
                if each.payload:
                    kept[each.dialect, each.group, each.key] = each.payload
        return [StoredAnnouncement(*key, payload) for key, payload in kept.items()]

    def connect(self) -> None:
        self.translator.tell(BrokerConnected())
        self.stage.wait(0.3)

    def disconnect(self) -> None:
        self.line.lose()
        self.translator.tell(BrokerLost())
        self.stage.settle()

    def order(self, serial: str, address: str = "", **wanted: object) -> Order:
        """One that hears it."""
        actor(self.translator)._reaching.heard((serial,), -math.inf)
        actor(self.translator)._reaching.tell_due(0.0)
        return self.order_at_once(serial, address, **wanted)

    def order_at_once(self, serial: str, address: str = "", **wanted: object) -> Order:
        order = Order(serial, 1, wanted, address)
        self.translator.tell(order)
        self.stage.settle()
        return order

    def of(self, kind: type[M]) -> list[M]:
        """What was told since the last time of this kind, whoever was told."""
        found = [each for each in (*self.told, *self.kept) if isinstance(each, kind)]
        self.told[:] = [each for each in self.told if not isinstance(each, kind)]
        self.kept[:] = [each for each in self.kept if not isinstance(each, kind)]
        return found

    def one(self, kind: type[M]) -> M:
        [found] = self.of(kind)
        return found

    @property
    def settled(self) -> list[Delivery]:
        """All deliveries that what was told will settle, as often as it will."""
        found: list[Delivery] = []
        for message in (*self.told, *self.kept):
            match message:
                case Reported(delivery=delivery, also=also):
                    found += [*also, delivery]
                case Presence(delivery=delivery) | Settle(delivery):
                    found.append(delivery)
                case KeepDeadLetter(delivery=Delivery() as delivery):
                    found.append(delivery)
                case KeepAnnouncement(deliveries=deliveries):
                    found += deliveries
        return [each for each in found if each is not NOBODYS]

    def profiles(self) -> dict[str, Profile]:
        """Of the devices that are announced, as the directory knows them."""
        known: dict[str, Profile] = {}
        for message in self.told:
            match message:
                case Announced(serial, None):
                    del known[serial]
                case Announced(serial, Profile() as profile):
                    known[serial] = profile
        return known
