"""Until when what is set by hand stands: until the server's timetable next asks for something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.schedule import parse
from actors.domain.timekeeping import next_edge
from tests.page.node import Modules, running

MADRID = ZoneInfo("Europe/Madrid")
# Of 2027 the clock there is set on the last Sundays of March and October.
WINTER = datetime(2027, 1, 1, tzinfo=MADRID).timestamp()
SATURDAYS = [datetime(2027, month, day, 12, tzinfo=MADRID).timestamp() for month, day in ((3, 27), (10, 30))]

TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
DAYS = st.sampled_from(["lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "todos"])
WINDOWS = st.lists(
    st.builds(
        lambda days, start, end: {"dias": days, "inicio": start, "fin": end},
        st.lists(DAYS, min_size=1, max_size=3),
        TIMES,
        TIMES | st.just("24:00"),
    ),
    max_size=4,
)
WARMTHS = st.dictionaries(
    DAYS.filter("todos".__ne__) | st.just("diario"),
    st.lists(
        st.tuples(TIMES, st.integers(10, 25)).map(list), min_size=1, max_size=3, unique_by=lambda e: e[0]
    ),
    max_size=3,
)
SCHEDULES = st.fixed_dictionaries({}, optional={"horarios": WINDOWS, "horarios_temp": WARMTHS})


@pytest.fixture(scope="module")
def page() -> Iterator[Modules]:
    with running("views/devices/by_hand.js") as modules:
        yield modules


@given(schedule=SCHEDULES, second=st.integers(0, 14 * 86_400))
def test_it_is_the_next_edge_of_the_timetable(page: Modules, schedule: dict[str, Any], second: int) -> None:
    now = WINTER + second
    edge = next_edge(parse(schedule), now, MADRID)
    told = page.ask("nextChange", schedule, now * 1000, "Europe/Madrid")
    assert told == (None if edge is None else edge * 1000)


@given(warmths=WARMTHS, second=st.integers(0, 14 * 86_400))
def test_what_a_schedule_asks_for_is_what_the_server_would_say(
    page: Modules, warmths: dict[str, Any], second: int
) -> None:
    schedule = {"horarios_temp": warmths}
    setpoint = parse(schedule).setpoint
    local = datetime.fromtimestamp(WINTER + second, MADRID).replace(tzinfo=None)
    asked = page.ask("askedNow", schedule, "horarios_temp", (WINTER + second) * 1000, "Europe/Madrid")
    assert asked == (None if setpoint is None else setpoint.value_at(local))


@pytest.mark.parametrize("now", SATURDAYS)
def test_it_is_by_the_clock_on_the_wall_when_that_is_set(page: Modules, now: float) -> None:
    """The night between lasts 23 hours, or 25."""
    schedule = {"horarios": [{"dias": ["domingo"], "inicio": "09:30", "fin": "10:00"}]}
    edge = next_edge(parse(schedule), now, MADRID)
    assert edge is not None
    assert page.ask("nextChange", schedule, now * 1000, "Europe/Madrid") == edge * 1000
