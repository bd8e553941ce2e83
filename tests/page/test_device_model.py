"""What a chart is made of, without a browser: steps, gaps, outages, settings."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.statistics import MAX_POINTS, possible_step

MODULES = Path(__file__).resolve().parents[2] / "web" / "page" / "js" / "views" / "device"
# Seconds; as in ranges.js.
SHORTEST = 60
_CALL = """
const [path, name, calls] = JSON.parse(await new Response(process.stdin).text());
const found = (await import(path))[name];
const plain = (_, value) => (value instanceof Set ? [...value] : value);
console.log(JSON.stringify(calls.map((each) => found(...each)), plain));
"""
_NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(_NODE is None, reason="needs node")


def call_all(module: str, name: str, calls: list[list[Any]]) -> list[Any]:
    """The answers of a function of a module to each list of arguments, from one process."""
    assert _NODE is not None
    done = subprocess.run(
        [_NODE, "--input-type=module", "-e", _CALL],
        input=json.dumps([(MODULES / module).as_uri(), name, calls]),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def call(module: str, name: str, *arguments: object) -> Any:
    [answer] = call_all(module, name, [list(arguments)])
    return answer


def point(at: float, mean: float = 20, low: float = 19, high: float = 21, n: int = 2) -> dict[str, float]:
    return {"at": at, "mean": mean, "low": low, "high": high, "n": n}


def test_a_step_makes_no_more_points_than_pixels_whatever_the_server_makes_of_it() -> None:
    cases = [(length, pixels) for length in (60, 3_600, 86_400, 31_536_000) for pixels in (240, 900, 5_000)]
    steps = call_all("ranges.js", "stepFor", [[{"since": 0, "until": length}, p] for length, p in cases])
    for (length, pixels), step in zip(cases, steps, strict=True):
        # The first and the last point may lie in the range in part only.
        assert length / possible_step(step) + 2 <= min(pixels, MAX_POINTS)


# One process for all of an example: to start node takes longer than to ask it.
@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(0, 1e9)), min_size=1, max_size=50))
@settings(max_examples=10, deadline=None)
def test_a_zoom_is_a_range_in_order_whichever_end_is_named_first(ends: list[tuple[float, float]]) -> None:
    made = call_all("ranges.js", "zoomed", [list(each) for each in ends])
    for pair, zoom in zip(ends, made, strict=True):
        assert zoom["until"] - zoom["length"] <= min(pair)
        assert zoom["until"] >= max(pair)
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
def test_a_gap_is_a_silence_much_longer_than_usual(moments: list[int], gaps: list[int]) -> None:
    assert call("curve.js", "gapsAfter", [point(at) for at in moments], 60) == gaps


def test_nothing_is_drawn_through_a_gap() -> None:
    at, mean, low, high = call(
        "curve.js", "columns", [point(t) for t in (0, 60, 120, 7_200, 7_260)], 60, 9_000
    )
    assert at == sorted(at)
    hole = mean.index(None)
    assert (at[hole - 1], at[hole + 1]) == (150, 7_230)
    assert low[hole] is high[hole] is None


def test_the_last_point_stands_no_later_than_now() -> None:
    at, *_ = call("curve.js", "columns", [point(0), point(3_600)], 3_600, 3_700)
    assert at == [1_800, 3_700]


def test_a_mean_counts_each_reading_once() -> None:
    told = call("curve.js", "summary", [point(0, 10, 5, 15, n=1), point(60, 20, 18, 22, n=3)])
    assert told == {"n": 4, "mean": 17.5, "low": 5, "high": 22, "last": 20}
    assert call("curve.js", "summary", []) is None


def test_far_bounds_do_not_flatten_the_curve() -> None:
    points = [point(0, 20, 19, 21)]
    low, high = call("curve.js", "verticalRange", points, [], {"min": -50, "max": 22})
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
    findings: list[Any], before: Any, span: tuple[int, int], outages: list[tuple[int, int]]
) -> None:
    since, until = span
    told = call("marks.js", "outagesOf", findings, before, {"since": since, "until": until})
    assert [(each["from"], each["to"]) for each in told] == outages


def test_only_changes_are_sent() -> None:
    draft = {"modo": "manual", "intervalo_envio": 9, "velocidad": "", "color": "azul"}
    known = {"modo": "manual", "intervalo_envio": 5, "color": "rojo"}
    assert call("fields.js", "changesOf", draft, known) == {"intervalo_envio": 9, "color": "azul"}


def test_schedules_and_nested_settings_are_no_fields() -> None:
    known = {"modo": "manual", "horarios": [], "horarios_temp": {}, "color": "rojo", "extra": {"a": 1}}
    fields = call("fields.js", "fieldsOf", {"configuracion": known, "capability": "setpoint"})
    assert [each["key"] for each in fields] == ["encendido", "temp_objetivo", "intervalo_envio", "color"]
    assert call("fields.js", "fixedOf", known) == [["extra", {"a": 1}]]
