"""Zigbee2MQTT's lists, states and orders, as its documents and its source say them."""

import contextlib
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.profile import Form
from actors.mqtt.dialects.dialect import Definition, Message, NotUnderstood, Reading
from actors.mqtt.dialects.zigbee2mqtt import Zigbee2Mqtt

DIALECT = Zigbee2Mqtt(("zigbee2mqtt", "casa/zigbee"))
COORDINATOR = {"type": "Coordinator", "ieee_address": "0x00124b0000000001", "friendly_name": "Coordinator"}


# -- what a list is made of ------------------------------------------------------------------------


def state(property_: str = "state", on: Any = "ON", off: Any = "OFF", access: int = 7) -> dict[str, Any]:
    return {
        **{"type": "binary", "name": "state", "property": property_, "access": access},
        **{"value_on": on, "value_off": off, "value_toggle": "TOGGLE"},
    }


def numeric(name: str, access: int = 1, property_: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "numeric", "name": name, "property": property_ or name, "access": access, **more}


def enum(name: str, values: Iterable[str], access: int = 7, property_: str = "") -> dict[str, Any]:
    told = {"type": "enum", "name": name, "property": property_ or name, "access": access}
    return {**told, "values": [*values]}


def color(name: str, *parts: str) -> dict[str, Any]:
    features = [numeric(part, 7) for part in parts]
    return {"type": "composite", "name": name, "property": "color", "access": 7, "features": features}


BRIGHTNESS = numeric("brightness", 7, value_min=0, value_max=254)
WARMTH = numeric("color_temp", 7, value_min=153, value_max=500, unit="mired")
LAMP = {"type": "light", "features": [state(), BRIGHTNESS, WARMTH, color("color_xy", "x", "y")]}
SWITCH = {"type": "switch", "features": [state()]}
COVER = {
    "type": "cover",
    "features": [
        enum("state", ("OPEN", "CLOSE", "STOP")),
        numeric("position", 7, unit="%", value_min=0, value_max=100),
        numeric("tilt", 7, unit="%", value_min=0, value_max=100),
    ],
}
LINK = numeric("linkquality", unit="lqi")


def device(*exposes: Any, number: int = 1, name: str = "salón/lámpara de pie", **more: Any) -> dict[str, Any]:
    definition = {"vendor": "IKEA", "model": "LED1", "description": "A thing", "exposes": [*exposes, LINK]}
    definition["description"] = more.pop("description", "A thing")
    return {
        **{"ieee_address": f"0x00158D00000000{number:02X}", "friendly_name": name, "type": "Router"},
        **{"supported": True, "disabled": False, "interview_completed": True, "definition": definition},
        **{"power_source": "Mains (single phase)", **more},
    }


def defined(
    *devices: Any, groups: Any = None, info: Any = None, prefix: str = "zigbee2mqtt"
) -> list[Definition]:
    kept: dict[str, bytes] = {}
    told = {"devices": [COORDINATOR, *devices], "groups": groups, "info": info}
    for key, payload in told.items():
        if payload is not None:
            message = Message(f"{prefix}/bridge/{key}", json.dumps(payload).encode(), retained=True)
            for announcement in DIALECT.announced(message).announcements:
                assert announcement.group == prefix
                kept[announcement.key] = announcement.payload
    return [*DIALECT.define(prefix, kept)]


def read(definition: Definition, told: Any, leaf: str = "") -> Reading | None:
    payload = told if isinstance(told, bytes) else json.dumps(told).encode()
    return DIALECT.read(definition, Message(definition.body.base + leaf, payload))


def said(definition: Definition, told: Any) -> dict[str, Any]:
    reading = read(definition, told)
    assert reading is not None
    assert reading.invalid == ()
    return {**reading.parameters, **reading.reported}


def ordered(definition: Definition, **wanted: Any) -> tuple[str, Any]:
    (message,) = DIALECT.order(definition, wanted)
    return message.topic, json.loads(message.payload)


# -- who is there ----------------------------------------------------------------------------------


