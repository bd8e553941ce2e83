"""What is stored comes back equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.findings import Decision, Finding, KeptFinding, RuleMemory
from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import DeadLetter, Device, JsonObject, LogEntry, Report
from actors.domain.orders import Orders
from actors.domain.sequences import MAX_BOOTS, Boot
from persistence.database.inserting import ROWS_PER_STATEMENT
from persistence.forms.letters import LETTER_PAYLOAD, LETTER_TEXT, REJECTED_MAX
from persistence.storage.batch import Batch
from persistence.storage.faults import RowFault
from tests.persistence.conformance.engines import Engine, House, Store

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
def store(house: House) -> Iterator[Store]:
    with house.store() as store:
        yield store


@pytest.fixture(scope="module")
def lasting_house(engine: Engine) -> Iterator[House]:
    with engine.house() as house:
        yield house


@pytest.fixture(scope="module")
def lasting(lasting_house: House) -> Iterator[Store]:
    with lasting_house.store() as store:
        yield store


def saved(*some: Device) -> Batch:
    return Batch(devices={device.id: device for device in some})


@given(device=devices)
def test_any_device_comes_back_equal(engine: Engine, lasting: Store, device: Device) -> None:
    """But for a letter that the engine may have no room for, in whose place there is a mark then."""
    lasting.save(saved(device))
    kept = replace(
        device,
        name=engine.text(device.name),
        type=engine.text(device.type),
        model=engine.text(device.model),
        description=engine.text(device.description),
        state=engine.text(device.state),
    )
    assert lasting.devices() == [kept]
    assert lasting.recall(device.serial) == kept


def test_a_restart_brings_all_devices_back_as_they_were(house: House) -> None:
    with house.store() as store:
        before = []
        for i in range(30):
            device = store.recall(f"TMP0{i:02}")
            for seq in range(3):
                report = Report(device.serial, 10.5 + seq, "activo", {"temp": i / 7}, boot="b", seq=seq)
                device = device.after_report(report)
            before.append(device)
        store.save(saved(*before))
    with house.store() as store:
        assert store.devices() == before


def test_a_stranger_is_recalled_with_the_models_own_defaults(store: Store) -> None:
    assert store.recall("TMP0AA") == Device(id=1, serial="TMP0AA")
    assert store.recall("TMP0AA").id == 1


def test_ids_are_never_used_again(house: House, store: Store) -> None:
    """Not even the highest one, nor after recalls of known serials, nor across a restart."""
    ids = [store.recall(serial).id for serial in "ABBAC"]
    assert ids == [1, 2, 2, 1, 3]
    house.execute("DELETE FROM dispositivos WHERE id >= 2")
    assert store.recall("B").id == 4
    assert store.recall("A").id == 1
    assert store.recall("D").id == 5


def test_a_recall_sees_the_rest_of_its_batch(store: Store) -> None:
    device = replace(store.recall("A"), state="activo")
    saved = store.save(Batch(devices={device.id: device}, recalled=["A", "B", "A"]))
    assert saved.recalled == {"A": device, "B": Device(id=2, serial="B")}


def test_a_batch_may_be_of_any_size(store: Store, house: House) -> None:
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
    assert house.queries().log_page(last.id, 1, 9).entries == [
        LogEntry(last.id, 1, last.id / 3, last.serial, {})
    ]


def test_a_batch_is_kept_whole_or_not_at_all(store: Store, house: House) -> None:
    device = store.recall("A")
    entry = LogEntry(device.id, 1, 0.0, "activo", {})
    with pytest.raises(RowFault):
        store.save(Batch(devices={1: replace(device, state="lost")}, entries=[entry, entry]))
    assert store.devices() == [device]
    assert house.queries().log_page(1, 1, 9).total == 0


@pytest.mark.parametrize("bad", [2**70, "\ud800", object(), {1: 2}])
def test_what_json_has_no_room_for_is_an_error_and_not_another_value(store: Store, bad: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        store.save(Batch(entries=[LogEntry(1, 1, 0.0, "activo", {"x": bad})]))


def test_only_so_many_dead_letters_are_kept_the_newest(store: Store, house: House) -> None:
    for start in range(0, REJECTED_MAX + 300, 100):
        letters = [DeadLetter(float(i), "t", b"\x00\xff", f"no {i}") for i in range(start, start + 100)]
        store.save(Batch(letters=letters))
    kept = [rejected.letter for rejected in house.queries().rejected(2 * REJECTED_MAX)]
    newest = REJECTED_MAX + 299
    assert len(kept) == REJECTED_MAX
    assert kept[0] == DeadLetter(float(newest), "t", b"\x00\xff", f"no {newest}")
    assert kept[-1].at == 300.0


def test_of_a_long_dead_letter_the_beginning_is_kept(store: Store, house: House) -> None:
    store.save(Batch(letters=[DeadLetter(1.0, "ñ" * 2**16, b"p" * 2**17, "r" * 2**16)]))
    (kept,) = house.queries().rejected(9)
    assert kept.letter == DeadLetter(1.0, "ñ" * LETTER_TEXT, b"p" * LETTER_PAYLOAD, "r" * LETTER_TEXT)


# -- findings ------------------------------------------------------------------------------------


def offline(device: Device, at: float) -> Finding:
    return Finding("offline", "ai_offline", device.id, device.serial, at, {"at": at})


# What the row has beside them is none of a finding's own.
own_details = json_objects.filter({"actua", "propuesta", "severity"}.isdisjoint)


@given(details=own_details, basis=json_objects, at=times)
def test_any_finding_comes_back_equal(
    lasting_house: House, lasting: Store, details: JsonObject, basis: JsonObject, at: float
) -> None:
    device = lasting.recall("TMP0AA")
    finding = Finding("extremos", "ai_anomaly", device.id, device.serial, at, details)
    ((kept,),) = lasting.save(Batch(conclusions=[(finding, basis)])).findings
    assert kept == KeptFinding(kept.id, finding, basis, Decision.OPEN)
    assert lasting_house.queries().finding(kept.id) == kept


def test_findings_are_numbered_in_their_order_however_many(store: Store, house: House) -> None:
    device = store.recall("A")
    findings = [offline(device, float(i)) for i in range(2 * ROWS_PER_STATEMENT + 1)]
    some = store.save(Batch(conclusions=[(finding, {"n": 3}) for finding in findings])).findings
    more = store.save(Batch(conclusions=[(findings[0], {"n": 4})])).findings
    told = [kept for (kept,) in [*some, *more]]
    assert told == [
        *(KeptFinding(number, finding, {"n": 3}) for number, finding in enumerate(findings, start=1)),
        KeptFinding(len(findings) + 1, findings[0], {"n": 4}),
    ]
    assert house.queries().findings(1, 5000).rows == told[::-1]


def test_numbers_of_findings_are_never_used_again(house: House) -> None:
    """Not even the highest one, nor across a restart; one that was not kept was never given."""
    with house.store() as store:
        device = store.recall("A")
        store.save(Batch(conclusions=[(offline(device, 1.0), {})] * 3))
        house.execute("DELETE FROM eventos_ia WHERE id >= 2")
    with house.store() as store:
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
    assert [kept.id for kept in house.queries().findings(1, 9).rows] == [5, 4, 1]


def test_a_decision_is_kept_and_the_last_one_counts(house: House) -> None:
    """Of a finding that is not there it is none."""
    with house.store() as store:
        device = store.recall("A")
        store.save(Batch(conclusions=[(offline(device, 1.0), {})] * 3))
        store.save(Batch(decisions={1: Decision.APPLIED, 2: Decision.APPLIED, 99: Decision.APPLIED}))
        store.save(Batch(decisions={2: Decision.DISMISSED}))
    with house.store():
        rows = house.queries().findings(1, 9).rows
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


def test_each_rule_of_each_device_has_one_memory_of_its_own(house: House) -> None:
    """Any number at once; they last; a later one replaces an earlier one, also a shorter one."""
    keys = [(device_id, rule) for device_id in range(1, ROWS_PER_STATEMENT) for rule in ("learn", "offline")]
    first = {key: RuleMemory(*key, 7, {"of": [*key]}) for key in keys}
    with house.store() as store:
        for device_id in range(1, ROWS_PER_STATEMENT):
            store.recall(f"D{device_id}")
        store.save(Batch(at=5.0, memories=first))
        store.save(Batch(at=6.0, memories={(1, "learn"): RuleMemory(1, "learn", 3, {})}))
    with house.store() as store:
        saved = store.save(Batch(remembered=[*keys, (1, "extremos"), (9999, "learn")]))
        times = house.execute("SELECT DISTINCT guardado_en FROM memoria_reglas")
    assert saved.memory((1, "learn")) == RuleMemory(1, "learn", 3, {})
    assert [saved.memory(key) for key in keys[1:]] == [first[key] for key in keys[1:]]
    assert (saved.memory((1, "extremos")), saved.memory((9999, "learn"))) == (None, None)
    assert sorted(times) == [(5.0,), (6.0,)]


def remembered(store: Store, device_id: int, rule: str) -> RuleMemory | None:
    return store.save(Batch(remembered=[(device_id, rule)])).memory((device_id, rule))


@pytest.mark.parametrize("damaged", ["", "[]", '{"sin_enviar":[1],"sin_confirmar":[],"direccion":""}'])
def test_damaged_orders_are_none_and_consented_to_by_nobody(house: House, store: Store, damaged: str) -> None:
    """It stays a device of another make, and is told nothing that nobody asks for anew."""
    device = replace(store.recall("ha-lamp"), orders=Orders(frozenset({"brillo"}), address="a/set"))
    store.save(Batch(devices={device.id: device}))
    house.execute(f"UPDATE dispositivos SET ordenes = '{damaged}'")
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
    house: House, store: Store, damaged: str, left: dict[str, MetricChoice]
) -> None:
    """A nature that only a newer version knows takes nothing else along."""
    store.recall("TMP0AA")
    house.execute(f"UPDATE dispositivos SET limites = '{damaged}'")
    assert store.recall("TMP0AA").limits == left
