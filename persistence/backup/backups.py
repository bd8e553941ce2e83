"""Backups: whole, verified copies of the database, made while the system runs."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Final

from actors.domain.read_models import Backup
from persistence.database.files import beside, move, remove, stamp, stamped_at, sync_file
from persistence.database.integrity_check import (
    Contents,
    Damaged,
    NotOurs,
    examine,
    glance_at,
    is_damage,
    reading,
)
from persistence.database.schema import BUSY_TIMEOUT_S, explained, lock_database, sqlite3
from persistence.storage.faults import UnusableDatabase

logger = logging.getLogger(__name__)

_UNFINISHED: Final = ".parcial"


class BackupFailed(Exception):
    """No backup was made, or none can be used. Its text is one line for people, in Spanish."""


class Kind(Enum):
    """Why a backup was made, and how its name ends. Each kind has a rotation of its own."""

    DAILY = ".db"
    ON_DEMAND = "-pedida.db"


def planned_backup(database: Path, at: float, kind: Kind = Kind.DAILY) -> Backup:
    """What :func:`make_backup` is to make."""
    return Backup(_folder(database) / f"{database.stem}-{stamp(at)}{kind.value}", float(math.floor(at)))


def make_backup(database: Path, keep: int, at: float, kind: Kind = Kind.DAILY) -> Path:
    """A backup as of now in the folder ``copias`` beside ``database``, named after ``at``, an epoch time.

    Of those of its kind the newest ``keep`` stay; what an earlier attempt has left half-made goes. Any
    process may call it while the system runs: commits wait for nothing, 0.7 s a million rows.

    Raises :class:`BackupFailed`; all backups are then as they were.
    """
    target = planned_backup(database, at, kind).path
    with _one_at_a_time(database):
        remove(target.parent.glob(f"*{_UNFINISHED}*"))
        _write(database, target)
        _prune(database, keep, at, kind)
    return target


def write_backup(database: Path, target: Path) -> None:
    """A backup as of now under a name of one's own, which must not be taken.

    Raises :class:`BackupFailed`.
    """
    with _one_at_a_time(database):
        if target.exists():
            raise BackupFailed(f"{target} ya existe: elige otro nombre.")
        _write(database, target)


def newest_backup_at(database: Path, now: float = math.inf, kinds: Iterable[Kind] = Kind) -> float | None:
    """When the newest backup was made, seconds since the epoch; those dated after ``now`` do not count.

    They were made while the clock was ahead, and would put the next one off for as long.
    """
    there = backups_of(database, kinds=kinds)
    return max((each.made_at for each in there if each.made_at <= now), default=None)


def backups_of(database: Path, now: float = math.inf, kinds: Iterable[Kind] = Kind) -> list[Backup]:
    """The backups there, oldest first; any dated after ``now`` counts as older than the others."""
    prefix = f"{database.stem}-"
    found = []
    for kind in kinds:
        for path in _folder(database).glob(f"{prefix}*{kind.value}"):
            made_at = stamped_at(path.name.removeprefix(prefix).removesuffix(kind.value))
            if made_at is not None:
                with suppress(FileNotFoundError):  # one that goes at this moment
                    found.append(Backup(path, made_at, path.stat().st_size))
    return sorted(found, key=lambda each: (each.made_at <= now, each.made_at, each.path))


def verify_backup(backup: Path) -> Contents:
    """What the backup holds, once all of it has been read and found to be whole.

    Raises :class:`BackupFailed`.
    """
    if not backup.is_file():
        raise BackupFailed(f"{backup} no existe.")
    try:
        contents = examine(reading(backup))
    except Damaged as error:
        raise BackupFailed(f"{backup} está dañado: {error}.") from error
    except NotOurs as error:
        raise BackupFailed(f"{backup} {error}.") from error
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(explained(backup, error)) from error
    if contents is None:
        raise BackupFailed(f"{backup} está vacío.")
    return contents


def copy_whole(uri: str, target: Path) -> None:
    """Write what is read under ``uri``, as of one moment, to a new file, which is not synced.

    Raises ``sqlite3.Error``; a part of it may then be left.
    """
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as source:
        source.execute("VACUUM INTO ?", [str(target.absolute())])


def _folder(database: Path) -> Path:
    return database.parent / "copias"


@contextmanager
def _one_at_a_time(database: Path) -> Iterator[None]:
    if not database.is_file():
        raise BackupFailed(f"{database} no existe: no hay nada que copiar.")
    try:
        lock = lock_database(_folder(database) / "copia")
    except UnusableDatabase as error:
        raise BackupFailed(str(error)) from error
    with closing(lock):
        yield


def _write(database: Path, target: Path) -> None:
    unfinished = beside(target, _UNFINISHED)
    remove([unfinished])
    try:
        source = glance_at(reading(database))
        copy_whole(reading(database), unfinished)
        copy = verify_backup(unfinished)
        if source is None or copy.instance != source.instance or copy.devices < source.devices:
            raise BackupFailed(f"La copia de {database} no contiene lo que debería.")
        sync_file(unfinished)
        move(unfinished, target)
    except Damaged as error:
        raise BackupFailed(f"{database} está dañado: {error}.") from error
    except NotOurs as error:
        raise BackupFailed(f"{database} {error}.") from error
    except (sqlite3.Error, OSError) as error:
        at_fault = database if is_damage(error) else target
        raise BackupFailed(explained(at_fault, error)) from error
    finally:
        remove([unfinished, beside(unfinished, "-journal")])


def _prune(database: Path, keep: int, at: float, kind: Kind) -> None:
    backups = backups_of(database, at, [kind])
    try:
        remove(each.path for each in backups[: max(0, len(backups) - keep)])
    except OSError as error:
        logger.warning("old_backup_stays error=%r", error)
