"""What a finding proposes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.findings import Finding, KeptFinding
from actors.schedule import WeeklyWindows, check, parse
from tests.web.site import BLIND
from web.errors import Problem
from web.proposals import proposal_of

DAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
DAY = 86_400


def kept(rule: str, details: dict[str, Any]) -> KeptFinding:
    return KeptFinding(1, Finding(rule, "ai_x", BLIND.id, BLIND.serial, 1.8e9, details), 3)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


windows = st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), min_size=1, max_size=4, unique=True)
timetables = st.dictionaries(st.sampled_from(DAYS), windows, min_size=1)


@given(timetables)
def test_the_schedule_says_what_the_suggestion_says(timetable: dict[str, list[tuple[int, int]]]) -> None:
    """Whatever the windows, overnight ones included; and no two entries have the same times."""
    suggested = {
        day: [{"inicio": clock(start), "fin": clock(end), "confianza": 0.9} for start, end in windows]
        for day, windows in timetable.items()
    }
    change = proposal_of(kept("learn", {"suggested_horarios": suggested}))
    check(change.configuration)
    assert change.configuration["modo"] == "horario"
    expected = WeeklyWindows.of(
        (DAYS.index(day) * DAY + start * 60, (end - start) * 60 % DAY or DAY)
        for day, windows in timetable.items()
        for start, end in windows
    )
    assert parse(change.configuration).power == expected
    times = [(entry["inicio"], entry["fin"]) for entry in change.configuration["horarios"]]
    assert len(set(times)) == len(times)


def test_a_proposal_is_bound_to_its_version() -> None:
    """The one that it was concluded from."""
    change = proposal_of(kept("misconfig", {"suggested_patch": {"configuracion": {"modo": "horario"}}}))
    assert (change.configuration, change.based_on) == ({"modo": "horario"}, 3)
    assert (change.name, change.state) == (None, None)


@pytest.mark.parametrize("rule", ["extremos", "offline"])
def test_some_rules_propose_nothing(rule: str) -> None:
    """Which is said by name."""
    with pytest.raises(Problem, match=rule) as refused:
        proposal_of(kept(rule, {}))
    assert refused.value.status == 409


def test_a_schedule_that_does_not_fit_is_no_proposal() -> None:
    """With the path to the fault."""
    suggested = {"lunes": [{"inicio": "25:00", "fin": "06:00"}]}
    with pytest.raises(Problem, match=r"configuracion\.horarios\[0\]\.inicio") as refused:
        proposal_of(kept("learn", {"suggested_horarios": suggested}))
    assert refused.value.status == 409
