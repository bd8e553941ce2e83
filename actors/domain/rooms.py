"""The rooms of the house: what they are, and what can be made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from actors.domain.people import key_of
from actors.domain.refusals import Refusal, Refused

# A house has some twenty; beyond this something makes rooms by itself.
MAX_ROOMS: Final = 200


@dataclass(frozen=True, slots=True)
class Room:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Rooms:
    """All rooms at one moment."""

    names: Mapping[int, str] = field(default_factory=dict)
    """By id."""
    last_id: int = 0
    """The last one that was ever given: none is given twice."""

    def __contains__(self, room_id: int) -> bool:
        return room_id in self.names

    def after(self, change: RoomChange) -> tuple[Rooms, Room] | Refused:
        """The rooms as they are then, and the one that is different."""
        match change:
            case AddRoom(name) if len(self.names) < MAX_ROOMS:
                return self._with(Room(self.last_id + 1, name))
            case AddRoom():
                return Refused(Refusal.TOO_MANY_ROOMS, {"most": MAX_ROOMS})
            case RenameRoom(room_id, name) if room_id in self:
                return self._with(Room(room_id, name))
            case RemoveRoom(room_id) if room_id in self:
                others = {other: name for other, name in self.names.items() if other != room_id}
                return replace(self, names=others), Room(room_id, self.names[room_id])
        return Refused(Refusal.NO_SUCH_ROOM, {"id": change.room_id})

    def _with(self, room: Room) -> tuple[Rooms, Room] | Refused:
        key = key_of(room.name)
        for other, name in self.names.items():
            if other != room.id and key_of(name) == key:
                return Refused(Refusal.ROOM_NAME_TAKEN, {"name": name, "id": other})
        return Rooms({**self.names, room.id: room.name}, max(self.last_id, room.id)), room


@dataclass(frozen=True, slots=True)
class AddRoom:
    name: str


@dataclass(frozen=True, slots=True)
class RenameRoom:
    room_id: int
    name: str


@dataclass(frozen=True, slots=True)
class RemoveRoom:
    """Whatever is in it is then in none."""

    room_id: int


RoomChange: TypeAlias = AddRoom | RenameRoom | RemoveRoom
