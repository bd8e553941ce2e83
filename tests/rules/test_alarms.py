"""Rule 5: what a device warns of is told at once, for as long as it says so, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.alarms import warns
from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.findings import Finding, Severity
from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import Device, JsonObject, Report
from actors.domain.orders import Orders
from config import Settings
from rules.alarms import MAX_ALARMS, MOST_BEGINNINGS, REST_S, AlarmsRule
from rules.base.memory import DamagedState, seal
from tests.rules.given import MONDAY, device

SMOKE = device(serial="SMK0AAAAAAAA")


class Detector:
    """A device and its rule. Each report replaces all readings, and comes a minute after the one before."""

    def __init__(self, device: Device = SMOKE, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.rule = AlarmsRule(self.settings)
        self.device = device
        self.at = MONDAY

    def says(self, readings: JsonObject, state: str | None = None, **about: Any) -> Sequence[Finding]:
        self.at += 60
        report = Report(self.device.serial, self.at, state, readings, **about)
        self.device = self.device.after_report(report)
        return self.rule.observe(self.device, report, self.at)

    def waits(self, seconds: float) -> Sequence[Finding]:
        self.at += seconds
        return self.rule.wake(self.at)

    def is_decided(self, **choices: MetricChoice) -> Sequence[Finding]:
        self.device = replace(self.device, limits=choices)
        return self.rule.observe(self.device, None, self.at)

    def restarts(self) -> None:
        self.rule = AlarmsRule.from_state(self.settings, self.rule.state())


def said(findings: Sequence[Finding]) -> list[tuple[object, object, bool]]:
    """Of each what it is about, what it warns of, and whether it lasts."""
    return [
        (each.details["metric"], each.details["peligro"], each.episode is not None and each.episode.lasts)
        for each in findings
    ]


@pytest.mark.parametrize(
    ("readings", "metric", "hazard"),
    [
        ({"humo": True}, "humo", "humo"),
        ({"alarma": True}, "alarma", "humo"),
        ({"detectado": "ON"}, "detectado", "humo"),
        ({"smoke": "1"}, "smoke", "humo"),
        ({"smokeAlarm": 1}, "smokeAlarm", "humo"),
        ({"sensor": {"humo": {"valor": "detectado"}}}, "sensor.humo.valor", "humo"),
        ({"incendio": "fire"}, "incendio", "fuego"),
        ({"gas_detectado": True}, "gas_detectado", "gas"),
        ({"co": "alarma"}, "co", "co"),
        ({"waterLeak": True}, "waterLeak", "agua"),
        ({"inundación": 1}, "inundación", "agua"),
        ({"vidrio_roto": True}, "vidrio_roto", "vidrio"),
        ({"tamper": True}, "tamper", "sabotaje"),
        ({"battery_low": True}, "battery_low", "bateria"),
    ],
)
def test_an_alarm_is_told_by_the_first_report_that_says_so(
    readings: JsonObject, metric: str, hazard: str
) -> None:
    """As critical, whatever the device has said before: it may never have said anything."""
    assert warns(replace(SMOKE, parameters=readings))
    [finding] = Detector().says(readings)
    assert (finding.rule, finding.event, finding.severity) == ("alarma", "ai_alarm", Severity.CRITICAL)
    assert said([finding]) == [(metric, hazard, True)]


@pytest.mark.parametrize(
    "readings",
    [
        {"humo": False},
        {"humo": "sin humo"},
        {"humo": 0},
        {"humo": 0.43, "alarm_volume": 1, "smoke_test": True},
        {"alarma": "test"},
        {"temperatura": 120, "abierta": True, "movimiento": True},
        {"co2_ppm": 4_000, "gas_m3": 1, "co_ppm": 1},
        {"bateria": 80, "pilas": {"bateria": None}},
        {},
    ],
)
def test_what_is_at_rest_a_level_or_about_something_else_is_no_alarm(readings: JsonObject) -> None:
    assert Detector().says(readings) == []


def test_it_lasts_until_the_device_says_otherwise_and_is_one_episode() -> None:
    """For a minute, after which the rule wants to be woken: nobody need report any more."""
    detector = Detector()
    begun, gone_on = detector.says({"humo": True}), detector.says({"humo": True})
    assert detector.rule.wake_in is None
    assert detector.says({"humo": False}) == []
    assert detector.waits(REST_S - 1) == []
    assert detector.rule.wake_in == 1
    ended = detector.waits(1)
    [first], [second], [last] = begun, gone_on, ended
    assert first.episode
    assert second.episode
    assert last.episode
    assert first.episode.key == second.episode.key == last.episode.key == f"humo@{MONDAY + 60}"
    assert (first.episode.count, second.episode.count, last.episode.until) == (1, 2, MONDAY + 180)
    assert detector.rule.wake_in is None
    assert detector.says({"humo": False}) == []
    [again] = detector.says({"humo": True})
    assert again.episode
    assert again.episode.key != first.episode.key


def test_a_word_that_says_neither_ends_nothing() -> None:
    detector = Detector()
    detector.says({"humo": True})
    assert detector.says({"humo": "test"}) == detector.says({"humo": None}) == detector.waits(DAY_S) == []
    assert detector.says({"humo": "clear"}) == []
    assert said(detector.waits(REST_S)) == [("humo", "humo", False)]


def test_what_is_left_out_is_as_it_was() -> None:
    """A board may send reports of two kinds: of the temperature alone, no all-clear follows."""
    own, other = Detector(), Detector(replace(SMOKE, orders=Orders()))
    for detector in (own, other):
        detector.says({"humo": True})
        assert detector.says({"temp": 20}) == detector.waits(DAY_S) == []
        assert detector.rule.lasting == [f"humo@{MONDAY + 60}"]
        detector.says({"humo": False})
        assert said(detector.says({"temp": 20})) == [("humo", "humo", False)]
        assert detector.rule.lasting == []


@pytest.mark.parametrize("every", [10, 300])
def test_one_that_comes_and_goes_is_not_told_each_time(every: float) -> None:
    """Chattering or not: after three within an hour there is one that lasts until an hour of rest."""
    detector = Detector()
    told: dict[str, Finding] = {}
    for n in range(100):
        detector.at += every - 60  # until the next report
        found = [*detector.rule.wake(detector.at + 60), *detector.says({"humo": n % 2 == 0})]
        told |= {each.episode.key: each for each in found if each.episode}
    assert len(told) == (1 if every < REST_S else MOST_BEGINNINGS + 1)
    *_, last = told.values()
    assert last.details["intermitente"] is True
    assert detector.waits(HOUR_S - 1) == []
    detector.restarts()
    detector.is_decided()
    [over] = detector.waits(1)
    assert over.episode
    assert not over.episode.lasts
    assert detector.rule.lasting == []


def test_who_tells_of_ever_new_alarms_is_watched_for_so_many() -> None:
    detector = Detector()
    for n in range(2 * MAX_ALARMS):
        detector.says({f"humo_{n}": True})
    assert len(detector.rule.lasting) == MAX_ALARMS


def test_the_state_of_a_detector_counts_and_its_being_switched_on_does_not() -> None:
    detector = Detector()
    assert detector.says({}, "activo") == []
    assert said(detector.says({}, "humo detectado")) == [("estado", "humo", True)]
    assert said(detector.says({}, "activo")) == [("estado", "humo", False)]
    assert said(detector.says({}, "alarma")) == [("estado", "humo", True)]
    assert said(Detector(device(serial="LGT0A")).says({}, "alarma")) == [("estado", "alarma", True)]
    assert said(Detector(device(serial="LGT0A")).says({}, "gas")) == []


def test_what_stands_at_the_claim_is_told() -> None:
    """As from when the device was heard last, so that it is the same however often that is looked at."""
    found = replace(SMOKE, parameters={"humo": True}, seen_at=MONDAY - 9)
    [finding] = AlarmsRule(Settings()).observe(found, None, MONDAY)
    assert finding.episode
    assert finding.episode.key == f"humo@{MONDAY - 9}"


def test_nobody_is_told_of_what_is_nobodys_or_a_stored_copy() -> None:
    detector = Detector(replace(SMOKE, claimed=False))
    assert detector.says({"humo": True}) == ()
    assert Detector().says({"humo": True}, retained=True) == ()


def test_people_mute_it_or_say_that_something_is_an_alarm_or_is_none() -> None:
    detector = Detector()
    detector.says({"humo": True, "zona_3": False})
    muted = detector.is_decided(humo=MetricChoice(muted=True))
    assert said(muted) == [("humo", "humo", False)]
    assert muted[0].details["silenciado"] is True
    assert detector.says({"humo": True, "zona_3": True}) == []
    found = detector.is_decided(zona_3=MetricChoice(nature=Nature.ALARM))
    assert said(found) == [("humo", "humo", True), ("zona_3", "alarma", True)]
    assert said(detector.is_decided(humo=MetricChoice(nature=Nature.GAUGE))) == [
        ("humo", "humo", False),
        ("zona_3", "alarma", False),
    ]


def test_a_metric_that_has_told_a_level_is_one() -> None:
    """Its 1 is little smoke, and no alarm."""
    detector = Detector()
    assert [detector.says({"humo": value}) for value in (0.3, 1, 1.0, 12, 0)] == [[]] * 5
    assert said(detector.says({"humo": True})) == [("humo", "humo", True)]


@pytest.mark.parametrize("odd", [2, 255, 65_535, -1, "2"])
def test_one_odd_number_makes_no_detector_deaf(odd: object) -> None:
    """A sensor's fault; and what lasts is over at 0, whatever came in between."""
    detector = Detector()
    for value in (0, odd, odd, 0):
        assert detector.says({"humo": value}) == []
    assert said(detector.says({"humo": 1})) == [("humo", "humo", True)]
    for value in (odd, 3, 7):
        detector.says({"humo": value})
    assert detector.rule.lasting
    detector.says({"humo": 0})
    detector.waits(3_600)
    assert not detector.rule.lasting


