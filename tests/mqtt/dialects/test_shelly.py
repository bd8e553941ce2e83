"""Shelly's generations, as their documents and their firmware have it."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.dialects.dialect import Definition, Heard, Message, NotUnderstood, Outgoing, Reading
from actors.mqtt.dialects.shelly import Shelly

DIALECT = Shelly()
MAC = "AABBCCDDEE01"


def encoded(told: Any) -> bytes:
    return (
        told.encode()
        if isinstance(told, str)
        else told
        if isinstance(told, bytes)
        else json.dumps(told).encode()
    )


def defined(*messages: tuple[str, Any]) -> list[Definition]:
    """The devices that are known once all of these were heard."""
    kept: dict[str, dict[str, bytes]] = {}
    for topic, told in messages:
        for each in DIALECT.announced(Message(topic, encoded(told))).announcements:
            kept.setdefault(each.group, {})[each.key] = each.payload
    return [each for group, told in kept.items() for each in DIALECT.define(group, told)]


def said(definition: Definition, topic: str, told: Any) -> dict[str, Any]:
    reading = DIALECT.read(definition, Message(topic, encoded(told)))
    assert reading is not None
    assert reading.invalid == ()
    return {**reading.parameters, **reading.reported}


def ordered(definition: Definition, **wanted: Any) -> list[tuple[str, Any]]:
    return [(each.topic, plain(each.payload)) for each in DIALECT.order(definition, wanted)]


def stopped(definition: Definition) -> list[tuple[str, Any]]:
    return [(each.topic, plain(each.payload)) for each in DIALECT.stop(definition)]


def plain(payload: bytes) -> Any:
    return json.loads(payload) if payload.startswith(b"{") else payload.decode()


# -- the first generation --------------------------------------------------------------------------


def gen1(model: str, mode: str = "", id_: str = "shelly1-EE01") -> list[Definition]:
    told = {"id": id_, "model": model, "mac": MAC, "ip": "192.0.2.9", "new_fw": False, "fw_ver": "1"}
    return defined(("shellies/announce", told | ({"mode": mode} if mode else {})))


def test_the_first_generation_announces_itself() -> None:
    """It goes by its MAC, also where its id holds a slash, and its kind follows from the model."""
    (plug,) = gen1("SHPLG-S", id_="casa/enchufe")
    assert plug.serial == f"shelly-{MAC}"
    assert plug.hardware == {MAC.lower()}
    assert (plug.profile.kind, plug.profile.model, plug.profile.software, plug.profile.address) == (
        *("enchufe", "Shelly Plug S", "1"),
        "shellies/casa/enchufe",
    )
    assert "shellies/casa/enchufe/relay/0/power" in plug.topics
    assert ordered(plug, encendido=True) == [("shellies/casa/enchufe/relay/0/command", "on")]
    assert DIALECT.greet(plug) == (Outgoing("shellies/casa/enchufe/command", b"update"),)


@pytest.mark.parametrize(
    ("leaf", "payload", "expected"),
    [
        ("relay/0", "on", {"encendido": True, "sobrecarga": False}),
        ("relay/0", "off", {"encendido": False, "sobrecarga": False}),
        ("relay/0", "overpower", {"encendido": False, "sobrecarga": True}),
        ("relay/0/power", "20.58", {"consumo_w": 20.58}),
        ("relay/0/energy", "120000", {"energia_kwh": 2}),
        ("temperature", "22.28", {"temperatura_equipo": 22.28}),
        ("overtemperature", "0", {"sobretemperatura": False}),
        ("info", {"wifi_sta": {"rssi": -59}, "relays": []}, {"rssi": -59}),
    ],
)
def test_a_metered_plug(leaf: str, payload: Any, expected: Any) -> None:
    """Watt-minutes are kilowatt-hours, and too much power has switched it off."""
    (plug,) = gen1("SHPLG-S")
    topic = f"shellies/shelly1-EE01/{leaf}"
    assert topic in plug.topics
    assert said(plug, topic, payload) == expected


def test_presence_of_the_first_generation() -> None:
    """``true`` and ``false``; of what sleeps only that it is there, and it has a day and a half."""
    (plug,), (sleeper,) = gen1("SHPLG-S"), gen1("SHHT-1")
    online = "shellies/shelly1-EE01/online"
    assert DIALECT.read(plug, Message(online, b"true")) == Reading(online=True)
    assert DIALECT.read(plug, Message(online, b"false")) == Reading(online=False)
    assert DIALECT.read(sleeper, Message(online, b"false")) is None
    assert (plug.profile.patience, sleeper.profile.patience) == (None, 36 * 3600)
    assert DIALECT.greet(sleeper) == ()
    with pytest.raises(NotUnderstood):
        DIALECT.read(plug, Message(online, b"maybe"))


def test_a_shutter_or_two_relays() -> None:
    """By its mode; a position that it does not know is none."""
    (shutter,) = gen1("SHSW-25", "roller")
    base = "shellies/shelly1-EE01/roller/0"
    assert (shutter.profile.kind, shutter.profile.settling) == ("persiana", 60)
    assert said(shutter, f"{base}/pos", "91") == {"posicion": 91}
    assert said(shutter, f"{base}/pos", "-1") == {}
    assert ordered(shutter, posicion=40) == [(f"{base}/command/pos", "40")]
    assert ordered(shutter, posicion=0) == [(f"{base}/command", "close")]
    assert stopped(shutter) == [(f"{base}/command", "stop")]
    one, two = gen1("SHSW-25", "relay")
    assert (stopped(one), one.profile.stop_address) == ([], None)
    assert [one.serial, two.serial] == [f"shelly-{MAC}", f"shelly-{MAC}.2"]
    assert ordered(two, encendido=False) == [("shellies/shelly1-EE01/relay/1/command", "off")]
    assert DIALECT.read(two, Message("shellies/shelly1-EE01/relay/0", b"on")) is None


def test_a_meter_of_three_phases() -> None:
    """Watt-hours this time, and a reading each."""
    (meter,) = gen1("SHEM-3")
    base = "shellies/shelly1-EE01/emeter"
    told = {
        "0/power": "12.5",
        "1/power": "3",
        "2/total": "1500",
        "0/total_returned": "10",
        "1/voltage": "230.1",
    }
    readings: dict[str, Any] = {}
    for leaf, payload in told.items():
        readings |= said(meter, f"{base}/{leaf}", payload)
    assert readings == {
        **{"consumo_w": 12.5, "consumo_w_2": 3, "energia_kwh_3": 1.5},
        **{"energia_devuelta_kwh": 0.01, "tension_v_2": 230.1},
    }


def test_lights_of_the_first_generation() -> None:
    """A dimmer, a warm bulb, a coloured one by its mode, and four whites."""
    base = "shellies/shelly1-EE01"
    (warm,) = gen1("SHBDUO-1")
    told: dict[str, Any] = {"ison": True, "brightness": 40, "temp": 2700, "white": 0}
    assert said(warm, f"{base}/light/0/status", told) == {"encendido": True, "brillo": 40, "temp_color": 2700}
    assert ordered(warm, encendido=True, brillo=10, temp_color=9000) == [
        (f"{base}/light/0/set", {"brightness": 10, "temp": 6500, "turn": "on"})
    ]
    (colored,) = gen1("SHCB-1", "color")
    told = {"ison": True, "mode": "color", "red": 255, "green": 128, "blue": 0, "gain": 30, "brightness": 9}
    assert said(colored, f"{base}/color/0/status", told) == {
        **{"encendido": True, "color": "#ff8000", "brillo": 30}
    }
    assert said(colored, f"{base}/color/0/status", {"mode": "white", "brightness": 9, "temp": 3000}) == {
        **{"brillo": 9, "temp_color": 3000}
    }
    assert ordered(colored, color="#0000ff", encendido=True) == [
        (f"{base}/color/0/set", {"mode": "color", "red": 0, "green": 0, "blue": 255, "turn": "on"})
    ]
    assert len(gen1("SHRGBW2", "white")) == 4
    assert len(gen1("SHRGBW2", "color")) == 1


@pytest.mark.parametrize(
    ("model", "leaf", "payload", "expected", "kind"),
    [
        ("SHHT-1", "sensor/temperature", "19.5", {"temperatura": 19.5}, "termometro"),
        ("SHHT-1", "sensor/temperature", "999", {}, "termometro"),
        ("SHWT-1", "sensor/flood", "true", {"agua_detectada": True}, "sensor_humo"),
        ("SHSM-01", "sensor/smoke", "false", {"humo_detectado": False}, "sensor_humo"),
        ("SHGS-1", "sensor/gas", "mild", {"gas_detectado": True, "nivel_gas": "mild"}, "sensor_humo"),
        ("SHDW-2", "sensor/state", "open", {"abierta": True}, "puerta"),
        ("SHMOS-01", "status", {"motion": True, "lux": 8, "bat": 90}, None, "sensor_mov"),
        ("SHBTN-1", "input_event/0", {"event": "SS", "event_cnt": 2}, {"accion": "SS"}, "generico"),
        ("SHSW-1", "ext_temperature/1", "21.5", {"temperatura_2": 21.5}, "enchufe"),
        ("SHSW-1", "input/0", "1", {"entrada": True}, "enchufe"),
    ],
)
def test_sensors_of_the_first_generation(
    model: str, leaf: str, payload: Any, expected: Any, kind: str
) -> None:
    """By the names of this house."""
    (sensor,) = gen1(model)
    assert sensor.profile.kind == kind
    told = said(sensor, f"shellies/shelly1-EE01/{leaf}", payload)
    assert told == (expected if expected is not None else {"movimiento": True, "luz_lux": 8, "bateria": 90})


def test_a_thermostat_of_the_first_generation() -> None:
    """Its goal is told, and comes back in a list."""
    (valve,) = gen1("SHTRV-01")
    told = {
        "thermostats": [{"pos": 20, "target_t": {"value": 21}, "tmp": {"value": 19.9}}],
        "bat": {"value": 95},
    }
    assert (valve.profile.kind, valve.profile.capability) == ("termometro", "setpoint")
    assert said(valve, "shellies/shelly1-EE01/info", told) == {
        **{"temp_objetivo": 21, "temperatura": 19.9, "valvula_pct": 20, "bateria": 95}
    }
    assert ordered(valve, temp_objetivo=19.5) == [
        ("shellies/shelly1-EE01/thermostat/0/command/target_t", "19.5")
    ]


def test_an_unknown_model_says_so() -> None:
    """It is there, can be told nothing, and a note says why."""
    (unknown,) = gen1("SHNEW-9")
    assert "SHNEW-9" in unknown.profile.notes[0]
    assert unknown.profile.controls == {}


@pytest.mark.parametrize("told", [{"id": "x"}, {"id": "x", "mac": "12"}, [], "x", {"mac": 1}])
def test_an_announcement_without_a_mac_is_refused(told: Any) -> None:
    """Nothing else identifies a device."""
    with pytest.raises(NotUnderstood):
        DIALECT.announced(Message("shellies/announce", encoded(told)))


def test_an_id_that_is_no_topic_is_refused() -> None:
    """A wildcard in it would hear everybody's messages."""
    with pytest.raises(NotUnderstood):
        gen1("SHSW-1", id_="a/#")


