"""The clock of the house: an error of the machine's is outlived, a correction taken."""

from __future__ import annotations

import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.runtime.house_clock import (
    BACK_S,
    FORWARD_S,
    JUMP_S,
    RELEASED,
    HouseClock,
)
from run_system import VERSION
from tests.stage import FakeClock

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
YEAR = 365 * DAY


def running(uptime: float = DAY, heard: float | None = None) -> tuple[FakeClock, HouseClock]:
    """A machine that has been on for so long, and a house that has just begun on it."""
    machine = FakeClock()
    machine.advance_to(uptime)
    house = HouseClock(machine)
    house.compare(machine.now() - MINUTE if heard is None else heard)
    return machine, house


def wait(machine: FakeClock, seconds: float) -> None:
    machine.advance_to(machine.monotonic() + seconds)


def test_the_release_is_not_of_the_future() -> None:
    """What is made now is no older than the date that it knows of itself."""
    assert time.time() > RELEASED


def newest_version(changelog: str) -> tuple[str, float | None]:
    """And when it was released, seconds since the epoch; ``None`` where it was not yet."""
    found = re.search(r"^## \[(.+?)\] - (unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert found, "no heading of a version as Keep a Changelog has them"
    version, day = found.groups()
    return version, None if day == "unreleased" else datetime.fromisoformat(f"{day}T00:00Z").timestamp()


@pytest.mark.parametrize(
    ("changelog", "told"),
    [
        ("## [2.0.0] - unreleased\n## [1.0.0] - 2026-12-24\n", ("2.0.0", None)),
        ("## [1.0.0] - 2026-12-24\n## [0.1.0] - 2026-11-01\n", ("1.0.0", 1_798_070_400.0)),
    ],
)
def test_a_release_is_read_from_the_changelog(changelog: str, told: tuple[str, float | None]) -> None:
    assert newest_version(changelog) == told


def test_a_release_brings_the_clock_its_date() -> None:
    """Whoever dates the changelog and leaves ``RELEASED`` or ``VERSION`` behind is told here."""
    top = Path(__file__).parents[3]
    version, released = newest_version((top / "CHANGELOG.md").read_text("utf-8"))
    assert version == VERSION
    assert released in (None, RELEASED)


@pytest.mark.parametrize("jump", [DAY, 10 * YEAR, -DAY, -10 * YEAR, HOUR])
@pytest.mark.parametrize("asleep", [False, True])
def test_an_error_of_a_minute_is_none(jump: float, asleep: bool) -> None:
    """The house goes on by its own time, which it doubts; and not any more once it is right."""
    machine, house = running()
    wait(machine, 2 * HOUR)
    right = house.now()
    machine.jump(jump)
    assert house.now() == pytest.approx(right)
    assert house.doubt is not None
    assert house.doubt.why is Doubt.JUMPED
    assert house.doubt.jump == pytest.approx(jump)
    if asleep:
        machine.sleep(MINUTE)
    else:
        wait(machine, MINUTE)
    assert house.now() == pytest.approx(right + MINUTE)
    machine.jump(-jump)
    assert house.now() == machine.now() == pytest.approx(right + MINUTE)
    assert house.doubt is None


@pytest.mark.parametrize(("jump", "lasts"), [(DAY, FORWARD_S), (10 * YEAR, FORWARD_S), (-DAY, BACK_S)])
def test_another_time_that_lasts_is_believed(jump: float, lasts: float) -> None:
    """After an hour, or a day where it goes back."""
    machine, house = running()
    wait(machine, 2 * HOUR)
    house.now()
    machine.jump(jump)
    assert house.now() == pytest.approx(machine.now() - jump)
    wait(machine, lasts - 1)
    assert house.now() == pytest.approx(machine.now() - jump)
    wait(machine, 2)
    assert house.now() == machine.now()
    assert house.doubt is None


def test_what_is_before_the_release_is_never_believed() -> None:
    """A start in 1970 goes on from what the log says; a time server is believed at once."""
    machine = FakeClock(MINUTE)
    house = HouseClock(machine)
    assert house.now() == RELEASED
    heard = RELEASED + 90 * DAY
    house.compare(heard)
    wait(machine, 2 * DAY)
    assert house.now() == heard + 2 * DAY
    assert house.doubt == ClockDoubt(Doubt.BEFORE_RELEASE)
    machine.jump(heard + 2 * DAY + HOUR - machine.now())
    assert house.now() == machine.now()
    assert house.doubt is None


def test_a_start_that_is_ahead_is_doubted_until_it_is_corrected() -> None:
    """After a long silence the time may be right, so it is shown; but an hour long it is not believed."""
    machine = FakeClock()
    heard = machine.now() - MINUTE
    machine.jump(10 * YEAR)
    house = HouseClock(machine)
    house.compare(heard)
    assert house.now() == machine.now()
    assert house.doubt == ClockDoubt(Doubt.SILENT_BEFORE_START)
    wait(machine, MINUTE)
    machine.jump(-10 * YEAR)
    assert house.now() == machine.now()
    assert house.doubt is None
    machine.jump(10 * YEAR)
    assert house.now() == pytest.approx(machine.now() - 10 * YEAR)
    house.compare(heard)
    assert house.doubt == ClockDoubt(Doubt.SILENT_BEFORE_START)
    wait(machine, FORWARD_S)
    assert house.now() == machine.now()
    assert house.doubt is None


def test_a_start_a_day_ahead_is_corrected_at_once() -> None:
    """Back to what fits the log as well."""
    machine, house = running()
    machine.jump(DAY)
    house.compare(machine.now() - DAY - MINUTE)
    assert house.now() == machine.now()
    assert house.doubt is None
    wait(machine, MINUTE)
    machine.jump(-DAY)
    assert house.now() == machine.now()
    assert house.doubt is None


def test_a_start_behind_the_log_is_doubted_for_a_day() -> None:
    machine, house = running(heard=FakeClock().now() + 30 * DAY)
    assert house.doubt == ClockDoubt(Doubt.BEHIND)
    wait(machine, BACK_S - 1)
    assert house.now() == machine.now()
    assert house.doubt == ClockDoubt(Doubt.BEHIND)
    wait(machine, 2)
    house.now()
    assert house.doubt is None


def test_a_machine_without_a_battery_is_set_right_after_its_start() -> None:
    """It begins with the time of its last end, and its time server answers within some minutes."""
    machine, house = running(uptime=20)
    wait(machine, MINUTE)
    house.now()
    machine.jump(8 * HOUR)
    assert house.now() == machine.now()
    assert house.doubt is None


def test_sleep_is_no_jump() -> None:
    """The time since the boot counts it."""
    machine, house = running()
    machine.sleep(9 * HOUR)
    assert house.now() == machine.now()
    assert house.doubt is None


@given(st.lists(st.floats(-JUMP_S / 2, JUMP_S / 2), max_size=200))
def test_small_corrections_are_none(slews: list[float]) -> None:
    """However many there are."""
    machine, house = running()
    for slew in slews:
        wait(machine, MINUTE)
        machine.jump(slew)
        assert house.now() == machine.now()
        assert house.doubt is None


steps = st.tuples(
    st.floats(0, 3 * DAY), st.sampled_from([0, DAY, -DAY, 10 * YEAR, -10 * YEAR, -60 * YEAR, HOUR])
)


@given(st.lists(steps, max_size=12), st.floats(0, 2 * DAY))
def test_whatever_the_clock_has_been_through(history: list[tuple[float, float]], uptime: float) -> None:
    """Once it is right for a day it is believed; and what is in no doubt is what the machine says."""
    machine, house = running(uptime)
    astray = 0.0
    for seconds, jump in history:
        wait(machine, seconds)
        machine.jump(jump)
        astray += jump
        now = house.now()
        assert now >= RELEASED - DAY
        assert now == machine.now() or house.doubt is not None
    machine.jump(-astray)
    house.now()
    wait(machine, BACK_S + 1)
    assert house.now() == machine.now()
    assert house.doubt is None