def test_a_battery_that_runs_out_is_told_once() -> None:
    """Our own conclusion wakes nobody; it is over when the battery is charged or another one."""
    detector = Detector(ai_alarm_battery_pct=15)
    assert detector.says({"bateria": 1}) == detector.says({"bateria": 16}) == []
    [finding] = detector.says({"bateria": 15})
    assert (finding.severity, finding.details["peligro"]) == (Severity.MEDIUM, "bateria")
    assert [said(detector.says({"bateria": value})) for value in (16, 19, 100, 100)] == [
        [("bateria", "bateria", True)],
        [("bateria", "bateria", True)],
        [],
        [("bateria", "bateria", False)],
    ]
    assert said(detector.says({"battery_level": 0.1})) == [("battery_level", "bateria", True)]
    assert Detector(ai_alarm_battery_pct=0).says({"bateria": 3}) == []
    assert Detector().is_decided(bateria=MetricChoice(low=30)) == []


def test_a_battery_below_one_percent_is_not_charged() -> None:
    """Who has ever told more than 1 tells percents, also after a restart; who has not tells a fraction."""
    detector = Detector()
    told = [finding for left in (10, 5, 2, 1) for finding in detector.says({"bateria": left})]
    detector.restarts()
    told += [finding for left in (0.6, 0.3, 0.3) for finding in detector.says({"bateria": left})]
    assert said(told) == [("bateria", "bateria", True)] * 7
    assert Detector().says({"bateria": 0.6}) == Detector().says({"bateria": 1}) == []