def test_a_device_goes_by_its_ieee_address() -> None:
    """Its serial number, its hardware and its orders are by the address, its states by its name."""
    (lamp,) = defined(device(LAMP))
    assert lamp.serial == "z2m-00158d0000000001"
    assert lamp.hardware == {"00158d0000000001"}
    assert lamp.topics == (
        "zigbee2mqtt/salón/lámpara de pie",
        "zigbee2mqtt/salón/lámpara de pie/availability",
        "zigbee2mqtt/bridge/state",
    )
    assert ordered(lamp, encendido=True) == ("zigbee2mqtt/0x00158d0000000001/set", {"state": "ON"})
    assert (lamp.profile.kind, lamp.profile.name, lamp.profile.model) == (
        *("luz", "salón/lámpara de pie"),
        "IKEA LED1",
    )


def test_a_renamed_device_differs_by_topics_and_name_alone() -> None:
    """The serial number and where orders go stay."""
    (before,), (after,) = defined(device(LAMP)), defined(device(LAMP, name="otro"))
    assert before.serial == after.serial
    assert after.topics[0] == "zigbee2mqtt/otro"
    assert before.body.orders == after.body.orders
    assert read(before, b"") is None


def test_each_prefix_is_a_bridge_of_its_own() -> None:
    """Filters name the lists of each by exact topics, and a bridge's devices lie under its prefix."""
    assert "casa/zigbee/bridge/devices" in DIALECT.filters
    assert not any("+" in name or "#" in name for name in DIALECT.filters)
    assert len(DIALECT.filters) == len({*DIALECT.filters}) == 6
    (plug,) = defined(device(SWITCH, name="enchufe"), prefix="casa/zigbee")
    assert plug.topics[0] == "casa/zigbee/enchufe"


@pytest.mark.parametrize(
    "entry",
    [
        COORDINATOR,
        device(LAMP, disabled=True),
        device(definition=None, interview_completed=False),
        device(definition=None, interview_state="IN_PROGRESS"),
        {"ieee_address": "0x12", "friendly_name": "x"},
        {"friendly_name": "x"},
        "a text",
    ],
)
def test_what_is_no_device_is_not_shown(entry: Any) -> None:
    """Neither the coordinator, nor what is switched off, not interviewed yet, or no entry at all."""
    assert [each.serial for each in defined(entry, device(LAMP, number=2))] == ["z2m-00158d0000000002"]


def test_an_unknown_model_is_shown_with_a_note() -> None:
    """One that Zigbee2MQTT does not support is there, whether it has guessed exposes or none."""
    guessed, without = defined(
        device(enum("action", ("on",), 1), supported=False),
        device(definition=None, supported=False, number=2),
    )
    assert guessed.profile.notes
    assert without.profile.notes
    assert said(without, {"linkquality": 40, "x": [1]}) == {"calidad_enlace": 40}
    assert said(guessed, {"action": "on"}) == {"accion": "on"}


def test_a_name_that_is_no_topic_is_told_and_not_subscribed_to() -> None:
    """A wildcard in a name would hear everybody's messages."""
    (lamp,) = defined(device(LAMP, name="salón/#"))
    assert lamp.topics == ("zigbee2mqtt/bridge/state",)
    assert lamp.profile.notes


# -- presence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b'{"state":"online"}', b"online", b'"online"'])
def test_presence_is_json_or_plain(payload: bytes) -> None:
    """As the bridge's version has it; of the bridge, of all its devices."""
    (lamp,) = defined(device(LAMP))
    assert DIALECT.read(lamp, Message("zigbee2mqtt/bridge/state", payload)) == Reading(online=True)
    gone = payload.replace(b"online", b"offline")
    assert DIALECT.read(lamp, Message("zigbee2mqtt/bridge/state", gone)) == Reading(online=False)
    assert read(lamp, gone, "/availability") == Reading(online=False)


def test_a_bridge_that_is_back_leaves_what_it_watches_alone() -> None:
    """Where availability is told of each device, the bridge's return says nothing of them."""
    info = {"config": {"availability": {"enabled": True}}}
    (lamp,) = defined(device(LAMP), info=info)
    assert DIALECT.read(lamp, Message("zigbee2mqtt/bridge/state", b"online")) is None
    assert DIALECT.read(lamp, Message("zigbee2mqtt/bridge/state", b"offline")) == Reading(online=False)
    own = {"config": {**info["config"], "devices": {"0x00158d0000000001": {"availability": False}}}}
    (left,) = defined(device(LAMP), info=own)
    assert DIALECT.read(left, Message("zigbee2mqtt/bridge/state", b"online")) == Reading(online=True)


