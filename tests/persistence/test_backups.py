"""A backup is whole or not there at all, whatever goes on meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from persistence.backup.backups import (
    BackupFailed,
    Kind,
    backups_of,
    make_backup,
    newest_backup_at,
    verify_backup,
    write_backup,
)
from persistence.database.schema import lock_database, migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.writer.store import Store
from tests.persistence.wreck import AT, DAY, overwrite, report, reports_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "una casa" / "iot.db"


@pytest.fixture(autouse=True)
def store(database: Path) -> Iterator[Store]:
    """Open all the while, with three reports in it."""
    with Store(database) as store:
        report(store, "A", 3)
        yield store


def names(database: Path) -> list[str]:
    return sorted(each.name for each in (database.parent / "copias").iterdir() if each.suffix != ".lock")


# -- made ----------------------------------------------------------------------------------------


def test_a_backup_holds_what_was_committed_and_is_the_same_installation(store: Store, database: Path) -> None:
    """Also what is only in the write-ahead log yet, while the database stays open for writing."""
    backup = make_backup(database, 7, AT)
    report(store, "B", 1)
    found = verify_backup(backup)
    assert (found.instance, found.devices, found.reports) == (store.instance_id, 1, 3)
    assert backup.relative_to(database.parent).as_posix() == "copias/iot-20270115T080000Z.db"
    assert reports_of(backup) == {"A": 3}


BACK_UP = """
import sys
from pathlib import Path
from persistence.backup.backups import make_backup
for line in sys.stdin:
    print(make_backup(Path(sys.argv[1]), 7, float(line)), flush=True)
"""


def test_another_process_makes_backups_while_the_writer_commits(store: Store, database: Path) -> None:
    """Each holds all that was committed before it began, and the writer is never refused."""
    with subprocess.Popen(
        [sys.executable, "-c", BACK_UP, str(database)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for number in range(5):
            before = report(store, "A", 0).reports
            other.stdin.write(f"{AT + number}\n")
            other.stdin.flush()
            report(store, "A", 50)
            backup = Path(other.stdout.readline().strip())
            assert before <= verify_backup(backup).reports <= before + 50
        other.stdin.close()
        assert other.wait(60) == 0


def test_the_newest_are_kept(database: Path) -> None:
    for day in range(5):
        make_backup(database, 3, AT + day * DAY)
    assert [each.made_at for each in backups_of(database)] == [AT + day * DAY for day in (2, 3, 4)]
    assert newest_backup_at(database) == AT + 4 * DAY


def test_each_kind_has_a_rotation_of_its_own(database: Path) -> None:
    """However many are asked for, the daily ones stay; of both the newest can be gone back to."""
    daily = [make_backup(database, 3, AT + day * DAY) for day in range(3)]
    asked = [make_backup(database, 3, AT + 2 * DAY + minute * 60, Kind.ON_DEMAND) for minute in range(5)]
    assert [each.path for each in backups_of(database)] == [*daily, *asked[2:]]
    assert newest_backup_at(database) == AT + 2 * DAY + 240
    assert newest_backup_at(database, kinds=[Kind.DAILY]) == AT + 2 * DAY


def test_those_from_the_future_are_the_first_to_go(database: Path) -> None:
    """A clock that was ten years ahead for a day neither puts the next backup off nor crowds it out."""
    ahead = make_backup(database, 2, AT + 3650 * DAY)
    assert newest_backup_at(database, AT) is None
    make_backup(database, 2, AT)
    assert newest_backup_at(database, AT) == AT
    assert backups_of(database, AT)[0].path == ahead
    make_backup(database, 2, AT + DAY)
    assert [each.made_at for each in backups_of(database)] == [AT, AT + DAY]


def test_what_was_left_half_made_goes_and_what_is_no_backup_stays(database: Path) -> None:
    folder = database.parent / "copias"
    folder.mkdir()
    for name in ("iot-20270101T000000Z.db.parcial", "iot-20270101T000000Z.db.parcial-journal", "mia.db"):
        (folder / name).write_text("x")
    make_backup(database, 1, AT)
    assert names(database) == ["iot-20270115T080000Z.db", "mia.db"]
    assert [each.made_at for each in backups_of(database)] == [AT]


def test_none_was_made_yet(database: Path) -> None:
    assert newest_backup_at(database) is None


def test_a_backup_under_a_name_of_ones_own_overwrites_nothing(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = Path("mi copia #1.db")
    write_backup(database, target)
    assert reports_of(target) == {"A": 3}
    before = target.read_bytes()
    with pytest.raises(BackupFailed, match=r"mi copia #1\.db ya existe"):
        write_backup(database, target)
    assert target.read_bytes() == before
    assert newest_backup_at(database) is None


def test_a_relative_path_will_do(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(database.parent)
    assert verify_backup(make_backup(Path("iot.db"), 7, AT)).reports == 3


# -- not made ------------------------------------------------------------------------------------


def fails(make: Callable[[], object], says: str) -> None:
    with pytest.raises(BackupFailed, match=says) as failed:
        make()
    assert "\n" not in str(failed.value)


def test_of_nothing_there_is_no_backup(tmp_path: Path) -> None:
    fails(lambda: make_backup(tmp_path / "nada" / "iot.db", 7, AT), "no existe")
    assert not (tmp_path / "nada").exists()


def test_one_is_made_at_a_time(database: Path) -> None:
    """So that nobody clears away what somebody else is making."""
    with closing(lock_database(database.parent / "copias" / "copia")):
        fails(lambda: make_backup(database, 7, AT), "en uso")
    make_backup(database, 7, AT)


def test_a_folder_that_is_not_there_is_named(database: Path, tmp_path: Path) -> None:
    fails(lambda: write_backup(database, tmp_path / "usb" / "iot.db"), "usb")


@pytest.mark.parametrize("at", [0, 8192])
def test_a_damaged_database_gets_no_backup(database: Path, tmp_path: Path, at: int) -> None:
    """And those there stay."""
    wreck = tmp_path / "wreck" / "iot.db"
    shutil.copytree(make_backup(database, 7, AT).parent, wreck.parent / "copias")
    shutil.copy(backups_of(wreck)[0].path, wreck)
    overwrite(wreck, at, bytes(4096))
    fails(lambda: make_backup(wreck, 1, AT + DAY), f"{wreck}.*(dañado|SQLite)")
    assert names(wreck) == ["iot-20270115T080000Z.db"]


LIMITED = """
import resource, sys
from pathlib import Path
from persistence.backup.backups import BackupFailed, make_backup
size = Path(sys.argv[1]).stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))
try:
    make_backup(Path(sys.argv[1]), 1, 1_800_086_400.0)
