"""Devices that nobody has claimed: how many there may be, and when they go by themselves."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pykka
import pytest

from actors.domain.model import Claim, Report
from actors.domain.status import StrangersStatus
from actors.messages import ClaimDevice, ForgetUnheard, ReleaseDevice, Removal, Reported
from actors.runtime.supervision import MOST_FAILURES, Name, Part
from actors.strangers import QUIET_S
from tests.household import Bomb, House, World, actor


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    yield House(World(tmp_path / "iot.db", max_devices=200, max_unclaimed=2), {})
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)


def hear(house: House, *serials: str, between: float = QUIET_S) -> None:
    """One after the other, with a pause before each of ``between`` seconds."""
    for serial in serials:
        house.stage.wait(between)
        house.report(serial)
    house.flush()


def claim(house: House, serial: str) -> None:
    house.directory.tell(ClaimDevice(Claim(serial), lambda _: None))
    house.flush()


def test_whoever_was_not_heard_for_longest_gives_way(house: House) -> None:
    """With its row, and for good: it comes back as another one."""
    hear(house, "A", "B", "A", "C")
    assert set(house.kept()) == set(house.devices()) == {"A", "C"}
    hear(house, "B")
    assert set(house.kept()) == {"B", "C"}
    assert house.kept()["B"].id == 4
    assert not house.rows("SELECT * FROM olvidados"), "the broker is not to be told thousands of times"
    assert not house.world.unacknowledged


def test_whoever_is_claimed_does_not(house: House) -> None:
    """However many strangers come, and once it is released it is one of them."""
    hear(house, "MINE")
    claim(house, "MINE")
    hear(house, *(f"X{n}" for n in range(50)))
    assert set(house.kept()) == {"MINE", "X48", "X49"}
    house.directory.tell(ReleaseDevice("MINE", lambda _: None))
    house.flush()
    hear(house, "X50", "X51")
    assert set(house.kept()) == {"X50", "X51"}


def test_whoever_keeps_speaking_stays(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """More than there may be do not push each other out: newcomers wait, are acknowledged, and told of once a
    minute; who speaks once another one is silent, claimed or forgotten has its place.
    """
    caplog.set_level(logging.WARNING)
    hear(house, "A", "B", between=1)
    for _ in range(20):
        hear(house, "C", "A", "D", "B", between=1)
    assert {serial: device.id for serial, device in house.kept().items()} == {"A": 1, "B": 2}
    assert not house.world.unacknowledged
    letters = house.rows("SELECT motivo FROM rechazados")
    assert len(letters) == len(caplog.messages) == 2
    assert "sin reclamar" in letters[0]["motivo"]
    assert caplog.messages == ["unclaimed_wait messages=1 most=2", "unclaimed_wait messages=30 most=2"]
    assert house.actors.strangers == StrangersStatus(2, turned_away=40)
    claim(house, "A")
    hear(house, "C", "D", between=1)
    assert set(house.kept()) == {"A", "B", "C"}
    for _ in range(int(QUIET_S)):
        hear(house, "C", between=1)
    hear(house, "D", between=1)
    assert set(house.kept()) == {"A", "C", "D"}
    assert house.actors.strangers == StrangersStatus(2, turned_away=41, gave_way=1)


def test_a_claim_that_comes_first_is_kept(house: House) -> None:
    """Between the one that makes it one too many, and the one that is to give way."""
    hear(house, "A", "B")
    house.stage.wait(QUIET_S)
    house.directory.tell(ClaimDevice(Claim("A"), lambda _: None))
    hear(house, "C", between=0)
    assert set(house.kept()) == {"A", "B", "C"}


def test_too_many_from_before_give_way_at_the_start(house: House) -> None:
    hear(house, "A", "B")
    house.stop()
    house.kill()
    house.world.max_unclaimed = 1
    again = House(house.world, {})
    again.flush()
    assert set(again.kept()) == {"B"}


def test_a_flood_is_told_of_once_a_minute(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    house.world.max_unclaimed = actor(house.directory)._strangers.status.most = 50
    hear(house, *(f"X{n}" for n in range(50)), between=0)
    house.stage.wait(QUIET_S)
    hear(house, *(f"Y{n}" for n in range(50)), between=0)
    assert len(caplog.messages) == 1
    house.stage.wait(QUIET_S)
    hear(house, "ONE-MORE", between=0)
    assert caplog.messages[1:] == ["unclaimed_gave_way devices=50 most=50"]


def test_whoever_is_in_quarantine_gives_way_too(house: House) -> None:
    """It has no last word; and if it is heard again it is another one."""
    hear(house, "A")
    report = Report("A", house.world.clock.now(), configuration=Bomb())
    for _ in range(MOST_FAILURES + 1):
        house.hand_on("t", b"{}", lambda delivery: Reported(report, delivery, "t", b"{}"))
        house.flush()
        house.stage.wait(2)
    assert [case.name for case in house.failure_registry.quarantined] == [Name(Part.DEVICE, "A")]
    hear(house, "B", "C")
    assert set(house.kept()) == set(house.devices()) == {"B", "C"}
    assert not house.failure_registry.quarantined
    hear(house, "A", "D")
    assert set(house.kept()) == {"A", "D"}
    assert house.kept()["A"].id == 4


@pytest.mark.parametrize("why", ["heard", "online", "claimed", "another"])
def test_what_is_not_silent_or_not_a_strangers_is_not_forgotten(house: House, why: str) -> None:
    """The device itself has the last word, and goes on."""
    hear(house, "A")
    if why != "online":
        house.stage.wait(house.world.offline_after)
    if why == "claimed":
        claim(house, "A")
    device = house.devices()["A"]
    assert device.seen_at is not None
    since = device.seen_at + (0 if why == "heard" else 1)
    removal = Removal(device.id + (why == "another"), "A")
    house.directory.tell(ForgetUnheard(removal, since))
    hear(house, "A")
    assert house.kept()["A"].id == device.id
    assert house.kept()["A"].reports == 2


def test_a_stranger_that_was_silent_for_long_is_forgotten(house: House) -> None:
    hear(house, "A")
    house.stage.wait(house.world.offline_after)
    seen_at = house.devices()["A"].seen_at
    assert seen_at is not None
    house.directory.tell(ForgetUnheard(Removal(1, "A"), seen_at + 1))
    house.flush()
    assert not house.kept()
    assert not actor(house.directory)._residents
