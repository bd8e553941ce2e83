"""What becomes of the absences by each change."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.absences import (
    KEPT_S,
    MAX_ABSENCES,
    Absence,
    AbsenceChange,
    Absences,
    EndAbsence,
    MoveAbsence,
    SayAbsence,
    WithdrawAbsence,
)
from actors.domain.model import JsonObject
from actors.domain.refusals import Refusal, Refused

NOW = 1_800_000_000.0
DAY = 86_400.0
PAST = Absence(1, NOW - 9 * DAY, NOW - 2 * DAY)
LASTING = Absence(4, NOW - DAY)
BOTH = Absences((PAST, LASTING), 5)


TIMES = st.integers(0, 12).map(lambda day: NOW + day * DAY)
ENDS = st.none() | TIMES
IDS = st.integers(1, 6)
CHANGES = (
    st.builds(SayAbsence, st.none() | TIMES, ENDS)
    | st.builds(MoveAbsence, IDS, TIMES, ENDS)
    | st.builds(EndAbsence, IDS)
    | st.builds(WithdrawAbsence, IDS)
)


def done(outcome: tuple[Absences, Absence] | Refused) -> tuple[Absences, Absence]:
    assert not isinstance(outcome, Refused)
    return outcome


@pytest.mark.parametrize(
    ("change", "said", "absence"),
    [
        (
            SayAbsence(NOW - 2 * DAY, NOW - DAY),
            (PAST, Absence(6, NOW - 2 * DAY, NOW - DAY), LASTING),
            Absence(6, NOW - 2 * DAY, NOW - DAY),
        ),
        (MoveAbsence(4, LASTING.since, NOW), (PAST, Absence(4, LASTING.since, NOW)), None),
        (EndAbsence(4), (PAST, Absence(4, LASTING.since, NOW)), None),
        (EndAbsence(1), (PAST, LASTING), PAST),
        (WithdrawAbsence(1), (LASTING,), PAST),
    ],
)
def test_a_command_makes_the_next_absences(
    change: AbsenceChange, said: tuple[Absence, ...], absence: Absence | None
) -> None:
    """And tells which one is different; those that only touch do not meet."""
    last_id = 6 if isinstance(change, SayAbsence) else 5
    assert BOTH.after(change, NOW) == (Absences(said, last_id), absence or said[-1])


def test_who_says_no_time_means_now_and_until_further_notice() -> None:
    absences, said = done(Absences().after(SayAbsence(None, None), NOW))
    assert said == Absence(1, NOW, None)
    assert [said.lasts(at) for at in (NOW - 1, NOW, NOW + 1e9)] == [False, True, True]
    _, ended = done(absences.after(MoveAbsence(1, NOW, NOW + DAY), NOW + DAY))
    assert [ended.lasts(at) for at in (NOW, NOW + DAY)] == [True, False]


@pytest.mark.parametrize(
    ("change", "why", "about"),
    [
        (SayAbsence(None, NOW + DAY), Refusal.ABSENCES_MEET, {"id": 4}),
        (SayAbsence(NOW - 3 * DAY, NOW - 2 * DAY), Refusal.ABSENCES_MEET, {"id": 1}),
        (MoveAbsence(4, NOW - 3 * DAY, None), Refusal.ABSENCES_MEET, {"id": 1}),
        (SayAbsence(None, NOW), Refusal.ABSENCE_ENDS_FIRST, {}),
        (MoveAbsence(4, NOW, NOW - DAY), Refusal.ABSENCE_ENDS_FIRST, {}),
        (MoveAbsence(3, NOW, None), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
        (EndAbsence(3), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
        (WithdrawAbsence(3), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
    ],
)
def test_what_cannot_be_is_refused(change: AbsenceChange, why: Refusal, about: JsonObject) -> None:
    assert BOTH.after(change, NOW) == Refused(why, about)


def test_what_has_not_begun_is_withdrawn_and_not_ended() -> None:
    coming = Absences((Absence(1, NOW + DAY),), 1)
    assert coming.after(EndAbsence(1), NOW) == Refused(Refusal.ABSENCE_ENDS_FIRST)


def test_there_are_only_so_many() -> None:
    said = tuple(Absence(day, NOW + day * DAY, NOW + (day + 0.5) * DAY) for day in range(1, MAX_ABSENCES + 1))
    full = Absences(said, MAX_ABSENCES)
    refused = full.after(SayAbsence(NOW, NOW + 1), NOW)
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.TOO_MANY_ABSENCES
    assert done(full.after(MoveAbsence(1, NOW, NOW + 1), NOW))


def test_what_has_long_ended_goes_with_the_next_change() -> None:
    """And makes room; what has no end does not end."""
    later = NOW - 2 * DAY + KEPT_S
    kept, _ = done(BOTH.after(WithdrawAbsence(4), later - 1))
    assert kept.said == (PAST,)
    kept, _ = done(BOTH.after(MoveAbsence(4, LASTING.since, None), later))
    assert kept.said == (LASTING,)


@given(st.lists(CHANGES, max_size=30))
def test_no_two_absences_meet_and_none_has_an_id_from_before(changes: list[AbsenceChange]) -> None:
    """Whatever is asked for; they stand in order of time."""
    given_out: list[int] = []

    def step(absences: Absences, change: AbsenceChange) -> Absences:
        outcome = absences.after(change, NOW)
        if isinstance(outcome, Refused):
            return absences
        changed, absence = outcome
        if isinstance(change, SayAbsence):
            given_out.append(absence.id)
        return changed

    absences = reduce(step, changes, Absences())
    for one, next_one in zip(absences.said, absences.said[1:], strict=False):
        assert one.until is not None
        assert one.until <= next_one.since
    assert given_out == list(range(1, absences.last_id + 1))
