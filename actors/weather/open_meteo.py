"""The form of Open-Meteo (https://open-meteo.com/en/docs): what is asked, and how the answer is read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from actors.domain.weather import Hour, Weather

# Days back are asked for since what fell this morning counts at noon.
PAST_DAYS: Final = 1
DAYS: Final = 3
MOST_HOURS: Final = 24 * 16
"""More are cut off; a provider gives at most 16 days."""

# By the provider's name: what an hour is made of, and what it can be, in its units.
_FIELDS: Final[Mapping[str, tuple[str, float, float]]] = {
    "temperature": ("temperature_2m", -100.0, 70.0),
    "rain": ("precipitation", 0.0, 500.0),
    "gusts": ("wind_gusts_10m", 0.0, 500.0),
    "radiation": ("shortwave_radiation", 0.0, 2_000.0),
}


class BadWeather(ValueError):
    """An answer that cannot be read. ``str()`` says why, for the log."""


def question(url: str, latitude: float, longitude: float) -> str:
    """What is asked. The place is told to two decimals, a kilometre: a forecast has no use for the house."""
    query = {
        "latitude": f"{latitude:.2f}",
        "longitude": f"{longitude:.2f}",
        "hourly": ",".join(name for name, _, _ in _FIELDS.values()),
        "past_days": PAST_DAYS,
        "forecast_days": DAYS,
        "timeformat": "unixtime",
        "timezone": "GMT",
    }
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, safe=',')}"


def weather_in(body: bytes, asked_at: float) -> Weather:
    """Raises :class:`BadWeather`. A value that cannot be is left out; the rest of its hour is kept."""
    hourly = _object(_decoded(body), "the answer").get("hourly")
    columns = _object(hourly, "hourly")
    times = _column(columns, "time")
    values = {field: _column(columns, name, len(times)) for field, (name, _, _) in _FIELDS.items()}
    hours = sorted(
        (
            Hour(at, **{field: _value(field, column[n]) for field, column in values.items()})
            for n, at in enumerate(map(_time, times))
        ),
        key=lambda hour: hour.at,
    )
    if not hours:
        raise BadWeather("no hours")
    return Weather(asked_at, tuple(hours))


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadWeather(f"not JSON: {error}") from None


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadWeather(f"{where} is no object")
    return value


def _column(columns: Mapping[str, Any], name: str, length: int | None = None) -> Sequence[Any]:
    """One of the length of the times; one that the provider leaves out is of nothing."""
    column = columns.get(name)
    if column is None and length is not None:
        return [None] * length
    if not isinstance(column, list) or (length is not None and len(column) < length):
        raise BadWeather(f"hourly.{name} is no list as long as the times")
    return column[:MOST_HOURS]


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise BadWeather(f"{value!r:.40} is no time")
    return float(value)


def _value(field: str, value: Any) -> float | None:
    _, low, high = _FIELDS[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if low <= value <= high else None
