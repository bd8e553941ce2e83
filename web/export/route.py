"""A device's log and summary, to be kept or worked on elsewhere: CSV and XLSX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, Final

from actors.domain.people import Role
from web.export.csv_table import csv_chunks
from web.export.download import CHUNK, Download
from web.export.spreadsheet import workbook
from web.export.tables import Source, Table, history, summary
from web.routes.devices import DeviceHandler
from web.routes.statistics import DAY, FIRST, LAST, Moment, Span, out_of_order
from web.schemas.operations import Media, Operation
from web.schemas.query import Parameter, Word

CSV: Final = "csv"
XLSX: Final = "xlsx"
TYPES: Final = {
    CSV: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
HISTORY: Final = "historial"
TABLES: Final[dict[str, Callable[[Source, Span], Table]]] = {HISTORY: history, "resumen": summary}
FORMAT: Final = Parameter("formato", Word(tuple(TYPES)), CSV, "Texto o libro de Excel.", XLSX)
TABLE: Final = Parameter[str | None](
    "tabla", Word(tuple(TABLES)), None, "Sin ella, en csv el historial y en xlsx las dos.", "resumen"
)
SINCE: Final = Parameter[float | None](
    "desde",
    Moment(),
    None,
    "Por defecto, del historial todo, y del resumen treinta días; ha de ser anterior a hasta.",
    "2026-01-01",
)
UNTIL: Final = Parameter[float | None]("hasta", Moment(), None, "Por defecto, ahora.", "2026-02-01")
# A clock that nobody has set yet begins there.
EARLIEST: Final = 0.0
SUMMARY_S: Final = 30 * DAY


class DeviceExport(Download, DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="El historial y el resumen de un dispositivo, como fichero",
            role=Role.READER,
            english="a file: CSV or XLSX of the log, the statistics, or both: see [export](#export)",
            description=(
                "Una fila por informe, o por medida y hora. Puede tardar minutos en empezar. Se hacen dos a "
                "la vez; más, 503 con Retry-After."
            ),
            query=(FORMAT, TABLE, SINCE, UNTIL),
            answer=(Media("text/csv", str), Media(TYPES[XLSX], Any)),
            refusals=(404, 503),
        )
    }

    async def head(self, *path: str) -> None:
        serial = self.known(int(path[0])).device.serial
        self._tables()
        self._announce(serial)

    async def get(self, device_id: str) -> None:
        device = self.known(int(device_id)).device
        tables = self._tables()
        source = Source(self.services.queries, device.id, device.reports, self.go_on)

        async def send() -> None:
            if self.asked(FORMAT) == CSV:
                [(make, span)] = tables
                await self._send_csv(device.serial, partial(make, source, span))
            else:
                made = (make(source, span) for make, span in tables)
                await self._send_workbook(device.serial, made)

        await self.in_turn(send)

    # -- what is asked for -------------------------------------------------------------------

    def _tables(self) -> list[tuple[Callable[[Source, Span], Table], Span]]:
        return [(TABLES[name], self._span(name)) for name in self._names()]

    def _names(self) -> list[str]:
        if asked := self.asked(TABLE):
            return [asked]
        return [HISTORY] if self.asked(FORMAT) == CSV else [*TABLES]

    def _span(self, table: str) -> Span:
        since, until = self.asked(SINCE), self.asked(UNTIL)
        if until is None:
            until = LAST if table == HISTORY else self.services.access.clock.now()
        if since is None:
            since = EARLIEST if table == HISTORY else max(until - SUMMARY_S, FIRST - DAY)
        if since >= until:
            raise out_of_order()
        return Span(since, until)

    # -- what is sent ------------------------------------------------------------------------

    async def _send_csv(self, serial: str, make: Callable[[], Table]) -> None:
        chunks = csv_chunks(await self.work(make))
        await self.send(chunks, partial(self._announce, serial))

    async def _send_workbook(self, serial: str, tables: Iterator[Table]) -> None:
        with await self.work(partial(workbook, tables, self.services.scratch, self.go_on)) as file:
            self.set_header("Content-Length", file.seek(0, 2))
            file.seek(0)
            await self.send(iter(partial(file.read, CHUNK), b""), partial(self._announce, serial))

    def _announce(self, serial: str) -> None:
        form, names = self.asked(FORMAT), self._names()
        name = "-".join([serial, *names]) if len(names) == 1 else serial
        self.set_header("Content-Type", TYPES[form])
        self.set_header("Content-Disposition", f'attachment; filename="{name}.{form}"')
