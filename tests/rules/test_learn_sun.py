"""Rule 3 and the sun: what people do after dusk is told apart from what they do by the clock."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from actors.domain.findings import Finding
from actors.domain.model import Report
from actors.domain.schedule import check
from rules.base.memory import seal
from rules.learn.rule import NAME, LearnRule
from rules.learn.sunlight import follows
from rules.rulebook import planned
from tests.households import MADRID, at_random
from tests.rules.given import SERIAL
from tests.rules.learning import DEFAULTS, device, live
from tests.sunlit import (
    SUN,
    Habit,
    after_dusk,
    at_seven,
    for_an_hour_after_dusk,
    switched,
    until_daylight,
    year,
)

STARTS = datetime(2025, 1, 6, tzinfo=MADRID)


def made(sun: bool = True) -> LearnRule:
    return LearnRule(DEFAULTS, MADRID, planned, sun=SUN if sun else None)


def learned(habit: Habit, days: int = 42, sun: bool = True) -> tuple[LearnRule, list[Finding]]:
    rule = made(sun)
    return rule, live(rule, switched(habit, 1, STARTS, days))


@pytest.mark.parametrize(("habit", "month"), [(after_dusk, 1), (after_dusk, 9), (until_daylight, 3)])
def test_over_a_year_what_follows_the_sun_is_found_and_right(habit: Habit, month: int) -> None:
    """Within two months, and from then on both ends within ten minutes on any day, through summer time and
    solstices, without being told again and again."""
    life = year(habit, 17, month)
    assert life.found is not None
    assert life.found <= 56
    assert life.worst <= 10
    assert life.suggestions <= 5


def test_over_a_year_what_follows_the_clock_stays_so() -> None:
    life = year(at_seven, 17, 1)
    assert life.found is None
    assert life.worst <= 10
    assert life.suggestions == 1


@pytest.mark.parametrize("mean_on", [10, 60, 240])
def test_switching_at_random_follows_nothing(mean_on: float) -> None:
    rule = made()
    assert not live(rule, at_random(3, 56, mean_on, mean_on))
    assert not follows(rule.timetable())


def test_a_suggestion_says_what_it_follows_and_how_well() -> None:
    """The times are today's, and it can be taken up as it is."""
    _, [*_, finding] = learned(for_an_hour_after_dusk)
    assert finding.proposal is not None
    check(finding.proposal.configuration)
    [entry] = finding.proposal.configuration["horarios"]
    assert entry["sol"] == {"inicio": "ocaso+30", "fin": "ocaso+105"}
    for windows in finding.details["suggested_horarios"].values():
        [window] = windows
        assert {name: window[name] for name in ("inicio", "fin", "sol")} == {
            name: entry[name] for name in ("inicio", "fin", "sol")
        }
        for end in ("inicio", "fin"):
            told = window["desvio_min"][end]
            assert 3 <= told["sol"] <= 8 < told["reloj"]


def test_without_a_place_nothing_changes() -> None:
    """A house that has not said where it is suggests the clock, byte for byte as it did before."""
    _, found = learned(after_dusk, sun=False)
    assert "sol" not in json.dumps([finding.details for finding in found])
    assert [finding.details for finding in learned(at_seven)[1]] == [
        finding.details for finding in learned(at_seven, sun=False)[1]
    ]


def test_what_was_dismissed_stays_away_wherever_the_sun_goes() -> None:
    rule = LearnRule(
        replace(DEFAULTS, ai_r3_suggest_min_diff=0.0, ai_r3_cooldown_s=0.0), MADRID, planned, sun=SUN
    )
    [*_, finding] = live(rule, switched(after_dusk, 1, STARTS, 49))
    assert "sol" in json.dumps(finding.details)
    rule.dismiss(finding.details)
    later = STARTS.replace(month=2, day=24)
    assert not live(rule, switched(after_dusk, 2, later, 90))


def test_a_restart_changes_nothing() -> None:
    """And what was stored before habits could follow the sun is read as it was."""
    reports = list(switched(after_dusk, 5, STARTS, 60))
    whole, found = made(), []
    expected = live(whole, reports)
    rule = made()
    for day in range(0, 60, 7):
        found += live(rule, reports[2 * day : 2 * day + 14])
        rule = LearnRule.from_state(DEFAULTS, MADRID, planned, json.loads(json.dumps(rule.state())), sun=SUN)
    assert found == expected[: len(found)]
    assert len(expected) - len(found) <= 0
    body = {name: value for name, value in rule.state()["body"].items() if "sun" not in name}
    old = LearnRule.from_state(DEFAULTS, MADRID, planned, seal(NAME, 1, body), sun=SUN)
    assert [window.span for window in old._told] == [window.span for window in rule._told]
    assert not follows(old._told)


def test_a_lamp_that_the_schedule_switches_is_no_news() -> None:
    """Once it is applied, the lamp does by itself what was learned."""
    rule, [*_, finding] = learned(after_dusk)
    assert finding.proposal is not None
    later = STARTS.replace(month=2, day=17)
    for at, on in switched(after_dusk, 3, later, 60, off=0.0):
        state = "activo" if on else "inactivo"
        minute = round(after_dusk(SUN.day(at))[0])
        [entry] = finding.proposal.configuration["horarios"]
        today = [entry | {"inicio": f"{minute // 60:02}:{minute % 60:02}"}]
        follower = device(state, {"modo": "horario", "horarios": today})
        assert not rule.observe(follower, Report(SERIAL, at, state), at)
