"""Schedules of devices that leave them to the server, from the change that makes them to the order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.domain.by_hand import UNTIL
from actors.domain.model import Change, Claim, Device, Report
from actors.domain.profile import PERCENT, SWITCH, Profile
from actors.domain.refusals import Refused
from actors.messages import Announced, ChangeDevice, ClaimDevice, Delivery, Presence, Reachability, Reported
from tests.household import House, Place, World

PLUG = "tasmota-A4CF12345678"
OURS = "PLG0OURS"
NOBODYS = Delivery(0, 0, -1)
PROFILE = Profile(family="tasmota", kind="enchufe", capability="binary", controls={"encendido": SWITCH})
HOUR = 3600.0
EVENING: dict[str, Any] = {
    "modo": "horario",
    "horarios": [{"dias": ["todos"], "inicio": "20:00", "fin": "23:00"}],
}


class Scheduled:
    """A house at noon with a claimed plug of another make, which is off."""

    def __init__(self, path: Path, place: Place = (None, None)) -> None:
        self.world = World(path, place=place)
        self.world.clock.jump(datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp() - self.world.clock.now())
        self.house = House(self.world, {})
        self.announce(PROFILE)
        self.tell(Presence(PLUG, True, self.world.clock.now(), False, NOBODYS))
        self.say(PLUG, False)
        self.tell(ClaimDevice(Claim(PLUG), print))

    def announce(self, profile: Profile) -> None:
        """By one that is there."""
        self.tell(Announced(PLUG, profile, self.world.clock.now()))
        self.tell(Reachability(PLUG, True))

    def tell(self, message: object) -> None:
        self.house.directory.tell(message)
        self.house.flush()

    def say(self, serial: str, on: bool) -> None:
        told = Report(serial, self.world.clock.now(), None, {}, {"encendido": on}, partial=True)
        self.tell(Reported(told, NOBODYS, "stat/RESULT", b"{}"))

    def change(self, serial: str = PLUG, state: str | None = None, **configuration: Any) -> Device:
        answers: list[Device | Refused] = []
        self.tell(ChangeDevice(serial, Change(configuration=configuration, state=state), answers.append))
        [answer] = answers
        assert isinstance(answer, Device)
        return answer

    def wait(self, seconds: float) -> None:
        self.house.flush()
        self.house.stage.wait(seconds)
        self.house.flush()

    @property
    def ordered(self) -> list[Any]:
        return [order.wanted for order in self.world.orders]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Scheduled]:
    home = Scheduled(tmp_path / "iot.db")
    yield home
    home.house.stop()


def test_each_edge_is_an_order(home: Scheduled) -> None:
    """On at 20:00, off at 23:00, once each; nothing at once, as it is off already."""
    home.change(**EVENING)
    assert home.ordered == []
    home.wait(8 * HOUR)
    assert home.ordered == [{"encendido": True}]
    home.say(PLUG, True)
    home.wait(3 * HOUR)
    assert home.ordered == [{"encendido": True}, {"encendido": False}]


def test_who_switches_by_hand_is_let_be_until_the_next_edge(home: Scheduled) -> None:
    """A switch on the wall, and a person on the page, each override the schedule for now."""
    home.change(**EVENING)
    home.wait(8 * HOUR)
    home.say(PLUG, True)
    home.wait(60.0)
    home.say(PLUG, False)
    home.wait(2 * HOUR)
    assert home.ordered == [{"encendido": True}]
    home.change(state="activo")
    assert home.ordered[1:] == [{"encendido": True}]
    home.say(PLUG, True)
    home.wait(HOUR)
    assert home.ordered[2:] == [{"encendido": False}]


def test_a_schedule_that_begins_in_its_window_is_carried_out_at_once(home: Scheduled) -> None:
    """And one that is given up asks for nothing more."""
    home.wait(9 * HOUR)
    home.change(**EVENING)
    assert home.ordered == [{"encendido": True}]
    home.say(PLUG, True)
    home.change(modo="manual")
    home.wait(24 * HOUR)
    assert home.ordered == [{"encendido": True}]


def test_after_a_restart_what_was_missed_is_made_up_for(tmp_path: Path) -> None:
    """Only what is due at present, and nothing where no edge was missed."""
    home = Scheduled(tmp_path / "iot.db")
    home.change(**EVENING)
    home.house.stop()
    home.world.clock.jump(9 * HOUR)
    home.house = House(home.world, {})
    home.announce(PROFILE)
    home.tell(Presence(PLUG, True, home.world.clock.now(), False, NOBODYS))
    assert home.ordered == [{"encendido": True}]
    home.say(PLUG, True)
    home.say(PLUG, False)
    home.house.stop()
    home.house = House(home.world, {})
    home.announce(PROFILE)
    home.wait(HOUR)
    assert home.ordered == [{"encendido": True}]
    home.house.stop()


def test_what_the_device_cannot_take_is_not_asked_of_it(home: Scheduled) -> None:
    """A plug has no position; a blind has."""
    home.change(modo="horario", horarios_pos={"diario": [["20:00", 40]]})
    home.wait(24 * HOUR)
    assert home.ordered == []
    blind = Profile(family="z2m", kind="persiana", capability="position", controls={"posicion": PERCENT})
    home.announce(blind)
    home.wait(24 * HOUR)
    assert home.ordered == [{"posicion": 40.0}]


def test_ours_that_says_so_is_told_by_its_configuration(home: Scheduled) -> None:
    """Any other of our own protocol keeps its schedule by itself."""
    for serial, by_server in ((OURS, True), ("PLG0OTHER", False)):
        told = {"encendido": False, "horario_servidor": by_server}
        report = Report(serial, home.world.clock.now(), "inactivo", {}, told)
        home.tell(Reported(report, NOBODYS, f"dispositivos/{serial}/estado", b"{}"))
        home.tell(ClaimDevice(Claim(serial), print))
        home.change(serial, **EVENING)
    before = {serial: version for serial, (version, _) in home.world.published.items()}
    home.wait(8 * HOUR)
    assert home.world.published[OURS][1]["encendido"] is True
    assert home.world.published[OURS][0] > before[OURS]
    assert home.world.published["PLG0OTHER"][0] == before["PLG0OTHER"]


def test_set_by_hand_for_a_while_it_goes_back_to_its_schedule(home: Scheduled) -> None:
    """Whoever keeps that: one of our own is told so, and one of another make what is due then. A mode that is
    chosen meanwhile stands."""
    until = "2027-01-15T19:30:00+00:00"
    for serial in (OURS, "PLG0OTHER"):
        home.tell(Reported(Report(serial, home.world.clock.now(), "inactivo"), NOBODYS, "", b""))
        home.tell(ClaimDevice(Claim(serial), print))
    for serial in (OURS, "PLG0OTHER", PLUG):
        home.change(serial, **EVENING)
        held = home.change(serial, modo="manual", encendido=True, **{UNTIL: until})
        assert held.configuration[UNTIL] == until
    assert UNTIL not in home.change("PLG0OTHER", modo="manual").configuration
    home.say(PLUG, True)
    home.wait(7.4 * HOUR)
    assert home.house.devices()[OURS].configuration["modo"] == "manual"
    home.wait(0.2 * HOUR)
    for serial in (OURS, PLUG):
        told = home.house.devices()[serial].configuration
        assert (told["modo"], UNTIL in told) == ("horario", False)
    assert home.house.devices()["PLG0OTHER"].configuration["modo"] == "manual"
    assert home.ordered == [{"encendido": True}, {"encendido": False}]


def test_what_was_set_by_hand_ends_after_a_restart_too(tmp_path: Path) -> None:
    """Also where its time came while the system was away."""
    home = Scheduled(tmp_path / "iot.db")
    home.change(**EVENING)
    home.change(modo="manual", encendido=True, **{UNTIL: "2027-01-15T15:00:00Z"})
    home.house.stop()
    home.world.clock.jump(4 * HOUR)
    home.house = House(home.world, {})
    home.house.flush()
    assert home.house.devices()[PLUG].configuration["modo"] == "horario"
    home.house.stop()
