"""Home Assistant's discovery: whose entities are whose, what they read, and how they are told."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.mqtt.dialects.dialect import MAX_ANNOUNCEMENT, Definition, Message, NotUnderstood, Reading
from actors.mqtt.dialects.home_assistant.abbreviations import DEVICE, ENTITY
from actors.mqtt.dialects.home_assistant.dialect import HomeAssistant

DIALECT = HomeAssistant()
Announced = tuple[str, Any]


def device(*announced: Announced) -> Definition:
    """The one device that these, by ``component/…/object`` and payload, tell of."""
    (only,) = devices(*announced)
    return only


def devices(*announced: Announced) -> list[Definition]:
    kept: dict[str, bytes] = {}
    for place, payload in announced:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        for each in DIALECT.announced(Message(f"homeassistant/{place}/config", raw)).announcements:
            kept[each.key] = each.payload
    return [*DIALECT.define("homeassistant", {key: raw for key, raw in kept.items() if raw})]


def read(of: Definition, topic: str, payload: Any, *, retained: bool = False) -> Reading | None:
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    return DIALECT.read(of, Message(topic, raw, retained))


def told(of: Definition, **wanted: Any) -> list[tuple[str, Any]]:
    """What is published for an order: JSON where it is some, else the text."""
    return [(each.topic, loaded(each.payload)) for each in DIALECT.order(of, wanted)]


def loaded(payload: bytes) -> Any:
    try:
        made = json.loads(payload)
    except ValueError:
        return payload.decode()
    return made if isinstance(made, dict) else payload.decode()


OWNER = {"ids": ["thing-1"], "name": "Thing", "mf": "Acme", "mdl": "T1"}


def own(**config: Any) -> dict[str, Any]:
    return {"dev": OWNER, **config}


# -- announcements -------------------------------------------------------------------------------


def test_all_short_names_are_known() -> None:
    """Those that are put together, and those that are not."""
    some = {
        "stat_t": "state_topic",
        "val_tpl": "value_template",
        "bri_cmd_tpl": "brightness_command_template",
        "clr_temp_k": "color_temp_kelvin",
        "curr_temp_t": "current_temperature_topic",
        "hum_state_tpl": "target_humidity_state_template",
        "pl_not_avail": "payload_not_available",
        "pl_unlk": "payload_unlock",
        "stat_clsd": "state_closed",
        "stat_val_tpl": "state_value_template",
        "swing_mode_cmd_t": "swing_mode_command_topic",
        "tilt_status_t": "tilt_status_topic",
        "whit_val_stat_t": "white_value_state_topic",
        "pos": "reports_position",
        "pos_t": "position_topic",
        "avty": "availability",
        "avty_t": "availability_topic",
        "cmps": "components",
        "p": "platform",
    }
    assert {short: ENTITY.get(short) for short in some} == some
    assert DEVICE["ids"] == "identifiers"


def test_tilde_stands_for_a_topic_at_either_end() -> None:
    """In an entity's topics and in those of its availability, and in nothing else."""
    config = own(
        **{
            "~": "a/b",
            "stat_t": "~/state",
            "uniq_id": "u",
            "avty": [{"t": "lwt/~"}],
            "unit_of_meas": "~",
        }
    )
    assert device(("sensor/n/o", config)).topics == ("a/b/state", "lwt/a/b")


def test_a_device_s_components_inherit() -> None:
    """Its topics and its availability, but not its ~; and each may have its own."""
    config = {
        "~": "root",
        "dev": OWNER,
        "stat_t": "~/all",
        "avty_t": "~/lwt",
        "pl_avail": "1",
        "cmps": {
            "t": {
                "p": "sensor",
                "dev_cla": "temperature",
                "unit_of_meas": "°C",
                "val_tpl": "{{ value_json.t }}",
            },
            "h": {"p": "sensor", "dev_cla": "humidity", "stat_t": "own/h"},
            "w": {"p": "sensor", "dev_cla": "power", "stat_t": "~/w"},
            "gone": {"p": "sensor"},
        },
    }
    thing = device(("device/thing", config))
    assert {*thing.topics} == {"root/all", "own/h", "root/lwt"}
    assert read(thing, "root/all", {"t": 20}) == Reading(parameters={"temperatura": 20})
    assert read(thing, "root/lwt", "1") == Reading(online=True)
    assert any("~" in note for note in thing.profile.notes)


def test_withdrawn() -> None:
    """An empty payload takes the entity away, and a migrated one is the device's from then on."""
    sensor = ("sensor/a/t", own(stat_t="a/t", dev_cla="temperature"))
    assert devices(sensor, ("sensor/a/t", b"")) == []
    assert devices(sensor, ("sensor/a/t", {"migrate_discovery": True})) == []


def test_the_same_entity_announced_twice_is_one() -> None:
    """Alone, and with its device."""
    sensor = {"stat_t": "a/t", "dev_cla": "temperature", "uniq_id": "u1"}
    thing = device(
        ("sensor/a/t", own(**sensor)),
        ("device/a", {"dev": OWNER, "cmps": {"t": {"p": "sensor", **sensor}}}),
    )
    assert read(thing, "a/t", "20") == Reading(parameters={"temperatura": 20})


@pytest.mark.parametrize(
    ("place", "payload"),
    [
        ("sensor/a", b"no JSON"),
        ("sensor/a", b"[1]"),
        ("sensor/a", b'"text"'),
        ("sensor/a", b"{" + b" " * MAX_ANNOUNCEMENT + b"}"),
        ("flux_capacitor/a", b"{}"),
        ("sensor/with space", b"{}"),
        ("sensor/a/ñ", b"{}"),
        ("device/a", b'{"dev": {"ids": "x"}}'),
        ("device/a", json.dumps({"cmps": {str(n): {"p": "sensor"} for n in range(200)}}).encode()),
    ],
)
def test_announcements_that_are_none(place: str, payload: bytes) -> None:
    """They are refused with a reason, and what was announced before stays."""
    with pytest.raises(NotUnderstood) as why:
        DIALECT.announced(Message(f"homeassistant/{place}/config", payload))
    assert why.value.reason


