"""Windows that follow the sun: their times are today's, and who knows nothing of the sun is not misled."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.schedule import ScheduleError, alike, check, parse
from actors.domain.sun import Sun, SunEvent, SunTime
from actors.domain.sun_windows import by_the_clock, follows_sun, in_sunlight, rests

MADRID = Sun(40.42, -3.70, ZoneInfo("Europe/Madrid"))
TROMSO = Sun(69.65, 18.96, ZoneInfo("Europe/Oslo"))
MARCH = date(2025, 3, 10).toordinal()  # the sun sets at 19:16
EVENING = {"dias": ["todos"], "inicio": "19:46", "fin": "23:00", "sol": {"inicio": "ocaso+30"}}
CLOCK = {"dias": ["lunes"], "inicio": "07:00", "fin": "08:00"}


def schedule(*windows: Any) -> dict[str, Any]:
    return {"modo": "horario", "horarios": list(windows)}


def on(configuration: Any, day: int, sun: Sun = MADRID) -> Any:
    """The schedule as it is on that day, having stood before."""
    return in_sunlight(configuration, configuration, sun, day)


def test_times_are_those_of_the_day() -> None:
    """Of what follows the sun alone; summer time comes with the clock."""
    now = schedule(CLOCK, EVENING)
    assert on(now, MARCH) is now
    assert on(now, MARCH + 1)["horarios"] == [CLOCK, EVENING | {"inicio": "19:47"}]
    assert on(now, date(2025, 6, 10).toordinal())["horarios"][1]["inicio"] == "22:15"
    dawn = {"dias": ["todos"], "inicio": "22:00", "fin": "07:00", "sol": {"fin": "amanecer-15"}}
    assert on(schedule(dawn), MARCH)["horarios"][0]["fin"] == "07:19"


def test_a_window_of_which_the_sun_leaves_nothing_rests() -> None:
    """From ocaso+30 to 22:00: in June that is past; it comes back, and never is one of a whole day."""
    now = schedule(EVENING | {"fin": "22:00"})
    resting = set()
    for day in range(MARCH, MARCH + 366):
        now = on(now, day)
        [window] = now["horarios"]
        if rests(window):
            resting.add(date.fromordinal(day).month)
            assert parse(now).is_empty
            assert by_the_clock(now)["horarios"] == []
        else:
            [*spans] = parse(now).power.spans  # type: ignore[union-attr]
            assert all(0 < end - start <= 5 * 3600 for start, end in spans)
    assert resting == {5, 6, 7}
    assert on(now, MARCH)["horarios"] == [EVENING | {"fin": "22:00"}]


def test_where_the_sun_stays_down_a_window_rests() -> None:
    window = EVENING | {"fin": "23:30"}
    now = on(schedule(window), date(2025, 12, 20).toordinal(), TROMSO)
    assert rests(now["horarios"][0])
    assert not rests(on(now, date(2026, 2, 10).toordinal(), TROMSO)["horarios"][0])


def test_who_sets_another_time_has_it() -> None:
    """An old client sends back what it does not know, and the time that it was set to stands."""
    before = schedule(EVENING)
    by_hand = schedule(EVENING | {"inicio": "20:30"})
    assert in_sunlight(by_hand, before, MADRID, MARCH)["horarios"] == [
        {"dias": ["todos"], "inicio": "20:30", "fin": "23:00"}
    ]
    other_end = schedule(EVENING | {"fin": "23:30"})
    assert in_sunlight(other_end, before, MADRID, MARCH) == other_end
    further = schedule(EVENING | {"sol": {"inicio": "ocaso+60"}})
    assert in_sunlight(further, before, MADRID, MARCH)["horarios"][0]["inicio"] == "20:16"


TOKENS = st.builds(SunTime, st.sampled_from(SunEvent), st.integers(-180, 180)).map(str)
CLOCKS = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
WINDOWS = st.fixed_dictionaries(
    {
        "dias": st.lists(st.sampled_from(("todos", "lunes", "Sunday")), min_size=1),
        "inicio": CLOCKS,
        "fin": CLOCKS | st.just("24:00"),
    },
    optional={
        "sol": st.fixed_dictionaries(
            {}, optional={"inicio": TOKENS, "fin": TOKENS, "descansa": st.booleans()}
        )
    },
)


@given(
    st.lists(WINDOWS, max_size=4),
    st.lists(st.integers(0, 400), min_size=1, max_size=5),
    st.sampled_from((MADRID, TROMSO)),
)
def test_through_any_days(windows: list[Any], days: list[int], sun: Sun) -> None:
    """It stays a schedule that devices can read, each end where the sun is; the same day changes nothing."""
    now = schedule(*windows)
    check(now)
    for day in days:
        now = on(now, MARCH + day, sun)
        check(now)
        assert on(now, MARCH + day, sun) is now
        plain = by_the_clock(now)
        check(plain)
        assert not follows_sun(plain)
        assert parse(plain) == parse(now)
        assert all(each in now["horarios"] for each in windows if "sol" not in each)
        for window in now["horarios"]:
            for end, told in window.get("sol", {}).items():
                if end != "descansa" and not rests(window):
                    time = SunTime.read(told)
                    assert time is not None
                    there = sun.minute(time.event, MARCH + day)
                    assert there is not None
                    clock = min(max(round(there) + time.minutes, 0), 1439)
                    assert window[end] == f"{clock // 60:02}:{clock % 60:02}"


@pytest.mark.parametrize(
    "told", [5, {"inicio": 30}, {"inicio": "ocaso+999"}, {"fin": "noon"}, {"inicia": "ocaso"}, None]
)
def test_what_is_nothing_of_the_sun_is_refused(told: Any) -> None:
    with pytest.raises(ScheduleError, match="schedule_sun"):
        check(schedule(EVENING | {"sol": told}))


def test_what_a_device_tells_is_left_as_it_is() -> None:
    """Nobody has checked that."""
    for window in (
        5,
        {"sol": 5},
        {"sol": {"inicio": "ocaso"}},
        EVENING | {"inicio": 7},
        EVENING | {"sol": {"fin": 7}},
    ):
        told = schedule(window)
        assert on(told, MARCH) is told
        assert by_the_clock(told) is told


def test_alike_are_schedules_that_follow_the_sun_alike() -> None:
    """Whatever day their times are of, and however their days are written."""
    now = schedule(CLOCK, EVENING)["horarios"]
    later = on(schedule(CLOCK, EVENING), MARCH + 60)["horarios"]
    assert alike(now, later)
    assert alike(now, [EVENING | {"dias": ["diario"]}, CLOCK])
    assert not alike(now, by_the_clock(schedule(CLOCK, EVENING))["horarios"])
    assert not alike(now, [CLOCK, EVENING | {"sol": {"inicio": "ocaso+35"}}])