def test_what_sleeps_has_a_day_and_an_hour() -> None:
    """1,500 minutes, or what the bridge waits; none where it tells the presence itself."""
    sensor = device(numeric("temperature", unit="°C"), power_source="Battery")
    assert defined(sensor)[0].profile.patience == 1_500 * 60
    assert defined(device(LAMP))[0].profile.patience is None
    waits = {"config": {"availability": {"enabled": False, "passive": {"timeout": 600}}}}
    assert defined(sensor, info=waits)[0].profile.patience == 600 * 60
    assert defined(sensor, info={"config": {"availability": True}})[0].profile.patience is None


def test_one_topic_a_key_is_said_to_be_unreadable() -> None:
    """With ``output: attribute`` there is no JSON to read; with both there is."""
    (lamp,) = defined(device(LAMP), info={"config": {"advanced": {"output": "attribute"}}})
    assert "attribute_and_json" in lamp.profile.notes[0]
    (both,) = defined(device(LAMP), info={"config": {"advanced": {"output": "attribute_and_json"}}})
    assert both.profile.notes == ()


# -- lights ----------------------------------------------------------------------------------------


def test_a_lamp_is_read() -> None:
    """Brightness in per cent, warmth in kelvin, or its colour, by which of the two it has now."""
    (lamp,) = defined(device(LAMP))
    told = {
        **{"state": "ON", "brightness": 127, "color_temp": 250, "color": {"x": 0.7006, "y": 0.2993}},
        **{"update": {"state": "idle"}, "last_seen": "2026-11-29T14:00:00Z", "linkquality": 57},
    }
    expected = {"encendido": True, "brillo": 50, "calidad_enlace": 57}
    assert said(lamp, told | {"color_mode": "color_temp"}) == expected | {"temp_color": 4000}
    assert said(lamp, told | {"color_mode": "xy"}) == expected | {"color": "#ff0000"}
    assert said(lamp, {"brightness": 1}) == {"brillo": 1}
    assert said(lamp, {"color": {"hue": 120, "saturation": 100}}) == {"color": "#00ff00"}


def test_a_lamp_is_told_all_at_once_the_switch_last() -> None:
    """One JSON, so that the lamp goes there in one step."""
    (lamp,) = defined(device(LAMP))
    _topic, told = ordered(lamp, encendido=True, brillo=40, temp_color=2700)
    assert told == {"brightness": 102, "color_temp": 370, "state": "ON"}
    assert [*told][-1] == "state"
    assert ordered(lamp, color="#0000ff")[1] == {"color": {"x": 0.15, "y": 0.06}}
    assert ordered(lamp, temp_color=9000)[1] == {"color_temp": 153}
    assert DIALECT.order(lamp, {"brillo": "mucho", "algo": 1, "encendido": None}) == ()


def test_a_lamp_by_hue() -> None:
    """One that knows no other way is told its colour by hue and saturation."""
    (lamp,) = defined(
        device({"type": "light", "features": [state(), color("color_hs", "hue", "saturation")]})
    )
    assert ordered(lamp, color="#ff8000")[1] == {"color": {"hue": 30, "saturation": 100}}


