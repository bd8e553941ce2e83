"""Whatever the directory or a device was at when it failed: each message is kept or refused, once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pykka
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.context import ActorContext
from actors.directory import Directory
from actors.domain.findings import KeptFinding
from actors.domain.logbook import KeptDeed
from actors.domain.model import Change, Device, JsonObject, Move, Report
from actors.domain.patience import Patience
from actors.domain.refusals import Refused
from actors.domain.rooms import AddRoom, RemoveRoom, RenameRoom, Room, Rooms
from actors.messages import (
    BrokerConnected,
    ChangeDevice,
    ChangeRooms,
    Delivery,
    Keep,
    KeepDeadLetter,
    KeepRooms,
    Order,
    Presence,
    Recall,
    Recalled,
    RecallRooms,
    Removal,
    Reported,
    RoomGone,
    Settle,
    StopOrder,
)
from actors.ports import ScanNews
from actors.runtime.dispatch import Dispatcher, PooledActor
from actors.runtime.supervision import LONGEST_DELAY
from tests.household import actor
from tests.stage import FakeClock, Stage

SERIALS = st.sampled_from(["A", "B", "C"])


class Panic(BaseException):
    """As libraries in Rust raise them: no ``Exception``."""


ERRORS = st.sampled_from([ValueError, Panic])
# What the directory itself tells the writer.
HANDED_ON = (KeepDeadLetter, KeepRooms, Recall, Settle)


class Books(PooledActor):
    """Stands for the writer: what was kept, what was refused, and what is acknowledged."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher)
        self.devices: dict[str, Device] = {}
        self.log: list[tuple[str, int]] = []
        self.rows: list[tuple[int, int]] = []
        self.letters: list[int] = []
        self.acknowledged: list[int] = []
        self.rooms = Rooms({1: "Cocina"}, 1)

    def on_receive(self, message: object) -> None:
        match message:
            case Keep(device, entry, delivery, reply, refused=refused):
                self.devices[device.serial] = self.read(device)
                if entry is not None:
                    self.log.append((device.serial, entry.parameters["x"]))
                    self.rows.append((entry.device_id, entry.n))
                if refused is not None:
                    self.letters.append(int(refused[0].payload))
                if reply is not None:
                    reply(device)
                self.acknowledge(delivery)
            case KeepDeadLetter(letter, delivery):
                self.letters.append(int(letter.payload))
                self.acknowledge(delivery)
            case Settle(delivery):
                self.acknowledge(delivery)
            case RecallRooms(tell):
                tell(self.rooms)
            case KeepRooms(rooms, room, answer):
                self.rooms = rooms
                self.devices = {serial: self.read(device) for serial, device in self.devices.items()}
                answer(room)
            case Recall(serial, to):
                newcomer = Device(id=len(self.devices) + 1, serial=serial)
                to(Recalled(self.devices.setdefault(serial, newcomer)))

    def read(self, device: Device) -> Device:
        """As it is read from the disk: a room that is gone is none."""
        return device if device.room is None or device.room in self.rooms else replace(device, room=None)

    def acknowledge(self, delivery: Delivery | None) -> None:
        if delivery is not None:
            self.acknowledged.append(delivery.mid)


class FaultyRef:
    """Tells the books; but a message of a planted kind, after some that go well, fails once."""

    def __init__(self, ref: pykka.ActorRef[Books]) -> None:
        self._ref = ref
        self.planted: dict[type[Any], tuple[int, type[BaseException]]] = {}

    def tell(self, message: object) -> None:
        sound, error = self.planted.pop(type(message), (-1, Panic))
        if sound == 0:
            raise error("planted")
        if sound > 0:
            self.planted[type(message)] = sound - 1, error
        self._ref.tell(message)


