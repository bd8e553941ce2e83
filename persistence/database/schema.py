"""The database file: how it is opened, how older ones become newer ones, and which are refused."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from actors.domain.status import Hindrance
from persistence.database.files import beside, has_content
from persistence.database.library import Database
from persistence.database.library import sqlite3 as sqlite3
from persistence.database.tables import APPLICATION_ID, STEPS
from persistence.storage.faults import RowFault, StorageFault, UnusableDatabase
from persistence.storage.faults import hindrance_of as neutral_hindrance_of

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 5.0
# A statement of 500 log rows takes 240 KB, and the module's default is to keep 128 of them.
CACHED_STATEMENTS: Final = 16


def migrate(db: Database, steps: Sequence[Callable[[Database], None]] = STEPS) -> None:
    """Take the database through all the steps that it has not seen, or none of them.

    In one transaction, as each waits for the disk: a new house would wait as often as there are steps.
    """
    version = _pragma(db, "user_version")
    if version == len(steps):
        return
    with db.atomic():
        for step in steps[version:]:
            step(db)
        db.conn.execute(f"PRAGMA user_version = {len(steps)}")
    logger.info("database_migrated before=%d version=%d", version, len(steps))


# -- opening -------------------------------------------------------------------------------------


def lock_database(path: Path) -> sqlite3.Connection:
    """Keep every other backend off the database at ``path`` until the connection is closed.

    The lock is SQLite's own, on an empty file beside the database: it is the same on all systems,
    and the operating system lets go of it however the process ends.

    Raises :class:`UnusableDatabase` if another backend has it, or the directory is not writable.
    """
    file = beside(path, ".lock")
    with explaining(file), ExitStack() as undo:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(file, timeout=0, isolation_level=None)
        undo.callback(lock.close)
        lock.execute("BEGIN EXCLUSIVE")
        undo.pop_all()
        return lock


def open_database(path: Path) -> Database:
    """Open the database for writing; create it or bring it up to date as needed.

    A file of no length counts as new, with a warning. None is made where the write-ahead log of one
    lies. Text that is no UTF-8 is read with marks in place of what is not. The connection is bound to
    the calling thread.

    Raises :class:`UnusableDatabase`; what another program has written is then as it was.
    """
    with explaining(path), ExitStack() as undo:
        _check_file(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT_S, isolation_level=None, cached_statements=CACHED_STATEMENTS
        )
        undo.callback(connection.close)
        connection.text_factory = lenient_text
        db = Database(connection, execute_plugins=False)
        _check_owner(path, db)
        _prepare(path, db)
        migrate(db)
        undo.pop_all()
        return db


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise UnusableDatabase(f"{path} es un directorio y debería ser la base de datos: muévelo de ahí.")
    if has_content(path):
        return
    wal = beside(path, "-wal")
    if has_content(wal):
        raise UnusableDatabase(f"Está {wal.name}, pero falta la base de datos {path}: restaura una copia.")
    if path.exists():
        logger.warning("database_empty path=%s", path)


def _check_owner(path: Path, db: Database) -> None:
    owner = _pragma(db, "application_id")
    version = _pragma(db, "user_version")
    is_new = not owner and not version and not _pragma(db, "schema_version")
    refuse_foreign(path, owner == APPLICATION_ID or is_new, version, len(STEPS))


def refuse_foreign(path: Path, is_ours: bool, version: int, newest: int) -> None:
    """Raises :class:`UnusableDatabase` for another program's file, or a ``version`` past ``newest``."""
    if not is_ours:
        raise UnusableDatabase(f"{path} es de otra aplicación: muévelo de ahí o cambia DATA_DIR.")
    if version > newest:
        raise UnusableDatabase(
            f"{path} es de una versión más nueva (esquema {version}; este programa conoce {newest}):"
            " actualiza el programa."
        )


def _prepare(path: Path, db: Database) -> None:
    mode = db.conn.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise UnusableDatabase(
            f"{path} está en un disco que no admite el modo WAL de SQLite: cambia DATA_DIR a un disco local."
        )
    db.conn.execute("PRAGMA synchronous = FULL")
    # A file that may only be read opens, and begins a transaction, without complaint.
    db.begin()
    db.conn.execute("PRAGMA user_version = 0")
    db.rollback()


def _pragma(db: Database, name: str) -> int:
    return int(db.conn.execute(f"PRAGMA {name}").fetchone()[0])


