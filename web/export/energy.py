"""What was used, as CSV: a row for each device and hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import ClassVar

from actors.domain.people import Role
from web.export.csv_table import csv_chunks
from web.export.download import Download
from web.export.route import CSV, TYPES
from web.export.tables import Row, Table
from web.http.services import Queries
from web.routes.energy import QUERY, EnergyHandler, Wanted
from web.schemas.operations import Media, Operation

COLUMNS = ("dispositivo_id", "serial_number", "nombre", "habitacion", "kwh", "precio", "coste")


class EnergyExport(Download, EnergyHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Lo gastado, hora a hora, como fichero",
            role=Role.READER,
            english="a CSV file: a row for each device and hour",
            description="Se hacen dos descargas a la vez; más, 503 con Retry-After.",
            query=QUERY,
            answer=Media("text/csv", str),
            refusals=(404, 503),
        )
    }

    async def head(self, *_path: str) -> None:
        self._announce(self.wanted())

    async def get(self) -> None:
        wanted = self.wanted()

        async def send() -> None:
            table = await self.work(partial(hours, self.services.queries, wanted))
            await self.send(csv_chunks(table), partial(self._announce, wanted))

        await self.in_turn(send)

    def _announce(self, wanted: Wanted) -> None:
        name = f"energia-{wanted.period.span.value}-{wanted.period.first.isoformat()}"
        self.set_header("Content-Type", TYPES[CSV])
        self.set_header("Content-Disposition", f'attachment; filename="{name}.{CSV}"')


def hours(queries: Queries, wanted: Wanted) -> Table:
    """A row for each device and hour in which it told what it used; device by device, oldest first."""
    return Table("energia", "inicio", COLUMNS, _rows(queries, wanted))


def _rows(queries: Queries, wanted: Wanted) -> Iterator[Row]:
    plan, rooms = wanted.plan(queries), queries.rooms().names
    period = wanted.period
    for device in wanted.that_tell(queries).devices:
        who = (device.id, device.serial, device.name, None if device.room is None else rooms.get(device.room))
        used: dict[int, float] = {}
        for _, begin, kwh in queries.consumption([device.id], period.begin, period.end).hours:
            used[begin] = used.get(begin, 0.0) + kwh
        for begin, kwh in sorted(used.items()):
            price = plan.price_at(datetime.fromtimestamp(begin, period.zone))
            cost = None if price is None else round(kwh * price, 6)
            yield begin, (*who, round(kwh, 6), price, cost)
