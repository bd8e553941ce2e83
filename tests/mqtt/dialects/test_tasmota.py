"""Tasmota: what its discovery defines, what its messages say, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import JsonObject
from actors.mqtt.dialects.dialect import Definition, Message, NotUnderstood, Outgoing, Reading
from actors.mqtt.dialects.tasmota import Tasmota

MAC = "A4CF12345678"
TASMOTA = Tasmota()
IFAN: dict[str, Any] = {"rl": [2, 0, 0, 0], "if": 1}


def config(**fields: Any) -> dict[str, Any]:
    """As a plug announces itself, but for ``fields``."""
    return {
        **{"ip": "192.0.2.10", "dn": "Tasmota", "fn": ["Lavadora", None], "hn": "lavadora-5678", "mac": MAC},
        **{"md": "Sonoff S31", "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online", "sw": "14.1.0"},
        **{"state": ["OFF", "ON", "TOGGLE", "HOLD"], "t": "lavadora", "ft": "%prefix%/%topic%/"},
        **{"tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0], "swc": [-1], "swn": [None], "btn": [0]},
        **{"so": {"4": 0, "17": 0, "30": 0, "68": 0, "82": 0}, "lk": 1, "lt_st": 0, "bat": 0, "dslp": 0},
        **{"sho": [], "sht": [], "ver": 1},
        **fields,
    }


def defined(sensors: JsonObject | None = None, **fields: Any) -> list[Definition]:
    announcements = {"config": json.dumps(config(**fields)).encode()}
    if sensors is not None:
        announcements["sensors"] = json.dumps({"sn": sensors, "ver": 1}).encode()
    return list(TASMOTA.define(MAC, announcements))


def said(definition: Definition, topic: str, payload: Any, *, retained: bool = False) -> Reading:
    assert topic in definition.topics
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return TASMOTA.read(definition, Message(topic, raw, retained)) or Reading()


def told(definition: Definition, **wanted: Any) -> Sequence[tuple[str, str]]:
    return [(order.topic, order.payload.decode()) for order in TASMOTA.order(definition, wanted)]


def measured(sensors: JsonObject, announced: JsonObject | None = None) -> Reading:
    [board] = defined(announced if announced is not None else sensors)
    return said(board, "tele/lavadora/SENSOR", sensors)


# -- announcements ---------------------------------------------------------------------------------


def test_a_discovery_is_kept_by_its_mac_and_its_withdrawal_too() -> None:
    for key in ("config", "sensors"):
        for payload in (json.dumps(config()).encode(), b""):
            heard = TASMOTA.announced(Message(f"tasmota/discovery/{MAC}/{key}", payload, retained=True))
            [announcement] = heard.announcements
            assert (announcement.group, announcement.key, announcement.payload) == (MAC, key, payload)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tasmota/discovery/kitchen/config", b"{}"),
        (f"tasmota/discovery/{MAC}/config", b"{"),
        (f"tasmota/discovery/{MAC}/config", b"[1]"),
        (f"tasmota/discovery/{MAC}/config", json.dumps(config(mac="000000000000")).encode()),
        (f"tasmota/discovery/{MAC}/config", b'{"mac":"%b"}' % (b" " * 40_000)),
    ],
)
def test_an_announcement_that_is_none_is_refused_with_a_reason(topic: str, payload: bytes) -> None:
    with pytest.raises(NotUnderstood) as refused:
        TASMOTA.announced(Message(topic, payload))
    assert refused.value.reason


def test_without_its_configuration_nothing_is_defined() -> None:
    assert [*TASMOTA.define(MAC, {"sensors": b'{"sn":{}}', "config": b""})] == []


def test_a_board_is_known_by_its_hardware_and_named_as_its_owner_did() -> None:
    [plug] = defined()
    assert (plug.serial, plug.hardware) == (f"tasmota-{MAC}", frozenset({MAC.lower()}))
    assert (plug.profile.name, plug.profile.model, plug.profile.software) == (
        *("Lavadora", "Sonoff S31"),
        "14.1.0",
    )
    assert (plug.profile.kind, plug.profile.capability) == ("enchufe", "binary")
    assert defined(dn="Sótano")[0].profile.name == "Sótano"


@pytest.mark.parametrize(
    ("full", "command", "will"),
    [
        ("%prefix%/%topic%/", "cmnd/lavadora/", "tele/lavadora/LWT"),
        ("%topic%/%prefix%/", "lavadora/cmnd/", "lavadora/tele/LWT"),
        ("casa/%topic%/%prefix%", "casa/lavadora/cmnd/", "casa/lavadora/tele/LWT"),
        ("%prefix%/%hostname%/%id%/", f"cmnd/lavadora-5678/{MAC}/", f"tele/lavadora-5678/{MAC}/LWT"),
        ("%topic%/", "lavadora/cmnd/", "lavadora/LWT"),
        ("%prefix%//%topic%/#", "cmnd/lavadora/", "tele/lavadora/LWT"),
    ],
)
def test_any_order_of_topics_is_followed(full: str, command: str, will: str) -> None:
    [plug] = defined(ft=full)
    assert will in plug.topics
    assert plug.profile.address == command
    assert told(plug, encendido=True) == [(f"{command}Power1", "ON")]
    assert TASMOTA.greet(plug)[0] == Outgoing(f"{command}STATE", b"")


@pytest.mark.parametrize(
    "fields",
    [{"t": None}, {"t": "a+b"}, {"t": "$SYS", "ft": "%topic%/%prefix%/"}, {"hn": "", "ft": "%hostname%/"}],
)
def test_a_board_without_usable_topics_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        defined(**fields)


def test_further_relays_are_channels_with_the_boards_presence() -> None:
    first, second = defined(rl=[1, 1, 0], fn=["Techo", "Bomba"])
    assert (second.serial, second.profile.name) == (f"tasmota-{MAC}.2", "Bomba")
    state = {"POWER1": "ON", "POWER2": "OFF", "Wifi": {"RSSI": 86, "Signal": -57}}
    assert said(first, "tele/lavadora/STATE", state) == Reading({"rssi": -57}, {"encendido": True})
    assert said(second, "tele/lavadora/STATE", state) == Reading(reported={"encendido": False})
    assert said(second, "tele/lavadora/LWT", b"Offline").online is False
    assert told(second, encendido="on") == [("cmnd/lavadora/Power2", "ON")]


@pytest.mark.parametrize(
    ("sensors", "kind"),
    [
        ({"AM2301": {"Temperature": 21, "Humidity": 50}, "TempUnit": "C"}, "termometro"),
        ({"MHZ19B": {"CarbonDioxide": 700, "Temperature": 26}}, "sensor_co2"),
        ({"BH1750": {"Illuminance": 300}}, "sensor_luz"),
        ({"PIR salón": "OFF"}, "sensor_mov"),
        ({"Puerta": "OFF"}, "puerta"),
        ({"Humo": "OFF"}, "sensor_humo"),
        ({"DS18B20-1": {"Id": "0A", "Temperature": 1}}, "termometro"),
        ({"PMS5003": {"PM2.5": 3}, "ESP32": {"Temperature": 48}}, "generico"),
        ({}, "generico"),
    ],
)
def test_a_board_without_relays_is_what_it_measures(sensors: JsonObject, kind: str) -> None:
    [board] = defined(sensors, rl=[0, 0])
    assert (board.profile.kind, board.profile.capability) == (kind, "sensor")
    assert dict(board.profile.controls) == {}
    assert told(board, encendido=True) == []


def test_half_a_shutter_and_an_unknown_relay_are_told() -> None:
    [plug] = defined(rl=[3, 1, 7])
    assert plug.profile.kind == "enchufe"
    assert len(plug.profile.notes) == 2


# -- presence --------------------------------------------------------------------------------------


def test_one_that_is_back_is_asked_how_it_is() -> None:
    [plug] = defined()
    back = said(plug, "tele/lavadora/LWT", b"Online")
    assert back.online is True
    asked = {(question.topic, question.payload) for question in back.ask}
    assert {("cmnd/lavadora/STATE", b""), ("cmnd/lavadora/STATUS", b"10")} <= asked
    assert said(plug, "tele/lavadora/LWT", b"Online", retained=True) == Reading(online=True)


def test_presence_has_the_words_that_were_announced() -> None:
    [plug] = defined(ofln="Weg", onln="Da")
    assert said(plug, "tele/lavadora/LWT", b"Da").online is True
    assert said(plug, "tele/lavadora/LWT", b"Weg").online is False
    assert said(plug, "tele/lavadora/LWT", b"") == Reading()
    with pytest.raises(NotUnderstood):
        said(plug, "tele/lavadora/LWT", b"Online")


def test_one_that_sleeps_is_gone_by_its_silence_alone() -> None:
    [board] = defined({"SHT3X": {"Temperature": 4}}, rl=[0], dslp=1)
    assert board.profile.patience == 3 * 3_600
    assert said(board, "tele/lavadora/LWT", b"Offline") == Reading()
    woken = said(board, "tele/lavadora/LWT", b"Online")
    assert Outgoing("cmnd/lavadora/DeepSleepTime", b"") in woken.ask
    assert said(board, "stat/lavadora/RESULT", {"DeepSleepTime": 600}) == Reading(patience=1_800)
    assert said(board, "stat/lavadora/RESULT", {"DeepSleepTime": 0}) == Reading()
    assert defined()[0].profile.patience is None


# -- how it is set ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("stat/lavadora/RESULT", {"POWER": "ON"}),
        ("stat/lavadora/RESULT", {"POWER1": "ON"}),
        ("stat/lavadora/POWER", b"ON"),
        ("stat/lavadora/POWER1", b"ON"),
        ("stat/lavadora/POWER", {"POWER": "ON"}),
        ("tele/lavadora/STATE", {"Time": "2026-01-01T00:00:00", "POWER": "ON"}),
        ("stat/lavadora/STATUS11", {"StatusSTS": {"POWER": "ON"}}),
    ],
)
def test_a_switch_is_read_wherever_it_is_told(topic: str, payload: Any) -> None:
    assert said(defined()[0], topic, payload).reported == {"encendido": True}


def test_a_switch_has_the_words_that_were_announced() -> None:
    [plug] = defined(state=["aus", "ein", "um", "halt"])
    assert said(plug, "stat/lavadora/POWER", b"ein").reported == {"encendido": True}
    assert said(plug, "stat/lavadora/RESULT", {"POWER": "aus"}).reported == {"encendido": False}
    assert said(plug, "stat/lavadora/RESULT", {"POWER": "ON"}).reported == {}


def test_answers_under_the_commands_names_are_heard_where_the_option_says_so() -> None:
    [lamp] = defined(rl=[2], lt_st=1, so={"4": 1})
    assert said(lamp, "stat/lavadora/DIMMER", {"POWER": "ON", "Dimmer": 40}).reported == {
        "encendido": True,
        "brillo": 40,
    }
    assert "stat/lavadora/DIMMER" not in defined(rl=[2], lt_st=1)[0].topics


@pytest.mark.parametrize(
    ("channels", "names"),
    [
        (0, {"encendido"}),
        (1, {"encendido", "brillo"}),
        (2, {"encendido", "brillo", "temp_color"}),
        (3, {"encendido", "brillo", "color"}),
        (4, {"encendido", "brillo", "color"}),
        (5, {"encendido", "brillo", "color", "temp_color"}),
    ],
)
def test_a_light_can_be_told_what_its_channels_allow(channels: int, names: set[str]) -> None:
    [lamp] = defined(rl=[2], lt_st=channels)
    assert (lamp.profile.kind, {*lamp.profile.controls}) == ("luz", names)


def test_a_relay_may_be_a_lamp() -> None:
    assert defined(so={"30": 1})[0].profile.kind == "luz"


@pytest.mark.parametrize(
    ("told_color", "ours"),
    [
        ({"HSBColor": "30,100,50"}, "#ff8000"),
        ({"Color": "804000"}, "#ff8000"),
        ({"Color": "#8040000000"}, "#ff8000"),
        ({"Color": "128,64,0,0,0"}, "#ff8000"),
        ({"HSBColor": "30,100,50", "Color": "000000FF"}, "#ff8000"),
    ],
)
def test_a_colour_is_told_at_full_brightness(told_color: JsonObject, ours: str) -> None:
    [lamp] = defined(rl=[2], lt_st=5)
    assert said(lamp, "tele/lavadora/STATE", told_color).reported == {"color": ours}


@pytest.mark.parametrize("told_color", [{"Color": "000000FF00"}, {"HSBColor": "0,0,0"}, {"Color": "rojo"}])
def test_white_light_has_no_colour(told_color: JsonObject) -> None:
    [lamp] = defined(rl=[2], lt_st=5)
    assert said(lamp, "tele/lavadora/STATE", told_color).reported == {}


def test_the_range_of_whites_follows_the_option() -> None:
    [wide], [narrow] = defined(rl=[2], lt_st=2), defined(rl=[2], lt_st=2, so={"82": 1})
    assert (wide.profile.controls["temp_color"].low, wide.profile.controls["temp_color"].high) == (2000, 6536)
    assert told(narrow, temp_color=6500) == [("cmnd/lavadora/CT", "200")]
    assert said(wide, "tele/lavadora/STATE", {"CT": 250}).reported == {"temp_color": 4000}


@given(st.integers(0, 0xFFFFFF))
def test_a_colour_that_was_ordered_is_confirmed_by_what_the_lamp_then_says(color: int) -> None:
    [lamp] = defined(rl=[2], lt_st=3)
    wanted = f"#{color | 0x010000:06x}"
    orders = dict(part.split(" ") for part in told(lamp, color=wanted)[0][1].split(";"))
    reported = said(
        lamp, "stat/lavadora/RESULT", {"HSBColor": f"{orders['HSBColor1']},{orders['HSBColor2']},60"}
    ).reported["color"]
    assert lamp.profile.controls["color"].confirms(wanted, reported)


@given(st.integers(2_000, 6_536))
def test_a_white_that_was_ordered_is_confirmed_by_what_the_lamp_then_says(kelvin: int) -> None:
    [lamp] = defined(rl=[2], lt_st=2)
    [(_, mireds)] = told(lamp, temp_color=kelvin)
    reported = said(lamp, "stat/lavadora/RESULT", {"CT": int(mireds)}).reported["temp_color"]
    assert lamp.profile.controls["temp_color"].confirms(kelvin, reported)


def test_several_settings_go_together_with_the_main_switch_last() -> None:
    [lamp] = defined(rl=[2], lt_st=5)
    assert told(lamp, encendido=True, color="#ff8000", brillo=40, temp_color=4000) == [
        ("cmnd/lavadora/Backlog0", "CT 250;HSBColor1 30;HSBColor2 100;Dimmer 40;Power1 ON")
    ]
    assert told(lamp, brillo=40) == [("cmnd/lavadora/Dimmer", "40")]
    assert told(lamp, brillo="mucho", color="rojo", encendido="quizás") == []


def test_lights_that_are_not_linked_are_dimmed_apart() -> None:
    color, white = defined(rl=[2, 2], lt_st=5, lk=0)
    assert ({*color.profile.controls}, {*white.profile.controls}) == (
        {"encendido", "brillo", "color"},
        {"encendido", "brillo", "temp_color"},
    )
    assert told(white, brillo=10) == [("cmnd/lavadora/Dimmer2", "10")]
    assert said(color, "tele/lavadora/STATE", {"Dimmer1": 30, "Dimmer2": 10}).reported == {"brillo": 30}


def test_each_pwm_channel_may_be_a_lamp_of_its_own() -> None:
    _, second = defined(rl=[2, 2], lt_st=2, so={"68": 1})
    assert told(second, brillo=70) == [("cmnd/lavadora/Channel2", "70")]
    assert said(second, "tele/lavadora/STATE", {"POWER2": "ON", "Channel1": 5, "Channel2": 70}).reported == {
        "encendido": True,
        "brillo": 70,
    }


def test_a_tuya_dimmer_is_dimmed_without_being_switched_on() -> None:
    [lamp] = defined(rl=[2], lt_st=1, ty=1)
    assert told(lamp, brillo=70) == [("cmnd/lavadora/Dimmer3", "70")]


def test_each_shutter_is_stopped_by_itself() -> None:
    """Whatever else the board has has nothing to stop."""
    boards = defined(rl=[3, 3, 3, 3, 1], sho=[0, 0])
    stops = [[(each.topic, each.payload) for each in TASMOTA.stop(board)] for board in boards]
    topics = [f"cmnd/lavadora/ShutterStop{number}" for number in (1, 2)]
    assert stops == [[(topics[0], b"")], [(topics[1], b"")], []]
    assert [board.profile.stop_address for board in boards] == ["", "", None]


def test_a_pair_of_relays_is_one_shutter() -> None:
    first, second = defined(rl=[3, 3, 3, 3], sho=[0, 1], sht=[[0, 0, 0], [-90, 90, 10]])
    assert (first.profile.kind, first.profile.settling) == ("persiana", 60.0)
    moving = {"Shutter1": {"Position": 47, "Direction": 1, "Target": 100, "Tilt": 0}}
    assert said(first, "stat/lavadora/RESULT", moving).reported == {"posicion": 47, "encendido": True}
    assert said(first, "stat/lavadora/SHUTTER1", b"0").reported == {"posicion": 0, "encendido": False}
    stopped = {"StatusSNS": {"Shutter2": {"Position": 30, "Direction": 0, "Target": 30, "Tilt": 45}}}
    assert said(second, "stat/lavadora/STATUS10", stopped).reported == {
        "posicion": 70,
        "encendido": True,
        "inclinacion": 75,
    }


@pytest.mark.parametrize(
    ("wanted", "inverted", "position"),
    [
        ({"posicion": 30}, 0, "30"),
        ({"posicion": 30}, 1, "70"),
        ({"posicion": 30, "encendido": True}, 0, "30"),
        ({"encendido": True}, 0, "100"),
        ({"encendido": False, "posicion": 30}, 0, "0"),
        ({"encendido": False}, 1, "100"),
        ({"posicion": 140}, 0, "100"),
    ],
)
def test_a_shutter_goes_as_far_as_is_said(wanted: JsonObject, inverted: int, position: str) -> None:
    [shutter] = defined(rl=[3, 3], sho=[inverted])
    assert told(shutter, **wanted) == [("cmnd/lavadora/ShutterPosition1", position)]


def test_slats_are_tilted_between_their_own_ends() -> None:
    [shutter] = defined(rl=[3, 3], sho=[0], sht=[[-90, 90, 10]])
    assert told(shutter, inclinacion=75, posicion=50) == [
        ("cmnd/lavadora/Backlog0", "ShutterTilt1 45;ShutterPosition1 50")
    ]


@pytest.mark.parametrize(
    ("wanted", "speed"),
    [
        ({"velocidad": 50, "encendido": True}, "2"),
        ({"velocidad": 5}, "1"),
        ({"velocidad": 0}, "0"),
        ({"encendido": True}, "3"),
        ({"encendido": False, "velocidad": 100}, "0"),
    ],
)
def test_a_fan_has_three_speeds(wanted: JsonObject, speed: str) -> None:
    fan, light = defined(**IFAN)
    assert (fan.profile.kind, light.profile.kind) == ("ventilador", "luz")
    assert told(fan, **wanted) == [("cmnd/lavadora/FanSpeed", speed)]


@given(st.integers(1, 100))
def test_the_speed_that_is_nearest_confirms_the_order(percent: int) -> None:
    fan, _ = defined(**IFAN)
    [(_, speed)] = told(fan, velocidad=percent)
    reported = said(fan, "stat/lavadora/RESULT", {"FanSpeed": int(speed)}).reported
    assert reported["encendido"] is True
    assert percent < 17 or fan.profile.controls["velocidad"].confirms(percent, reported["velocidad"])


# -- water stops by itself -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "pulse"),
    [(0, 0), (0.1, 60), (0.185, 111), (0.19, 112), (0.2, 112), (1, 160), (25, 1_600), (1_440, 64_900)],
)
def test_a_duration_is_counted_by_the_board_itself(minutes: float, pulse: int) -> None:
    [valve] = defined()
    assert told(valve, encendido=True, duracion_min=minutes) == [
        ("cmnd/lavadora/Backlog0", f"PulseTime1 {pulse};Power1 ON")
    ]


@given(st.floats(0, 1_080))
def test_a_duration_that_was_ordered_is_confirmed(minutes: float) -> None:
    [valve] = defined()
    [(_, pulse)] = told(valve, duracion_min=minutes)
    answer = {"PulseTime1": {"Set": int(pulse), "Remaining": int(pulse)}}
    reported = said(valve, "stat/lavadora/RESULT", answer).reported["duracion_min"]
    assert valve.profile.controls["duracion_min"].confirms(minutes, reported)


def test_the_boards_own_limit_is_asked_for_when_it_comes_back() -> None:
    [valve] = defined()
    assert Outgoing("cmnd/lavadora/PulseTime1", b"") in said(valve, "tele/lavadora/LWT", b"Online").ask


# -- readings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sensors", "expected"),
    [
        (
            {"ENERGY": {"TotalStartTime": "2020-01-01T00:00:00", "Total": 6.3, "Today": 0.9, "Yesterday": 5.3,
                        "Power": 2635, "ApparentPower": 2650, "ReactivePower": 282, "Factor": 0.99,
                        "Voltage": 227, "Current": 11.6}},
            {"energia_kwh": 6.3, "energia_hoy_kwh": 0.9, "energia_ayer_kwh": 5.3, "consumo_w": 2635,
             "potencia_va": 2650, "potencia_var": 282, "factor_potencia": 0.99, "tension_v": 227,
             "corriente_a": 11.6},
        ),
        (
            {"BME280": {"Temperature": 70.7, "Humidity": 66, "Pressure": 750},
             "PressureUnit": "mmHg", "TempUnit": "F"},
            {"temperatura": 21.5, "humedad": 66, "presion_hpa": 999.918},
        ),
        (
            {"PMS5003": {"CF1": 1, "PM1": 1, "PM2.5": 3, "PM10": 4}},
            {"pms5003_cf1": 1, "pm1": 1, "pm25": 3, "pm10": 4},
        ),
        ({"SR04": {"Distance": 150}, "HX711": {"Weight": "1.5"}}, {"distancia_m": 1.5, "peso_kg": 1.5}),
        ({"COUNTER": {"C1": 7}, "ANALOG": {"A0": 8}}, {"counter_c1": 7, "analog_a0": 8}),
        ({"ANALOG": {"Temperature1": 20, "Temperature2": 21}}, {"temperatura": 20, "temperatura_2": 21}),
        ({"Switch1": "ON", "PIR": "OFF"}, {"interruptor_1": True, "movimiento": False}),
        (
            {"TX23": {"Speed": {"Act": "36", "Avg": 18}, "Dir": {"Card": "WSW", "Deg": 247.5}},
             "SpeedUnit": "km/h"},
            {"viento_ms": 10, "viento_ms_avg": 5, "tx23_dir_card": "WSW", "viento_grados": 247.5},
        ),
        (
            {"AM2301": {"Temperature": 20}, "ESP32": {"Temperature": 48}},
            {"temperatura": 20, "temperatura_esp32": 48},
        ),
    ],
)  # fmt: skip
def test_readings_have_the_names_and_units_of_this_house(sensors: JsonObject, expected: JsonObject) -> None:
    assert measured(sensors) == Reading(expected)


def test_three_phases_are_one_whole_and_each_its_own() -> None:
    phases = {
        "ENERGY": {"Power": [100, 200, 300], "Voltage": [230, 231, 229], "Total": {"Phase1": 1, "Phase2": 3}}
    }
    assert measured(phases).parameters == {
        **{"consumo_w": 600, "consumo_w_1": 100, "consumo_w_2": 200, "consumo_w_3": 300},
        **{"tension_v": 230, "tension_v_2": 231, "tension_v_3": 229},
        **{"energia_kwh": 4, "energia_kwh_1": 1, "energia_kwh_2": 3},
    }
    assert measured({"ENERGY": {"Power": 100}}, announced=phases).parameters == {"consumo_w": 100}
    assert "consumo_w" in measured({"ENERGY": {"Power": [100, None]}}).invalid


def test_several_ds18b20_are_told_apart_by_their_id() -> None:
    one, two = {"Id": "00000566CC39", "Temperature": 13.3}, {"Id": "0000059352D4", "Temperature": 1.2}
    both = measured({"DS18B20-1": one, "DS18B20-2": two, "TempUnit": "C"})
    assert both.parameters == {"temperatura_00000566CC39": 13.3, "temperatura_0000059352D4": 1.2}
    assert measured({"DS18B20-1": two}, announced={"DS18B20-1": one}).parameters == {
        "temperatura_0000059352D4": 1.2
    }
    assert measured({"DS18B20": one}).parameters == {"temperatura": 13.3}


def test_the_first_announced_sensor_has_the_plain_name_whatever_a_message_leaves_out() -> None:
    announced = {"AM2301": {"Temperature": 20}, "BME280-77": {"Temperature": 21}}
    assert measured(announced).parameters == {"temperatura": 20, "temperatura_bme280_77": 21}
    assert measured({"BME280-77": {"Temperature": 21}}, announced).parameters == {"temperatura_bme280_77": 21}


@pytest.mark.parametrize(
    "nothing", [None, "nan", "unavailable", "", "2,32", "21 grados", True, 10**30, {}, []]
)
def test_what_is_no_number_is_never_a_reading(nothing: Any) -> None:
    reading = measured({"AM2301": {"Temperature": nothing, "Humidity": 50}})
    assert reading.parameters == {"humedad": 50}
    assert nothing in ({}, []) or reading.invalid == ("temperatura",)


def test_what_an_older_firmware_prints_for_no_number_spoils_nothing_else() -> None:
    [board] = defined({"AM2301": {"Temperature": 1, "Humidity": 2}})
    reading = said(board, "tele/lavadora/SENSOR", b'{"AM2301":{"Temperature":nan,"Humidity":51.5}}')
    assert reading == Reading({"humedad": 51.5}, invalid=("temperatura",))


def test_a_unit_that_nobody_knows_makes_no_reading() -> None:
    assert measured({"AM2301": {"Temperature": 20}, "TempUnit": "N"}).invalid == ("temperatura",)


def test_buttons_and_switches_tell_what_was_done() -> None:
    [board] = defined({"Switch1": "OFF"})
    assert said(board, "stat/lavadora/RESULT", {"Switch1": {"Action": "ON"}}).parameters == {
        "interruptor_1": True
    }
    assert said(board, "stat/lavadora/RESULT", {"Button2": {"Action": "DOUBLE"}}).parameters == {
        "boton_2": "DOUBLE"
    }
    assert said(board, "stat/lavadora/RESULT", {"Command": "Unknown", "TelePeriod": 300}) == Reading()


def test_a_battery_is_told_in_the_state() -> None:
    [board] = defined(bat=1)
    assert said(board, "tele/lavadora/STATE", {"BatteryPercentage": 71}).parameters == {"bateria": 71}


def test_a_zigbee_bridge_tells_its_childrens_readings_by_their_short_address() -> None:
    [bridge] = defined(md="Sonoff ZbBridge", rl=[0])
    child = {"Device": "0x2916", "Name": "Salón", "Temperature": 25.72, "Occupancy": 1, "LinkQuality": 116}
    expected = {"temperatura_0x2916": 25.72, "movimiento_0x2916": True, "calidad_enlace_0x2916": 116}
    for called in ("0x2916", "Salón"):
        heard = said(bridge, "tele/lavadora/SENSOR", {"ZbReceived": {called: child}})
        assert heard.parameters == expected
    for alone in ({"ZbReceived": {"0x2916": child}}, {"0x2916": child}, {"ZbReceived": child}, child):
        message = Message("tele/lavadora/2916/SENSOR", json.dumps(alone).encode())
        reading = TASMOTA.read(bridge, message)
        assert reading is not None
        assert reading.parameters == expected
    assert "tele/lavadora/+/SENSOR" in bridge.topics


# -- whatever comes --------------------------------------------------------------------------------

SENSOR: dict[str, Any] = {
    **{"AM2301": {"Temperature": 20}, "DS18B20-1": {"Id": "0A", "Temperature": 1}, "TempUnit": "C"},
    **{"ENERGY": {"Power": [1, 2]}, "TX23": {"Speed": {"Act": 1}}, "Switch1": "ON"},
    **{"ZbReceived": {"0x1": {"Device": "0x0001"}}},
}
STATE: dict[str, Any] = {
    **{"POWER1": "ON", "Dimmer": 50, "HSBColor": "30,100,50", "Color": "FF8000", "CT": 300, "FanSpeed": 2},
    **{"Shutter1": {"Position": 5, "Tilt": 3}, "PulseTime1": {"Set": 5}, "Wifi": {"Signal": -5}},
    **{"Button1": {"Action": "SINGLE"}},
}
NAMES = sorted({*config(), *SENSOR, *STATE, "Temperature", "Power", "Position", "Id", "4", "StatusSNS"})
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    plain | st.sampled_from([*range(6), "ON"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), inner)
    ),
    max_leaves=8,
)


def spoiled(whole: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """``whole`` with some fields otherwise, left out or in another order; cut; or no such thing at all."""
    changed = st.dictionaries(st.sampled_from(sorted(whole)), values, max_size=4).map(
        lambda other: json.dumps({**other, **whole, **other}).encode()
    )
    cut = st.tuples(changed, st.integers(0, 400)).map(lambda drawn: drawn[0][: drawn[1]])
    return changed | cut | values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)


@given(spoiled(config()), spoiled({"sn": SENSOR, "ver": 1}))
def test_no_announcement_raises_anything_but_that_it_is_not_understood(first: bytes, second: bytes) -> None:
    for key, payload in (("config", first), ("sensors", second)):
        with suppress(NotUnderstood):
            TASMOTA.announced(Message(f"tasmota/discovery/{MAC}/{key}", payload))
    with suppress(NotUnderstood):
        for definition in TASMOTA.define(MAC, {"config": first, "sensors": second}):
            TASMOTA.greet(definition)


FLEET = [
    *defined(SENSOR, rl=[2], lt_st=5, so={"4": 1}),
    *defined(SENSOR, rl=[3, 3, 1], sht=[[0, 90, 5]], md="ZbBridge"),
    *defined(**IFAN, dslp=1),
]


@given(st.sampled_from(FLEET), st.integers(0, 40), spoiled(SENSOR) | spoiled(STATE), st.booleans())
def test_no_message_raises_anything_but_that_it_is_not_understood(
    definition: Definition, topic: int, payload: bytes, retained: bool
) -> None:
    heard = definition.topics[topic % len(definition.topics)].replace("+", "0x2916")
    with suppress(NotUnderstood):
        reading = TASMOTA.read(definition, Message(heard, payload, retained))
        if reading is not None:
            json.dumps([reading.parameters, reading.reported], allow_nan=False)
            assert {*reading.reported} <= {*definition.profile.controls}


CONTROLS = sorted({name for definition in FLEET for name in definition.profile.controls})


@given(st.sampled_from(FLEET), st.dictionaries(st.sampled_from(CONTROLS), values, max_size=4))
def test_no_order_carries_what_the_device_could_not_read(definition: Definition, wanted: JsonObject) -> None:
    for order in TASMOTA.order(definition, wanted):
        assert order.topic.startswith(definition.profile.address)
        assert order.payload.isascii()
        assert len(order.payload) < 200
