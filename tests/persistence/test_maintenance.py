"""Maintenance: it keeps the house in order without anybody noticing, and never by a wrong clock."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest

from actors.domain.read_models import Backup
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import Hindrance, StorageTrouble
from actors.messages import Keep, Tidied, Tidy
from persistence.backup.backups import Kind
from persistence.database.schema import sqlite3
from persistence.maintenance import actor as maintenance
from persistence.maintenance.actor import BackUp
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.due import SqliteDue
from persistence.storage.faults import StorageFault
from persistence.writer.actor import TIDY_PATIENCE_S, WriterActor
from persistence.writer.store import Store
from tests.persistence.home import DAY, HOUR, MaintainedStore
from tests.persistence.house import reported

FULL = OSError(errno.ENOSPC, "No queda sitio en el disco.")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[MaintainedStore]:
    home = MaintainedStore(tmp_path / "iot.db")
    yield home
    home.stop()


@pytest.fixture
def unhurried(home: MaintainedStore) -> Iterator[MaintainedStore]:
    """It looks every five minutes, which is often for days of them."""
    with patch.object(maintenance, "IDLE_S", 300.0):
        yield home


# -- upkeep --------------------------------------------------------------------------------------


def test_the_file_stops_growing(home: MaintainedStore) -> None:
    """Six weeks of reports, kept for days: once all kinds of rows have come and gone, no page is added."""
    home.hire()
    pages = []
    with patch.object(maintenance, "IDLE_S", 900.0):
        for _ in range(6):
            home.live(7, apart=HOUR / 2)
            pages.append(home.ask("PRAGMA page_count"))
    assert home.device.reports == 6 * 7 * 48
    assert 2 * 48 <= home.rows <= 3.1 * 48
    assert home.count("resumen_dias") <= 2 * 8
    assert pages[2:] == [pages[2]] * 4
    assert home.status.rolled_up >= home.device.reports - 8
    assert home.status.deleted > 1_750
    assert home.status.deletion_paused is None


def test_a_busy_device_is_rolled_up_at_once_and_a_slow_one_by_the_hour(home: MaintainedStore) -> None:
    """Each roll-up rewrites pages, so a few rows wait for more."""
    home.hire()
    home.stage.wait(100)
    home.report(499)
    home.stage.wait(180)
    assert home.status.rolled_up == 0
    home.report(1)
    home.stage.wait(61)
    assert home.status.rolled_up == 500
    home.report(3)
    home.stage.wait(HOUR + 120)
    assert home.status.rolled_up == 503


def test_a_step_is_followed_by_nine_times_its_rest(home: MaintainedStore) -> None:
    """Reading counts as well as writing, so at most a tenth of the time is spent."""
    home.hire()
    steps: list[tuple[float, float]] = []
    tidy = Store.tidy

    def slowly(store: Store, step: object) -> int:
        began = home.clock.monotonic()
        home.clock.advance_to(began + 2.0)
        steps.append((began, began + 2.0))
        return tidy(store, step)  # type: ignore[arg-type]

    home.report(2000)
    with patch.object(Store, "tidy", slowly):
        home.stage.wait(120)
    assert len(steps) == 4
    assert all(later[0] - earlier[1] >= 18 for earlier, later in pairwise(steps))


def test_a_writer_that_fails_is_asked_again_later(
    home: MaintainedStore, caplog: pytest.LogCaptureFixture
) -> None:
    home.hire()
    home.report(600)
    with patch.object(Store, "tidy", side_effect=StorageFault("disk I/O error")):
        home.stage.wait(61)
        assert home.house.status.commits > 0
    assert home.status.rolled_up == 0
    home.stage.wait(200)
    assert home.status.rolled_up == 600
    assert "commit_failed" in caplog.text


def test_a_writer_that_never_answers_is_asked_again(
    home: MaintainedStore, caplog: pytest.LogCaptureFixture
) -> None:
    home.report(1)
    home.house.stop()
    home.hire()
    home.stage.wait(3 * HOUR)
    assert "tidy_unanswered" in caplog.text
    assert home.maintenance is not None
    assert home.maintenance.is_alive()


def test_a_file_that_cannot_be_read_is_tried_again(home: MaintainedStore, tmp_path: Path) -> None:
    home.report(600)
    (tmp_path / "iot.db").rename(tmp_path / "elsewhere")
    home.hire()
    home.stage.wait(DAY)
    (tmp_path / "elsewhere").rename(tmp_path / "iot.db")
    home.stage.wait(2 * HOUR)
    assert home.status.rolled_up == 600


def test_a_damaged_log_does_not_hold_up_the_others(
    home: MaintainedStore, caplog: pytest.LogCaptureFixture
) -> None:
    home.report(10)
    home.device = home.house.device("TMP0BBBBBBBB")
    home.report(10)
    next_rows = SqliteDue.next_rows

    def damaged(due: SqliteDue, device_id: int, *given: int) -> object:
        if device_id == 1:
            raise StorageFault("database disk image is malformed")
        return next_rows(due, device_id, *given)

    home.hire()
    with patch.object(SqliteDue, "next_rows", damaged):
        home.stage.wait(120)
    assert home.status.rolled_up == 10
    assert "upkeep_failed device=1" in caplog.text


# -- the writer's half ---------------------------------------------------------------------------


def test_upkeep_waits_for_a_free_moment_but_not_for_ever(home: MaintainedStore) -> None:
    """While there is something to keep that comes first; after a second upkeep has its turn."""
    done: list[Tidied] = []

    def keep_three() -> None:
        home.house.tell(*(Keep(*reported(home.device, seq)) for seq in range(3)))

    with patch.object(WriterActor, "burst", 1):
        home.house.tell(Tidy(lambda _: 7, done.append))
        keep_three()
        for _ in range(3):
            home.stage.step()
        assert done == []
        home.stage.step()
        assert done == [Tidied(7, 0.0)]
        home.house.tell(Tidy(lambda _: 8, done.append))
        keep_three()
        home.stage.step()
        home.clock.advance_to(home.clock.monotonic() + TIDY_PATIENCE_S)
        home.stage.step()
        assert done[1:] == [Tidied(8, 0.0)]
        home.stage.settle()


def test_a_step_goes_with_what_was_kept_before_it(home: MaintainedStore) -> None:
    """It is a transaction of its own, after those of the messages that came before it."""
    home.house.statements.clear()
    seen: list[int] = []

    def count(store: Store) -> int:
        seen.append(store.database.conn.execute("SELECT count(*) FROM estado_log").fetchone()[0])
        return 1

    home.house.tell(Keep(*reported(home.device, 0)), Tidy(count, lambda _: None))
    home.stage.settle()
    assert seen == [1]
    assert home.house.statements.count("COMMIT") == 2


@pytest.mark.parametrize("error", [ValueError("x"), sqlite3.IntegrityError("x")])
def test_a_step_at_fault_is_no_fault_of_the_disk(
    home: MaintainedStore, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[Tidied] = []

    def fail(_: Store) -> int:
        raise error

    home.house.tell(Tidy(fail, done.append))
    home.stage.settle()
    assert done == [Tidied(None, 0.0)]
    assert home.house.status.healthy
    assert "tidy_failed" in caplog.text


# -- backups -------------------------------------------------------------------------------------


def test_a_backup_is_made_every_day(unhurried: MaintainedStore) -> None:
    """Ten minutes after the start, if there is none; then daily."""
    begin = unhurried.clock.now()
    unhurried.hire()
    unhurried.stage.wait(540)
    assert unhurried.shed.made == []
    unhurried.stage.wait(2.5 * DAY)
    assert [round((at - begin - 600) / HOUR, 1) for at in unhurried.shed.made] == [0, 24, 48]
    assert unhurried.status.last_backup_at == unhurried.shed.made[-1]


@pytest.mark.parametrize(("age", "due"), [(2 * HOUR, 22 * HOUR), (23.99 * HOUR, 600), (40 * DAY, 600)])
def test_the_first_one_counts_from_the_newest_there_is(home: MaintainedStore, age: float, due: float) -> None:
    home.shed.newest = home.clock.now() - age
    home.hire()
    assert home.status.last_backup_at == home.shed.newest
    home.stage.wait(due - 60)
    assert home.shed.made == []
    home.stage.wait(180)
    assert len(home.shed.made) == 1


def test_a_backup_that_fails_is_tried_again_in_an_hour(
    home: MaintainedStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Upkeep goes on meanwhile, and the reason can be read until it has worked."""
    home.shed.error = FULL
    home.hire()
    home.report(600)
    home.stage.wait(700)
    assert home.status.backup_error == StorageTrouble(str(FULL), Hindrance.NO_SPACE)
    assert home.status.rolled_up == 600
    assert caplog.text.count("backup_failed") == 1
    home.shed.error = None
    home.stage.wait(HOUR)
    assert len(home.shed.made) == 1
    assert not home.status.backup_error


