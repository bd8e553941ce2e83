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
from sqlite_utils import Database

from actors.domain.findings import Decision, Finding, KeptFinding, RuleMemory
from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import DeadLetter, Device, JsonObject, LogEntry, Report
from actors.domain.orders import Orders
from actors.domain.sequences import MAX_BOOTS, Boot
from persistence.database.inserting import ROWS_PER_STATEMENT
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.forms.device_rows import newcomer_row
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.storage.faults import RowFault
from persistence.writer.store import (
    LETTER_PAYLOAD,
    LETTER_TEXT,
    REJECTED_MAX,
    Store,
)

ROOT = Path(__file__).parents[2]

int64 = st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**63 - 1)
times = st.floats(0, 1e11)
bounds = st.floats(-1e9, 1e9)
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
    reported=json_objects,
    asked=st.frozensets(st.text(), max_size=5),
    code_digest=st.none() | st.just("a9" * 32),
    orders=st.none()
    | st.builds(
        Orders, st.frozensets(st.text(), max_size=3), st.frozensets(st.text(), max_size=3), st.text()
    ),
    limits=st.dictionaries(
        st.text(),
        st.builds(
            MetricChoice,
            st.none() | bounds,
            st.none() | bounds,
            st.booleans(),
            st.none() | st.sampled_from(Nature),
        ),
        max_size=3,
    ),
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


def path_of(store: Store) -> Path:
    return Path(store.database.conn.execute("PRAGMA database_list").fetchone()[2])


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
    saved = store.save(Batch(devices={device.id: device}, recalled=["A", "B", "A"]))
    assert saved.recalled == {"A": device, "B": Device(id=2, serial="B")}


def test_a_batch_may_be_of_any_size(store: Store, path: Path) -> None:
    """Statements have room for so many rows; what is over goes into the next one."""
    count = 2 * ROWS_PER_STATEMENT + 1
    some = [*store.save(Batch(recalled=[f"S{i:04}" for i in range(count)])).recalled.values()]
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
    with pytest.raises(RowFault):
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


def test_of_a_long_dead_letter_the_beginning_is_kept(store: Store, path: Path) -> None:
    store.save(Batch(letters=[DeadLetter(1.0, "ñ" * 2**16, b"p" * 2**17, "r" * 2**16)]))
    (kept,) = Queries(path).rejected(9)
    assert kept.letter == DeadLetter(1.0, "ñ" * LETTER_TEXT, b"p" * LETTER_PAYLOAD, "r" * LETTER_TEXT)


# -- findings ------------------------------------------------------------------------------------


def offline(device: Device, at: float) -> Finding:
    return Finding("offline", "ai_offline", device.id, device.serial, at, {"at": at})


@given(details=json_objects, basis=json_objects, at=times)
def test_any_finding_comes_back_equal(
    lasting: Store, details: JsonObject, basis: JsonObject, at: float
) -> None:
    device = lasting.recall("TMP0AA")
    finding = Finding("extremos", "ai_anomaly", device.id, device.serial, at, details)
    ((kept,),) = lasting.save(Batch(conclusions=[(finding, basis)])).findings
    assert kept == KeptFinding(kept.id, finding, basis, Decision.OPEN)
    assert Queries(path_of(lasting)).finding(kept.id) == kept


def test_findings_are_numbered_in_their_order_however_many(store: Store, path: Path) -> None:
    device = store.recall("A")
    findings = [offline(device, float(i)) for i in range(2 * ROWS_PER_STATEMENT + 1)]
    some = store.save(Batch(conclusions=[(finding, {"n": 3}) for finding in findings])).findings
    more = store.save(Batch(conclusions=[(findings[0], {"n": 4})])).findings
    told = [kept for (kept,) in [*some, *more]]
    assert told == [
        *(KeptFinding(number, finding, {"n": 3}) for number, finding in enumerate(findings, start=1)),
        KeptFinding(len(findings) + 1, findings[0], {"n": 4}),
    ]
    assert Queries(path).findings(1, 5000).rows == told[::-1]


def test_numbers_of_findings_are_never_used_again(path: Path) -> None:
    """Not even the highest one, nor across a restart; one that was not kept was never given."""
    with Store(path) as store:
        device = store.recall("A")
        store.save(Batch(conclusions=[(offline(device, 1.0), {})] * 3))
        store.database.conn.execute("DELETE FROM eventos_ia WHERE id >= 2")
    with Store(path) as store:
        ((kept,),) = store.save(Batch(conclusions=[(offline(device, 2.0), {})])).findings
        assert kept.id == 4
        with pytest.raises(TypeError):
            store.save(
                Batch(
                    conclusions=[(offline(device, 3.0), {})],
                    memories={(1, "x"): RuleMemory(1, "x", 0, {"x": {1}})},
                )
            )
        ((kept,),) = store.save(Batch(conclusions=[(offline(device, 4.0), {})])).findings
        assert kept.id == 5
    assert [kept.id for kept in Queries(path).findings(1, 9).rows] == [5, 4, 1]


