"""Rule 1: what is an anomaly, what is not, and what is remembered."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.durations import DAY_S
from actors.domain.findings import Finding, Severity
from actors.domain.model import JsonObject
from rules.base.memory import DamagedState
from rules.base.settings import ExtremesSettings
from rules.base.tables import Limit
from rules.extremes.rule import MAX_METRICS, ExtremesRule
from tests.readings import STARTS, Series
from tests.rules.given import device, extremes_settings, report

LIMITS = {"temperatura": Limit(10, 80)}
DEFAULTS = extremes_settings()
PLAIN = replace(
    DEFAULTS, ai_hist_pad_frac=0.0, ai_alert_tol_abs=0.0, ai_alert_tol_frac=0.0, ai_alert_cooldown_s=0.0
)


def fed(rule: ExtremesRule, readings: Iterable[tuple[float, float]], name: str = "m") -> list[Finding]:
    return [
        finding for at, value in readings for finding in rule.observe(device(), report(at, {name: value}), at)
    ]


def shown(rule: ExtremesRule) -> dict[str, tuple[float | None, float | None, str]]:
    return {name: (each.low, each.high, each.source) for name, each in rule.bounds(STARTS).items()}


def history(
    days: float = 4, interval: float = 600, low: float = 0, high: float = 100
) -> list[tuple[float, float]]:
    """Evenly spread from ``low`` to ``high``, in no order."""
    rng = random.Random(1)
    count = int(days * DAY_S / interval)
    values = [low + (high - low) * n / (count - 1) for n in range(count)]
    rng.shuffle(values)
    return [(STARTS + n * interval, value) for n, value in enumerate(values)]


def taught(settings: ExtremesSettings, **of: float) -> ExtremesRule:
    """Has history only, of a metric ``m`` from 0 to 100."""
    rule = ExtremesRule(settings, {})
    for at, value in history(**of):
        rule.learn(at, "activo", {"m": value})
    return rule


NOW = STARTS + 4 * DAY_S


def test_an_anomaly_says_what_where_and_by_which_bounds() -> None:
    """The details are the event's own fields."""
    rule = ExtremesRule(DEFAULTS, LIMITS)
    [finding] = fed(rule, [(STARTS, 120.5)], "temperatura")
    assert (finding.rule, finding.event, finding.device_id, finding.at) == (
        "extremos",
        "ai_anomaly",
        7,
        STARTS,
    )
    assert finding.details == {
        "metric": "temperatura",
        "value": 120.5,
        "bounds": {"min": 10, "max": 80, "source": "limits"},
        "motivo": "limite",
    }
    assert finding.severity is Severity.HIGH


@pytest.mark.parametrize("value", [True, "0120", None, {"m": 500}, [500], 1e200])
def test_only_top_level_numbers_are_metrics(value: object) -> None:
    """Neither booleans nor text that is no number nor what is nested, nor what no sensor measures."""
    rule = ExtremesRule(DEFAULTS, {"m": Limit(-5, 0.5)})
    assert not rule.observe(device(), report(STARTS, {"m": value}), STARTS)


def test_who_is_not_watched() -> None:
    """Unclaimed devices, retained copies and changes without a report."""
    rule = ExtremesRule(DEFAULTS, LIMITS)
    hot = report(STARTS, {"temperatura": 200})
    assert not rule.observe(device(claimed=False), hot, STARTS)
    assert not rule.observe(device(), replace(hot, retained=True), STARTS)
    assert not rule.observe(device(), None, STARTS)
    assert rule.observe(device(), hot, STARTS)


def test_bounds_fuse_to_the_tighter_each_way() -> None:
    """The table from the first reading, history when there is one, and the source says which."""
    rule = ExtremesRule(PLAIN, {"m": Limit(-50, 60)})
    assert shown(rule) == {"m": (-50, 60, "limits")}
    for at, value in history(high=50):
        rule.learn(at, "activo", {"m": value})
    bounds = rule.bounds(NOW)["m"]
    assert bounds.source == "limits+hist"
    assert bounds.low == pytest.approx(0.5, abs=1)
    assert bounds.high == pytest.approx(49.5, abs=1)
    assert taught(PLAIN).bounds(NOW)["m"].source == "hist"


