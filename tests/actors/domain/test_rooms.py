"""What becomes of the rooms by each change; and that the directory waits until it knows them."""

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
    RemoveRoom,
    RenameRoom,
    Room,
    RoomChange,
    Rooms,
)

BOTH = Rooms({1: "Cocina", 2: "Salón"}, 5)


NAMES = st.sampled_from(["Cocina", "COCINA", "Baño", "ban\u0303o", "Salón", "STRASSE", "Straße"])
IDS = st.integers(1, 6)
CHANGES = st.builds(AddRoom, NAMES) | st.builds(RenameRoom, IDS, NAMES) | st.builds(RemoveRoom, IDS)


@pytest.mark.parametrize(
    ("change", "rooms", "room"),
    [
        (AddRoom("Baño"), {1: "Cocina", 2: "Salón", 6: "Baño"}, Room(6, "Baño")),
        (RenameRoom(1, "Baño"), {1: "Baño", 2: "Salón"}, Room(1, "Baño")),
        (RenameRoom(1, "COCINA"), {1: "COCINA", 2: "Salón"}, Room(1, "COCINA")),
        (RemoveRoom(2), {1: "Cocina"}, Room(2, "Salón")),
    ],
)
def test_a_command_makes_the_next_rooms(change: RoomChange, rooms: dict[int, str], room: Room) -> None:
    """And tells which one is different. A room may be written in another way."""
    assert BOTH.after(change) == (Rooms(rooms, 6 if isinstance(change, AddRoom) else 5), room)


@pytest.mark.parametrize(
    ("change", "why", "about"),
    [
        (AddRoom("cocina"), Refusal.ROOM_NAME_TAKEN, {"name": "Cocina", "id": 1}),
        (RenameRoom(1, "SALÓN"), Refusal.ROOM_NAME_TAKEN, {"name": "Salón", "id": 2}),
        (RenameRoom(3, "Baño"), Refusal.NO_SUCH_ROOM, {"id": 3}),
        (RemoveRoom(3), Refusal.NO_SUCH_ROOM, {"id": 3}),
    ],
)
def test_what_cannot_be_is_refused(change: RoomChange, why: Refusal, about: JsonObject) -> None:
    """By name."""
    assert BOTH.after(change) == Refused(why, about)


def test_there_are_only_so_many() -> None:
    full = Rooms({number: str(number) for number in range(1, MAX_ROOMS + 1)}, MAX_ROOMS)
    refused = full.after(AddRoom("una más"))
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.TOO_MANY_ROOMS
    assert not isinstance(full.after(RenameRoom(1, "otra")), Refused)


@given(st.lists(CHANGES, max_size=30))
def test_no_two_rooms_have_one_name_and_none_an_id_from_before(changes: list[RoomChange]) -> None:
    """Whatever is asked for."""
    given_out: list[int] = []

    def step(rooms: Rooms, change: RoomChange) -> Rooms:
        outcome = rooms.after(change)
        if isinstance(outcome, Refused):
            return rooms
        changed, room = outcome
        if isinstance(change, AddRoom):
            given_out.append(room.id)
        return changed

    rooms = reduce(step, changes, Rooms())
    assert len({key_of(name) for name in rooms.names.values()}) == len(rooms.names)
    assert given_out == list(range(1, rooms.last_id + 1))