def test_a_persons_bound_of_a_battery_stands_above_the_setting() -> None:
    detector = Detector()
    detector.is_decided(bateria=MetricChoice(low=30.0))
    assert said(detector.says({"bateria": 29})) == [("bateria", "bateria", True)]


def test_it_goes_on_after_a_restart_as_if_there_had_been_none() -> None:
    detector = Detector()
    detector.says({"humo": True, "gas": 0.5})
    assert detector.rule.save_due
    detector.restarts()
    assert not detector.rule.save_due
    assert detector.rule.lasting == [f"humo@{MONDAY + 60}"]
    assert said(detector.says({"humo": True, "gas": 1})) == [("humo", "humo", True)]
    detector.says({"humo": False})
    detector.restarts()
    assert detector.is_decided() == []
    assert detector.rule.wake_in == REST_S
    detector.rule.let_go([f"humo@{MONDAY + 60}"])
    assert detector.rule.lasting == []


def test_a_memory_of_earlier_versions_is_taken_over() -> None:
    """Of them what lasted had not come to rest."""
    detector = Detector()
    alarm = {"since": MONDAY, "count": 3, "hazard": "humo", "value": [True]}
    former = seal("alarma", 1, {"alarms": {"humo": alarm}, "levels": ["gas"]})
    detector.rule = AlarmsRule.from_state(detector.settings, former)
    assert detector.rule.lasting == [f"humo@{MONDAY}"]
    assert said(detector.says({"humo": True, "gas": 1})) == [("humo", "humo", True)]


def test_a_damaged_memory_is_refused() -> None:
    detector = Detector()
    detector.says({"humo": True})
    state = detector.rule.state()
    with pytest.raises(DamagedState):
        AlarmsRule.from_state(detector.settings, {**state, "crc": 0})


WORDS = st.sampled_from([True, False, 1, 0, "alarma", "clear", "test", 0.5, None])
REPORTS = st.lists(
    st.dictionaries(st.sampled_from(["humo", "gas", "alarma", "bateria", "temp"]), WORDS), max_size=12
)


@given(REPORTS, st.integers(0, 12))
def test_an_episode_has_one_beginning_and_at_most_one_end_whatever_is_said_and_whenever_it_restarts(
    reports: list[JsonObject], restart: int
) -> None:
    detector = Detector()
    told: dict[str, list[Finding]] = {}
    for n, readings in enumerate(reports):
        if n == restart:
            detector.restarts()
        for finding in detector.says(readings):
            assert finding.episode is not None
            told.setdefault(finding.episode.key, []).append(finding)
    for findings in told.values():
        lasts = [each.episode.lasts for each in findings if each.episode]
        counts = [each.episode.count for each in findings if each.episode]
        assert all(lasts[:-1])
        assert counts[0] == 1
        assert counts == sorted(counts)
    lasting = {key for key, each in told.items() if each[-1].episode and each[-1].episode.lasts}
    assert lasting == {*detector.rule.lasting}
