"""A rule's actor knows after any restart what it knew before, and what it concludes is kept once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from actors.domain.model import Claim, JsonObject
from actors.messages import ClaimDevice, ScanHistory
from config import Settings
from persistence.database.schema import sqlite3
from rules.base.tables import Limit, Standard
from rules.rulebook import rulebook
from tests.household import House, World, actor

SERIAL = "TMP0603IF1WD"
LIMITS = {"TMP0": {"temperatura": Limit(10, 80)}}
RULES = rulebook(Settings(), LIMITS, {"TMP0": Standard("horario")}, UTC, lambda _: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "iot.db")


@pytest.fixture
def house(world: World) -> Iterator[House]:
    house = open_house(world)
    house.report(SERIAL)
    house.flush()
    house.directory.tell(ClaimDevice(Claim(SERIAL), lambda _: None))
    house.flush()
    yield house
    house.kill()


def open_house(world: World) -> House:
    house = House(world, RULES)
    house.flush()
    return house


def read(house: House, *temperatures: float) -> None:
    for temperature in temperatures:
        house.stage.wait(600)
        house.report(SERIAL, estado="activo", parametros={"temperatura": temperature})
        house.flush()


def knows(house: House, rule: str) -> JsonObject:
    playing = house.device_actor(SERIAL)
    state: JsonObject = actor(playing._rules[rule])._rule.state()
    return state


def rows(world: World, query: str) -> list[Any]:
    with closing(sqlite3.connect(world.path)) as db:
        found: list[Any] = db.execute(query).fetchall()
        db.commit()
        return found


def events(world: World) -> list[str]:
    return [row[0] for row in rows(world, "SELECT evento FROM eventos_ia ORDER BY id")]


@pytest.mark.parametrize("orderly", [True, False])
def test_after_a_restart_each_rule_knows_what_it_knew(world: World, house: House, orderly: bool) -> None:
    """Stored at an orderly end; read again from the log after a power cut."""
    read(house, 20, 21, 200, 22, 23)
    before = {rule: knows(house, rule) for rule in house.rules_of(SERIAL)}
    if orderly:
        house.stop()
    house.kill()
    again = open_house(world)
    assert {rule: knows(again, rule) for rule in before} == before
    again.kill()


@pytest.mark.parametrize("damage", ["'{}'", '\'{"kind":"extremos"\'', "'[1,2'", "'null'"])
def test_damage_to_what_is_stored_costs_a_replay_of_the_log(
    world: World, house: House, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a crash nor a model that is silently wrong."""
    read(house, 20, 21, 22)
    before = knows(house, "extremos")["body"]
    house.stop()
    house.kill()
    rows(world, f"UPDATE memoria_reglas SET estado = {damage} WHERE regla = 'extremos'")
    again = open_house(world)
    assert knows(again, "extremos")["body"] == before
    assert "damaged" in caplog.text
    again.kill()


def test_what_was_concluded_and_not_kept_is_concluded_again(world: World, house: House) -> None:
    """The report is on disk and acknowledged; the power fails before its anomaly is."""
    house.report(SERIAL, parametros={"temperatura": 200})
    while not rows(world, "SELECT 1 FROM estado_log WHERE parametros LIKE '%200%'"):
        house.stage.step()
    house.kill()
    assert "ai_anomaly" not in events(world)
    again = open_house(world)
    assert events(world).count("ai_anomaly") == 1
    again.kill()


def test_the_cooldown_outlives_a_restart(world: World, house: House) -> None:
    read(house, 200)
    house.kill()
    again = open_house(world)
    again.report(SERIAL, parametros={"temperatura": 201})
    again.flush()
    assert events(world).count("ai_anomaly") == 1
    again.kill()


def test_what_falls_silent_while_nobody_listens_is_found(world: World, house: House) -> None:
    house.stop()
    house.kill()
    world.clock.advance_to(world.clock.monotonic() + 3600)
    again = open_house(world)
    assert "ai_offline" not in events(world), "nobody could have heard it yet"
    again.stage.wait(60)
    assert events(world).count("ai_offline") == 1
    again.report(SERIAL)
    again.flush()
    assert events(world).count("ai_back_online") == 1
    again.kill()


def test_a_misconfiguration_is_told_again_after_the_cooldown_though_nothing_happens(
    world: World, house: House
) -> None:
    assert events(world) == ["ai_misconfig"]
    house.stage.wait(Settings().ai_misconfig_cooldown_s + 1)
    assert events(world).count("ai_misconfig") == 2


