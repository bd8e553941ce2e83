"""The demonstration's home: a past that the rules have looked at, and a present that goes on from it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from actors.domain.claiming import code_digest
from actors.domain.model import Change, Device
from actors.domain.proposals import applied
from actors.runtime.house_clock import HouseClock
from actors.simulator.device import KINDS, demo_code
from actors.simulator.household import CAMERA, CEILING, HOME, NEW, meanwhile, simulated
from config import Settings
from persistence.moving_in import UNDER_WAY, catch_up, move_in
from persistence.readers.queries import Queries
from persistence.rule_files import RuleFiles
from persistence.storage.faults import UnusableDatabase
from persistence.writer.store import Store
from rules.rulebook import rulebook
from tests.stage import FakeClock

MADRID = ZoneInfo("Europe/Madrid")
# The clocks have been put forward in the weeks before.
NOW = datetime(2026, 4, 10, 12, 30, tzinfo=MADRID)
SMOKE, CLIMATE, METER = "SMK0COCINA01", "TMP0DORMIT01", "MTR0CASA0001"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the home; what an earlier start has left half made lay in its place."""
    path = tmp_path_factory.mktemp("home") / "iot.db"
    (path.parent / UNDER_WAY).mkdir()
    (path.parent / UNDER_WAY / path.name).write_bytes(b"half of it")
    files = RuleFiles(path.parent / "tablas", "", "")
    rules = rulebook(Settings(), files.limits, files.standards, MADRID, lambda _: None, files.weather)
    shares: list[float] = []
    move_in(path, rules, {"Ana": 1, "Luis": 2}, MADRID, NOW.timestamp(), shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert not (path.parent / UNDER_WAY).exists()
    return path


def test_a_full_disk_is_named_in_the_houses_words_and_nothing_stays_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite itself says so: the file may have no more pages than its tables take."""

    def on_a_full_disk(path: Path) -> Store:
        store = Store(path)
        pages = store.database.conn.execute("PRAGMA page_count").fetchone()[0]
        store.database.conn.execute(f"PRAGMA max_page_count = {pages}")
        return store

    monkeypatch.setattr("persistence.moving_in.SqliteStore", on_a_full_disk)
    with pytest.raises(UnusableDatabase, match=r"No queda sitio en el disco de .*iot\.db: libera espacio"):
        move_in(tmp_path / "iot.db", {}, {"Ana": 1, "Luis": 2}, MADRID, NOW.timestamp())
    assert list(tmp_path.iterdir()) == []


def devices(home: Path) -> Mapping[str, Device]:
    with Store(home) as store:
        return {device.serial: device for device in store.devices()}


def rows(home: Path, question: str, *given: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home)) as db:
        return db.execute(question, given).fetchall()


def test_each_device_has_its_name_its_room_and_six_weeks_behind_it(home: Path) -> None:
    """But for the one that has not been there so long; the last report is of just now."""
    known = devices(home)
    assert {serial: device.name for serial, device in known.items()} == {
        each.serial: each.name for each in HOME
    }
    rooms = dict(rows(home, "SELECT id, nombre FROM habitaciones"))
    assert all(rooms[known[each.serial].room] == each.room for each in HOME)
    ages = rows(home, "SELECT min(timestamp), max(timestamp) FROM estado_log GROUP BY dispositivo_id")
    assert sum(NOW.timestamp() - first > timedelta(days=41.9).total_seconds() for first, _ in ages) >= 18
    assert all(NOW.timestamp() - 20 < last < NOW.timestamp() for _, last in ages)


def test_the_rules_have_found_an_anomaly_an_outage_an_alarm_and_a_timetable(home: Path) -> None:
    """Each where it was, and told in order of time; of what is over nothing lasts."""
    found = rows(
        home,
        "SELECT serial_number, evento, creado_en, episodio IS NOT NULL AND hasta IS NULL"
        " FROM eventos_ia JOIN dispositivos AS d ON d.id = dispositivo_id ORDER BY eventos_ia.id",
    )
    assert {(serial, event) for serial, event, *_ in found} == {
        (CLIMATE, "ai_anomaly"),
        (CAMERA, "ai_offline"),
        (CAMERA, "ai_back_online"),
        (SMOKE, "ai_alarm"),
        (SMOKE, "ai_anomaly"),
        (CEILING, "ai_suggest"),
    }
    assert [at for _, _, at, _ in found] == sorted(at for _, _, at, _ in found)
    assert not any(lasts for *_, lasts in found)


def test_the_timetable_can_be_taken_over(home: Path) -> None:
    """By what ``aplicar`` does: the ceiling light then has the evenings by itself."""
    [number] = [n for (n,) in rows(home, "SELECT id FROM eventos_ia WHERE evento = 'ai_suggest'")]
    kept = Queries(home, MADRID).finding(number)
    assert kept is not None
    device = applied(kept, devices(home)[CEILING])
    assert isinstance(device, Device)
    assert device.configuration["modo"] == "horario"
    assert device.configuration["horarios"]


def test_it_is_known_who_switched_and_what_current_costs(home: Path) -> None:
    """A person, the schedule, the device's own switch; and the meter counts the whole house."""
    switched = rows(
        home,
        "SELECT DISTINCT origen, nombre FROM diario WHERE cambios LIKE '%encendido%' ORDER BY origen, nombre",
    )
    assert switched == [("aparato", ""), ("horario", ""), ("persona", "Ana"), ("persona", "Luis")]
    plan = Queries(home, MADRID).energy_plan()
    assert plan.mains == {devices(home)[METER].id}
    night, evening = (NOW.replace(hour=hour) for hour in (3, 19))
    assert (plan.price_at(night) or 0) < (plan.price_at(evening) or 0)


def test_counters_never_fall_and_count_on(home: Path) -> None:
    """Through the hour that was left out in spring too, of which no more is counted than of another."""
    known = devices(home)
    counted = [
        kwh
        for (kwh,) in rows(
            home,
            "SELECT json_extract(parametros, '$.energia_kwh') FROM estado_log"
            " WHERE dispositivo_id = ? ORDER BY n",
            known[METER].id,
        )
    ]
    used = [after - before for before, after in pairwise(counted)]
    assert min(used) >= 0
    assert max(used) < 0.6
    [meter] = [each for each in simulated(known.values()) if each.serial == METER]
    moments = [(NOW.replace(tzinfo=None) + timedelta(seconds=10 * n), 10.0 * n) for n in range(3)]
    goes_on = [meter.measure(local, at)[1]["energia_kwh"] for local, at in moments]
    assert counted[-1] <= goes_on[0] <= goes_on[-1] < counted[-1] + 0.1


def test_the_home_is_lived_in_while_nobody_looks(home: Path, tmp_path: Path) -> None:
    """Opened nine days later no chart has a hole, no counter falls, and the clock is believed; who has moved
    out switches nothing."""
    path = tmp_path / home.name
    shutil.copy(home, path)
    later = NOW + timedelta(days=9)
    machine = FakeClock(now=later.timestamp())
    with Store(path) as store:
        heard = store.heard_at(machine.now())
        doubting = HouseClock(machine, released=NOW.timestamp())
        doubting.compare(heard)
        assert doubting.doubt is not None
        assert catch_up(path, {"Ana": 1}, MADRID, store, machine.now()) == len(HOME)
        assert catch_up(path, {"Ana": 1}, MADRID, store, machine.now()) == 0
        doubting.compare(store.heard_at(machine.now()))
        assert doubting.doubt is None
    waits = "SELECT dispositivo_id, timestamp - lag(timestamp) OVER (PARTITION BY dispositivo_id ORDER BY n)"
    longest = rows(
        path,
        f"SELECT max(waited) FROM ({waits} AS waited FROM estado_log WHERE timestamp > ?)",
        NOW.timestamp() - 60,
    )
    assert longest[0][0] < 1_300
    counted = rows(
        path,
        "SELECT json_extract(parametros, '$.energia_kwh') FROM estado_log"
        " WHERE dispositivo_id = ? AND timestamp > ? ORDER BY n",
        devices(home)[METER].id,
        (NOW - timedelta(days=1)).timestamp(),
    )
    assert min(after - before for (before,), (after,) in pairwise(counted)) >= 0
    assert counted[-1][0] > counted[0][0] + 9 * 5
    by = rows(
        path, "SELECT DISTINCT nombre FROM diario WHERE creado_en > ? AND origen = 'persona'", NOW.timestamp()
    )
    assert by == [("Ana",)]
    assert all(machine.now() - 20 < device.seen_at < machine.now() for device in devices(path).values())
    unsummed = (
        "SELECT 1 FROM dispositivos LEFT JOIN resumidos ON id = dispositivo_id WHERE n IS NOT registros"
    )
    assert rows(path, unsummed) == []


def test_a_habit_ends_with_a_schedule_and_six_weeks_are_the_most(home: Path) -> None:
    """However long nobody has looked."""
    known = devices(home)[CEILING]
    [ceiling] = [each for each in HOME if each.serial == CEILING]
    later = NOW.timestamp() + 300 * 86_400
    happened = list(meanwhile(ceiling, known, ("Luis",), later, MADRID))
    assert later - 43 * 86_400 < happened[0].at < later - 41 * 86_400
    assert any(isinstance(each.what, Change) for each in happened)
    given = replace(known, configuration={**known.configuration, "modo": "horario", "horarios": []})
    happened = list(meanwhile(ceiling, given, ("Luis",), NOW.timestamp() + 7 * 86_400, MADRID))
    assert happened
    assert not any(isinstance(each.what, Change) for each in happened)


def test_devices_know_how_they_are_set(home: Path) -> None:
    """Before the broker has told them anything: each does at once what it is to do."""
    known = devices(home)
    local, at = NOW.replace(tzinfo=None), NOW.timestamp()
    living = [each for each in simulated(known.values()) if each.serial in known]
    assert {each.serial: each.version for each in living} == {
        serial: device.version for serial, device in known.items()
    }
    assert all(each.measure(local, at)[0] == known[each.serial].state for each in living)


def test_what_lives_in_the_home_is_its_devices_and_two_new_ones(home: Path) -> None:
    """In any other house it is one of each kind. The new ones have a code on their label."""
    known = devices(home)
    assert [each.serial for each in simulated(known.values())] == [*known, *NEW]
    assert {each.kind for each in simulated(())} == set(KINDS)
    assert all(code_digest(serial, demo_code(serial)) for serial in NEW)


def test_hours_and_days_are_summed_up(home: Path) -> None:
    """All of them, so that a chart of the six weeks need read no log."""
    assert (
        rows(
            home,
            "SELECT 1 FROM dispositivos LEFT JOIN resumidos ON id = dispositivo_id WHERE n IS NOT registros",
        )
        == []
    )
