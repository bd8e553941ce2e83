"""Rolling up: what counts as a metric, how far it has come, and that a row goes in once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.readings import metric_name
from persistence.forms.local_time import DAY, HOUR, LocalTime
from persistence.forms.summaries import METRICS_MAX, NAME_MAX, reading, readings
from persistence.maintenance.upkeep import CELLS_ROLLED_UP, ROWS_ROLLED_UP
from persistence.storage.faults import StorageFault
from tests.persistence.archive import START, Archive
from tests.persistence.conformance.engines import House


@pytest.fixture
def archive(house: House) -> Iterator[Archive]:
    with Archive(house) as archive:
        yield archive


def names(archive: Archive) -> list[str]:
    return [name for (name,) in archive.fetch("SELECT nombre FROM metricas ORDER BY nombre")]


# -- what counts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "parameters", "found"),
    [
        ("online", {"temp": 21.5, "n": 3}, {"temp": 21.5, "n": 3.0}),
        ("online", {"puerta": True, "luz": False}, {"puerta": 1.0, "luz": 0.0}),
        ("online", {"a": {"b": {"c": 1}}, "a.b": 2}, {"a.b.c": 1.0, "a\\.b": 2.0}),
        ("online", {"a.b": 1, "a": {"b": 2}, "": 3}, {"a\\.b": 1.0, "a.b": 2.0, "\\0": 3.0}),
        ("online", {"texto": "x5", "código": "005", "nada": None, "lista": [1, 2], "vacío": {}}, {}),
        ("online", {"enorme": 1e300, "-enorme": -1e300, "entero": 2**63}, {"entero": float(2**63)}),
        ("activo", {}, {"encendido": 1.0}),
        ("inactivo", {"encendido": True}, {"encendido": 0.0}),
        ("online", {"encendido": True}, {"encendido": 1.0}),
        ("On", {}, {"encendido": 1.0}),
        ("online", {"encendido": "OFF"}, {"encendido": 0.0}),
        ("online", {"t": "23.4", "h": "23,4", "n": {"x": " -3"}}, {"t": 23.4, "h": 23.4, "n.x": -3.0}),
    ],
)
def test_numbers_and_truth_values_are_readings(
    state: str, parameters: dict[str, Any], found: dict[str, float]
) -> None:
    """Nested ones by their path; the state says whether it is on, where it says so."""
    assert readings(state.encode(), parameters) == found


NAMES = st.sampled_from(["a", "b", "a.b", "", "encendido"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=2),
    lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@given(st.sampled_from([b"activo", b"online"]), st.dictionaries(NAMES, VALUES))
def test_one_reading_is_that_of_all(state: bytes, parameters: dict[str, Any]) -> None:
    found = readings(state, parameters)
    for metric in ("a", "b", "a.b", "a.a", "a\\.b", "encendido", "\\0", ""):
        assert reading(metric, state, parameters) == found.get(metric)


def test_new_names_count_as_long_as_there_is_room(archive: Archive) -> None:
    """A device that invents names with each report keeps the metrics that it began with."""
    archive.report(START, temp=1)
    for n in range(3):
        archive.report(START + n, temp=1, **{f"sesión {n} {i}": i for i in range(60)})
    before = {
        metric: archive.ask(metric, START, START + HOUR, HOUR).points for metric in ("temp", "sesión 2 9")
    }
    archive.roll_up()
    assert before == {metric: archive.ask(metric, START, START + HOUR, HOUR).points for metric in before}
    archive.report(START + 3, temp=1, otra=1)
    archive.roll_up()
    assert len(names(archive)) == METRICS_MAX
    assert "otra" not in names(archive)
    (point,) = archive.ask("temp", START, START + HOUR, HOUR).points
    assert point.n == 5
    for metric in ("sesión 2 59", "otra"):
        assert archive.ask(metric, START, START + HOUR, HOUR).points == []


def test_names_are_told_apart_whatever_signs_they_are_of(archive: Archive) -> None:
    told = {"a\0b": 1, "a\N{REPLACEMENT CHARACTER}b": 2, "a\\ub": 3, "a\\\0b": 4, "\0": 5, "ab": 6}
    metrics = {metric_name(name): value for name, value in told.items()}
    archive.report(START, **told)
    assert archive.roll_up() == 1
    for metric, value in metrics.items():
        (point,) = archive.ask(metric, START, START + HOUR, HOUR).points
        assert (metric, point.n, point.mean) == (metric, 1, value)
    archive.report(START + 1, **told)
    assert archive.roll_up() == 1
    for metric, value in metrics.items():
        (point,) = archive.ask(metric, START, START + HOUR, HOUR).points
        assert (metric, point.n, point.mean) == (metric, 2, value)
    assert {*archive.queries.metrics(1)} >= metrics.keys()
    assert {name for _, name in archive.queries.due().all_metrics()} >= metrics.keys()


def test_a_name_that_is_too_long_is_no_metric(archive: Archive) -> None:
    archive.report(START, **{"x" * NAME_MAX: 1, "y" * (NAME_MAX + 1): 1})
    archive.roll_up()
    assert names(archive) == ["x" * NAME_MAX]


def test_damage_and_impossible_moments_are_passed_over(archive: Archive) -> None:
    """They are rolled up all the same, so nothing waits behind them, and they can be deleted."""
    archive.report(START, 1e18, START + 1, -5.0, temp=1)
    archive.house.execute(
        "UPDATE estado_log SET parametros = CAST(x'ff7b' AS TEXT), estado = CAST(x'ff' AS TEXT) WHERE n = 1"
    )
    assert archive.roll_up() == 4
    assert [point.n for point in archive.ask("temp", 0, 2e9, 3650 * DAY).points] == [1]


# -- how far, and once ---------------------------------------------------------------------------


def test_a_step_is_small_whatever_the_rows_are_like(archive: Archive) -> None:
    """Neither many rows nor many metrics at many hours make one that holds up the writer."""
    archive.keep(*((START + n, {"temp": n}) for n in range(2 * ROWS_ROLLED_UP + 1)))
    steps = list(archive.upkeep.roll_ups(1))
    assert [archive.store.tidy(step) for step in steps] == [ROWS_ROLLED_UP, ROWS_ROLLED_UP, 1]
    archive.keep(*((START + n * HOUR, {f"m{i}": i for i in range(60)}) for n in range(50)))
    rolled_up = [archive.store.tidy(step) for step in archive.upkeep.roll_ups(1)]
    assert sum(rolled_up) == 50
    assert max(rolled_up) * 60 <= CELLS_ROLLED_UP + 60


def test_a_step_that_comes_twice_does_nothing_the_second_time(archive: Archive) -> None:
    archive.report(*(START + n for n in range(10)), temp=1)
    (step,) = archive.upkeep.roll_ups(1)
    assert archive.store.tidy(step) == 10
    before = archive.fetch("SELECT * FROM resumen_horas")
    assert archive.store.tidy(step) == 0
    assert archive.fetch("SELECT * FROM resumen_horas") == before


def test_a_step_that_fails_leaves_nothing(archive: Archive) -> None:
    """Neither sums nor how far it has come; so the next one begins where this one did."""
    archive.report(START, temp=1)
    archive.house.execute("ALTER TABLE resumen_dias RENAME TO apartada")
    with pytest.raises(StorageFault, match="resumen_dias"):
        archive.roll_up()
    assert archive.fetch("SELECT * FROM metricas") == archive.fetch("SELECT * FROM resumen_horas") == []
    archive.house.execute("ALTER TABLE apartada RENAME TO resumen_dias")
    assert archive.roll_up() == 1


def test_a_number_that_was_never_stored_is_passed(archive: Archive) -> None:
    """A report that went to the dead letters leaves its number empty, also as the newest one."""
    archive.report(START, START + 1, START + 2, temp=1)
    archive.house.execute("DELETE FROM estado_log WHERE n > 1")
    assert archive.roll_up() == 3
    assert archive.roll_up() == 0


def test_devices_do_not_mix(archive: Archive) -> None:
    other = archive.store.recall("TMP0BBBBBBBB")
    archive.report(START, temp=1)
    archive.device, first = other, archive.device
    archive.log.clear()
    archive.report(START, temp=2)
    archive.roll_up()
    for device, value in ((first, 1.0), (other, 2.0)):
        (point,) = archive.queries.statistics(device.id, "temp", START, START + 1, HOUR).points
        assert (point.n, point.mean) == (1, value)


# -- hours and days on the wall ------------------------------------------------------------------

ZONES = ("UTC", "Europe/Madrid", "Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu")


@given(st.sampled_from(ZONES), st.floats(8 * DAY, 4e9))
def test_a_moment_lies_in_its_hour_and_that_in_its_day(zone: str, at: float) -> None:
    local = LocalTime(ZoneInfo(zone))
    hour, day, week = local.hour(at), local.day(at), local.days(at, 7)
    # Where the clock is set back in the middle of an hour that is one and a half long.
    assert hour <= at < hour + 1.5 * HOUR
    assert day <= hour <= at < day + 25 * HOUR
    assert week <= day < week + 8 * DAY
    assert local.day(hour) == day
    for begin, wall in ((hour, ("%M:%S", "00:00")), (day, ("%H", "00"))):
        if datetime.fromtimestamp(begin, ZoneInfo(zone)).utcoffset() == _offset(zone, begin - HOUR):
            assert datetime.fromtimestamp(begin, ZoneInfo(zone)).strftime(wall[0]) == wall[1]


def _offset(zone: str, at: float) -> timedelta | None:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()


@pytest.mark.parametrize("zone", [*map(ZoneInfo, ZONES), timezone(timedelta(hours=-12)), None])
def test_moments_at_either_end_are_known(zone: tzinfo | None) -> None:
    local = LocalTime(zone)
    for at in (8 * DAY, 253_401_999_999):
        assert local.knows(at)
        assert local.days(at, 3650) <= local.day(at) <= local.hour(at) <= at
    assert not local.knows(8 * DAY - 1)
    assert not local.knows(253_402_000_000)


def test_a_day_is_as_long_as_the_clock_makes_it() -> None:
    """The 25 hours of the day on which summer time ends are one day's."""
    local = LocalTime(ZoneInfo("Europe/Madrid"))
    begin = int(datetime(2026, 10, 25, tzinfo=ZoneInfo("Europe/Madrid")).timestamp())
    assert {local.day(begin + n * HOUR) for n in range(25)} == {begin}
    assert local.day(begin + 25 * HOUR) == begin + 25 * HOUR
    assert len({local.hour(begin + n * HOUR) for n in range(25)}) == 25