except BackupFailed as error:
    print(error)
"""


def test_where_there_is_no_room_nothing_is_left_behind(store: Store, database: Path) -> None:
    """And the backups that are there stay."""
    report(store, "A", 100)
    store.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    make_backup(database, 1, AT)
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED, str(database)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert len(ended.stdout.splitlines()) == 1
    assert names(database) == ["iot-20270115T080000Z.db"]


# -- verified ------------------------------------------------------------------------------------


def _flip_a_page(copy: Path) -> None:
    overwrite(copy, 4096 * 3, os.urandom(4096))


def _swap_a_serial(copy: Path) -> None:
    """In the table, not in the index: the pages are whole, and do not agree."""
    with closing(sqlite3.connect(copy)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'dispositivos'").fetchone()
    start = (page[0] - 1) * 4096
    data = copy.read_bytes()[start : start + 4096]
    overwrite(copy, start, data.replace(b"SERIE-1", b"SERIE-2"))


def _sql(statement: str) -> Callable[[Path], None]:
    def change(copy: Path) -> None:
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute(statement)

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda copy: copy.unlink(), "no existe"),
        (lambda copy: copy.write_bytes(b""), "vacío"),
        (lambda copy: copy.write_text("hola" * 5000), "dañado"),
        (lambda copy: copy.write_bytes(copy.read_bytes()[:-4096]), "dañado"),
        (_flip_a_page, "dañado"),
        (_swap_a_serial, "dañado"),
        (_sql("DROP TABLE eventos_ia"), "dañado: las tablas"),
        (_sql("DELETE FROM sistema"), "dañado: falta el identificador"),
        (_sql("UPDATE dispositivos SET registros = 1 WHERE registros > 1"), "dañado: el registro va"),
        (_sql("PRAGMA user_version = 1"), "dañado: las tablas"),
        (_sql("PRAGMA user_version = -1"), "dañado: la cabecera"),
        (_sql("PRAGMA user_version = 70000"), "dañado: la cabecera"),
        (_sql("PRAGMA application_id = 0"), "dañado: la cabecera"),
        (_sql(f"PRAGMA user_version = {len(STEPS) + 1}"), "versión más nueva"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(
    store: Store, database: Path, change: Callable[[Path], None], says: str
) -> None:
    report(store, "SERIE-1", 2)
    backup = make_backup(database, 7, AT)
    verify_backup(backup)
    change(backup)
    fails(lambda: verify_backup(backup), f"{re.escape(str(backup))} .*{says}")


def test_another_applications_database_is_no_backup(tmp_path: Path) -> None:
    other = tmp_path / "otra.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    fails(lambda: verify_backup(other), "es de otra aplicación")


def test_columns_and_tables_of_others_do_no_harm(database: Path) -> None:
    """Somebody has looked into the file with a tool, and left an index or a table there."""
    backup = make_backup(database, 7, AT)
    _sql("CREATE TABLE notas (x)")(backup)
    _sql("ALTER TABLE dispositivos ADD COLUMN sala TEXT")(backup)
    _sql("CREATE INDEX por_hora ON estado_log (timestamp)")(backup)
    assert verify_backup(backup).reports == 3


@pytest.mark.parametrize("version", range(1, len(STEPS)))
def test_a_backup_of_every_older_version_is_known_for_one(tmp_path: Path, version: int) -> None:
    old = tmp_path / "iot.db"
    with closing(Database(sqlite3.connect(old, isolation_level=None))) as made:
        migrate(made, STEPS[:version])
    assert verify_backup(old).devices == 0
