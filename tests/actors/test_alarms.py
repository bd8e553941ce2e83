"""An alarm is told at once and once, by devices that have any, until it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from actors.domain.metrics import MetricChoice
from actors.domain.model import Claim, Decided, MetricChange
from actors.domain.notices import Hitch, Notice, Tried
from actors.messages import ChangeLimits, ClaimDevice, ForgetDevice, ReleaseDevice, Removal
from config import Settings
from rules.alarms import REST_S
from rules.rulebook import rulebook
from tests.household import House, World
from tests.notifier.desks import CountingCourier

SERIAL = "SMK0AAAAAAAA"
RULES = rulebook(Settings(), {}, {}, UTC, lambda _: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "iot.db")


@pytest.fixture
def house(world: World) -> Iterator[House]:
    house = House(world, RULES)
    house.flush()
    yield house
    house.kill()


def say(house: House, **readings: Any) -> None:
    house.stage.wait(5)
    house.report(SERIAL, parametros=readings)
    house.flush()


def rest(house: House) -> None:
    """As long as it takes until what the device says is over is so."""
    house.stage.wait(REST_S)
    house.flush()


def claim(house: House) -> None:
    house.directory.tell(ClaimDevice(Claim(SERIAL), lambda _: None))
    house.flush()


def alarms(house: House) -> list[tuple[str, bool, str]]:
    """Of each its metric, whether it lasts, and its severity."""
    query = (
        "SELECT json_extract(datos, '$.metric'), hasta IS NULL, evento FROM eventos_ia WHERE regla = 'alarma'"
    )
    return [(metric, bool(lasts), event) for metric, lasts, event in house.rows(f"{query} ORDER BY id")]


LASTS, OVER = ("humo", True, "ai_alarm"), ("humo", False, "ai_alarm")


def test_only_a_device_that_tells_of_alarms_has_an_actor_for_them(house: House) -> None:
    """From the report on that tells of one, and it says so at once."""
    say(house, temp=20)
    claim(house)
    assert "alarma" not in house.rules_of(SERIAL)
    say(house, temp=20, humo=True)
    assert "alarma" in house.rules_of(SERIAL)
    assert alarms(house) == [LASTS]
    say(house, temp=20, humo=False)
    rest(house)
    assert alarms(house) == [OVER]


def test_an_alarm_that_stands_when_a_device_is_claimed_is_told(house: House) -> None:
    """Before that nobody is told of anything; released, nothing lasts."""
    say(house, humo=True)
    assert alarms(house) == []
    claim(house)
    assert alarms(house) == [LASTS]
    house.directory.tell(ReleaseDevice(SERIAL, lambda _: None))
    house.flush()
    assert alarms(house) == [OVER]


@pytest.mark.parametrize("orderly", [True, False])
def test_a_restart_neither_repeats_nor_loses_it(house: House, orderly: bool) -> None:
    say(house, humo=False)
    claim(house)
    say(house, humo=True)
    if orderly:
        house.stop()
    house.kill()
    again = House(house.world, RULES)
    again.flush()
    assert alarms(again) == [LASTS]
    say(again, humo=True)
    assert alarms(again) == [LASTS]
    say(again, humo=False)
    rest(again)
    assert alarms(again) == [OVER]
    again.kill()


def test_who_mutes_it_hears_of_its_end(house: House) -> None:
    """And of nothing more, until it is not muted any more."""
    say(house, humo=True)
    claim(house)

    def decide(muted: bool) -> None:
        change = {"humo": MetricChange(muted=Decided(muted))}
        house.directory.tell(ChangeLimits(SERIAL, change, lambda _: None))
        house.flush()

    decide(True)
    assert house.devices()[SERIAL].limits == {"humo": MetricChoice(muted=True)}
    say(house, humo=True)
    assert alarms(house) == [OVER]
    decide(False)
    assert alarms(house) == [OVER, LASTS]


class Refusing(CountingCourier):
    def send(self, _: Notice, done: Callable[[Tried], None]) -> None:
        done(Tried(Hitch.NOT_TAKEN))


def test_nobody_waits_to_be_told_of_a_device_that_has_gone(world: World) -> None:
    """Of what had waited for a service nothing is remembered, let alone tried."""
    world.courier = Refusing()
    house = House(world, RULES)
    say(house)
    claim(house)
    say(house, humo=True)
    assert house.actors.notices.waiting > 0
    gone = Removal(house.kept()[SERIAL].id, SERIAL)
    house.directory.tell(ForgetDevice(gone, lambda _: None))
    house.flush()
    assert house.kept() == {}
    assert house.actors.notices.waiting == 0
    house.kill()
