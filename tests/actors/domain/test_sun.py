"""When the sun rises and sets, by published tables and by what holds anywhere."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.sun import FARTHEST, Sun, SunEvent, SunTime

MADRID = Sun(40.42, -3.70, ZoneInfo("Europe/Madrid"))
LONDON = Sun(51.51, -0.13, ZoneInfo("Europe/London"))
NEW_YORK = Sun(40.71, -74.01, ZoneInfo("America/New_York"))
HELSINKI = Sun(60.17, 24.94, ZoneInfo("Europe/Helsinki"))
REYKJAVIK = Sun(64.15, -21.94, ZoneInfo("Atlantic/Reykjavik"))
QUITO = Sun(-0.18, -78.47, ZoneInfo("America/Guayaquil"))
SYDNEY = Sun(-33.87, 151.21, ZoneInfo("Australia/Sydney"))
TROMSO = Sun(69.65, 18.96, ZoneInfo("Europe/Oslo"))
# Two days' zones lie on its meridian: here the clock is 24.5 hours ahead of the sun.
KIRITIMATI = Sun(1.87, -157.43, ZoneInfo("Pacific/Kiritimati"))


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@pytest.mark.parametrize(
    ("sun", "day", "rises", "sets"),
    [
        (MADRID, "2024-06-21", "06:44", "21:48"),
        (MADRID, "2024-12-21", "08:34", "17:51"),
        (LONDON, "2024-06-21", "04:43", "21:21"),
        (LONDON, "2024-12-21", "08:04", "15:53"),
        (NEW_YORK, "2024-06-20", "05:25", "20:30"),
        (NEW_YORK, "2024-12-21", "07:16", "16:31"),
        (HELSINKI, "2024-06-21", "03:54", "22:50"),
        (HELSINKI, "2024-12-21", "09:24", "15:12"),
        (REYKJAVIK, "2024-06-21", "02:55", "24:03"),
        (REYKJAVIK, "2024-12-21", "11:22", "15:29"),
        (QUITO, "2024-03-20", "06:17", "18:24"),
        (SYDNEY, "2024-06-21", "07:00", "16:53"),
        (SYDNEY, "2024-12-22", "05:41", "20:05"),
    ],
)
def test_published_times(sun: Sun, day: str, rises: str, sets: str) -> None:
    """As the almanacs have them, which round to minutes, from the equator to the polar circle."""
    assert sun.minute(SunEvent.SUNRISE, ordinal(day)) == pytest.approx(minute(rises), abs=1.5)
    assert sun.minute(SunEvent.SUNSET, ordinal(day)) == pytest.approx(minute(sets), abs=1.5)


@pytest.mark.parametrize("event", SunEvent)
def test_a_night_and_a_day_of_weeks_have_no_event(event: SunEvent) -> None:
    """In Tromsø the sun stays down from late November to mid January, and up from mid May to late July."""
    year = range(ordinal("2024-01-01"), ordinal("2025-01-01"))
    without = [date.fromordinal(day) for day in year if TROMSO.minute(event, day) is None]
    months = {day.month for day in without}
    assert months == {1, 5, 6, 7, 11, 12}
    for edge in ("2024-01-15", "2024-05-18", "2024-07-26", "2024-11-28"):
        assert min(abs(ordinal(edge) - day.toordinal()) for day in without) <= 2
    assert date(2024, 3, 20) not in without
    assert Sun(90.0, 0.0, ZoneInfo("UTC")).minute(event, ordinal("2024-06-21")) is None
    assert Sun(-90.0, 0.0, ZoneInfo("UTC")).minute(event, ordinal("2024-06-21")) is None


def test_summer_time_moves_the_sun_by_an_hour_on_the_wall() -> None:
    before, after = (MADRID.minute(SunEvent.SUNSET, ordinal(day)) for day in ("2025-03-29", "2025-03-30"))
    assert before is not None
    assert after is not None
    assert 60 < after - before < 63


@pytest.mark.parametrize("sun", [MADRID, QUITO, SYDNEY, KIRITIMATI, HELSINKI])
def test_each_day_has_its_own_sun(sun: Sun) -> None:
    """It rises before it sets on the same day of the house, and never jumps but with the clock."""
    days = range(ordinal("2024-01-01"), ordinal("2025-01-01"))
    for event in SunEvent:
        minutes = [sun.minute(event, day) for day in days]
        assert all(each is not None and 0 <= each < 1440 for each in minutes)
        jumps = [abs(later - now) for now, later in pairwise(map(float, minutes)) if abs(later - now) > 10]  # type: ignore[arg-type]
        assert all(54 < jump < 66 for jump in jumps)
        assert len(jumps) <= 2
    assert all(
        sun.minute(SunEvent.SUNRISE, day) < sun.minute(SunEvent.SUNSET, day)  # type: ignore[operator]
        for day in days
    )


@given(st.sampled_from(SunEvent), st.integers(-FARTHEST, FARTHEST))
def test_a_time_is_read_as_it_is_written(event: SunEvent, minutes: int) -> None:
    assert SunTime.read(str(SunTime(event, minutes))) == SunTime(event, minutes)


@pytest.mark.parametrize("text", ["", "ocaso+181", "ocaso+", "ocaso+1000", "OCASO", "sunset", "ocaso 30"])
def test_what_is_no_time_of_the_sun(text: str) -> None:
    assert SunTime.read(text) is None
