"""The database file: its tables, how older ones become newer ones, and which files are refused."""

from __future__ import annotations

import errno
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlite_utils import Database

# The very library that sqlite-utils has chosen: closing a file in one SQLite library drops the locks
# that another one in the same process holds on it.
from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]

from persistence.files import beside, has_content

logger = logging.getLogger(__name__)

APPLICATION_ID: Final = 0x496F5442  # "IoTB"
BUSY_TIMEOUT_S: Final = 5.0
# A statement of 500 log rows takes 240 KB, and the module's default is to keep 128 of them.
CACHED_STATEMENTS: Final = 16


class UnusableDatabase(Exception):
    """The database cannot be worked with. Its text is one line for people, in Spanish."""


# -- the tables ----------------------------------------------------------------------------------


def _devices_and_log(db: Database) -> None:
    strict = _strict(db)
    # AUTOINCREMENT, since an id is never to be used again, not even that of a deleted device.
    db.conn.execute(
        f"""
        CREATE TABLE dispositivos (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            serial_number TEXT NOT NULL UNIQUE,
            nombre TEXT NOT NULL,
            tipo TEXT NOT NULL,
            modelo TEXT NOT NULL,
            descripcion TEXT NOT NULL,
            estado TEXT NOT NULL,
            parametros TEXT NOT NULL,
            configuracion TEXT NOT NULL,
            reclamado INTEGER NOT NULL,
            en_linea INTEGER NOT NULL,
            visto_en REAL,
            version INTEGER NOT NULL,
            registros INTEGER NOT NULL,
            arranques TEXT NOT NULL
        ) {strict}
        """
    )
    # Clustered by device and row number, so that a page of the log is one range of the key.
    db.conn.execute(
        f"""
        CREATE TABLE estado_log (
            dispositivo_id INTEGER NOT NULL,
            n INTEGER NOT NULL,
            timestamp REAL NOT NULL,
            estado TEXT NOT NULL,
            parametros TEXT NOT NULL,
            boot TEXT,
            seq INTEGER,
            PRIMARY KEY (dispositivo_id, n)
        ) WITHOUT ROWID{strict and ", " + strict}
        """
    )
    db.conn.execute(f"CREATE TABLE sistema (clave TEXT PRIMARY KEY, valor TEXT NOT NULL) {strict}")
    db.conn.execute("INSERT INTO sistema VALUES ('instancia', ?)", [secrets.token_hex(4)])
    db.conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _dead_letters(db: Database) -> None:
    db.conn.execute(
        f"""
        CREATE TABLE rechazados (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            recibido_en REAL NOT NULL,
            topic TEXT NOT NULL,
            payload BLOB NOT NULL,
            motivo TEXT NOT NULL
        ) {_strict(db)}
        """
    )


def _findings(db: Database) -> None:
    db.conn.execute(
        f"""
        CREATE TABLE eventos_ia (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dispositivo_id INTEGER NOT NULL,
            regla TEXT NOT NULL,
            evento TEXT NOT NULL,
            creado_en REAL NOT NULL,
            datos TEXT NOT NULL
        ) {_strict(db)}
        """
    )
    db.conn.execute("CREATE INDEX eventos_ia_por_dispositivo ON eventos_ia (dispositivo_id)")


def _decisions_and_memories(db: Database) -> None:
    strict = _strict(db)
    db.conn.execute("ALTER TABLE eventos_ia ADD COLUMN marca INTEGER NOT NULL DEFAULT 0")
    db.conn.execute(
        """
        ALTER TABLE eventos_ia ADD COLUMN decision TEXT NOT NULL DEFAULT 'abierto'
            CHECK (decision IN ('abierto', 'aplicado', 'descartado'))
        """
    )
    # The key follows in every index, so that each gives its rows in the order of their ids.
    db.conn.execute("CREATE INDEX eventos_ia_por_regla ON eventos_ia (regla)")
    db.conn.execute("CREATE INDEX eventos_ia_por_ambos ON eventos_ia (dispositivo_id, regla)")
    db.conn.execute(
        f"""
        CREATE TABLE memoria_reglas (
            dispositivo_id INTEGER NOT NULL,
            regla TEXT NOT NULL,
            hasta INTEGER NOT NULL,
            estado TEXT NOT NULL,
            guardado_en REAL NOT NULL,
            PRIMARY KEY (dispositivo_id, regla)
        ) WITHOUT ROWID{strict and ", " + strict}
        """
    )


