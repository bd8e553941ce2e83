"""What a household does with its rooms, and what must hold of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from actors.domain.model import Change, Device, Move
from actors.domain.people import key_of
from actors.domain.refusals import Refusal, Refused
from actors.domain.rooms import AddRoom, RemoveRoom, RenameRoom, Room
from actors.messages import ChangeDevice, ChangeRooms
from tests.household import MAX_DEVICES, House, actor

NAMES = st.sampled_from(["Cocina", "COCINA", "Baño", "baño", "Salón"])
WHICH = st.integers(0, 4)
NO_SUCH = 10**9
SERIALS = st.sampled_from([f"TMP0{n}" for n in range(MAX_DEVICES)])


@dataclass
class Promises:
    """What was answered; and of what was not, what it might have led to."""

    rooms: dict[int, str] = field(default_factory=dict)
    places: dict[str, int | None] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)
    """Ids that anybody was ever told."""
    doomed: set[int] = field(default_factory=set)
    """Ids whose removal was asked for."""
    asked: dict[int, tuple[int | None, str | None]] = field(default_factory=dict)
    """Commands without an answer: the room, and the name that it is to have."""
    moves: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    """The same of devices: which one is to go where."""


class RoomLife:
    """Mixed into the household's state machine."""

    house: House
    promises: Promises
    clock_was_ahead: bool = False
    numbers = itertools.count()

    def some_room(self, which: int) -> int:
        known = sorted(self.promises.given - self.promises.doomed) or sorted(self.promises.given)
        return known[which % len(known)] if known else NO_SUCH

    # -- people want something -----------------------------------------------------------------

    @rule(name=NAMES)
    def add_a_room(self, name: str) -> None:
        @self.house.world.witness()
        def answered(outcome: Room | Refused) -> None:
            del promises.asked[number]
            if isinstance(outcome, Room):
                assert outcome.id not in promises.given, f"{outcome.id} was given twice"
                assert self.last_id_on_disk() >= outcome.id, "answered before it was on disk"
                promises.given.add(outcome.id)
                promises.rooms[outcome.id] = outcome.name
            else:
                assert outcome.why in (Refusal.ROOM_NAME_TAKEN, Refusal.TOO_MANY_ROOMS), f"{outcome}"

        promises, number = self.promises, next(self.numbers)
        promises.asked[number] = None, name
        self.house.directory.tell(ChangeRooms(AddRoom(name), answered))

    @rule(which=WHICH, name=NAMES)
    def rename_a_room(self, which: int, name: str) -> None:
        @self.house.world.witness()
        def answered(outcome: Room | Refused) -> None:
            del promises.asked[number]
            if isinstance(outcome, Room):
                promises.rooms[room_id] = outcome.name

        promises, number, room_id = self.promises, next(self.numbers), self.some_room(which)
        promises.asked[number] = room_id, name
        self.house.directory.tell(ChangeRooms(RenameRoom(room_id, name), answered))

    @rule(which=WHICH)
    def remove_a_room(self, which: int) -> None:
        @self.house.world.witness()
        def answered(outcome: Room | Refused) -> None:
            del promises.asked[number]
            if isinstance(outcome, Room):
                del promises.rooms[room_id]

        promises, number, room_id = self.promises, next(self.numbers), self.some_room(which)
        promises.asked[number] = room_id, None
        promises.doomed.add(room_id)
        self.house.directory.tell(ChangeRooms(RemoveRoom(room_id), answered))

    @rule(serial=SERIALS, which=st.none() | WHICH)
    def move_a_device(self, serial: str, which: int | None) -> None:
        @self.house.world.witness()
        def answered(outcome: Device | Refused) -> None:
            del promises.moves[number]
            if isinstance(outcome, Device):
                assert outcome.room == room_id, f"{serial} is in {outcome.room}, not in {room_id}"
                promises.places[serial] = room_id
            elif outcome.why is Refusal.NO_ROOM_TO_MOVE_TO:
                assert room_id not in promises.given - promises.doomed, f"{room_id} is there and was refused"

        promises, number = self.promises, next(self.numbers)
        room_id = None if which is None else self.some_room(which)
        promises.moves[number] = serial, room_id
        self.house.directory.tell(ChangeDevice(serial, Change(move=Move(room_id)), answered))

    # -- what must hold ------------------------------------------------------------------------

    def last_id_on_disk(self) -> int:
        query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'habitaciones'"
        return int(self.house.rows(query)[0][0])

    def rooms_on_disk(self) -> dict[int, str]:
        return {row["id"]: row["nombre"] for row in self.house.rows("SELECT id, nombre FROM habitaciones")}

    def after_a_crash(self) -> None:
        """Whatever was asked for and not answered has happened or not; nothing else has."""
        promises, rooms = self.promises, self.rooms_on_disk()
        asked = set(promises.asked.values())
        for room_id in promises.rooms.keys() | rooms.keys():
            name = rooms.get(room_id)
            command = (room_id if room_id in promises.given else None), name
            assert promises.rooms.get(room_id) == name or command in asked, "a room came or went by itself"
            promises.given.add(room_id)
        wanted = set(promises.moves.values())
        for serial, device in self.house.devices().items():
            before = self.place_of(serial)
            assert device.room == before or (serial, device.room) in wanted, f"{serial} has moved by itself"
            promises.places[serial] = device.room
        promises.rooms = rooms
        promises.asked.clear()
        promises.moves.clear()

    def place_of(self, serial: str) -> int | None:
        """A room that is gone is none."""
        place = self.promises.places.get(serial)
        return place if place in self.rooms_on_disk() else None

    def check_rooms(self) -> None:
        """Directory = disk = what was answered; hub = device = disk; nobody is in a room that is gone."""
        rooms = self.rooms_on_disk()
        assert not self.promises.asked, "a command about a room has no answer"
        assert rooms == self.promises.rooms == actor(self.house.directory)._rooms.names
        assert len({key_of(name) for name in rooms.values()}) == len(rooms)
        kept = self.house.kept()
        for serial, device in self.house.devices().items():
            shown = self.house.hub.device_cache.by_serial(serial)
            assert shown is not None
            # A sign of life that lies ahead is not believed at a start; the disk learns of that later.
            seen_at = device.seen_at if self.clock_was_ahead else kept[serial].seen_at
            assert shown.device == device == replace(kept[serial], seen_at=seen_at)
            assert device.room == self.place_of(serial), f"{serial} is not where it was put"