# -- the later ones --------------------------------------------------------------------------------


def gen2(components: Mapping[str, Any], prefix: str = "casa/riego", **info: Any) -> list[Definition]:
    """The device that answers so to what it is asked once it is online."""
    source, answers = f"shellyplus1pm-{MAC.lower()}", f"iot-backend/{prefix}/shelly/rpc"
    about = {
        "id": source,
        "mac": MAC,
        "model": "SNSW-001P16EU",
        "gen": 2,
        "app": "Plus1PM",
        "name": None,
        **info,
    }
    status = {"sys": {"mac": MAC, "uptime": 15}, "wifi": {"rssi": -60}, **components}
    return defined(
        (answers, {"id": 1, "src": source, "dst": f"iot-backend/{prefix}/shelly", "result": about}),
        (answers, {"id": 2, "src": source, "dst": f"iot-backend/{prefix}/shelly", "result": status}),
    )


SWITCH = {
    **{"id": 0, "output": False, "apower": 5.5, "voltage": 232.7, "current": 0.1, "errors": ["overtemp"]},
    **{"aenergy": {"total": 1500.0, "by_minute": [0.0]}, "temperature": {"tC": 39.2, "tF": 102.5}},
}
COVER = {"id": 0, "state": "open", "pos_control": True, "current_pos": 70, "apower": 0.0}


