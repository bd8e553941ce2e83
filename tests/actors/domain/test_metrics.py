"""What a metric is by its name and unit, what it warns of, and what people decide of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.metrics import (
    UNDECIDED,
    Hazard,
    MetricChoice,
    Nature,
    alarm_of,
    declared_nature,
    hazard_of,
    words_in,
)
from actors.domain.model import MAX_CHOICES, Decided, Device, MetricChange
from actors.domain.refusals import Refusal, Refused
from actors.mqtt.dialects.quantities import QUANTITIES

DEVICE = Device(id=1, serial="TMP0AA")


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize(
    ("names", "nature"),
    [
        (
            "temp temperatura temp1 salon.temperature humedad_suelo co2_ppm PM2.5 roomTemp bateria",
            Nature.GAUGE,
        ),
        ("energia_ayer_kwh nivel_agua potencia_total total_power caudal_m3_h co_ppm", Nature.GAUGE),
        (
            "energia_kwh totalEnergy agua_m3 gas_m3 pulsos uptime consumo_kwh total energia_hoy_kwh",
            Nature.COUNTER,
        ),
        ("encendido abierta door.open movimiento presencia modo relay1", Nature.STATE),
        ("firmware ip mac lastSeen serial_number wifi.ssid card_id", Nature.IDENTIFIER),
        ("humo waterLeak alarma smoke.value bateria_baja CO", Nature.ALARM),
    ],
)
def test_names_in_both_languages_say_what_a_metric_is(names: str, nature: Nature) -> None:
    assert {name: declared_nature(name) for name in words(names)} == dict.fromkeys(words(names), nature)


@pytest.mark.parametrize("name", ["x", "", "qwerty", "gas_resistance", "alarm_volume", "\\0", ".", "7"])
def test_what_no_name_says_is_left_to_be_learned(name: str) -> None:
    assert declared_nature(name) is None


@pytest.mark.parametrize(
    ("names", "nature"),
    [
        ("min max mem mem_free comedor memoria_libre", None),
        ("consigna consigna_temperatura temp_min temp_max temperatura_comedor", Nature.GAUGE),
        (
            "m3 gas_m3 contador_agua contador_luz contador_gas contador_1 gas_counter medidor_m3",
            Nature.COUNTER,
        ),
        ("contador_potencia contador.tension energia_potencia cuenta_atras devices_count", Nature.GAUGE),
    ],
)
def test_names_that_look_like_others(names: str, nature: Nature | None) -> None:
    assert {name: declared_nature(name) for name in words(names)} == dict.fromkeys(words(names), nature)


def test_a_meter_of_gas_is_no_alarm() -> None:
    assert [hazard_of(name) for name in ("contador_gas", "gasCounter", "medidor_gas", "gas_pulsos")] == [
        None
    ] * 4


def test_the_unit_says_it_where_the_name_does_not() -> None:
    assert declared_nature("x", "kWh") is Nature.COUNTER
    assert declared_nature("x", "°C") is Nature.GAUGE
    assert declared_nature("humo") is Nature.ALARM
    assert declared_nature("humo", "ppm") is Nature.GAUGE


def test_what_other_makes_measure_is_known_by_the_names_of_this_house() -> None:
    """A quantity with a unit is measured or counted, and one without is a state or an alarm."""
    for quantity in QUANTITIES.values():
        nature = declared_nature(quantity.name, quantity.unit)
        if quantity.unit and quantity.name != "lluvia_mm":
            assert nature in (Nature.GAUGE, Nature.COUNTER), quantity
        elif quantity.name not in ("lluvia_mm", "factor_potencia", "ruido"):
            assert nature in (Nature.STATE, Nature.ALARM), quantity


@pytest.mark.parametrize(
    ("names", "hazard"),
    [
        (
            "humo smoke smoke:0.alarm humo_detectado humo_detectado_cocina smokeAlarm sensor.humo.estado",
            Hazard.SMOKE,
        ),
        ("fire incendio", Hazard.FIRE),
        ("co carbon_monoxide co_detectado monoxidoCarbono", Hazard.CARBON_MONOXIDE),
        ("gas gas_detectado fuga_gas gasLeak", Hazard.GAS),
        ("fuga water_leak agua_detectada inundación flood:0.alarm moisture_detected", Hazard.WATER),
        ("vidrio_roto GlassBreak", Hazard.GLASS),
        ("tamper sabotaje manipulado", Hazard.TAMPER),
        ("bateria_baja battery_low lowBattery smoke_battery_low", Hazard.BATTERY),
        ("alarma alarm sensor.alarm alarm_state peligro sos", Hazard.OTHER),
    ],
)
def test_names_in_both_languages_say_what_a_metric_warns_of(names: str, hazard: Hazard) -> None:
    assert {name: hazard_of(name) for name in words(names)} == dict.fromkeys(words(names), hazard)


@pytest.mark.parametrize(
    "name",
    words(
        "alarm_volume alarm_enabled alarm.config smoke_level smoke_sensitivity co2 co2_ppm co_ppm gas_m3"
        " agua_m3 nivel_agua water battery bateria low_battery_threshold sin_humo smoke_test humedad estado"
    ),
)
def test_what_is_about_a_hazard_warns_of_none(name: str) -> None:
    assert hazard_of(name) is None


@pytest.mark.parametrize(
    "value",
    [True, 1, "ON", "true", "1", "alarma", "Detectado", "fire", "¡FUGA!", "Smoke detected", "heavy"],
)
def test_alarm_is_said_in_many_ways(value: object) -> None:
    assert alarm_of(value) is True


@pytest.mark.parametrize("value", [False, 0, "OFF", "normal", "clear", "no smoke", "Sin humo", "none", "dry"])
def test_so_is_rest(value: object) -> None:
    assert alarm_of(value) is False


@pytest.mark.parametrize("value", [0.43, 1.0, 0.0, 12, "test", "", None, [], {}, "unavailable", "7.5"])
def test_a_level_a_trial_and_what_nobody_understands_are_neither(value: object) -> None:
    assert alarm_of(value) is None


def test_low_is_a_word_of_batteries_alone() -> None:
    assert alarm_of("low", Hazard.BATTERY) is True
    assert alarm_of("high", Hazard.BATTERY) is False
    assert alarm_of("low", Hazard.SMOKE) is None


@given(st.text())
def test_any_name_has_words(name: str) -> None:
    """Nothing that a device may call its readings stops anybody."""
    words_in(name), declared_nature(name), hazard_of(name), alarm_of(name)


# -- what people decide ----------------------------------------------------------------------------

LOW = MetricChange(low=Decided(3.0))


def changed(device: Device, name: str, change: MetricChange | None) -> Device:
    now = device.after_limits({name: change})
    assert isinstance(now, Device)
    return now


def test_what_is_decided_of_a_metric_is_merged_and_taken_back_piece_by_piece() -> None:
    device = changed(DEVICE, "temp", LOW)
    device = changed(device, "temp", MetricChange(muted=Decided(True), nature=Decided(Nature.GAUGE)))
    assert device.limits == {"temp": MetricChoice(3.0, None, True, Nature.GAUGE)}
    device = changed(device, "temp", MetricChange(low=Decided(None), muted=Decided(None)))
    assert device.limits == {"temp": MetricChoice(nature=Nature.GAUGE)}
    assert changed(device, "temp", MetricChange(nature=Decided(None))).limits == {}
    assert changed(device, "temp", None).limits == {}


def test_the_edition_changes_with_it_and_the_version_does_not() -> None:
    """The device itself is told nothing of it, but whoever has seen the old bounds must look again."""
    device = changed(DEVICE, "temp", LOW)
    assert device.version == DEVICE.version
    assert device.edition != DEVICE.edition
    assert changed(device, "temp", LOW) is device
    assert changed(device, "temp", None).edition == DEVICE.edition


def test_bounds_that_cross_are_refused_whole_also_with_what_was_there() -> None:
    device = changed(DEVICE, "temp", LOW)
    crossed = device.after_limits({"hum": LOW, "temp": MetricChange(high=Decided(2.0))})
    assert crossed == Refused(Refusal.BOUNDS_CROSSED, {"metric": "temp", "low": 3.0, "high": 2.0})


def test_there_are_so_many_metrics_and_no_more() -> None:
    device = DEVICE.after_limits({f"m{n}": LOW for n in range(MAX_CHOICES)})
    assert isinstance(device, Device)
    assert device.after_limits({"one_more": LOW}) == Refused(Refusal.TOO_MANY_CHOICES, {"most": MAX_CHOICES})
    assert isinstance(device.after_limits({"m0": None, "one_more": LOW}), Device)


def test_other_hardware_and_a_release_leave_it_as_it_is() -> None:
    device = replace(changed(DEVICE, "temp", LOW), claimed=True)
    released, replaced = device.after_release(), device.after_replacement(Device(id=2, serial="TMP0BB"))
    assert isinstance(released, Device)
    assert isinstance(replaced, Device)
    assert released.limits == replaced.limits == device.limits


CHANGES = st.builds(
    MetricChange,
    *[st.none() | st.builds(Decided, st.none() | st.floats(-9, 9))] * 2,
    st.none() | st.builds(Decided, st.none() | st.booleans()),
    st.none() | st.builds(Decided, st.none() | st.sampled_from(Nature)),
)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.none() | CHANGES), max_size=5))
def test_whatever_is_decided_no_bounds_cross_and_nothing_undecided_is_kept(
    steps: list[dict[str, MetricChange | None]],
) -> None:
    device = DEVICE
    for changes in steps:
        now = device.after_limits(changes)
        device = device if isinstance(now, Refused) else now
        for choice in device.limits.values():
            assert choice != UNDECIDED
            assert choice.low is None or choice.high is None or choice.low < choice.high
