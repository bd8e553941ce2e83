"""Rule 4: one alarm an outage, one end of it, and nothing else whatever the clock does."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.domain.findings import Episode, Finding, Severity
from rules.base.memory import DamagedState, seal
from rules.base.settings import OfflineSettings
from rules.offline import OfflineRule
from tests.rules.given import MONDAY, device, offline_settings

MADRID = ZoneInfo("Europe/Madrid")
SILENT = offline_settings(ai_r4_grace_secs=0.0)
REMINDING = offline_settings(ai_r4_grace_secs=0.0, ai_r4_remind_secs=60.0)
PATIENT = offline_settings()
# Seconds of silence after which the rule is told of it.
PATIENCE = 120.0


def made(settings: OfflineSettings = SILENT) -> OfflineRule:
    return OfflineRule(settings, MADRID)


def test_an_outage_begins_and_ends() -> None:
    """The details are the events' own fields."""
    one = made()
    assert not one.observe(device(seen_at=MONDAY), None, MONDAY)
    [gone] = one.observe(device(online=False, seen_at=MONDAY), None, MONDAY + 129.7)
    assert (gone.rule, gone.event) == ("offline", "ai_offline")
    assert gone.details == {
        "seconds_offline": 129,
        "since_ts_local": "2025-02-17T00:00:00+01:00",
    }
    assert gone.severity is Severity.MEDIUM
    assert gone.episode == Episode(f"silencio@{MONDAY + 129.7}", MONDAY, None, 1)
    assert one.lasting == [gone.episode.key]
    assert not one.observe(device(online=False, seen_at=MONDAY), None, MONDAY + 140)
    over, back = one.observe(device(seen_at=MONDAY + 149), None, MONDAY + 149)
    assert over.episode == replace(gone.episode, until=MONDAY + 149)
    assert over.details["seconds_offline"] == 149
    assert (back.event, back.severity, back.episode) == ("ai_back_online", Severity.INFO, None)
    assert back.details == {"was_offline_secs": 149}
    assert not one.observe(device(seen_at=MONDAY + 150), None, MONDAY + 150)


def test_reminders_keep_their_interval() -> None:
    """Every ``AI_R4_REMIND_SECS`` while it lasts; none when that is 0, none after the end."""
    one = made(REMINDING)
    one.observe(device(online=False, seen_at=MONDAY), None, MONDAY)
    assert one.wake_in == 60
    [reminder] = one.wake(MONDAY + 60)
    assert (reminder.event, reminder.details["seconds_offline"]) == ("ai_offline", 60)
    assert reminder.episode == Episode(f"silencio@{MONDAY}", MONDAY, None, 2)
    assert one.wake_in == 60
    one.observe(device(), None, MONDAY + 70)
    assert one.wake_in is None
    assert not one.wake(MONDAY + 120)
    quiet = made()
    quiet.observe(device(online=False), None, MONDAY)
    assert quiet.wake_in is None
    assert not quiet.wake(MONDAY + 1000)


def test_checks_come_on_whole_ticks() -> None:
    """``AI_R4_WATCHDOG_TICK_SECS``: a reminder is due at the first check after its interval."""
    one = made(offline_settings(ai_r4_grace_secs=0.0, ai_r4_watchdog_tick_secs=25.0, ai_r4_remind_secs=60.0))
    one.observe(device(online=False), None, MONDAY)
    assert one.wake_in == 75


def test_a_timer_of_an_earlier_outage_does_not_remind_early() -> None:
    """It is put off to when a reminder is due."""
    one = made(REMINDING)
    one.observe(device(online=False), None, MONDAY)
    one.observe(device(), None, MONDAY + 50)
    one.observe(device(online=False), None, MONDAY + 55)
    assert not one.wake(MONDAY + 60)
    assert one.wake_in == 55
    assert one.wake(MONDAY + 115)


def test_an_unclaimed_device_has_no_outages() -> None:
    """Nor does one that is given up during an outage come back."""
    one = made()
    assert not one.observe(device(claimed=False, online=False), None, MONDAY)
    one.observe(device(online=False), None, MONDAY)
    one.observe(device(claimed=False, online=False), None, MONDAY + 1)
    assert not one.observe(device(), None, MONDAY + 2)


def test_an_outage_found_at_the_start_is_told() -> None:
    """A device that fell silent while nobody listened; with a stored state, only what is new."""
    one = made()
    assert one.observe(device(online=False, seen_at=MONDAY - 999), None, MONDAY)
    again = OfflineRule.from_state(SILENT, MADRID, json.loads(json.dumps(one.state())))
    assert not again.observe(device(online=False, seen_at=MONDAY - 999), None, MONDAY + 60)
    _, back = again.observe(device(), None, MONDAY + 61)
    assert back.details["was_offline_secs"] == 1060


def test_damage_is_told() -> None:
    """A state that was tampered with is refused."""
    one = made()
    one.observe(device(online=False), None, MONDAY)
    state = one.state()
    with pytest.raises(DamagedState):
        OfflineRule.from_state(
            SILENT, MADRID, {**state, "body": {"outage": {**state["body"]["outage"], "since": 0.0}}}
        )


