"""Which of a device's rules are started, and what each of them is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from actors.domain.findings import Bounds, Finding, RuleMemory
from actors.domain.model import Change, Claim, Device, JsonObject, Report
from actors.domain.rule import Start
from actors.messages import ChangeDevice, ClaimDevice, ReleaseDevice
from tests.household import House, World

SERIAL = "TMP0AAAA"


class Picky:
    """Looks at devices that have told ``x``, and notes what it is told of them; it is factory and rule."""

    wake_in = None
    lasting = ()
    save_due = False

    def __init__(self, name: str, *, watches_reports: bool) -> None:
        self.name = name
        self.watches_reports = watches_reports
        self.started = 0
        self.told: list[object] = []

    def concerns(self, device: Device) -> bool:
        return "x" in device.parameters

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:  # noqa: ARG002
        self.started += 1
        return Start(self, device.reports, at)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:  # noqa: ARG002
        self.told.append(device.name if report is None else report.parameters)
        return ()

    def learn(self, at: float, state: str, parameters: JsonObject) -> None: ...

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

    def dismiss(self, details: JsonObject) -> None: ...

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        return False

    def let_go(self, keys: Collection[str]) -> None: ...

    def take_over(self, decisions: Picky) -> None: ...

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        return {}

    def state(self) -> JsonObject:
        return {}


class Room:
    """A house with one device, which somebody has claimed, and two rules."""

    def __init__(self, path: Path) -> None:
        self.reader, self.idler = Picky("a", watches_reports=True), Picky("b", watches_reports=False)
        self.house = House(World(path), {"a": self.reader, "b": self.idler})
        self.report(y=1)
        self.tell(ClaimDevice(Claim(SERIAL), lambda _: None))

    def report(self, **parameters: int) -> None:
        self.house.report(SERIAL, parametros=parameters)
        self.house.flush()

    def tell(self, message: object) -> None:
        self.house.directory.tell(message)
        self.house.flush()

    def rename(self, name: str) -> None:
        """And something of its configuration with it, or the rules would not hear of it."""
        change = Change(name=name, configuration={"modo": name})
        self.tell(ChangeDevice(SERIAL, change, lambda _: None))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "iot.db")
    yield room
    room.house.kill()


def test_what_concerns_no_rule_starts_none(room: Room) -> None:
    room.report(y=2)
    room.rename("n")
    assert (room.reader.started, room.idler.started) == (0, 0)


def test_a_report_starts_whoever_watches_reports_and_a_change_the_others(room: Room) -> None:
    room.report(x=1)
    assert (room.reader.started, room.idler.started) == (1, 0)
    assert {"x": 1} not in room.reader.told  # which it finds in the log
    room.rename("n")
    assert (room.reader.started, room.idler.started) == (1, 1)


def test_reports_are_told_to_those_who_watch_them_and_changes_to_all(room: Room) -> None:
    room.report(x=1)
    room.rename("first")
    room.reader.told.clear()
    room.idler.told.clear()
    room.report(x=2)
    room.rename("second")
    room.report(x=3)
    assert room.reader.told == [{"x": 2}, "second", {"x": 3}]
    assert room.idler.told == ["second"]


def test_a_device_that_is_released_has_no_rules_until_it_is_claimed_again(room: Room) -> None:
    room.report(x=1)
    room.tell(ReleaseDevice(SERIAL, lambda _: None))
    room.reader.told.clear()
    room.report(x=2)
    assert room.house.rules_of(SERIAL) == set()
    assert room.reader.told == []
    room.tell(ClaimDevice(Claim(SERIAL), lambda _: None))
    room.report(x=3)
    assert room.reader.started == 2
    assert {"x": 3} in room.reader.told
