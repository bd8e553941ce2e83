"""From what people say of when they are away to rule 3: the real actors, rule and disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from queue import SimpleQueue

import pytest

from actors.domain.absences import Absence, AbsenceChange, EndAbsence, SayAbsence, WithdrawAbsence
from actors.domain.durations import DAY_S
from actors.domain.model import Claim
from actors.domain.refusals import Refusal, Refused
from actors.messages import ChangeAbsences, ClaimDevice
from config import Settings
from rules.learn.timetable import Window
from rules.rulebook import rulebook
from tests.household import House, World, actor

LAMP = "LGT0AAAAAAAA"
# A demonstration suggests the same as soon as it may.
SHOWN = (Window(7 * 60, 60, 8, 8),)
RULES = rulebook(Settings(ai_r3_demo_mode=True), {}, {}, UTC, lambda _: SHOWN)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "iot.db")


@pytest.fixture
def house(world: World) -> Iterator[House]:
    house = opened(world)
    yield house
    house.kill()


def opened(world: World) -> House:
    house = House(world, {"learn": RULES["learn"]})
    house.flush()
    return house


def outcome(house: House, change: AbsenceChange) -> Absence | Refused:
    answers: SimpleQueue[Absence | Refused] = SimpleQueue()
    house.directory.tell(ChangeAbsences(change, answers.put))
    house.flush()
    return answers.get_nowait()


def claim(house: House, serial: str = LAMP) -> None:
    house.report(serial)
    house.flush()
    house.directory.tell(ClaimDevice(Claim(serial), lambda _: None))
    house.flush()


def next_day(house: House) -> None:
    house.stage.wait(DAY_S)
    house.report(LAMP, estado="activo")
    house.flush()


def test_nothing_is_suggested_until_they_are_back(world: World, house: House) -> None:
    """Through a restart while they are away."""
    now = house.clock.now()
    assert outcome(house, SayAbsence(None, None)) == Absence(1, now)
    claim(house)
    next_day(house)
    house.stop()
    house.kill()
    again = opened(world)
    next_day(again)
    assert world.told == []
    back = again.clock.now()
    assert outcome(again, EndAbsence(1)) == Absence(1, now, back)
    next_day(again)
    assert [kept.finding.event for kept in world.told] == ["ai_suggest"]
    again.kill()


def test_every_device_is_told_and_one_that_comes_later_too(house: House) -> None:
    def heard(serial: str) -> tuple[Absence, ...]:
        found: tuple[Absence, ...] = actor(house.device_actor(serial)._rules["learn"])._rule._absences
        return found

    claim(house)
    said = outcome(house, SayAbsence(1.0, 2.0))
    other = "LGT0BBBBBBBB"
    claim(house, other)
    assert heard(LAMP) == heard(other) == (said,)
    assert outcome(house, WithdrawAbsence(1)) == said
    assert heard(LAMP) == heard(other) == ()
    assert outcome(house, WithdrawAbsence(1)) == Refused(Refusal.NO_SUCH_ABSENCE, {"id": 1})
