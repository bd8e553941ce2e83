"""A schedule that follows the sun, from the call that makes it to the device, day by day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.domain.findings import Finding, KeptFinding, Proposal
from actors.domain.logbook import Cause, WantedDeeds
from actors.domain.model import Claim, Device, Report
from actors.domain.sun import Sun, SunEvent, SunTime
from actors.messages import ApplyFinding, ClaimDevice, Reported
from rules.rulebook import rulebook
from tests.actors.test_server_schedule import NOBODYS, PLUG, Scheduled
from tests.household import House, World

OURS = "LGT0OURS"
HOUR, DAY = 3600.0, 86_400.0
# In Greenwich, where the sun sets later by a minute or two from day to day in January.
PLACE = (51.48, 0.0)
DUSK = {
    "dias": ["todos"],
    "inicio": "16:00",
    "fin": "23:00",
    "sol": {"inicio": "ocaso+30"},
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Scheduled]:
    home = Scheduled(tmp_path / "iot.db", PLACE)
    told = Report(OURS, home.world.clock.now(), "inactivo", {}, {"encendido": False})
    home.tell(Reported(told, NOBODYS, f"dispositivos/{OURS}/estado", b"{}"))
    home.tell(ClaimDevice(Claim(OURS), print))
    yield home
    home.house.stop()


def start_of(home: Scheduled, serial: str) -> Any:
    return home.house.devices()[serial].configuration["horarios"][0]["inicio"]


def dusk(home: Scheduled, days_ago: int = 0) -> str:
    """Half an hour after sunset of today, or of so many days ago, by the clock."""
    return clock_of(Sun(*PLACE, UTC), SunTime(SunEvent.SUNSET, 30), home.world.clock.now() - days_ago * DAY)


def clock_of(sun: Sun, time: SunTime | None, at: float) -> str:
    assert time is not None
    there = sun.minute(time.event, sun.day(at))
    assert there is not None
    hours, minutes = divmod(round(there) + time.minutes, 60)
    return f"{hours:02}:{minutes:02}"


def test_a_device_with_its_own_timetable_is_told_each_day(home: Scheduled) -> None:
    """At once, then once a day at most, and of the clock alone; what it echoes is as it was asked."""
    device = home.change(OURS, modo="horario", horarios=[DUSK])
    assert device.configuration["horarios"] == [DUSK | {"inicio": dusk(home)}]
    first = device.version
    home.wait(7 * DAY)
    version, told = home.world.published[OURS]
    assert first < version <= first + 7
    assert told["horarios"] == home.house.devices()[OURS].configuration["horarios"]
    assert start_of(home, OURS) == dusk(home) != dusk(home, 7)
    # Of all those days nobody has done anything.
    origins = [
        kept.deed.origin.cause for kept in home.house.archive.queries.logbook(WantedDeeds(), 10).entries
    ]
    assert Cause.SCHEDULE not in origins


def test_what_the_device_echoes_is_no_difference(home: Scheduled) -> None:
    device = home.change(OURS, modo="horario", horarios=[DUSK])
    plain = {name: value for name, value in device.configuration["horarios"][0].items() if name != "sol"}
    echo = {"modo": "horario", "horarios": [plain]}
    told = Report(OURS, home.world.clock.now(), "inactivo", {}, echo)
    home.tell(Reported(told, NOBODYS, f"dispositivos/{OURS}/estado", b"{}"))
    after = home.house.devices()[OURS]
    assert after.differences == {}
    assert after.configuration["horarios"] == device.configuration["horarios"]


def test_the_server_switches_by_the_sun_of_the_day(home: Scheduled) -> None:
    """And a hand that has switched it off meanwhile is let be when the day turns."""
    home.change(modo="horario", horarios=[DUSK | {"fin": "02:00"}])
    sets = datetime.fromtimestamp(home.world.clock.now(), UTC).replace(
        hour=int(dusk(home)[:2]), minute=int(dusk(home)[3:]), second=0
    )
    home.wait(sets.timestamp() - 30 - home.world.clock.now())
    assert home.ordered == []
    home.wait(60.0)
    assert home.ordered == [{"encendido": True}]
    home.say(PLUG, True)
    home.wait(HOUR)
    home.say(PLUG, False)
    home.wait(9 * HOUR)  # past 02:00, and past midnight, when the sun's time moves
    assert home.ordered == [{"encendido": True}]
    assert start_of(home, PLUG) == dusk(home) != dusk(home, 1)


def test_after_a_stop_the_times_are_those_of_that_day(tmp_path: Path) -> None:
    """What was missed is made up for by them; and without a place they stay as they were."""
    home = Scheduled(tmp_path / "iot.db", PLACE)
    home.change(modo="horario", horarios=[DUSK])
    home.house.stop()
    home.world.clock.jump(21 * DAY)
    home.house = House(home.world, {})
    home.house.flush()
    assert start_of(home, PLUG) == dusk(home) != dusk(home, 21)
    home.house.stop()
    home.world.place = (None, None)
    home.world.clock.jump(21 * DAY)
    home.house = House(home.world, {})
    home.house.flush()
    assert start_of(home, PLUG) == dusk(home, 21)
    home.house.stop()


def test_a_proposal_is_applied_with_one_call(home: Scheduled) -> None:
    """Weeks after it was made it has the times of today, and holds from then on."""
    device = home.house.devices()[OURS]
    proposal = Proposal({"modo": "horario", "horarios": [DUSK]}, frozenset({"horarios"}))
    finding = Finding("learn", "ai_suggest", device.id, OURS, home.world.clock.now(), {}, proposal=proposal)
    answers: list[Any] = []
    home.wait(14 * DAY)
    home.tell(ApplyFinding(KeptFinding(1, finding, {}), answers.append))
    [answer] = answers
    assert isinstance(answer, Device)
    assert answer.configuration["horarios"] == [DUSK | {"inicio": dusk(home)}]
    home.wait(7 * DAY)
    assert start_of(home, OURS) == dusk(home)
    home.tell(ApplyFinding(KeptFinding(1, finding, {}), answers.append))
    assert answers[1].version == home.house.devices()[OURS].version
    assert start_of(home, OURS) == dusk(home)


def test_released_or_by_hand_it_is_left_alone(home: Scheduled) -> None:
    """Nobody is told anew of a schedule that is not in force; when it is again, it is today's."""
    home.change(OURS, modo="horario", horarios=[DUSK])
    version = home.change(OURS, modo="manual").version
    home.wait(7 * DAY)
    assert home.house.devices()[OURS].version == version
    assert home.change(OURS, modo="horario").configuration["horarios"][0]["inicio"] == dusk(home)