@given(st.integers(0, 100), st.integers(2_000, 6_500), st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_what_a_lamp_says_of_an_order_confirms_it(brightness: int, warmth: int, shade: str) -> None:
    """Each value comes back, by the lamp's own steps, as what was asked for."""
    (lamp,) = defined(device(LAMP))
    for name, value in {"brillo": brightness, "temp_color": warmth, "color": shade}.items():
        reported = said(lamp, ordered(lamp, **{name: value})[1])
        if value != "#000000":
            assert lamp.profile.controls[name].confirms(value, reported[name]), (value, reported)


def test_the_present_is_asked_for() -> None:
    """What the lamp does, by the features that can be asked; a device that sleeps is not asked."""
    (lamp,) = defined(device(LAMP))
    (question,) = DIALECT.greet(lamp)
    assert question.topic == "zigbee2mqtt/0x00158d0000000001/get"
    asked = {"state": "", "brightness": "", "color_temp": "", "color": {"x": "", "y": ""}}
    assert json.loads(question.payload) == asked
    (asleep,) = defined(device(LAMP, power_source="Battery"))
    assert DIALECT.greet(asleep) == ()
    (mute,) = defined(device({"type": "switch", "features": [state(access=3)]}))
    assert DIALECT.greet(mute) == ()


# -- other things that are told --------------------------------------------------------------------


def test_endpoints_that_switch_on_their_own_are_devices() -> None:
    """The first is the device itself; each has its own readings, and what is of none is the first's."""
    left = {"type": "switch", "endpoint": "left", "features": [state("state_left") | {"endpoint": "left"}]}
    right = {
        "type": "switch",
        "endpoint": "right",
        "features": [state("state_right") | {"endpoint": "right"}],
    }
    powers = [numeric("power", property_=f"power_{end}", endpoint=end, unit="W") for end in ("left", "right")]
    temperature = numeric("device_temperature", unit="°C")
    one, two = defined(device(left, right, *powers, temperature))
    assert [one.serial, two.serial] == ["z2m-00158d0000000001", "z2m-00158d0000000001.2"]
    told = {"state_left": "ON", "state_right": "OFF", "power_left": 3, "power_right": 0.5}
    assert said(one, told | {"device_temperature": 40}) == {
        **{"encendido": True, "consumo_w": 3, "temperatura_equipo": 40}
    }
    assert said(two, told | {"device_temperature": 40}) == {"encendido": False, "consumo_w": 0.5}
    assert ordered(two, encendido=True) == ("zigbee2mqtt/0x00158d0000000001/set", {"state_right": "ON"})
    assert one.topics == two.topics


def test_a_cover() -> None:
    """0 is closed and 100 is open, also where its owner has turned that round in Zigbee2MQTT."""
    (cover,) = defined(device(COVER))
    assert (cover.profile.kind, cover.profile.settling) == ("persiana", 60)
    assert said(cover, {"state": "OPEN", "position": 80, "tilt": 20}) == {"posicion": 80, "inclinacion": 20}
    assert ordered(cover, posicion=30)[1] == {"position": 30}
    turned = {"config": {"devices": {"0x00158d0000000001": {"invert_cover": True}}}}
    (inverted,) = defined(device(COVER), info=turned)
    assert said(inverted, {"position": 80}) == {"posicion": 20}
    assert ordered(inverted, posicion=30)[1] == {"position": 70}


def test_a_cover_without_a_position() -> None:
    """Open or closed, by words."""
    (cover,) = defined(device({"type": "cover", "features": [enum("state", ("OPEN", "CLOSE", "STOP"), 3)]}))
    assert said(cover, {"state": "CLOSE"}) == {"posicion": 0}
    assert ordered(cover, posicion=100)[1] == {"state": "OPEN"}
    assert read(cover, {"state": "STOP"}) == Reading(invalid=("posicion",))


def test_a_cover_is_stopped_by_its_own_state() -> None:
    """Where that is one of the words that it takes, at its endpoint."""
    state = {**enum("state", ("OPEN", "CLOSE", "STOP"), 3), "property": "state_l6"}
    (cover,) = defined(device({"type": "cover", "endpoint": "l6", "features": [state]}))
    (message,) = DIALECT.stop(cover)
    assert (message.topic, json.loads(message.payload)) == (
        "zigbee2mqtt/0x00158d0000000001/set",
        {"state_l6": "STOP"},
    )
    assert cover.profile.stop_address == ""
    for words, access in ((("OPEN", "CLOSE"), 3), (("OPEN", "CLOSE", "STOP"), 1)):
        (other,) = defined(device({"type": "cover", "features": [enum("state", words, access)]}))
        assert (DIALECT.stop(other), other.profile.stop_address) == ((), None)


def test_a_lock() -> None:
    """Locked is true."""
    lock = {"type": "lock", "features": [state(on="LOCK", off="UNLOCK"), enum("lock_state", ("locked",), 1)]}
    (door,) = defined(device(lock, {**state("child_lock", "LOCK", "UNLOCK"), "name": "child_lock"}))
    assert (door.profile.kind, door.profile.capability) == ("puerta", "lock")
    told = {"state": "UNLOCK", "lock_state": "locked", "child_lock": "LOCK"}
    assert said(door, told) == {"bloqueada": False, "lock_state": "locked", "child_lock": True}
    assert ordered(door, bloqueada=True)[1] == {"state": "LOCK"}


def test_a_fan() -> None:
    """Its words are even parts of 100 %, and what is no speed is a mode."""
    modes = enum("mode", ("off", "low", "medium", "high", "auto"), property_="fan_mode")
    (fan,) = defined(device({"type": "fan", "features": [state("fan_state"), modes]}))
    assert fan.profile.kind == "ventilador"
    assert said(fan, {"fan_state": "ON", "fan_mode": "medium"}) == {
        **{"encendido": True, "velocidad": 67, "modo_ventilador": "medium"}
    }
    assert ordered(fan, velocidad=100)[1] == {"fan_mode": "high"}
    assert ordered(fan, velocidad=0)[1] == {"fan_mode": "off"}
    assert ordered(fan, modo_ventilador="auto")[1] == {"fan_mode": "auto"}


CLIMATE = {
    "type": "climate",
    "features": [
        numeric("occupied_heating_setpoint", 7, unit="°C", value_min=5, value_max=30, value_step=0.5),
        numeric("local_temperature", 5, unit="°C"),
        enum("system_mode", ("off", "auto", "heat")),
        enum("running_state", ("idle", "heat"), 1),
        numeric("pi_heating_demand", unit="%"),
    ],
}


def test_a_thermostat() -> None:
    """Its goal, its mode, and whether it is awake at all."""
    (head,) = defined(device(CLIMATE))
    assert (head.profile.kind, head.profile.capability) == ("termometro", "setpoint")
    goal = head.profile.controls["temp_objetivo"]
    assert (goal.form, goal.low, goal.high, goal.step) == (Form.NUMBER, 5, 30, 0.5)
    told = {"occupied_heating_setpoint": 21.5, "local_temperature": 20, "system_mode": "heat"}
    assert said(head, told | {"running_state": "idle", "pi_heating_demand": 12}) == {
        **{"temp_objetivo": 21.5, "temperatura": 20, "modo_clima": "heat", "encendido": True},
        **{"estado_clima": "idle", "pi_heating_demand": 12},
    }
    assert ordered(head, temp_objetivo=19)[1] == {"occupied_heating_setpoint": 19}
    assert ordered(head, encendido=False)[1] == {"system_mode": "off"}
    assert ordered(head, modo_clima="auto")[1] == {"system_mode": "auto"}
    assert DIALECT.order(head, {"modo_clima": "tropical"}) == ()


def test_a_valve_stops_by_itself() -> None:
    """For as long as it is to be open it counts down itself, in its own unit, or by Zigbee's."""
    (plain,) = defined(device(SWITCH, description="Garden water valve"))
    assert (plain.profile.kind, plain.profile.capability) == ("riego", "duration")
    assert ordered(plain, encendido=True, duracion_min=10)[1] == {"on_time": 600, "state": "ON"}
    assert ordered(plain, encendido=False, duracion_min=10)[1] == {"state": "OFF"}
    assert ordered(plain, encendido=True, duracion_min=600)[1] == {"on_time": 6_553, "state": "ON"}
    counts = numeric("countdown", 3, unit="min")
    (own,) = defined(device(SWITCH, counts, description="Smart sprinkler timer"))
    assert ordered(own, encendido=True, duracion_min=10)[1] == {"countdown": 10, "state": "ON"}


# -- readings --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exposes", "told", "expected", "kind"),
    [
        (
            [numeric("temperature", unit="°C"), numeric("humidity", unit="%"), numeric("voltage", unit="mV")],
            {"temperature": 27.34, "humidity": 44.7, "voltage": 3005},
            {"temperatura": 27.34, "humedad": 44.7, "tension_v": 3.005},
            "termometro",
        ),
        ([numeric("temperature", unit="°F")], {"temperature": 68}, {"temperatura": 20}, "termometro"),
        (
            [state("contact", False, True, 1) | {"name": "contact"}, numeric("temperature", unit="°C")],
            {"contact": True, "temperature": 20},
            {"abierta": False, "temperatura": 20},
            "puerta",
        ),
        (
            [state("contact", "ON", "OFF", 5) | {"name": "contact"}],
            {"contact": "OFF"},
            {"abierta": True},
            "puerta",
        ),
        (
            [state("occupancy", True, False, 1) | {"name": "occupancy"}, numeric("illuminance", unit="lx")],
            {"occupancy": True, "illuminance": 12},
            {"movimiento": True, "luz_lux": 12},
            "sensor_mov",
        ),
        (
            [
                state("gas", True, False, 1) | {"name": "gas"},
                state("test", True, False, 1) | {"name": "test"},
            ],
            {"gas": True, "test": False},
            {"gas_detectado": True, "test": False},
            "sensor_humo",
        ),
        ([numeric("co2", unit="ppm")], {"co2": 900}, {"co2_ppm": 900}, "sensor_co2"),
        ([numeric("pressure", unit="kPa")], {"pressure": 101.3}, {"presion_hpa": 1013}, "generico"),
        (
            [numeric("power_phase_b", unit="W"), numeric("voc", unit="ppb"), numeric("pm4", unit="µg/m³")],
            {"power_phase_b": 5, "voc": 7, "pm4": 1},
            {"consumo_w_b": 5, "voc": 7, "pm4": 1},
            "generico",
        ),
        (
            [
                {
                    **{"type": "list", "name": "faults", "property": "faults", "access": 1},
                    "item_type": {"type": "text", "access": 1},
                },
                {
                    **{"type": "composite", "name": "axis", "property": "axis", "access": 1},
                    "features": [numeric("x")],
                },
            ],
            {"faults": ["a", "b"], "axis": {"x": 3}},
            {"faults": "a, b", "axis_x": 3},
            "generico",
        ),
    ],
)
def test_readings_by_the_names_of_this_house(exposes: Any, told: Any, expected: Any, kind: str) -> None:
    """In its units, and the kind by what is measured."""
    (sensor,) = defined(device(*exposes))
    assert said(sensor, told) == expected
    assert (sensor.profile.kind, sensor.profile.capability) == (kind, "sensor")


