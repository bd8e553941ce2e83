"""Rule 3 and what people say of when they are away: passed over while it is said, and no longer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.absences import Absence
from actors.domain.durations import DAY_S
from actors.domain.house import House
from rules.learn.habit import SPAN_DAYS, WeeklyHabit
from rules.learn.rule import LearnRule
from tests.households import Windows, bins_of, overlap
from tests.rules.learning import DAY, TWICE, home, live, made, spans

LIVES = home(TWICE)
LEAVE, RETURN, END = (LIVES._at(day * DAY) for day in (28, 49, 63))
AWAY = Absence(1, LEAVE, RETURN)
# What a timer switches while nobody is there, so that it looks as if somebody was.
SIMULATED: Windows = [(day * DAY + 22 * 60, 90) for day in range(7)]


def reports() -> Iterator[tuple[float, bool]]:
    """Nine weeks; in the fifth to seventh the timer switches, and people do not."""
    timer = home(SIMULATED).reports(63)
    for lived, switched in zip(LIVES.reports(63), timer, strict=True):
        yield switched if LEAVE <= lived[0] < RETURN else lived


def told(rule: LearnRule, *absences: Absence, at: float = END) -> LearnRule:
    assert rule.hear(House(absences=absences), at) == ()
    return rule


@pytest.fixture(scope="module")
def learned() -> LearnRule:
    """What it knows on their return."""
    rule = made()
    live(rule, (report for report in reports() if report[0] < RETURN))
    return rule


def test_while_people_are_away_nothing_is_suggested_and_nothing_learned() -> None:
    """Though the lamp is used each night: until further notice, and until then as far as it is known."""
    rule = made()
    before = [report for report in reports() if report[0] < LEAVE]
    live(rule, before)
    rule._told, rule._told_at = (), None
    told(rule, Absence(1, LEAVE), at=LEAVE)
    assert live(rule, (report for report in reports() if LEAVE <= report[0] < RETURN)) == []
    assert overlap(bins_of(spans(rule)), bins_of(TWICE)) >= 0.95
    told(rule, AWAY, at=RETURN)
    [found, *_] = live(rule, (report for report in reports() if report[0] >= RETURN))
    assert found.at >= RETURN
    assert overlap(bins_of(spans(rule)), bins_of(TWICE)) >= 0.95


def test_what_is_said_later_counts_and_what_is_withdrawn_does_not(learned: LearnRule) -> None:
    """Without it the timer is taken for people; who was there after all has lost nothing."""
    unsaid, stored = spans(learned), learned.state()
    assert overlap(bins_of(unsaid), bins_of(TWICE)) < 0.8
    assert overlap(bins_of(spans(told(learned, AWAY))), bins_of(TWICE)) >= 0.95
    assert learned.state() == stored
    assert spans(told(learned)) == unsaid


def test_days_away_are_no_evidence(learned: LearnRule) -> None:
    """Those of which people say so count once, whether or not anything was switched."""
    assert told(learned)._lived().days == 49
    assert told(learned, AWAY)._lived().days == 28
    assert told(learned, Absence(1, LEAVE))._lived().days == 28
    assert told(learned, Absence(1, LEAVE - DAY_S / 2, LEAVE + DAY_S / 2))._lived().days == 47
    assert told(learned, Absence(1, END))._lived().days == 49
    idle = made()
    live(idle, ((at, on and not LEAVE <= at < RETURN) for at, on in LIVES.reports(63)))
    # With the weekend before, on which it is never used.
    assert told(idle)._lived().days == 63 - 23
    assert told(idle, Absence(1, LEAVE, RETURN - 3600))._lived().days == 63 - 21
    assert told(idle, Absence(1, LEAVE, LEAVE + 9.5 * DAY_S))._lived().days == 63 - 21


CELLS = st.tuples(st.integers(0, 70), st.integers(0, 47), st.booleans(), st.integers(1, 1800))
STRETCHES = st.tuples(st.integers(-100, 75 * 48), st.integers(0, 40 * 48))


@given(st.lists(CELLS, max_size=60), st.lists(STRETCHES, max_size=3))
def test_a_habit_without_a_time_is_one_that_never_saw_it(
    seen: list[tuple[int, int, bool, int]], stretches: list[tuple[int, int]]
) -> None:
    """Of whatever was seen, and whatever is left out; the habit itself stays as it is."""
    first = 730_000
    away = [range(first * 48 + start, first * 48 + start + length) for start, length in stretches]
    habit, blind = WeeklyHabit(), WeeklyHabit()
    for day, cell, on, seconds in sorted(seen):
        missed = any((first + day) * 48 + cell in each for each in away)
        when = {"day": first + day, "minute": cell * 30}
        habit.learn_one(when, on, seconds)
        blind.learn_one(when, on, 0.0 if missed else seconds)
    before = habit.state()
    lived = habit.without(away)
    assert lived.week() == blind.week()
    assert lived.days_on(0, 336 // 7) == blind.days_on(0, 336 // 7)
    assert habit.state() == before
    known = range(max(habit._oldest, habit.newest - SPAN_DAYS + 1), habit.newest + 1)
    touched = {day for day in known for each in away if set(range(day * 48, (day + 1) * 48)) & set(each)}
    assert lived.days == habit.days - len(touched)
