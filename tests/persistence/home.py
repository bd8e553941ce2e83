"""A house with a maintenance actor in it, and one device, living through days in no time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pykka

from actors.domain.model import LogEntry
from actors.domain.read_models import Backup
from actors.domain.status import MaintenanceStatus
from actors.messages import Keep
from persistence.backup.backups import Kind
from persistence.forms.local_time import LocalTime
from persistence.maintenance.actor import Backups, MaintenanceActor
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from tests.persistence.house import WriterOnStage

HOUR = 3_600.0
DAY = 24 * HOUR
RETENTION = Retention(rows=2, hours=4, days=6, findings=2)


class Shed:
    """Where backups are made, or are not."""

    def __init__(self) -> None:
        self.made: list[float] = []
        self.kinds: list[Kind] = []
        self.error: Exception | None = None
        self.newest: float | None = None

    def make(self, at: float, kind: Kind) -> Backup:
        if self.error is not None:
            raise self.error
        self.made.append(at)
        self.kinds.append(kind)
        return Backup(Path("iot.db"), at, 4096)

    def newest_at(self, now: float, kinds: Iterable[Kind]) -> float | None:  # noqa: ARG002
        return self.newest if Kind.DAILY in kinds else None


class MaintainedStore:
    """A house with a maintenance actor, and one device in it."""

    def __init__(self, path: Path) -> None:
        self.house = WriterOnStage(path)
        self.house.store.database.conn.execute("PRAGMA synchronous = OFF")
        self.clock, self.stage = self.house.clock, self.house.stage
        self.shed = Shed()
        self.status = MaintenanceStatus()
        self.maintenance: pykka.ActorRef[MaintenanceActor] | None = None
        self.device = self.house.device("TMP0AAAAAAAA")

    def hire(self) -> None:
        upkeep = Upkeep(self.house.queries, LocalTime(), RETENTION)
        backups = Backups(self.shed.make, self.shed.newest_at)
        self.maintenance = MaintenanceActor.start(
            self.stage, self.clock, self.house.writer, upkeep, backups, self.status
        )
        self.stage.settle()

    def report(self, count: int = 1, *, apart: float = 0.0) -> None:
        for _ in range(count):
            at, n = self.clock.now(), self.device.reports + 1
            self.device = replace(self.device, reports=n, seen_at=at)
            self.house.tell(Keep(self.device, LogEntry(self.device.id, n, at, "activo", {"t": n % 7})))
            if apart:
                self.stage.wait(apart)
        self.stage.settle()

    def live(self, days: float, apart: float = HOUR / 4) -> None:
        self.report(int(days * DAY / apart), apart=apart)

    @property
    def rows(self) -> int:
        return self.count("estado_log")

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count(*) FROM {table}"))

    def ask(self, query: str) -> int:
        connection = self.house.queries.connect()
        try:
            return int(connection.execute(query).fetchone()[0])
        finally:
            connection.close()

    def dismiss(self) -> None:
        if self.maintenance is not None:
            self.maintenance.stop(block=False)
            self.stage.settle()

    def stop(self) -> None:
        self.dismiss()
        if self.house.writer.is_alive():
            self.house.stop()
