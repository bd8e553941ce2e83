"""When nobody is at home, as rows of its table."""

from __future__ import annotations

from actors.domain.absences import Absence, Absences
from persistence.database.schema import sqlite3


def read_absences(connection: sqlite3.Connection) -> Absences:
    rows = connection.execute("SELECT id, desde, hasta FROM ausencias ORDER BY desde").fetchall()
    last = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'ausencias'").fetchone()
    return Absences(tuple(Absence(*row) for row in rows), last[0] or 0)


def write_absences(connection: sqlite3.Connection, absences: Absences) -> None:
    """These and no others, in the transaction of whoever calls; SQLite notes the last id by itself."""
    rows = [(each.id, each.since, each.until) for each in absences.said]
    connection.execute("DELETE FROM ausencias")
    connection.executemany("INSERT INTO ausencias (id, desde, hasta) VALUES (?, ?, ?)", rows)