@pytest.mark.parametrize(
    ("name", "least", "expected"),
    [("consumo_w", 0.0, 0.0), ("consumo_w", -10.0, -24.4), ("temperatura_exterior", 0.0, -13.1)],
)
def test_what_never_flowed_back_is_normal_from_none_up(name: str, least: float, expected: float) -> None:
    """What has been negative, and what knows no none, is padded below as above; also after a restart."""
    settings = replace(PLAIN, ai_hist_pad_frac=0.1)
    rule = ExtremesRule(settings, {})
    for at, value in history(days=10, low=least):
        rule.learn(at, "activo", {name: value})
    for each in (rule, ExtremesRule.from_state(settings, {}, rule.state())):
        (bounds,) = each.bounds(STARTS).values()
        assert bounds.low == pytest.approx(expected, abs=0.1)
        assert bounds.high is not None
        assert bounds.high > 105
        assert bounds.history is not None
        assert bounds.history.low == bounds.low


def test_what_flows_back_for_the_first_time_is_told_and_then_learned() -> None:
    """By the day after: its low end is where it has been."""
    rule = ExtremesRule(replace(PLAIN, ai_hist_pad_frac=0.2), {})
    past = history(days=10, low=0, high=1000)
    for at, value in past:
        rule.learn(at, "activo", {"consumo_w": value})
    begins = past[-1][0] + 600
    assert fed(rule, [(begins, -40.0)], "consumo_w")
    fed(rule, [(begins + n * 600, 500.0) for n in range(1, 200)], "consumo_w")
    (low, _, _) = shown(rule)["consumo_w"]
    assert low is not None
    assert low < -40


def test_a_history_beyond_the_limits_leaves_the_limits() -> None:
    """What is always too hot is still too hot."""
    rule = ExtremesRule(PLAIN, {"m": Limit(200, 300)})
    for at, value in history():
        rule.learn(at, "activo", {"m": value})
    assert fed(rule, [(NOW, 100.0)])


