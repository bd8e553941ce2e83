"""What somebody has put into a database beside what is ours is not run, neither in a copy nor in use."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from persistence.accounts.accounts import Accounts
from persistence.accounts.schema import AccountsFile
from persistence.backup.backups import BackupFailed, Kind, backups_of, make_backup, verify_backup
from persistence.backup.recovery import recover
from persistence.backup.restoring import restore
from persistence.database.schema import sqlite3
from persistence.storage.faults import UnusableDatabase
from persistence.writer.store import Store
from tests.stage import FakeClock

ADDITIONS = [
    "CREATE TRIGGER alto BEFORE INSERT ON estado_log BEGIN SELECT raise(ABORT, 'no'); END",
    "CREATE TRIGGER mudo BEFORE INSERT ON estado_log BEGIN SELECT raise(IGNORE); END",
    "CREATE VIEW vista AS SELECT * FROM dispositivos",
    "CREATE TABLE otra (x INTEGER REFERENCES dispositivos)",
    "CREATE TABLE otra (x CHECK (raro(x)))",
    "CREATE VIRTUAL TABLE texto USING fts5(x)",
    "CREATE INDEX expresion ON estado_log (abs(random()))",
    "CREATE UNIQUE INDEX una_vez ON estado_log (dispositivo_id)",
    "CREATE INDEX parcial ON estado_log (n) WHERE json_extract(parametros, '$.x') > 0",
    "ALTER TABLE estado_log ADD COLUMN doble AS (n * 2)",
    "ALTER TABLE estado_log ADD COLUMN nunca INTEGER CHECK (n < 3)",
    "ALTER TABLE estado_log ADD COLUMN de INTEGER REFERENCES dispositivos",
]


def altered(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError as error:  # SQLite forbids some of it by itself
            pytest.skip(str(error))
        connection.commit()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "iot.db"
    with Store(path) as store:
        store.recall("A")
    make_backup(path, 3, 1000.0, Kind.DAILY)
    return path


@pytest.mark.parametrize("statement", ADDITIONS)
def test_a_backup_with_more_in_it_than_we_make_is_refused(database: Path, statement: str) -> None:
    """It passes no check and cannot be restored; the database stays as it was."""
    [backup] = backups_of(database)
    altered(backup.path, statement)
    with pytest.raises(BackupFailed):
        verify_backup(backup.path)
    for chosen in (backup.path, None):
        with pytest.raises(BackupFailed):
            restore(database, chosen, 2000.0)
    with Store(database) as store:
        assert [device.serial for device in store.devices()] == ["A"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX mio ON estado_log (timestamp DESC, estado COLLATE NOCASE)",
        "CREATE INDEX mio ON dispositivos (nombre)",
        "CREATE TABLE mio (id INTEGER PRIMARY KEY, texto VARCHAR(20) NOT NULL DEFAULT '')",
        "ALTER TABLE estado_log ADD COLUMN mio",
        'ALTER TABLE dispositivos ADD COLUMN "mio" TEXT DEFAULT 0',
    ],
)
def test_what_does_nothing_by_itself_stops_nothing(database: Path, statement: str) -> None:
    """Neither the start nor the copies, which have it too; it is left where it is, and all is written."""
    altered(database, statement)
    assert recover(database, 2000.0) is None
    backup = make_backup(database, 3, 2000.0, Kind.DAILY)
    restore(database, backup, 3000.0)
    with Store(database) as store:
        store.recall("B")
        assert [device.serial for device in store.devices()] == ["A", "B"]
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT 1 FROM sqlite_schema WHERE sql LIKE '%mio%'").fetchone()


def test_an_index_by_an_order_that_is_not_sqlites_own_is_refused(database: Path) -> None:
    """Nothing could be written by a program that does not know it."""
    with closing(sqlite3.connect(database)) as connection:
        connection.create_collation("raro", lambda left, right: (left > right) - (left < right))
        connection.execute("CREATE INDEX mio ON dispositivos (nombre COLLATE raro)")
        connection.commit()
    with pytest.raises(UnusableDatabase, match="el índice mio"):
        recover(database, 2000.0)


@pytest.mark.parametrize("statement", ADDITIONS[:2])
def test_a_recovery_passes_over_it(database: Path, statement: str) -> None:
    """A damaged database is made again from the copy before it."""
    make_backup(database, 3, 2000.0, Kind.DAILY)
    altered(backups_of(database)[-1].path, statement)
    database.write_bytes(b"")
    recovery = recover(database, 3000.0)
    assert recovery is not None
    assert recovery.source == backups_of(database)[0].path.name


@pytest.mark.parametrize("statement", ADDITIONS)
def test_a_live_database_is_refused_in_one_line_and_left_as_it_is(database: Path, statement: str) -> None:
    altered(database, statement)
    with pytest.raises(UnusableDatabase, match=r"este programa no hace: .* «restore»"):
        recover(database, 2000.0)
    assert not (database.parent / "apartados").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER regalo AFTER INSERT ON tokens BEGIN UPDATE usuarios SET rol = 'admin'; END",
        "CREATE VIEW vista AS SELECT * FROM tokens",
        "ALTER TABLE usuarios ADD COLUMN mas TEXT",
    ],
)
def test_people_are_not_taken_from_such_a_file_either(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "cuentas.db"
    Accounts(AccountsFile(path), FakeClock().now)
    altered(path, statement)
    with pytest.raises(UnusableDatabase):
        Accounts(AccountsFile(path), FakeClock().now)