def test_one_that_is_asked_for_takes_no_daily_ones_place(unhurried: MaintainedStore) -> None:
    """Nor does it put it off, also if it fails; which is told, and can be read until a backup is made."""
    told: list[Backup | Refused] = []
    unhurried.hire()
    unhurried.stage.wait(HOUR)
    assert unhurried.maintenance is not None
    asked = unhurried.clock.now()
    unhurried.maintenance.tell(BackUp(asked, told.append))
    unhurried.stage.settle()
    assert unhurried.shed.made[1:] == [asked]
    assert unhurried.status.last_backup_at == asked
    unhurried.stage.wait(DAY)
    assert unhurried.shed.kinds == [Kind.DAILY, Kind.ON_DEMAND, Kind.DAILY]
    assert unhurried.shed.made[2] - unhurried.shed.made[0] == pytest.approx(DAY, abs=120)
    unhurried.shed.error = FULL
    unhurried.maintenance.tell(BackUp(unhurried.clock.now(), told.append))
    unhurried.stage.settle()
    match told:
        case [Backup(made_at=at), Refused(Refusal.BACKUP_NO_SPACE)]:
            assert at == asked
        case _:
            pytest.fail(f"told {told}")
    assert unhurried.status.backup_error == StorageTrouble(str(FULL), Hindrance.NO_SPACE)
    unhurried.shed.error = None
    unhurried.stage.wait(HOUR + 60)
    assert unhurried.status.backup_error == StorageTrouble(str(FULL), Hindrance.NO_SPACE)
    unhurried.stage.wait(DAY)
    assert unhurried.shed.kinds == [Kind.DAILY, Kind.ON_DEMAND, Kind.DAILY, Kind.DAILY]
    assert unhurried.shed.made[3] - unhurried.shed.made[2] == pytest.approx(DAY, abs=120)
    assert unhurried.status.backup_error is None


