"""What of a device's readings is news: seldom, never for nothing, in the end whatever has really changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.domain.logbook import Shift, Shifts
from actors.domain.metrics import MetricChoice, Nature
from actors.domain.model import Device
from actors.domain.noticing import (
    ANY_CHANGE,
    CALM_S,
    FOLLOWS_S,
    HOUR_S,
    MOST_AN_HOUR,
    MOST_METRICS,
    NOTHING,
    Noticing,
    tolerance_of,
)
from actors.domain.profile import Profile

AT = 1.8e9
SENSOR = Device(id=1, serial="TMP0SALON", claimed=True, reports=1, state="activo")
KETTLE = replace(SENSOR, configuration={"modo": "manual", "encendido": True})


class Told:
    """A device's reports, one after the other, and what was news of them."""

    def __init__(self, device: Device = SENSOR) -> None:
        self.device = device
        self.noticing = Noticing()

    def say(self, at: float, parameters: Mapping[str, Any] | None = None, **changed: Any) -> Sequence[Shifts]:
        before = self.device
        told = before.parameters if parameters is None else parameters
        self.device = replace(before, parameters=told, **changed)
        return self.noticing.news(before, self.device, AT + at)

    def numbers(self, reports: Iterable[tuple[float, float]], name: str = "temperatura") -> list[Any]:
        """``[(at, before, after)]`` of those that were told."""
        found = []
        for at, value in reports:
            for news in self.say(at, {name: value}):
                shift = news[f"parametros.{name}"]
                assert shift is not None
                found.append((at, shift.before, shift.after))
        return found


def test_a_number_is_told_when_it_has_left_the_band_around_what_was_told_last() -> None:
    """Two degrees, however slowly it goes; that it comes back by one is not told."""
    day = [20.0, 20.9, 21.9, 22.4, 21.4, 22.4, 23.9, 24.5]
    told = Told().numbers((n * 2 * HOUR_S, value) for n, value in enumerate(day))
    assert told == [(3 * 2 * HOUR_S, 20.0, 22.4), (7 * 2 * HOUR_S, 22.4, 24.5)]


WALKS = st.lists(
    st.tuples(
        st.sampled_from((1.0, 60.0, 600.0, 7_200.0)),
        st.one_of(st.floats(-3, 3), st.floats(-40, 40), st.just(0.0)),
    ),
    min_size=20,
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(WALKS)
def test_it_is_told_seldom_and_never_for_nothing(walk: list[tuple[float, float]]) -> None:
    """Whatever a sensor does: at most so many entries in any hour, each by more than the least, each from
    where the one before has ended."""
    reports, at, value = [], 0.0, 20.0
    for seconds, change in walk:
        at, value = at + seconds, value + change
        reports.append((at, value))
    told = Told().numbers(reports)
    assert all(abs(after - before) > 2 for _, before, after in told)
    assert [before for _, before, _ in told[1:]] == [after for *_, after in told[:-1]]
    for first, last in zip(told, told[MOST_AN_HOUR:], strict=False):
        assert last[0] - first[0] >= HOUR_S


@settings(max_examples=40, deadline=None)
@given(WALKS, st.floats(30, 60), st.sampled_from((-1, 1)))
def test_what_has_changed_for_good_is_told_within_some_days(
    walk: list[tuple[float, float]], by: float, way: int
) -> None:
    """However restless it was before, so that nobody looks at a number that has long been another."""
    sensor, at, value = Told(), 0.0, 20.0
    for seconds, change in walk:
        at, value = at + seconds, value + change
        sensor.numbers([(at, value)])
    later = [(at + n * HOUR_S, value + way * by) for n in range(1, 24 * 10)]
    sensor.numbers(later)
    [*_, (when, last)] = later
    assert sensor.numbers([(when + HOUR_S, last + 2.5), (when + 2 * HOUR_S, last - 2.5)])


def test_what_is_restless_is_told_less_and_less_until_it_has_been_quiet() -> None:
    """A machine that heats and rests ten times an hour, for six hours; and again two days later."""
    cycles = [(n * 360.0, 1_000.0 if n % 2 else 0.0) for n in range(60)]
    washing = Told()
    assert len(washing.numbers(cycles, "consumo_w")) <= 6
    tomorrow = 4 * CALM_S
    assert len(washing.numbers([(tomorrow + at, watts) for at, watts in cycles], "consumo_w")) >= 2


def test_a_device_has_so_many_an_hour_whatever_it_measures() -> None:
    """Forty numbers that jump at each report: what is not told in this hour is told in the next."""
    sensor = Told()
    named = [f"n{n}" for n in range(40)]
    told = [
        at
        for at in range(0, 2 * int(HOUR_S), 60)
        if sensor.say(float(at), dict.fromkeys(named, 10.0**100 * (at + 1)))
    ]
    assert len(told) <= 2 * MOST_AN_HOUR
    assert len([*sensor.noticing._all_bands()]) == len(named)
    sensor.say(1e5, {f"m{n}": n for n in range(1_000)})
    assert len([*sensor.noticing._all_bands()]) == MOST_METRICS


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("energia_kwh", (1.0, 900.0)),
        ("contador_pulsos", (1, 90_000)),
        ("uptime", (5, 900_000)),
        ("rssi", (-90, -40)),
        ("calidad_enlace", (20, 250)),
        ("serie", (1, 999)),
        ("humo", (0.01, 0.9)),
        ("luz_lux", (400.0, 1_500.0)),
        ("consumo_w", (0, 90)),
        ("co2_ppm", (450, 540)),
        ("bateria", (80, 72)),
    ],
)
def test_what_nobody_asks_about_is_not_told(name: str, values: tuple[float, float]) -> None:
    """What counts, how well it is heard, what a number says that is none; and little of the others."""
    assert Told().numbers(((n * HOUR_S, value) for n, value in enumerate(values)), name) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("luz_lux", (400.0, 5_000.0)),
        ("lux", (3, 200)),
        ("temperature", (20.0, 23.0)),
        ("co2_ppm", (450, 800)),
        ("co2_ppm", (800, 450)),
        ("consumo_w", (1_900, 3)),
        ("humo_detectado", (0, 1)),
        ("programa", (1, 2)),
        ("quark", (1, 2)),
        ("quark", (0.0, 0.5)),
        ("delta", (-10.0, -20.0)),
    ],
)
def test_what_a_person_would_notice_is_told(name: str, values: tuple[float, float]) -> None:
    sensor = Told()
    sensor.say(0, {name: values[0]})
    assert sensor.numbers([(HOUR_S, values[1])], name) == [(HOUR_S, *values)]


