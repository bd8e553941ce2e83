"""A database on a PostgreSQL server as that which keeps the house's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import tzinfo
from typing import Final

import psycopg

from actors.domain.read_models import Backup
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import Recovery
from actors.messages import Removal
from persistence.postgres.connection import Server
from persistence.postgres.faults import disk_told, unusable
from persistence.postgres.house_tables import PART, STEPS
from persistence.postgres.queries import PostgresQueries
from persistence.postgres.schema import prepare
from persistence.postgres.store import PostgresStore
from persistence.storage.faults import StorageFault

BY_OTHERS: Final = Refused(Refusal.BACKUP_ELSEWHERE)


class Elsewhere:
    """Of backups that are not ours to make."""

    def newest_first(self) -> Refused:
        return BY_OTHERS

    def make(self, _reply: Callable[[Backup | Refused], None], /) -> Refused:
        return BY_OTHERS


class PostgresEngine:
    """As :class:`persistence.engines.Engine` says. Its copies are made by PostgreSQL's own tools."""

    def __init__(self, url: str) -> None:
        self._server = Server(url)
        self.elsewhere: Final[str] = self._server.where

    def recover(self, at: float) -> Recovery | None:  # noqa: ARG002
        """Nothing: a server mends itself."""
        return None

    def open(self, rejected_max: int) -> PostgresStore:
        return PostgresStore(self._server, rejected_max)

    def reopen(self, rejected_max: int) -> PostgresStore:
        return self.open(rejected_max)

    def queries(self, zone: tzinfo | None = None) -> PostgresQueries:
        return PostgresQueries(self._server, zone)

    def last_heard(self, now: float) -> float | None:
        try:
            with closing(self.queries()) as queries:
                return queries.heard_at(now)
        except StorageFault:
            return None  # away, or an older version's, or empty: the start sees to each

    def serials(self) -> list[str]:
        with self._asking() as queries:
            return queries.serials()

    def find(self, serial: str) -> Removal | None:
        with self._asking() as queries:
            return queries.find(serial)

    def has(self, device_id: int) -> bool:
        with self._asking() as queries:
            return queries.has(device_id)

    def explained(self, error: StorageFault | OSError) -> str:
        if isinstance(error, OSError):
            return disk_told(error)
        if isinstance(error.__cause__, psycopg.Error):
            return str(unusable(self._server.where, error.__cause__))
        return str(error)

    def backups(self, keep: int) -> None:
        """None: others make them."""

    def on_demand(self, *_: object) -> Elsewhere:
        return Elsewhere()

    @contextmanager
    def _asking(self) -> Iterator[PostgresQueries]:
        prepare(self._server, PART, STEPS)
        with closing(self.queries()) as queries:
            yield queries
