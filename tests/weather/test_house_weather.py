"""From the weather to the device: the real actors, rule and disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from actors.domain.durations import HOUR_S
from actors.domain.model import Change, Claim, JsonObject
from actors.domain.weather import Hour, Weather
from actors.messages import ChangeDevice, ClaimDevice, WeatherKnown
from config import Settings
from persistence.database.schema import sqlite3
from rules.base.tables import Advice, Limit, Standard
from rules.rulebook import rulebook
from tests.household import House, World, actor

WATER = "RGD0AAAAAAAA"
OFF: JsonObject = {"modo": "manual", "encendido": False}
RAIN = Advice("lluvia", {"lluvia_mm": Limit(4, None)}, OFF, frozenset({"modo"}))
RULES = rulebook(Settings(), {}, {"RGD0": Standard("horario")}, UTC, lambda _: None, {"riego": (RAIN,)})
SCHEDULE: JsonObject = {"modo": "horario", "horarios_riego": {"diario": [["07:00", 10]]}}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "iot.db")


@pytest.fixture
def house(world: World) -> Iterator[House]:
    house = opened(world)
    house.report(WATER)
    house.flush()
    house.directory.tell(ClaimDevice(Claim(WATER), lambda _: None))
    house.flush()
    yield house
    house.kill()


def opened(world: World, *rules: str) -> House:
    house = House(world, {rule: RULES[rule] for rule in ("clima", *rules)})
    house.flush()
    return house


def change(house: House, **configuration: object) -> None:
    house.directory.tell(ChangeDevice(WATER, Change(configuration=configuration), lambda _: None))
    house.flush()


def forecast(house: House, rain: float) -> None:
    now = house.stage.clock.now()
    hours = tuple(Hour(now + n * HOUR_S, rain=rain) for n in range(-24, 48))
    house.directory.tell(WeatherKnown(Weather(now, hours)))
    house.flush()


def configured(house: House) -> JsonObject:
    found: JsonObject = house.device_actor(WATER)._device.configuration
    return found


def told(world: World) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(world.path)) as db:
        return db.execute("SELECT evento, decision FROM eventos_ia ORDER BY id").fetchall()


def test_by_default_it_advises_and_a_person_decides(world: World, house: House) -> None:
    change(house, **SCHEDULE)
    forecast(house, 2.0)
    assert told(world) == [("ai_weather", "abierto")]
    assert configured(house)["modo"] == "horario"


def test_where_a_person_allows_it_the_water_rests_and_comes_back(world: World, house: House) -> None:
    """As if somebody had applied both; through a restart while it rains."""
    change(house, **SCHEDULE, clima="actuar")
    forecast(house, 2.0)
    assert told(world) == [("ai_weather", "aplicado")]
    assert configured(house) == {**SCHEDULE, **OFF, "clima": "actuar"}
    house.stop()
    house.kill()
    again = opened(world)
    for _ in range(4):
        again.stage.wait(1800)
        forecast(again, 2.0)
    assert told(world) == [("ai_weather", "aplicado")]
    for _ in range(4):
        again.stage.wait(1800)
        forecast(again, 0.0)
    assert told(world) == [("ai_weather", "aplicado"), ("ai_weather", "aplicado")]
    assert configured(again)["modo"] == "horario"
    again.kill()


def test_who_waters_by_hand_in_the_rain_is_let_be(world: World, house: House) -> None:
    """What was done once is not done again, however long it rains."""
    change(house, **SCHEDULE, clima="actuar")
    forecast(house, 2.0)
    change(house, encendido=True)
    for _ in range(6):
        house.stage.wait(1800)
        forecast(house, 2.0)
    assert configured(house)["encendido"] is True
    assert len(told(world)) == 1


def test_who_comes_later_hears_of_the_weather_too(world: World, house: House) -> None:
    """A device that is claimed while it rains, and one whose actor was started again."""
    forecast(house, 2.0)
    change(house, **SCHEDULE)
    house.stage.wait(1800)
    house.flush()
    assert told(world) == [("ai_weather", "abierto")]
    other = "RGD0BBBBBBBB"
    house.report(other)
    house.flush()
    house.directory.tell(ClaimDevice(Claim(other, configuration=SCHEDULE), lambda _: None))
    house.flush()
    assert told(world) == [("ai_weather", "abierto")] * 2
    assert actor(house.device_actor(other)._rules["clima"])._rule.lasting


def test_no_other_rule_asks_for_what_the_weather_advises_against(world: World, house: House) -> None:
    """An irrigation at rest in the rain is not told that it goes better with a schedule; one by hand is."""
    change(house, **SCHEDULE, clima="actuar")
    house.stop()
    house.kill()
    again = opened(world, "misconfig")
    forecast(again, 2.0)
    for rain in (2.0, 2.0, 0.0, 0.0, 0.0, 0.0):
        again.stage.wait(1800)
        forecast(again, rain)
    assert configured(again)["modo"] == "horario"
    assert {event for event, _ in told(world)} == {"ai_weather"}
    change(again, modo="manual")
    again.stage.wait(2 * HOUR_S)
    forecast(again, 0.0)
    assert "ai_misconfig" in {event for event, _ in told(world)}
    again.kill()


def test_what_was_to_be_done_is_done_after_a_power_cut(world: World, house: House) -> None:
    """The advice is on disk, and the power fails before it is carried out."""
    change(house, **SCHEDULE, clima="actuar")
    now = house.stage.clock.now()
    hours = tuple(Hour(now + n * HOUR_S, rain=2.0) for n in range(-24, 48))
    house.directory.tell(WeatherKnown(Weather(now, hours)))
    while not told(world):
        house.stage.step()
    house.kill()
    assert told(world) == [("ai_weather", "abierto")]
    again = opened(world)
    again.flush()
    assert told(world) == [("ai_weather", "aplicado")]
    assert configured(again)["modo"] == "manual"
    again.kill()


def test_what_people_have_done_meanwhile_is_not_undone_by_it(world: World, house: House) -> None:
    """What was left undone for more than an hour is left to them."""
    change(house, **SCHEDULE, clima="actuar")
    now = house.stage.clock.now()
    hours = tuple(Hour(now + n * HOUR_S, rain=2.0) for n in range(-24, 48))
    house.directory.tell(WeatherKnown(Weather(now, hours)))
    while not told(world):
        house.stage.step()
    house.kill()
    world.clock.advance_to(world.clock.monotonic() + 2 * HOUR_S)
    again = opened(world)
    again.flush()
    assert told(world) == [("ai_weather", "abierto")]
    again.kill()


def test_a_rule_that_learns_anew_goes_by_the_weather_of_today(house: House) -> None:
    """Not by that of when it was first started, where a clock that was ahead is set right."""
    change(house, **SCHEDULE)
    forecast(house, 2.0)
    rule = actor(house.device_actor(WATER)._rules["clima"])
    assert rule._house.weather is not None
    rule.on_start()
    house.flush()
    assert rule._house.weather.asked_at == house.stage.clock.now()
    assert rule._rule._house is rule._house


def test_a_device_that_people_make_an_irrigation_hears_of_the_weather(house: House) -> None:
    """By its kind or by its type; no report is needed for that."""
    other = "PLG0CCCCCCCC"
    house.report(other)
    house.flush()
    house.directory.tell(ClaimDevice(Claim(other, configuration=SCHEDULE), lambda _: None))
    house.flush()
    forecast(house, 2.0)
    assert "clima" not in house.device_actor(other)._rules
    house.directory.tell(ChangeDevice(other, Change(type="riego"), lambda _: None))
    house.flush()
    assert actor(house.device_actor(other)._rules["clima"])._rule.lasting
