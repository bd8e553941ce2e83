"""The timekeeper tells each device what its schedule asks for, at each change of that and once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pykka
import pytest

from actors.messages import Scheduled, ScheduleDue
from actors.timekeeper import LOOK_S, TimekeeperActor
from tests.stage import FakeClock, Stage

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 1, 10, 12, tzinfo=MADRID).timestamp()
HOUR = 3600.0
EVENING = {"horarios": [{"dias": ["todos"], "inicio": "20:00", "fin": "23:00"}]}


class Devices:
    """Notes what each is told, by the hour on the wall."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.stage = Stage(self.clock)
        self.told: list[tuple[str, str, Any]] = []
        self.ref: pykka.ActorRef[TimekeeperActor] = TimekeeperActor.start(self.stage, self.clock, MADRID)

    def schedule(self, configuration: Any, since: float | None, serial: str = "A") -> None:
        def note(due: ScheduleDue) -> None:
            hour = datetime.fromtimestamp(due.at, UTC).astimezone(MADRID).strftime("%H:%M")
            self.told.append((serial, hour, due.settings.get("encendido")))

        self.ref.tell(Scheduled(serial, note, configuration, since))
        self.stage.settle()


@pytest.fixture
def devices() -> Devices:
    return Devices()


def test_each_edge_is_told_when_it_comes(devices: Devices) -> None:
    """Within the second, days ahead as well."""
    devices.schedule(EVENING, devices.clock.now())
    assert devices.told == []
    devices.stage.wait(36 * HOUR)
    expected = [("A", "20:00", True), ("A", "23:00", False), ("A", "20:00", True), ("A", "23:00", False)]
    assert devices.told == expected


def test_a_new_schedule_begins_at_once(devices: Devices) -> None:
    """What it asks for at present is told, although no edge has come."""
    devices.schedule(EVENING, None)
    assert devices.told == [("A", "12:00", False)]


def test_after_an_outage_only_what_is_due_now(devices: Devices) -> None:
    """Of all edges that were missed only their outcome is told, and nothing where none was missed."""
    devices.schedule(EVENING, NOON - 40 * HOUR)
    devices.schedule(EVENING, NOON - HOUR, serial="B")
    assert devices.told == [("A", "12:00", False)]


def test_who_sets_it_otherwise_is_let_be_until_the_next_edge(devices: Devices) -> None:
    """A change of the configuration beside the schedule tells nothing anew."""
    devices.schedule(EVENING, devices.clock.now())
    devices.stage.wait(9 * HOUR)
    devices.schedule(EVENING | {"encendido": False}, devices.clock.now() - HOUR)
    assert devices.told == [("A", "20:00", True)]
    devices.stage.wait(3 * HOUR)
    assert devices.told[1:] == [("A", "23:00", False)]


def test_a_schedule_that_is_gone_is_kept_no_more(devices: Devices) -> None:
    """Nor is one that cannot be read."""
    devices.schedule(EVENING, devices.clock.now())
    devices.schedule(EVENING, devices.clock.now(), serial="B")
    devices.schedule(None, None)
    devices.schedule({"horarios": 7}, None, serial="B")
    devices.stage.wait(24 * HOUR)
    assert devices.told == []


def test_a_clock_that_jumps_is_noticed(devices: Devices) -> None:
    """Set ahead past an edge, or awake after it has slept over one, it tells within its next look."""
    devices.schedule(EVENING, devices.clock.now())
    devices.clock.jump(9 * HOUR)
    devices.stage.wait(LOOK_S)
    assert devices.told == [("A", "21:00", True)]
    devices.clock.sleep(4 * HOUR)
    devices.stage.wait(LOOK_S)
    assert devices.told[1:] == [("A", "01:01", False)]


def test_a_sooner_edge_is_not_kept_waiting(devices: Devices) -> None:
    """One that comes within the time until the next look."""
    devices.schedule(EVENING, devices.clock.now())
    devices.stage.wait(1.0)
    soon = {"horarios": [{"dias": ["todos"], "inicio": "12:01", "fin": "13:00"}]}
    devices.schedule(soon, devices.clock.now(), serial="B")
    devices.stage.wait(59.0)
    assert devices.told == [("B", "12:01", True)]
