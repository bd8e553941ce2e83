"""Rule 6: what the weather advises, when that begins and ends, and what is given back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rules
from actors.domain.durations import HOUR_S
from actors.domain.findings import Finding, Proposal, Severity
from actors.domain.house import House
from actors.domain.model import Device, JsonObject
from actors.domain.table_flaws import TableFlaw
from actors.domain.weather import FRESH_S, Hour, Weather
from rules.base.tables import Advice, BadTable, Limit, read_weather
from rules.weather import CALM_S, LOOK_S, WeatherRule

NOON = 1_800_014_400.0
RAIN = Advice(
    "lluvia", {"lluvia_mm": Limit(4, None)}, {"modo": "manual", "encendido": False}, frozenset({"modo"})
)
WIND = Advice("viento", {"rafagas_kmh": Limit(75, None)}, {}, severity=Severity.MEDIUM)
WATER = Device(
    id=7,
    serial="RGD0AAAAAAAA",
    claimed=True,
    configuration={"modo": "horario", "encendido": False, "horarios_riego": {"lunes": [["07:00", 10]]}},
)
WET, DRY = 1.0, 0.0


def weather(at: float, rain: float | None = DRY, gusts: float = 10.0) -> House:
    hours = tuple(Hour(NOON + n * HOUR_S, 15.0, rain, gusts, 0.0) for n in range(-30, 80))
    return House(Weather(at, hours))


def with_configuration(device: Device, **values: object) -> Device:
    """As people have set it."""
    asked = device.asked | values.keys()
    return replace(device, configuration={**device.configuration, **values}, asked=asked)


def began(rule: WeatherRule, device: Device = WATER, at: float = NOON) -> Finding:
    rule.observe(device, None, at)
    [finding] = rule.hear(weather(at, WET), at)
    return finding


def test_rain_advises_not_to_water() -> None:
    finding = began(WeatherRule([RAIN, WIND]))
    assert (finding.rule, finding.event, finding.device_id) == ("clima", "ai_weather", 7)
    assert finding.details["consejo"] == "lluvia"
    assert finding.details["medidas"] == {"lluvia_mm": 24}
    assert finding.proposal == Proposal(
        {"modo": "manual", "encendido": False}, frozenset({"modo", "encendido"})
    )
    assert not finding.acts
    assert finding.episode is not None
    assert (finding.episode.since, finding.episode.until) == (NOON, None)


def test_it_is_said_once_however_often_the_same_is_forecast() -> None:
    rule = WeatherRule([RAIN])
    began(rule)
    for n in range(1, 20):
        at = NOON + n * 1800
        assert not [*rule.hear(weather(at, WET), at), *rule.wake(at + LOOK_S)]
    assert rule.wake_in == LOOK_S


def test_it_is_over_after_an_hour_of_calm_and_the_schedule_is_offered_back() -> None:
    """What a forecast takes back for half an hour goes on."""
    rule = WeatherRule([RAIN])
    key = began(rule).episode.key  # type: ignore[union-attr]
    told = with_configuration(WATER, modo="manual", encendido=False)
    rule.observe(told, None, NOON + 60)
    at = NOON + CALM_S - 60
    assert not rule.hear(weather(at), at)
    assert not rule.hear(weather(at, WET), at)
    later = at + CALM_S
    over, back = rule.hear(weather(later), later)
    assert over.episode is not None
    assert (over.episode.key, over.episode.until, over.proposal) == (key, later, None)
    assert back.episode is None
    assert back.proposal == Proposal({"modo": "horario"}, frozenset({"modo"}))
    assert not rule.lasting


@pytest.mark.parametrize(
    "now",
    [
        {"modo": "manual", "encendido": True},
        {"modo": "horario", "encendido": False},
    ],
    ids=["watering by hand", "advice was not taken"],
)
def test_what_people_have_set_since_is_not_offered_back(now: JsonObject) -> None:
    rule = WeatherRule([RAIN])
    began(rule)
    rule.observe(with_configuration(WATER, **now), None, NOON + 60)
    later = NOON + 2 * CALM_S
    [over] = rule.hear(weather(later), later)
    assert over.proposal is None


def test_water_is_never_turned_on_again() -> None:
    """Whoever watered by hand when the rain came, and took the advice, is not given the water back."""
    rule = WeatherRule([RAIN])
    began(rule, with_configuration(WATER, modo="manual", encendido=True))
    rule.observe(with_configuration(WATER, modo="manual", encendido=False), None, NOON + 60)
    later = NOON + 2 * CALM_S
    [over] = rule.hear(weather(later), later)
    assert over.proposal is None


def test_what_is_so_already_is_not_advised() -> None:
    rule = WeatherRule([RAIN])
    rule.observe(with_configuration(WATER, modo="manual", encendido=False), None, NOON)
    assert not rule.hear(weather(NOON, WET), NOON)


@pytest.mark.parametrize(("clima", "acts"), [("actuar", True), ("avisar", False), (None, False), (3, False)])
def test_it_acts_only_where_a_person_has_said_so(clima: object, acts: bool) -> None:
    rule = WeatherRule([RAIN, WIND])
    assert began(rule, with_configuration(WATER, clima=clima)).acts is acts
    [wind] = rule.hear(weather(NOON + 60, WET, gusts=90.0), NOON + 60)
    assert not wind.acts  # there is nothing that it could do
    assert wind.severity is Severity.MEDIUM


def test_what_a_board_says_of_itself_allows_nothing() -> None:
    """``clima`` in its own report is its configuration, and nobody's wish."""
    device = replace(WATER, configuration={**WATER.configuration, "clima": "actuar"})
    assert not began(WeatherRule([RAIN]), device).acts