def notice(definition: Definition, method: str = "NotifyStatus", /, **params: Any) -> tuple[str, Any]:
    prefix = definition.profile.address
    told = {"src": f"shellyplus1pm-{MAC.lower()}", "dst": f"{prefix}/events", "method": method}
    return f"{prefix}/events/rpc", told | {"params": {"ts": 1.61, **params}}


def test_one_that_is_online_is_asked() -> None:
    """Who it is and what it has, with an address of ours that holds its prefix; under ``shellies/`` the
    first generation's way, too."""
    asked = DIALECT.announced(Message("casa/riego/online", b"true", retained=True)).ask
    assert [each.topic for each in asked] == ["casa/riego/rpc", "casa/riego/rpc"]
    calls = [json.loads(each.payload) for each in asked]
    assert [each["method"] for each in calls] == ["Shelly.GetDeviceInfo", "Shelly.GetStatus"]
    assert {each["src"] for each in calls} == {"iot-backend/casa/riego/shelly"}
    both = DIALECT.announced(Message("shellies/plus1pm/online", b"true")).ask
    assert both[0] == Outgoing("shellies/plus1pm/command", b"announce")
    assert len(both) == 3
    assert DIALECT.announced(Message("casa/online", b"yes")) == Heard()
    assert DIALECT.announced(Message("casa/online", b"false")) == Heard()


