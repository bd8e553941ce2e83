"""A whole household on a stage: the real classes, a broker and a world made of plain Python.

:class:`House` is the system under test: the archive and the :class:`actors.system.ActorSystem` of a real one,
on a stage instead of threads, with another clock and network. :class:`World` is all that survives it: the
broker's unacknowledged messages, the database file, and what an outside observer knows to be true.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

import orjson
import pykka
from paho.mqtt.client import MQTTMessage

from actors.context import ActorContext
from actors.domain.findings import KeptFinding, Severity
from actors.domain.model import Device, JsonObject
from actors.domain.read_models import StoredAnnouncements
from actors.domain.rule import RuleFactory
from actors.messages import BrokerConnected, BrokerForgot, Delivery, Order, Removal, StopOrder
from actors.mqtt.bridge import Bridge
from actors.mqtt.carried import Lost
from actors.mqtt.dialects.dialect import Dialect, Outgoing
from actors.mqtt.translator import TranslatorActor
from actors.runtime.clock import Clock
from actors.runtime.dispatch import PooledActor
from actors.runtime.house_clock import HouseClock
from actors.runtime.time_zone import UTC_ZONE
from actors.strangers import MAX_UNCLAIMED
from actors.system import ActorSystem
from config import Settings
from persistence.archive import Archive, ArchiveSettings
from persistence.engines import SqliteEngine
from persistence.forms.device_rows import DEVICES, device_of
from rules.rulebook import rulebook
from tests.notifier.desks import CountingCourier, CountingDesk
from tests.notifier.given import recipient
from tests.stage import FakeClock, Stage
from web.live.hub import EventHub

MAX_DEVICES = 3
# By which history is searched where the devices have no such rule.
EVERYTHING = recipient(severity=Severity.INFO)
EXTREMES = rulebook(Settings(), {}, {}, UTC, lambda _: None)["extremos"]
# Nothing here depends on the disk's own promise, and thousands of synced commits take minutes.
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


Place = tuple[float, float] | tuple[None, None]
"""Latitude and longitude, where they are known."""


class LoopOnStage:
    """The hub's loop: it runs what was scheduled when it is told to."""

    def __init__(self) -> None:
        self._soon: deque[Callable[[], object]] = deque()

    def time(self) -> float:
        return 0.0

    def call_soon(self, callback: Callable[[], object]) -> None:
        self._soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:  # noqa: ARG002
        self._soon.append(callback)

    def run(self) -> None:
        for _ in range(len(self._soon)):
            self._soon.popleft()()


@dataclass
class World:
    """What is outside of the system, and remembers."""

    path: Path
    offline_after: float = 120.0
    grace: float = 30.0
    claim_window: float = 0.0
    max_devices: int = MAX_DEVICES
    max_unclaimed: int = MAX_UNCLAIMED
    place: Place = (None, None)
    """Where the house stands."""
    maintained: bool = False
    """Whether maintenance is at work too, which looks each minute: a month of that takes its time."""
    clock: FakeClock = field(default_factory=FakeClock)
    unacknowledged: dict[int, tuple[str, bytes, bool]] = field(default_factory=dict)
    """The broker's: delivered, or waiting to be, by message identifier; in order."""
    mids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    published: dict[str, tuple[int, JsonObject]] = field(default_factory=dict)
    """The broker's retained configurations, by serial."""
    receipts: dict[tuple[str, str], int] = field(default_factory=dict)
    told: list[KeptFinding] = field(default_factory=list)
    """All findings that people were told of, oldest first."""
    orders: list[Order] = field(default_factory=list)
    stops: list[StopOrder] = field(default_factory=list)
    """All that devices of other makes were ever told, oldest first."""
    dialects: Sequence[Dialect] = ()
    """Of other makes, that the house speaks. Without any, orders come to :attr:`orders` and no further."""
    connected: bool = True
    """Whether there is a broker for what devices of other makes are told."""
    carried: list[Outgoing] = field(default_factory=list)
    """All that they were told and asked by it, oldest first."""
    ids: dict[str, int] = field(default_factory=dict)
    """Every id that anybody was ever shown, by serial."""
    retired: set[int] = field(default_factory=set)
    """The ids of devices that were forgotten."""
    courier: CountingCourier = field(default_factory=CountingCourier)
    """What has reached whoever wants to hear of everything, by telephone."""
    faults: list[BaseException] = field(default_factory=list)
    """What came to light where nobody would have heard of it."""

    @property
    def settings(self) -> Settings:
        return Settings(
            data_dir=self.path.parent,
            ai_r4_offline_secs=self.offline_after,
            ai_r4_startup_grace_secs=self.grace,
            claim_window_s=self.claim_window,
            max_devices=self.max_devices,
            max_no_reclamados=self.max_unclaimed,
            latitud=self.place[0],
            longitud=self.place[1],
            clima_url="",
        )

    @contextmanager
    def witness(self) -> Iterator[None]:
        """For whoever is called by an actor, which bears what they raise: :meth:`judge` raises it again."""
        try:
            yield
        except BaseException as fault:
            self.faults.append(fault)
            raise

    def judge(self) -> None:
        if self.faults:
            raise self.faults.pop(0)