def test_what_is_nothing_to_us_is_passed_over() -> None:
    """A camera is announced, and that is all right."""
    heard = DIALECT.announced(Message("homeassistant/camera/a/config", b'{"t": "a"}'))
    assert heard.announcements == ()


def test_filters_do_not_overlap() -> None:
    """Whatever the prefix: they differ in how many levels they have."""
    assert HomeAssistant("ha/x").filters == ("ha/x/+/+/config", "ha/x/+/+/+/config")


# -- identity ------------------------------------------------------------------------------------

TEMPERATURE = {"stat_t": "a/t", "dev_cla": "temperature"}
ESP = {"ids": "00005e005301", "name": "node", "mf": "Espressif", "sw": "2026.8.0 (config hash 0x1)"}


@pytest.mark.parametrize(
    ("config", "serial", "hardware"),
    [
        ({"dev": ESP}, "esphome-00005e005301", {"00005e005301"}),
        ({"dev": {"cns": [["mac", "00:00:5E:00:53:01"]], "sw": "esphome v1"}}, "esphome-00005e005301", None),
        (
            {"dev": {"ids": ["zigbee2mqtt_0x00158d0001Ab3456"]}},
            "z2m-00158d0001ab3456",
            {"00158d0001ab3456"},
        ),
        (
            {"dev": {"ids": ["aa:bb:cc:00:53:02"], "mf": "Shelly"}, "o": {"name": "Shellies Discovery Gen2"}},
            "shelly-AABBCC005302",
            {"aabbcc005302"},
        ),
        ({"dev": {"ids": "shelly1-AABBCC005302", "mf": "Shelly"}}, "shelly-AABBCC005302", {"aabbcc005302"}),
        ({"dev": {"cns": [["mac", "AABBCC005303"]], "mf": "Tasmota"}}, "tasmota-AABBCC005303", None),
        (
            {
                "dev": {"ids": ["00005E005314"], "cns": [["mac", "00005E005314"]], "via_device": "OMG"},
                "stat_t": "+/+/BTtoMQTT/00005E005314",
            },
            "ble-00005e005314",
            {"00005e005314"},
        ),
    ],
)
def test_identity_is_hardware(config: Mapping[str, Any], serial: str, hardware: set[str] | None) -> None:
    """By the address that the device says, whatever it is called and wherever it is announced."""
    thing = device(("sensor/any/where", {**TEMPERATURE, **config}))
    assert thing.serial == serial
    assert hardware is None or thing.hardware == hardware
    assert device(("sensor/else", {**TEMPERATURE, **config, "uniq_id": "z"})).serial == serial


def test_without_hardware_by_what_it_is_called_for_good() -> None:
    """A name, a model and a topic may change; the identifiers do not."""
    one = device(("sensor/a/b", own(**TEMPERATURE)))
    renamed = {"dev": {**OWNER, "name": "Other", "mdl": "T2"}, "stat_t": "c/d", "dev_cla": "temperature"}
    assert one.serial.startswith("ha-thing-1-")
    assert device(("sensor/c/d", renamed)).serial == one.serial
    assert one.hardware == frozenset()


def test_esphome_s_weak_ids_join_nothing() -> None:
    """Two nodes with a sensor of the same name have the same unique id, and are two devices."""
    other = {**ESP, "ids": "00005e005302", "name": "other"}
    both = devices(
        ("sensor/one/t", {"dev": ESP, "stat_t": "one/t", "uniq_id": "ESPsensort"}),
        ("sensor/two/t", {"dev": other, "stat_t": "two/t", "uniq_id": "ESPsensort"}),
    )
    assert {each.serial for each in both} == {"esphome-00005e005301", "esphome-00005e005302"}


def test_an_identifier_of_two_addresses_joins_nothing() -> None:
    """A maker who gives all his devices one id has not made them one."""
    both = devices(
        *(
            (
                f"sensor/x{n}/t",
                {"dev": {"ids": ["same"], "cns": [["mac", f"00005e00530{n}"]]}, "stat_t": f"x{n}"},
            )
            for n in (1, 2)
        )
    )
    assert len({each.serial for each in both}) == 2


def test_entities_that_share_any_identifier_are_one_device() -> None:
    """Also over a third one."""
    thing = device(
        ("sensor/a/1", {"dev": {"ids": ["p"]}, "stat_t": "a/1", "dev_cla": "temperature"}),
        ("sensor/a/2", {"dev": {"ids": ["p", "q"]}, "stat_t": "a/2", "dev_cla": "humidity"}),
        ("sensor/a/3", {"dev": {"ids": "q"}, "stat_t": "a/3", "dev_cla": "pressure"}),
    )
    assert {*thing.profile.units} == {"temperatura", "humedad", "presion_hpa"}


def test_without_a_device_by_the_node() -> None:
    """Entities that name no device are those of the node under which they are announced."""
    thing = device(
        ("sensor/boiler/out", {"stat_t": "b", "val_tpl": "{{ value_json.out }}", "dev_cla": "temperature"}),
        ("sensor/boiler/hum", {"stat_t": "b", "val_tpl": "{{ value_json.hum }}", "dev_cla": "humidity"}),
    )
    assert thing.serial.startswith("ha-boiler-")