def test_a_later_one_goes_by_its_mac_under_its_owners_prefix() -> None:
    """Its name is its owner's, and orders go where its prefix says."""
    (switch,) = gen2({"switch:0": SWITCH}, name="Bomba")
    assert switch.serial == f"shelly-{MAC}"
    assert switch.hardware == {MAC.lower()}
    assert (switch.profile.kind, switch.profile.name, switch.profile.model, switch.profile.address) == (
        *("enchufe", "Bomba"),
        *("Plus1PM SNSW-001P16EU", "casa/riego"),
    )
    (call,) = ordered(switch, encendido=True)
    assert call[0] == "casa/riego/rpc"
    assert call[1]["method"] == "Switch.Set"
    assert call[1]["params"] == {"id": 0, "on": True}


def test_watering_ends_by_itself() -> None:
    """The switch is told for how long, in seconds; off is off."""
    (switch,) = gen2({"switch:0": SWITCH})
    assert "duracion_min" in switch.profile.controls
    assert ordered(switch, encendido=True, duracion_min=10)[0][1]["params"] == {
        **{"id": 0, "on": True, "toggle_after": 600}
    }
    assert ordered(switch, encendido=False, duracion_min=10)[0][1]["params"] == {"id": 0, "on": False}
    assert ordered(switch, duracion_min=10) == []


def test_whole_and_partial_states() -> None:
    """By a component's topic, by an answer, and by notices that tell what has changed."""
    (switch,) = gen2({"switch:0": SWITCH, "input:0": {"id": 0, "state": True}, "temperature:100": {"tC": 4}})
    whole = {
        **{"encendido": False, "consumo_w": 5.5, "tension_v": 232.7, "corriente_a": 0.1, "energia_kwh": 1.5},
        **{"temperatura_equipo": 39.2, "fallos": "overtemp"},
    }
    assert said(switch, "casa/riego/status/switch:0", SWITCH) == whole
    result = {"switch:0": SWITCH, "input:0": {"state": True}, "temperature:100": {"id": 100, "tC": 4.5}}
    assert said(switch, "iot-backend/casa/riego/shelly/rpc", {"id": 2, "result": result}) == whole | {
        **{"entrada": True, "temperatura_100": 4.5}
    }
    assert said(switch, *notice(switch, **{"switch:0": {"id": 0, "output": True}})) == {"encendido": True}
    assert said(switch, *notice(switch, wifi={"rssi": -70})) == {"rssi": -70}
    pushed = {"events": [{"component": "input:0", "id": 0, "event": "single_push", "ts": 1.6}]}
    assert said(switch, *notice(switch, "NotifyEvent", **pushed)) == {"accion": "single_push"}
    for told in (
        notice(switch, mqtt={"connected": True}),
        ("iot-backend/casa/riego/shelly/rpc", {"result": {"was_on": True}}),
    ):
        assert DIALECT.read(switch, Message(told[0], encoded(told[1]))) is None


