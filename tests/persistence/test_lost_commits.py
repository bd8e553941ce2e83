"""A write-ahead log that has lost transactions costs those, and not the day since the last backup."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from persistence.backup.backups import make_backup
from persistence.backup.recovery import recover
from persistence.writer.store import Store
from tests.persistence.wreck import (
    AT,
    DAY,
    contents,
    is_whole,
    leave_behind,
    log_of,
    overwrite,
    report,
    reports_of,
)

LAST = "iot-20270115T080000Z.db"
"""The backup made at AT."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "una casa" / "iot.db"


def killed(database: Path, tmp_path: Path) -> Path:
    """A database of which all is in the log, and which goes on with two backups: 2 reports and 4, of 30."""
    left = tmp_path / "killed" / "iot.db"
    with Store(database) as store:
        report(store, "A", 2)
        make_backup(database, 7, AT - DAY)
        report(store, "A", 2)
        make_backup(database, 7, AT)
        report(store, "A", 26)
        leave_behind(database, left)
    shutil.copytree(database.parent / "copias", left.parent / "copias")
    return left


def frames(database: Path) -> int:
    return (log_of(database).stat().st_size - 32) // 4120


def damage_frame(database: Path, number: int) -> None:
    overwrite(log_of(database), 32 + 4120 * number + 1000, os.urandom(20))


def test_what_comes_before_the_damage_is_kept(database: Path, tmp_path: Path) -> None:
    """It is more than any backup has."""
    left = killed(database, tmp_path)
    damage_frame(left, frames(left) - 20)
    before = contents(left)
    recovery = recover(left, AT + 1)
    assert recovery is not None
    assert recovery.source == "iot.db"
    assert contents(left.parent / recovery.aside / "iot.db") == before
    assert 4 < reports_of(left)["A"] < 30
    assert is_whole(left)
    assert recover(left, AT + 2) == recovery


@pytest.mark.parametrize("number", [0, 10])
def test_where_little_comes_before_it_the_backup_is_taken(
    database: Path, tmp_path: Path, number: int
) -> None:
    left = killed(database, tmp_path)
    damage_frame(left, number)
    before = contents(left)
    recovery = recover(left, AT + 1)
    assert recovery is not None
    assert recovery.source == LAST
    assert contents(left.parent / recovery.aside / "iot.db") == before
    assert reports_of(left) == {"A": 4}


def test_a_log_that_was_written_back_already_is_not_missed(database: Path, tmp_path: Path) -> None:
    """The file alone has everything, and with the log's beginning it would be of two minds."""
    left = tmp_path / "killed" / "iot.db"
    with Store(database) as store:
        store.database.conn.execute("PRAGMA wal_autocheckpoint = 0")
        report(store, "A", 30)
        store.database.conn.execute("PRAGMA wal_checkpoint(PASSIVE)")
        leave_behind(database, left)
    damage_frame(left, frames(left) - 20)
    recovery = recover(left, AT)
    assert recovery is not None
    assert recovery.source == "iot.db"
    assert reports_of(left) == {"A": 30}
