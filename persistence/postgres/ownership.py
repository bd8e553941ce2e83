"""Nodes, owners and the fence, as tables. By the database's clock alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from actors.cluster.ownership import LEASE_S, PARTITIONS, Deposed, Holding, Move
from persistence.postgres.connection import Connection, Server, connect
from persistence.postgres.faults import explaining
from persistence.postgres.schema import Steps, prepare

# A beat is of a second: whatever takes longer has failed, and is tried again within the lease.
_STATEMENT_TIMEOUT: Final = 2.0
# What ends a node's sessions knows them by this and its id.
_SESSIONS: Final = "iot-backend nodo "


def _owners(connection: Connection) -> None:
    connection.execute(
        f"""
        CREATE TABLE nodos (id text PRIMARY KEY, vence timestamptz NOT NULL);
        CREATE TABLE particiones (
            id integer PRIMARY KEY,
            dueno text,
            epoca bigint NOT NULL DEFAULT 0,
            sello bigint NOT NULL DEFAULT 0,
            hasta bigint NOT NULL DEFAULT 0
        );
        INSERT INTO particiones (id) SELECT generate_series(0, {PARTITIONS - 1});
        """.encode()
    )


STEPS: Final[Steps] = (_owners,)


def session_of(server: Server, node: str) -> Server:
    """As whom the node's own sessions are to come, so that they can be ended once it counts as dead.

    One that stopped in the middle of a transaction would else keep the rows that it has changed.
    """
    return replace(server, name=f"{_SESSIONS}{node}")


class OwnersTable:
    """A :class:`actors.cluster.ownership.Registry` on a PostgreSQL server, for one thread."""

    def __init__(self, server: Server) -> None:
        prepare(server, "propiedad", STEPS)
        self._server = replace(server, name="iot-backend registro")
        self._connection: Connection | None = None

    def join(self, node: str) -> None:
        with self._asking() as connection:
            connection.execute(
                "INSERT INTO nodos VALUES (%s, clock_timestamp() + make_interval(secs => %s))",
                (node, LEASE_S),
            )

    def renew(self, node: str) -> int:
        """A node is dead when its row is gone, and not before: so a renewal and its end cannot cross."""
        with self._asking() as connection:
            renewed = connection.execute(
                """
                UPDATE nodos SET vence = clock_timestamp() + make_interval(secs => %s)
                WHERE id = %s AND vence > clock_timestamp()
                """,
                (LEASE_S, node),
            )
            if renewed.rowcount != 1:
                raise Deposed(f"{node} was struck off")
            connection.execute("DELETE FROM nodos WHERE vence <= clock_timestamp()")
            # Whoever is not there may have no session: also one that died before it had ended another's.
            connection.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND starts_with(application_name, %s)
                    AND NOT EXISTS (SELECT FROM nodos WHERE %s || id = application_name)
                """,
                (_SESSIONS, _SESSIONS),
            )
            row = connection.execute("SELECT count(*) FROM nodos").fetchone()
            assert row is not None
            return int(row[0])

    def take(self, node: str, held: Sequence[int], most: int) -> Sequence[Holding]:
        """The seal begins anew by chance: in a database that was put back the same epoch may come again."""
        with self._asking() as connection:
            connection.execute(
                "UPDATE particiones SET dueno = NULL WHERE dueno = %s AND id <> ALL (%s::integer[])",
                (node, list(held)),
            )
            taken = connection.execute(
                """
                WITH huerfanas AS MATERIALIZED (
                    SELECT id FROM particiones
                    WHERE NOT EXISTS (SELECT FROM nodos WHERE nodos.id = dueno)
                    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                )
                UPDATE particiones AS p
                SET dueno = %s, epoca = epoca + 1, sello = floor(random() * 2::numeric ^ 52)::bigint
                FROM huerfanas WHERE p.id = huerfanas.id RETURNING p.id, epoca, sello, hasta
                """,
                (most, node),
            )
            return tuple(Holding(*row) for row in taken)

    def release(self, node: str, partitions: Collection[int]) -> None:
        with self._asking() as connection:
            connection.execute(
                "UPDATE particiones SET dueno = NULL WHERE dueno = %s AND id = ANY(%s)",
                (node, list(partitions)),
            )

    def leave(self, node: str) -> None:
        with self._asking() as connection:
            connection.execute("DELETE FROM nodos WHERE id = %s", (node,))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        with explaining(self._server.where):
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._server, _STATEMENT_TIMEOUT)
            yield self._connection


def fence(connection: Connection, moves: Sequence[Move]) -> None:
    """What every writing transaction begins with, so that it cannot commit what is not its node's to write.

    Raises :class:`Deposed`.
    """
    moved = connection.execute(
        """
        UPDATE particiones AS p SET sello = p.sello + 1, hasta = m.hasta
        FROM unnest(%s::integer[], %s::bigint[], %s::bigint[], %s::bigint[]) AS m (id, epoca, sello, hasta)
        WHERE p.id = m.id AND p.epoca = m.epoca AND p.sello = m.sello
        """,
        (
            [each.holding.partition for each in moves],
            [each.holding.epoch for each in moves],
            [each.holding.seal for each in moves],
            [each.upto for each in moves],
        ),
    )
    if moved.rowcount != len(moves):
        raise Deposed(f"{len(moves) - moved.rowcount} of {len(moves)} partitions are not as they were")


def standing(connection: Connection, partitions: Sequence[int]) -> Sequence[Holding]:
    """How these are, for :meth:`actors.cluster.ownership.Holdings.settle`."""
    found = connection.execute(
        "SELECT id, epoca, sello, hasta FROM particiones WHERE id = ANY(%s)", (list(partitions),)
    )
    return tuple(Holding(*row) for row in found)
