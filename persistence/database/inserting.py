"""Many rows by few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from persistence.database.schema import sqlite3
from persistence.forms.rows import Row

# 23 columns times 500 rows stay well under SQLite's 32,766 parameters a statement.
ROWS_PER_STATEMENT: Final = 500
# Characters; SQLite copies them, and each statement that is kept for the next time keeps its copy.
TEXT_PER_STATEMENT: Final = 512 * 1024


def insert_many(connection: sqlite3.Connection, into: str, rows: Iterable[Row], tail: str = "") -> None:
    """Many rows by one statement, in the transaction of whoever calls, made as they are needed.

    The sqlite3 module gives up the interpreter's lock for each statement that it runs, and a
    busy thread takes 5 ms to give it back. 500 log rows beside one such thread, a row: 1,670 µs
    by ``executemany``, 199 by sqlite-utils' ``insert_all``, 29 like this.
    """
    for part in _parts(rows):
        places = f"({','.join('?' * len(part[0]))})"
        statement = f"{into} VALUES {','.join([places] * len(part))} {tail}"
        connection.execute(statement, tuple(chain.from_iterable(part)))


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows that go into one statement each, in their order."""
    part: list[Row] = []
    size = 0
    for row in rows:
        part.append(row)
        size += sum(len(cell) for cell in row if type(cell) is str)
        if len(part) == ROWS_PER_STATEMENT or size >= TEXT_PER_STATEMENT:
            yield part
            part, size = [], 0
    if part:
        yield part
