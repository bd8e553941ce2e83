"""Clocks that are set wrong: what is young outlives them, and nothing is stuck once they are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from actors.domain.clock_doubt import ClockDoubt, Doubt
from persistence.database.timestamps import heard_at
from persistence.forms.local_time import LocalTime
from persistence.maintenance import actor as maintenance
from persistence.maintenance.clock_watch import ClockWatch
from persistence.maintenance.upkeep import Upkeep
from tests.persistence.home import DAY, HOUR, RETENTION, MaintainedStore
from tests.stage import FakeClock


@pytest.fixture
def home(tmp_path: Path) -> Iterator[MaintainedStore]:
    """Maintenance looks every five minutes, which is often for days of them."""
    home = MaintainedStore(tmp_path / "iot.db")
    with patch.object(maintenance, "IDLE_S", 300.0):
        yield home
    home.stop()


def test_a_jump_of_ten_years_deletes_nothing_of_what_is_young(home: MaintainedStore) -> None:
    """Nor does a restart within the day after it, when the newest row is as wrong as the clock."""
    home.hire()
    home.live(1)
    rows = home.rows
    home.clock.jump(3650 * DAY)
    home.live(0.5)
    assert home.rows == rows + 48
    assert home.status.deletion_paused == ClockDoubt(Doubt.JUMP_WITHIN_A_DAY, 315_360_000)
    home.dismiss()
    home.hire()
    home.live(0.4)
    assert home.rows >= rows + 48 + 38
    assert home.status.deletion_paused == ClockDoubt(Doubt.SILENT_BEFORE_LAST_DAY)
    home.clock.jump(-3650 * DAY)
    home.live(1.5)
    assert home.status.deletion_paused is None
    assert home.ask("SELECT min(n) FROM estado_log") > 1


def test_a_jump_of_days_is_doubted_although_the_house_was_heard_of_late(home: MaintainedStore) -> None:
    home.hire()
    home.live(1)
    home.clock.jump(3 * DAY)
    home.live(0.9)
    assert home.ask("SELECT min(n) FROM estado_log") == 1


def test_after_a_day_the_new_time_is_believed(home: MaintainedStore) -> None:
    """The house goes on by it: what is old by then goes, and nothing is stuck."""
    home.hire()
    home.live(1)
    home.clock.jump(400 * DAY)
    home.live(0.9)
    assert home.ask("SELECT min(n) FROM estado_log") == 1
    home.live(1.4)
    assert home.status.deletion_paused is None
    assert home.ask("SELECT min(n) FROM estado_log") > 96


def test_a_silence_before_the_start_is_held_against_the_clock(home: MaintainedStore) -> None:
    home.hire()
    home.live(1)
    home.dismiss()
    home.stage.wait(8 * DAY)
    rows = home.rows
    home.hire()
    home.live(0.9)
    assert home.rows == rows + 86
    assert home.status.deletion_paused == ClockDoubt(Doubt.SILENCE_WITHIN_A_DAY)
    assert home.ask("SELECT min(n) FROM estado_log") == 1
    home.live(1.5)
    assert home.ask("SELECT min(n) FROM estado_log") > 96


@pytest.mark.parametrize(
    ("stamps", "now", "speaks"),
    [
        ([], 20, True),
        ([20], 20.9, True),
        ([20], 21.1, True),
        ([20], 28.1, False),
        ([15], 20, True),
        (range(20), 20, True),
        (range(20), 28.1, False),
        (range(20), 3650, False),
    ],
)
def test_a_house_without_summaries_is_heard_in_its_log(
    home: MaintainedStore, stamps: Sequence[float], now: float, speaks: bool
) -> None:
    """What measures nothing has none, nor has what came at a time in doubt, which vouches for no other."""
    base = home.clock.now()
    for stamp in stamps:
        home.clock.jump(base + stamp * DAY - home.clock.now())
        home.report()
    upkeep = Upkeep(home.house.queries, LocalTime(), RETENTION)
    assert upkeep.speaks_for(base + now * DAY) is speaks
    home.house.store.database.conn.execute("UPDATE estado_log SET hora_dudosa = 1")
    assert upkeep.speaks_for(base + now * DAY) is (not stamps or (now - stamps[0]) < 1)


@pytest.mark.parametrize(("jump", "doubted"), [(3500, False), (-3500, False), (3700, True), (-3700, True)])
def test_the_clock_is_believed_until_it_jumps_by_an_hour(jump: float, doubted: bool) -> None:
    clock = FakeClock()
    watch = ClockWatch(clock)
    clock.advance_to(5 * HOUR)
    assert watch.look() is None
    clock.jump(jump)
    assert (watch.look() is not None) is doubted
    clock.advance_to(28.9 * HOUR)
    assert (watch.look() is not None) is doubted
    clock.advance_to(29.1 * HOUR)
    assert watch.look() is None


def test_a_jump_within_the_day_begins_it_anew() -> None:
    clock = FakeClock()
    watch = ClockWatch(clock)
    for at, jump in ((0.0, DAY), (20 * HOUR, -DAY)):
        clock.advance_to(at)
        clock.jump(jump)
        assert watch.look() is not None
    clock.advance_to(43 * HOUR)
    assert watch.look() is not None
    clock.advance_to(44 * HOUR)
    assert watch.look() is None


def test_a_server_that_sleeps_at_night_deletes_what_is_old(home: MaintainedStore) -> None:
    """The clock on the wall goes on while it sleeps, and so does the time since the boot."""
    home.hire()
    for _ in range(8):
        home.live(0.5)
        home.clock.sleep(12 * HOUR)
    assert home.status.deletion_paused is None
    assert home.ask("SELECT min(n) FROM estado_log") > 96


def test_rows_from_the_future_are_marked_and_tell_nothing(home: MaintainedStore) -> None:
    """Such as an earlier version has kept: in the log as they are, in no summary and no statistic."""
    home.live(1)
    home.clock.jump(3650 * DAY)
    home.report(3)
    home.clock.jump(-3650 * DAY)
    home.live(1)
    assert home.ask("SELECT sum(hora_dudosa) FROM estado_log") == 0
    home.hire()
    home.live(0.1)
    assert home.ask("SELECT count(*) FROM estado_log WHERE hora_dudosa AND timestamp > 2000000000") == 3
    assert home.ask("SELECT sum(hora_dudosa) FROM estado_log") == home.status.marked == 3
    assert home.ask("SELECT max(inicio) FROM resumen_horas") <= home.clock.now()


def test_a_clock_that_was_believed_and_is_set_back(home: MaintainedStore) -> None:
    """What it had stamped is marked within the hour, and no summary tells of it after a day."""
    home.hire()
    home.live(1)
    home.clock.jump(DAY * 400)
    home.live(0.2)
    home.clock.jump(-DAY * 400)
    home.live(0.2)
    assert home.status.marked == 19
    assert home.ask("SELECT sum(hora_dudosa) FROM estado_log") == 19
    newest = "SELECT max((SELECT max(inicio) FROM resumen_horas), (SELECT max(inicio) FROM resumen_dias))"
    assert home.ask(newest) > home.clock.now()
    home.live(1.1)
    assert home.status.deletion_paused is None
    assert home.ask(newest) <= home.clock.now()


@pytest.mark.parametrize(
    ("stamps", "now", "heard"),
    [
        ([], 20, None),
        (range(20), 20, 19),
        ([*range(20), 3650, 3650], 20, 19),
        ([*range(20), 3650, 20], 21, 20),
        (range(20), 10, 19),
        (range(20), -4000, 19),
        ([*range(20), 3650], 60, 3650),
    ],
)
def test_what_the_log_says_of_the_time(
    home: MaintainedStore, stamps: Sequence[float], now: float, heard: float | None
) -> None:
    """Days of reports, and of today: the newest that is to be believed, where a gap tells which is wrong."""
    base = home.clock.now()
    for stamp in stamps:
        home.clock.jump(base + stamp * DAY - home.clock.now())
        home.report()
    connection = home.house.queries.connect()
    found = heard_at(connection, base + now * DAY)
    connection.close()
    assert found == (None if heard is None else base + heard * DAY)
