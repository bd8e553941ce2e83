"""Rooms on disk: all of them at once, ids for good, and devices that are in one that there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.domain.model import Device
from actors.domain.rooms import Rooms
from persistence.backup.backups import make_backup
from persistence.backup.restoring import IDS_AHEAD, restore
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.storage.batch import Batch
from persistence.writer.store import Store

AT = 1_800_000_000.0
BOTH = Rooms({1: "Cocina", 2: "Salón"}, 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as opened:
        yield opened


def rooms_of(store: Store) -> Rooms:
    found = store.save(Batch(recalls_rooms=True)).rooms
    assert found is not None
    return found


def placed(store: Store, serial: str, room: int | None) -> Device:
    device = replace(store.recall(serial), room=room)
    store.save(Batch(devices={device.id: device}))
    return store.recall(serial)


def as_before_rooms(path: Path) -> None:
    before = [step.__name__ for step in STEPS].index("_rooms")
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:before])
    old.close()


def test_a_database_from_before_there_were_rooms_gets_none(path: Path) -> None:
    as_before_rooms(path)
    with Store(path) as store:
        assert placed(store, "A", None).room is None
        assert rooms_of(store) == Rooms()


def test_damaged_letters_cost_no_room(store: Store) -> None:
    store.save(Batch(rooms=[BOTH]))
    store.database.conn.execute("UPDATE habitaciones SET nombre = CAST(x'43ff' AS TEXT) WHERE id = 1")
    assert rooms_of(store).names == {1: "C\N{REPLACEMENT CHARACTER}", 2: "Salón"}


def test_a_restored_house_has_its_rooms_and_gives_no_id_again(path: Path) -> None:
    with Store(path) as store:
        store.save(Batch(rooms=[BOTH]))
        placed(store, "A", 2)
        backup = make_backup(path, 7, AT)
        store.save(Batch(rooms=[Rooms({3: "Baño"}, 3)]))
    restore(path, backup, AT)
    with Store(path) as store:
        assert rooms_of(store) == Rooms(BOTH.names, 2 + IDS_AHEAD["habitaciones"])
        assert store.recall("A").room == 2


def test_a_house_restored_to_before_there_were_rooms_gives_no_id_again(path: Path) -> None:
    older = path.with_name("older.db")
    as_before_rooms(older)
    with Store(path) as store:
        store.save(Batch(rooms=[BOTH]))
    restore(path, older, AT)
    with Store(path) as store:
        assert rooms_of(store) == Rooms({}, IDS_AHEAD["habitaciones"])