@given(st.lists(st.floats(0, 4e9), max_size=30))
def test_no_clock_makes_an_alarm(times: list[float]) -> None:
    """However the wall clock jumps, a device that is online raises none."""
    one = made(REMINDING)
    for at in times:
        assert not one.observe(device(seen_at=at / 2), None, at)
        assert not one.wake(at)


# -- what a chart can draw of it ---------------------------------------------------------------------

Outage = tuple[float, float]
"""From when to when, seconds since the epoch; without end, infinity."""


def lived_through(
    one: OfflineRule, silences: list[tuple[int, int]], still_down: bool
) -> tuple[list[Finding], list[Outage]]:
    """What is told of ``(seconds heard, seconds silent)`` in turn, and the truth."""
    told: list[Finding] = []
    truth: list[Outage] = []
    end = MONDAY
    for heard, silent in silences:
        since = end + heard + 0.25
        end = math.inf if still_down and len(truth) == len(silences) - 1 else since + silent + 0.5
        at = since + PATIENCE
        told += one.observe(device(online=False, seen_at=since), None, at)
        while one.wake_in is not None and (at := at + one.wake_in) < min(end, since + 9_999):
            told += one.wake(at)
        truth.append((since, end))
        if end < math.inf:
            told += one.observe(device(seen_at=end), None, end)
    return told, truth


def drawn(told: list[Finding], begin: float, end: float) -> list[Outage]:
    """As docs/api.md says: from the events of the range and the newest one before it."""
    newest_before = [each for each in told if each.at < begin][-1:]
    over: list[Outage] = []
    going_on: list[Outage] = []
    for each in [*newest_before, *(each for each in told if begin <= each.at < end)]:
        if each.event == "ai_offline":
            going_on = [(datetime.fromisoformat(each.details["since_ts_local"]).timestamp(), math.inf)]
        else:
            going_on = []
            over.append((each.at - each.details["was_offline_secs"], each.at))
    return [(max(since, begin), min(until, end)) for since, until in over + going_on if until > begin]


@given(
    silences=st.lists(st.tuples(st.integers(1_300, 5_000), st.integers(200, 5_000)), min_size=1, max_size=6),
    still_down=st.booleans(),
    reminding=st.booleans(),
    begin=st.integers(0, 30_000),
    length=st.integers(1, 30_000),
)
def test_its_events_tell_the_outages_of_any_range(
    silences: list[tuple[int, int]], still_down: bool, reminding: bool, begin: int, length: int
) -> None:
    """To the second, with reminders or without; but for one that was told of after the range."""
    told, truth = lived_through(made(REMINDING if reminding else SILENT), silences, still_down)
    first, last = MONDAY + begin, MONDAY + begin + length
    known = [(since, end) for since, end in truth if since + PATIENCE < last and end > first]
    found = drawn(told, first, last)
    assert len(found) == len(known)
    for (since, end), (truly_since, truly_end) in zip(found, known, strict=True):
        assert since == pytest.approx(max(truly_since, first), abs=1)
        assert end == pytest.approx(min(truly_end, last), abs=1)


# -- what is told of many ----------------------------------------------------------------------------


class Lived:
    """A rule whose device comes and goes, woken whenever it asks to be."""

    def __init__(self, settings: OfflineSettings = PATIENT) -> None:
        self.settings = settings
        self.rule = made(settings)
        self.at = MONDAY
        self.wake_at: float | None = None
        self.told: list[Finding] = []

    def hear(self, found: Sequence[Finding]) -> None:
        self.told += found
        wanted = self.rule.wake_in
        self.wake_at = None if wanted is None else self.at + wanted

    def wait(self, seconds: float) -> None:
        end = self.at + seconds
        while self.wake_at is not None and self.wake_at <= end:
            self.at = max(self.at, self.wake_at)
            self.hear(self.rule.wake(self.at))
        self.at = end

    def be(self, online: bool) -> None:
        self.hear(self.rule.observe(device(online=online, seen_at=self.at), None, self.at))

    def restart(self) -> None:
        self.rule = OfflineRule.from_state(self.settings, MADRID, json.loads(json.dumps(self.rule.state())))
        self.hear(())

    def events(self) -> list[str]:
        """As they go out: an episode under its own name the first time only."""
        begun: set[str] = set()
        events = []
        for each in self.told:
            key = "" if each.episode is None else each.episode.key
            name = "inestable" if each.details.get("inestable") else each.event
            events.append("ai_episode" if key in begun else name)
            begun |= {key} - {""}
        return events


def test_a_silence_is_told_once_it_has_lasted() -> None:
    """``AI_R4_GRACE_SECS``; of a shorter one neither that nor its end."""
    one = Lived()
    for seconds in (1, 59):
        one.be(online=False)
        one.wait(seconds)
        one.be(online=True)
        one.wait(100)
    assert one.events() == []
    one.be(online=False)
    one.restart()
    one.wait(61)
    assert one.events() == ["ai_offline"]
    one.be(online=True)
    assert one.events() == ["ai_offline", "ai_episode", "ai_back_online"]


