"""No channel gets more messages than anybody reads, whenever they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.durations import HOUR_S
from actors.notifier.pace import EACH_S, MOST_AN_HOUR, MOST_AT_A_TIME, Pace


def test_so_many_at_a_time_and_then_one_by_one() -> None:
    pace = Pace()
    for _ in range(MOST_AT_A_TIME):
        assert pace.wait(0.0) == 0
        pace.take(0.0)
    assert pace.wait(0.0) == EACH_S
    assert pace.wait(EACH_S) == 0
    pace.take(EACH_S)
    assert (pace.wait(EACH_S), pace.wait(EACH_S, 2)) == (EACH_S, 2 * EACH_S)
    assert pace.wait(EACH_S + HOUR_S, MOST_AT_A_TIME) == 0


@given(st.lists(st.floats(0.0, 2 * HOUR_S), max_size=80))
def test_in_no_hour_are_there_more(waits: list[float]) -> None:
    pace, now, sent = Pace(), 0.0, list[float]()
    for wait in waits:
        now += wait / 10
        while (left := pace.wait(now)) > 0 and wait % 2 < 1:  # half of them wait until they may go
            now += left
        if left == 0:
            pace.take(now)
            sent.append(now)
    for first in sent:
        assert sum(first <= each < first + HOUR_S for each in sent) <= MOST_AN_HOUR
