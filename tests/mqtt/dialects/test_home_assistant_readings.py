"""What the entities of Home Assistant's discovery read, by which names, and whether their device is there."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from actors.domain.profile import Lapse
from actors.mqtt.dialects.dialect import Definition, NotUnderstood, Reading
from actors.mqtt.dialects.home_assistant.availability import MAX_TOPICS
from tests.mqtt.dialects.home_assistant import device, online, own, read

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
        ({"name": "T1-fer", "unit_of_meas": "µS/cm"}, "350", {"fer": 350}),
        ({"name": "T1-moi", "unit_of_meas": "%"}, "21", {"humedad_suelo": 21}),
        ({"dev_cla": "pm25", "unit_of_meas": "\u03bcg/m³"}, "8", {"pm25": 8}),
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


@pytest.mark.parametrize(
    ("config", "lapses"),
    [
        ({"dev_cla": "motion", "off_dly": 5}, {"movimiento": Lapse(5)}),
        ({"dev_cla": "motion", "off_delay": "2.5"}, {"movimiento": Lapse(2.5)}),
        ({"dev_cla": "lock", "off_dly": 5}, {"bloqueada": Lapse(5, value=True)}),
        *(({"dev_cla": "motion", "off_dly": wrong}, {}) for wrong in (None, 0, -1, "x", True, [1], 1e300)),
    ],
)
def test_what_is_over_by_itself(config: Mapping[str, Any], lapses: Mapping[str, Lapse]) -> None:
    """By the name that its reading has; a delay that is none is none."""
    assert device(("binary_sensor/a/b", own(stat_t="a/b", **config))).profile.lapses == lapses


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
        "dev_cla": "temperature",
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


def test_presence_has_a_few_topics_alone() -> None:
    """An announcement of one entity cannot have the house hear thousands."""
    thing = watched(avty=[{"t": f"bridge/{number}"} for number in range(1000)])
    assert len(thing.topics) == 1 + MAX_TOPICS


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
