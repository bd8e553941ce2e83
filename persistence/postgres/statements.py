"""Many rows by one statement, what one of them changes, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg

from persistence.forms.rows import Row
from persistence.postgres.connection import Connection
from persistence.postgres.faults import hindrance_of
from persistence.storage.faults import RowFault, StorageFault

# What a value is too large for: an index, a row.
_TOO_LARGE: Final = "54"


@contextmanager
def telling_faults() -> Iterator[None]:
    """Raise what PostgreSQL fails with as :class:`StorageFault` or :class:`RowFault`, in its own words."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise RowFault(_told(error)) from error
    except psycopg.Error as error:
        if (error.sqlstate or "").startswith(_TOO_LARGE):
            raise RowFault(_told(error)) from error
        raise StorageFault(_told(error), hindrance_of(error)) from error


def _told(error: psycopg.Error) -> str:
    return " ".join(str(error).split())


def insert_many(
    connection: Connection,
    into: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Iterable[Row],
    tail: str = "",
) -> None:
    """All rows by one statement, in the transaction of whoever calls: an array a column."""
    cells = list(zip(*rows, strict=True))
    if not cells:
        return
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    statement = f"INSERT INTO {into} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {tail}"
    connection.execute(statement.encode(), list(map(_array, types, cells)))


def _array(kind: str, cells: Sequence[object]) -> list[object]:
    """Of one type, as an array is, where a number may be whole by chance."""
    if kind != "float8":
        return [*cells]
    return [float(cell) if isinstance(cell, int) else cell for cell in cells]


def changed(connection: Connection, statement: str, *given: object) -> int:
    """How many rows it has changed."""
    return connection.execute(statement.encode(), given or None).rowcount


def fetch(connection: Connection, query: str, *given: object) -> list[Row]:
    return connection.execute(query.encode(), given or None).fetchall()


def last_number(connection: Connection, table: str) -> int:
    """The last id that was ever given of this table."""
    return int(fetch(connection, "SELECT ultimo FROM secuencias WHERE tabla = %s", table)[0][0])


def note_number(connection: Connection, table: str, last: int) -> None:
    """Ids up to this one are given."""
    noting = "UPDATE secuencias SET ultimo = greatest(ultimo, %s) WHERE tabla = %s"
    changed(connection, noting, last, table)
