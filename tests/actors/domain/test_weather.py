"""What a table may ask of the weather."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.durations import HOUR_S
from actors.domain.weather import FRESH_S, MEASURES, Hour, Weather, measured

NOON = 1_800_014_400.0
DAY = tuple(
    Hour(NOON + n * HOUR_S, temperature=10.0 + n, rain=0.5, gusts=20.0 + n, radiation=100.0)
    for n in range(-24, 48)
)
WEATHER = Weather(NOON, DAY)


def test_what_is_measured_at_noon() -> None:
    """The hour that it is counts whole; of the rain half a day back, and half a day ahead."""
    assert measured(WEATHER, NOON + 600) == {
        "lluvia_mm": 12.0,
        "temperatura": 10.0,
        "temperatura_minima": 10.0,
        "rafagas_kmh": 23.0,
        "radiacion_wm2": 100.0,
    }


def test_what_is_not_known_is_no_measure() -> None:
    """Not nothing, which would be a dry day."""
    assert measured(Weather(NOON, ()), NOON) == {}
    silent = replace(WEATHER, hours=tuple(Hour(hour.at) for hour in DAY))
    assert measured(silent, NOON) == {}
    dry = replace(WEATHER, hours=tuple(replace(hour, rain=0.0) for hour in DAY))
    assert measured(dry, NOON)["lluvia_mm"] == 0


def test_a_forecast_does_not_last() -> None:
    assert WEATHER.is_fresh(NOON + FRESH_S)
    assert not WEATHER.is_fresh(NOON + FRESH_S + 1)
    assert not WEATHER.is_fresh(NOON - FRESH_S - 1)


hours = st.builds(
    Hour,
    st.floats(NOON - 48 * HOUR_S, NOON + 48 * HOUR_S),
    *[st.none() | st.floats(-1e6, 1e6)] * 4,
)


@given(st.lists(hours, max_size=60), st.floats(NOON - HOUR_S, NOON + HOUR_S))
def test_whatever_hours_there_are(found: list[Hour], at: float) -> None:
    weather = Weather(NOON, tuple(sorted(found, key=lambda hour: hour.at)))
    known = measured(weather, at)
    assert known.keys() <= MEASURES.keys()
    if {"temperatura", "temperatura_minima"} <= known.keys():
        assert known["temperatura_minima"] <= known["temperatura"] + 0.1


@pytest.mark.parametrize("at", [NOON, NOON + 3599.9])
def test_the_hour_of_now_is_the_one_that_has_begun(at: float) -> None:
    assert WEATHER.hour_of(at) == DAY[24]
