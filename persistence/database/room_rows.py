"""The rooms as rows of their table."""

from __future__ import annotations

from actors.domain.rooms import Rooms
from persistence.database.schema import sqlite3


def read_rooms(connection: sqlite3.Connection) -> Rooms:
    """All that there are. Text that is no UTF-8 comes with marks in place of what is not."""
    rows = connection.execute("SELECT id, CAST(nombre AS BLOB) FROM habitaciones ORDER BY id").fetchall()
    last = connection.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'habitaciones'").fetchone()
    return Rooms({number: name.decode(errors="replace") for number, name in rows}, last[0] or 0)


def write_rooms(connection: sqlite3.Connection, rooms: Rooms) -> None:
    """These and no others, in the transaction of whoever calls; SQLite notes the last id by itself."""
    connection.execute("DELETE FROM habitaciones")
    connection.executemany("INSERT INTO habitaciones (id, nombre) VALUES (?, ?)", rooms.names.items())