# -- readings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "payload", "parameters"),
    [
        ({"dev_cla": "temperature", "unit_of_meas": "°F"}, "68", {"temperatura": 20}),
        ({"dev_cla": "power", "unit_of_meas": "kW"}, "1.5", {"consumo_w": 1500}),
        (
            {"dev_cla": "energy", "unit_of_meas": "Wh", "val_tpl": "{{ value_json.e }}"},
            {"e": 500},
            {"energia_kwh": 0.5},
        ),
        ({"unit_of_meas": "lx"}, "300", {"luz_lux": 300}),
        ({"dev_cla": "carbon_dioxide", "unit_of_meas": "ppm"}, "640", {"co2_ppm": 640}),
        (
            {"dev_cla": "signal_strength", "unit_of_meas": "dBm", "ent_cat": "diagnostic"},
            "-70",
            {"rssi": -70},
        ),
        ({"dev_cla": "temperature", "ent_cat": "diagnostic", "name": "Chip"}, "50", {"temperatura_chip": 50}),
        ({"name": "Uptime", "unit_of_meas": "s", "ent_cat": "diagnostic"}, "12", {"uptime": 12}),
        ({"name": "Next sunrise"}, "08:01:02", {"next_sunrise": "08:01:02"}),
        ({"name": "Thing Air quality"}, "good", {"air_quality": "good"}),
        ({"name": "Calidad del añejo", "unit_of_meas": "x"}, "3", {"calidad_del_anejo": 3}),
        (
            {"dev_cla": "temperature", "val_tpl": "{{ value_json.tempc | is_defined }}"},
            {"tempc": -3.5},
            {"temperatura": -3.5},
        ),
    ],
)
def test_sensors(config: Mapping[str, Any], payload: Any, parameters: Mapping[str, Any]) -> None:
    """By the names and in the units of this house, else by their own."""
    thing = device(("sensor/a/b", own(stat_t="a/b", **config)))
    assert read(thing, "a/b", payload) == Reading(parameters=parameters)
    assert thing.profile.capability == "sensor"


@pytest.mark.parametrize("payload", ["nan", "unavailable", "unknown", "2,32", "hot", "inf", "1e999"])
def test_what_is_no_number_is_invalid(payload: str) -> None:
    """It is counted, and never kept."""
    thing = device(("sensor/a/b", own(stat_t="a/b", dev_cla="temperature", unit_of_meas="°C")))
    assert read(thing, "a/b", payload) == Reading(invalid=("temperatura",))


@pytest.mark.parametrize("payload", ["", "None", "null", '{"x": 1}'])
def test_what_says_nothing_is_passed_over(payload: str) -> None:
    """Null, nothing at all, and a message about something else."""
    thing = device(("sensor/a/b", own(stat_t="a/b", dev_cla="temperature", val_tpl="{{ value_json.t }}")))
    assert read(thing, "a/b", payload) is None


def test_a_template_that_fails_is_told() -> None:
    """But for what is not there, which is no failure."""
    template = "{{ value_json.t / 10 }}"
    thing = device(("sensor/a/b", own(stat_t="a/b", dev_cla="temperature", val_tpl=template)))
    assert read(thing, "a/b", {"u": 1}) is None
    with pytest.raises(NotUnderstood, match="temperatura"):
        read(thing, "a/b", {"t": "hot"})


def test_several_of_a_kind_are_told_apart() -> None:
    """The first has the plain name, the others their own behind it."""
    places = {"a/1": "Water", "a/2": "Air", "a/3": "Air"}
    thing = device(
        *(
            (f"sensor/{topic}", own(stat_t=topic, dev_cla="temperature", name=name, uniq_id=topic))
            for topic, name in places.items()
        )
    )
    assert True
    names = {name for topic in places for name in (read(thing, topic, "1") or Reading()).parameters}
    assert names == {"temperatura", "temperatura_air", "temperatura_air_2"}


@pytest.mark.parametrize(
    ("config", "payload", "parameters"),
    [
        ({"dev_cla": "motion"}, "ON", {"movimiento": True}),
        ({"dev_cla": "door", "pl_on": "open", "pl_off": "shut"}, "shut", {"abierta": False}),
        ({"dev_cla": "lock"}, "ON", {"bloqueada": False}),
        (
            {"dev_cla": "moisture", "pl_on": True, "pl_off": False, "val_tpl": "{{ value_json.w }}"},
            {"w": True},
            {"agua_detectada": True},
        ),
        ({"dev_cla": "battery"}, "ON", {"bateria_baja": True}),
        ({"name": "Pump ran"}, "OFF", {"pump_ran": False}),
    ],
)
def test_binary_sensors(config: Mapping[str, Any], payload: Any, parameters: Mapping[str, Any]) -> None:
    """By their words for yes and no; JSON's truth is Python's word for it."""
    thing = device(("binary_sensor/a/b", own(stat_t="a/b", **config)))
    assert read(thing, "a/b", payload) == Reading(parameters=parameters)
    assert read(thing, "a/b", "something else") is None


@pytest.mark.parametrize(
    ("component", "config", "payload", "parameters"),
    [
        ("event", {"name": "Button"}, {"event_type": "press"}, {"button": "press"}),
        (
            "update",
            {},
            {"installed_version": "1.0", "latest_version": "1.1"},
            {"version": "1.0", "version_nueva": "1.1"},
        ),
        ("update", {}, "1.0", {"version": "1.0"}),
        ("device_tracker", {}, "home", {"presencia": True}),
        (
            "vacuum",
            {"name": "Robot"},
            {"state": "docked", "battery_level": 61},
            {"robot": "docked", "bateria": 61},
        ),
        ("alarm_control_panel", {"name": "Alarm"}, "armed_away", {"alarm": "armed_away"}),
    ],
)
def test_other_readings(component: str, config: Mapping[str, Any], payload: Any, parameters: Any) -> None:
    """What happens, which version runs, who is at home, what the robot is doing."""
    thing = device((f"{component}/a/b", own(stat_t="a/b", **config)))
    assert read(thing, "a/b", payload) == Reading(parameters=parameters)


