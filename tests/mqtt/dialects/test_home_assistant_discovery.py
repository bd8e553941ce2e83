"""Home Assistant's discovery: what is announced, whose it is, and what may not be announced."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from actors.mqtt.dialects.dialect import MAX_ANNOUNCEMENT, Message, NotUnderstood, Reading
from actors.mqtt.dialects.home_assistant.abbreviations import DEVICE, ENTITY
from actors.mqtt.dialects.home_assistant.dialect import HomeAssistant
from tests.mqtt.dialects.home_assistant import DIALECT, OWNER, device, devices, own, read, told

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
        "/",
        "a\x00b",
        "a\nb",
        "x" * 300,
    ],
)
def test_orders_that_may_not_go_there(topic: str) -> None:
    """Ours, and everybody's: alone it is refused, in a device it is left out."""
    with pytest.raises(NotUnderstood):
        devices(("switch/evil/x", own(stat_t="a/s", cmd_t=topic)))
    components = {
        "evil": {"p": "switch", "stat_t": "a/s", "cmd_t": topic},
        "good": {"p": "sensor", "stat_t": "a/t", "dev_cla": "temperature"},
    }
    thing = device(("device/a", {"dev": OWNER, "cmps": components}))
    assert not thing.profile.controls
    assert any("switch" in note for note in thing.profile.notes)
    assert told(thing, encendido=True) == []


@pytest.mark.parametrize("topic", ["#", "+", "+/+", "a/#", "+/a/+", "$SYS/#", "dispositivos/estado", "iot/x"])
def test_states_that_are_nobody_s_to_hear(topic: str) -> None:
    """A wildcard stands beside two levels that are none, and ours are ours."""
    with pytest.raises(NotUnderstood):
        devices(("sensor/a/x", own(stat_t=topic, dev_cla="temperature")))


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
    alone = device(("sensor/a/x", own(stat_t="a/x", val_tpl="{{ 7 ** 3000000 }}")))
    assert alone.topics == ()
    assert any("plantilla" in note for note in alone.profile.notes)


def test_a_message_that_is_too_large_or_no_text() -> None:
    """It is refused before any template sees it."""
    thing = device(("sensor/a/b", own(stat_t="a/b", dev_cla="temperature")))
    for payload in (b"1" * 100_000, b"\xff\xfe"):
        with pytest.raises(NotUnderstood):
            DIALECT.read(thing, Message("a/b", payload))
