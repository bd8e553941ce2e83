"""Rule 3: it learns what people do, says why, and keeps quiet when there is nothing to say."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.durations import DAY_S
from actors.domain.model import JsonObject, Report
from actors.domain.schedule import check
from rules.learn.habit import WeeklyHabit
from rules.learn.rule import LearnRule, Replay, start
from rules.learn.timetable import minutes
from rules.rulebook import planned
from tests.households import MADRID, Household, Windows, at_random, bins_of, overlap, routine
from tests.rules.given import MONDAY, SERIAL
from tests.rules.learning import (
    DAY as DAY_MIN,
)
from tests.rules.learning import (
    DEFAULTS,
    MIXED,
    MORNINGS,
    TWICE,
    device,
    home,
    horarios,
    live,
    made,
    spans,
    stored,
    told_spans,
)

# -- what it learns ------------------------------------------------------------------------------


@pytest.mark.parametrize("interval", [0, 60, 300, 900])
@pytest.mark.parametrize("windows", [MORNINGS, TWICE, MIXED], ids=["mornings", "twice", "mixed"])
def test_a_timetable_is_recovered(windows: Windows, interval: float) -> None:
    """To within five minutes an edge, from any way of reporting, over midnight too."""
    rule = made()
    live(rule, home(windows, interval=interval).reports(42))
    assert len(spans(rule)) == len(windows)
    for (found, found_length), (true, true_length) in zip(sorted(spans(rule)), sorted(windows), strict=True):
        assert abs(found - true) <= 5
        assert abs(found + found_length - true - true_length) <= 5


@pytest.mark.parametrize(("noise", "least"), [(0.0, 0.95), (0.05, 0.85), (0.15, 0.70)])
def test_households_are_learned_through_noise(noise: float, least: float) -> None:
    """Mean intersection over union of half-hours after six weeks, with days missing."""
    found = []
    for seed in range(10):
        rng = random.Random(seed)
        house = Household(seed, routine(rng), noise, rng.choice((0, 300, 900)), [(rng.randrange(30), 3)])
        rule = made()
        live(rule, house.reports(42))
        found.append(overlap(bins_of(spans(rule)), bins_of(house.routine)))
    assert sum(found) / len(found) >= least


def test_a_changed_routine_is_learned_within_three_weeks() -> None:
    """The old windows are gone from the suggestion and the new ones are in it."""
    rule = made()
    old = home(TWICE)
    later = [((start + 4 * 60), length) for start, length in TWICE]
    new = replace(home(later), starts=old.starts + timedelta(days=42))
    found = [*live(rule, old.reports(42)), *live(rule, new.reports(21))]
    assert overlap(bins_of(told_spans(found[-1])), bins_of(later)) >= 0.95


@pytest.mark.parametrize("mean_on", [10, 60, 240])
@pytest.mark.parametrize("rest", [0.5, 1, 4])
def test_switching_at_random_is_no_habit(mean_on: float, rest: float) -> None:
    """Not one suggestion in six weeks of daily looks, whatever the share of time on."""
    for seed in range(2):
        assert not live(made(), at_random(seed, 42, mean_on, mean_on * rest))


@pytest.mark.parametrize("on", [True, False])
def test_what_never_changes_is_no_habit(on: bool) -> None:
    """A refrigerator is no timetable, nor is a lamp that nobody uses."""
    assert not live(made(), ((MONDAY + 300 * n, on) for n in range(42 * 288)))


def test_a_gap_of_days_teaches_nothing() -> None:
    """A week without a word leaves the timetable as it was."""
    rule = made()
    house = replace(home(TWICE), gaps=[(28, 7)])
    live(rule, house.reports(42))
    assert overlap(bins_of(spans(rule)), bins_of(TWICE)) == 1


@pytest.mark.parametrize("interval", [0, 300, 900])
@pytest.mark.parametrize(("noise", "least"), [(0.0, 0.8), (0.05, 0.6)])
def test_three_weeks_away_spoil_no_timetable(interval: float, noise: float, least: float) -> None:
    """Nothing is suggested meanwhile, once a day without anybody is over, nor anything wrong afterwards."""
    worst = 1.0
    for seed in range(6):
        house = Household(seed, routine(random.Random(seed)), noise, interval)
        rule, truth = made(), bins_of(house.routine)
        begins, ends = (house._at(day * DAY_MIN) for day in (28, 49))
        while_away = [
            found
            for found in live(rule, away(house.reports(63), begins, ends, interval > 0))
            if found.at >= begins
        ]
        assert not [found for found in while_away if begins + DAY_S <= found.at < ends]
        assert overlap(bins_of(spans(rule)), truth) >= least
        for found in while_away:
            worst = min(worst, overlap(bins_of(told_spans(found)), truth))
    assert worst >= least


def away(
    reports: Iterable[tuple[float, bool]], begins: float, ends: float, repeats: bool
) -> Iterator[tuple[float, bool]]:
    """The same, but that nobody switches anything from ``begins`` to ``ends``: all is off."""
    yielded = None
    for at, on in reports:
        there = on and not begins <= at < ends
        # A device that speaks only on change has nothing to say of what nobody switched.
        if there is not yielded or (repeats and on is there):
            yield at, there
        yielded = there


def test_a_week_without_it_is_none_of_a_weekly_habit() -> None:
    """Six days are what a device is off that is used once a week; no day of that is left out."""
    watering: Windows = [(2 * 1440 + 7 * 60, 60)]
    rule = made()
    live(rule, home(watering, interval=600).reports(42))
    [window] = rule.timetable()
    assert (window.start, window.length) == watering[0]
    assert rule._lived().days == 42


def test_people_switching_by_the_app_is_learned_too() -> None:
    """A change without a report counts from when it was made; silence and the like do not."""
    rule = made()
    for at, on in home(TWICE, interval=0).reports(42):
        state = "activo" if on else "inactivo"
        rule.observe(device(state), None, at)
        rule.observe(device(state), None, at + 1)
    assert overlap(bins_of(spans(rule)), bins_of(TWICE)) >= 0.95


# -- what it says --------------------------------------------------------------------------------


def test_a_suggestion_says_what_and_why() -> None:
    """The details are the event's own fields, each window with its confidence and evidence."""
    [*_, finding] = live(made(), home(MIXED).reports(42))
    assert (finding.rule, finding.event) == ("learn", "ai_suggest")
    assert set(finding.details) == {"suggested_horarios", "bin_minutes", "threshold"}
    assert finding.details["bin_minutes"] == 30
    assert finding.details["threshold"] == 0.55
    suggested = finding.details["suggested_horarios"]
    assert set(suggested) == {"lunes", "jueves", "sabado"}
    [window] = suggested["sabado"]
    assert window["inicio"] in ("22:55", "23:00", "23:05")
    assert window["fin"] in ("01:55", "02:00", "02:05")
    assert 2 <= window["visto"] <= window["de"] <= 6
    assert 0.7 < window["confianza"] < 1