def test_triggers_are_one_reading() -> None:
    """Which button was pressed how; another payload is another trigger's."""
    base = {"atype": "trigger", "t": "a/act"}
    thing = device(
        ("device_automation/a/1", own(**base, type="button_short_press", subtype="button_1", pl="S1")),
        ("device_automation/a/2", own(**base, type="action", subtype="hold", pl="H")),
    )
    assert read(thing, "a/act", "S1") == Reading(parameters={"accion": "button_1_button_short_press"})
    assert read(thing, "a/act", "H") == Reading(parameters={"accion": "hold"})
    assert read(thing, "a/act", "?") is None


def test_wildcards_are_read() -> None:
    """A Bluetooth sensor is heard by whichever gateway."""
    config = {
        **TEMPERATURE,
        "stat_t": "+/+/BTtoMQTT/00005E005314",
        "val_tpl": "{{ value_json.tempc | is_defined }}",
    }
    thing = device(("sensor/x", {**config, "dev": {"ids": ["00005E005314"], "via_device": "gw"}}))
    assert read(thing, "home/gw/BTtoMQTT/00005E005314", {"tempc": 7}) == Reading(
        parameters={"temperatura": 7}
    )
    assert read(thing, "home/gw/BTtoMQTT/other", {"tempc": 7}) is None
    assert thing.profile.patience == 3600


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        (("temperature", "humidity", "battery"), "termometro"),
        (("illuminance",), "sensor_luz"),
        (("carbon_dioxide", "temperature"), "sensor_co2"),
        (("sound_pressure",), "sensor_ruido"),
        (("power", "energy"), "generico"),
    ],
)
def test_kinds_of_sensors(classes: Sequence[str], kind: str) -> None:
    """By what they measure."""
    thing = device(*((f"sensor/a/{each}", own(stat_t=f"a/{each}", dev_cla=each)) for each in classes))
    assert (thing.profile.kind, thing.profile.capability) == (kind, "sensor")


# -- presence ------------------------------------------------------------------------------------


def watched(**config: Any) -> Definition:
    return device(("sensor/a/b", own(stat_t="a/b", dev_cla="temperature", **config)))


def online(of: Definition, topic: str, payload: Any) -> bool | None:
    reading = read(of, topic, payload)
    return None if reading is None else reading.online


def test_one_availability_topic() -> None:
    """By its words, or its own; any other word is ignored."""
    thing = watched(avty_t="a/lwt", pl_avail="up", pl_not_avail="down")
    assert [online(thing, "a/lwt", word) for word in ("up", "down", "online", "")] == [
        True,
        False,
        None,
        None,
    ]
    assert thing.profile.patience is None


def test_availability_by_template() -> None:
    """JSON's state, and a reading's topic as a sign of life."""
    thing = watched(avty=[{"t": "a/lwt", "val_tpl": "{{ value_json.state }}"}])
    assert online(thing, "a/lwt", {"state": "online"}) is True
    assert online(thing, "a/lwt", {"state": "offline"}) is False
    assert online(thing, "a/lwt", "offline") is None


@pytest.mark.parametrize(
    ("mode", "bridge", "own_word"),
    [
        ("latest", (True, False), (True, False)),
        ("all", (None, False), (True, False)),
        ("any", (True, None), (True, False)),
    ],
)
def test_availability_of_several(mode: str, bridge: Any, own_word: Any) -> None:
    """With ``all`` the bridge's word is not enough; with ``any`` its silence is none."""
    thing = watched(avty=[{"t": "br"}, {"t": "me"}], avty_mode=mode)
    assert tuple(online(thing, "br", word) for word in ("online", "offline")) == bridge
    assert tuple(online(thing, "me", word) for word in ("online", "offline")) == own_word


def test_one_reading_s_absence_is_not_the_device_s() -> None:
    """What all entities have in common tells of the device."""
    shared, of_one = (
        {"t": "a/lwt"},
        {"t": "a/all", "val_tpl": "{{ 'online' if value_json.x is defined else 'offline' }}"},
    )
    thing = device(
        (
            "sensor/a/x",
            own(stat_t="a/all", dev_cla="temperature", val_tpl="{{ value_json.x }}", avty=[shared, of_one]),
        ),
        ("sensor/a/y", own(stat_t="a/all", dev_cla="humidity", val_tpl="{{ value_json.y }}", avty=[shared])),
    )
    assert read(thing, "a/all", {"y": 40}) == Reading(parameters={"humedad": 40})
    assert online(thing, "a/lwt", "offline") is False


def test_without_availability_it_holds_as_long_as_its_readings() -> None:
    """``expire_after`` is its patience; without one it is taken to be there for long."""
    assert watched(exp_aft=90).profile.patience == 90
    patience = watched().profile.patience
    assert patience is not None
    assert patience > 86_400


# -- switching -----------------------------------------------------------------------------------