class Bomb(dict[str, Any]):
    """A configuration that cannot be merged: stands for a fault in the device's own code."""

    def __len__(self) -> int:
        return 1

    def keys(self) -> Any:
        raise RuntimeError("planted")

    __iter__ = keys  # without which merging takes a short cut past keys()


class BridgeOnStage(Bridge):
    """The real bridge, but for the network: the world is its broker."""

    def __init__(self, world: World, clock: Clock) -> None:
        super().__init__(
            keepalive=60,
            username="",
            password="",
            client_id="stage",
            clock=clock,
            zone=UTC_ZONE,
        )
        self._world = world

    def deliver(self, mid: int) -> None:
        topic, payload, retained = self._world.unacknowledged[mid]
        message = MQTTMessage(mid, topic.encode())
        message.payload, message.qos, message.retain = payload, 1, retained
        self._on_message(self._client, None, message)

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None:
        self._world.published[serial] = (version, configuration)

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None:
        self._world.receipts[serial, boot] = seq

    def order(self, order: Order | StopOrder) -> None:
        if isinstance(order, StopOrder):
            self._world.stops.append(order)
        else:
            self._world.orders.append(order)
        if self._world.dialects:
            super().order(order)

    def publish(self, messages: Iterable[Outgoing], _: Lost = lambda: None) -> bool:
        if self._world.connected:
            self._world.carried += messages
        return self._world.connected

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        super().forget_device(removal, reborn=reborn)
        self._world.published.pop(removal.serial, None)
        self._writer.tell(BrokerForgot(removal.device_id))

    def _acknowledge(self, mids: Sequence[int]) -> None:
        with self._world.witness():
            for mid in mids:
                oldest = next(iter(self._world.unacknowledged))
                assert mid == oldest, f"{mid} is acknowledged before {oldest}"
                del self._world.unacknowledged[mid]


class HeardHub(EventHub):
    """The real hub, and what it was told of findings."""

    told: list[KeptFinding]

    def finding_made(self, finding: KeptFinding) -> None:
        self.told.append(finding)
        super().finding_made(finding)


class EdgeOnStage:
    """As :class:`actors.mqtt.edge.MqttEdge`."""

    def __init__(self, bridge: BridgeOnStage, clock: Clock, dialects: Sequence[Dialect]) -> None:
        self.bridge = bridge
        self._dialects = dialects
        self._clock = clock

    def attach(
        self,
        context: ActorContext,
        directory: pykka.ActorRef[Any],
        announcements: StoredAnnouncements,
    ) -> pykka.ActorRef[TranslatorActor]:
        translator = TranslatorActor.start(
            *(context.dispatcher, self._clock, context.failure_registry, self._dialects, announcements),
            *(context.writer, directory, self.bridge),
        )
        self.bridge.attach(directory, context.writer, translator)
        return translator

    def export(self, *_: object) -> None:
        """To nobody."""