@pytest.mark.parametrize("value", ["nan", "2,32", "unknown", True, [1], {"x": 1}, 1e400])
def test_what_is_no_number_is_invalid(value: Any) -> None:
    """It is counted by its name and not kept; what is null or empty says nothing."""
    (sensor,) = defined(device(numeric("temperature", unit="°C"), numeric("humidity", unit="%")))
    payload = json.dumps({"temperature": value, "humidity": 40}).encode()
    if value == 1e400:
        with pytest.raises(NotUnderstood):
            read(sensor, payload)
        return
    assert read(sensor, payload) == Reading(parameters={"humedad": 40}, invalid=("temperatura",))
    assert said(sensor, {"temperature": None, "humidity": ""}) == {}


def test_settings_are_controls_by_their_own_names() -> None:
    """Numbers, choices and switches that can be read and set; what only starts something is left out."""
    (sensor,) = defined(
        device(
            numeric("temperature", unit="°C"),
            numeric("sensitivity", 3, value_min=1, value_max=9),
            enum("power_on_behavior", ("off", "previous")),
            enum("identify", ("identify",), 2),
            enum("effect", ("blink",), 3),
        )
    )
    assert sensor.profile.controls.keys() == {"sensitivity", "power_on_behavior"}
    assert said(sensor, {"sensitivity": 4, "power_on_behavior": "off"}) == {
        **{"sensitivity": 4, "power_on_behavior": "off"}
    }
    assert ordered(sensor, sensitivity=7)[1] == {"sensitivity": 7}


