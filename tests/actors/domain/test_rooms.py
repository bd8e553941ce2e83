"""What becomes of the rooms by each command; and that the directory waits until it knows them."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import JsonObject
from actors.domain.people import key_of
from actors.domain.refusals import Refusal, Refused
from actors.domain.rooms import (
    MAX_ROOMS,
    AddRoom,
    KeepRooms,
    RemoveRoom,
    RenameRoom,
    Room,
    RoomCommand,
    Rooms,
)

BOTH = Rooms({1: "Cocina", 2: "Salón"}, 5)


def nobody(_: Room | Refused) -> None: ...


NAMES = st.sampled_from(["Cocina", "COCINA", "Baño", "ban\u0303o", "Salón", "STRASSE", "Straße"])
IDS = st.integers(1, 6)
COMMANDS = (
    st.builds(AddRoom, NAMES, st.just(nobody))
    | st.builds(RenameRoom, IDS, NAMES, st.just(nobody))
    | st.builds(RemoveRoom, IDS, st.just(nobody))
)


@pytest.mark.parametrize(
    ("command", "rooms", "room"),
    [
        (AddRoom("Baño", nobody), {1: "Cocina", 2: "Salón", 6: "Baño"}, Room(6, "Baño")),
        (RenameRoom(1, "Baño", nobody), {1: "Baño", 2: "Salón"}, Room(1, "Baño")),
        (RenameRoom(1, "COCINA", nobody), {1: "COCINA", 2: "Salón"}, Room(1, "COCINA")),
        (RemoveRoom(2, nobody), {1: "Cocina"}, Room(2, "Salón")),
    ],
)
def test_a_command_makes_the_next_rooms(command: RoomCommand, rooms: dict[int, str], room: Room) -> None:
    """And tells which one is different. A room may be written in another way."""
    kept = BOTH.after(command)
    assert kept == KeepRooms(Rooms(rooms, 6 if isinstance(command, AddRoom) else 5), room, nobody)


@pytest.mark.parametrize(
    ("command", "why", "about"),
    [
        (AddRoom("cocina", nobody), Refusal.ROOM_NAME_TAKEN, {"name": "Cocina", "id": 1}),
        (RenameRoom(1, "SALÓN", nobody), Refusal.ROOM_NAME_TAKEN, {"name": "Salón", "id": 2}),
        (RenameRoom(3, "Baño", nobody), Refusal.NO_SUCH_ROOM, {"id": 3}),
        (RemoveRoom(3, nobody), Refusal.NO_SUCH_ROOM, {"id": 3}),
    ],
)
def test_what_cannot_be_is_refused(command: RoomCommand, why: Refusal, about: JsonObject) -> None:
    """By name."""
    assert BOTH.after(command) == Refused(why, about)


def test_there_are_only_so_many() -> None:
    full = Rooms({number: str(number) for number in range(1, MAX_ROOMS + 1)}, MAX_ROOMS)
    refused = full.after(AddRoom("una más", nobody))
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.TOO_MANY_ROOMS
    assert isinstance(full.after(RenameRoom(1, "otra", nobody)), KeepRooms)


@given(st.lists(COMMANDS, max_size=30))
def test_no_two_rooms_have_one_name_and_none_an_id_from_before(commands: list[RoomCommand]) -> None:
    """Whatever is asked for."""
    given_out: list[int] = []

    def step(rooms: Rooms, command: RoomCommand) -> Rooms:
        kept = rooms.after(command)
        if isinstance(kept, Refused):
            return rooms
        if isinstance(command, AddRoom):
            given_out.append(kept.room.id)
        return kept.rooms

    rooms = reduce(step, commands, Rooms())
    assert len({key_of(name) for name in rooms.names.values()}) == len(rooms.names)
    assert given_out == list(range(1, rooms.last_id + 1))
