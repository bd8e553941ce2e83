"""The logbook and what people have seen, on disk: what older databases come to have, and how it is let go."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from actors.domain.findings import Finding, Seen
from actors.domain.logbook import Act, Cause, Deed, Origin, Shift, WantedDeeds
from persistence.database import logbook_rows
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
from persistence.forms.deed_rows import SHARES
from persistence.forms.local_time import LocalTime
from persistence.maintenance import upkeep
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.household import IN_MEMORY

BEFORE_THE_LOGBOOK = 24
ANYTHING = WantedDeeds()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


def deed(device_id: int, at: float = 1.8e9, person: int | None = 3) -> Deed:
    origin = Origin(Cause.PERSON, person, "Ana", "clima", 12)
    shifts = {"configuracion.encendido": Shift(before=False, after=True), "configuracion.horarios": None}
    return Deed(device_id, at, Act.CHANGED, origin, shifts)


def test_an_older_database_tells_what_its_log_shows_and_that_nobody_knows_who(path: Path) -> None:
    """Of claimed devices, each time that it went on or off; other words and strangers are left out."""
    old = Database(sqlite3.connect(path, isolation_level=None))
    migrate(old, STEPS[:BEFORE_THE_LOGBOOK])
    blank = {"modelo": "", "descripcion": "", "parametros": "{}", "configuracion": "{}", "arranques": "[]"}
    for number, claimed in ((1, 1), (2, 0)):
        old.table("dispositivos").insert(
            {
                **{
                    "id": number,
                    "serial_number": f"LGT0{number}",
                    "nombre": "",
                    "tipo": "luz",
                    "estado": "x",
                },
                **{"reclamado": claimed, "en_linea": 0, "version": 0, "registros": 6, **blank},
            }
        )
        words = ("desconocido", "activo", "activo", "inactivo", "roto", "activo")
        old.table("estado_log").insert_all(
            {"dispositivo_id": number, "n": n, "timestamp": 1e9 + n, "estado": word, "parametros": "{}"}
            for n, word in enumerate(words, start=1)
        )
    old.close()
    with Store(path) as store:
        store.save(Batch(deeds=[deed(1)]))
    found = Queries(path).logbook(ANYTHING, 10).entries
    assert [(each.id, each.deed.at, each.deed.turned) for each in found] == [
        (2, 1.8e9, True),
        (1, 1e9 + 4, False),
    ]
    assert found[1].deed.origin == Origin(Cause.UNKNOWN)
    assert found[1].deed.act is Act.REPORTED
    assert found[0].deed == deed(1)


def test_who_there_is_to_ask_for_is_found_without_reading_what_they_did(path: Path) -> None:
    """By the name that each went by last; of programs and schedules nobody asks as of a person."""
    with Store(path) as store:
        device = store.recall("A").id
        store.save(Batch(deeds=[deed(device, person=number) for number in (9, 3, None, 3)]))
        renamed = replace(deed(device).origin, name="Ana María")
        store.save(Batch(deeds=[replace(deed(device), origin=renamed)]))
        assert Queries(path).logbook(ANYTHING, 1).people == {9: "Ana", 3: "Ana María"}
        plan = store.database.conn.execute(f"EXPLAIN QUERY PLAN {logbook_rows._PEOPLE}").fetchall()
        steps = [step for *_, step in plan if "diario" in step]
        assert all("SEARCH" in step and "diario_por_persona" in step for step in steps), steps


def trimmed(path: Path, store: Store) -> None:
    keeper = Upkeep(Queries(path), LocalTime(), Retention())
    for step in keeper.trims():
        assert store.tidy(step) > 0
    assert list(keeper.trims()) == []


SMALL = tuple(replace(share, most=most) for share, most in zip(SHARES, (7, 5, 6), strict=True))


def small_shares() -> Any:
    return patch.multiple(upkeep, SHARES=SMALL, DEEDS_DROPPED=2)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(Act)), min_size=15, max_size=80))
def test_nobody_pays_for_whoever_is_restless(entries: list[tuple[int, Act]]) -> None:
    """Neither what people did for what devices notice, nor one device for another: of each kind each keeps
    its newest ones, and no device has lost any that has fewer than another has left."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder, small_shares():
        path = Path(folder) / "iot.db"
        with Store(path) as store:
            ids = [store.recall(serial).id for serial in "ABCD"]
            for n, (device, act) in enumerate(entries):
                store.save(Batch(deeds=[replace(deed(ids[device], at=1.8e9 + n), act=act)]))
            trimmed(path, store)
        left = [each.deed for each in Queries(path).logbook(ANYTHING, 1_000).entries]
    for share in SMALL:
        had = {
            id_: [at for at, (device, act) in enumerate(entries) if ids[device] == id_ and act in share.acts]
            for id_ in ids
        }
        kept = {
            id_: [
                int(each.at - 1.8e9)
                for each in left[::-1]
                if each.device_id == id_ and each.act in share.acts
            ]
            for id_ in ids
        }
        most = max(map(len, kept.values()))
        for id_ in ids:
            assert kept[id_] == had[id_][len(had[id_]) - len(kept[id_]) :]
            assert kept[id_] == had[id_] or len(kept[id_]) == most
        total = sum(map(len, kept.values()))
        assert total <= share.most
        assert total == sum(map(len, had.values())) or total > share.most - len(ids)


