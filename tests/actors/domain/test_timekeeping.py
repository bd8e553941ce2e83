"""Schedules by the clock on the wall, also where that clock skips an hour or repeats one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.durations import DAY_S
from actors.domain.schedule import parse
from actors.domain.timekeeping import next_edge, settings_at

MADRID = ZoneInfo("Europe/Madrid")
# Half an hour is what the clock of Lord Howe is changed by.
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def daily(start: str, end: str) -> dict[str, Any]:
    return {"horarios": [{"dias": ["todos"], "inicio": start, "fin": end}]}


def edges(configuration: dict[str, Any], begin: float, end: float, zone: ZoneInfo) -> list[tuple[str, Any]]:
    """Each moment in UTC, with what is to be from then on."""
    timetable = parse(configuration)
    found = []
    moment = next_edge(timetable, begin, zone)
    while moment is not None and moment <= end:
        time = datetime.fromtimestamp(moment, UTC).strftime("%d %H:%M:%S")
        found.append((time, settings_at(timetable, moment, zone)["encendido"]))
        moment = next_edge(timetable, moment, zone)
    return found


def test_an_ordinary_day() -> None:
    """On and off by the clock on the wall, which in winter is an hour ahead of UTC."""
    found = edges(daily("20:00", "23:30"), at("2026-01-10T00:00"), at("2026-01-11T00:00"), MADRID)
    assert found == [("10 19:00:00", True), ("10 22:30:00", False)]


def test_what_falls_into_a_skipped_hour_happens_when_it_is_over() -> None:
    """On 29 March 2026 the clock goes from 01:59:59 (00:59:59 UTC) to 03:00."""
    found = edges(daily("02:30", "04:00"), at("2026-03-29T00:00"), at("2026-03-29T12:00"), MADRID)
    assert found == [("29 01:00:00", True), ("29 02:00:00", False)]


def test_what_falls_into_a_repeated_hour_happens_once() -> None:
    """On 25 October 2026 02:00 to 03:00 comes twice, the first time from 00:00 UTC on."""
    found = edges(daily("02:15", "02:45"), at("2026-10-24T12:00"), at("2026-10-25T12:00"), MADRID)
    assert found == [("25 00:15:00", True), ("25 00:45:00", False)]


def test_who_begins_in_the_repeated_hour_repeats_nothing() -> None:
    """A restart at 02:20 of the second time round finds all of that hour done."""
    timetable = parse(daily("02:15", "02:45"))
    moment = at("2026-10-25T01:20")
    assert settings_at(timetable, moment, MADRID) == {"encendido": False}
    assert next_edge(timetable, moment, MADRID) == at("2026-10-26T01:15")


def test_watering_tells_how_long_it_lasts() -> None:
    """So that a valve that can closes by itself, also when it is told late."""
    timetable = parse({"horarios_riego": {"diario": [["06:00", 20]]}})
    assert settings_at(timetable, at("2026-01-10T05:00"), MADRID) == {"encendido": True, "duracion_min": 20}
    assert settings_at(timetable, at("2026-01-10T05:15"), MADRID) == {"encendido": True, "duracion_min": 5}
    assert settings_at(timetable, at("2026-01-10T05:20"), MADRID) == {"encendido": False}


def test_every_channel_is_told() -> None:
    """Blind, fan, lock and thermostat each have their value, last week's if need be."""
    timetable = parse(
        {
            "horarios_pos": {"lunes": [["08:00", 100]]},
            "horarios_speed": {"diario": [["12:00", 40]]},
            "horarios_lock": {"diario": [["22:00", "lock"]]},
            "horarios_temp": {"diario": [["07:00", 21.5]]},
        }
    )
    assert settings_at(timetable, at("2026-01-10T12:00"), MADRID) == {
        "posicion": 100,
        "velocidad": 40,
        "bloqueada": True,
        "temp_objetivo": 21.5,
    }


def test_an_event_of_the_same_value_is_one() -> None:
    """A blind that is to be half open each morning, and was moved since, is told each morning."""
    timetable = parse({"horarios_pos": {"diario": [["08:00", 50]]}})
    assert next_edge(timetable, at("2026-01-10T07:00"), MADRID) == at("2026-01-11T07:00")


def test_nothing_is_asked_without_an_event() -> None:
    """A schedule without events asks for nothing, ever."""
    timetable = parse({"horarios_pos": {"lunes": []}, "horarios": []})
    assert settings_at(timetable, 0.0, MADRID) == {"encendido": False}
    assert next_edge(timetable, 0.0, MADRID) is None


hours = st.integers(0, 24 * 12 - 1).map(lambda n: f"{n // 12:02}:{n % 12 * 5:02}")


@pytest.mark.parametrize("zone", [MADRID, LORD_HOWE], ids=str)
@given(start=hours, end=hours, day=st.integers(0, 370), offset=st.integers(0, 287))
def test_between_two_edges_nothing_changes(
    zone: ZoneInfo, start: str, end: str, day: int, offset: int
) -> None:
    """Whatever the day and the zone: looked at every five minutes, it changes at the edges alone."""
    timetable = parse(daily(start, end))
    moment = at("2026-01-01T00:00") + day * DAY_S + offset * 300
    edge = next_edge(timetable, moment, zone)
    limit = moment + 2 * DAY_S
    assert start == end or (edge is not None and moment < edge <= limit)
    before = settings_at(timetable, moment, zone)
    looked_at = moment
    while looked_at < min(edge or limit, limit):
        assert settings_at(timetable, looked_at, zone) == before
        looked_at += 300