def test_a_decision_is_kept_and_the_last_one_counts(path: Path) -> None:
    """Of a finding that is not there it is none."""
    with Store(path) as store:
        device = store.recall("A")
        store.save(Batch(conclusions=[(offline(device, 1.0), {})] * 3))
        store.save(Batch(decisions={1: Decision.APPLIED, 2: Decision.APPLIED, 99: Decision.APPLIED}))
        store.save(Batch(decisions={2: Decision.DISMISSED}))
    with Store(path):
        rows = Queries(path).findings(1, 9).rows
    assert [(kept.id, kept.decision) for kept in rows] == [
        (3, Decision.OPEN),
        (2, Decision.DISMISSED),
        (1, Decision.APPLIED),
    ]


# -- memories ------------------------------------------------------------------------------------


@given(state=json_objects, upto=counts)
def test_any_memory_comes_back_equal(lasting: Store, state: JsonObject, upto: int) -> None:
    device_id = lasting.recall("of the memory").id
    memory = RuleMemory(device_id, "learn", upto, state)
    lasting.save(Batch(memories={(device_id, "learn"): memory}))
    assert remembered(lasting, device_id, "learn") == memory


def test_each_rule_of_each_device_has_one_memory_of_its_own(path: Path) -> None:
    """Any number at once; they last; a later one replaces an earlier one, also a shorter one."""
    keys = [(device_id, rule) for device_id in range(1, ROWS_PER_STATEMENT) for rule in ("learn", "offline")]
    first = {key: RuleMemory(*key, 7, {"of": [*key]}) for key in keys}
    with Store(path) as store:
        for device_id in range(1, ROWS_PER_STATEMENT):
            store.recall(f"D{device_id}")
        store.save(Batch(at=5.0, memories=first))
        store.save(Batch(at=6.0, memories={(1, "learn"): RuleMemory(1, "learn", 3, {})}))
    with Store(path) as store:
        saved = store.save(Batch(remembered=[*keys, (1, "extremos"), (9999, "learn")]))
        times = store.database.conn.execute("SELECT DISTINCT guardado_en FROM memoria_reglas").fetchall()
    assert saved.memory((1, "learn")) == RuleMemory(1, "learn", 3, {})
    assert [saved.memory(key) for key in keys[1:]] == [first[key] for key in keys[1:]]
    assert (saved.memory((1, "extremos")), saved.memory((9999, "learn"))) == (None, None)
    assert sorted(times) == [(5.0,), (6.0,)]


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
from persistence.storage.faults import RowFault
from persistence.database.inserting import ROWS_PER_STATEMENT
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


@pytest.mark.parametrize("damaged", ["", "[]", '{"sin_enviar":[1],"sin_confirmar":[],"direccion":""}'])
def test_damaged_orders_are_none_and_consented_to_by_nobody(store: Store, damaged: str) -> None:
    """It stays a device of another make, and is told nothing that nobody asks for anew."""
    device = replace(store.recall("ha-lamp"), orders=Orders(frozenset({"brillo"}), address="a/set"))
    store.save(Batch(devices={device.id: device}))
    store.database.conn.execute("UPDATE dispositivos SET ordenes = ?", [damaged])
    assert store.recall("ha-lamp").orders == Orders()


@pytest.mark.parametrize(
    ("damaged", "left"),
    [
        ("{", {}),
        ("[]", {}),
        ('{"temp":7}', {}),
        ('{"temp":{"min":"x","max":null,"silenciada":false,"naturaleza":null}}', {}),
        (
            '{"temp":{"min":1,"max":null,"silenciada":false,"naturaleza":"de otra versión"}}',
            {"temp": MetricChoice(low=1.0)},
        ),
    ],
)
def test_damaged_choices_about_metrics_count_as_none(
    store: Store, damaged: str, left: dict[str, MetricChoice]
) -> None:
    """A nature that only a newer version knows takes nothing else along."""
    store.recall("TMP0AA")
    store.database.conn.execute("UPDATE dispositivos SET limites = ?", [damaged])
    assert store.recall("TMP0AA").limits == left


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
