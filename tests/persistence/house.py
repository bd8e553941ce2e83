"""A writer with its neighbours, over a disk that can be made full."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from actors.domain.findings import KeptFinding
from actors.domain.logbook import KeptDeed
from actors.domain.model import Device, JsonObject, LogEntry, Report
from actors.domain.status import WriterStatus
from actors.messages import Delivery, MemoryRecalled, Order, Recall, Recalled, Removal, Reply, StopOrder
from actors.ports import ScanNews
from persistence.database.schema import sqlite3
from persistence.readers.queries import Queries
from persistence.writer.actor import WriterActor
from persistence.writer.store import Store
from tests.stage import FakeClock, Stage


class Neighbours:
    """The devices' edge and the people's edge, writing down what reaches them."""

    def __init__(self) -> None:
        self.diary: list[tuple[Any, ...]] = []
        self.told = threading.Event()

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        self._note("settle", [delivery.mid for delivery in deliveries])

    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None:
        self._note("configuration", serial, version, configuration)

    def publish_receipt(self, serial: str, boot: str, seq: int) -> None:
        self._note("receipt", serial, boot, seq)

    def order(self, order: Order | StopOrder) -> None:
        self._note("order", order)

    def also_spelled(self, serial: str, heard: str) -> bool:
        self._note("spelled", serial, heard)
        return True

    def forget_device(self, removal: Removal, *, reborn: bool) -> None:
        self._note("forget", removal, reborn)

    def device_removed(self, removal: Removal) -> None:
        self._note("removed", removal)

    def device_updated(self, device: Device) -> None:
        self._note("device", device)

    def finding_made(self, finding: KeptFinding) -> None:
        self._note("finding", finding)

    def deed_kept(self, kept: KeptDeed) -> None:
        self._note("deed", kept)

    def scan_told(self, news: ScanNews) -> None:
        self._note("scan", news)

    def reply(self, name: str) -> Reply:
        return lambda answer: self._note(name, answer)

    def recalled(self, recalled: Recalled) -> None:
        self._note("recalled", recalled.device)

    def remembered(self, recalled: MemoryRecalled) -> None:
        self._note("remembered", recalled.memory)

    def _note(self, *what: object) -> None:
        self.diary.append(what)
        self.told.set()

    def settled(self) -> list[int]:
        return [mid for what, *rest in self.diary if what == "settle" for mid in rest[0]]


class WriterOnStage:
    """A writer on a stage, over a disk that can be made full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.queries = Queries(path)
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.neighbours = Neighbours()
        self.status = WriterStatus()
        self.statements: list[str] = []
        self._most_pages = UNLIMITED
        self.writer = WriterActor.start(
            self.stage, self._open, self.clock, self.neighbours, self.neighbours, self.status
        )
        self.stage.settle()
        self._mids = itertools.count(1)

    def _open(self) -> Store:
        self.store = Store(self.path)
        self._limit_pages(self._most_pages)
        self.store.database.conn.set_trace_callback(self.statements.append)
        return self.store

    def tell(self, *messages: object) -> None:
        for message in messages:
            self.writer.tell(message)

    def delivery(self) -> Delivery:
        return Delivery(next(self._mids), 1, 1)

    def device(self, serial: str) -> Device:
        self.tell(Recall(serial, self.neighbours.recalled))
        self.stage.settle()
        what, device = self.neighbours.diary.pop()
        assert what == "recalled"
        assert isinstance(device, Device)
        return device

    def fill_the_disk(self) -> None:
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as reader:
            self._limit_pages(reader.execute("PRAGMA page_count").fetchone()[0])

    def free_the_disk(self) -> None:
        self._limit_pages(UNLIMITED)

    def _limit_pages(self, count: int) -> None:
        """Of this connection and of those to come, as the limit is the connection's."""
        self._most_pages = count
        # A connection that a fault has closed.
        with suppress(sqlite3.ProgrammingError):
            self.store.database.conn.execute(f"PRAGMA max_page_count = {count}")

    def stop(self) -> None:
        self.writer.stop(block=False)
        self.stage.settle()


def reported(device: Device, seq: int, **parameters: object) -> tuple[Device, LogEntry]:
    """The device after its next report, and the log row of it."""
    report = Report(device.serial, 1000.0 + seq, "activo", parameters, boot="b", seq=seq)
    after = device.after_report(report)
    return after, LogEntry(
        device.id, after.reports, report.at, after.state, after.parameters, report.boot, report.seq
    )


UNLIMITED = 2**31
"""Pages: more than a database can have."""

BIG = "x" * 50_000
"""More than is free on the pages that a database has anyway."""
