"""Whether a database file is whole."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from persistence.database.library import Database
from persistence.database.schema import BUSY_TIMEOUT_S, lenient_text, sqlite3
from persistence.database.tables import APPLICATION_ID, STEPS

logger = logging.getLogger(__name__)

Definitions: TypeAlias = Mapping[tuple[str, str], str]
"""The SQL of each table, index, view and trigger, without blanks, by its kind and name."""
_KINDS: Final = {"table": "la tabla", "index": "el índice", "view": "la vista", "trigger": "el disparador"}

# SQLite's ways to say that it is not the file that is at fault.
_NOT_DAMAGE: Final = frozenset(
    {
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_AUTH,
    }
)
# One step is added in a release at most: no program will ever have so many, but a damaged number may.
_IMPOSSIBLE_VERSION: Final = 1_000
_INSTANCE: Final = re.compile("[0-9a-f]{8}")
_DEFINITIONS: Final = r"""
    SELECT type, name, sql FROM sqlite_schema
    WHERE NOT (type = 'table' AND (name = 'sqlite_sequence' OR name LIKE 'sqlite\_stat_' ESCAPE '\'))
    AND NOT (type = 'index' AND name LIKE 'sqlite\_autoindex\_%' ESCAPE '\')
"""
# Indexes that somebody has made to read faster. All that they can do to a write is to slow it down; one that
# is unique, partial, of an expression or of a collation that is not SQLite's own can have it fail.
_HARMLESS: Final = """
    SELECT s.name FROM sqlite_schema AS s JOIN pragma_index_list(s.tbl_name) AS i ON i.name = s.name
    WHERE s.type = 'index' AND i.origin = 'c' AND NOT i."unique" AND NOT i.partial AND NOT EXISTS (
        SELECT 1 FROM pragma_index_xinfo(s.name) WHERE cid < -1 OR coll NOT IN ('BINARY', 'NOCASE', 'RTRIM')
    )
"""
# Tables that somebody has made, and columns that somebody has added to ours, without anything that could have
# a write of ours, or the check of the pages, fail: no other table, no function, no order of their own. Read
# as definitions are kept: without blanks.
_PLAIN_TABLE: Final = re.compile(
    r"CREATETABLE(?!.*(REFERENCES|COLLATE))[^()]+\([^()]*(\([\w,]+\)[^()]*)*\)\w*", re.IGNORECASE
)
_PLAIN_COLUMNS: Final = re.compile(
    r"(,(?!\w*(REFERENCES|UNIQUE|KEY|COLLATE|NOTNULL|GENERATED))(\w+|\"\w+\"\w*))+", re.IGNORECASE
)
# What SQLite is told in other words, or, before 3.37, not at all.
_INSIGNIFICANT: Final = re.compile(r"\s+|,?\s*\bSTRICT\b")
_LOG_AHEAD: Final = """
    SELECT count(*) FROM dispositivos AS d
    WHERE registros < (SELECT max(n) FROM estado_log WHERE dispositivo_id = d.id)
"""


class Damaged(Exception):
    """The file is not whole. Its text is a clause for people, in Spanish."""


class NotOurs(Exception):
    """The file is not this program's to judge. Its text is a clause for people, in Spanish."""


class Added(NotOurs):
    """The file is ours, but for something in it that none of our steps has made."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a sound database is known by."""

    instance: str
    devices: int
    reports: int
    """Of all devices together: what has them all has more."""


def reading(database: Path) -> str:
    """The URI under which it is read with its write-ahead log, while others may write."""
    return f"{database.absolute().as_uri()}?mode=ro"


def reading_alone(database: Path) -> str:
    """The URI under which the file is read as it is, as if it had no write-ahead log."""
    return f"{database.absolute().as_uri()}?immutable=1"


def examine(uri: str, seconds: float = threading.TIMEOUT_MAX) -> Contents | None:
    """What a database of ours holds; ``None`` for one in which nothing is yet.

    SQLite's whole ``integrity_check`` must be passed: pages, indexes, types. A million rows take 0.3 s
    once they are in memory. What still goes unnoticed is damage within a value, as a flipped bit in a
    text or a number. After ``seconds`` the check is broken off, with a warning, and counts as passed.

    Raises as :func:`glance_at`.
    """
    with _judging(uri) as connection:
        contents = _contents(connection)
        if contents is not None:
            _check_pages(connection, seconds)
        return contents


def glance_at(uri: str) -> Contents | None:
    """As :func:`examine`, but for the pages: within milliseconds, and the first ones only.

    The tables must be those of the version, and no device behind its own log.

    Raises :class:`Damaged`, :class:`NotOurs` for another program's and a newer version's, and
    ``sqlite3.Error`` where it cannot be read for another reason.
    """
    with _judging(uri) as connection:
        return _contents(connection)


@contextmanager
def _judging(uri: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.text_factory = lenient_text
        try:
            yield connection
        except sqlite3.Error as error:
            if is_damage(error):
                raise Damaged(f"no se puede leer ({error})") from error
            raise
        except UnicodeDecodeError as error:  # SQLite's own words, in which it quotes the damaged ones
            raise Damaged("sus propias definiciones están dañadas") from error


def is_damage(error: Exception) -> bool:
    """Whether SQLite says that the file is at fault, and not the disk, its owner or its user."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF not in _NOT_DAMAGE  # the low byte is the primary code


def _contents(connection: sqlite3.Connection) -> Contents | None:
    owner, version, pages = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version", "page_count")
    )
    found = definitions(connection)
    known = _definitions_of_version(len(STEPS))
    if not (owner or version or found) and pages <= 1:
        return None
    if owner != APPLICATION_ID and found and found.keys().isdisjoint(known):
        raise NotOurs("es de otra aplicación")
    if len(STEPS) < version < _IMPOSSIBLE_VERSION:
        raise NotOurs("es de una versión más nueva")
    if owner != APPLICATION_ID or not 0 < version <= len(STEPS):
        raise Damaged("la cabecera es incoherente")
    expected = _definitions_of_version(version)
    if found.keys() & known.keys() != expected.keys():
        raise Damaged("las tablas no son las de su versión")
    for key, sql in expected.items():
        _check_definition(key[1], found[key], sql)
    harmless = {("index", name) for (name,) in connection.execute(_HARMLESS)}
    harmless |= {key for key, sql in found.items() if _PLAIN_TABLE.fullmatch(sql)}
    refuse_additions({key: found[key] for key in found.keys() - harmless}, expected)
    return _consistent_contents(connection)


def _check_definition(name: str, found: str, expected: str) -> None:
    """A table of ours may have more columns, where each is empty in a row that does not name it."""
    if found == expected:
        return
    added = _added_columns(found, expected)
    if added is None:
        raise Damaged("las tablas no son las de su versión")
    if not _PLAIN_COLUMNS.fullmatch(added):
        raise Added(f"contiene algo que este programa no hace: en la tabla {name}, {added[1:]:.40}")


def _added_columns(found: str, expected: str) -> str | None:
    """What ``ALTER TABLE … ADD COLUMN`` has put after a column, with the comma before it."""
    more = len(found) - len(expected)
    for at, sign in enumerate(expected):
        is_after_a_column = sign in ",)" and expected[:at].count("(") - expected[:at].count(")") == 1
        if is_after_a_column and found[at] == "," and found[:at] + found[at + more :] == expected:
            return found[at : at + more]
    return None


def _consistent_contents(connection: sqlite3.Connection) -> Contents:
    instance = connection.execute("SELECT valor FROM sistema WHERE clave = 'instancia'").fetchone()
    if instance is None or not _INSTANCE.fullmatch(str(instance[0])):
        raise Damaged("falta el identificador de la instancia")
    if connection.execute(_LOG_AHEAD).fetchone()[0]:
        raise Damaged("el registro va por delante de sus dispositivos")
    devices, reports = connection.execute(
        "SELECT count(*), coalesce(sum(registros), 0) FROM dispositivos"
    ).fetchone()
    return Contents(instance[0], devices, reports)


def definitions(connection: sqlite3.Connection) -> Definitions:
    """All that the database is made of, and that is done by itself when something is written."""
    rows = connection.execute(_DEFINITIONS).fetchall()
    return {(kind, name): _INSIGNIFICANT.sub("", sql or "") for kind, name, sql in rows}


def refuse_additions(found: Definitions, known: Definitions) -> None:
    """Raises :class:`Added` for what none of our steps has made: it may undo or stop what is written."""
    for kind, name in sorted(found.keys() - known.keys()):
        raise Added(f"contiene algo que este programa no hace: {_KINDS.get(kind, kind)} {name:.40}")


@cache
def _definitions_of_version(version: int) -> Definitions:
    with closing(Database(memory=True, execute_plugins=False)) as database:
        for step in STEPS[:version]:
            step(database)
        return definitions(database.conn)


def _check_pages(connection: sqlite3.Connection, seconds: float) -> None:
    try:
        with _interrupted_after(connection, seconds):
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        logger.warning("integrity_check_cut_short seconds=%.0f", seconds)
        return
    if found != "ok":
        raise Damaged(" ".join(f"la comprobación dice: {found}".split()))


@contextmanager
def _interrupted_after(connection: sqlite3.Connection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # or it might interrupt what comes next