def test_ids_need_not_follow_on_each_other(path: Path) -> None:
    """As in a house that was restored: what is counted are the entries, and none is used again."""
    with Store(path) as store, small_shares():
        device = store.recall("A").id
        store.save(Batch(deeds=[deed(device)] * 8))
        with store.database.atomic():
            store.database.conn.execute("UPDATE sqlite_sequence SET seq = seq + 100000 WHERE name = 'diario'")
        store.save(Batch(deeds=[deed(device)]))
        trimmed(path, store)
    assert [kept.id for kept in Queries(path).logbook(ANYTHING, 10).entries] == [100_009, *range(8, 2, -1)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from((None, 3, 4)), st.booleans()), min_size=10),
    st.sets(st.integers(0, 3), min_size=1) | st.none(),
    st.sampled_from((None, 3)),
    st.booleans(),
    st.integers(1, 4),
)
def test_pages_follow_on_each_other_while_new_entries_come(
    entries: list[tuple[int, int | None, bool]],
    of: set[int] | None,
    person: int | None,
    readings: bool,
    limit: int,
) -> None:
    """Whatever is looked for: what was there when the first page was read comes once each, newest first."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder) / "iot.db"
        with Store(path) as store:
            ids = [store.recall(serial).id for serial in "ABCD"]
            deeds = [
                replace(deed(ids[device], person=who), act=Act.READING if reading else Act.CHANGED)
                for device, who, reading in entries
            ]
            store.save(Batch(deeds=deeds))
            devices = None if of is None else tuple(ids[each] for each in sorted(of))
            wanted, found = WantedDeeds(devices, person, readings=readings), []
            while True:
                page = Queries(path).logbook(wanted, limit)
                found += [kept.id for kept in page.entries]
                if page.next_before is None:
                    break
                assert len(page.entries) == limit
                store.save(Batch(deeds=deeds[:2]))
                wanted = replace(wanted, before=page.next_before)
    assert found == [
        number
        for number, each in reversed([*enumerate(deeds, 1)])
        if (devices is None or each.device_id in devices)
        and (person is None or each.origin.person == person)
        and (readings or each.act is not Act.READING)
    ]


def test_what_is_looked_for_is_found_without_reading_all_that_devices_notice(path: Path) -> None:
    """A device of a million readings costs neither its own page nor that of what people did."""
    with Store(path) as store:
        ids = [store.recall(serial).id for serial in "ABC"]
        store.save(Batch(deeds=[replace(deed(ids[n % 2]), act=Act.READING) for n in range(50)]))
        store.save(Batch(deeds=[deed(each) for each in ids * 2]))
        asked: list[str] = []
        store.database.conn.set_trace_callback(asked.append)
        for devices in (None, tuple(ids), (ids[0],)):
            for readings in (True, False):
                wanted = WantedDeeds(devices=devices, readings=readings)
                assert len(logbook_rows.read_logbook(store.database.conn, wanted, 2).entries) == 2
        store.database.conn.set_trace_callback(None)
        pages = [query for query in asked if "b.cambios" in query]
        assert len(pages) == 6
        for query in pages:
            plan = [step for *_, step in store.database.conn.execute(f"EXPLAIN QUERY PLAN {query}")]
            reads = [step for step in plan if step.startswith(("SCAN b", "SEARCH b"))]
            [*_, reading] = reads
            if "json_each" in query:
                assert "dispositivo" in reading, plan
            assert ("sin_lecturas" in reading) is ("<>" in query), plan


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(st.just(None), st.tuples(st.integers(0, 2), st.integers(0, 8))), min_size=1, max_size=5
        ),
        max_size=5,
    )
)
def test_what_is_seen_is_never_unseen(batches: list[list[tuple[int, int] | None]]) -> None:
    """Whoever looks in whatever order, on however many devices, through restarts: each has seen the newest
    that they ever looked at, and nobody what is not there yet. ``None`` is a new finding."""
    findings = 0
    seen: dict[int, int] = {}
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder) / "iot.db"
        for steps in batches:
            with Store(path) as store:
                device = store.recall("A")
                for step in steps:
                    if step is None:
                        findings += 1
                        finding = Finding("offline", "ai_offline", device.id, "A", 1.0, {})
                        store.save(Batch(conclusions=[(finding, {})]))
                        continue
                    person, upto = step
                    seen[person] = max(seen.get(person, 0), min(upto, findings))
                    [kept] = store.save(Batch(seen=[Seen(person, upto)])).seen
                    assert kept == Seen(person, seen[person])
                found = {person: Queries(path).seen(person).upto for person in range(3)}
                assert found == {person: seen.get(person, 0) for person in range(3)}
