"""Quantiles: the stated error, whatever is thrown at them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.base.memory import DamagedState, Fields
from rules.extremes.quantiles import CELLS, FAR, Histogram, MovingHistogram

SHARES = (0.0, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)
values = st.floats(-1e90, 1e90) | st.floats(-50, 50) | st.integers(-5, 5).map(float)


def exact(readings: Sequence[float], share: float) -> float:
    return sorted(readings)[math.floor(share * (len(readings) - 1))]


def assert_close(histogram: Histogram, readings: Sequence[float]) -> None:
    span = max(readings) - min(readings)
    allowed = max(span / 126, max(map(abs, readings)) * 2.0**-38, 2.0**-99)
    for share in SHARES:
        assert abs(histogram.quantile(share) - exact(readings, share)) <= allowed


def moved(histogram: Histogram) -> Histogram:
    return Histogram.from_state(Fields("histogram", json.loads(json.dumps(histogram.state()))))


@given(st.lists(values, min_size=1, max_size=400))
def test_any_readings_come_back_within_the_stated_error(readings: list[float]) -> None:
    """A quantile is at most 1/126 of the range away from the exact one."""
    histogram = Histogram()
    for reading in readings:
        histogram.add(reading)
    assert_close(histogram, readings)
    assert_close(moved(histogram), readings)


@given(st.lists(st.lists(values, max_size=60), min_size=1, max_size=8))
def test_merging_is_as_good_as_adding(parts: list[list[float]]) -> None:
    """The sum of histograms keeps the error of one."""
    merged = Histogram()
    for part in parts:
        one = Histogram()
        for reading in part:
            one.add(reading)
        merged.merge(one)
    if readings := [reading for part in parts for reading in part]:
        assert merged.total == len(readings)
        assert_close(merged, readings)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.gauss(20, 3),
        lambda rng: rng.choice((0, 0, 0, 100)) + rng.random() / 10,
        lambda rng: math.exp(rng.gauss(0, 4)),
        lambda rng: 1e9 if rng.random() < 0.0005 else rng.gauss(-5, 1),
        lambda rng: rng.random() * 1e-9,
    ],
    ids=["gauss", "two_modes", "lognormal", "wild", "tiny"],
)
def test_long_streams_stay_within_one_percent_of_the_range(draw: Callable[[random.Random], float]) -> None:
    """Twenty thousand readings, in a structure that never holds more than its cells."""
    rng = random.Random(11)
    readings = [draw(rng) for _ in range(20_000)]
    histogram = Histogram()
    for reading in readings:
        histogram.add(reading)
    assert_close(histogram, readings)
    state = histogram.state()
    assert len(state["counts"]) <= CELLS
    assert len(state["far"]) <= FAR


def test_a_few_wild_readings_do_not_cost_resolution() -> None:
    """Eight readings a billion away leave the others' quantiles within 1 % of the others' range."""
    rng = random.Random(5)
    readings = [rng.gauss(20, 1) for _ in range(5_000)]
    histogram = Histogram()
    for n, reading in enumerate(readings):
        histogram.add(reading)
        if n % 700 == 0:
            histogram.add(1e9)
    span = max(readings) - min(readings)
    assert abs(histogram.quantile(0.5) - exact(readings, 0.5)) <= span / 100


def test_a_window_forgets_what_is_older() -> None:
    """Readings leave within an eighth of the window after its end, and not before."""
    history = MovingHistogram(80.0)
    history.add(1000.0, 5.0)
    history.add(1079.0, 1.0)
    assert history.all.total == 2
    history.add(1090.0, 1.0)
    assert (history.all.total, history.all.high) == (2, 1.0)


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    """An earlier time than the newest goes with the newest."""
    history = MovingHistogram(80.0)
    history.add(1000.0, 5.0)
    history.add(100.0, 6.0)
    assert (history.all.total, history.all.high) == (2, 6.0)


def test_impossible_states_are_refused() -> None:
    """Parts out of order and grids that are too large are no histogram."""
    history = MovingHistogram(80.0)
    for at in (1000.0, 1020.0):
        history.add(at, 5.0)
    state = json.loads(json.dumps(history.state()))
    state["parts"].reverse()
    with pytest.raises(DamagedState):
        MovingHistogram.from_state(80.0, Fields("x", state))
    part = {**Histogram().state(), "counts": [1] * (CELLS + 1)}
    with pytest.raises(DamagedState):
        Histogram.from_state(Fields("x", part))
