"""What is deleted and when: what is old goes, in small steps, and what is young never does."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.findings import Episode, Finding
from persistence.maintenance import upkeep
from persistence.maintenance.retention import Retention, last_aged
from persistence.maintenance.upkeep import ROWS_DROPPED
from persistence.storage.batch import Batch
from tests.persistence.archive import DAY, HOUR, START, Archive
from tests.persistence.conformance.engines import Engine, House

# Somebody's rows are kept for longer, so that where the log has parts none of them goes whole.
RETENTION = Retention(rows=10, hours=20, days=40, findings=5, by_serial=(("SHD0", 3), ("LGT0", 12)))


@pytest.fixture
def archive(house: House) -> Iterator[Archive]:
    with Archive(house, RETENTION) as archive:
        yield archive


def test_the_longest_beginning_of_a_serial_number_counts() -> None:
    kept = Retention(rows=35, hours=730, days=3650, by_serial=(("TMP0", 7), ("TMP0603", 1000), ("CAM0", 0)))
    assert [kept.rows_of(each) for each in ("LGT0A", "TMP0A", "TMP0603IF1WD")] == [35, 7, 1000]
    assert [kept.hours_of(each) for each in ("LGT0A", "TMP0603IF1WD", "CAM0A")] == [730, 1000, 0]
    assert [kept.days_of(each) for each in ("LGT0A", "CAM0A")] == [3650, 0]


def test_old_rows_go_in_small_steps_and_the_log_stays_right(archive: Archive) -> None:
    """Pages, their count and what rules read of the log are those of the rows that are left."""
    count = 2 * ROWS_DROPPED + 500
    archive.keep(*((START + n, {"t": n}) for n in range(count)))
    young = [(START + 10 * DAY + n, {"t": n}) for n in range(10)]
    archive.keep(*young)
    archive.roll_up()
    steps = [archive.store.tidy(step) for step in archive.upkeep.deletions(lambda: START + 10.5 * DAY)]
    assert steps == [ROWS_DROPPED, ROWS_DROPPED, 500]
    page = archive.queries.log_page(archive.device.id, 1, 4)
    assert (page.total, page.pages) == (10, 3)
    assert [entry.n for entry in page.entries] == [count + 10, count + 9, count + 8, count + 7]
    assert archive.queries.log_page(archive.device.id, 3, 4).entries[-1].n == count + 1
    assert archive.queries.log_page(archive.device.id, 4, 4).entries == ()
    rows = archive.queries.log_range(archive.device.id, 0, count + 10, 0.0, 99)
    assert [(entry.at, entry.parameters) for entry in rows] == young


def test_a_log_that_is_gone_whole_goes_on_with_its_numbers(archive: Archive) -> None:
    archive.report(START, START + 1, t=1)
    archive.roll_up()
    assert archive.delete(START + 11 * DAY) == 2
    assert archive.queries.log_page(archive.device.id, 1, 50).total == 0
    archive.report(START + 11 * DAY, t=1)
    assert archive.numbers() == [3]
    assert archive.queries.log_page(archive.device.id, 1, 50).total == 1


def test_what_is_not_rolled_up_stays(archive: Archive) -> None:
    archive.report(*(START + n for n in range(10)), t=1)
    assert archive.delete(START + 100 * DAY) == 0
    with patch.object(upkeep, "ROWS_ROLLED_UP", 4):
        archive.roll_up(steps=1)
    archive.delete(START + 100 * DAY)
    assert archive.numbers() == [5, 6, 7, 8, 9, 10]


def test_zero_days_are_for_ever(house: House) -> None:
    with Archive(house, Retention(rows=0, hours=1, days=1, findings=0)) as archive:
        archive.report(START, t=1)
        archive.roll_up()
        assert archive.delete(START + 30_000 * DAY) == 0


# -- hours, days, findings -----------------------------------------------------------------------


def test_each_kind_goes_at_its_time(archive: Archive) -> None:
    """Rows, then hours, then days, then the metric's name; a point is an hour's, then a day's, then none."""
    archive.keep(*((START + n * HOUR, {"t": n}) for n in range(24)))
    archive.roll_up()

    def points() -> int:
        return len(archive.ask("t", START, START + DAY, 1800).points)

    def left() -> list[int]:
        tables = ("estado_log", "resumen_horas", "resumen_dias", "metricas")
        return [archive.fetch(f"SELECT count(*) FROM {table}")[0][0] for table in tables]

    seen = []
    for days in (9, 12, 22, 42):
        archive.delete(START + days * DAY)
        seen.append((left(), points()))
    assert seen == [
        ([24, 24, 1, 1], 24),
        ([0, 24, 1, 1], 24),
        ([0, 0, 1, 1], 1),
        ([0, 0, 0, 0], 0),
    ]