def test_a_switch() -> None:
    """Its state's words may be others than its orders'."""
    thing = device(
        (
            "switch/a/relay",
            own(
                stat_t="a/s",
                cmd_t="a/c",
                pl_on='{"on":true}',
                pl_off='{"on":false}',
                stat_on="on",
                stat_off="off",
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.capability) == ("enchufe", "binary")
    assert read(thing, "a/s", "on") == Reading(reported={"encendido": True})
    assert told(thing, encendido=False) == [("a/c", {"on": False})]


def test_several_switches_are_several_devices() -> None:
    """With what they measure by the same topic, the presence they share, and all else at the first."""
    relays = [
        (
            f"switch/a/r{n}",
            own(
                stat_t=f"a/r{n}",
                cmd_t=f"a/r{n}/set",
                name=f"Relay {n}",
                avty_t="a/lwt",
                val_tpl="{{ value_json.on }}",
                pl_on=True,
                pl_off=False,
            ),
        )
        for n in (10, 2, 1)
    ]
    power = ("sensor/a/p2", own(stat_t="a/r2", dev_cla="power", avty_t="a/lwt", val_tpl="{{ value_json.w }}"))
    rssi = ("sensor/a/rssi", own(stat_t="a/rssi", dev_cla="signal_strength", avty_t="a/lwt"))
    one, two, ten = devices(*relays, power, rssi)
    assert [each.serial.partition(".")[2] for each in (one, two, ten)] == ["", "2", "3"]
    assert read(two, "a/r2", {"on": True, "w": 5}) == Reading(
        reported={"encendido": True}, parameters={"consumo_w": 5}
    )
    assert told(ten, encendido=True) == [("a/r10/set", "True")]
    assert read(one, "a/rssi", "-60") == Reading(parameters={"rssi": -60})
    assert all(online(each, "a/lwt", "offline") is False for each in (one, two, ten))
    assert two.profile.name == "Thing Relay 2"


def test_a_setting_s_switch_is_a_control_beside() -> None:
    """A child lock does not make a second device."""
    thing = device(
        ("climate/a/c", own(temp_cmd_t="a/t/set", temp_stat_t="a/t")),
        ("switch/a/lock", own(stat_t="a/l", cmd_t="a/l/set", name="Child lock", ent_cat="config")),
    )
    assert {*thing.profile.controls} == {"temp_objetivo", "child_lock"}
    assert told(thing, child_lock=True) == [("a/l/set", "ON")]
    assert read(thing, "a/l", "ON") == Reading(reported={"child_lock": True})


def test_a_siren_is_told_by_json() -> None:
    """Or by its templates, and read as JSON or a word."""
    plain = device(("siren/a/s", own(stat_t="a/s", cmd_t="a/c")))
    assert told(plain, encendido=True) == [("a/c", {"state": "ON"})]
    assert read(plain, "a/s", {"state": "OFF"}) == Reading(reported={"encendido": False})
    assert read(plain, "a/s", "ON") == Reading(reported={"encendido": True})
    by_template = device(("siren/a/s", own(cmd_t="a/c", cmd_tpl="w {{ value }}", cmd_off_tpl="quiet")))
    assert told(by_template, encendido=True) == [("a/c", "w ON")]
    assert told(by_template, encendido=False) == [("a/c", "quiet")]


# -- lamps ---------------------------------------------------------------------------------------


def lamp(**config: Any) -> Definition:
    return device(("light/a/l", own(stat_t="a/s", cmd_t="a/c", **config)))


def test_a_lamp_with_a_topic_for_each() -> None:
    """Brightness by its scale, colour temperature in mireds, colours with commas; the switch last."""
    thing = lamp(
        bri_stat_t="a/b",
        bri_cmd_t="a/b/set",
        bri_scl=100,
        clr_temp_stat_t="a/ct",
        clr_temp_cmd_t="a/ct/set",
        rgb_stat_t="a/rgb",
        rgb_cmd_t="a/rgb/set",
        rgb_cmd_tpl="{{ '#%s' if false }}{{ red }};{{ green }};{{ blue }}",
        fx_stat_t="a/fx",
        fx_cmd_t="a/fx/set",
        fx_list=["rain", "fire"],
    )
    assert {*thing.profile.controls} == {"encendido", "brillo", "temp_color", "color", "efecto"}
    assert read(thing, "a/b", "40") == Reading(reported={"brillo": 40})
    assert read(thing, "a/ct", "250") == Reading(reported={"temp_color": 4000})
    assert read(thing, "a/rgb", "255,128,0") == Reading(reported={"color": "#ff8000"})
    assert read(thing, "a/fx", "rain") == Reading(reported={"efecto": "rain"})
    assert told(thing, encendido=True, brillo=40, temp_color=4000, color="#0102ff") == [
        ("a/b/set", "40"),
        ("a/ct/set", "250"),
        ("a/rgb/set", "1;2;255"),
        ("a/c", "ON"),
    ]
    assert told(thing, encendido=False, brillo=40) == [("a/c", "OFF")]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("last", [("a/b/set", "102"), ("a/c", "ON")]),
        ("first", [("a/c", "ON"), ("a/b/set", "102")]),
        ("brightness", [("a/b/set", "102")]),
    ],
)
def test_on_command_type(when: str, expected: list[tuple[str, str]]) -> None:
    """The brightness before the switch, after it, or instead of it."""
    thing = lamp(bri_cmd_t="a/b/set", bri_stat_t="a/b", on_cmd_type=when)
    assert told(thing, encendido=True, brillo=40) == expected


def test_on_by_brightness_alone() -> None:
    """A lamp that is switched by its brightness alone, and not told one, is bright."""
    thing = lamp(bri_cmd_t="a/b/set", on_cmd_type="brightness")
    assert told(thing, encendido=True) == [("a/b/set", "255")]
    assert told(thing, encendido=False) == [("a/c", "OFF")]


@pytest.mark.parametrize(
    ("prefix", "payload", "color"),
    [("hs", "30,100", "#ff8000"), ("rgbw", "255,128,0,0", "#ff8000"), ("rgbww", "0,0,255,0,0", "#0000ff")],
)
def test_other_colours(prefix: str, payload: str, color: str) -> None:
    """Each as it is told is how it is read."""
    thing = lamp(**{f"{prefix}_stat_t": "a/k", f"{prefix}_cmd_t": "a/k/set"})
    assert read(thing, "a/k", payload) == Reading(reported={"color": color})
    assert told(thing, color=color) == [("a/k/set", payload)]


