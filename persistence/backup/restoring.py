"""A database replaced by a copy of it, with what others remember of the time since taken into account."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Final

from actors.domain.status import Damage, Recovery
from persistence.backup.backups import BackupFailed, backups_of, copy_whole, verify_backup
from persistence.database.files import belonging_to, beside, move, remove, stamp, sync_file, sync_folder
from persistence.database.integrity_check import Damaged, NotOurs, examine, is_damage, reading
from persistence.database.schema import BUSY_TIMEOUT_S, explaining, lock_database, open_database, sqlite3
from persistence.forms.rows import json_object, json_text

logger = logging.getLogger(__name__)

# More than a device's configuration can have been changed since the copy was made.
VERSIONS_AHEAD: Final = 1_000
# The same of what has been given a number since: ids are never used again.
IDS_AHEAD: Final = {
    "dispositivos": 1_000,
    "eventos_ia": 100_000,
    "habitaciones": 1_000,
    "ausencias": 1_000,
    "diario": 100_000,
}

_ASIDE: Final = "apartados"
_NOTE: Final = "recuperada"

_LATER_VERSIONS: Final = "UPDATE dispositivos SET version = version + ? WHERE version > 0"
# The table has no row yet of a table that never had one.
_SEQUENCE: Final = """
    INSERT INTO sqlite_sequence SELECT name, 0 FROM sqlite_schema
    WHERE name = ? AND name NOT IN (SELECT name FROM sqlite_sequence)