FROST = Advice("helada", {"temperatura_minima": Limit(None, 1)}, RAIN.proposes, frozenset({"modo"}))


def cold(house: House) -> House:
    assert house.weather is not None
    hours = tuple(replace(hour, temperature=-3.0) for hour in house.weather.hours)
    return House(replace(house.weather, hours=hours))


@pytest.mark.parametrize("frost_from", [0.0, 1800.0])
def test_nothing_is_given_back_while_another_advice_wants_it(frost_from: float) -> None:
    """Rain and frost, together or one after the other: the schedule comes back once both are over."""
    rule = WeatherRule([RAIN, FROST])
    rule.observe(WATER, None, NOON)
    resting = with_configuration(WATER, **RAIN.proposes)
    first = weather(NOON, WET)
    [*_, finding] = rule.hear(cold(first) if frost_from == 0 else first, NOON)
    assert finding.proposal is not None
    rule.observe(resting, None, NOON + 60)
    at = NOON + 1800
    assert not rule.hear(cold(weather(at, WET)), at)
    for n in range(1, 5):
        at = NOON + 1800 + n * 1800
        assert all(each.proposal is None for each in rule.hear(cold(weather(at)), at))
    given = [each.proposal for each in rule.hear(weather(at + CALM_S), at + CALM_S) if each.proposal]
    assert not rule.lasting
    assert given == [Proposal({"modo": "horario"}, frozenset({"modo"}))]


def test_a_provider_that_falls_silent_ends_nothing_and_at_last_people_are_asked() -> None:
    """A forecast of this morning says nothing of tonight's weather: neither good nor bad."""
    rule = WeatherRule([RAIN])
    device = with_configuration(WATER, clima="actuar")
    assert began(rule, device).acts
    rule.observe(with_configuration(device, **RAIN.proposes), None, NOON + 60)
    for hours in (7, 12, 23):
        assert not rule.wake(NOON + hours * HOUR_S)
    over, back = rule.wake(NOON + 25 * HOUR_S)
    assert over.episode is not None
    assert not over.episode.lasts
    assert back.proposal is not None
    assert not back.acts


def test_silence_where_a_person_wants_none_and_of_devices_of_nobody() -> None:
    for device in (with_configuration(WATER, clima="no"), replace(WATER, claimed=False)):
        rule = WeatherRule([RAIN])
        rule.observe(device, None, NOON)
        assert not rule.hear(weather(NOON, WET), NOON)


def test_without_a_fresh_forecast_nothing_is_advised() -> None:
    rule = WeatherRule([RAIN])
    rule.observe(WATER, None, NOON)
    assert not rule.hear(House(), NOON)
    assert not rule.hear(weather(NOON - FRESH_S - 1, WET), NOON)
    assert not rule.hear(weather(NOON, None), NOON)


def test_a_dismissed_advice_is_not_repeated_and_gives_nothing_back() -> None:
    rule = WeatherRule([RAIN])
    rule.dismiss(began(rule).details)
    rule.observe(with_configuration(WATER, modo="manual", encendido=False), None, NOON + 60)
    assert not rule.wake(NOON + LOOK_S)
    later = NOON + 2 * CALM_S
    [over] = rule.hear(weather(later), later)
    assert over.proposal is None