class House:
    """The system, on a stage."""

    def __init__(self, world: World, rules: Mapping[str, RuleFactory]) -> None:
        self.world = world
        self._reader: sqlite3.Connection | None = None
        self.stage = Stage(world.clock)
        self.loop = LoopOnStage()
        self.clock = HouseClock(world.clock)
        self.archive = Archive(
            SqliteEngine(world.path),
            ArchiveSettings.of(world.settings),
            UTC,
            self.clock,
            lambda *_: self.stage,
        )
        devices = self.archive.hand_over()
        self.hub = HeardHub(self.loop, devices, ring_events=64)
        self.hub.told = world.told
        self.bridge = BridgeOnStage(world, self.clock)
        self.actors = ActorSystem(
            world.settings,
            self.archive,
            devices,
            self.hub,
            EdgeOnStage(self.bridge, self.clock, world.dialects),
            self.clock,
            UTC,
            self.stage,
            rules,
            rules.get("extremos", EXTREMES),
            CountingDesk([EVERYTHING], world.courier),
        )
        self.directory, self.writer = self.actors.directory, self.archive.writer
        self.failure_registry = self.actors.failure_registry
        if not world.maintained:
            self.archive.maintenance.stop(block=False)
        for mid in list(world.unacknowledged):
            self.bridge.deliver(mid)

    # -- from outside ------------------------------------------------------------------------

    def connect(self) -> None:
        """The broker is there."""
        self.world.connected = True
        self.directory.tell(BrokerConnected())
        self.actors.translator.tell(BrokerConnected())

    def lose_broker(self) -> None:
        self.world.connected = False
        self.bridge._forget_connection()

    def publish(self, topic: str, payload: bytes, retained: bool = False) -> None:
        mid = next(self.world.mids)
        self.world.unacknowledged[mid] = (topic, payload, retained)
        self.bridge.deliver(mid)

    def report(self, serial: str, retained: bool = False, **fields: Any) -> None:
        payload = orjson.dumps({"serial_number": serial, **fields})
        self.publish(f"dispositivos/{serial}/estado", payload, retained)

    def hand_on(self, topic: str, payload: bytes, message: Callable[[Delivery], object]) -> None:
        """Publish something of which the directory is told what the decoder would never make of it."""
        mid = next(self.world.mids)
        self.world.unacknowledged[mid] = (topic, payload, False)
        delivery = Delivery(mid, 1, self.bridge._intake.epoch)
        self.bridge._intake.hand_on(delivery, self.directory, message(delivery))

    def flush(self) -> None:
        """Until nobody has anything left to do; restarts that are due have happened."""
        self.stage.settle()
        self.loop.run()
        self.world.judge()

    def kill(self) -> None:
        """As by the power switch: mailboxes and whatever is not committed are gone."""
        self._look_away()
        writer = actor(self.writer)
        writer._close()
        for ref in pykka.ActorRegistry.get_all():
            pykka.ActorRegistry.unregister(ref)

    def stop(self) -> None:
        """In order: what was taken in is kept."""
        self.bridge.stop_intake()
        self.flush()
        self._look_away()
        self.actors.stop()
        self.flush()

    # -- on disk -----------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        if self._reader is None:
            self._reader = sqlite3.connect(f"file:{self.world.path}?mode=ro", uri=True)
            self._reader.row_factory = sqlite3.Row
        return self._reader.execute(query, values).fetchall()

    def _look_away(self) -> None:
        """Before the file is closed, which is another thing where somebody else has it open."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def kept(self) -> dict[str, Device]:
        """The devices as they are stored."""
        return {device.serial: device for device in map(device_of, map(tuple, self.rows(DEVICES)))}

    # -- from inside -------------------------------------------------------------------------

    def devices(self) -> dict[str, Device]:
        """The devices as their own actors hold them."""
        residents = actor(self.directory)._residents
        return {
            serial: actor(resident.ref)._device
            for serial, resident in residents.items()
            if resident.ref is not None and resident.ref.is_alive()
        }

    @property
    def all_alive(self) -> bool:
        """Whether no device waits to be started again."""
        return set(self.devices()) == set(actor(self.directory)._residents)

    def rules_of(self, serial: str) -> set[str]:
        playing = self.device_actor(serial)
        return set() if playing is None else set(playing._rules)

    def device_actor(self, serial: str) -> Any:
        """The actor that plays the device, or ``None`` while it waits to be started again."""
        resident = actor(self.directory)._residents.get(serial)
        if resident is None or resident.ref is None or not resident.ref.is_alive():
            return None
        return actor(resident.ref)


def actor(ref: pykka.ActorRef[Any]) -> Any:
    """The actor behind a reference: for looking, not for touching."""
    found = ref._actor_weakref()
    assert isinstance(found, PooledActor)
    return found
