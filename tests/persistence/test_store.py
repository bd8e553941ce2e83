"""What is stored comes back equal, and what was reported stored is there after a kill."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.model import MAX_BOOTS, Boot, DeadLetter, Device, Finding, LogEntry, Report
from persistence import Batch, Queries, Store
from persistence.schema import sqlite3
from persistence.store import REJECTED_MAX, ROWS_PER_STATEMENT

ROOT = Path(__file__).parents[2]

int64 = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**63 - 1)
times = st.floats(0, 1e11)
json_values = st.recursive(
    st.none() | st.booleans() | int64 | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(st.text(), json_values, max_size=5)
boots = st.builds(
    Boot,
    st.text(max_size=8),
    st.lists(st.tuples(counts, counts), max_size=4).map(tuple),
)
devices = st.builds(
    Device,
    id=st.just(1),
    serial=st.just("TMP0AA"),
    name=st.text(),
    type=st.text(),
    model=st.text(),
    description=st.text(),
    state=st.text(max_size=20),
    parameters=json_objects,
    configuration=json_objects,
    claimed=st.booleans(),
    online=st.booleans(),
    seen_at=st.none() | times,
    version=counts,
    reports=counts,
    boots=st.lists(boots, max_size=MAX_BOOTS, unique_by=lambda boot: boot.name).map(tuple),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store(path) as store:
        yield store


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("lasting") / "iot.db") as store:
        yield store


def saved(*some: Device) -> Batch:
    return Batch(devices={device.id: device for device in some})


@given(device=devices)
def test_any_device_comes_back_equal(lasting: Store, device: Device) -> None:
    lasting.save(saved(device))
    assert lasting.devices() == [device]
    assert lasting.recall(device.serial) == device


def test_a_restart_brings_all_devices_back_as_they_were(path: Path) -> None:
    with Store(path) as store:
        before = []
        for i in range(30):
            device = store.recall(f"TMP0{i:02}")
            for seq in range(3):
                report = Report(device.serial, 10.5 + seq, "activo", {"temp": i / 7}, boot="b", seq=seq)
                device = device.after_report(report)
            before.append(device)
        store.save(saved(*before))
    with Store(path) as store:
        assert store.devices() == before


def test_a_stranger_is_recalled_with_the_models_own_defaults(store: Store) -> None:
    assert store.recall("TMP0AA") == Device(id=1, serial="TMP0AA")
    assert store.recall("TMP0AA").id == 1


def test_ids_are_never_used_again(store: Store) -> None:
    """Not even the highest one, nor after recalls of known serials, nor across a restart."""
    ids = [store.recall(serial).id for serial in "ABBAC"]
    assert ids == [1, 2, 2, 1, 3]
    store.database.conn.execute("DELETE FROM dispositivos WHERE id >= 2")
    assert store.recall("B").id == 4
    assert store.recall("A").id == 1
    assert store.recall("D").id == 5


def test_a_recall_sees_the_rest_of_its_batch(store: Store) -> None:
    device = replace(store.recall("A"), state="activo")
    recalled = store.save(Batch(devices={device.id: device}, recalled=["A", "B", "A"]))
    assert recalled == {"A": device, "B": Device(id=2, serial="B")}


def test_a_batch_may_be_of_any_size(store: Store, path: Path) -> None:
    """Statements have room for so many rows; what is over goes into the next one."""
    count = 2 * ROWS_PER_STATEMENT + 1
    some = [*store.save(Batch(recalled=[f"S{i:04}" for i in range(count)])).values()]
    store.save(
        Batch(
            devices={device.id: replace(device, state=device.serial) for device in some},
            entries=[LogEntry(device.id, 1, device.id / 3, device.serial, {}) for device in some],
        )
    )
    assert [device.state for device in store.devices()] == [device.serial for device in some]
    last = some[-1]
    assert Queries(path).log_page(last.id, 1, 9).entries == [
        LogEntry(last.id, 1, last.id / 3, last.serial, {})
    ]


def test_a_batch_is_kept_whole_or_not_at_all(store: Store, path: Path) -> None:
    device = store.recall("A")
    entry = LogEntry(device.id, 1, 0.0, "activo", {})
    with pytest.raises(sqlite3.IntegrityError):
        store.save(Batch(devices={1: replace(device, state="lost")}, entries=[entry, entry]))
    assert store.devices() == [device]
    assert Queries(path).log_page(1, 1, 9).total == 0


@pytest.mark.parametrize("bad", [2**70, "\ud800", object(), {1: 2}])
def test_what_json_has_no_room_for_is_an_error_and_not_another_value(store: Store, bad: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        store.save(Batch(entries=[LogEntry(1, 1, 0.0, "activo", {"x": bad})]))


def test_only_so_many_dead_letters_are_kept_the_newest(store: Store, path: Path) -> None:
    for start in range(0, REJECTED_MAX + 300, 100):
        letters = [DeadLetter(float(i), "t", b"\x00\xff", f"no {i}") for i in range(start, start + 100)]
        store.save(Batch(letters=letters))
    kept = [rejected.letter for rejected in Queries(path).rejected(2 * REJECTED_MAX)]
    newest = REJECTED_MAX + 299
    assert len(kept) == REJECTED_MAX
    assert kept[0] == DeadLetter(float(newest), "t", b"\x00\xff", f"no {newest}")
    assert kept[-1].at == 300.0


def test_findings_come_back_equal(store: Store, path: Path) -> None:
    device = store.recall("A")
    finding = Finding("extremos", "ai_anomaly", device.id, "A", 12.25, {"bounds": {"min": 0.1}})
    store.save(Batch(findings=[finding]))
    assert [kept.finding for kept in Queries(path).findings(10)] == [finding]


BATCH = 20
KEEP_ON = f"""
import sys
from dataclasses import replace
from pathlib import Path
from actors.model import LogEntry
from persistence import Batch, Store
store = Store(Path(sys.argv[1]))
device = store.recall("A")
while True:
    entries = [
        LogEntry(device.id, device.reports + i, 0.5, "activo", {{"x": i}}) for i in range(1, {BATCH} + 1)
    ]
    device = replace(device, reports=device.reports + {BATCH})
    store.save(Batch(devices={{device.id: device}}, entries=entries))
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
        assert device.reports >= reported
        assert device.reports % BATCH == 0
        assert log.total == device.reports
