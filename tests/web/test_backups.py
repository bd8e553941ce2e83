"""Backups by HTTP, made by the real maintenance actor: whoever asks for one always knows what came of it."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from actors.domain.people import Role
from actors.runtime.house_clock import HouseClock
from actors.runtime.supervision import FailureRegistry
from persistence import engines
from persistence.archive import Archive, ArchiveSettings
from persistence.backup.backups import BackupFailed, make_backup, verify_backup
from persistence.engines import DATABASE, SqliteEngine
from persistence.maintenance.retention import Retention
from tests.brokers import wait_until
from tests.persistence.house import Neighbours
from tests.stage import FakeClock
from tests.web.keys import Keys, denied
from tests.web.site import PATIENCE, Site
from web.http.services import Limits

SECOND = "2027-01-15T08:00:00.000Z"
NAME = "iot-20270115T080000Z-pedida.db"
KEPT = 3


class Storeroom:
    """An archive at work, and a server that shows its backups."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder / "copias"
        self.clock = FakeClock()
        self.archive = Archive(
            SqliteEngine(folder / DATABASE),
            ArchiveSettings(Retention(), 1000, KEPT),
            UTC,
            HouseClock(self.clock),
        )
        neighbours = Neighbours()
        self.archive.employ(neighbours, neighbours, FailureRegistry())
        self.site = Site(backups=self.archive.backups, limits=limits)

    def __enter__(self) -> Storeroom:
        self.archive.start()
        self.site.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.site.__exit__()
        self.archive.stop(PATIENCE, PATIENCE)

    @property
    def listed(self) -> list[dict[str, Any]]:
        answer = self.site.get("/copias")
        assert answer.status == 200
        found: list[dict[str, Any]] = answer.json
        return found

    def pass_time(self, seconds: float) -> None:
        self.clock.advance_to(self.clock.monotonic() + seconds)


class Door:
    """Holds up whoever makes a backup until it is opened."""

    def __init__(self, then: Callable[..., Path] = make_backup) -> None:
        self._open = threading.Event()
        self._then = then

    def open(self) -> None:
        self._open.set()

    def make(self, *given: Any) -> Path:
        assert self._open.wait(PATIENCE)
        return self._then(*given)


def fail(*_: object) -> Path:
    full = OSError(errno.ENOSPC, "No space left on device")
    raise BackupFailed("No queda sitio en el disco de copias: libera espacio.") from full


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Storeroom]:
    with Storeroom(tmp_path) as room:
        yield room


def test_a_backup_that_is_asked_for_is_there_and_whole(room: Storeroom) -> None:
    """201, named after its moment; and it is known to the health as the daily one is."""
    assert room.listed == []
    answer = room.site.post("/copias")
    size = (room.folder / NAME).stat().st_size
    assert (answer.status, answer.json) == (201, {"nombre": NAME, "creada_en": SECOND, "bytes": size})
    assert room.listed == [answer.json]
    assert verify_backup(room.folder / NAME).instance == room.archive.instance
    assert room.archive.maintenance_status.last_backup_at == room.clock.now()


def test_they_are_listed_newest_first_and_the_oldest_give_way(room: Storeroom) -> None:
    made = []
    for _ in range(KEPT + 1):
        made.append(room.site.post("/copias").json)
        room.pass_time(60)
    assert room.listed == made[:0:-1]


def test_what_is_no_backup_is_not_listed(room: Storeroom) -> None:
    """Not one of one's own, nor one that is half made, nor one that goes while the folder is read."""
    made = room.site.post("/copias").json
    for name in ("mia.db", "iot-20270101T000000Z.db.parcial", "iot-ayer.db"):
        (room.folder / name).write_text("x")
    (room.folder / "iot-20270101T000000Z.db").symlink_to("gone")
    assert room.listed == [made]


def test_a_backup_that_fails_says_why_and_what_to_do(room: Storeroom) -> None:
    """503; those there stay, and the next one may do better."""
    room.site.post("/copias")
    room.pass_time(60)
    before = room.listed
    with patch.object(engines, "make_backup", fail):
        answer = room.site.post("/copias")
    assert denied(answer, 503)
    assert "libera espacio" in answer.json["detalle"]
    assert room.listed == before
    assert "libera espacio" in str(room.archive.maintenance_status.backup_error)
    assert room.site.post("/copias").status == 201
    assert room.archive.maintenance_status.backup_error is None


def test_where_there_is_no_folder_to_be_had(tmp_path: Path) -> None:
    """As on a disk that takes nothing more; no half of one is left."""
    with Storeroom(tmp_path) as room:
        (tmp_path / "copias").write_text("in the way")
        assert denied(room.site.post("/copias"), 503)
        assert room.listed == []


def test_a_damaged_database_gets_no_backup(room: Storeroom, tmp_path: Path) -> None:
    """Whoever asks is told, and not given a copy of the damage."""
    room.site.post("/copias")
    room.pass_time(60)
    with (tmp_path / DATABASE).open("r+b") as file:
        file.write(b"no SQLite format")
    answer = room.site.post("/copias")
    assert denied(answer, 503)
    assert answer.json["codigo"] == "backup_damaged"
    assert str(tmp_path / DATABASE) in str(room.archive.maintenance_status.backup_error)
    assert [each["nombre"] for each in room.listed] == [NAME]


def test_a_slow_one_is_followed_in_the_list(tmp_path: Path) -> None:
    """202; without a size while it is made, and nobody else can have one begun meanwhile."""
    door = Door()
    with (
        patch.object(engines, "make_backup", door.make),
        Storeroom(tmp_path, Limits(reply=0.05)) as room,
    ):
        begun = room.site.post("/copias")
        assert (begun.status, begun.json) == (202, {"nombre": NAME, "creada_en": SECOND, "bytes": None})
        assert room.listed == [begun.json]
        assert denied(room.site.post("/copias"), 409)
        door.open()
        wait_until(lambda: room.listed[0]["bytes"] is not None, PATIENCE)
        assert room.listed == [{**begun.json, "bytes": (room.folder / NAME).stat().st_size}]


def test_a_slow_one_that_fails_is_gone_and_the_health_says_why(tmp_path: Path) -> None:
    door = Door(then=fail)
    with (
        patch.object(engines, "make_backup", door.make),
        Storeroom(tmp_path, Limits(reply=0.05)) as room,
    ):
        assert room.site.post("/copias").status == 202
        door.open()
        wait_until(lambda: room.listed == [], PATIENCE)
        assert "libera espacio" in str(room.archive.maintenance_status.backup_error)


def test_a_system_that_is_ending_says_so(room: Storeroom) -> None:
    """At once, to each who asks."""
    room.archive.maintenance.stop()
    for _ in range(2):
        answer = room.site.post("/copias")
        assert denied(answer, 503)
        assert "deteniendo" in answer.json["detalle"]
    assert room.listed == []


def test_who_had_a_backup_made_is_written_down(tmp_path: Path) -> None:
    """And of one that could not be begun, nothing."""
    keys = Keys(tmp_path)
    with keys.site() as site:
        assert site.ask("POST", "/copias", headers=keys.bearer(Role.ADMIN)).status == 201
        assert denied(site.ask("POST", "/copias", headers=keys.bearer(Role.MEMBER)), 403)
        wait_until(lambda: len(keys.acts()) > 6, PATIENCE)
    assert keys.acts()[0] == ("Doña admin", "cambio", "POST /copias")