def test_people_and_the_definition_say_what_a_number_is() -> None:
    """A counter by somebody's word; a unit by the device's own. Said later, it holds from then on."""
    jumps = [(HOUR_S, 100.0), (2 * HOUR_S, 120.0)]
    counter = replace(SENSOR, limits={"quark": MetricChoice(nature=Nature.COUNTER)})
    assert Told(counter).numbers(jumps, "quark") == []
    hpa = Profile(family="homie", kind="sensor", capability="sensor", units={"quark": "hPa"})
    assert len(Told(replace(SENSOR, profile=hpa)).numbers([(0, 1_000.0), (9, 1_006.0)], "quark")) == 1
    later = Told()
    assert later.numbers([(0, 100.0), (1, 150.0)], "quark") == [(1, 100.0, 150.0)]
    later.say(2, limits=counter.limits)
    assert later.numbers([(3, 400.0)], "quark") == []


def test_what_the_switch_has_done_is_told_by_the_switch() -> None:
    """Its power at once or some minutes later, and how bright it is; a wish is not told as a reading, too."""
    kettle = Told(replace(KETTLE, state="inactivo", parameters={"consumo_w": 0}))
    assert kettle.say(0, {"consumo_w": 0}) == []
    assert kettle.say(HOUR_S, {"consumo_w": 900}, state="activo") == []
    assert kettle.say(HOUR_S + FOLLOWS_S, {"consumo_w": 2_000}) == []
    [told] = kettle.say(2 * HOUR_S, {"consumo_w": 0})
    assert told == {"parametros.consumo_w": Shift(2_000, 0)}
    lamp = Told(replace(KETTLE, configuration={"encendido": True, "brillo": 40}))
    assert lamp.numbers([(0, 10), (HOUR_S, 90)], "brillo") == []


def test_what_turns_is_told_apart_from_what_is_measured() -> None:
    """Each in an entry of its own; what lies in objects by its whole name, and numbers written as text."""
    sensor = Told()
    sensor.say(
        0, {"movimiento": False, "temperatura": 20, "aire": {"hum.2": 40, "abierta": True}, "hum": "40,5"}
    )
    told = sensor.say(
        1, {"movimiento": True, "temperatura": 25, "aire": {"hum.2": 90, "abierta": False}, "hum": "70,5"}
    )
    turned, measured = told
    assert turned == {
        "parametros.movimiento": Shift(before=False, after=True),
        "parametros.aire.abierta": Shift(before=True, after=False),
    }
    assert measured == {
        "parametros.temperatura": Shift(20, 25),
        r"parametros.aire.hum\.2": Shift(40, 90),
        "parametros.hum": Shift(40.5, 70.5),
    }
    assert sensor.say(2, {"movimiento": True, "hum": None, "aire": 3, "temperatura": [1]}) == []


def test_a_name_with_a_dot_in_it_is_not_one_within_an_object() -> None:
    """However alike they are written, each has a band of its own."""
    board = Told()
    board.say(0, {"a.b": 20, "a": {"b": 500}})
    for n in range(1, 5):
        assert board.say(n, {"a.b": 20 + n / 100, "a": {"b": 500 + n / 100}}) == []
    assert board.say(5, {"a.b": 30, "a": {"b": 500}}) == [{r"parametros.a\.b": Shift(20, 30)}]


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    sensor = Told()
    ahead = [(1e8 + n * 600.0, n % 2 * 10.0**n) for n in range(2 * MOST_AN_HOUR)]
    sensor.numbers(ahead)
    assert sensor.numbers([(0.0, 1e30), (1.0, 1e60)])


def test_whoever_counts_is_known() -> None:
    assert tolerance_of("energia", 1.0, "kWh") is NOTHING
    assert tolerance_of("ventana", 1, "") is ANY_CHANGE
