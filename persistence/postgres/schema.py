"""Tables and their versions: how an older database becomes a newer one, whoever is first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from psycopg.sql import SQL, Identifier

from persistence.postgres.connection import Connection, Server, connect
from persistence.postgres.faults import explaining
from persistence.storage.faults import UnusableDatabase

logger = logging.getLogger(__name__)

Steps: TypeAlias = Sequence[Callable[[Connection], None]]
"""Step ``n``, counted from 1, makes a part of version n from one of n - 1. A released one stays as it is."""

# Who migrates holds this; a node that starts at the same time waits, and then finds nothing left to do.
_MIGRATING: Final = 0x496F544D  # "IoTM"
# What a large house's longest step may take, s.
_PATIENCE: Final = 3_600.0


def prepare(server: Server, part: str, steps: Steps) -> None:
    """Make the tables of ``part``, or bring them up to date: all of ``steps`` that it has not seen, or none.

    Their schema is made too where it is missing; nobody else may look into a new one.

    Raises :class:`UnusableDatabase`, also for another program's database, which is then as it was, and for
    one of a newer version.
    """
    with explaining(server.where), connect(server, _PATIENCE) as connection, connection.transaction():
        # Whoever waits here is let wait; the time-out is for locks that nobody means to hold.
        connection.execute("SET LOCAL lock_timeout = 0")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATING,))
        _make_schema(server, connection)
        _refuse_foreign(server, connection)
        version = _version(connection, part)
        if version > len(steps):
            raise UnusableDatabase(
                f"La base de datos {server.where} es de una versión más nueva (esquema de {part} {version};"
                f" este programa conoce {len(steps)}): actualiza el programa."
            )
        for step in steps[version:]:
            step(connection)
        if version < len(steps):
            connection.execute(
                """
                INSERT INTO esquemas (parte, version) VALUES (%s, %s)
                ON CONFLICT (parte) DO UPDATE SET version = excluded.version
                """,
                (part, len(steps)),
            )
            logger.info("database_migrated part=%s before=%d version=%d", part, version, len(steps))


def _make_schema(server: Server, connection: Connection) -> None:
    """Which one that is there already, and may be somebody else's gift, takes no right to make."""
    there = "SELECT FROM pg_catalog.pg_namespace WHERE nspname = %s"
    if connection.execute(there, (server.schema,)).fetchone() is None:
        connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(server.schema)))


def _refuse_foreign(server: Server, connection: Connection) -> None:
    tables = {
        str(name)
        for (name,) in connection.execute(
            "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
        )
    }
    if not tables:
        connection.execute("CREATE TABLE esquemas (parte text PRIMARY KEY, version integer NOT NULL)")
    elif "esquemas" not in tables:
        raise UnusableDatabase(
            f"La base de datos {server.where} es de otra aplicación: nombra en DATABASE_URL una vacía."
        )


def _version(connection: Connection, part: str) -> int:
    row = connection.execute("SELECT version FROM esquemas WHERE parte = %s", (part,)).fetchone()
    return 0 if row is None else int(row[0])