def test_dusk_is_learned_proposed_and_kept_with_one_call(tmp_path: Path) -> None:
    """From what a lamp says of itself: clock and sun are told apart in five weeks, across a restart."""
    world = World(tmp_path / "iot.db", place=PLACE)
    world.clock.jump(datetime(2027, 1, 11, tzinfo=UTC).timestamp() - world.clock.now())
    rules = {"learn": rulebook(world.settings, {}, {}, UTC, lambda _: None)["learn"]}
    house = House(world, rules)
    house.report(OURS, estado="inactivo")
    house.flush()
    house.directory.tell(ClaimDevice(Claim(OURS), print))
    house.flush()
    chance = random.Random(7)
    sun = Sun(*PLACE, UTC)
    for day in range(35):
        midnight = datetime.fromtimestamp(world.clock.now(), UTC).replace(hour=0, minute=0, second=0)
        sets = sun.minute(SunEvent.SUNSET, midnight.toordinal())
        assert sets is not None
        for minute, state in ((sets + 30, "activo"), (23 * 60, "inactivo")):
            at = midnight.timestamp() + 60 * (minute + chance.uniform(-10, 10))
            house.stage.wait(at - world.clock.now())
            house.report(OURS, estado=state)
            house.flush()
        house.stage.wait(4000)
        if day == 20:
            house.stop()
            house = House(world, rules)
    *_, kept = world.told
    [entry] = kept.finding.proposal.configuration["horarios"]  # type: ignore[union-attr]
    followed = SunTime.read(entry["sol"]["inicio"])
    assert followed is not None
    assert followed.event is SunEvent.SUNSET
    assert abs(followed.minutes - 30) <= 5
    assert entry["fin"] in ("22:55", "23:00", "23:05")
    [told, *_] = kept.finding.details["suggested_horarios"]["lunes"]
    assert told["desvio_min"]["inicio"]["sol"] < told["desvio_min"]["inicio"]["reloj"] / 1.3
    house.directory.tell(ApplyFinding(kept, print))
    house.stage.wait(20 * DAY)
    house.flush()
    [window] = world.published[OURS][1]["horarios"]
    assert window["inicio"] == clock_of(sun, SunTime.read(entry["sol"]["inicio"]), world.clock.now())
    house.stop()
