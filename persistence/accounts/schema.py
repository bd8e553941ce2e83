"""The file of people and tokens: its tables, who may read it, and how it is opened.

It is apart from the database of readings, so that whoever restores yesterday's readings does not bring back
a token that was revoked today. Several processes write it, the running backend and the command line: so its
journal is a rollback journal, which is safe for that in every version of SQLite.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

from actors.domain.status import Hindrance
from persistence.accounts.ledger import Session
from persistence.database.files import beside, has_content, identity, sync_folder
from persistence.database.integrity_check import Added, definitions, is_damage, refuse_additions
from persistence.database.schema import BUSY_TIMEOUT_S, refuse_foreign, sqlite3, unusable
from persistence.storage.faults import UnusableDatabase

APPLICATION_ID: Final = 0x496F5450  # "IoTP"
PRIVATE: Final = 0o600


def _people(connection: sqlite3.Connection) -> None:
    # ``llave`` is the name without regard to case; SQLite's own NOCASE knows no accents.
    connection.execute(
        """
        CREATE TABLE usuarios (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            nombre TEXT NOT NULL,
            llave TEXT NOT NULL UNIQUE,
            rol TEXT NOT NULL CHECK (rol IN ('admin', 'miembro', 'lectura')),
            clave TEXT,
            creado_en REAL NOT NULL
        )
        """
    )
    connection.execute(
        """
        CREATE TABLE tokens (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            huella BLOB NOT NULL UNIQUE,
            usuario_id INTEGER NOT NULL REFERENCES usuarios ON DELETE CASCADE,
            nombre TEXT NOT NULL,
            tipo TEXT NOT NULL CHECK (tipo IN ('app', 'sesion')),
            creado_en REAL NOT NULL,
            usado_en REAL,
            caduca_en REAL
        )
        """
    )
    connection.execute("CREATE INDEX tokens_por_usuario ON tokens (usuario_id)")
    connection.execute(
        """
        CREATE TABLE codigos (
            usuario_id INTEGER PRIMARY KEY REFERENCES usuarios ON DELETE CASCADE,
            huella BLOB NOT NULL UNIQUE,
            caduca_en REAL NOT NULL
        )
        """
    )
    connection.execute(
        """
        CREATE TABLE auditoria (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            en REAL NOT NULL,
            quien TEXT NOT NULL,
            desde TEXT NOT NULL,
            acto TEXT NOT NULL,
            objeto TEXT NOT NULL
        )
        """
    )
    connection.execute("CREATE INDEX auditoria_por_acto ON auditoria (acto)")
    _generations(connection)


def _generations(connection: sqlite3.Connection) -> None:
    """A number that changes with who may call, whichever statement of whichever program it was."""
    connection.execute("CREATE TABLE generacion (n INTEGER NOT NULL)")
    connection.execute("INSERT INTO generacion VALUES (1)")
    for name, event in (
        ("nuevo", "INSERT ON tokens"),
        ("cambiado", "UPDATE OF huella, usuario_id, nombre, tipo, caduca_en ON tokens"),
        ("borrado", "DELETE ON tokens"),
        ("persona", "UPDATE OF nombre, rol ON usuarios"),
    ):
        connection.execute(
            f"CREATE TRIGGER generacion_{name} AFTER {event} BEGIN UPDATE generacion SET n = n + 1; END"
        )


def _channels(connection: sqlite3.Connection) -> None:
    """How people are reached. ``persona_id`` 0 is the house itself, which is nobody in ``usuarios``."""
    connection.execute("CREATE TABLE preferencias (persona_id INTEGER PRIMARY KEY, datos TEXT NOT NULL)")
    connection.execute(
        """
        CREATE TABLE canales (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            persona_id INTEGER NOT NULL,
            tipo TEXT NOT NULL CHECK (tipo IN ('servicio', 'push')),
            nombre TEXT NOT NULL,
            mostrado TEXT NOT NULL,
            secreto TEXT NOT NULL,
            claves TEXT NOT NULL,
            creado_en REAL NOT NULL
        )
        """
    )
    connection.execute("CREATE INDEX canales_por_secreto ON canales (secreto)")
    connection.execute("CREATE INDEX canales_por_persona ON canales (persona_id)")
    connection.execute("CREATE TABLE clave_push (clave BLOB NOT NULL)")
    connection.execute(
        """
        CREATE TRIGGER avisos_de_nadie AFTER DELETE ON usuarios BEGIN
            DELETE FROM canales WHERE persona_id = old.id;
            DELETE FROM preferencias WHERE persona_id = old.id;
        END
        """
    )


def _owners(connection: sqlite3.Connection) -> None:
    """By which token a browser asked to be told; it may have expired since, or be of an earlier version."""
    connection.execute("ALTER TABLE canales ADD COLUMN token_id INTEGER")


STEPS: Final[Sequence[Callable[[sqlite3.Connection], None]]] = (_people, _channels, _owners)
"""Step ``n``, counted from 1, makes a file of ``user_version`` n from one of n - 1."""


class AccountsFile:
    """A :class:`persistence.accounts.ledger.Ledger` in the file at ``path``, made if need be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        prepare(path)

    def reading(self) -> AbstractContextManager[Session]:
        return reading(self._path)

    def writing(self) -> AbstractContextManager[Session]:
        return writing(self._path)

    def generation(self, counted: int) -> int:
        device, inode = identity(self._path) or (0, 0)
        return (device << 128) + (inode << 64) + counted

    def close(self) -> None:
        """Nothing stays open."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for one thread and a short while; it takes 0.2 ms. No transaction begins by itself.

    Raises :class:`UnusableDatabase`, also where the file is not there; none is made.
    """
    with explaining(path):
        if not path.exists():
            raise UnusableDatabase(
                f"Falta {path}: devuélvelo a su sitio, o empieza de nuevo por «setup» con el sistema parado.",
                Hindrance.PEOPLE_MISSING,
            )
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as found:
            found.execute("PRAGMA foreign_keys = ON")
            found.execute("PRAGMA synchronous = FULL")
            yield found


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that no other writer is in the middle of; undone by whatever is raised in it.

    Raises :class:`UnusableDatabase`.
    """
    with reading(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            # On a full disk SQLite has done so itself, and would say that there is nothing to undo.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def prepare(path: Path) -> None:
    """Make the file, or bring it up to date, and keep it from everybody but its owner.

    A file of no length is damaged, not new. Raises :class:`UnusableDatabase`; what another program has
    written is then as it was.
    """
    with explaining(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o777 != PRIVATE:  # on a disk that may only be read it is so already
            path.chmod(PRIVATE)
        if path.is_file() and not has_content(path):
            raise _damaged(path)
        with reading(path) as connection:
            _check_owner(path, connection)
            is_older = _pragma(connection, "user_version") < len(STEPS)
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise _damaged(path)
            _check_definitions(path, connection)
            connection.execute("PRAGMA journal_mode = DELETE")
        if is_older:
            with writing(path) as connection:
                _migrate(connection)


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raise what goes wrong with the file at ``path`` as :class:`UnusableDatabase`."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        # Without a code it is Python that cannot make sense of what SQLite has read.
        unreadable = isinstance(error, sqlite3.Error) and not hasattr(error, "sqlite_errorcode")
        if unreadable or is_damage(error):
            raise _damaged(path) from error
        raise unusable(path, error) from error


def _damaged(path: Path) -> UnusableDatabase:
    detail = "restaura una copia de ese archivo, o muévelo de ahí y empieza por «setup»"
    return UnusableDatabase(f"{path} está dañado: {detail}.", Hindrance.PEOPLE_DAMAGED)


def _create(path: Path) -> None:
    """Whole or not at all; if another process is quicker, it is that one's."""
    fresh = beside(path, f".{secrets.token_hex(4)}.nuevo")
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))
    try:
        with writing(fresh) as connection:
            _migrate(connection)
        _publish(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def _publish(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)  # which, unlike renaming, replaces nothing
    except FileExistsError:
        return
    except OSError:  # a file system without hard links, as exFAT
        fresh.rename(path)


def _check_owner(path: Path, connection: sqlite3.Connection) -> None:
    is_ours = _pragma(connection, "application_id") == APPLICATION_ID
    refuse_foreign(path, is_ours, _pragma(connection, "user_version"), len(STEPS))


def _check_definitions(path: Path, connection: sqlite3.Connection) -> None:
    """A trigger that somebody has put into a copy could give away, or take away, any token."""
    version = _pragma(connection, "user_version")
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as blank:
        for step in STEPS[:version]:
            step(blank)
        known = definitions(blank)
    found = definitions(connection)
    try:
        refuse_additions(found, known)
    except Added as error:
        raise UnusableDatabase(f"{path} {error}: bórralo, o restaura una copia de ese archivo.") from None
    if found != known:
        raise _damaged(path)


def _migrate(connection: sqlite3.Connection) -> None:
    """In one transaction, since the command line may be run while the backend starts."""
    for step in STEPS[_pragma(connection, "user_version") :]:
        step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
