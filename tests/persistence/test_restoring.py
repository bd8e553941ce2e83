"""A restored database goes on where devices and apps believe it to be, and no kill leaves it in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from actors.domain.findings import Finding
from actors.domain.sequences import MOST_KEPT, Boot
from actors.domain.status import Damage, Recovery
from persistence.backup.backups import BackupFailed, backups_of, make_backup
from persistence.backup.recovery import recover
from persistence.backup.restoring import IDS_AHEAD, VERSIONS_AHEAD, restore
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.storage.faults import UnusableDatabase
from persistence.writer.store import Store
from tests.persistence.house import reported
from tests.persistence.wreck import (
    AT,
    DAY,
    claim,
    contents,
    is_whole,
    leave_behind,
    log_of,
    overwrite,
    report,
    reports_of,
)

ROOT = Path(__file__).parents[2]
LAST = "iot-20270115T080000Z.db"
"""The backup made at AT."""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Backups with 2 and 4 reports of one device, then 6."""
    database = tmp_path / "una casa" / "iot.db"
    with Store(database) as store:
        report(store, "A", 2)
        make_backup(database, 7, AT - DAY)
        report(store, "A", 2)
        make_backup(database, 7, AT)
        report(store, "A", 2)
    return database


# -- by hand -------------------------------------------------------------------------------------


def test_the_newest_backup_takes_the_place_of_what_was_there(database: Path) -> None:
    before = contents(database)
    done = restore(database, None, AT + DAY)
    assert done == Recovery(
        AT + DAY,
        "se ha restaurado a mano",
        LAST,
        "apartados/iot-20270116T080000Z-restaurada",
        Damage.BY_HAND,
    )
    assert contents(database.parent / done.aside / "iot.db") == before
    assert reports_of(database) == {"A": 4}
    assert recover(database, AT + DAY) == done