def test_two_outages_within_a_tick_of_the_clock_are_two() -> None:
    """Each with a beginning, through a restart too."""
    one = made(PATIENT)
    one.observe(device(online=False, seen_at=MONDAY), None, MONDAY + PATIENCE)
    assert one.lasting
    first = set(one.lasting)
    one.observe(device(seen_at=MONDAY + PATIENCE), None, MONDAY + PATIENCE)
    one = OfflineRule.from_state(PATIENT, MADRID, one.state())
    assert not one.observe(device(online=False, seen_at=MONDAY + PATIENCE), None, MONDAY + PATIENCE)
    [gone] = one.wake(MONDAY + 2 * PATIENCE)
    assert gone.episode is not None
    assert gone.episode.key not in first


def test_a_connection_that_flaps_is_one_finding_with_the_count() -> None:
    """300 times in two seconds, and some more in the hour; what is told is brought up to date."""
    one = Lived()
    for _ in range(300):
        one.be(online=False)
        one.wait(1 / 300)
        one.be(online=True)
        one.wait(1 / 300)
    assert one.events() == ["inestable"] + ["ai_episode"] * 296
    assert one.rule.lasting == [f"inestable@{MONDAY}"]
    one.restart()
    for _ in range(10):
        one.wait(300)
        one.be(online=False)
        one.wait(61)
        one.be(online=True)
    one.wait(7_300)
    assert set(one.events()[1:]) == {"ai_episode"}
    assert {each.episode.key for each in one.told if each.episode is not None} == {f"inestable@{MONDAY}"}
    last = one.told[-1]
    assert last.details["cortes"] == 310
    assert last.episode is not None
    assert last.episode.count == 310
    assert last.episode.until == pytest.approx(MONDAY + 2 + 10 * 361 - 61)
    assert one.rule.lasting == []
    assert one.rule.wake_in is None


def test_three_outages_in_an_hour_are_three_and_the_fourth_is_not_told_by_itself() -> None:
    one = Lived()
    for _ in range(4):
        one.be(online=False)
        one.wait(100)
        one.be(online=True)
        one.wait(500)
    assert one.events() == ["ai_offline", "ai_episode", "ai_back_online"] * 3 + ["inestable"]


def test_who_falls_silent_for_long_while_unstable_is_told_of() -> None:
    one = Lived()
    for _ in range(5):
        one.be(online=True)
        one.wait(1)
        one.be(online=False)
        one.wait(1)
    one.wait(1_000)
    assert one.events().count("ai_offline") == 1
    one.be(online=True)
    assert one.events()[-1] == "ai_back_online"


def test_a_memory_of_before_still_counts() -> None:
    """An outage that was told is not told again by the version after."""
    said = {"device_id": 7, "serial": "TMP0TEST", "since": MONDAY, "told_at": MONDAY + 120}
    one = OfflineRule.from_state(PATIENT, MADRID, seal("offline", 1, {"outage": said}))
    assert not one.observe(device(online=False, seen_at=MONDAY), None, MONDAY + 200)
    [back] = one.observe(device(), None, MONDAY + 300)
    assert back.details["was_offline_secs"] == 300


class Outages(RuleBasedStateMachine):
    """Alarms and ends alternate, through restarts, reminders and jumps of the clock."""

    @initialize(grace=st.sampled_from([0.0, 60.0]))
    def begin(self, grace: float) -> None:
        self.settings = offline_settings(ai_r4_grace_secs=grace, ai_r4_remind_secs=60.0)
        self.rule = made(self.settings)
        self.at = MONDAY
        self.down = False
        self.told_down = False
        self.outages = self.told_of = 0

    def take(self, found: Sequence[Finding]) -> None:
        for each in found:
            if each.details.get("inestable"):
                self.told_of = each.details["cortes"]
                assert 3 < self.told_of <= self.outages
            elif each.episode is not None and not each.episode.lasts:
                assert self.told_down
            elif each.event == "ai_offline":
                assert self.down
                assert each.details["seconds_offline"] >= 0
                self.told_down = True
            else:
                assert self.told_down
                self.told_down = False

    @rule(wait=st.floats(-1e6, 1e6) | st.floats(0, 100), online=st.booleans())
    def observe(self, wait: float, online: bool) -> None:
        self.at += wait
        self.outages += not online and not self.down
        found = self.rule.observe(device(online=online, seen_at=self.at), None, self.at)
        came_back = online and self.told_down
        self.down = not online
        assert ("ai_back_online" in [each.event for each in found]) is came_back
        self.take(found)

    @rule(wait=st.floats(-1e6, 1e6))
    def wake(self, wait: float) -> None:
        self.at += wait
        self.take(self.rule.wake(self.at))

    @rule()
    def restart(self) -> None:
        self.rule = OfflineRule.from_state(self.settings, MADRID, json.loads(json.dumps(self.rule.state())))

    @invariant()
    def whoever_is_down_is_looked_at_again(self) -> None:
        assert self.rule.wake_in is not None or not self.down


TestOutages = Outages.TestCase
