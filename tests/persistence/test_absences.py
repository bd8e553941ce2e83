"""Absences on disk: all of them at once, and ids for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.domain.absences import Absence, Absences
from persistence.backup.backups import make_backup
from persistence.backup.restoring import IDS_AHEAD, restore
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store

AT = 1_800_000_000.0
SUMMER = Absence(1, AT, AT + 86_400.5)
NOW_ON = Absence(2, AT + 2e6)
BOTH = Absences((SUMMER, NOW_ON), 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


def as_before_absences(path: Path) -> None:
    before = [step.__name__ for step in STEPS].index("_absences")
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:before])
    old.conn.execute("INSERT INTO habitaciones (nombre) VALUES ('Salón')")
    old.close()


def test_a_database_from_before_there_were_absences_gets_none(path: Path) -> None:
    """And what it held stays."""
    as_before_absences(path)
    with Store(path) as store:
        assert store.absences() == Absences()
        store.save(Batch(absences=[BOTH]))
        assert store.absences() == BOTH
    assert Queries(path).rooms().names == {1: "Salón"}


@pytest.mark.parametrize("before", [False, True], ids=["with absences", "from before there were any"])
def test_a_restored_house_gives_no_id_again(path: Path, before: bool) -> None:
    older = path.with_name("older.db")
    with Store(path) as store:
        store.save(Batch(absences=[BOTH]))
        backup = make_backup(path, 7, AT)
    if before:
        as_before_absences(older)
    restore(path, older if before else backup, AT)
    with Store(path) as store:
        ahead = IDS_AHEAD["ausencias"]
        assert store.absences() == (Absences((), ahead) if before else Absences(BOTH.said, 2 + ahead))