def test_any_database_of_ours_can_be_named_and_so_a_restoration_be_undone(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what is in its write-ahead log."""
    monkeypatch.chdir(tmp_path)
    here = Path("una casa") / "iot.db"
    older = backups_of(here)[0].path
    done = restore(here, older, AT + DAY)
    assert done.source == older.name
    assert reports_of(database) == {"A": 2}
    assert restore(here, here.parent / done.aside / "iot.db", AT + 2 * DAY).source == "iot.db"
    assert reports_of(database) == {"A": 6}


def test_a_place_without_a_database_can_be_restored_to(database: Path, tmp_path: Path) -> None:
    new = tmp_path / "new" / "iot.db"
    restore(new, backups_of(database)[0].path, AT)
    assert reports_of(new) == {"A": 2}


def test_a_backend_that_runs_is_not_restored(database: Path) -> None:
    before = contents(database)
    with Store(database), pytest.raises(UnusableDatabase, match="en uso por otra instancia"):
        restore(database, None, AT)
    assert contents(database) == before


def _no_backups(database: Path) -> Path | None:
    for each in backups_of(database):
        each.path.unlink()
    return None


def _damaged_backups(database: Path) -> Path | None:
    for each in backups_of(database):
        overwrite(each.path, 4096, bytes(4096))
    return None


def _named_damaged(database: Path) -> Path | None:
    _damaged_backups(database)
    return backups_of(database)[-1].path


def _named_missing(database: Path) -> Path | None:
    return database.with_name("no-hay.db")


@pytest.mark.parametrize(
    ("backup", "says"),
    [
        (_no_backups, "No hay ninguna copia"),
        (_damaged_backups, "Ninguna copia"),
        (_named_damaged, r"0Z\.db está dañado"),
        (_named_missing, r"no-hay\.db no existe"),
    ],
)
def test_what_cannot_be_restored_leaves_all_as_it_was(
    database: Path, backup: Callable[[Path], Path | None], says: str
) -> None:
    before = contents(database)
    with pytest.raises(BackupFailed, match=says) as failed:
        restore(database, backup(database), AT)
    assert "\n" not in str(failed.value)
    assert contents(database) == before
    assert not (database.parent / "apartados").exists()


# -- what others remember ------------------------------------------------------------------------


def test_a_restored_installation_is_the_same_one_further_ahead(tmp_path: Path) -> None:
    """Its session at the broker is the old one; versions and ids are above all that were given since."""
    database = tmp_path / "iot.db"
    with Store(database) as store:
        before = [claim(store, "A"), report(store, "B", 1)]
        instance = store.instance_id
        backup = make_backup(database, 7, AT)
        store.save(Batch(conclusions=[(Finding("offline", "ai_offline", 1, "A", 0.0, {}), {})]))
        store.recall("since")
    restore(database, backup, AT)
    with Store(database) as store:
        assert store.instance_id == instance
        assert [device.version for device in store.devices()] == [before[0].version + VERSIONS_AHEAD, 0]
        assert store.recall("C").id == 2 + IDS_AHEAD["dispositivos"] + 1
        saved = store.save(Batch(conclusions=[(Finding("offline", "ai_offline", 1, "A", 0.0, {}), {})]))
        assert saved.findings[0][0].id == IDS_AHEAD["eventos_ia"] + 1


def test_a_device_gets_receipts_again_after_what_was_lost(database: Path) -> None:
    """The reports in between had receipts and never come again: the boot counts as one first heard now."""
    with Store(database) as store:
        seq = report(store, "A", 4).reports
    restore(database, None, AT)
    with Store(database) as store:
        assert store.recall("A").boots == ()
        device = store.recall("A")
        assert device.reports == 4
        for later in range(seq, seq + MOST_KEPT):
            device, entry = reported(device, later)
            store.save(Batch(devices={device.id: device}, entries=[entry]))
        assert device.boot("b").receipt == seq + MOST_KEPT - 1
    assert Queries(database).log_page(device.id, 1, 9).total == 4 + MOST_KEPT


def test_older_boots_are_remembered(tmp_path: Path) -> None:
    """A report of one of them that comes again is still known for a repeat."""
    database = tmp_path / "iot.db"
    boots = (Boot("now", ((1, 9),)), Boot("before", ((1, 7),)), Boot("long ago", ((2, 3), (5, 6))))
    with Store(database) as store:
        device = replace(report(store, "A", 1), boots=boots)
        store.save(Batch(devices={device.id: device}))
        store.recall("B")
        make_backup(database, 7, AT)
    restore(database, None, AT)
    with Store(database) as store:
        assert [device.boots for device in store.devices()] == [boots[1:], ()]


# -- kills ---------------------------------------------------------------------------------------

KILLED_AT_EACH_STEP = """
import os, shutil, sys
from pathlib import Path
from persistence.backup.recovery import recover

def killed_at(step):
    def watch(event, arguments):
        nonlocal step
        if event in ("os.rename", "os.mkdir", "os.remove"):
            step -= 1
            if step == 0:
                os._exit(9)
    return watch

wreck, homes, step, status = Path(sys.argv[1]), Path(sys.argv[2]), 0, 9
while status == 9:
    step += 1
    home = homes / str(step)
    shutil.copytree(wreck, home)
    child = os.fork()
    if child == 0:
        sys.addaudithook(killed_at(step))
        recover(home / "iot.db", 1_800_000_060.0)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(status)
"""


def _damaged_pages(database: Path) -> None:
    overwrite(database, 4096, os.urandom(8192))


def _damaged_log(database: Path) -> None:
    """Without its log the file would do as a database, and be one of long ago."""
    overwrite(log_of(database), log_of(database).stat().st_size * 3 // 4, os.urandom(20))


@pytest.mark.parametrize(("damage", "source"), [(_damaged_pages, LAST), (_damaged_log, "iot.db")])
def test_a_kill_at_any_step_of_a_recovery_leaves_all_that_was_there_and_a_way_on(
    database: Path, tmp_path: Path, damage: Callable[[Path], None], source: str
) -> None:
    """Whatever the step, the next start comes to what this one would have come to."""
    wreck = tmp_path / "wreck" / "iot.db"
    with Store(database) as store:
        report(store, "A", 18)
        make_backup(database, 7, AT)
        report(store, "A", 16)
        leave_behind(database, wreck)
    shutil.copytree(database.parent / "copias", wreck.parent / "copias")
    damage(wreck)
    damaged = contents(wreck)
    assert damaged.keys() == {"iot.db", "iot.db-wal"}
    shutil.copytree(wreck.parent, tmp_path / "spared")
    spared = recover(tmp_path / "spared" / "iot.db", AT)
    assert spared is not None
    assert spared.source == source
    homes = tmp_path / "killed"
    subprocess.run(
        [sys.executable, "-c", KILLED_AT_EACH_STEP, str(wreck.parent), str(homes)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=100,
    )
    assert len(list(homes.iterdir())) > 8
    for home in homes.iterdir():
        assert recover(home / "iot.db", AT + DAY) is not None
        assert reports_of(home / "iot.db") == reports_of(tmp_path / "spared" / "iot.db")
        assert is_whole(home / "iot.db")
        kept = {file.name: file.read_bytes() for file in (home / "apartados").glob("*/iot.db*")}
        assert {name: kept[name] for name in damaged} == damaged
        assert not list(home.glob("iot.db.nueva*"))


def test_a_restoration_that_was_killed_before_it_touched_anything_is_forgotten(database: Path) -> None:
    """What lies ready would be old when the database is next missed."""
    ready = database.with_name("iot.db.nueva")
    shutil.copy(backups_of(database)[0].path, ready)
    assert recover(database, AT) is None
    assert not ready.exists()
    assert reports_of(database) == {"A": 6}
