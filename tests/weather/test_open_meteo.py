"""The provider's form: what it says is read, and whatever else comes harms nobody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.weather import Hour
from actors.weather.open_meteo import MOST_HOURS, BadWeather, question, weather_in

AT = 1_800_000_000.0
# As Open-Meteo answers, shortened to three hours.
ANSWER: dict[str, Any] = {
    "latitude": 40.42,
    "longitude": -3.7,
    "generationtime_ms": 0.05,
    "utc_offset_seconds": 0,
    "timezone": "GMT",
    "hourly_units": {"time": "unixtime", "temperature_2m": "°C", "precipitation": "mm"},
    "hourly": {
        "time": [1_799_996_400, 1_800_000_000, 1_800_003_600],
        "temperature_2m": [11.2, 10.9, None],
        "precipitation": [0.0, 1.4, 0.2],
        "wind_gusts_10m": [20.5, 31.7, 28.1],
        "shortwave_radiation": [0.0, 0.0, 12.0],
    },
}


def read(answer: object) -> tuple[Hour, ...]:
    return weather_in(json.dumps(answer).encode(), AT).hours


def with_hourly(**columns: object) -> dict[str, Any]:
    return {**ANSWER, "hourly": {**ANSWER["hourly"], **columns}}


def test_an_answer() -> None:
    hours = read(ANSWER)
    assert hours[1] == Hour(1_800_000_000.0, 10.9, 1.4, 31.7, 0.0)
    assert hours[2].temperature is None


def test_what_is_asked() -> None:
    """The place to a kilometre only; a provider's own query stays."""
    asked = urlsplit(question("https://weather.example/v1?apikey=k", 40.416_775, -3.703_790))
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert (query["latitude"], query["longitude"], query["apikey"]) == ("40.42", "-3.70", "k")
    assert set(query["hourly"].split(",")) == ANSWER["hourly"].keys() - {"time"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("temperature_2m", [1e9, "warm", True]),
        ("precipitation", [-1, [], {}]),
        ("wind_gusts_10m", [None, None, None]),
        ("precipitation", [10**400, 10**400, -(10**400)]),
    ],
)
def test_a_value_that_cannot_be_is_left_out_and_the_rest_is_kept(column: str, value: list[object]) -> None:
    hours = read(with_hourly(**{column: value}))
    assert len(hours) == 3
    field = {"temperature_2m": "temperature", "precipitation": "rain", "wind_gusts_10m": "gusts"}[column]
    assert [getattr(hour, field) for hour in hours] == [None] * 3
    assert hours[0].radiation == 0.0


def test_a_measure_that_the_provider_does_not_have_is_not_known() -> None:
    columns = {name: column for name, column in ANSWER["hourly"].items() if name != "shortwave_radiation"}
    assert [hour.radiation for hour in read({**ANSWER, "hourly": columns})] == [None] * 3


def test_hours_in_any_order_and_no_end_of_them() -> None:
    times = [*range(3_600_000, 0, -3_600)]
    columns = {name: [1.0] * len(times) for name in ANSWER["hourly"] if name != "time"}
    hours = read(with_hourly(time=times, **columns))
    assert len(hours) == MOST_HOURS
    assert [hour.at for hour in hours] == sorted(hour.at for hour in hours)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b"{}",
        b'{"hourly":[]}',
        b'{"hourly":{"time":[]}}',
        b'{"hourly":{"time":["2026-11-29T00:00"]}}',
        b'{"hourly":{"time":[1],"precipitation":[]}}',
        b'{"hourly":{"time":[true]}}',
        b'{"error":true,"reason":"Daily API request limit exceeded."}',
        b"[" * 100_000,
        b'{"hourly":{"time":[1e999]}}',
        '{"hourly":\udcff'.encode("utf-8", "surrogateescape"),
    ],
)
def test_what_is_no_weather_is_refused(body: bytes) -> None:
    with pytest.raises(BadWeather):
        weather_in(body, AT)


NAMES = [*ANSWER["hourly"], "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes(hourly: object) -> None:
    """Is read or refused."""
    try:
        hours = read({"hourly": hourly})
    except BadWeather:
        return
    assert hours