Step: TypeAlias = tuple[float, float | None, float, str, bool]

steps = st.lists(
    st.tuples(
        st.floats(-7200, 9000),
        st.sampled_from([None, DRY, WET]),
        st.sampled_from([10.0, 90.0]),
        st.sampled_from(["horario", "manual"]),
        st.booleans(),
    ),
    max_size=30,
)


@given(steps)
def test_episodes_begin_and_end_in_turn_and_survive_a_restart(moves: list[Step]) -> None:
    """Whatever the weather does, the clock, and people: one that lasts is not begun again, one that has ended
    does not end again; and a rule that was put away and taken out goes on as the one that was not."""
    advice, at = [RAIN, WIND], NOON
    rule, lasting = WeatherRule(advice), set[str]()
    for step, rain, gusts, mode, restarts in moves:
        at += step
        rule.observe(with_configuration(WATER, modo=mode), None, at)
        if restarts:
            rule = WeatherRule.from_state(advice, rule.state())
            assert not rule.observe(with_configuration(WATER, modo=mode), None, at)
        for finding in rule.hear(weather(at, rain, gusts), at):
            if finding.episode is None:
                continue
            if finding.episode.lasts:
                assert finding.episode.key not in lasting
                lasting.add(finding.episode.key)
            else:
                lasting.remove(finding.episode.key)
        assert set(rule.lasting) == lasting


ADVICE = '"consejo":"x","si":{"lluvia_mm":{"min":1}}'


# -- the table -------------------------------------------------------------------------------------


def test_the_table_that_comes_with_it() -> None:
    table = read_weather((Path(rules.__file__).parent / "data" / "clima.json").read_bytes())
    assert [advice.name for advice in table["riego"]] == ["lluvia", "helada"]
    assert table["riego"][0].is_met({"lluvia_mm": 4.0})
    assert not table["riego"][0].is_met({"lluvia_mm": 3.9})
    assert not table["riego"][0].is_met({})


@pytest.mark.parametrize(
    ("text", "flaw", "where"),
    [
        ("[]", TableFlaw.NO_OBJECT, ""),
        ('{"aspersor":[]}', TableFlaw.NO_KIND, "aspersor"),
        ('{"riego":{}}', TableFlaw.NO_LIST, "riego"),
        ('{"riego":[{}]}', TableFlaw.NO_OBJECT, "riego[0].si"),
        ('{"riego":[{"consejo":7,"si":{"lluvia_mm":{"min":1}}}]}', TableFlaw.NO_WORD, "riego[0].consejo"),
        ('{"riego":[{"consejo":"x","si":{}}]}', TableFlaw.NO_MEASURE, "riego[0].si"),
        ('{"riego":[{"consejo":"x","si":{"nieve":{"min":1}}}]}', TableFlaw.NO_MEASURE, "riego[0].si"),
        (
            '{"riego":[{"consejo":"x","si":{"lluvia_mm":{"min":5,"max":1}}}]}',
            TableFlaw.BOUNDS_CROSSED,
            "riego[0].si.lluvia_mm",
        ),
        (f'{{"riego":[{{{ADVICE},"devuelve":["modo"]}}]}}', TableFlaw.NOT_PROPOSED, "riego[0].devuelve"),
        (f'{{"riego":[{{{ADVICE},"devuelve":[[]]}}]}}', TableFlaw.NOT_PROPOSED, "riego[0].devuelve"),
        (f'{{"riego":[{{{ADVICE},"gravedad":"grave"}}]}}', TableFlaw.NO_SEVERITY, "riego[0].gravedad"),
        (f'{{"riego":[{{{ADVICE},"gravedad":[]}}]}}', TableFlaw.NO_SEVERITY, "riego[0].gravedad"),
        (f'{{"riego":[{{{ADVICE},"otra":1}}]}}', TableFlaw.NO_PART_OF_ADVICE, "riego[0].otra"),
        (f'{{"riego":[{{{ADVICE}}},{{{ADVICE}}}]}}', TableFlaw.NAMED_TWICE, "riego"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(text: str, flaw: TableFlaw, where: str) -> None:
    with pytest.raises(BadTable) as refused:
        read_weather(text.encode())
    assert (refused.value.flaw, refused.value.where) == (flaw, where)
