"""What becomes of the absences by each command."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.absences import (
    KEPT_S,
    MAX_ABSENCES,
    Absence,
    AbsenceCommand,
    Absences,
    ChangeAbsence,
    EndAbsence,
    KeepAbsences,
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


def nobody(_: Absence | Refused) -> None: ...


TIMES = st.integers(0, 12).map(lambda day: NOW + day * DAY)
ENDS = st.none() | TIMES
IDS = st.integers(1, 6)
COMMANDS = (
    st.builds(SayAbsence, st.none() | TIMES, ENDS, st.just(nobody))
    | st.builds(ChangeAbsence, IDS, TIMES, ENDS, st.just(nobody))
    | st.builds(EndAbsence, IDS, st.just(nobody))
    | st.builds(WithdrawAbsence, IDS, st.just(nobody))
)


@pytest.mark.parametrize(
    ("command", "said", "absence"),
    [
        (
            SayAbsence(NOW - 2 * DAY, NOW - DAY, nobody),
            (PAST, Absence(6, NOW - 2 * DAY, NOW - DAY), LASTING),
            Absence(6, NOW - 2 * DAY, NOW - DAY),
        ),
        (ChangeAbsence(4, LASTING.since, NOW, nobody), (PAST, Absence(4, LASTING.since, NOW)), None),
        (EndAbsence(4, nobody), (PAST, Absence(4, LASTING.since, NOW)), None),
        (EndAbsence(1, nobody), (PAST, LASTING), PAST),
        (WithdrawAbsence(1, nobody), (LASTING,), PAST),
    ],
)
def test_a_command_makes_the_next_absences(
    command: AbsenceCommand, said: tuple[Absence, ...], absence: Absence | None
) -> None:
    """And tells which one is different; those that only touch do not meet."""
    last_id = 6 if isinstance(command, SayAbsence) else 5
    assert BOTH.after(command, NOW) == KeepAbsences(Absences(said, last_id), absence or said[-1], nobody)


def test_who_says_no_time_means_now_and_until_further_notice() -> None:
    kept = Absences().after(SayAbsence(None, None, nobody), NOW)
    assert isinstance(kept, KeepAbsences)
    assert kept.absence == Absence(1, NOW, None)
    assert [kept.absence.lasts(at) for at in (NOW - 1, NOW, NOW + 1e9)] == [False, True, True]
    ended = kept.absences.after(ChangeAbsence(1, NOW, NOW + DAY, nobody), NOW + DAY)
    assert isinstance(ended, KeepAbsences)
    assert [ended.absence.lasts(at) for at in (NOW, NOW + DAY)] == [True, False]


@pytest.mark.parametrize(
    ("command", "why", "about"),
    [
        (SayAbsence(None, NOW + DAY, nobody), Refusal.ABSENCES_MEET, {"id": 4}),
        (SayAbsence(NOW - 3 * DAY, NOW - 2 * DAY, nobody), Refusal.ABSENCES_MEET, {"id": 1}),
        (ChangeAbsence(4, NOW - 3 * DAY, None, nobody), Refusal.ABSENCES_MEET, {"id": 1}),
        (SayAbsence(None, NOW, nobody), Refusal.ABSENCE_ENDS_FIRST, {}),
        (ChangeAbsence(4, NOW, NOW - DAY, nobody), Refusal.ABSENCE_ENDS_FIRST, {}),
        (ChangeAbsence(3, NOW, None, nobody), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
        (EndAbsence(3, nobody), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
        (WithdrawAbsence(3, nobody), Refusal.NO_SUCH_ABSENCE, {"id": 3}),
    ],
)
def test_what_cannot_be_is_refused(command: AbsenceCommand, why: Refusal, about: JsonObject) -> None:
    assert BOTH.after(command, NOW) == Refused(why, about)


def test_what_has_not_begun_is_withdrawn_and_not_ended() -> None:
    coming = Absences((Absence(1, NOW + DAY),), 1)
    assert coming.after(EndAbsence(1, nobody), NOW) == Refused(Refusal.ABSENCE_ENDS_FIRST)


def test_there_are_only_so_many() -> None:
    said = tuple(Absence(day, NOW + day * DAY, NOW + (day + 0.5) * DAY) for day in range(1, MAX_ABSENCES + 1))
    full = Absences(said, MAX_ABSENCES)
    refused = full.after(SayAbsence(NOW, NOW + 1, nobody), NOW)
    assert isinstance(refused, Refused)
    assert refused.why is Refusal.TOO_MANY_ABSENCES
    assert isinstance(full.after(ChangeAbsence(1, NOW, NOW + 1, nobody), NOW), KeepAbsences)


def test_what_has_long_ended_goes_with_the_next_change() -> None:
    """And makes room; what has no end does not end."""
    later = NOW - 2 * DAY + KEPT_S
    kept = BOTH.after(WithdrawAbsence(4, nobody), later - 1)
    assert isinstance(kept, KeepAbsences)
    assert kept.absences.said == (PAST,)
    kept = BOTH.after(ChangeAbsence(4, LASTING.since, None, nobody), later)
    assert isinstance(kept, KeepAbsences)
    assert kept.absences.said == (LASTING,)


@given(st.lists(COMMANDS, max_size=30))
def test_no_two_absences_meet_and_none_has_an_id_from_before(commands: list[AbsenceCommand]) -> None:
    """Whatever is asked for; they stand in order of time."""
    given_out: list[int] = []

    def step(absences: Absences, command: AbsenceCommand) -> Absences:
        kept = absences.after(command, NOW)
        if isinstance(kept, Refused):
            return absences
        if isinstance(command, SayAbsence):
            given_out.append(kept.absence.id)
        return kept.absences

    absences = reduce(step, commands, Absences())
    for one, next_one in zip(absences.said, absences.said[1:], strict=False):
        assert one.until is not None
        assert one.until <= next_one.since
    assert given_out == list(range(1, absences.last_id + 1))