# -- groups ----------------------------------------------------------------------------------------


def group(*addresses: str, number: Any = 7, name: str = "lámparas") -> dict[str, Any]:
    members = [{"ieee_address": address, "endpoint": 1} for address in addresses]
    return {"id": number, "friendly_name": name, "scenes": [], "members": members}


def test_a_group_can_what_all_its_members_can() -> None:
    """It goes by the coordinator's address and its own number, and is told by its name."""
    two = device(LAMP, number=1), device({"type": "light", "features": [state(), BRIGHTNESS]}, number=2)
    lamps = group("0x00158d0000000001", "0x00158d0000000002")
    *_members, both = defined(*two, groups=[lamps])
    assert both.serial == "z2m-00124b0000000001-g7"
    assert both.hardware == frozenset()
    assert both.profile.controls.keys() == {"encendido", "brillo"}
    assert ordered(both, encendido=True, brillo=100) == (
        "zigbee2mqtt/lámparas/set",
        {"brightness": 254, "state": "ON"},
    )
    assert said(both, {"state": "OFF"}) == {"encendido": False}


@pytest.mark.parametrize(
    "told",
    [
        group(),
        group("0x00158d0000000009"),
        group("0x00158d0000000002"),
        group("0x00158d0000000001", number=901),
        group("0x00158d0000000001", number="1"),
        group("0x00158d0000000001", name="a/+"),
        {"id": 3, "friendly_name": "x", "members": "y"},
        7,
    ],
)
def test_a_group_that_can_nothing_is_no_device(told: Any) -> None:
    """Of nobody, of strangers, of sensors, the one that binds devices, and what is no group."""
    both = device(LAMP), device(numeric("temperature"), number=2)
    assert len(defined(*both, groups=[told])) == 2