def lenient_text(text: bytes) -> str:
    """How text is read, for a connection's ``text_factory``: one damaged letter must not stop a start."""
    return text.decode(errors="replace")


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raise what goes wrong with ``path`` as :class:`UnusableDatabase`."""
    try:
        yield
    except UnusableDatabase:
        raise
    except (sqlite3.DatabaseError, OSError, StorageFault) as error:
        raise unusable(path, error) from error


def explained(path: Path, error: sqlite3.Error | OSError | StorageFault) -> str:
    """What has gone wrong with ``path``, in one line for people, in Spanish."""
    return str(unusable(path, error))


def unusable(path: Path, error: sqlite3.Error | OSError | StorageFault) -> UnusableDatabase:
    """The same to be raised."""
    if isinstance(error, UnusableDatabase):
        return error
    if isinstance(error, StorageFault):
        cause = error.__cause__
        if isinstance(cause, sqlite3.Error | OSError):
            return unusable(path, cause)
        return UnusableDatabase(f"No se puede abrir {path}: {error}.", error.hindrance or Hindrance.UNUSABLE)
    code = _code_at(path, error)
    match code:
        case sqlite3.SQLITE_NOTADB:
            text = f"{path} no es una base de datos SQLite: muévelo de ahí o cambia DATA_DIR."
        case sqlite3.SQLITE_CORRUPT:
            text = f"{path} está dañado: vuelve a arrancar, y se restaurará la última copia de seguridad."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            text = f"{path} está en uso por otra instancia: ciérrala o cambia DATA_DIR."
        case sqlite3.SQLITE_FULL:
            text = f"No queda sitio en el disco de {path}: libera espacio."
        case sqlite3.SQLITE_IOERR:
            text = f"El disco de {path} falla o tiene una cuota agotada: mira el registro del sistema."
        case sqlite3.SQLITE_READONLY:
            text = f"El disco de {path} está montado solo para leer: mira el registro del sistema."
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            text = f"No se puede escribir {path}: revisa los permisos de {path.parent} o cambia DATA_DIR."
        case _:
            text = f"No se puede abrir {path}: {error}."
    return UnusableDatabase(text, _HINDRANCES.get(code, Hindrance.CANNOT_OPEN))


# The fault lies in a value.
_ROW_FAULTS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)


@contextmanager
def telling_faults() -> Iterator[None]:
    """Raise what SQLite fails with as :class:`StorageFault` or :class:`RowFault`, in its own words."""
    try:
        yield
    except _ROW_FAULTS as error:
        raise RowFault(str(error)) from error
    except sqlite3.Error as error:
        raise StorageFault(str(error), hindrance_of(error)) from error


def hindrance_of(error: BaseException) -> Hindrance | None:
    """As :func:`persistence.storage.faults.hindrance_of`, of SQLite's own errors, too."""
    if isinstance(error, sqlite3.OperationalError | sqlite3.DatabaseError):
        return _HINDRANCES.get(_primary_code(error))
    return neutral_hindrance_of(error)


_HINDRANCES: Final[Mapping[int, Hindrance]] = {
    sqlite3.SQLITE_FULL: Hindrance.NO_SPACE,
    sqlite3.SQLITE_READONLY: Hindrance.READ_ONLY,
    sqlite3.SQLITE_PERM: Hindrance.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Hindrance.CANNOT_OPEN,
    sqlite3.SQLITE_BUSY: Hindrance.BUSY,
    sqlite3.SQLITE_LOCKED: Hindrance.BUSY,
    sqlite3.SQLITE_IOERR: Hindrance.FAILING,
    sqlite3.SQLITE_CORRUPT: Hindrance.DAMAGED,
    sqlite3.SQLITE_NOTADB: Hindrance.DAMAGED,
    sqlite3.SQLITE_ERROR: Hindrance.ANOTHER,
}
# What the operating system says of a disk, in SQLite's words.
_CODES: Final[Mapping[int, int]] = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EIO: sqlite3.SQLITE_IOERR,
    errno.EACCES: sqlite3.SQLITE_PERM,
    errno.EPERM: sqlite3.SQLITE_PERM,
}
_UNWRITABLE: Final = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


def _code_at(path: Path, error: sqlite3.Error | OSError) -> int:
    """The primary code; a file that cannot be made may want room, an inode, or a disk that takes anything,
    rather than rights.
    """
    code = _primary_code(error)
    if code in _UNWRITABLE and hasattr(os, "statvfs"):
        with suppress(OSError):
            disk = os.statvfs(path.parent)
            if disk.f_flag & os.ST_RDONLY:
                return int(sqlite3.SQLITE_READONLY)
            if not (disk.f_bavail and (disk.f_favail or not disk.f_files)):
                return int(sqlite3.SQLITE_FULL)
            return int(sqlite3.SQLITE_PERM)
    return code


def _primary_code(error: sqlite3.Error | OSError) -> int:
    if isinstance(error, OSError):
        return int(_CODES.get(error.errno or 0, sqlite3.SQLITE_CANTOPEN))
    # The low byte is the primary code; the rest only refines it.
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN)) & 0xFF