def test_a_json_lamp() -> None:
    """One object, of which it says what is so; a brightness of 0 tells nothing."""
    thing = lamp(schema="json", sup_clrm=["color_temp", "rgb"], brightness=True, effect=True, fx_list=["x"])
    state = {
        "state": "ON",
        "brightness": 102,
        "color_mode": "rgb",
        "color": {"r": 255, "g": 0, "b": 0},
        "color_temp": 200,
    }
    assert read(thing, "a/s", state) == Reading(
        reported={"encendido": True, "brillo": 40, "color": "#ff0000"}
    )
    white = {
        "state": "ON",
        "color_mode": "color_temp",
        "color_temp": 250,
        "color": {"r": 255, "g": 200, "b": 9},
    }
    assert read(thing, "a/s", white) == Reading(reported={"encendido": True, "temp_color": 4000})
    assert read(thing, "a/s", {"state": "OFF", "brightness": 0}) == Reading(reported={"encendido": False})
    assert told(thing, brillo=40, color="#00ff00", encendido=True) == [
        ("a/c", {"state": "ON", "brightness": 102, "color": {"r": 0, "g": 255, "b": 0}})
    ]
    assert told(thing, temp_color=4000) == [("a/c", {"color_temp": 250})]
    assert told(thing, encendido=False, brillo=10) == [("a/c", {"state": "OFF"})]


def test_a_json_lamp_in_kelvin_and_by_hue() -> None:
    """By its own scale, and in the first mode that it has."""
    thing = lamp(
        schema="json", sup_clrm=["color_temp", "hs"], bri_scl=254, clr_temp_k=True, min_k=2200, max_k=6500
    )
    assert thing.profile.controls["temp_color"].low == 2200
    assert told(thing, temp_color=3000, brillo=100) == [("a/c", {"brightness": 254, "color_temp": 3000})]
    assert told(thing, color="#ff8000") == [("a/c", {"color": {"h": 30, "s": 100}})]
    told_xy = {"state": "ON", "color_mode": "xy", "color": {"x": 0.64, "y": 0.33}}
    reading = read(thing, "a/s", told_xy)
    assert reading is not None
    assert str(reading.reported["color"]).startswith("#ff")


def test_a_lamp_by_templates() -> None:
    """One order for all; what is not ordered is undefined."""
    thing = lamp(
        schema="template",
        cmd_on_tpl='{"on":true{% if brightness is defined %},"b":{{ brightness }}{% endif %}'
        '{% if red is defined %},"rgb":[{{ red }},{{ green }},{{ blue }}]{% endif %}}',
        cmd_off_tpl='{"on":false}',
        stat_tpl="{% if value_json.on %}on{% else %}off{% endif %}",
        bri_tpl="{{ value_json.b }}",
        r_tpl="{{ value_json.rgb[0] }}",
        g_tpl="{{ value_json.rgb[1] }}",
        b_tpl="{{ value_json.rgb[2] }}",
    )
    assert told(thing, encendido=True, brillo=40) == [("a/c", {"on": True, "b": 102})]
    assert told(thing, color="#010203") == [("a/c", {"on": True, "rgb": [1, 2, 3]})]
    assert told(thing, encendido=False) == [("a/c", {"on": False})]
    state = {"on": True, "b": 102, "rgb": [255, 0, 0]}
    assert read(thing, "a/s", state) == Reading(
        reported={"encendido": True, "brillo": 40, "color": "#ff0000"}
    )
    assert read(thing, "a/s", {"on": False}) == Reading(reported={"encendido": False})


# -- what opens, turns, locks and warms ----------------------------------------------------------


