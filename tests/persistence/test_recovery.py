"""A damaged database does not keep the system from coming up, and nothing of it is thrown away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from persistence.backup.backups import backups_of, make_backup
from persistence.backup.recovery import TOLD_FOR_S, recover
from persistence.database.files import beside
from persistence.database.schema import sqlite3
from persistence.database.tables import STEPS
from persistence.storage.faults import UnusableDatabase
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


def lived_in(database: Path) -> Path:
    """Backups with 2 and 4 reports, then 6 reports, and an orderly end."""
    with Store(database) as store:
        report(store, "A", 2)
        make_backup(database, 7, AT - DAY)
        report(store, "A", 2)
        make_backup(database, 7, AT)
        report(store, "A", 2)
    return database


# -- left alone ----------------------------------------------------------------------------------


def test_a_place_where_nothing_was_yet_is_left_empty(database: Path) -> None:
    assert recover(database, AT) is None
    assert [each.name for each in database.parent.iterdir()] == ["iot.db.lock"]


def test_a_sound_database_is_left_as_it_is(database: Path) -> None:
    lived_in(database)
    before = contents(database)
    assert recover(database, AT + DAY) is None
    assert contents(database) == before


def test_what_a_kill_leaves_is_sound(database: Path, tmp_path: Path) -> None:
    """Most of it in the write-ahead log; and an interrupted transaction at its end."""
    killed = tmp_path / "killed" / "iot.db"
    with Store(database) as store:
        report(store, "A", 5)
        leave_behind(database, killed)
    with log_of(killed).open("ab") as log:
        log.write(os.urandom(6000))
    before = contents(killed)
    assert recover(killed, AT) is None
    assert contents(killed) == before
    assert reports_of(killed) == {"A": 5}


def _text(database: Path) -> None:
    database.write_text("esto no es una base de datos\n" * 300)


def _other_application(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE theirs (x)")


def _newer(database: Path) -> None:
    Store(database).close()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")


def _damaged_of_somebody_else(database: Path) -> None:
    _other_application(database)
    overwrite(database, 4096, os.urandom(4096))


@pytest.mark.parametrize("make", [_text, _other_application, _newer, _damaged_of_somebody_else])
def test_what_is_not_known_for_ours_is_left_to_be_refused(
    database: Path, make: Callable[[Path], None]
) -> None:
    """At the first start and at the next."""
    database.parent.mkdir()
    make(database)
    before = contents(database)
    for _ in range(2):
        assert recover(database, AT) is None
        assert contents(database) == before
        with pytest.raises(UnusableDatabase):
            Store(database)


@pytest.mark.parametrize("make", [_other_application, _newer])
def test_nor_does_a_backup_take_its_place(database: Path, make: Callable[[Path], None]) -> None:
    lived_in(database).unlink()
    make(database)
    assert recover(database, AT) is None


def test_a_directory_in_its_place_is_left_to_be_refused(database: Path) -> None:
    database.mkdir(parents=True)
    assert recover(database, AT) is None
    assert recover(database, AT) is None


def test_a_database_in_use_is_not_looked_at(database: Path) -> None:
    lived_in(database)
    with Store(database), pytest.raises(UnusableDatabase, match="en uso por otra instancia"):
        recover(database, AT)


# -- restored ------------------------------------------------------------------------------------


def _zeroed_header(database: Path) -> None:
    overwrite(database, 0, bytes(100))


def _zeroed_first_page(database: Path) -> None:
    overwrite(database, 0, bytes(4096))


def _random_page(database: Path) -> None:
    overwrite(database, 4096, os.urandom(4096))


def _strange_header_byte(database: Path) -> None:
    """Of such a file SQLite says that it may only be read."""
    overwrite(database, 18, b"\x07")


def _damaged_definition(database: Path) -> None:
    """A byte in the text of a CREATE TABLE, which SQLite then quotes."""
    database.write_bytes(database.read_bytes().replace(b"CREATE TABLE sistema", b"CREATE TAB\xffE sistema"))


def _cut_short(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def _empty(database: Path) -> None:
    os.truncate(database, 0)


def _sql(statement: str) -> Callable[[Path], None]:
    def change(database: Path) -> None:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute(statement)

    return change


DAMAGE = [
    _zeroed_header,
    _zeroed_first_page,
    _random_page,
    _strange_header_byte,
    _damaged_definition,
    _cut_short,
    _empty,
    _sql("DROP TABLE eventos_ia"),
    _sql("DELETE FROM sistema"),
    _sql("PRAGMA user_version = 1"),
    _sql("PRAGMA application_id = 7"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_set_aside_and_restored_from_the_newest_backup(
    database: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(lived_in(database))
    before = contents(database)
    recovery = recover(database, AT + DAY)
    assert recovery is not None
    assert (recovery.at, recovery.source) == (AT + DAY, LAST)
    assert recovery.aside.startswith("apartados/iot-20270116T080000Z-")
    assert contents(database.parent / recovery.aside / "iot.db") == before
    assert reports_of(database) == {"A": 4}
    assert is_whole(database)
    assert "database_recovered" in caplog.messages[-1]
    assert "\n" not in str(recovery)


def test_a_database_that_has_gone_is_restored(database: Path) -> None:
    """With what is left of it, the write-ahead log, set aside."""
    lived_in(database).unlink()
    log_of(database).write_bytes(b"rest")
    recovery = recover(database, AT + DAY)
    assert recovery is not None
    assert (database.parent / recovery.aside / "iot.db-wal").read_bytes() == b"rest"
    assert reports_of(database) == {"A": 4}


def test_where_the_newest_backup_is_damaged_the_one_before_it_is_taken(database: Path) -> None:
    _random_page(lived_in(database))
    _random_page(backups_of(database)[-1].path)
    recovery = recover(database, AT + DAY)
    assert recovery is not None
    assert recovery.source == "iot-20270114T080000Z.db"
    assert reports_of(database) == {"A": 2}


@pytest.mark.parametrize("damage", [each for each in DAMAGE if each is not _zeroed_first_page])
def test_without_a_backup_it_begins_empty_and_says_so(database: Path, damage: Callable[[Path], None]) -> None:
    damage(lived_in(database))
    shutil.rmtree(database.parent / "copias")
    before = contents(database)
    recovery = recover(database, AT + DAY)
    assert recovery is not None
    assert recovery.source is None
    assert "empieza vacía" in str(recovery)
    assert contents(database.parent / recovery.aside / "iot.db") == before
    assert reports_of(database) == {}
    assert recover(database, AT + DAY) == recovery


def test_a_file_without_content_in_a_place_where_nothing_ran_is_new(database: Path) -> None:
    database.parent.mkdir()
    database.touch()
    assert recover(database, AT) is None


def test_it_is_told_of_for_a_week(database: Path) -> None:
    """Over restarts, and whatever is recovered next is told of instead."""
    _random_page(lived_in(database))
    first = recover(database, AT)
    assert first is not None
    for later in (0.0, DAY, TOLD_FOR_S - 1):
        assert recover(database, AT + later) == first
    assert recover(database, AT + TOLD_FOR_S) is None
    _empty(database)
    second = recover(database, AT + 2)
    assert second is not None
    assert second.aside == "apartados/iot-20270115T080002Z-vacia"
    assert recover(database, AT + 3) == second


def test_two_in_one_second_do_not_overwrite_each_other(database: Path) -> None:
    lived_in(database)
    asides = set()
    for _ in range(3):
        _empty(database)
        recovery = recover(database, AT)
        assert recovery is not None
        asides.add(recovery.aside)
    assert len(asides) == 3


def test_damage_within_a_name_does_not_stop_the_start(database: Path) -> None:
    """Nor is it noticed: a day of reports is worth more."""
    with Store(database) as store:
        report(store, "A", 1)
        store.database.conn.execute("UPDATE dispositivos SET nombre = CAST(X'61ff62' AS TEXT)")
    assert recover(database, AT) is None
    with Store(database) as store:
        assert [device.name for device in store.devices()] == ["a\ufffdb"]


# -- no room -------------------------------------------------------------------------------------


def test_while_a_copy_cannot_be_made_everything_stays(database: Path) -> None:
    """Here a directory stands where it would be written. Once it can be, it is."""
    _random_page(lived_in(database))
    before = contents(database)
    in_the_way = beside(database, ".nueva.parcial-wal")
    in_the_way.mkdir()
    for _ in range(2):
        with pytest.raises(UnusableDatabase) as refused:
            recover(database, AT)
        assert "\n" not in str(refused.value)
        assert contents(database) == before
        assert not (database.parent / "apartados").exists()
    in_the_way.rmdir()
    assert recover(database, AT) is not None
