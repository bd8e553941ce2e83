"""Who or what has done what in the house."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

import orjson

from actors.domain.logbook import WantedDeeds
from actors.domain.people import Role
from web.routes.devices import PER_PAGE, DeviceHandler
from web.routes.findings import MAX_ID, OF_DEVICE, SINCE, UNTIL
from web.routes.statistics import out_of_order
from web.schemas.answers import LogbookJson
from web.schemas.operations import Operation
from web.schemas.query import Flag, Number, Parameter
from web.schemas.serializers import deed_json, whole_deed_json

OF_ROOM: Final = Parameter[int | None](
    "habitacion", Number(MAX_ID), None, "Solo lo de los dispositivos que ahora están en esta.", 1
)
OF_PERSON: Final = Parameter[int | None]("persona", Number(MAX_ID), None, "Solo lo que hizo esta.", 1)
READINGS: Final = Parameter("lecturas", Flag(), True, "Si con lo que notan los dispositivos.")
BEFORE: Final = Parameter[int | None](
    "antes", Number(MAX_ID), None, "El siguiente de la página anterior: así no se repite ni se salta nada."
)


class Logbook(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="El diario: quién o qué ha hecho qué, lo más nuevo primero",
            role=Role.READER,
            english="a page of the [logbook](#logbook), newest first",
            description="Los valores, de cuál a cuál, solo los ve quien es admin.",
            query=(OF_DEVICE, OF_ROOM, OF_PERSON, SINCE, UNTIL, READINGS, BEFORE, PER_PAGE),
            answer=LogbookJson,
            refusals=(404,),
        )
    }

    async def get(self) -> None:
        wanted, per_page = self._wanted(), self.asked(PER_PAGE)
        whole = self.caller.role.covers(Role.ADMIN)
        self.finish(await self.read(partial(self._page, wanted, per_page, whole=whole)))

    def _wanted(self) -> WantedDeeds:
        device_id, room = self.asked(OF_DEVICE), self.asked(OF_ROOM)
        since, until = self.asked(SINCE), self.asked(UNTIL)
        if since is not None and until is not None and since >= until:
            raise out_of_order()
        devices: tuple[int, ...] | None = None
        if device_id is not None:
            devices = (self.known(device_id).device.id,)
        if room is not None:
            all_known = self.services.hub.device_cache.newest_first()
            inside = tuple(known.device.id for known in all_known if known.device.room == room)
            devices = inside if devices is None else tuple(each for each in devices if each in inside)
        person, readings = self.asked(OF_PERSON), self.asked(READINGS)
        return WantedDeeds(devices, person, since, until, readings, self.asked(BEFORE))

    def _page(self, wanted: WantedDeeds, per_page: int, *, whole: bool) -> bytes:
        found = self.services.queries.logbook(wanted, per_page)
        told: LogbookJson = {
            "data": [whole_deed_json(kept) if whole else deed_json(kept) for kept in found.entries],
            "siguiente": found.next_before,
            "personas": [{"id": number, "nombre": name} for number, name in found.people.items()],
        }
        return orjson.dumps(told, default=dict)
