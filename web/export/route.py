"""A device's log and summary, to be kept or worked on elsewhere: CSV and XLSX."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar, Final, TypeVar

from tornado.iostream import StreamClosedError

from actors.domain.people import Role
from web.export.csv_table import csv_chunks
from web.export.spreadsheet import workbook
from web.export.tables import Source, Table, history, summary
from web.http.services import Services
from web.routes.devices import DeviceHandler
from web.routes.statistics import DAY, FIRST, LAST, Moment, Span, out_of_order
from web.schemas.operations import Media, Operation
from web.schemas.query import Parameter, Word
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

T = TypeVar("T")

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
# Sent at a time, each within the time that a stalled client has: a phone takes it over the worst of Wi-Fi.
CHUNK: Final = 64 * 1024
BUSY_S: Final = 15
# Between two reads. Without it who waits for the interpreter gets it after 5 ms, and each answer to
# somebody else takes some of these.
PAUSE_S: Final = 0.0005


class Abandoned(Exception):
    """The client has gone."""


class DeviceExport(DeviceHandler):
    """Made on threads of its own, as far as the client takes it, and no further once that is gone."""

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

    def initialize(self, services: Services) -> None:
        super().initialize(services)
        self._gone = threading.Event()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def head(self, *path: str) -> None:
        serial = self.known(int(path[0])).device.serial
        self._tables()
        self._announce(serial)

    async def get(self, device_id: str) -> None:
        device = self.known(int(device_id)).device
        tables = self._tables()
        under_way = self.services.exporting
        if len(under_way) >= self.services.limits.exports:
            raise Problem(Fault.TOO_MANY_EXPORTS, retry_after=BUSY_S, count=len(under_way))
        source = Source(self.services.queries, device.id, device.reports, self._go_on)
        under_way.add(self)
        try:
            if self.asked(FORMAT) == CSV:
                [(make, span)] = tables
                await self._send_csv(device.serial, partial(make, source, span))
            else:
                made = (make(source, span) for make, span in tables)
                await self._send_workbook(device.serial, made)
        except (Abandoned, StreamClosedError):
            pass
        finally:
            self._gone.set()
            under_way.discard(self)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone.set()
        self._closed.set_result(None)

    def _go_on(self) -> None:
        """Not on the loop, which has the interpreter meanwhile."""
        if self._gone.wait(PAUSE_S):
            raise Abandoned

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
        chunks = csv_chunks(await self._work(make))
        await self._send(serial, chunks)

    async def _send_workbook(self, serial: str, tables: Iterator[Table]) -> None:
        with await self._work(partial(workbook, tables, self.services.scratch, self._go_on)) as file:
            self.set_header("Content-Length", file.seek(0, 2))
            file.seek(0)
            await self._send(serial, iter(partial(file.read, CHUNK), b""))

    async def _send(self, serial: str, chunks: Iterator[bytes]) -> None:
        chunk = await self._work(partial(next, chunks, b""))
        self._announce(serial)
        try:
            while chunk:
                for begin in range(0, len(chunk), CHUNK):
                    await self._push(chunk[begin : begin + CHUNK])
                chunk = await self._work(partial(next, chunks, b""))
        except BaseException:
            # Or what was sent until now would end like a whole file.
            self.connection.close()
            raise

    async def _push(self, data: bytes) -> None:
        self.write(data)
        sent = self.flush()
        # Not cancelled when it takes too long: Tornado logs a traceback for each such write.
        either = asyncio.FIRST_COMPLETED
        await asyncio.wait([sent, self._closed], timeout=self.services.limits.stall, return_when=either)
        if self._gone.is_set():
            raise Abandoned
        if not sent.done():
            logger.info("client_stalled address=%s", self.request.remote_ip)
            raise Abandoned
        sent.result()

    async def _work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.services.exports, work)

    def _announce(self, serial: str) -> None:
        form, names = self.asked(FORMAT), self._names()
        name = "-".join([serial, *names]) if len(names) == 1 else serial
        self.set_header("Content-Type", TYPES[form])
        self.set_header("Content-Disposition", f'attachment; filename="{name}.{form}"')