def test_a_call_that_failed_is_told() -> None:
    """With what the device says of it."""
    (switch,) = gen2({"switch:0": SWITCH})
    answer = {"id": 3, "error": {"code": -103, "message": "Invalid argument 'on'!"}}
    with pytest.raises(NotUnderstood, match="Invalid argument"):
        DIALECT.read(switch, Message("iot-backend/casa/riego/shelly/rpc", encoded(answer)))


def test_a_profile_that_is_switched_makes_other_devices() -> None:
    """Two switches, or one cover, as its status has it when it is back."""
    one, two = gen2({"switch:0": SWITCH, "switch:1": {**SWITCH, "id": 1}})
    assert [one.serial, two.serial] == [f"shelly-{MAC}", f"shelly-{MAC}.2"]
    assert ordered(two, encendido=True)[0][1]["params"] == {"id": 1, "on": True}
    assert said(two, *notice(two, **{"switch:1": {"apower": 3}, "switch:0": {"apower": 9}})) == {
        "consumo_w": 3
    }
    (cover,) = gen2({"cover:0": COVER})
    assert (cover.serial, cover.profile.kind) == (one.serial, "persiana")
    assert said(cover, *notice(cover, **{"cover:0": COVER})) == {"posicion": 70, "consumo_w": 0.0}
    assert ordered(cover, posicion=30.2)[0][1]["params"] == {"id": 0, "pos": 30}
    [(_, stop)] = stopped(cover)
    assert (stop["method"], stop["params"]) == ("Cover.Stop", {"id": 0})
    assert (stopped(two), two.profile.stop_address) == ([], None)


def test_a_cover_that_does_not_know_where_it_is() -> None:
    """It is open or closed; what lies between says nothing."""
    (cover,) = gen2({"cover:0": {"id": 0, "state": "closed", "pos_control": False, "current_pos": None}})
    assert said(cover, *notice(cover, **{"cover:0": {"state": "closed"}})) == {"posicion": 0}
    assert said(cover, *notice(cover, **{"cover:0": {"state": "opening"}})) == {}
    assert ordered(cover, posicion=100)[0][1]["method"] == "Cover.Open"


@pytest.mark.parametrize(
    ("key", "status", "expected", "wanted", "method", "params"),
    [
        (
            "light:0",
            {"output": True, "brightness": 40},
            {"encendido": True, "brillo": 40},
            {"encendido": True, "brillo": 60},
            "Light.Set",
            {"on": True, "brightness": 60},
        ),
        (
            "cct:0",
            {"output": True, "brightness": 40, "ct": 3000},
            {"encendido": True, "brillo": 40, "temp_color": 3000},
            {"temp_color": 9000},
            "CCT.Set",
            {"ct": 6500},
        ),
        (
            "rgbw:0",
            {"output": False, "brightness": 40, "rgb": [255, 0, 10], "white": 7},
            {"encendido": False, "brillo": 40, "color": "#ff000a", "blanco": 7},
            {"color": "#0000ff", "blanco": 300},
            "RGBW.Set",
            {"rgb": [0, 0, 255], "white": 255},
        ),
        (
            "rgbcct:0",
            {"output": True, "mode": "cct", "ct": 3000, "rgb": [1, 2, 3]},
            {"encendido": True, "temp_color": 3000},
            {"color": "#0000ff"},
            "RGBCCT.Set",
            {"rgb": [0, 0, 255], "mode": "rgb"},
        ),
        (
            "thermostat:0",
            {"enable": True, "target_C": 21, "current_C": 19.5, "output": False},
            {"encendido": True, "temp_objetivo": 21, "temperatura": 19.5, "calentando": False},
            {"temp_objetivo": 19.5},
            "Thermostat.SetConfig",
            {"config": {"target_C": 19.5}},
        ),
    ],
)
def test_what_is_told(key: str, status: Any, expected: Any, wanted: Any, method: str, params: Any) -> None:
    """Each component's state, and the call that sets it."""
    (light,) = gen2({key: {"id": 0, **status}})
    assert said(light, *notice(light, **{key: status})) == expected
    assert ordered(light, **wanted) == [
        (
            "casa/riego/rpc",
            {
                **{"id": 3, "src": "iot-backend/casa/riego/shelly", "method": method},
                "params": {"id": 0, **params},
            },
        )
    ]


