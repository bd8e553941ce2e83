"""Which files are opened, which are refused and how, and how old databases become new ones."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.domain.findings import Decision, Finding, KeptFinding, RuleMemory
from actors.domain.model import DeadLetter, LogEntry
from persistence.database.schema import migrate, open_database, sqlite3
from persistence.database.tables import APPLICATION_ID, STEPS
from persistence.forms.device_rows import DEVICE_COLUMNS
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.storage.faults import UnusableDatabase
from persistence.writer.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


def pragma(path: Path, name: str) -> object:
    database = sqlite3.connect(path)
    try:
        return database.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        database.close()


def shape(path: Path) -> list[object]:
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
    finally:
        database.close()


def test_a_new_database_is_marked_as_ours_and_survives_a_power_cut(tmp_path: Path) -> None:
    """Directories are made, the journal is a write-ahead log, and each commit is synced."""
    path = tmp_path / "not" / "there" / "iot.db"
    with Store(path) as store:
        assert store.database.conn.execute("PRAGMA synchronous").fetchone()[0] == 2
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "application_id") == APPLICATION_ID
    assert pragma(path, "user_version") == len(STEPS)


def test_tables_check_types_where_sqlite_can(path: Path) -> None:
    database = open_database(path)
    strict = {table.name: table.strict for table in database.tables if not table.name.startswith("sqlite_")}
    database.close()
    assert len(strict) == 20
    assert set(strict.values()) == {database.supports_strict}


def test_a_table_that_only_some_files_have_goes(path: Path) -> None:
    """It came with version 13, and is read by nobody."""
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:13])
    old.conn.execute("CREATE TABLE recepcion (filtro TEXT PRIMARY KEY)")
    old.close()
    database = open_database(path)
    assert "recepcion" not in database.table_names()
    database.close()


@pytest.mark.parametrize("version", range(len(STEPS)))
def test_every_older_version_becomes_the_newest_and_keeps_its_rows(path: Path, version: int) -> None:
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:version])
    if version:
        old.conn.execute(
            f"INSERT INTO dispositivos ({', '.join(DEVICE_COLUMNS[:15])}) VALUES"
            " (7, 'A', 'n', 't', 'm', 'd', 'activo', '{}', '{}', 1, 0, NULL, 0, 0, '{}')"
        )
    if version >= 3:
        old.conn.execute(
            "INSERT INTO eventos_ia (id, dispositivo_id, regla, evento, creado_en, datos)"
            " VALUES (4, 7, 'offline', 'ai_offline', 2.5, '{}')"
        )
    old.close()
    with Store(path) as store:
        assert [device.id for device in store.devices()] == ([7] if version else [])
        if version >= 3:
            finding = Finding("offline", "ai_offline", 7, "A", 2.5, {})
            assert Queries(path).findings(1, 9).rows == [KeptFinding(4, finding, None, Decision.OPEN)]
        device = store.recall("B")
        store.save(
            Batch(
                devices={device.id: device},
                entries=[LogEntry(device.id, 1, 0.0, "activo", {})],
                letters=[DeadLetter(0.0, "t", b"", "r")],
                conclusions=[(Finding("offline", "ai_offline", device.id, "B", 0.0, {}), {})],
                memories={(device.id, "offline"): RuleMemory(device.id, "offline", 1, {})},
            )
        )
    fresh = path.with_name("fresh.db")
    open_database(fresh).close()
    assert shape(path) == shape(fresh)
    assert pragma(path, "user_version") == len(STEPS)


@pytest.mark.parametrize("version", [0, 9, len(STEPS)])
def test_a_step_that_fails_leaves_what_was_there(path: Path, version: int) -> None:
    def half(db: Database) -> None:
        db.conn.execute("CREATE TABLE half (x)")
        raise sqlite3.OperationalError("power cut")

    database = Database(sqlite3.connect(path, isolation_level=None))
    migrate(database, STEPS[:version])
    before = shape(path)
    with pytest.raises(sqlite3.OperationalError):
        migrate(database, [*STEPS, half])
    database.close()
    assert shape(path) == before
    assert pragma(path, "user_version") == version


def test_opening_again_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        instance = store.instance_id
    before = shape(path)
    with Store(path) as store:
        assert store.instance_id == instance
    assert re.fullmatch("[0-9a-f]{8}", instance)
    assert shape(path) == before


# -- refused -------------------------------------------------------------------------------------


def _text(path: Path) -> None:
    path.write_text("esto no es una base de datos\n" * 100)


def _directory(path: Path) -> None:
    path.mkdir()


def _other_application(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA application_id = 42")
    database.execute("CREATE TABLE theirs (x)")
    database.close()


def _unmarked_application(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE theirs (x)")
    database.close()


def _newer(path: Path) -> None:
    open_database(path).close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()


def _only_the_log_is_left(path: Path) -> None:
    path.touch()
    path.with_name(path.name + "-wal").write_bytes(b"x" * 100)


def _truncated(path: Path) -> None:
    open_database(path).close()
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_text, "no es una base de datos SQLite"),
        (_directory, "es un directorio"),
        (_other_application, "es de otra aplicación"),
        (_unmarked_application, "es de otra aplicación"),
        (_newer, "versión más nueva"),
        (_only_the_log_is_left, "falta la base de datos"),
        (_truncated, "está dañado"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_and_left_alone(
    path: Path, make: Callable[[Path], None], says: str
) -> None:
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(UnusableDatabase, match=says) as refused:
        Store(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_empty_file_is_a_new_database_and_says_so(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.touch()
    with caplog.at_level(logging.WARNING), Store(path) as store:
        assert store.devices() == []
    assert [record.message for record in caplog.records] == [f"database_empty path={path}"]


READ_ONLY = """
import os, sys
from pathlib import Path
from persistence.writer.store import Store
from persistence.storage.faults import UnusableDatabase
if os.geteuid() == 0:
    os.setuid(65534)
try:
    Store(Path(sys.argv[1]))
except UnusableDatabase as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("exists", "directory_mode"),
    [(False, 0o555), (True, 0o555), (True, 0o777)],
    ids=["new", "old", "only the file is read-only"],
)
def test_what_may_not_be_written_is_refused(exists: bool, directory_mode: int) -> None:
    # Not in tmp_path, whose parents another user may not enter; and root may write everywhere.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "iot.db"
        if exists:
            open_database(path).close()
            path.chmod(0o444)
        Path(directory).chmod(directory_mode)
        said = run(READ_ONLY, path)
        Path(directory).chmod(0o755)
    assert said.startswith("No se puede escribir")
    assert len(said.splitlines()) == 1


def run(program: str, path: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", program, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout


# -- two backends --------------------------------------------------------------------------------

HOLD = """
import sys
from pathlib import Path
from persistence.writer.store import Store
store = Store(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_backend_is_refused_until_the_first_is_killed(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"open\n"
        with pytest.raises(UnusableDatabase, match="en uso por otra instancia"):
            Store(path)
        first.kill()
    Store(path).close()


def test_one_process_cannot_open_it_twice_either(path: Path) -> None:
    with Store(path), pytest.raises(UnusableDatabase, match="en uso por otra instancia"):
        Store(path)
    Store(path).close()
