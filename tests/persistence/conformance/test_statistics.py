"""Statistics: whatever is left of the log, the answer is that of all rows ever, each counted once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from unittest.mock import patch

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from actors.domain.read_models import Point
from persistence.maintenance import upkeep
from persistence.maintenance.retention import Retention
from persistence.storage import statistics
from tests.persistence.archive import DAY, HOUR, INDIA_S, START, Archive, day_of, hour_of
from tests.persistence.conformance.engines import Engine, House

STEPS = (HOUR, 6 * HOUR, DAY, 7 * DAY)
# A Monday's midnight, from which weeks are counted.
MONDAY = 4 * DAY - INDIA_S


@pytest.fixture
def archive(house: House) -> Iterator[Archive]:
    with Archive(house) as archive:
        yield archive


def points_of(values: Iterable[tuple[int, float]]) -> dict[int, Point]:
    """Computed of every value, given with the point that it belongs to."""
    groups: dict[int, list[float]] = defaultdict(list)
    for begin, value in values:
        groups[begin].append(value)
    return {
        begin: Point(begin, len(group), math.fsum(group) / len(group), min(group), max(group))
        for begin, group in groups.items()
    }


def begin_of(at: float, step: int) -> int:
    if step > DAY:
        return int((at - MONDAY) // step * step + MONDAY)
    outer = hour_of(at) if step < HOUR else day_of(at)
    return outer + int(at - outer) // step * step


def is_same(found: Iterable[Point], expected: dict[int, Point]) -> bool:
    known = {point.begin: point for point in found}
    return known.keys() == expected.keys() and all(
        (point.n, point.low, point.high) == (known[begin].n, known[begin].low, known[begin].high)
        and math.isclose(point.mean, known[begin].mean, rel_tol=1e-9, abs_tol=1e-6)
        for begin, point in expected.items()
    )


GAPS = st.one_of(
    st.floats(0, 2 * HOUR),
    st.floats(0, 2 * DAY),
    st.sampled_from([-3 * DAY, -HOUR, 400.0 * DAY, -400.0 * DAY]),
)
REPORTS = st.lists(st.tuples(GAPS, st.integers(-1000, 1000)), min_size=1, max_size=12)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("report"), REPORTS),
        st.tuples(st.just("roll_up"), st.integers(1, 4)),
        st.tuples(st.just("delete"), st.integers(1, 4)),
        st.tuples(st.just("delete late"), st.integers(1, 40)),
    ),
    min_size=1,
    max_size=12,
)


# Of a house for each example.
@pytest.mark.timeout(600)
@settings(max_examples=60)
@given(
    acts=ACTS, step=st.sampled_from(STEPS), cut_front=st.floats(0, 4 * DAY), cut_back=st.floats(0, 4 * DAY)
)
def test_no_row_is_lost_or_counted_twice(
    engine: Engine, acts: list[tuple[str, object]], step: int, cut_front: float, cut_back: float
) -> None:
    """Rolled up or not, deleted or not, in whatever order, and with a clock that jumps to and fro."""
    with (
        engine.house() as house,
        patch.multiple(upkeep, ROWS_ROLLED_UP=5, CELLS_ROLLED_UP=3, ROWS_DROPPED=3),
        Archive(house, Retention(rows=1, hours=3, days=0)) as archive,
    ):
        now = float(START)
        for act, what in acts:
            if act == "report":
                assert isinstance(what, list)
                stamps = []
                for gap, value in what:
                    now = max(20 * DAY, now + gap)
                    stamps.append((now, {"t": value / 7}))
                archive.keep(*stamps)
            elif act == "roll_up":
                assert isinstance(what, int)
                archive.roll_up(what)
            else:
                assert isinstance(what, int)
                late = 2 * DAY if act == "delete late" else 0
                event(f"rows deleted: {archive.delete(now + late, what) > 0}")
        _check(archive, step, 0.0, 0.0)
        _check(archive, step, cut_front, cut_back)


def _check(archive: Archive, step: int, cut_front: float, cut_back: float) -> None:
    if not archive.log:
        return
    stamps = [entry.at for entry in archive.log]
    since, until = min(stamps) + cut_front, max(stamps) + 1 - cut_back
    if since >= until:
        return
    (hours_from,) = archive.fetch("SELECT coalesce(max(horas_desde), 0) FROM resumidos")[0]

    def begin(at: float, stamp: float) -> int:
        """Of the point that ``at`` lies in, at the step that is left for a row stamped ``stamp``."""
        return day_of(at) if step < DAY and hour_of(stamp) < hours_from else begin_of(at, step)

    expected = points_of(
        (begin(at, at), entry.parameters["t"])
        for entry in archive.log
        if begin(since, at := entry.at) <= begin(at, at) < until
    )
    found = archive.ask("t", since, until, step)
    assert is_same(found.points, expected)
    assert found.begin == begin_of(since, step)
    # Finer points make up the same hours, or days where the hours are gone.
    fine = archive.ask("t", min(stamps), max(stamps) + 1, 300)
    coarse = archive.ask("t", min(stamps), max(stamps) + 1, HOUR)
    assert sum(point.n for point in fine.points) == sum(point.n for point in coarse.points) == len(stamps)


# -- by example ----------------------------------------------------------------------------------


def test_fine_points_are_of_rows_as_long_as_an_hour_has_them_all(archive: Archive) -> None:
    """An hour that has lost a row is one point; those after it are as fine as asked for."""
    archive.keep(*((START + 600 * n, {"t": n}) for n in range(18)))
    archive.roll_up()
    archive.house.execute("DELETE FROM estado_log WHERE n <= 3")
    found = archive.ask("t", START, START + 3 * HOUR, 1800).points
    assert [((point.begin - START) / 60, point.n, point.mean) for point in found] == [
        (0, 6, 2.5),
        (60, 3, 7.0),
        (90, 3, 10.0),
        (120, 3, 13.0),
        (150, 3, 16.0),
    ]


def test_an_hour_lived_twice_is_read_once(archive: Archive) -> None:
    """A clock set back an hour gives two hours' rows the same stamps; all count, none twice."""
    stamps = [*range(0, 7200, 600), *range(3600, 9000, 600)]
    archive.keep(*((START + at, {"t": at}) for at in stamps))
    archive.roll_up()
    found = archive.ask("t", START, START + 3 * HOUR, 600).points
    assert is_same(found, points_of((START + at, float(at)) for at in stamps))