@pytest.mark.parametrize(
    ("status", "expected", "kind"),
    [
        (
            {
                "em:0": {"total_act_power": 30.5, "a_act_power": 10, "b_voltage": 230, "n_current": None},
                "emdata:0": {"total_act": 2500, "c_total_act_energy": 500},
            },
            {
                **{"consumo_w": 30.5, "consumo_w_a": 10, "tension_v_b": 230},
                **{"energia_kwh": 2.5, "energia_kwh_c": 0.5},
            },
            "generico",
        ),
        (
            {"em1:0": {"act_power": 5}, "em1:1": {"act_power": 6}, "em1data:1": {"total_act_energy": 7}},
            {"consumo_w": 5, "consumo_w_2": 6, "energia_kwh_2": 0.007},
            "generico",
        ),
        (
            {"pm1:0": {"apower": 3, "aenergy": {"total": 12}}},
            {"consumo_w": 3, "energia_kwh": 0.012},
            "generico",
        ),
        ({"smoke:0": {"alarm": True, "mute": False}}, {"humo_detectado": True}, "sensor_humo"),
        ({"flood:0": {"alarm": False}}, {"agua_detectada": False}, "sensor_humo"),
        ({"voltmeter:100": {"voltage": 4.321}}, {"tension_v_100": 4.321}, "generico"),
        (
            {"input:0": {"percent": 40}, "input:1": {"state": False}},
            {"entrada_pct": 40, "entrada_2": False},
            "generico",
        ),
        ({"illuminance:0": {"lux": 12, "illumination": "dark"}}, {"luz_lux": 12}, "sensor_luz"),
    ],
)
def test_what_is_read(status: Any, expected: Any, kind: str) -> None:
    """Sensors and meters, by the names and in the units of this house."""
    (sensor,) = gen2(status)
    assert (sensor.profile.kind, sensor.profile.capability) == (kind, "sensor")
    assert said(sensor, *notice(sensor, **status)) == expected
    assert DIALECT.order(sensor, {"encendido": True}) == ()


def test_one_that_sleeps_tells_all_when_it_wakes() -> None:
    """It is never asked, is not gone when it leaves, and has three times its own interval."""
    status = {
        **{"temperature:0": {"tC": 19.9}, "humidity:0": {"rh": 54.3}},
        "devicepower:0": {"battery": {"V": 6.17, "percent": 100}, "external": {"present": False}},
        "sys": {"mac": MAC, "wakeup_period": 7200},
    }
    told = {
        "src": f"shellyplusht-{MAC.lower()}",
        "method": "NotifyFullStatus",
        "params": {"ts": 1.61, **status},
    }
    (sensor,) = defined(("a/b/events/rpc", told))
    assert (sensor.serial, sensor.profile.kind, sensor.profile.patience) == (
        f"shelly-{MAC}",
        "termometro",
        21_600,
    )
    assert said(sensor, "a/b/events/rpc", told) == {
        **{"temperatura": 19.9, "humedad": 54.3, "bateria": 100, "tension_bateria_v": 6.17},
        "alimentacion_externa": False,
    }
    assert DIALECT.greet(sensor) == ()
    assert DIALECT.read(sensor, Message("a/b/online", b"false")) is None


def test_one_that_does_not_answer_has_what_it_was_heard_to_have() -> None:
    """Its notices name it and its components, until it has answered what it has."""
    told = {"src": f"shellyplus1pm-{MAC.lower()}", "method": "NotifyStatus"}
    output: tuple[str, Any] = ("a/events/rpc", told | {"params": {"switch:0": {"output": True}, "mqtt": {}}})
    light: tuple[str, Any] = ("a/events/rpc", told | {"params": {"light:1": {"output": True}}})
    assert defined(("a/events/rpc", told | {"params": {"mqtt": {"connected": True}}})) == []
    lamp, switch = defined(output, light)
    assert (lamp.profile.kind, switch.profile.kind) == ("luz", "enchufe")
    assert lamp.profile.controls.keys() == {"encendido", "brillo"}
    answered = {"src": told["src"], "result": {"switch:0": SWITCH}}
    (alone,) = defined(output, light, ("iot-backend/a/shelly/rpc", answered))
    assert alone.serial == f"shelly-{MAC}"
    assert alone.profile.kind == "enchufe"


