"""Our claimed devices in Home Assistant, by its own discovery: announced, shown, and ordered about."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

import pykka

from actors.domain.logbook import Cause, Origin
from actors.domain.model import Device
from actors.domain.readings import flattened
from actors.domain.refusals import Refused
from actors.messages import BrokerConnected, ChangeDevice, Heard, Removal, Settle
from actors.mqtt.discovery import Retained, System, order_in, ordered, state
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor

logger = logging.getLogger(__name__)

ONLINE: Final = b"online"
HOME_ASSISTANT: Final = Origin(Cause.CLIENT, name="Home Assistant")
Announce = Callable[[Device, System], Sequence[Retained]]
"""How a device is announced: :func:`actors.mqtt.discovery.announcement`, or the one by entity."""


class Publisher(Protocol):
    """What the exporter needs of the bridge."""

    def publish_retained(self, messages: Iterable[Retained]) -> None:
        """At QoS 1. Without a broker this does nothing: ``BrokerConnected`` has all of it said again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The device as it stands now."""

    device: Device


@dataclass(slots=True)
class _Exported:
    """What the broker retains of one device, by topic."""

    looks: tuple[object, ...] = ()
    """What it was announced by."""
    announced: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, bytes] = field(default_factory=dict)


class ExporterActor(SupervisedActor):
    """Publishes what has changed of each device that is claimed and our own; what was brought in by the
    protocol of another make has its place in Home Assistant already.

    An order is an ordinary change, by the directory; a retained one is old, and left alone.
    """

    part: ClassVar[Part] = Part.EXPORTER

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        failure_registry: FailureRegistry | None,
        devices: Iterable[Device],
        directory: pykka.ActorRef[Any],
        writer: pykka.ActorRef[Any],
        publisher: Publisher,
        system: System,
        announce: Announce,
    ) -> None:
        """``devices`` are those known at the start; ``directory`` is told of orders (:class:`ChangeDevice`),
        ``writer`` settles what brought them.
        """
        super().__init__(dispatcher, clock, failure_registry)
        self._known = devices
        self._directory = directory
        self._writer = writer
        self._publisher = publisher
        self._system = system
        self._announce = announce
        self._devices: dict[str, Device] = {}
        self._exported: dict[str, _Exported] = {}
        self._withdrawn: dict[str, bytes] = {}
        """Topics to be emptied, as a broker that was away may retain them still."""

    def on_start(self) -> None:
        for device in self._known:
            self.on_receive(Shown(device))
        self._known = ()  # as they were then is nobody's to keep

    def on_fault(self, _error: BaseException) -> None:
        if isinstance(self.handling, Heard):
            tell_if_alive(self._writer, Settle(self.handling.delivery))

    def on_receive(self, message: object) -> None:
        match message:
            case Shown(device) if device.claimed and device.orders is None:
                self._show(device)
            case Shown(device):
                self._withdraw(device.serial)
            case Removal(serial=serial):
                self._withdraw(serial)
            case Heard():
                self._hear(message)
            case BrokerConnected():
                self._say_again()
            case _:
                super().on_receive(message)

    # -- to Home Assistant -------------------------------------------------------------------

    def _show(self, device: Device) -> None:
        exported = self._exported.setdefault(device.serial, _Exported())
        self._devices[device.serial] = device
        if (looks := _looks(device)) != exported.looks:
            exported.looks = looks
            announced = {each.topic: each.payload for each in self._announce(device, self._system)}
            self._empty(topic for topic in exported.announced if topic not in announced)
            self._say(_news(exported.announced, announced))
            exported.announced = announced
        states = {each.topic: each.payload for each in state(device)}
        self._say(_news(exported.states, states))
        exported.states = states

    def _withdraw(self, serial: str) -> None:
        self._devices.pop(serial, None)
        exported = self._exported.pop(serial, None)
        if exported is not None:
            # First that it is there no more, so that nobody shows it as unavailable in between.
            self._empty([*exported.announced, *exported.states])

    def _empty(self, topics: Iterable[str]) -> None:
        gone = dict.fromkeys(topics, b"")
        self._withdrawn.update(gone)
        self._say(gone)

    def _say_again(self) -> None:
        self._say(self._withdrawn)
        for exported in self._exported.values():
            self._say({**exported.announced, **exported.states})

    def _say(self, contents: dict[str, bytes]) -> None:
        for topic in [topic for topic, payload in contents.items() if payload]:
            self._withdrawn.pop(topic, None)
        if contents:
            self._publisher.publish_retained(Retained(*each) for each in contents.items())

    # -- from Home Assistant -----------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        order = order_in(heard.topic)
        if order is not None and not heard.retained:
            self._order(*order, heard.payload)
        elif order is None and heard.payload == ONLINE:
            self._say_again()
        tell_if_alive(self._writer, Settle(heard.delivery))

    def _order(self, serial: str, name: str, payload: bytes) -> None:
        change = ordered(name, payload, self._devices.get(serial))
        if change is None:
            logger.warning("order_refused serial=%s name=%.40s payload=%.80r", serial, name, payload)
        else:
            tell_if_alive(self._directory, ChangeDevice(serial, change, _note_refusal, origin=HOME_ASSISTANT))


def _note_refusal(answer: Device | Refused) -> None:
    if isinstance(answer, Refused):
        logger.warning("order_refused why=%s about=%s", answer.why.value, dict(answer.about))


def _looks(device: Device) -> tuple[object, ...]:
    """What an announcement is made of."""
    readings = {(name, type(value)) for name, value in flattened(device.parameters)}
    names = frozenset(device.configuration), frozenset(device.reported)
    told = device.configuration.get("kind"), device.configuration.get("tipo"), device.type
    return device.name, device.model, *told, *names, readings


def _news(before: dict[str, bytes], now: dict[str, bytes]) -> dict[str, bytes]:
    return {topic: payload for topic, payload in now.items() if before.get(topic) != payload}