def test_what_was_skipped_shows_in_the_evidence() -> None:
    """Eight Mondays, one of them skipped: seen on 7 of 8."""
    skipped = replace(home([(6 * 60, 60)]), gaps=[])
    reports = [
        (at, on and not 28 * DAY_S < at - skipped.starts.timestamp() < 29 * DAY_S)
        for at, on in skipped.reports(53)
    ]
    rule = made()
    live(rule, reports)
    [window] = rule.timetable()
    assert (window.seen, window.of) == (7, 8)
    assert window.confidence == pytest.approx(0.8)


def test_a_suggestion_can_be_taken_up_as_it_is() -> None:
    """Its patch passes the check of schedules and means the same minutes."""
    [*_, finding] = live(made(), home(MIXED).reports(42))
    assert finding.proposal is not None
    configuration = finding.proposal.configuration
    check(configuration)
    assert configuration["modo"] == "horario"
    windows = planned(configuration)
    assert windows is not None
    assert minutes(windows) == minutes(told_spans(finding))


WATERING = {day: [["06:30", 60]] for day in ("lunes", "jueves", "sabado")}
WATERS: Windows = [(day * DAY_MIN + 6 * 60 + 30, 60) for day in (0, 3, 5)]


def from_noon(household: Household, days: int) -> Iterator[tuple[float, bool]]:
    """Of the first day, a Monday, nobody has seen the morning."""
    noon = household.starts.timestamp() + DAY_S / 2
    return ((at, on) for at, on in household.reports(days) if at >= noon)


@pytest.mark.parametrize(
    "channel", [{"horarios_riego": WATERING}, horarios(WATERS)], ids=["riego", "horarios"]
)
def test_a_schedule_that_is_kept_loses_no_day(channel: JsonObject) -> None:
    """Also while one of its days has been seen too seldom to be learned; whichever channel has it."""
    scheduled = {**channel, "modo": "horario"}
    assert live(made(), from_noon(home(WATERS), 15)), "without a schedule it would be suggested by then"
    assert not live(made(), from_noon(home(WATERS), 42), scheduled)


def test_times_that_nobody_keeps_are_given_up() -> None:
    told = live(made(), home(MORNINGS).reports(42), horarios([*MORNINGS[:4], (4 * DAY_MIN + 17 * 60, 120)]))
    assert [sorted(told_spans(finding)) for finding in told] == [MORNINGS]


def test_a_learned_week_takes_the_place_of_watering_times() -> None:
    """A device heeds both, and would water at the old times too."""
    present = {"modo": "manual", "encendido": False, "horarios_riego": {"martes": [["21:00", 20]]}}
    told = live(made(), home(WATERS).reports(42), present)
    assert told
    for finding in told:
        assert finding.proposal is not None
        check(finding.proposal.configuration)
        after = {**present, **finding.proposal.configuration}
        windows = planned(after)
        assert windows is not None
        assert sorted(windows) == sorted(told_spans(finding))
        assert finding.proposal.rests_on == {"horarios", "horarios_riego"}


