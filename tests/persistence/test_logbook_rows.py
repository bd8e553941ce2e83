"""The logbook and what people have seen, on disk: what older databases come to have, and how it is let go."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from actors.domain.findings import Finding, Seen
from actors.domain.logbook import Act, Cause, Deed, Origin, Shift, WantedDeeds
from actors.messages import Removal
from persistence.database import logbook_rows
from persistence.database.schema import migrate, sqlite3
from persistence.database.tables import STEPS
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


def test_entries_follow_their_device_out_of_the_house(path: Path) -> None:
    """At once for who reads, and soon from the disk; one that is damaged takes none along."""
    with Store(path) as store:
        going, staying = store.recall("A").id, store.recall("B").id
        store.save(Batch(deeds=[deed(going), deed(staying), deed(staying)]))
        store.database.conn.execute("UPDATE diario SET cambios = 'x' WHERE id = 2")
        saved = store.save(Batch(deeds=[deed(staying)], removals=[Removal(going, "A")]))
        assert [kept.id for kept in saved.deeds] == [4]
        assert [kept.id for kept in Queries(path).logbook(ANYTHING, 10).entries] == [4, 3]
        assert [id_ for (id_,) in store.database.conn.execute("SELECT id FROM diario")] == [2, 3, 4]


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


def test_the_newest_entries_are_kept(path: Path) -> None:
    """A sensor that never comes to rest fills no disk; ids are not used again, and need not follow on."""
    with (
        Store(path) as store,
        patch.object(logbook_rows, "_TRIM", logbook_rows._TRIM.replace("200000", "3")),
    ):
        too_many = logbook_rows.TOO_MANY.replace("200000", "3")
        device = store.recall("A").id
        store.save(Batch(deeds=[deed(device)] * 8))
        with store.database.atomic():
            assert logbook_rows.trim_deeds(store.database.conn, 2) == 2
            assert store.database.conn.execute(too_many).fetchone() == (1,)
            assert logbook_rows.trim_deeds(store.database.conn, 1_000) == 3
            assert store.database.conn.execute(too_many).fetchone() == (0,)
            assert logbook_rows.trim_deeds(store.database.conn, 1_000) == 0
            # As in a house that was restored.
            store.database.conn.execute("UPDATE sqlite_sequence SET seq = seq + 100000 WHERE name = 'diario'")
        saved = store.save(Batch(deeds=[deed(device)]))
        assert saved.deeds[0].id == 100_009
        with store.database.atomic():
            assert logbook_rows.trim_deeds(store.database.conn, 1_000) == 1
    assert [kept.id for kept in Queries(path).logbook(ANYTHING, 10).entries] == [100_009, 8, 7]


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