def test_what_is_kept_of_an_announcement_has_no_values() -> None:
    """Else each answer would be written to the disk."""
    source = {"src": f"shellyplus1pm-{MAC.lower()}"}
    heard = [
        DIALECT.announced(
            Message("iot-backend/x/shelly/rpc", encoded({**source, "result": {"switch:0": each}}))
        )
        for each in ({"output": True, "apower": 1}, {"apower": 5, "output": False})
    ]
    assert heard[0] == heard[1]
    assert len(heard[0].announcements) == 2


def test_no_two_filters_meet() -> None:
    """A broker would deliver a message once for each."""
    filters = [each.split("/") for each in DIALECT.filters]

    def meet(one: Sequence[str], other: Sequence[str]) -> bool:
        return len(one) == len(other) and all(
            a == b or "+" in (a, b) for a, b in zip(one, other, strict=True)
        )

    assert not any(meet(one, other) for n, one in enumerate(filters) for other in filters[:n])


# -- anything at all -------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
COMPONENTS = ["switch:0", "switch:1", "cover:0", "rgbw:0", "em:0", "input:0", "devicepower:0", "sys", "x:y"]
SOME = [
    *gen1("SHCB-1"),
    *gen1("SHSW-25", "roller"),
    *gen1("SHTRV-01"),
    *gen2({"switch:0": SWITCH, "rgbw:0": {}, "cover:0": COVER, "input:0": {}}),
]


@given(st.sampled_from(SOME), st.data())
def test_anything_told_by_a_known_device(definition: Definition, data: st.DataObject) -> None:
    """Nothing but a refusal comes of it."""
    topic = data.draw(st.sampled_from(definition.topics))
    status = st.dictionaries(st.sampled_from([*COMPONENTS, "ison", "mode", "red", "thermostats"]), ANYTHING)
    told = data.draw(
        st.binary(max_size=32)
        | status.map(encoded)
        | status.map(lambda params: encoded({"method": "NotifyStatus", "params": params}))
        | ANYTHING.map(lambda events: encoded({"method": "NotifyEvent", "params": {"events": events}}))
        | status.map(lambda result: encoded({"result": result, "src": f"x-{MAC}"}))
        | ANYTHING.map(encoded)
    )
    for dialect_hears in (DIALECT.announced, lambda message: DIALECT.read(definition, message)):
        with contextlib.suppress(NotUnderstood):
            dialect_hears(Message(topic, told))
    wanted = {name: data.draw(ANYTHING) for name in definition.profile.controls}
    for message in DIALECT.order(definition, wanted):
        assert not {*message.topic} & {"+", "#"}


@given(st.dictionaries(st.sampled_from(["id", "model", "mac", "mode"]), ANYTHING), st.data())
def test_anything_announced(told: dict[str, Any], data: st.DataObject) -> None:
    """Of either sort: it is refused, or it defines what can be asked and told."""
    status = data.draw(st.dictionaries(st.sampled_from(COMPONENTS), ANYTHING))
    mac = {"mac": MAC} if data.draw(st.booleans()) else {}
    for topic, each in (
        ("shellies/announce", told | mac),
        ("a/events/rpc", {"method": "NotifyFullStatus", "src": f"x-{MAC}", "params": status}),
        ("iot-backend/a/shelly/rpc", {"src": told.get("id"), "result": told | mac}),
    ):
        with contextlib.suppress(NotUnderstood):
            for definition in defined((topic, each)):
                DIALECT.greet(definition)
    kept = {key: data.draw(st.binary(max_size=16)) for key in ("announce", "prefix", "components", "info")}
    kept["components"] = encoded({"components": data.draw(ANYTHING), "wakeup_s": data.draw(ANYTHING)})
    if data.draw(st.booleans()):
        del kept["announce"]
    with contextlib.suppress(NotUnderstood):
        [*DIALECT.define(MAC, kept)]