def test_a_metric_that_stands_in_few_rows_is_found_in_them(archive: Archive) -> None:
    archive.keep(*((START + n, {"t": n} | ({"rara": n} if n == 1500 else {})) for n in range(2000)))
    archive.roll_up()
    assert archive.ask("rara", START, START + HOUR, 60).points == [
        Point(START + 1500, 1, 1500.0, 1500.0, 1500.0)
    ]


def test_more_rows_than_are_read_for_one_answer_are_told(archive: Archive) -> None:
    """Of rows in hours that are asked for, and of those not rolled up; hours and days need none."""
    archive.keep(*((START + n * 60.0, {"t": n}) for n in range(300)))
    with patch.object(statistics, "ROWS_MAX", 100):
        assert archive.ask("t", START, START + DAY, DAY).rows_missing == 300
        archive.roll_up()
        found = archive.ask("t", START, START + 4 * HOUR, 60)
        assert (found.rows_missing, found.points, found.metrics) == (240, (), ["t"])
        assert len(archive.ask("t", START + HOUR, START + 2 * HOUR, 60).points) == 60
        assert len(archive.ask("t", START, START + DAY, HOUR).points) == 5


def test_a_name_with_a_point_keeps_what_was_summarised_under_it(archive: Archive) -> None:
    """Once it went by the name of what is nested; the rows of such hours are still found under it."""
    archive.report(START, START + 60, **{"a.b": 5})
    archive.roll_up()
    archive.house.execute("UPDATE metricas SET nombre = 'a.b'")
    archive.report(START + 7_200, **{"a.b": 7, "a": {"b": 1}})
    (old,) = archive.ask("a.b", START, START + 100, 300).points
    assert (old.n, old.mean) == (2, 5)
    (new,) = archive.ask("a\\.b", START, START + 8_000, 300).points
    assert (new.n, new.mean) == (1, 7)
