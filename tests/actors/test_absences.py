"""From what people say of when they are away to rule 3: the real actors, rule and disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import pytest

from actors.domain.absences import Absence, AbsenceChange, EndAbsence, SayAbsence, WithdrawAbsence
from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.model import Claim
from actors.domain.refusals import Refusal, Refused
from actors.messages import ChangeAbsences, ClaimDevice
from config import Settings
from rules.learn.habit import WeeklyHabit
from rules.learn.rule import LearnRule
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


SUNDAYS = "LGT0SUNDAYS"
FRIDGE = "PLG0FRIDGE"


class Lived:
    """A house with a lamp for each evening, one for Sundays, and a fridge that nobody switches."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rules = {"learn": rulebook(Settings(), {}, {}, UTC, lambda _: None)["learn"]}
        self.world.clock.jump(datetime(2027, 1, 3, tzinfo=UTC).timestamp() - world.clock.now())
        self.house = House(world, self.rules)
        for serial in (LAMP, SUNDAYS, FRIDGE):
            self.say(serial, "inactivo")
            self.house.directory.tell(ClaimDevice(Claim(serial), lambda _: None))
            self.house.flush()

    def say(self, serial: str, state: str) -> None:
        self.house.report(serial, estado=state)
        self.house.flush()

    def live(self, days: int, *used: str) -> None:
        """Of the lamps those are used whose serial numbers are given; the fridge works half of the time."""
        for _ in range(days):
            sunday = datetime.fromtimestamp(self.house.clock.now(), UTC).weekday() == 6
            for hour in range(0, 24, 3):
                on = {LAMP: hour == 18, SUNDAYS: hour == 9 and sunday, FRIDGE: hour % 2 == 1}
                for serial, lit in on.items():
                    self.say(serial, "activo" if lit and serial in (*used, FRIDGE) else "inactivo")
                self.house.stage.wait(3 * HOUR_S)

    def restart(self) -> None:
        self.house.stop()
        self.house = House(self.world, self.rules)
        self.house.flush()

    def habit(self, serial: str) -> WeeklyHabit:
        """What it is taken to be today."""
        rule: LearnRule = actor(self.house.device_actor(serial)._rules["learn"])._rule
        return rule._lived()


def test_the_house_is_away_when_nobody_switches_anything(tmp_path: Path) -> None:
    """Not where one lamp is used no more while the other is, on Sundays; a fridge shows nobody, and a restart
    knows it all again."""
    lived = Lived(World(tmp_path / "iot.db"))
    lived.live(28, LAMP, SUNDAYS)
    lived.live(14, SUNDAYS)
    for _ in range(2):
        assert not lived.habit(LAMP).is_absent
        assert lived.habit(LAMP).days == lived.habit(SUNDAYS).days == 42
        lived.restart()
    told = len(lived.world.told)
    lived.live(21)
    for _ in range(2):
        for serial in (LAMP, SUNDAYS):
            assert lived.habit(serial).is_absent
            assert lived.habit(serial).days <= 63 - 20
        lived.restart()
    assert len(lived.world.told) == told
    lived.live(2, LAMP)
    assert not lived.habit(SUNDAYS).is_absent
    lived.house.kill()
