"""What is stored comes back equal, and what was reported stored is there after a kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from actors.domain.findings import RuleMemory
from actors.domain.model import Device
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.forms.device_rows import newcomer_row
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as store:
        yield store


@pytest.mark.parametrize("text", [b"", b'{"x": 1', b'{"x": "\xff"}', b"5", b"[]", b"[" * 100_000])
def test_a_damaged_memory_is_none_and_says_so(
    store: Store, caplog: pytest.LogCaptureFixture, text: bytes
) -> None:
    """Nor does it take along the next one, and it can be replaced."""
    for serial in ("A", "B"):
        store.recall(serial)
    whole = RuleMemory(2, "learn", 9, {"x": 1})
    store.save(Batch(memories={(1, "learn"): RuleMemory(1, "learn", 9, {"x": 1}), (2, "learn"): whole}))
    store.database.conn.execute(
        "UPDATE memoria_reglas SET estado = CAST(? AS TEXT) WHERE dispositivo_id = 1", [text]
    )
    saved = store.save(Batch(remembered=[(1, "learn"), (2, "learn")]))
    assert (saved.memory((1, "learn")), saved.memory((2, "learn"))) == (None, whole)
    assert caplog.messages == [f"memory_damaged device=1 rule=learn bytes={len(text)}"]
    store.save(Batch(memories={(1, "learn"): RuleMemory(1, "learn", 10, {})}))
    assert remembered(store, 1, "learn") == RuleMemory(1, "learn", 10, {})


def remembered(store: Store, device_id: int, rule: str) -> RuleMemory | None:
    return store.save(Batch(remembered=[(device_id, rule)])).memory((device_id, rule))


# -- a kill --------------------------------------------------------------------------------------

BATCH = 20
KEEP_ON = f"""
import sys
from dataclasses import replace
from pathlib import Path
from actors.domain.findings import Finding, RuleMemory
from actors.domain.model import LogEntry
from persistence.storage.batch import Batch
from persistence.writer.store import Store
store = Store(Path(sys.argv[1]))
device = store.recall("A")
while True:
    entries = [
        LogEntry(device.id, device.reports + i, 0.5, "activo", {{"x": i}}) for i in range(1, {BATCH} + 1)
    ]
    device = replace(device, reports=device.reports + {BATCH})
    upto = device.reports
    store.save(
        Batch(
            devices={{device.id: device}},
            entries=entries,
            conclusions=[(Finding("learn", "ai_suggest", device.id, "A", 0.5, {{"upto": upto}}), {{}})],
            memories={{(device.id, "learn"): RuleMemory(device.id, "learn", upto, {{"upto": upto}})}},
        )
    )
    print(device.reports, flush=True)
"""


def test_a_kill_loses_nothing_that_was_reported_stored(path: Path) -> None:
    """Killed in the middle of things again and again, always on the same file."""
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", KEEP_ON, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(25)]
            child.kill()
            lines += child.stdout
        reported = max(int(line) for line in lines if line.endswith("\n"))
        with Store(path) as store:
            (device,) = store.devices()
            log = Queries(path).log_page(device.id, 1, 1)
            newest = Queries(path).findings(1, 1)
            memory = remembered(store, device.id, "learn")
        assert device.reports >= reported
        assert device.reports % BATCH == 0
        assert log.total == device.reports
        assert newest.rows[0].finding.details == {"upto": device.reports}
        assert newest.total == newest.rows[0].id == device.reports // BATCH
        assert memory == RuleMemory(device.id, "learn", device.reports, {"upto": device.reports})


def test_a_device_of_before_is_one_of_ours(path: Path) -> None:
    before = [step.__name__ for step in STEPS].index("_orders")
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:before])
    known = {column.name for column in old.table("dispositivos").columns}
    row = {name: value for name, value in newcomer_row("LGT0AA").items() if name in known}
    old.table("dispositivos").insert(row)
    old.close()
    with Store(path) as store:
        [device] = store.devices()
        assert device == Device(id=1, serial="LGT0AA")
        assert (device.orders, device.scheduled_at, device.limits) == (None, None, {})
