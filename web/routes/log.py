"""What a device has reported, page by page."""

from __future__ import annotations

import math
from functools import partial
from typing import ClassVar, Final

import orjson

from actors.domain.people import Role
from actors.domain.read_models import LogPage
from web.routes.devices import PAGE, PER_PAGE, DeviceHandler
from web.routes.findings import SINCE, UNTIL
from web.routes.statistics import out_of_order
from web.schemas.answers import LogPageJson
from web.schemas.operations import Operation
from web.schemas.query import Number, Parameter
from web.schemas.serializers import log_json

# No row has such a number.
_BEYOND: Final = 10**18 - 1
BEFORE: Final = Parameter[int | None](
    "antes",
    Number(_BEYOND),
    None,
    "El siguiente de la página anterior: así no se repite ni se salta nada, aunque lleguen informes.",
)


class DeviceLog(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los informes de un dispositivo, el más nuevo primero",
            role=Role.READER,
            english=(
                "a page, newest first; `page` from 1, `per_page` 1 to 200, default 50, and more is 200 "
                "everywhere"
            ),
            query=(SINCE, UNTIL, BEFORE, PAGE, PER_PAGE),
            answer=LogPageJson,
            refusals=(404,),
        )
    }

    async def get(self, device_id: str) -> None:
        number = self.known(int(device_id)).device.id
        page, per_page = self.asked(PAGE), self.asked(PER_PAGE)
        since, until, before = self.asked(SINCE), self.asked(UNTIL), self.asked(BEFORE)
        if since is not None and until is not None and since >= until:
            raise out_of_order()
        if since is until is before is None:
            self.finish(await self.read(partial(self._page, number, page, per_page)))
        else:
            span = -math.inf if since is None else since, math.inf if until is None else until
            search = partial(self._search, number, *span, before or _BEYOND, page, per_page)
            self.finish(await self.read(search))

    def _page(self, number: int, page: int, per_page: int) -> bytes:
        found = self.services.queries.log_page(number, page, per_page)
        return _encoded(found, found.page < found.pages)

    def _search(
        self, number: int, since: float, until: float, before: int, page: int, per_page: int
    ) -> bytes:
        found = self.services.queries.log_search(number, since, until, before, page, per_page)
        return _encoded(found, len(found.entries) == per_page)


def _encoded(found: LogPage, more: bool) -> bytes:
    """``more`` is whether there may be any after these."""
    told: LogPageJson = {
        "page": found.page,
        "per_page": found.per_page,
        "total": found.total,
        "pages": found.pages,
        "siguiente": found.entries[-1].n if more and found.entries else None,
        "data": [log_json(entry) for entry in found.entries],
    }
    return orjson.dumps(told)
