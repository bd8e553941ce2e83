"""Rule 1 through restarts, replays, wrong clocks and hostile values: the same episodes, and no crash."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.durations import DAY_S
from actors.domain.findings import Finding
from actors.domain.model import Json
from rules.base.memory import DamagedState, seal
from rules.base.tables import Limit
from rules.extremes.rule import MAX_METRICS, NAME, ExtremesRule
from tests.readings import STARTS
from tests.rules.given import device, extremes_settings, report

MADRID = ZoneInfo("Europe/Madrid")
# History joins in within hours, so that a few hundred readings try all parts.
QUICK = extremes_settings(ai_hist_window_days=2, ai_hist_min_points=20)
LIMITS = {"temp": Limit(-50, 100)}
NAMES = ("temp", "energia_total", "puerta", "m")

# What boards send when all is well, and what they send when it is not.
PLAIN = st.floats(15, 25).map(lambda value: round(value, 1))
STRANGE = st.sampled_from(
    [
        -127,
        85,
        65535,
        0,
        999,
        2**63,
        -(2**63),
        1e308,
        -1e308,
        1e29,
        -1e29,
        1e-300,
        math.nan,
        math.inf,
        "21,5",
        True,
    ]
)
WAITS = st.sampled_from([1.0, 300.0, 300.0, 300.0, 900.0, 3_600.0, 40_000.0, 21 * DAY_S, -30.0, -4_000.0])

Row = tuple[float, dict[str, Json]]


@st.composite
def logs(draw: st.DrawFn) -> list[Row]:
    """Readings of several metrics, most of them plain; the clock may stand still, jump and go back."""
    at = STARTS
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, 25))):
        wait, times = draw(WAITS), draw(st.integers(1, 12))
        name = draw(st.sampled_from(NAMES))
        value = draw(st.one_of(PLAIN, STRANGE))
        rng = random.Random(draw(st.integers(0, 99)))
        for _ in range(times):
            at += wait
            plain = round(20 + rng.random(), 1)
            rows.append((at, {name: value if rng.random() < 0.5 else plain}))
    return rows


def fresh() -> ExtremesRule:
    return ExtremesRule(QUICK, LIMITS, MADRID)


def observed(rule: ExtremesRule, rows: Iterable[Row]) -> list[Finding]:
    return [each for at, parameters in rows for each in rule.observe(device(), report(at, parameters), at)]


def again(rule: ExtremesRule) -> ExtremesRule:
    """As it is after a restart: what was written goes through JSON."""
    written = json.loads(json.dumps(rule.state(), allow_nan=False))
    return ExtremesRule.from_state(QUICK, LIMITS, written, MADRID)


@settings(max_examples=60, deadline=None)
@given(rows=logs(), cut=st.integers(0, 300))
def test_a_restart_at_any_point_changes_nothing(rows: list[Row], cut: int) -> None:
    whole, broken = fresh(), fresh()
    expected = observed(whole, rows)
    found = observed(broken, rows[:cut])
    restarted = again(broken)
    assert restarted.state() == broken.state()
    assert restarted.bounds(STARTS) == broken.bounds(STARTS)
    assert [*found, *observed(restarted, rows[cut:])] == expected


@settings(max_examples=40, deadline=None)
@given(rows=logs())
def test_a_replay_of_the_log_knows_the_same_episodes(rows: list[Row]) -> None:
    """Each has the key that it had: what lasts is gone on with and not begun anew."""
    live, replayed = fresh(), fresh()
    observed(live, rows)
    for at, parameters in rows:
        replayed.learn(at, "activo", parameters)
    assert set(replayed.lasting) == set(live.lasting)
    assert replayed.bounds(STARTS) == live.bounds(STARTS)


@settings(max_examples=40, deadline=None)
@given(rows=logs())
def test_an_episode_has_one_beginning_and_at_most_one_end(rows: list[Row]) -> None:
    """Its count never falls, and nothing is said of it once it is over."""
    counts: dict[str, int] = {}
    over: set[str] = set()
    for finding in observed(fresh(), rows):
        episode = finding.episode
        assert episode is not None
        assert episode.key not in over
        assert episode.count >= counts.get(episode.key, 1)
        counts[episode.key] = episode.count
        if episode.until is not None:
            over.add(episode.key)
        json.dumps(finding.details, allow_nan=False)


def week(days: float, interval: float = 600.0, begins: float = STARTS) -> list[tuple[float, float]]:
    rng = random.Random(3)
    steps = int(days * DAY_S / interval)
    return [
        (at, round(20 + 4 * math.sin(at / DAY_S * 2 * math.pi) + rng.gauss(0, 0.1), 2))
        for at in (begins + n * interval for n in range(steps))
    ]


def of(name: str, readings: Iterable[tuple[float, float]]) -> list[Row]:
    return [(at, {name: value}) for at, value in readings]


def test_a_gap_of_weeks_begins_no_episode() -> None:
    """Neither where it goes on as ever, nor in what it foretells of the hours."""
    rule = ExtremesRule(extremes_settings(), {})
    assert not observed(rule, of("m", week(20)))
    assert not observed(rule, of("m", week(20, begins=STARTS + 55 * DAY_S)))


def test_summer_time_begins_no_episode() -> None:
    """A rhythm of the house goes on by its clock, an hour earlier by ours."""
    rule = ExtremesRule(extremes_settings(), {}, MADRID)
    begins = datetime(2026, 3, 1, tzinfo=MADRID).timestamp()
    rng = random.Random(5)
    for n in range(50 * 96):
        at = begins + n * 900
        hour = datetime.fromtimestamp(at, MADRID).hour
        value = (21 if 7 <= hour < 23 else 17) + rng.gauss(0, 0.1)
        assert not rule.observe(device(), report(at, {"m": value}), at)


def test_as_many_metrics_as_a_report_can_hold() -> None:
    """Each is judged by itself, and none beyond them."""
    rule = ExtremesRule(extremes_settings(), {})
    for at, value in week(4, 1_800):
        rule.observe(device(), report(at, {f"x{n}": value + n for n in range(MAX_METRICS + 6)}), at)
    at = STARTS + 4 * DAY_S
    found = rule.observe(device(), report(at, {f"x{n}": 500 for n in range(MAX_METRICS + 6)}), at)
    assert {each.details["metric"] for each in found} == {f"x{n}" for n in range(MAX_METRICS)}


def test_what_is_remembered_of_twenty_metrics_is_small() -> None:
    """Sixty kilobytes, as they are written."""
    rule = ExtremesRule(extremes_settings(), {})
    rng = random.Random(7)
    for at, value in week(35, 1_800):
        observed(rule, [(at, {f"x{n}": value + rng.gauss(0, n + 0.1) for n in range(20)})])
    assert len(json.dumps(rule.state())) <= 60_000


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_memory_of_an_earlier_version_costs_a_replay(version: int) -> None:
    with pytest.raises(DamagedState, match=f"version {version}"):
        ExtremesRule.from_state(QUICK, {}, seal(NAME, version, {"window": 1.0, "metrics": {}}))


Path = Sequence[str | int]


def paths(state: Json, at: Path = ()) -> list[Path]:
    """To whatever stands in it."""
    if isinstance(state, dict):
        inner = [path for name, value in state.items() for path in paths(value, (*at, name))]
    elif isinstance(state, list):
        inner = [path for n, value in enumerate(state) for path in paths(value, (*at, n))]
    else:
        inner = []
    return [at, *inner]


@settings(max_examples=150, deadline=None)
@given(data=st.data(), wrong=st.sampled_from([None, True, "x", "nan", [], {}, [[1]], -5, 1.5, "AAAA"]))
def test_a_memory_with_anything_else_in_it_is_refused_or_works(data: st.DataObject, wrong: Json) -> None:
    """Sealed anew each time, so that only the fields themselves can show it."""
    rule = ExtremesRule(QUICK, LIMITS, MADRID)
    rows = [(at, {"m": value, "energia_total": at - STARTS, "temp": 200.0}) for at, value in week(2, 1_800)]
    observed(rule, rows)
    body = json.loads(json.dumps(rule.state()["body"]))
    path = data.draw(st.sampled_from(paths(body)[1:]))
    inner = body
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = wrong
    try:
        odd = ExtremesRule.from_state(QUICK, LIMITS, seal(NAME, rule.state()["version"], body), MADRID)
    except DamagedState:
        return
    observed(odd, [(at + 3 * DAY_S, parameters) for at, parameters in rows[:60]])
