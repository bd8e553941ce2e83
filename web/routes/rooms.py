"""The rooms of the house; which of them a device is in is said of the device."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

from actors.domain.people import Role
from actors.domain.rooms import AddRoom, RemoveRoom, RenameRoom, Room
from actors.messages import ChangeRooms
from web.http.handler import Handler
from web.schemas.answers import RoomJson
from web.schemas.operations import Operation
from web.schemas.validators import Body, Field, Name

logger = logging.getLogger(__name__)

ROOM_NAME: Final = Field("nombre", Name(60), "Cómo se llama; dos no se llaman igual.", "Cocina")
NAMED: Final = Body((ROOM_NAME,), needs=((ROOM_NAME,),))
# For a removed room's devices to say that they have left it, which takes milliseconds; one that is in
# quarantine says so when it is started the next time.
LEAVING_S: Final = 1.0


class RoomHandler(Handler):
    def devices_by_room(self) -> Counter[int | None]:
        return Counter(known.device.room for known in self.services.hub.device_cache)


class AllRooms(RoomHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Las habitaciones, por su nombre",
            role=Role.READER,
            english="array of [rooms](#rooms), by name",
            answer=list[RoomJson],
        ),
        "POST": Operation(
            summary="Añadir una habitación",
            role=Role.MEMBER,
            english="the room",
            body=NAMED,
            status=201,
            answer=RoomJson,
            refusals=(409,),
        ),
    }

    async def get(self) -> None:
        rooms = await self.read(self.services.queries.rooms)
        by_name = sorted(rooms.names.items(), key=lambda room: _alphabetical(room[1]))
        devices = self.devices_by_room()
        self.answer([room_json(Room(number, name), devices) for number, name in by_name])

    async def post(self) -> None:
        room: Room = await self.ask(partial(ChangeRooms, AddRoom(self.given()[ROOM_NAME])))
        self.set_status(201)
        self.answer(room_json(room, self.devices_by_room()))


class OneRoom(RoomHandler):
    operations: ClassVar = {
        "PUT": Operation(
            summary="Cambiar el nombre de una habitación",
            role=Role.MEMBER,
            english="the room, renamed",
            body=NAMED,
            answer=RoomJson,
            refusals=(404, 409),
        ),
        "DELETE": Operation(
            summary="Borrar una habitación",
            role=Role.MEMBER,
            english="nothing, and its devices are in none",
            description="Sus dispositivos se quedan sin ninguna.",
            status=204,
            refusals=(404,),
        ),
    }

    async def put(self, room_id: str) -> None:
        name = self.given()[ROOM_NAME]
        room: Room = await self.ask(partial(ChangeRooms, RenameRoom(int(room_id), name)))
        self.answer(room_json(room, self.devices_by_room()))

    async def delete(self, room_id: str) -> None:
        room: Room = await self.ask(partial(ChangeRooms, RemoveRoom(int(room_id))))
        if self.services.notices is not None:
            await self.read(partial(self.services.notices.forget_room, room.id))
        await self._emptied(room)
        self.set_status(204)

    async def _emptied(self, room: Room) -> None:
        """So that whoever is answered reads of no device that it is still there."""
        told = asyncio.Event()
        watchers = self.services.hub.devices.watchers
        watchers.add(told.set)
        try:
            async with asyncio.timeout(LEAVING_S):
                while self.devices_by_room()[room.id]:
                    told.clear()
                    await told.wait()
        except TimeoutError:
            logger.warning("room_left_late id=%d devices=%d", room.id, self.devices_by_room()[room.id])
        finally:
            watchers.discard(told.set)


def room_json(room: Room, devices: Mapping[int | None, int]) -> RoomJson:
    """``devices`` are how many there are in each room."""
    return {"id": room.id, "nombre": room.name, "dispositivos": devices.get(room.id, 0)}


def _alphabetical(name: str) -> str:
    """Á stands with A."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