# -- anything at all -------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EVERYTHING = [
    device(LAMP, SWITCH, COVER, CLIMATE, numeric("power", unit="kW"), enum("action", ("x",), 1)),
    device({"type": "fan", "features": [state(), enum("mode", ("low", "high"))]}, number=2),
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for key, below in inner for each in paths(below, (*path, key)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = put(value[path[0]], path[1:], new)
    return copied


def try_all(definitions: Iterable[Definition], payload: bytes, wanted: dict[str, Any]) -> None:
    for definition in definitions:
        DIALECT.greet(definition)
        DIALECT.order(definition, wanted)
        for topic in definition.topics:
            assert not {*topic} & {"+", "#"}
            with contextlib.suppress(NotUnderstood):
                DIALECT.read(definition, Message(topic, payload))


@given(st.data())
def test_any_entry_with_anything_in_it(data: st.DataObject) -> None:
    """Whatever stands in a list, an information or a state, nothing but a refusal comes of it."""
    changed: Any = EVERYTHING
    for _ in range(data.draw(st.integers(0, 3))):
        changed = put(changed, data.draw(st.sampled_from(paths(changed))), data.draw(ANYTHING))
    told = data.draw(
        st.dictionaries(st.sampled_from(["state", "brightness", "color", "position", "power"]), ANYTHING)
    )
    payload = json.dumps(told).encode()
    lists = {"devices": json.dumps(changed).encode(), "groups": json.dumps(data.draw(ANYTHING)).encode()}
    lists["info"] = json.dumps({"config": data.draw(ANYTHING)}).encode()
    kept = {}
    for key, each in lists.items():
        try:
            (kept[key],) = (
                a.payload for a in DIALECT.announced(Message(f"zigbee2mqtt/bridge/{key}", each)).announcements
            )
        except NotUnderstood:
            continue
    wanted = dict.fromkeys(
        ("encendido", "brillo", "color", "temp_color", "duracion_min"), data.draw(ANYTHING)
    )
    try_all(DIALECT.define("zigbee2mqtt", kept), payload, wanted)


@given(st.binary(max_size=64), st.integers(0, 400))
def test_any_bytes(noise: bytes, cut: int) -> None:
    """Noise, and a list that is cut, are refused or say nothing."""
    whole = json.dumps(EVERYTHING).encode()
    for payload in (noise, whole[: -1 - cut], noise + whole):
        for key in ("devices", "groups", "info"):
            with pytest.raises(NotUnderstood):
                DIALECT.announced(Message(f"zigbee2mqtt/bridge/{key}", b"x" + payload))
            try:
                DIALECT.announced(Message(f"zigbee2mqtt/bridge/{key}", payload))
                [*DIALECT.define("zigbee2mqtt", {key: payload})]
            except NotUnderstood:
                continue
        try_all(DIALECT.define("zigbee2mqtt", {"devices": whole}), payload, {})