def test_hours_are_not_read_while_they_are_being_deleted(archive: Archive) -> None:
    """The day tells of them from the first step on; at no moment does anything count twice or not at all."""
    archive.keep(*((START + n * HOUR, {"t": n, "u": n}) for n in range(48)))
    archive.roll_up()
    with patch.object(upkeep, "ROWS_DROPPED", 7):
        for step in archive.upkeep.deletions(lambda: START + 21.5 * DAY):
            archive.store.tidy(step)
            assert sum(point.n for point in archive.ask("t", START, START + 2 * DAY, HOUR).points) == 48
    assert len(archive.ask("t", START, START + 2 * DAY, HOUR).points) == 1 + 24


def test_findings_go_and_their_ids_do_not_come_back(archive: Archive) -> None:
    def keep(at: float) -> int:
        finding = Finding("offline", "ai_offline", archive.device.id, archive.device.serial, at, {})
        return archive.store.save(Batch(conclusions=[(finding, {})])).findings[0][0].id

    old, young = keep(START), keep(START + 3 * DAY)
    assert archive.delete(START + 6 * DAY) == 1
    assert archive.queries.finding(old) is None
    assert archive.queries.finding(young) is not None
    archive.delete(START + 60 * DAY)
    assert archive.queries.findings(1, 9).total == 0
    assert keep(START + 60 * DAY) == young + 1


def test_an_episode_that_lasts_stays_until_it_is_over(archive: Archive) -> None:
    """However old; and nobody waits for it."""

    def keep(at: float, key: str, until: float | None = None, count: int = 1) -> None:
        episode, device = Episode(key, START, until, count), archive.device
        finding = Finding("offline", "ai_offline", device.id, device.serial, at, {}, episode=episode)
        archive.store.save(Batch(conclusions=[(finding, {})]))

    keep(START, "a@1")
    keep(START, "b@1", until=START)
    assert archive.delete(START + 60 * DAY) == 1
    [lasting] = archive.queries.findings(1, 9).rows
    assert (lasting.id, lasting.finding.at) == (1, START)
    keep(START + 60 * DAY, "a@1", until=START + 60 * DAY, count=2)
    assert archive.delete(START + 60 * DAY) == 1


# -- clocks that were set wrong ------------------------------------------------------------------

NOW = START + 100 * DAY


@pytest.mark.parametrize(
    ("ages", "left"),
    [
        ([50, 40, 5, 4], [3, 4]),
        ([50, -4000, 40, 5], [4]),
        ([50, -4000, 5, 4], [2, 3, 4]),
        ([-4000, -4000, -4000, 50, 40, 5], [6]),
        ([-4000, -4000, -4000, 5, 40], [1, 2, 3, 4, 5]),
        ([5, 20_000, 4], [1, 2, 3]),
        ([-4000, -4000, -4000], [1, 2, 3]),
        ([50, 40, -0.01, 30], [3, 4]),
    ],
    ids=[
        "old ones",
        "one from the future goes with what came after it",
        "one from the future stays until that is known",
        "more from the future than a step holds",
        "what came after those is young",
        "young ones that came before keep an old stamp",
        "nothing but the future",
        "a second ahead is no other time",
    ],
)
def test_rows_go_in_the_order_of_arrival(archive: Archive, ages: list[float], left: list[int]) -> None:
    """Ages in days at the time of deletion; below zero the stamp lies in the future."""
    archive.report(*(NOW - age * DAY for age in ages), t=1)
    archive.roll_up()
    with patch.object(upkeep, "ROWS_DROPPED", 2):
        archive.delete(NOW)
    assert archive.numbers() == left


