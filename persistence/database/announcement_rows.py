"""What devices of other makes say of themselves, as rows of its table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.read_models import MAX_ANNOUNCED_BYTES, MAX_ANNOUNCEMENTS, StoredAnnouncement
from persistence.database.schema import sqlite3

MAX_ROWS: Final = MAX_ANNOUNCEMENTS
MAX_BYTES: Final = MAX_ANNOUNCED_BYTES

_READ: Final = "SELECT dialecto, grupo, clave, CAST(contenido AS BLOB) FROM anuncios ORDER BY rowid"
_DROP: Final = "DELETE FROM anuncios WHERE dialecto = ? AND grupo = ? AND clave = ?"
_WRITE: Final = "INSERT INTO anuncios (dialecto, grupo, clave, contenido, visto_en) VALUES (?, ?, ?, ?, ?)"
_SIZE: Final = "SELECT count(*), total(length(contenido)) FROM anuncios"
_DROP_OLDEST: Final = """
    DELETE FROM anuncios WHERE rowid IN (
        SELECT number FROM (
            SELECT rowid AS number, row_number() OVER newest_first AS place,
                sum(length(contenido)) OVER newest_first AS bytes
            FROM anuncios WINDOW newest_first AS (ORDER BY rowid DESC)
        ) WHERE place > ? OR bytes > ?
    )
"""


def read_announcements(connection: sqlite3.Connection) -> list[StoredAnnouncement]:
    """All that there are, in the order in which they were heard last."""
    return [StoredAnnouncement(*row) for row in connection.execute(_READ)]


def write_announcements(
    connection: sqlite3.Connection, announcements: Iterable[StoredAnnouncement], at: float
) -> None:
    """In the transaction of whoever calls. An empty one removes what was kept; those that are too many, or
    too long, have the ones that were not heard for longest removed.
    """
    for told in announcements:
        key = told.dialect, told.group, told.key
        connection.execute(_DROP, key)
        if told.payload:
            connection.execute(_WRITE, (*key, told.payload, at))
    rows, size = connection.execute(_SIZE).fetchone()
    if rows > MAX_ROWS or size > MAX_BYTES:
        connection.execute(_DROP_OLDEST, (MAX_ROWS, MAX_BYTES))
