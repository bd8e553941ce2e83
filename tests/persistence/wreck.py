"""Databases as a kill or a power cut leaves them, and ways to damage them."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

from actors.domain.model import Claim, Device
from persistence.database.files import belonging_to, beside
from persistence.database.schema import sqlite3
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.persistence.house import reported

AT: Final = 1_800_000_000.0
DAY: Final = 86_400.0


def report(store: Store, serial: str, times: int) -> Device:
    """The device after so many more reports, each a transaction of its own."""
    device = store.recall(serial)
    for _ in range(times):
        device, entry = reported(device, device.reports, temp=device.reports)
        store.save(Batch(devices={device.id: device}, entries=[entry]))
    return device


def claim(store: Store, serial: str) -> Device:
    device = store.recall(serial).after_claim(Claim(serial, configuration={"modo": "manual"}))
    assert isinstance(device, Device)
    store.save(Batch(devices={device.id: device}))
    return device


def leave_behind(database: Path, target: Path) -> None:
    """Copy the files as they are while the database is open: what a kill would leave."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in belonging_to(database):
        if not file.name.endswith("-shm"):
            shutil.copy(file, target.with_name(target.name + file.name.removeprefix(database.name)))


def contents(database: Path) -> dict[str, bytes]:
    """What the files of a database hold, by name; but for the index of the log, which SQLite makes anew."""
    return {
        file.name: file.read_bytes()
        for file in belonging_to(database)
        if not file.name.endswith("-shm") and file.stat().st_size
    }


def overwrite(file: Path, offset: int, data: bytes) -> None:
    with file.open("rb+") as opened:
        opened.seek(offset)
        opened.write(data)


def log_of(database: Path) -> Path:
    return beside(database, "-wal")


def reports_of(database: Path) -> dict[str, int]:
    with Store(database) as store:
        return {device.serial: device.reports for device in store.devices()}


def is_whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