"""


@dataclass(frozen=True, slots=True)
class Source:
    """What a database can be made from again."""

    name: str
    uri: str


def restore(database: Path, backup: Path | None, at: float) -> Recovery:
    """Put ``backup``, or the newest one that can be used, in the place of ``database``.

    Any database of this system will do, also one that was set aside. What was there is set aside.

    Raises :class:`persistence.backup.backups.BackupFailed`, or
    :class:`persistence.storage.faults.UnusableDatabase` while a backend runs or if the disk is at fault; the
    database is then as it was.
    """
    if backup is None:
        sources = backup_sources(database, at)
    else:
        verify_backup(backup)
        sources = [Source(backup.name, reading(backup))]
    if not sources:
        raise BackupFailed(f"No hay ninguna copia de {database}.")
    with closing(lock_database(database)):
        recovery = replace_by_first(database, sources, Damage.BY_HAND, "se ha restaurado a mano", at)
    if recovery is None:
        raise BackupFailed(f"Ninguna copia de {database} está entera.")
    return recovery


def backup_sources(database: Path, at: float) -> list[Source]:
    """The backups, newest first; those dated after ``at`` last."""
    return [Source(each.path.name, reading(each.path)) for each in reversed(backups_of(database, at))]


def replace_by_first(
    database: Path, sources: Iterable[Source], damage: Damage, reason: str, at: float
) -> Recovery | None:
    """As :func:`replace_database`, by the first of ``sources`` that is whole; ``None`` if none is."""
    for source in sources:
        try:
            if examine(source.uri) is None:
                raise Damaged("está vacía")
            return replace_database(database, source, damage, reason, at)
        except (Damaged, NotOurs, sqlite3.Error) as error:
            logger.warning("source_unusable name=%s error=%s", source.name, error)
    return None


def replace_database(
    database: Path, source: Source | None, damage: Damage, reason: str, at: float
) -> Recovery:
    """Put a copy of ``source``, or a new database, in the place of ``database``, which is locked.

    The files that were there go, byte for byte, to a folder named after ``at`` and ``damage``. A power cut
    on the way leaves the old files or, once :func:`finish_replacement` was called, the new one.

    Raises :class:`persistence.database.integrity_check.Damaged` if the source is, and
    :class:`persistence.storage.faults.UnusableDatabase`; nothing has been touched then.
    """
    aside = _place_aside(database, at, damage.value)
    name = None if source is None else source.name
    recovery = Recovery(at, reason, name, aside.relative_to(database.parent).as_posix(), damage)
    with explaining(database):
        with _draft(database) as draft:
            if source is None:
                open_database(draft).close()
            else:
                _restored_from(source, draft)
            _note(draft, recovery)
            sync_file(draft)
            move(draft, _ready(database))
        _set_aside(database, aside)
        move(_ready(database), database)
    return recovery


def finish_replacement(database: Path, at: float) -> None:
    """Do what is left of a replacement that was cut short; ``database`` is locked."""
    ready = _ready(database)
    if not ready.exists():
        return
    if database.exists():
        remove([ready])
        return
    _set_aside(database, _place_aside(database, at, "resto"))
    move(ready, database)
    logger.warning("replacement_finished path=%s", database)


def last_recovery(database: Path) -> Recovery | None:
    """The newest one that the database tells of.

    Raises ``sqlite3.Error`` if it cannot be read.
    """
    with closing(sqlite3.connect(reading(database), uri=True, timeout=BUSY_TIMEOUT_S)) as connection:
        row = connection.execute(
            "SELECT CAST(valor AS BLOB) FROM sistema WHERE clave = ?", [_NOTE]
        ).fetchone()
    match row and json_object(row[0]):
        case {
            "en": float(at),
            "motivo": str(reason),
            "copia": str() | None as source,
            "apartada": str(aside),
            **rest,
        }:
            return Recovery(at, reason, source, aside, _damage_named(rest.get("que")))
    return None


def _damage_named(name: object) -> Damage | None:
    return next((each for each in Damage if each.value == name), None)


# -- the way there -------------------------------------------------------------------------------


def _ready(database: Path) -> Path:
    """The finished replacement, until it has its name."""
    return beside(database, ".nueva")


def set_aside_of(database: Path) -> list[Path]:
    """The folders of what was set aside."""
    return list((database.parent / _ASIDE).glob(f"{database.stem}-*"))


def _place_aside(database: Path, at: float, why: str) -> Path:
    """A folder that is not there yet."""
    name = f"{database.stem}-{stamp(at)}-{why}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(place for each in names if not (place := database.parent / _ASIDE / each).exists())


def _set_aside(database: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    sync_folder(folder.parent)
    for file in belonging_to(database):
        move(file, folder / file.name)


@contextmanager
def _draft(database: Path) -> Iterator[Path]:
    """Where the replacement is made; whatever is left of it goes."""
    draft = beside(_ready(database), ".parcial")
    remove(belonging_to(draft))
    try:
        yield draft
    finally:
        remove(belonging_to(draft))


def _restored_from(source: Source, draft: Path) -> None:
    """Copy it, and bring it up to what devices and apps may have been told since.

    A device ignores configurations older than its own, so every version counts on from further ahead,
    and so do the ids. Of the boot that it is in, a device may have had receipts for reports that the
    copy does not hold and that will never come again. In that gap its receipts would stop for ever, so
    that boot is forgotten.
    """
    try:
        copy_whole(source.uri, draft)
        open_database(draft).close()  # an older one has not all of the tables yet
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            connection.execute(_LATER_VERSIONS, [VERSIONS_AHEAD])
            for table, ahead in IDS_AHEAD.items():
                connection.execute(_SEQUENCE, [table])
                connection.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?", [ahead, table])
            boots = connection.execute("SELECT id, CAST(arranques AS BLOB) FROM dispositivos").fetchall()
            connection.executemany(
                "UPDATE dispositivos SET arranques = ? WHERE id = ?",
                [(_without_newest(known), device) for device, known in boots],
            )
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(str(error)) from error
        raise


def _without_newest(boots: bytes) -> str:
    known = json_object(boots) or {}
    return json_text(dict(list(known.items())[1:]))


def _note(draft: Path, recovery: Recovery) -> None:
    note = {
        "en": float(recovery.at),
        "motivo": recovery.reason,
        "copia": recovery.source,
        "apartada": recovery.aside,
        "que": None if recovery.damage is None else recovery.damage.value,
    }
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.execute("REPLACE INTO sistema VALUES (?, ?)", [_NOTE, json_text(note)])