def _desired_and_reported(db: Database) -> None:
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN informado TEXT NOT NULL DEFAULT '{}'")
    # What people have asked for until now cannot be told from what the device has said.
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN pedido TEXT NOT NULL DEFAULT '[]'")


def _summaries(db: Database) -> None:
    strict = _strict(db)
    db.conn.execute(
        f"""
        CREATE TABLE metricas (
            id INTEGER PRIMARY KEY,
            dispositivo_id INTEGER NOT NULL,
            nombre TEXT NOT NULL,
            UNIQUE (dispositivo_id, nombre)
        ) {strict}
        """
    )
    for table in ("resumen_horas", "resumen_dias"):
        db.conn.execute(
            f"""
            CREATE TABLE {table} (
                metrica_id INTEGER NOT NULL,
                inicio INTEGER NOT NULL,
                n INTEGER NOT NULL,
                suma REAL NOT NULL,
                minimo REAL NOT NULL,
                maximo REAL NOT NULL,
                primero INTEGER NOT NULL,
                ultimo INTEGER NOT NULL,
                PRIMARY KEY (metrica_id, inicio)
            ) WITHOUT ROWID{strict and ", " + strict}
            """
        )
    # How far each device's log is rolled up, and from when on its hours are to be read.
    db.conn.execute(
        f"""
        CREATE TABLE resumidos (
            dispositivo_id INTEGER PRIMARY KEY,
            n INTEGER NOT NULL,
            horas_desde INTEGER NOT NULL DEFAULT 0
        ) {strict}
        """
    )


def _claim_codes(db: Database) -> None:
    db.conn.execute("ALTER TABLE dispositivos ADD COLUMN codigo_sha256 TEXT")


STEPS: Final[Sequence[Callable[[Database], None]]] = (
    _devices_and_log,
    _dead_letters,
    _findings,
    _decisions_and_memories,
    _desired_and_reported,
    _summaries,
    _claim_codes,
)
"""Step ``n``, counted from 1, makes a database of ``user_version`` n from one of n - 1."""


def _strict(db: Database) -> str:
    return "STRICT" if db.supports_strict else ""


def migrate(db: Database, steps: Sequence[Callable[[Database], None]] = STEPS) -> None:
    """Take the database through the steps that it has not seen, each in a transaction of its own."""
    version = _pragma(db, "user_version")
    for number, step in enumerate(steps[version:], start=version + 1):
        with db.atomic():
            step(db)
            db.conn.execute(f"PRAGMA user_version = {number}")
        logger.info("database_migrated version=%d", number)


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
    except (sqlite3.DatabaseError, OSError) as error:
        raise UnusableDatabase(explained(path, error)) from error


def explained(path: Path, error: sqlite3.Error | OSError) -> str:
    """What has gone wrong with ``path``, in one line for people, in Spanish."""
    match _primary_code(error):
        case sqlite3.SQLITE_NOTADB:
            return f"{path} no es una base de datos SQLite: muévelo de ahí o cambia DATA_DIR."
        case sqlite3.SQLITE_CORRUPT:
            return f"{path} está dañado: vuelve a arrancar, y se restaurará la última copia de seguridad."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} está en uso por otra instancia: ciérrala o cambia DATA_DIR."
        case sqlite3.SQLITE_FULL:
            return f"No queda sitio en el disco de {path}: libera espacio."
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"No se puede escribir {path}: revisa los permisos de {path.parent} o cambia DATA_DIR."
    return f"No se puede abrir {path}: {error}."


def _primary_code(error: sqlite3.Error | OSError) -> int:
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return int(sqlite3.SQLITE_FULL if full else sqlite3.SQLITE_CANTOPEN)
    # The low byte is the primary code; the rest only refines it.
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN)) & 0xFF