class Nobody:
    """Neither people nor a broker."""

    def __init__(self) -> None:
        self.shown: dict[str, Device] = {}

    def device_updated(self, device: Device) -> None:
        self.shown[device.serial] = device

    def device_removed(self, removal: Removal) -> None: ...
    def finding_made(self, finding: KeptFinding) -> None: ...
    def deed_kept(self, kept: KeptDeed) -> None: ...
    def scan_told(self, news: ScanNews) -> None: ...
    def settle(self, deliveries: object) -> None: ...
    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...
    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...
    def order(self, order: Order | StopOrder) -> None: ...
    def also_spelled(self, serial: str, heard: str) -> bool: ...  # type: ignore[empty-body]
    def forget_device(self, removal: Removal, *, reborn: bool) -> None: ...


class FaultyHouse(RuleBasedStateMachine):
    """Reports are numbered; so are commands."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        ref = Books.start(self.stage)
        found = ref._actor_weakref()
        assert found is not None
        self.books, self.writer, self.people = found, FaultyRef(ref), Nobody()
        self.context = ActorContext(
            dispatcher=self.stage,
            clock=self.clock,
            writer=self.writer,  # type: ignore[arg-type]
            log_reader=ref,
            events=self.people,
            commands=self.people,
            rules={},
            patience=Patience(1e9),
            startup_grace=0.0,
        )
        self.directory = Directory.start(self.context, [], 3)
        self.sent: list[tuple[str, int]] = []
        self.mids = 0
        self.commands = 0
        self.answers: Counter[int] = Counter()

    def delivery(self) -> Delivery:
        self.mids += 1
        return Delivery(self.mids, 1, 1)

    @rule(serial=SERIALS, count=st.integers(1, 4))
    def report(self, serial: str, count: int) -> None:
        for _ in range(count):
            x = len(self.sent)
            self.sent.append((serial, x))
            boot = "b" if x % 3 else None
            report = Report(serial, self.clock.now(), "activo", {"x": x}, boot=boot, seq=x)
            self.directory.tell(Reported(report, self.delivery(), "t", b"%d" % x))

    @rule(serial=SERIALS, online=st.booleans())
    def presence(self, serial: str, online: bool) -> None:
        self.directory.tell(Presence(serial, online, self.clock.now(), False, self.delivery()))

    @rule(serial=SERIALS)
    def change(self, serial: str) -> None:
        change = Change(configuration={"n": self.commands})
        self.directory.tell(ChangeDevice(serial, change, self.answer()))

    def answer(self) -> Callable[[Device | Room | Refused], None]:
        """For the next command."""
        number = self.commands
        self.commands += 1

        def answered(_: Device | Room | Refused) -> None:
            self.answers[number] += 1

        return answered

    @rule(serial=SERIALS, room=st.sampled_from([None, 1, 2, 3]))
    def move(self, serial: str, room: int | None) -> None:
        self.directory.tell(ChangeDevice(serial, Change(move=Move(room)), self.answer()))

    @rule(room=st.integers(1, 3), name=st.sampled_from(["Cocina", "Salón"]))
    def change_the_rooms(self, room: int, name: str) -> None:
        self.directory.tell(ChangeRooms(AddRoom(name), self.answer()))
        self.directory.tell(ChangeRooms(RenameRoom(room, name), self.answer()))

    @rule(room=st.integers(1, 3))
    def remove_a_room(self, room: int) -> None:
        self.directory.tell(ChangeRooms(RemoveRoom(room), self.answer()))

    @rule()
    def the_broker_comes_back(self) -> None:
        self.directory.tell(BrokerConnected())

    @rule(error=ERRORS)
    def a_device_will_fail(self, error: type[BaseException]) -> None:
        self.writer.planted[Keep] = 0, error

    @rule(kind=st.sampled_from(HANDED_ON), sound=st.integers(0, 3), error=ERRORS)
    def the_directory_will_fail(self, kind: type[Any], sound: int, error: type[BaseException]) -> None:
        for other in HANDED_ON:
            self.writer.planted.pop(other, None)
        self.writer.planted[kind] = sound, error

    @rule(serial=SERIALS, times=st.integers(2, 6), behind=st.integers(1, 3))
    def a_device_fails_again_and_again(self, serial: str, times: int, behind: int) -> None:
        for _ in range(times):
            self.writer.planted[Keep] = 0, ValueError
            self.report(serial, 1 + behind)
            self.stage.wait(1)

    @rule(choices=st.lists(st.integers(0, 9), min_size=1, max_size=12))
    def a_few_turns(self, choices: list[int]) -> None:
        for choice in choices:
            if not self.stage.idle:
                self.stage.step(choice)

    @rule(seconds=st.sampled_from([0.05, 0.2, 1.0, 30.0, 61.0, LONGEST_DELAY]))
    def wait(self, seconds: float) -> None:
        self.stage.wait(seconds)

    @invariant()
    def nothing_is_twice_and_nothing_out_of_order(self) -> None:
        for serial in ("A", "B", "C"):
            kept = [x for each, x in self.books.log if each == serial]
            assert kept == sorted(kept)
        over = Counter([x for _, x in self.books.log] + self.books.letters)
        assert not over or max(over.values()) == 1
        assert not self.answers or max(self.answers.values()) == 1
        assert len(set(self.books.rows)) == len(self.books.rows), "two actors play one device"

    def teardown(self) -> None:
        self.writer.planted.clear()
        self.stage.wait(2 * LONGEST_DELAY)
        kept = {x for _, x in self.books.log}
        assert kept | set(self.books.letters) == {x for _, x in self.sent}
        assert set(self.books.acknowledged) == set(range(1, self.mids + 1))
        assert set(self.answers) == set(range(self.commands))
        assert self.context.failure_registry.quarantined == []
        assert {serial: self.books.devices[serial] for serial in self.people.shown} == self.people.shown
        rooms = {None, *self.books.rooms.names}
        assert all(device.room in rooms for device in self.people.shown.values())
        # And each that there is can be reached.
        before = len(self.books.log)
        for serial in self.books.devices:
            self.report(serial, 1)
        self.stage.wait(1)
        assert len(self.books.log) == before + len(self.books.devices)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


TestFaultyHouse = FaultyHouse.TestCase
TestFaultyHouse.settings = settings(max_examples=150, stateful_step_count=30)


def test_a_device_that_was_asked_for_twice_is_started_once() -> None:
    """The directory fails over one newcomer while it waits for another, and asks again for both."""
    house = FaultyHouse()
    house.the_directory_will_fail(Recall, 1, ValueError)
    house.report("A", 1)
    house.report("B", 1)
    house.stage.wait(1)
    house.report("A", 1)
    house.stage.wait(1)
    house.nothing_is_twice_and_nothing_out_of_order()
    house.teardown()


def test_mail_that_the_dead_has_left_comes_before_mail_that_has_found_it_dead() -> None:
    house = FaultyHouse()
    house.report("A", 1)
    house.stage.settle()
    house.a_device_will_fail(ValueError)
    house.report("A", 3)
    house.stage.step()
    house.report("A", 1)
    house.stage.wait(1)
    assert house.books.letters == [1]
    assert house.books.log == [("A", 0), ("A", 2), ("A", 3), ("A", 4)]


def test_that_a_room_is_gone_everybody_is_told_though_the_directory_fails_over_it() -> None:
    """It fails while it tells one after the other, and whoever asked has one answer."""
    house = FaultyHouse()
    for serial in ("A", "B"):
        house.report(serial, 1)
        house.stage.settle()
        house.move(serial, 1)
    house.stage.settle()
    assert [device.room for device in house.people.shown.values()] == [1, 1]
    resident = actor(house.directory)._residents["A"]
    resident.ref = FaultyRef(resident.ref)
    resident.ref.planted[RoomGone] = 0, ValueError
    house.remove_a_room(1)
    house.stage.wait(1)
    assert [device.room for device in house.people.shown.values()] == [None, None]
    house.teardown()
