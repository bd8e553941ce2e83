"""The engines that keep a house's database, each of which has to pass what lies in this folder."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import psycopg

from persistence.forms.letters import REJECTED_MAX
from persistence.postgres.connection import Server
from persistence.postgres.queries import PostgresQueries
from persistence.postgres.store import PostgresStore
from persistence.readers.queries import Queries as SqliteQueries
from persistence.storage.ports import Queries
from persistence.writer.store import Store as SqliteStore
from tests.postgres import PostgresServer

Store: TypeAlias = SqliteStore | PostgresStore


class House(Protocol):
    """One house's database, on whatever engine."""

    def store(self, rejected_max: int = REJECTED_MAX) -> Store:
        """The connection that writes."""

    def queries(self, zone: tzinfo | None = None) -> Queries: ...

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        """As another program does; the rows that come of it, if any do."""


class Engine(Protocol):
    def house(self) -> AbstractContextManager[House]:
        """A new one, which is gone afterwards."""

    def text(self, text: str) -> str:
        """As it comes back."""


@dataclass(frozen=True)
class SqliteHouse:
    path: Path

    def store(self, rejected_max: int = REJECTED_MAX) -> SqliteStore:
        store = SqliteStore(self.path, rejected_max)
        # Nothing here is about power cuts.
        store.database.conn.execute("PRAGMA synchronous = OFF")
        return store

    def queries(self, zone: tzinfo | None = None) -> Queries:
        return SqliteQueries(self.path, zone)

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()


class SqliteEngine:
    @contextmanager
    def house(self) -> Iterator[House]:
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteHouse(Path(folder) / "iot.db")

    def text(self, text: str) -> str:
        return text


_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_KEPT = {"esquemas", "sistema", "secuencias"}
_BEGIN_AGAIN = """
    UPDATE secuencias SET ultimo = 0;
    DELETE FROM sistema WHERE clave NOT IN ('instancia', 'guardados');
    UPDATE sistema SET valor = '0' WHERE clave = 'guardados'
"""


class PostgresHouse:
    def __init__(self, url: str) -> None:
        self.server = Server(url)
        self._opened: dict[tzinfo | None, PostgresQueries] = {}

    def store(self, rejected_max: int = REJECTED_MAX) -> PostgresStore:
        store = PostgresStore(self.server, rejected_max)
        store.connection.execute("SET synchronous_commit = off")
        return store

    def queries(self, zone: tzinfo | None = None) -> Queries:
        return self._opened.setdefault(zone, PostgresQueries(self.server, zone))

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []

    def empty(self) -> None:
        """As a new one is, but for its instance: to make its tables anew takes longer than most tests."""
        names = {str(name) for (name,) in self.execute(_TABLES)}
        for part in (name for name in names if name.startswith("estado_log_s")):
            self.execute(f"DROP TABLE {part}")
        full = (each for each in names - _KEPT if not each.startswith("estado_log_s"))
        self.execute("; ".join([*(f"DELETE FROM {name}" for name in sorted(full)), _BEGIN_AGAIN]))

    def close(self) -> None:
        for queries in self._opened.values():
            queries.close()


class PostgresEngine:
    def __init__(self, postgres: PostgresServer) -> None:
        self._postgres = postgres
        self._made = ExitStack()
        self._free: list[str] = []

    @contextmanager
    def house(self) -> Iterator[House]:
        """In a database that is used again, as to make one takes longer than most tests."""
        if not self._free:
            self._free.append(self._made.enter_context(self._postgres.database()))
        name = self._free.pop()
        with closing(PostgresHouse(self._postgres.url(name))) as house:
            yield house
            house.empty()
        self._free.append(name)

    def text(self, text: str) -> str:
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")

    def close(self) -> None:
        self._made.close()