def test_a_cover_by_position() -> None:
    """Also one that counts backwards; tilted by a range of its own."""
    thing = device(
        (
            "cover/a/c",
            own(
                pos_t="a/p",
                set_pos_t="a/p/set",
                pos_open=0,
                pos_clsd=100,
                cmd_t="a/c",
                set_pos_tpl='{"p":{{ position }}}',
                tilt_cmd_t="a/t/set",
                tilt_status_t="a/t",
                tilt_min=0,
                tilt_max=90,
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.settling) == ("persiana", 60)
    assert read(thing, "a/p", "30") == Reading(reported={"posicion": 70})
    assert read(thing, "a/t", "45") == Reading(reported={"inclinacion": 50})
    assert told(thing, posicion=100, inclinacion=50) == [("a/p/set", {"p": 0}), ("a/t/set", "45")]


def test_a_cover_that_only_opens_and_closes() -> None:
    """What is on the way is neither."""
    thing = device(("cover/a/c", own(stat_t="a/s", cmd_t="a/c", pl_cls="DOWN")))
    assert read(thing, "a/s", "open") == Reading(reported={"posicion": 100})
    assert read(thing, "a/s", "closing") is None
    assert told(thing, posicion=0) == [("a/c", "DOWN")]
    assert told(thing, posicion=100) == [("a/c", "OPEN")]


def test_valves() -> None:
    """Open is on, by its state or by its position."""
    plain = device(("valve/a/v", own(stat_t="a/s", cmd_t="a/c")))
    assert plain.profile.kind == "riego"
    assert read(plain, "a/s", "open") == Reading(reported={"encendido": True})
    assert told(plain, encendido=False) == [("a/c", "CLOSE")]
    placed = device(("valve/a/v", own(stat_t="a/s", cmd_t="a/c", pos=True)))
    assert read(placed, "a/s", {"state": "opening", "position": 30}) == Reading(reported={"encendido": True})
    assert read(placed, "a/s", "0") == Reading(reported={"encendido": False})
    assert told(placed, encendido=True) == [("a/c", "100")]


def test_a_fan() -> None:
    """Its speeds are parts of a whole; none is off."""
    thing = device(
        (
            "fan/a/f",
            own(
                stat_t="a/s",
                cmd_t="a/c",
                pct_stat_t="a/p",
                pct_cmd_t="a/p/set",
                spd_rng_max=4,
                osc_stat_t="a/o",
                osc_cmd_t="a/o/set",
                pr_mode_cmd_t="a/m/set",
                pr_modes=["smart"],
            ),
        )
    )
    assert read(thing, "a/p", "2") == Reading(reported={"velocidad": 50})
    assert told(thing, velocidad=75, encendido=True) == [("a/p/set", "3"), ("a/c", "ON")]
    assert told(thing, velocidad=0) == [("a/c", "OFF")]
    assert told(thing, oscilacion=True, modo_ventilador="smart") == [
        ("a/m/set", "smart"),
        ("a/o/set", "oscillate_on"),
    ]
    assert read(thing, "a/o", "oscillate_off") == Reading(reported={"oscilacion": False})


def test_a_lock() -> None:
    """Jammed is neither."""
    thing = device(("lock/a/l", own(stat_t="a/s", cmd_t="a/c")))
    assert (thing.profile.kind, thing.profile.capability) == ("puerta", "lock")
    assert read(thing, "a/s", "LOCKED") == Reading(reported={"bloqueada": True})
    assert read(thing, "a/s", "JAMMED") is None
    assert told(thing, bloqueada=False) == [("a/c", "UNLOCK")]


def test_a_thermostat() -> None:
    """To be on is to be in a mode; a mode that is ordered is not overruled by the switch."""
    thing = device(
        (
            "climate/a/c",
            own(
                curr_temp_t="a/now",
                temp_stat_t="a/t",
                temp_cmd_t="a/t/set",
                min_temp="5",
                max_temp=30,
                temp_step=0.5,
                mode_stat_t="a/m",
                mode_cmd_t="a/m/set",
                modes=["off", "heat", "auto"],
                act_t="a/act",
            ),
        )
    )
    assert (thing.profile.kind, thing.profile.capability) == ("termometro", "setpoint")
    control = thing.profile.controls["temp_objetivo"]
    assert (control.low, control.high, control.step) == (5, 30, 0.5)
    assert read(thing, "a/now", "20.5") == Reading(parameters={"temperatura": 20.5})
    assert read(thing, "a/m", "off") == Reading(reported={"modo_clima": "off", "encendido": False})
    assert told(thing, temp_objetivo=21.0, encendido=True, modo_clima="auto") == [
        ("a/t/set", "21"),
        ("a/m/set", "auto"),
    ]
    assert told(thing, encendido=True) == [("a/m/set", "heat")]
    assert told(thing, encendido=False, modo_clima="auto") == [("a/m/set", "off")]


def test_a_thermostat_in_fahrenheit_with_a_switch() -> None:
    """All in °C here."""
    config = {
        "temp_unit": "F",
        "temp_stat_t": "a/t",
        "temp_cmd_t": "a/t/set",
        "curr_temp_t": "a/now",
        "pow_cmd_t": "a/p",
    }
    thing = device(("water_heater/a/w", own(**config, min_temp=86, max_temp=140)))
    assert read(thing, "a/now", "68") == Reading(parameters={"temperatura": 20})
    assert (thing.profile.controls["temp_objetivo"].low, thing.profile.controls["temp_objetivo"].high) == (
        30,
        60,
    )
    assert told(thing, temp_objetivo=50, encendido=True) == [("a/t/set", "122"), ("a/p", "ON")]


def test_a_humidifier() -> None:
    """On, and how humid."""
    thing = device(
        ("humidifier/a/h", own(stat_t="a/s", cmd_t="a/c", hum_stat_t="a/h", hum_cmd_t="a/h/set", max_hum=80))
    )
    assert read(thing, "a/h", "55") == Reading(reported={"humedad_objetivo": 55})
    assert told(thing, humedad_objetivo=60, encendido=True) == [("a/h/set", "60"), ("a/c", "ON")]


def test_settings_beside() -> None:
    """Numbers, choices, texts and buttons are controls by their own names."""
    thing = device(
        ("number/a/n", own(stat_t="a/n", cmd_t="a/n/set", name="Delay", min=0, max=10, step=0.5)),
        ("select/a/s", own(stat_t="a/s", cmd_t="a/s/set", name="Kind", ops=["x", "y"])),
        ("text/a/t", own(cmd_t="a/t/set", name="Display")),
        ("button/a/b", own(cmd_t="a/b/set", name="Restart", pl_prs="GO")),
        ("sensor/a/k", own(stat_t="a/k", dev_cla="temperature")),
    )
    assert {*thing.profile.controls} == {"delay", "kind_2", "display", "restart"}
    assert told(thing, delay=2.5, kind_2="y", display="hi", restart="pulsar") == [
        ("a/b/set", "GO"),
        ("a/n/set", "2.5"),
        ("a/s/set", "y"),
        ("a/t/set", "hi"),
    ]
    assert read(thing, "a/n", "3") == Reading(reported={"delay": 3})
    assert told(thing, kind_2="z") == []


# -- hostile -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "topic",
    [
        "dispositivos/PLG0AAAAAAAA/configuracion",
        "dispositivos",
        "iot/x/orden/encendido",
        "$SYS/x",
        "a/+/set",
        "a/#",
        "#",
        "homeassistant/switch/x/config",
        "tasmota/discovery/x/config",
        "/",
        "a\x00b",
        "a\nb",
        "x" * 300,
    ],
)
def test_orders_that_may_not_go_there(topic: str) -> None:
    """Ours, everybody's, and those of announcements: the entity is left out, and the device says so."""
    (thing,) = devices(
        ("switch/evil/x", own(stat_t="a/s", cmd_t=topic)),
        ("sensor/good/x", own(stat_t="a/t", dev_cla="temperature")),
    )
    assert not thing.profile.controls
    assert any("switch" in note for note in thing.profile.notes)
    assert told(thing, encendido=True) == []


def test_another_device_s_orders() -> None:
    """A topic that a device has said is its own is nobody else's, but for devices of one gateway."""

    def switch(ids: str, **more: Any) -> dict[str, Any]:
        return {"dev": {"ids": ids, **more}, "stat_t": f"{ids}/s", "cmd_t": "lamp/set"}

    honest, thief = devices(("switch/a/x", switch("lamp-1")), ("switch/b/x", switch("thief-1")))
    assert told(honest, encendido=True)
    assert not told(thief, encendido=True)
    assert not thief.profile.controls
    assert thief.profile.notes
    one, other = devices(
        ("switch/a/x", switch("child-1", via_device="gw-1")),
        ("switch/b/x", switch("child-2", via_device="gw-1")),
    )
    assert one.profile.controls
    assert other.profile.controls


def test_the_address_is_that_of_the_orders() -> None:
    """Another command topic is another address; another name, state or template is none."""
    one = device(("switch/a/x", own(stat_t="a/s", cmd_t="a/c")))
    same = device(("switch/b/x", own(stat_t="b/s", cmd_t="a/c", name="Other")))
    other = device(("switch/a/x", own(stat_t="a/s", cmd_t="a/d")))
    assert one.profile.address == same.profile.address != other.profile.address
    assert device(("sensor/a/x", own(stat_t="a/s"))).profile.address == ""


def test_a_template_that_is_refused_costs_its_entity_alone() -> None:
    """The rest of the device is there, and its notes say what is missing."""
    thing = device(
        ("sensor/a/x", own(stat_t="a/x", dev_cla="temperature", val_tpl="{{ 7 ** 3000000 }}")),
        ("sensor/a/y", own(stat_t="a/y", dev_cla="humidity")),
    )
    assert [*thing.topics] == ["a/y"]
    assert any("plantilla" in note for note in thing.profile.notes)


def test_a_message_that_is_too_large_or_no_text() -> None:
    """It is refused before any template sees it."""
    thing = watched()
    for payload in (b"1" * 100_000, b"\xff\xfe"):
        with pytest.raises(NotUnderstood):
            DIALECT.read(thing, Message("a/b", payload))


# -- whatever comes ------------------------------------------------------------------------------

SAMPLES: list[tuple[str, dict[str, Any]]] = [
    (
        "sensor/a/1",
        own(stat_t="a/all", dev_cla="temperature", unit_of_meas="°C", val_tpl="{{ value_json.t }}"),
    ),
    ("binary_sensor/a/1", own(stat_t="a/b", dev_cla="motion", off_dly=5)),
    ("switch/a/1", own(stat_t="a/s", cmd_t="a/c", avty_t="a/lwt")),
    (
        "light/a/1",
        own(schema="json", stat_t="a/j", cmd_t="a/jc", sup_clrm=["rgb", "color_temp"], fx_list=["x"]),
    ),
    (
        "light/a/2",
        own(stat_t="a/s", cmd_t="a/c", bri_cmd_t="a/b", bri_stat_t="a/b", hs_cmd_t="a/h", xy_stat_t="a/xy"),
    ),
    (
        "light/a/3",
        own(schema="template", cmd_t="a/c", cmd_on_tpl="{{ brightness }}", cmd_off_tpl="x", stat_t="a/s"),
    ),
    ("cover/a/1", own(pos_t="a/p", set_pos_t="a/ps", tilt_cmd_t="a/t", stat_t="a/s", cmd_t="a/c")),
    ("fan/a/1", own(cmd_t="a/c", pct_cmd_t="a/p", pct_stat_t="a/p", spd_rng_min=1, spd_rng_max=3)),
    (
        "climate/a/1",
        own(temp_cmd_t="a/t", temp_stat_t="a/t", modes=["off", "heat"], mode_cmd_t="a/m", curr_temp_t="a/n"),
    ),
    ("valve/a/1", own(stat_t="a/v", cmd_t="a/vc", pos=True)),
    ("number/a/1", own(stat_t="a/n", cmd_t="a/nc", min=0, max=5)),
    ("update/a/1", own(stat_t="a/u", l_ver_t="a/l")),
    ("device/a", {"dev": OWNER, "o": {"name": "x"}, "cmps": {"q": {"p": "sensor", "stat_t": "a/q"}}}),
]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["~", "#", "+/x", "{{ value_json.x }}", "{{", "{{ value | int }}", "1e308", "-1", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ORDERS = st.dictionaries(
    st.sampled_from(
        ["encendido", "brillo", "temp_color", "color", "posicion", "velocidad", "temp_objetivo", "modo_clima"]
    ),
    JUNK | st.sampled_from([True, False, 0, 50, 100, "#ff0000", "heat", 1e308]),
    max_size=4,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with some of its values, or its device's, of other types; or cut; or no JSON at all."""
    place, config = draw(st.sampled_from(SAMPLES))
    made = dict(config)
    for name in draw(
        st.lists(st.sampled_from([*config, "avty", "~", "cns", "ret", "bri_scl", "schema"]), max_size=3)
    ):
        made[name] = draw(JUNK)
    raw = json.dumps(made).encode()
    return place, raw[: draw(st.integers(0, len(raw)))] if draw(st.integers(0, 9)) == 0 else raw


@given(
    st.lists(spoilt(), max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["a/all", "a/s", "a/j", "a/xy", "a/p", "a/v", "a/u", "a/lwt"]),
            st.binary(max_size=20) | JUNK,
        ),
        max_size=4,
    ),
    ORDERS,
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_not_understood(
    announced: list[tuple[str, bytes]], messages: list[tuple[str, Any]], wanted: Mapping[str, Any]
) -> None:
    """However an announcement, a message or an order is spoilt, nothing else is raised."""
    kept: dict[str, bytes] = {}
    for place, raw in announced:
        try:
            heard = DIALECT.announced(Message(f"homeassistant/{place}/config", raw))
        except NotUnderstood:
            continue
        kept |= {each.key: each.payload for each in heard.announcements}
    for each in DIALECT.define("homeassistant", {key: raw for key, raw in kept.items() if raw}):
        for topic, payload in messages:
            raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
            with contextlib.suppress(NotUnderstood):
                DIALECT.read(each, Message(topic, raw))
        with contextlib.suppress(NotUnderstood):
            DIALECT.order(each, wanted)