@given(st.lists(st.floats(-100, 100)), st.floats(0, 50))
def test_nothing_young_is_ever_taken(ages: list[float], kept: float) -> None:
    """Whatever the clock did: of those that go, each is old or from the future, and the last is old."""
    stamps = [(n, -age * DAY) for n, age in enumerate(ages, 1)]
    last = last_aged(stamps, cutoff=-kept * DAY, now=0.0)
    if last is not None:
        assert all(at < -kept * DAY or at > HOUR for _, at in stamps[:last])
        assert stamps[last - 1][1] < -kept * DAY


# Of a house for each example.
@pytest.mark.timeout(600)
@settings(max_examples=40)
@given(ages=st.lists(st.floats(-30, 60), min_size=1, max_size=30), size=st.integers(1, 5))
def test_small_steps_do_what_one_would(engine: Engine, ages: list[float], size: int) -> None:
    def left(step: int) -> list[int]:
        with (
            engine.house() as house,
            patch.object(upkeep, "ROWS_DROPPED", step),
            Archive(house, RETENTION) as archive,
        ):
            archive.report(*(NOW - age * DAY for age in ages), t=1)
            archive.roll_up()
            archive.delete(NOW)
            return archive.numbers()

    assert left(size) == left(1000)


def test_a_day_by_a_clock_that_is_ahead_goes_once_that_has_come_and_gone(archive: Archive) -> None:
    """Should nobody have found by then that it was ahead."""
    archive.report(NOW, NOW + 4000 * DAY, NOW + 1, t=1)
    archive.roll_up()
    archive.delete(NOW + 60 * DAY)
    assert sum(point.n for point in archive.ask("t", NOW, NOW + 4001 * DAY, 30 * DAY).points) == 1
    assert archive.delete(NOW + 4100 * DAY) > 0
    assert archive.fetch("SELECT count(*) FROM metricas") == [(0,)]


def _told(archive: Archive, step: int) -> list[tuple[float, int, float, float]]:
    """Of all time, the points of ``t``."""
    points = archive.ask("t", NOW - DAY, NOW + 4001 * DAY, step).points
    return [((point.begin - NOW) / HOUR, point.n, point.low, point.high) for point in points]


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize("ahead", [3, 30, 24 * 4000])
def test_what_a_clock_that_was_ahead_has_summed_up_goes_once_it_is_right(
    archive: Archive, ahead: int, size: int
) -> None:
    """Also from the day that it is: that is what is left of its hours."""
    archive.report(NOW, NOW + HOUR, t=1)
    archive.keep(*((NOW + (ahead + n) * HOUR, {"t": 99, "only_then": n}) for n in range(9)))
    archive.keep((NOW + 1.5 * HOUR, {"t": 2}))
    archive.roll_up()
    assert max(high for *_, high in _told(archive, DAY)) == 99
    with patch.object(upkeep, "ROWS_DROPPED", size):
        archive.correct(NOW + 2 * HOUR)
    assert _told(archive, HOUR) == [(0, 1, 1, 1), (1, 2, 1, 2)]
    assert _told(archive, DAY) == [(0, 3, 1, 2)]
    assert archive.fetch("SELECT nombre FROM metricas") == [("t",)]
    assert archive.correct(NOW + 2 * HOUR) == 0
    archive.keep((NOW + (ahead + 1) * HOUR, {"t": 3}))
    archive.roll_up()
    assert _told(archive, HOUR)[2:] == [(ahead + 1, 1, 3, 3)]


def test_nothing_is_deleted_that_nobody_vouches_for(archive: Archive) -> None:
    """A clock that is doubted in the middle of a round ends it."""
    archive.report(START, t=1)
    archive.roll_up()
    assert list(archive.upkeep.deletions(lambda: None)) == []
    answers = iter([START + 20 * DAY, None])
    deletions = archive.upkeep.deletions(lambda: next(answers))
    assert [archive.store.tidy(step) for step in deletions] == [1]