def test_what_is_planned_is_all_that_switches_it_on() -> None:
    both = {"horarios": horarios(MORNINGS)["horarios"], "horarios_riego": WATERING}
    assert sorted(planned(both) or ()) == sorted([*MORNINGS, *WATERS])
    assert sorted(planned({"horarios": [], "horarios_riego": WATERING}) or ()) == WATERS
    assert planned({"modo": "horario"}) is None


def test_who_is_not_watched() -> None:
    """Unclaimed devices and retained copies."""
    rule = made()
    for at, on in home(TWICE).reports(42):
        state = "activo" if on else "inactivo"
        assert not rule.observe(device(state, claimed=False), Report(SERIAL, at, state), at)
        assert not rule.observe(device(state), Report(SERIAL, at, state, retained=True), at)
    assert spans(rule) == []


def test_a_habit_is_suggested_once() -> None:
    """While it stays the same, daily looks say nothing new."""
    found = live(made(replace(DEFAULTS, ai_r3_min_events=3000)), home(TWICE).reports(60))
    assert len(found) == 1


def test_dismissed_until_the_evidence_changes() -> None:
    """What was dismissed does not return, not even when it was forgotten as the last suggestion."""
    every_day = replace(DEFAULTS, ai_r3_suggest_min_diff=0.0, ai_r3_cooldown_s=0.0)
    rule = made(every_day)
    found = live(rule, home(TWICE).reports(42))
    rule.dismiss(found[-1].details)
    more = replace(home(TWICE), starts=home(TWICE).starts + timedelta(days=42))
    assert not live(rule, more.reports(14))
    other = replace(home(MIXED), starts=home(TWICE).starts + timedelta(days=56))
    assert live(rule, other.reports(28))


# -- what lasts ----------------------------------------------------------------------------------


def test_damage_costs_a_replay_and_never_a_wrong_model() -> None:
    """Every single changed character of a stored state is found."""
    text = json.dumps(stored())
    rng = random.Random(3)
    for _ in range(150):
        at = rng.randrange(len(text))
        damaged = text[:at] + rng.choice('0123456789abcXYZ{}[],."') + text[at + 1 :]
        try:
            state = json.loads(damaged)
        except ValueError:
            continue
        if state == json.loads(text):
            continue
        begun = start(DEFAULTS, MADRID, planned, state)
        assert begun.replay is Replay.ALL
        assert begun.damage
        assert spans(begun.rule) == []


def test_replaying_the_log_learns_the_same() -> None:
    """Rows of the log make the same timetable as the reports did."""
    seen, replayed = made(), made()
    live(seen, home(MIXED, 0.05).reports(42))
    for at, on in home(MIXED, 0.05).reports(42):
        replayed.learn(at, "activo" if on else "inactivo", {})
    assert minutes(spans(replayed)) == pytest.approx(minutes(spans(seen)))


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(1, 41), st.sampled_from([0.0, 0.1]))
def test_a_restart_changes_nothing(seed: int, day: int, noise: float) -> None:
    """Stored and restored on any day, it suggests what it would have suggested."""
    house = Household(seed, routine(random.Random(seed)), noise, 1800)
    cut = house.starts.timestamp() + day * DAY_S
    whole, broken = made(), made()
    expected = live(whole, house.reports(42))
    found = live(broken, (report for report in house.reports(42) if report[0] < cut))
    broken = LearnRule.from_state(DEFAULTS, MADRID, planned, json.loads(json.dumps(broken.state())))
    found += live(broken, (report for report in house.reports(42) if report[0] >= cut))
    assert found == expected


def test_words_for_on_and_off() -> None:
    """The state says it, or ``parametros.encendido`` where the state is about something else."""
    rules = [made() for _ in range(3)]
    for at, on in home(TWICE).reports(42):
        rules[0].learn(at, "encendido" if on else "apagado", {})
        rules[1].learn(at, "desconocido", {"encendido": on})
        rules[2].learn(at, "desconocido", {"encendido": "quizá"})
    assert [len(spans(rule)) for rule in rules] == [10, 10, 0]


def test_a_clock_that_jumps_breaks_nothing() -> None:
    """A day in 1970 and one in the past teach nothing and stop nothing."""

    def jumping() -> Iterator[tuple[float, bool]]:
        for n, (at, on) in enumerate(home(TWICE).reports(42)):
            yield at, on
            if n % 1000 == 500:
                yield 60.0, not on
                yield at - 10 * DAY_S, not on

    rule = made()
    assert live(rule, jumping())
    assert overlap(bins_of(spans(rule)), bins_of(TWICE)) >= 0.95


def test_the_model_is_a_river_classifier() -> None:
    """Learns one by one with a weight in seconds; predicts the share of time on."""
    model = WeeklyHabit(30)
    assert model.predict_proba_one({"weekday": 0, "minute": 60}) == {True: 0.5, False: 0.5}
    model.learn_one({"day": 739_299, "minute": 60}, True, 1350)
    model.learn_one({"day": 739_299, "minute": 75}, False, 450)
    assert model.predict_proba_one({"weekday": 0, "minute": 89})[True] == pytest.approx(0.75, abs=0.01)
    assert model.predict_one({"weekday": 0, "minute": 60}) is True
    assert model.clone().bin_minutes == 30