@pytest.mark.parametrize("apart", [HOUR - 300, HOUR + 300])
def test_however_often_one_that_is_asked_for_fails_the_daily_ones_come(
    unhurried: MaintainedStore, apart: float
) -> None:
    """And no more of them, whether each is asked for within an hour of the last one's failure or after it."""
    unhurried.hire()
    begin = unhurried.clock.monotonic()
    while unhurried.clock.monotonic() < begin + 2.5 * DAY:
        unhurried.stage.wait(apart)
        assert unhurried.maintenance is not None
        unhurried.shed.error = FULL
        unhurried.maintenance.tell(BackUp(unhurried.clock.now(), lambda _: None))
        unhurried.stage.settle()
        unhurried.shed.error = None
    assert unhurried.shed.kinds == [Kind.DAILY] * 3


def test_a_clock_that_jumps_makes_no_backups(unhurried: MaintainedStore) -> None:
    """Only time that has passed does."""
    unhurried.hire()
    unhurried.stage.wait(700)
    unhurried.clock.jump(400 * DAY)
    unhurried.stage.wait(HOUR)
    unhurried.clock.jump(-900 * DAY)
    unhurried.stage.wait(22 * HOUR)
    assert len(unhurried.shed.made) == 1
    unhurried.stage.wait(2 * HOUR)
    assert len(unhurried.shed.made) == 2


def test_maintenance_that_fails_goes_on(home: MaintainedStore, caplog: pytest.LogCaptureFixture) -> None:
    home.hire()
    home.report(600)
    with patch.object(Upkeep, "roll_ups", side_effect=RuntimeError("nobody thought of it")):
        home.stage.wait(61)
    assert "actor_failed" in caplog.text
    home.stage.wait(120)
    assert home.status.rolled_up == 600
