"""What a chart is made of, without a browser: steps, gaps, outages, settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.node import Modules, running
from web.routes.statistics import MAX_POINTS, possible_step

# Seconds; as in ranges.js.
SHORTEST = 60


@pytest.fixture(scope="module")
def model() -> Iterator[Modules]:
    with running(
        *(f"views/device/{each}.js" for each in ("ranges", "curve", "marks", "fields", "pinch"))
    ) as modules:
        yield modules


def point(at: float, mean: float = 20, low: float = 19, high: float = 21, n: int = 2) -> dict[str, float]:
    return {"at": at, "mean": mean, "low": low, "high": high, "n": n}


def test_a_step_makes_no_more_points_than_pixels_whatever_the_server_makes_of_it(model: Modules) -> None:
    cases = [(length, pixels) for length in (60, 3_600, 86_400, 31_536_000) for pixels in (240, 900, 5_000)]
    for length, pixels in cases:
        step = model.ask("stepFor", {"since": 0, "until": length}, pixels)
        # The first and the last point may lie in the range in part only.
        assert length / possible_step(step) + 2 <= min(pixels, MAX_POINTS)


@given(first=st.floats(0, 1e9), second=st.floats(0, 1e9))
def test_a_zoom_is_a_range_in_order_whichever_end_is_named_first(
    model: Modules, first: float, second: float
) -> None:
    zoom = model.ask("zoomed", first, second)
    assert zoom["until"] - zoom["length"] <= min(first, second)
    assert zoom["until"] >= max(first, second)
    assert zoom["length"] >= SHORTEST


@pytest.mark.parametrize(
    ("moments", "gaps"),
    [
        ([0, 60, 120, 180], []),
        ([0, 60, 120, 7_200, 7_260, 7_320], [2]),
        # Every five minutes is how this one reports, however fine the step.
        ([0, 300, 600, 900], []),
        # A single report that was lost is no gap.
        ([0, 60, 180, 240], []),
        # One report amid a long silence stands alone.
        ([0, 60, 120, 9_000, 18_000, 18_060, 18_120], [2, 3]),
        # By the hour where rows are gone, finer after.
        ([*range(0, 36_000, 3_600), *range(36_000, 36_600, 60)], []),
    ],
)
def test_a_gap_is_a_silence_much_longer_than_usual(
    model: Modules, moments: list[int], gaps: list[int]
) -> None:
    assert model.ask("gapsAfter", [point(at) for at in moments], 60) == gaps


def test_nothing_is_drawn_through_a_gap(model: Modules) -> None:
    at, mean, low, high = model.ask("columns", [point(t) for t in (0, 60, 120, 7_200, 7_260)], 60, 9_000)
    assert at == sorted(at)
    hole = mean.index(None)
    assert (at[hole - 1], at[hole + 1]) == (150, 7_230)
    assert low[hole] is high[hole] is None


def test_the_last_point_stands_no_later_than_now(model: Modules) -> None:
    at, *_ = model.ask("columns", [point(0), point(3_600)], 3_600, 3_700)
    assert at == [1_800, 3_700]


def test_a_mean_counts_each_reading_once(model: Modules) -> None:
    told = model.ask("summary", [point(0, 10, 5, 15, n=1), point(60, 20, 18, 22, n=3)])
    assert told == {"n": 4, "mean": 17.5, "low": 5, "high": 22}
    assert model.ask("summary", []) is None


def test_far_bounds_do_not_flatten_the_curve(model: Modules) -> None:
    points = [point(0, 20, 19, 21)]
    low, high = model.ask("verticalRange", points, [], {"min": -50, "max": 22})
    assert low > 0
    assert high > 22


OFFLINE = {"event": "ai_offline", "ts_utc": "1970-01-01T01:10:00Z", "since_ts_local": "1970-01-01T01:00:00Z"}
REMINDER = {**OFFLINE, "ts_utc": "1970-01-01T01:20:00Z"}
BACK = {"event": "ai_back_online", "ts_utc": "1970-01-01T01:30:00Z", "was_offline_secs": 1_800}


@pytest.mark.parametrize(
    ("findings", "before", "span", "outages"),
    [
        ([BACK, REMINDER, OFFLINE], None, (0, 9_000), [(3_600, 5_400)]),
        # It has not come back.
        ([REMINDER, OFFLINE], None, (0, 9_000), [(3_600, 9_000)]),
        # It was away already when the range begins.
        ([BACK], OFFLINE, (4_800, 9_000), [(4_800, 5_400)]),
        ([BACK], None, (0, 9_000), [(3_600, 5_400)]),
        # The whole range lies in it.
        ([], OFFLINE, (4_800, 5_000), [(4_800, 5_000)]),
        ([], BACK, (6_000, 9_000), []),
    ],
)
def test_outages_follow_from_findings(
    model: Modules, findings: list[Any], before: Any, span: tuple[int, int], outages: list[tuple[int, int]]
) -> None:
    since, until = span
    told = model.ask("outagesOf", findings, before, {"since": since, "until": until})
    assert [(each["from"], each["to"]) for each in told] == outages


def test_only_changes_are_sent(model: Modules) -> None:
    draft = {"modo": "manual", "intervalo_envio": 9, "velocidad": "", "color": "azul"}
    known = {"modo": "manual", "intervalo_envio": 5, "color": "rojo"}
    assert model.ask("changesOf", draft, known) == {"intervalo_envio": 9, "color": "azul"}


def test_schedules_and_nested_settings_are_no_fields(model: Modules) -> None:
    known = {"modo": "manual", "horarios": [], "horarios_temp": {}, "color": "rojo", "extra": {"a": 1}}
    fields = model.ask("fieldsOf", {"configuracion": known, "capability": "setpoint"})
    assert [each["key"] for each in fields] == ["encendido", "temp_objetivo", "intervalo_envio", "color"]
    assert model.ask("fixedOf", known) == [["extra", {"a": 1}]]


def test_a_device_of_another_make_is_asked_for_nothing_that_it_does_not_take(model: Modules) -> None:
    plug = {"configuracion": {"modo": "manual"}, "capability": "binary", "ordenes": {"encendido": {}}}
    assert [each["key"] for each in model.ask("fieldsOf", plug)] == ["encendido"]
    assert [each["key"] for each in model.ask("fieldsOf", {**plug, "ordenes": {}})] == []


def test_a_device_of_another_make_is_asked_for_all_that_it_takes(model: Modules) -> None:
    """In the form in which it takes each."""
    orders = {
        "encendido": {"forma": "interruptor"},
        "brillo": {"forma": "numero", "min": 0, "max": 100, "paso": 1},
        "color": {"forma": "color"},
        "al_volver": {"forma": "opcion", "opciones": ["on", "off"]},
    }
    lamp = {"configuracion": {"modo": "manual", "brillo": 40}, "capability": "binary", "ordenes": orders}
    fields = {each.pop("key"): each for each in model.ask("fieldsOf", lamp)}
    assert {key: each["type"] for key, each in fields.items()} == {
        "encendido": "boolean",
        "al_volver": "choice",
        "brillo": "number",
        "color": "color",
    }
    assert fields["brillo"]["limits"] == {"min": 0, "max": 100}
    assert fields["al_volver"]["choices"] == ["on", "off"]


@pytest.mark.parametrize(
    ("moment", "index"),
    # Between two that a line joins the nearer one; beside the ends and within a gap one that is near.
    [(70, 1), (100, 2), (-5, 0), (-40, None), (140, 2), (400, None), (595, 4), (700, None)],
)
def test_where_there_is_nothing_nothing_is_pointed_at(
    model: Modules, moment: float, index: int | None
) -> None:
    columns = [[0, 60, 120, 360, 600], [20, 21, 22, None, 23]]
    assert model.ask("pointAt", columns, moment, 30) == index
    assert model.ask("pointAt", [[], []], moment, 30) is None


def test_what_was_said_last_is_neither_below_the_least_nor_above_the_most(model: Modules) -> None:
    """Right after a switch no point tells of it yet."""
    told = model.ask("summary", [point(0, 100, 100, 100)])
    assert model.ask("withLast", told, 0) == {"n": 2, "mean": 100, "low": 0, "high": 100}
    assert model.ask("withLast", told, None) == told


def test_a_share_is_of_the_time_and_not_of_the_reports(model: Modules) -> None:
    held = [{"from": 0, "to": 90, "share": 1}, {"from": 90, "to": 100, "share": 0}]
    assert model.ask("shareOfTime", held) == 0.9
    assert model.ask("shareOfTime", [{"from": 5, "to": 5, "share": 1}]) == 1


@pytest.mark.parametrize(
    ("age", "key"),
    [(20, "new"), (1_500, "new"), (3_000, "1h"), (20_000, "6h"), (80_000, "24h"), (10**7, "24h")],
)
def test_a_new_devices_chart_opens_at_the_stretch_that_it_has(model: Modules, age: int, key: str) -> None:
    found = model.ask("fitting", age)
    assert found["key"] == key
    assert found["until"] is None
    assert key == "24h" or age <= found["length"] <= max(300, 4 * age)
