"""Rule 1 on plain things of a house: what is wrong with them is told, and what is quite normal is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.findings import Finding, Severity
from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import Device, Json
from rules.base.tables import Limit
from rules.extremes.rule import ExtremesRule
from tests.households import MADRID
from tests.plain_things import THINGS, Thing
from tests.readings import STARTS
from tests.rules.given import device, extremes_settings, report
from tests.told import LATE_S, told, verdict

SETTINGS = extremes_settings()
# No life that the constants were tried on.
LIFE = 77
MONTHS = 4
# Those that have all kinds of anomalies between them; ``make bench-rules`` lives all of them.
TRIED = ("nevera", "balcón", "contador", "aula", "baño")


@pytest.mark.parametrize(
    "thing", [each for each in THINGS if each.name in TRIED], ids=lambda thing: thing.name
)
def test_a_plain_thing(thing: Thing) -> None:
    """In 120 days all that is wrong is told; of what is not, one a month, and two more while it is new."""
    rule = ExtremesRule(SETTINGS, {}, MADRID)
    one = Device(id=1, serial=thing.serial, claimed=True)
    spans = [(each.span[0], each.span[1] + LATE_S) for each in thing.anomalies]
    how = verdict(told(rule, one, thing.metric, thing.readings(LIFE)), spans)
    assert how.found == len(spans), how.findings
    assert len(how.false) <= MONTHS + 2, how.false


def read(rule: ExtremesRule, who: Device, name: str, at: float, value: Json) -> list[Finding]:
    return [*rule.observe(who, report(at, {name: value}), at)]


def motives(found: list[Finding]) -> list[Json]:
    return [each.details["motivo"] for each in found]


def wavering(n: int) -> float:
    """A steady signal that never says the same twice in a row."""
    return round(20 + 0.1 * (n * 7 % 13), 1)


def lived(
    rule: ExtremesRule, who: Device, name: str, days: int, odd: dict[int, float] | None = None
) -> list[Finding]:
    """Some days of it at five minutes; ``odd`` are readings by their number."""
    found = []
    for n in range(days * 288):
        value = wavering(n) if odd is None else odd.get(n, wavering(n))
        found += read(rule, who, name, STARTS + n * 300, value)
    return found


def test_people_s_bounds_hold_at_once_and_to_the_digit() -> None:
    """Whatever the table and history say; the other side stays theirs."""
    who = replace(device(), limits={"temp": MetricChoice(low=2, high=8)})
    rule = ExtremesRule(SETTINGS, {"temp": Limit(-55, 5)}, MADRID, who)
    assert not read(rule, who, "temp", STARTS, 7.9)
    (finding,) = read(rule, who, "temp", STARTS + 1, 8.1)
    assert finding.details["bounds"] == {"min": 2.0, "max": 8.0, "source": "person+limits"}
    assert motives([finding]) == ["limite"]
    assert finding.severity is Severity.HIGH
    taken_back = replace(who, limits={})
    assert read(rule, taken_back, "temp", STARTS + 10_000, 7.9)[-1].details["bounds"] == {
        "min": -55.0,
        "max": 5.0,
        "source": "limits",
    }


def test_of_a_muted_metric_nothing_is_told() -> None:
    who = device()
    muted = replace(who, limits={"temp": MetricChoice(muted=True)})
    rule = ExtremesRule(SETTINGS, {"temp": Limit(0, 30)}, MADRID, muted)
    assert not read(rule, muted, "temp", STARTS, 99)
    assert read(rule, who, "temp", STARTS + 60, 99)


@pytest.mark.parametrize("choice", [MetricChoice(muted=True), MetricChoice(nature=Nature.COUNTER)])
def test_what_lasts_is_over_at_once_when_its_metric_is_muted_or_said_to_be_something_else(
    choice: MetricChoice,
) -> None:
    """No report need come for that; what lasts of others goes on."""
    who = device()
    rule = ExtremesRule(SETTINGS, {"temp": Limit(0, 30), "hum": Limit(0, 100)}, MADRID, who)
    for name in ("temp", "hum"):
        assert read(rule, who, name, STARTS, 999)
    (end,) = rule.observe(replace(who, limits={"temp": choice}), None, STARTS + 60)
    assert end.details["metric"] == "temp"
    assert end.episode is not None
    assert end.episode.until == STARTS + 60
    assert end.details["silenciado"] is True
    (key,) = rule.lasting
    assert key.startswith("hum@")


@pytest.mark.parametrize(("repeats", "told"), [(False, [0, 3_600, 7_200]), (True, [*range(0, 8_000, 900)])])
def test_what_lasts_is_brought_up_to_date_each_hour_or_at_the_original_s_pace(
    repeats: bool, told: list[float]
) -> None:
    """So that ``AI_ALERT_REPEAT`` has something to repeat each ``AI_ALERT_COOLDOWN_S``."""
    who = device()
    rule = ExtremesRule(replace(SETTINGS, ai_alert_repeat=repeats), {"temp": Limit(0, 30)}, MADRID, who)
    found = [each for n in range(0, 8_000, 100) for each in read(rule, who, "temp", STARTS + n, 99)]
    assert [each.at - STARTS for each in found] == told


@pytest.mark.parametrize("value", [-127.0, 85.0, 65_535.0, -50.3])
def test_a_failing_sensor_is_told_once_and_poisons_nothing(value: float) -> None:
    """One reading in twenty, from the first hours on; a well-known number or one of its own."""
    rule, who = ExtremesRule(SETTINGS, {}), device()
    odd = {n: value for n in range(40, 30 * 288, 20)}
    found = lived(rule, who, "temp", 30, odd)
    assert {each.episode.key for each in found if each.episode and motives([each]) == ["sensor"]} == {
        key for key in rule.lasting
    }
    assert len(rule.lasting) == 1
    bounds = rule.bounds(STARTS)["temp"]
    assert bounds.low is not None
    assert bounds.high is not None
    assert 18 < bounds.low < 20 < bounds.high < 24


def test_a_boiler_at_85_is_no_failing_sensor() -> None:
    """It comes from 84 and goes on to 86."""
    rule, who = ExtremesRule(SETTINGS, {}), device()
    for n in range(10 * 288):
        value = 85.0 + (n % 5 - 2) * 0.5
        assert not read(rule, who, "temp", STARTS + n * 300, value)


def test_a_counter_is_judged_by_its_rate() -> None:
    """It may rise for ever and begin anew; a night on which it rises ten times as fast is told."""
    rule, who = ExtremesRule(SETTINGS, {}), device()
    total = 0.0
    for n in range(20 * 288):
        total += 0.02 + 0.001 * (n % 7)
        if n == 12 * 288:
            total = 0.0
        assert not read(rule, who, "energia_kwh", STARTS + n * 300, round(total, 3))
    found = []
    for n in range(20 * 288, 20 * 288 + 48):
        total += 0.25
        found += read(rule, who, "energia_kwh", STARTS + n * 300, round(total, 3))
    assert found
    assert motives(found)[0] == "historia"


def test_what_nobody_names_is_learned_from_its_readings() -> None:
    """A counter, a state, a gauge; and a person's word stands above that."""
    rule, who = ExtremesRule(SETTINGS, {}), device()
    for n in range(400):
        at = STARTS + n * 300
        rule.observe(who, report(at, {"uno": n * 3, "dos": n // 7 % 2, "tres": wavering(n)}), at)
    learned = {name: each.nature for name, each in rule.bounds(STARTS).items()}
    assert learned == {"uno": Nature.COUNTER, "dos": Nature.STATE, "tres": Nature.GAUGE}


@pytest.mark.parametrize("name", ["serial", "puerta"])
def test_identifiers_and_states_are_never_judged(name: str) -> None:
    rule, who = ExtremesRule(SETTINGS, {}), device()
    assert not lived(rule, who, name, 5)
    assert not read(rule, who, name, STARTS + 6 * DAY_S, 9_000)


def test_a_value_that_sticks_is_told_and_comes_back() -> None:
    rule, who = ExtremesRule(SETTINGS, {}), device()
    lived(rule, who, "temp", 5)
    at = STARTS + 5 * DAY_S
    found = [each for n in range(12 * 8) for each in read(rule, who, "temp", at + n * 300, 20.5)]
    assert motives(found)[:1] == ["fijo"]
    assert found[0].at - at == pytest.approx(6 * HOUR_S, abs=600)
    read(rule, who, "temp", at + 10 * HOUR_S, 20.6)
    ends = [
        each for n in range(300) for each in read(rule, who, "temp", at + 11 * HOUR_S + n * 300, wavering(n))
    ]
    assert ends[-1].episode is not None
    assert ends[-1].episode.until == at + 10 * HOUR_S


def test_an_hour_without_its_rhythm_is_told() -> None:
    """Noon as cold as night: nothing that was never read, and not at that hour."""
    rule, who = ExtremesRule(SETTINGS, {}), device()
    found = []
    for n in range(15 * 288):
        by_day = 96 <= n % 288 < 200 and n // 288 != 13
        found += read(rule, who, "temp", STARTS + n * 300, wavering(n) + 10 * by_day)
    assert motives(found)[:1] == ["hora"]
    assert 13 <= (found[0].at - STARTS) / DAY_S < 13.8