@pytest.mark.parametrize(
    ("change", "value", "before", "after"),
    [
        ({"ai_hist_min_points": 100_000}, 500.0, True, False),
        ({"ai_hist_pad_frac": 0.2}, 110.0, True, False),
        ({"ai_hist_pad_abs": 20.0}, 110.0, True, False),
        ({"ai_alert_tol_frac": 0.2}, 110.0, True, False),
        ({"ai_alert_tol_abs": 20.0}, 110.0, True, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_setting_moves_the_bounds(
    change: Mapping[str, Any], value: float, before: bool, after: bool
) -> None:
    """Whether a reading is an anomaly, before and after the setting is changed."""
    assert bool(fed(taught(PLAIN), [(NOW, value)])) is before
    assert bool(fed(taught(replace(PLAIN, **change)), [(NOW, value)])) is after


@pytest.mark.parametrize(
    ("change", "value"), [({"ai_hist_pmin": 20.0}, -90.0), ({"ai_hist_pmax": 80.0}, 190.0)]
)
def test_the_percentiles_are_those_of_the_days_extremes(change: Mapping[str, Any], value: float) -> None:
    """One day in seven that went further makes it plausible, or is passed over."""
    for settings_, is_told in ((PLAIN, False), (replace(PLAIN, **change), True)):
        rule = ExtremesRule(settings_, {})
        for day in range(7):
            for at, reading in history(1, low=-100 * (day == 1), high=100 + 100 * (day == 1)):
                rule.learn(at + day * DAY_S, "activo", {"m": reading})
        assert bool(fed(rule, [(STARTS + 7 * DAY_S, value)])) is is_told


def test_the_window_forgets() -> None:
    """A level of two weeks ago is normal in a month's history and not in a week's."""
    for days, is_normal in ((30, True), (7, False)):
        rule = taught(replace(PLAIN, ai_hist_window_days=days))
        for n in range(14 * 144):
            rule.learn(NOW + n * 600, "activo", {"m": 40.0 + n % 20})
        assert bool(fed(rule, [(NOW + 14 * DAY_S, 90.0)])) is not is_normal


def test_the_larger_tolerance_counts() -> None:
    """Absolute 5, or a fiftieth of the range of 1000: 20."""
    rule = ExtremesRule(replace(PLAIN, ai_alert_tol_abs=5.0, ai_alert_tol_frac=0.02), {"m": Limit(0, 1000)})
    assert not fed(rule, [(STARTS, 1019.0)])
    assert fed(rule, [(STARTS, 1021.0)])


def told(findings: Iterable[Finding]) -> list[tuple[str, int, float | None, float]]:
    """Of each episode, as it was last told: its key, how often, until when, and the peak."""
    last = {each.episode.key: each.episode for each in findings if each.episode is not None}
    return [(each.key, each.count, each.until, each.peak) for each in last.values()]


def test_an_anomaly_lasts_until_readings_have_stayed_within_for_the_cooldown() -> None:
    """Ended where they came back; one that swings about its bound is one, and each metric has its own."""
    rule = ExtremesRule(replace(DEFAULTS, ai_alert_cooldown_s=60.0), {"a": Limit(0, 1), "b": Limit(0, 1)})
    assert not fed(rule, [(0.0, 0.5)], "a")
    found = fed(rule, [(1.0, 9.0), (2.0, 0.5), (61.0, -12.0), (62.0, 3.0), (63.0, 0.5), (122.0, 0.5)], "a")
    assert told(found) == [("a@1.000", 2, None, -12)], "that it goes on is told each hour"
    assert rule.lasting == ["a@1.000"]
    assert told(fed(rule, [(122.5, 9.0)], "b")) == [("b@122.500", 1, None, 9)]
    assert not fed(rule, [(123.9, 0.5)], "a"), "what has lasted for 61 s is over after as long a calm"
    assert told(fed(rule, [(124.0, 9.0)], "a")) == [("a@1.000", 3, 63.0, -12), ("a@124.000", 1, None, 9)]


def test_an_anomaly_is_over_though_nobody_says_anything_more() -> None:
    """And what is told then is what the next reading would tell."""
    settings, limits = replace(DEFAULTS, ai_alert_cooldown_s=60.0), {"a": Limit(0, 1)}
    rule = ExtremesRule(settings, limits)
    fed(rule, [(1.0, 9.0)], "a")
    assert rule.wake_in is None
    fed(rule, [(5.0, 0.5)], "a")
    assert rule.wake_in == 60
    again = ExtremesRule.from_state(settings, limits, json.loads(json.dumps(rule.state())))
    assert not rule.wake(64.5)
    assert rule.wake_in == 0.5
    assert told(rule.wake(65.0)) == told(fed(again, [(500.0, 0.5)], "a")) == [("a@1.000", 1, 5.0, 9)]
    assert (rule.lasting, rule.wake_in) == ([], None)


def test_a_clock_set_back_makes_no_endless_anomaly() -> None:
    rule = ExtremesRule(replace(DEFAULTS, ai_alert_cooldown_s=60.0), {"a": Limit(0, 1)})
    fed(rule, [(1.0, 9.0), (2.0, 0.5)], "a")
    assert told(fed(rule, [(-5_000.0, 0.5)], "a")) == [("a@1.000", 1, 2.0, 9)]


def test_what_it_is_to_let_go_lasts_no_more() -> None:
    """It begins again with the next reading beyond the bounds."""
    rule = ExtremesRule(DEFAULTS, {"a": Limit(0, 1)})
    fed(rule, [(1.0, 9.0)], "a")
    rule.let_go(["b@1.000"])
    assert rule.lasting == ["a@1.000"]
    rule.let_go(rule.lasting)
    assert told(fed(rule, [(2.0, 9.0)], "a")) == [("a@2.000", 1, None, 9)]


def test_spikes_are_caught_and_ordinary_days_are_not() -> None:
    """On a daily cycle under weather: every planted spike, and at most one false alarm a week."""
    caught = planted = false = 0
    for seed in range(3):
        rule = ExtremesRule(DEFAULTS, {})
        for at, value, spike in Series(seed, 21, 600, spikes=20).readings():
            found = any(each.episode is not None and each.episode.lasts for each in fed(rule, [(at, value)]))
            caught += found and spike
            planted += spike
            false += found and not spike
    assert caught / planted >= 0.95
    assert false <= 3 * 3


def test_anomalies_do_not_poison_the_bounds() -> None:
    """One reading in fifty beyond the bounds, for two weeks, moves no bound."""
    rule = taught(DEFAULTS)
    before = rule.bounds(NOW)["m"]
    rng = random.Random(2)
    for n in range(14 * 144):
        rule.learn(NOW + n * 600, "activo", {"m": 1000.0 if n % 50 == 0 else rng.uniform(0, 100)})
    after = rule.bounds(NOW + 14 * DAY_S)["m"]
    assert before.high is not None
    assert after.high is not None
    assert 100 < after.high <= before.high


def test_a_new_level_is_accepted_after_three_days() -> None:
    """A shift is one anomaly until, persisting, it becomes normal on the fourth day."""
    rule = taught(replace(DEFAULTS, ai_alert_cooldown_s=0.0))
    begun = list[str]()
    for n in range(6 * 144):
        for finding in fed(rule, [(NOW + n * 600, 150.0 + n % 10)]):
            assert finding.episode is not None
            begun += [finding.episode.key] * (finding.episode.key not in begun)
    assert len(begun) == 1
    assert not rule.lasting


def test_a_device_cannot_name_metrics_without_end() -> None:
    """Beyond the limit new names are not watched; those known still are."""
    rule = ExtremesRule(DEFAULTS, {"m0": Limit(0, 1), "late": Limit(0, 1)})
    for n in range(MAX_METRICS):
        rule.learn(STARTS, "activo", {f"m{n}": 0.5})
    assert not fed(rule, [(STARTS, 9.0)], "late")
    assert fed(rule, [(STARTS, 9.0)], "m0")


def test_what_has_no_bound_is_left_out() -> None:
    """No history yet, and nothing in the table, or nothing but a name; one bound is enough."""
    rule = ExtremesRule(DEFAULTS, {"a": Limit(None, 5), "b": Limit(None, None)})
    fed(rule, [(STARTS, 1.0)])
    assert shown(rule) == {"a": (None, 5, "limits")}


def test_a_metric_that_would_not_be_watched_has_no_bounds() -> None:
    """The table's names count among those that a device may have."""
    rule = ExtremesRule(DEFAULTS, {"m0": Limit(0, 1), "late": Limit(0, 1)})
    assert rule.bounds(STARTS).keys() == {"m0", "late"}
    for n in range(MAX_METRICS):
        rule.learn(STARTS, "activo", {f"m{n}": 0.5})
    assert rule.bounds(STARTS).keys() == {"m0"}


# Enough readings for history to join in, in half a day.
QUICK = replace(PLAIN, ai_hist_window_days=1, ai_hist_min_points=20)
# Bounds are told to six digits.
ROUNDED = 2e-3


@settings(max_examples=100)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(0, 150),
    gap=st.floats(60, 7_200),
    wait=st.sampled_from([0, 1, 3_600, 43_200, 200_000]),
)
def test_the_bounds_are_those_that_the_next_reading_is_held_to(
    seed: int, count: int, gap: float, wait: float
) -> None:
    """Just within them there is no anomaly, just beyond there is; and to ask for them changes nothing."""
    rng = random.Random(seed)
    rule = ExtremesRule(QUICK, {"m": Limit(None, 90)})
    for n in range(count):
        rule.learn(STARTS + n * gap, "activo", {"m": rng.gauss(0, 20 + n)})
    rule.let_go(rule.lasting)
    at = STARTS + count * gap + wait
    before = rule.state()
    bounds = rule.bounds(at)["m"]
    assert rule.state() == before
    for bound, outwards in ((bounds.low, -1), (bounds.high, 1)):
        for away, found in ((ROUNDED, True), (-ROUNDED, False)):
            if bound is not None:
                again = deepcopy(rule)
                assert bool(fed(again, [(at, bound + outwards * away)])) is found


def restored(rule: ExtremesRule) -> ExtremesRule:
    return ExtremesRule.from_state(DEFAULTS, LIMITS, json.loads(json.dumps(rule.state())))


@settings(max_examples=40)
@given(
    readings=st.lists(st.tuples(st.floats(1, 20_000), st.floats(-100, 100)), min_size=1, max_size=300),
    cut=st.integers(0, 300),
)
def test_a_restart_changes_nothing(readings: list[tuple[float, float]], cut: int) -> None:
    """Stored and restored in the middle, it finds what it would have found."""
    at = STARTS
    timed = []
    for wait, value in readings:
        at += wait
        timed.append((at, value))
    whole = ExtremesRule(DEFAULTS, LIMITS)
    broken = ExtremesRule(DEFAULTS, LIMITS)
    expected = fed(whole, timed, "temperatura")
    found = fed(broken, timed[:cut], "temperatura")
    found += fed(restored(broken), timed[cut:], "temperatura")
    assert found == expected


def test_replaying_the_log_rebuilds_the_state() -> None:
    """The same readings, learned from rows, make the same history as when they were live."""
    live = ExtremesRule(DEFAULTS, LIMITS)
    replayed = ExtremesRule(DEFAULTS, LIMITS)
    fed(live, history())
    for at, value in history():
        replayed.learn(at, "activo", {"m": value})
    assert replayed.state() == live.state()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: {},
        lambda state: {**state, "version": 99},
        lambda state: {**state, "crc": state["crc"] ^ 1},
        lambda state: {**state, "body": {**state["body"], "window": 1.0}},
        lambda state: {**state, "body": None},
    ],
)
def test_damage_is_told(damage: Callable[[JsonObject], JsonObject]) -> None:
    """Nothing that is not exactly what was stored is taken."""
    rule = taught(DEFAULTS)
    with pytest.raises(DamagedState):
        ExtremesRule.from_state(DEFAULTS, LIMITS, damage(rule.state()))


def test_another_window_needs_another_history() -> None:
    """A state made for another ``AI_HIST_WINDOW_DAYS`` is refused."""
    with pytest.raises(DamagedState):
        ExtremesRule.from_state(replace(DEFAULTS, ai_hist_window_days=7), {}, taught(DEFAULTS).state())


@pytest.mark.parametrize("value", ["120", "120,5", " 1.2e2"])
def test_a_number_as_text_is_judged_as_the_number(value: str) -> None:
    rule = ExtremesRule(DEFAULTS, {"m": Limit(-5, 0.5)})
    (finding,) = rule.observe(device(), report(STARTS, {"m": value}), STARTS)
    assert finding.details["value"] == pytest.approx(120, abs=0.5)


def test_two_metrics_are_never_told_under_one_name() -> None:
    """What has a point in its name is not taken for what is nested."""
    rule = ExtremesRule(DEFAULTS, {"a.b": Limit(-5, 0.5)})
    (finding,) = rule.observe(device(), report(STARTS, {"a.b": 9, "a": {"b": 9}}), STARTS)
    assert finding.details["metric"] == "a\\.b"
    assert set(rule.bounds(STARTS)) == {"a\\.b"}
