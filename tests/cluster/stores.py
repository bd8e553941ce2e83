"""Where nodes write, in memory and in PostgreSQL, with all that can happen to it between two statements."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Protocol

import psycopg

from actors.cluster.ownership import LEASE_S, Deposed, Holding, Move, Registry
from persistence.postgres.connection import Connection, Server, connect
from persistence.postgres.ownership import OwnersTable, fence, session_of, standing

Rows = Mapping[int, Sequence[int]]
"""Positions of the log that are stored, by partition, in the order in which they were."""


class Busy(Exception):
    """Somebody else has the row."""


class Gone(Exception):
    """The session has ended; what it had begun is undone."""


class Store(Protocol):
    """Nodes' registry, and what they write; a node has one session, and one transaction at a time."""

    def now(self) -> float: ...

    def advance(self, seconds: float) -> None: ...

    def registry(self, skew: float, /) -> Registry:
        """For a node whose own clock is wrong by so many seconds."""

    def begin(self, node: str, moves: Sequence[Move]) -> None:
        """The fence, and all positions up to where it moves. Raises ``Deposed``, ``Busy`` and ``Gone``."""

    def commit(self, node: str) -> None:
        """Raises ``Gone``."""

    def cut(self, node: str) -> None:
        """Its session ends."""

    def standing(self, node: str, partitions: Sequence[int], /) -> Sequence[Holding]: ...

    def stored(self) -> Rows: ...

    def keep(self) -> None:
        """What is there now can be put back."""

    def put_back(self) -> None:
        """All sessions end with it."""


def positions(move: Move) -> range:
    return range(move.holding.upto + 1, move.upto + 1)


# -- in memory -------------------------------------------------------------------------------------


@dataclass
class Row:
    owner: str | None = None
    epoch: int = 0
    seal: int = 0
    upto: int = 0
    stored: list[int] = field(default_factory=list)


@dataclass
class Content:
    partitions: dict[int, Row]
    ends: dict[str, float] = field(default_factory=dict)


class Memory:
    """What PostgreSQL does, as far as nodes can tell: rows that are locked until the end of a transaction."""

    def __init__(self, partitions: int) -> None:
        self.content = Content({each: Row() for each in range(partitions)})
        self.time = 1_000.0
        self._kept = deepcopy(self.content)
        self._open: dict[str, Sequence[Move]] = {}
        self.chance = random.Random(7)

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds

    def registry(self, _skew: float, /) -> Registry:
        return MemoryRegistry(self, self.now)

    def locked(self, but_for: str = "") -> set[int]:
        held = (moves for node, moves in self._open.items() if node != but_for)
        return {each.holding.partition for moves in held for each in moves}

    def fits(self, move: Move, /) -> bool:
        """Whether the fence lets it pass."""
        row = self.content.partitions[move.holding.partition]
        return (row.epoch, row.seal) == (move.holding.epoch, move.holding.seal)

    def begin(self, node: str, moves: Sequence[Move]) -> None:
        if self.locked(but_for=node) & {each.holding.partition for each in moves}:
            raise Busy
        if not all(map(self.fits, moves)):
            raise Deposed(node)
        self._open[node] = moves

    def commit(self, node: str) -> None:
        if node not in self._open:
            raise Gone
        for move in self._open.pop(node):
            row = self.content.partitions[move.holding.partition]
            row.seal += 1
            row.upto = move.upto
            row.stored += positions(move)

    def cut(self, node: str) -> None:
        self._open.pop(node, None)

    def standing(self, _node: str, partitions: Sequence[int], /) -> Sequence[Holding]:
        found = ((each, self.content.partitions[each]) for each in partitions)
        return [Holding(each, row.epoch, row.seal, row.upto) for each, row in found]

    def stored(self) -> Rows:
        return {each: row.stored for each, row in self.content.partitions.items()}

    def keep(self) -> None:
        self._kept = deepcopy(self.content)

    def put_back(self) -> None:
        self._open.clear()
        self.content = deepcopy(self._kept)