def test_a_search_through_history_finds_what_rule_1_would_have_found(house: House) -> None:
    read(house, *[20 + n % 5 for n in range(30)], 200, 21)
    told: list[Any] = []
    house.hub.scan_told = told.append  # type: ignore[assignment,method-assign]
    scanner = house.actors.scanner
    device = house.devices()[SERIAL]
    scanner.tell(ScanHistory(device, "temperatura", days=3))
    scanner.tell(ScanHistory(device, "humedad", days=3))
    house.flush()
    assert [news.event for news in told] == ["ai_progress", "ai_anomaly", "ai_done", "ai_progress", "ai_done"]
    assert (told[1].details["metric"], told[1].details["value"]) == ("temperatura", 200)
    assert told[2].details == {"metric": "temperatura", "days": 3, "readings": 32, "anomalies": 1}
    assert told[4].details["readings"] == 0


# -- clocks that are wrong -------------------------------------------------------------------------

DAY = 86_400.0
TEN_YEARS = 3_652 * DAY


def days(house: House, count: int) -> None:
    """A reading each two hours, by day warmer than by night."""
    for n in range(12 * count):
        house.stage.wait(DAY / 12)
        house.report(SERIAL, estado="activo", parametros={"temperatura": 20 + n % 12 / 4})
        house.flush()


def newest_day(house: House) -> int:
    """The last day, since the epoch, of which rule 1 knows."""
    rule = actor(house.device_actor(SERIAL)._rules["extremos"])._rule
    return int(rule._metrics["temperatura"].level.range.newest(rule._settings) // DAY)


def is_watched(house: House, world: World) -> bool:
    """Whether a reading that only history finds strange is found."""
    before = len(events(world))
    read(house, 45)
    return "ai_anomaly" in events(world)[before:]


def test_a_clock_ahead_for_a_while_teaches_nothing(world: World, house: House) -> None:
    """What is stamped meanwhile is marked, is judged all the same, and nothing is learned of it."""
    days(house, 20)
    known = knows(house, "extremos"), knows(house, "learn")
    world.clock.jump(TEN_YEARS)
    read(house, 21)
    assert is_watched(house, world)
    world.clock.jump(-TEN_YEARS)
    house.flush()
    assert knows(house, "learn") == known[1]
    assert knows(house, "extremos")["body"]["metrics"] == known[0]["body"]["metrics"]
    assert [row[0] for row in rows(world, "SELECT n FROM estado_log WHERE hora_dudosa")] == [242, 243]
    read(house, 22)
    assert rows(world, "SELECT max(n) FROM estado_log WHERE NOT hora_dudosa") == [(244,)]
    house.stage.wait(DAY)
    assert is_watched(house, world)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("ahead", [TEN_YEARS, 40 * DAY])
def test_a_time_that_was_believed_and_was_wrong(
    world: World, house: House, restarted: bool, ahead: float
) -> None:
    """It is forgotten, and the rest of the log learned anew; the rules are not off until that date."""
    days(house, 20)
    world.clock.jump(ahead)
    days(house, 1)
    assert house.clock.doubt is None
    today = world.clock.now() // DAY
    assert newest_day(house) >= today
    world.clock.jump(-ahead)
    if restarted:
        house.stop()
        house.kill()
        house = open_house(world)
    days(house, 3)
    assert house.clock.doubt is None
    assert is_watched(house, world)
    assert newest_day(house) <= world.clock.now() // DAY
    habit = knows(house, "learn")["body"]["habit"]
    assert habit["newest"] - habit["oldest"] <= 25


def test_rows_of_an_earlier_version_from_the_future_are_not_learned(world: World, house: House) -> None:
    """Neither from a memory that knows them nor from a log that holds them."""
    days(house, 20)
    house.stop()
    house.kill()
    with closing(sqlite3.connect(world.path)) as db:
        db.execute("UPDATE estado_log SET timestamp = timestamp + ? WHERE n > 235", [TEN_YEARS])
        db.execute("DELETE FROM memoria_reglas")
        db.commit()
    house = open_house(world)
    assert house.clock.doubt is None
    days(house, 1)
    assert newest_day(house) <= world.clock.now() // DAY
    assert is_watched(house, world)


def test_a_start_in_1970(world: World, house: House) -> None:
    """Without a battery or a network: the log goes on where it ended, marked; then all is as before."""
    days(house, 20)
    house.stop()
    house.kill()
    right = world.clock.now()
    world.clock.jump(-right)
    house = open_house(world)
    read(house, 21, 22)
    marked = rows(world, "SELECT timestamp FROM estado_log WHERE hora_dudosa")
    assert [at for (at,) in marked] == [pytest.approx(right + 600), pytest.approx(right + 1200)]
    world.clock.jump(right + 3_600)
    read(house, 23)
    assert rows(world, "SELECT count(*) FROM estado_log WHERE hora_dudosa") == [(2,)]
    assert is_watched(house, world)
