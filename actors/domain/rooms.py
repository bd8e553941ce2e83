"""The rooms of the house: what they are, what can be made of them, and what actors say of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def after(self, command: RoomCommand) -> KeepRooms | Refused:
        """What is to be kept once ``command`` is carried out."""
        match command:
            case AddRoom(name) if len(self.names) < MAX_ROOMS:
                return self._with(Room(self.last_id + 1, name), command)
            case AddRoom():
                return Refused(Refusal.TOO_MANY_ROOMS, {"most": MAX_ROOMS})
            case RenameRoom(room_id, name) if room_id in self:
                return self._with(Room(room_id, name), command)
            case RemoveRoom(room_id) if room_id in self:
                others = {other: name for other, name in self.names.items() if other != room_id}
                room = Room(room_id, self.names[room_id])
                return KeepRooms(replace(self, names=others), room, command.reply)
        return Refused(Refusal.NO_SUCH_ROOM, {"id": command.room_id})

    def _with(self, room: Room, command: RoomCommand) -> KeepRooms | Refused:
        key = key_of(room.name)
        for other, name in self.names.items():
            if other != room.id and key_of(name) == key:
                return Refused(Refusal.ROOM_NAME_TAKEN, {"name": name, "id": other})
        rooms = Rooms({**self.names, room.id: room.name}, max(self.last_id, room.id))
        return KeepRooms(rooms, room, command.reply)


# -- to the directory ----------------------------------------------------------------------------

RoomReply: TypeAlias = Callable[[Room | Refused], None]
"""How a command is answered; called once, from any thread, after the commit or the refusal."""


@dataclass(frozen=True, slots=True)
class AddRoom:
    name: str
    reply: RoomReply


@dataclass(frozen=True, slots=True)
class RenameRoom:
    room_id: int
    name: str
    reply: RoomReply


@dataclass(frozen=True, slots=True)
class RemoveRoom:
    """Whatever is in it is then in none."""

    room_id: int
    reply: RoomReply


RoomCommand: TypeAlias = AddRoom | RenameRoom | RemoveRoom


# -- to a device actor ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RoomGone:
    """No change that the device is told of after this names the room."""

    room_id: int


# -- to the writer -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeepRooms:
    """All rooms as they now are, and the one that is different, which is what is answered."""

    rooms: Rooms
    room: Room
    reply: RoomReply


@dataclass(frozen=True, slots=True)
class RecallRooms:
    """Answer ``to`` with the rooms as they are stored, once all that was told before this is."""

    to: Callable[[Rooms], object]


OfRooms: TypeAlias = KeepRooms | RecallRooms
