"""Before the start: a database that was damaged is set aside and made again, as well as can be."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.domain.status import Damage, Recovery
from persistence.backup.backups import backups_of
from persistence.backup.restoring import (
    Source,
    backup_sources,
    finish_replacement,
    last_recovery,
    replace_by_first,
    replace_database,
    set_aside_of,
)
from persistence.database.files import beside, has_content
from persistence.database.integrity_check import (
    Added,
    Damaged,
    NotOurs,
    examine,
    glance_at,
    reading,
    reading_alone,
)
from persistence.database.schema import explaining, lock_database, sqlite3
from persistence.database.write_ahead_log import has_lost_commits
from persistence.storage.faults import UnusableDatabase

logger = logging.getLogger(__name__)

# A hundred million rows are checked in it; of a larger database some pages are left to the daily backup.
CHECK_S: Final = 30.0
TOLD_FOR_S: Final = 7 * 86_400.0

_JOURNAL_MODES: Final = frozenset({1, 2})


@dataclass(frozen=True, slots=True)
class _Damage:
    what: Damage
    reason: str
    """A clause for people, in Spanish."""
    own: Sequence[Source] = ()
    """Ways to read the damaged database itself, should one of them do."""


def recover(database: Path, at: float) -> Recovery | None:
    """Make sure that there is no damaged database at ``database``; the epoch time is ``at``.

    A damaged one is set aside, and made again from the newest backup that is whole, or else empty. One
    whose write-ahead log has lost transactions is made again from those before them if it is whole so,
    and knows of as many reports as the newest backup. One that cannot be known for ours, or may not be
    read, is left as it is: opening it says what is wrong.

    Returns what was done now or is not older than a week. To be called before the database is opened
    in this process. It takes 0.3 s a million rows, plus the time to read them from a cold disk, and at
    most :data:`CHECK_S` if there is no damage.

    Raises :class:`persistence.storage.faults.UnusableDatabase` if the disk will not have it; the database is
    then as it was.
    """
    has_run_here = beside(database, ".lock").exists()
    with closing(lock_database(database)), explaining(database):
        finish_replacement(database, at)
        damage = _damage(database, has_run_here)
        if damage is None:
            return _recent_recovery(database, at)
        backups = backup_sources(database, at)
        sources = [*sorted([*damage.own, *backups[:1]], key=_reports, reverse=True), *backups[1:]]
        recovery = replace_by_first(database, sources, damage.what, damage.reason, at)
        if recovery is None:
            recovery = replace_database(database, None, damage.what, damage.reason, at)
    logger.error(
        "database_recovered reason=%r source=%s aside=%s", damage.reason, recovery.source, recovery.aside
    )
    return recovery


def _recent_recovery(database: Path, at: float) -> Recovery | None:
    try:
        last = last_recovery(database)
    except sqlite3.Error:  # new, or not to be opened
        return None
    return last if last is not None and at - last.at < TOLD_FOR_S else None


def _reports(source: Source) -> int:
    """How many the source tells of, at a glance; -1 if it cannot be read."""
    try:
        contents = glance_at(source.uri)
    except (Damaged, NotOurs, sqlite3.Error):
        return -1
    return -1 if contents is None else contents.reports


def _damage(database: Path, has_run_here: bool) -> _Damage | None:
    if database.is_dir():
        return None
    if not has_content(database):
        return _loss(database, has_run_here)
    try:
        found = _found_damage(database)
    except Added as error:
        raise UnusableDatabase(f"{database} {error}. Bórralo de ahí, o usa «restore».") from None
    except (NotOurs, sqlite3.Error, OSError):
        return None
    return found if found and (_was_here(database) or _names_a_table(database)) else None


def _found_damage(database: Path) -> _Damage | None:
    if not _has_sane_header(database):
        return _Damage(Damage.DAMAGED, "está dañada: la cabecera es incoherente")
    broken: Damaged | None = None
    try:
        examine(reading(database), CHECK_S)
    except Damaged as error:
        broken = error
    if has_lost_commits(beside(database, "-wal")):
        own = [Source(database.name, uri(database)) for uri in (reading, reading_alone)]
        return _Damage(Damage.LOST_COMMITS, "ha perdido lo último que se guardó: su -wal está dañado", own)
    return None if broken is None else _Damage(Damage.DAMAGED, f"está dañada: {broken}")


def _loss(database: Path, has_run_here: bool) -> _Damage | None:
    """A file without content is new, unless something shows that there was another one."""
    if not database.exists():
        return _Damage(Damage.MISSING, "falta") if _was_here(database) else None
    was_here = has_run_here or _was_here(database)
    return _Damage(Damage.EMPTY, "está vacía") if was_here else None


def _was_here(database: Path) -> bool:
    log = has_content(beside(database, "-wal"))
    return log or bool(backups_of(database)) or bool(set_aside_of(database))


def _names_a_table(database: Path) -> bool:
    """Whether its beginning, in which its tables are listed, is still one of ours."""
    with database.open("rb") as file:
        return b"dispositivos" in file.read(2**20)


def _has_sane_header(database: Path) -> bool:
    """Whether SQLite may be let near it.

    Of a file of one byte it removes the write-ahead log, even when told to read only. And of one with
    journal modes that there are not yet it says that it may only be read.
    """
    with database.open("rb") as file:
        header = file.read(20)
    return len(header) == 20 and _JOURNAL_MODES.issuperset(header[18:])