class MemoryRegistry:
    def __init__(self, store: Memory, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def join(self, node: str) -> None:
        self._store.content.ends[node] = self._now() + LEASE_S

    def renew(self, node: str) -> int:
        ends = self._store.content.ends
        if ends.get(node, 0.0) <= self._now():
            raise Deposed(node)
        ends[node] = self._now() + LEASE_S
        for dead in [each for each, end in ends.items() if end <= self._now()]:
            del ends[dead]
            self._store.cut(dead)
        return len(ends)

    def take(self, node: str, held: Sequence[int], most: int) -> Sequence[Holding]:
        content, locked = self._store.content, self._store.locked()
        self.release(node, content.partitions.keys() - set(held))
        free = (
            (number, row)
            for number, row in content.partitions.items()
            if row.owner not in content.ends and number not in locked
        )
        taken = []
        for number, row in itertools.islice(free, most):
            row.owner, row.epoch, row.seal = node, row.epoch + 1, self._store.chance.getrandbits(52)
            taken.append(Holding(number, row.epoch, row.seal, row.upto))
        return tuple(taken)

    def release(self, node: str, partitions: Collection[int]) -> None:
        for each in partitions:
            if (row := self._store.content.partitions[each]).owner == node:
                row.owner = None

    def leave(self, node: str) -> None:
        self._store.content.ends.pop(node, None)


# -- in PostgreSQL ---------------------------------------------------------------------------------


class Tables:
    """The real ones; their clock goes on by as much as the leases are shortened."""

    def __init__(self, url: str, partitions: int) -> None:
        self._server = Server(url, "prueba")
        self._sessions: dict[str, Connection] = {}
        self._registries = [OwnersTable(self._server)]
        self._admin = connect(self._server)
        self._ahead = 0.0
        self._admin.execute("DELETE FROM particiones WHERE id >= %s", (partitions,))
        self._admin.execute(
            "CREATE TABLE aplicado (orden bigserial PRIMARY KEY, particion int, posicion bigint)"
        )
        self._kept: Mapping[str, Sequence[tuple[object, ...]]] = {}
        self.keep()

    def close(self) -> None:
        for registry in self._registries:
            registry.close()
        for session in (*self._sessions.values(), self._admin):
            session.close()

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._admin.execute("UPDATE nodos SET vence = vence - make_interval(secs => %s)", (seconds,))

    def registry(self, _skew: float, /) -> Registry:
        self._registries.append(OwnersTable(self._server))
        return self._registries[-1]

    def begin(self, node: str, moves: Sequence[Move]) -> None:
        session = self._session(node)
        try:
            session.execute("SET lock_timeout = '50ms'")
            session.execute("BEGIN")
            fence(session, moves)
            for move in moves:
                for each in positions(move):
                    session.execute(
                        "INSERT INTO aplicado (particion, posicion) VALUES (%s, %s)",
                        (move.holding.partition, each),
                    )
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            session.execute("ROLLBACK")
            raise Busy from error
        except psycopg.OperationalError as error:
            raise Gone from error

    def commit(self, node: str) -> None:
        try:
            self._sessions[node].execute("COMMIT")
        except psycopg.OperationalError as error:
            raise Gone from error

    def cut(self, node: str) -> None:
        if node in self._sessions:
            self._sessions.pop(node).close()

    def standing(self, node: str, partitions: Sequence[int], /) -> Sequence[Holding]:
        return standing(self._session(node), partitions)

    def _session(self, node: str) -> Connection:
        if node not in self._sessions or self._sessions[node].closed:
            self._sessions[node] = connect(session_of(self._server, node))
        return self._sessions[node]

    def stored(self) -> Rows:
        found: dict[int, list[int]] = {}
        for each, position in self._admin.execute("SELECT particion, posicion FROM aplicado ORDER BY orden"):
            found.setdefault(each, []).append(position)
        return found

    def keep(self) -> None:
        self._kept = {
            table: self._admin.execute(f"SELECT * FROM {table}".encode()).fetchall()
            for table in ("nodos", "particiones", "aplicado")
        }
        self._kept_at = self._ahead

    def put_back(self) -> None:
        self._admin.execute(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
        with self._admin.transaction():
            for table, rows in self._kept.items():
                self._admin.execute(f"TRUNCATE {table}".encode())
                for row in rows:
                    values = ", ".join(["%s"] * len(row))
                    self._admin.execute(f"INSERT INTO {table} VALUES ({values})".encode(), row)
            since = self._ahead - self._kept_at
            self._admin.execute("UPDATE nodos SET vence = vence - make_interval(secs => %s)", (since,))
