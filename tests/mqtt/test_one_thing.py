"""One thing that announces itself in two ways is one device, by the protocol that is its own."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from actors.messages import Announced
from actors.mqtt.catalogue import Catalogue, Group
from actors.mqtt.dialects.dialect import Message
from actors.mqtt.dialects.registry import ALL, Prefixes, dialects
from tests.mqtt.nursery import Nursery

IEEE = "0x00158d0001ab3456"
Said = tuple[str, Any]

ZIGBEE: list[Said] = [
    ("zigbee2mqtt/bridge/info", {"version": "2.1.0", "config": {"mqtt": {"base_topic": "zigbee2mqtt"}}}),
    (
        "zigbee2mqtt/bridge/devices",
        [
            {"ieee_address": "0x00124b00120144ae", "type": "Coordinator", "friendly_name": "Coordinator"},
            {
                "ieee_address": IEEE,
                "type": "EndDevice",
                "friendly_name": "cocina",
                "supported": True,
                "interview_completed": True,
                "definition": {
                    "model": "WSDCGQ11LM",
                    "vendor": "Aqara",
                    "description": "Temperature and humidity sensor",
                    "exposes": [
                        {
                            "type": "numeric",
                            "name": "temperature",
                            "property": "temperature",
                            "access": 1,
                            "unit": "°C",
                        }
                    ],
                },
            },
        ],
    ),
]
ZIGBEE_TOO: list[Said] = [
    (
        f"homeassistant/sensor/{IEEE}/temperature/config",
        {
            "state_topic": "zigbee2mqtt/cocina",
            "device_class": "temperature",
            "value_template": "{{ value_json.temperature }}",
            "device": {"identifiers": [f"zigbee2mqtt_{IEEE}"], "name": "cocina"},
        },
    ),
    (
        "homeassistant/binary_sensor/1221051039810110150109113116116_0x00124b00120144ae/state/config",
        {
            "state_topic": "zigbee2mqtt/bridge/state",
            "device_class": "connectivity",
            "value_template": "{{ value_json.state }}",
            "payload_on": "online",
            "payload_off": "offline",
            "device": {
                "identifiers": ["zigbee2mqtt_bridge_0x00124b00120144ae"],
                "name": "Zigbee2MQTT Bridge",
            },
        },
    ),
]
TASMOTA: list[Said] = [
    (
        "tasmota/discovery/A4CF12345678/config",
        {
            **{"mac": "A4CF12345678", "dn": "Lavadora", "md": "Sonoff S31", "t": "lavadora", "rl": [1]},
            **{"ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"]},
        },
    )
]
TASMOTA_TOO: list[Said] = [
    (
        "homeassistant/switch/345678_RL_1/config",
        {
            "stat_t": "stat/lavadora/RESULT",
            "cmd_t": "cmnd/lavadora/POWER",
            "val_tpl": "{{ value_json.POWER }}",
            "dev": {"ids": ["345678"], "cns": [["mac", "A4:CF:12:34:56:78"]], "mf": "Tasmota"},
        },
    )
]
SHELLY: list[Said] = [
    (
        "shellies/announce",
        {"id": "shelly1-AABBCC005302", "model": "SHSW-1", "mac": "AABBCC005302", "fw_ver": "1"},
    )
]
SHELLY_TOO: list[Said] = [
    (
        "homeassistant/switch/shelly1-aabbcc005302-relay-0/config",
        {
            "stat_t": "shellies/shelly1-AABBCC005302/relay/0",
            "cmd_t": "shellies/shelly1-AABBCC005302/relay/0/command",
            "pl_on": "on",
            "pl_off": "off",
            "dev": {"ids": ["aabbcc005302"], "mf": "Shelly", "cns": [["mac", "aa:bb:cc:00:53:02"]]},
        },
    )
]


def known(announced: Iterable[Said]) -> dict[str, str]:
    """The serial numbers and the families of what a catalogue knows that hears all these in this order."""
    catalogue = Catalogue(dialects([ALL], Prefixes()))
    for topic, payload in announced:
        message = Message(topic, json.dumps(payload).encode())
        for dialect in catalogue.listening(topic):
            for each in dialect.announced(message).announcements:
                catalogue.keep(dialect.name, each)
                catalogue.redefine(Group(dialect.name, each.group))
    return {each.definition.serial: each.definition.profile.family for each in catalogue.all}


@pytest.mark.parametrize(
    ("own", "too", "serial", "family"),
    [
        (ZIGBEE, ZIGBEE_TOO, f"z2m-{IEEE[2:]}", "zigbee2mqtt"),
        (TASMOTA, TASMOTA_TOO, "tasmota-A4CF12345678", "tasmota"),
        (SHELLY, SHELLY_TOO, "shelly-AABBCC005302", "shelly"),
    ],
)
def test_its_own_protocol_wins(own: list[Said], too: list[Said], serial: str, family: str) -> None:
    """Whichever comes first; and where its own is not heard, it has the same serial number."""
    assert known([*own, *too]) == known([*too, *own]) == {serial: family}
    assert known(too)[serial] == "home_assistant"


def ordered(state: str, command: str) -> list[str]:
    """The topics of what goes out where a switch by Home Assistant's discovery is told to be on, among one
    thing of each protocol.
    """
    nursery = Nursery(dialects=dialects([ALL], Prefixes()))
    stranger = {"uniq_id": "x1", "stat_t": state, "cmd_t": command, "dev": {"ids": ["x1"], "name": "x"}}
    for topic, payload in [*TASMOTA, *SHELLY, *ZIGBEE, ("homeassistant/switch/x1/config", stranger)]:
        nursery.hear(topic, json.dumps(payload).encode(), retained=True)
    nursery.stage.wait(1.0)
    nursery.line.published.clear()
    [told] = [each for each in nursery.of(Announced) if each.serial.startswith("ha-") and each.profile]
    assert told.profile is not None
    nursery.order(told.serial, told.profile.address, encendido=True)
    return [each.topic for each in nursery.line.published]


@pytest.mark.parametrize(
    "command",
    [
        "cmnd/lavadora/Power1",
        "shellies/shelly1-AABBCC005302/relay/0/command",
        "zigbee2mqtt/cocina/set",
        "zigbee2mqtt/bridge/request/device/remove",
    ],
)
def test_nobody_orders_by_the_topics_of_another(command: str) -> None:
    """Although its announcement says that they are its own."""
    assert ordered("x/state", command) == []


def test_what_hears_the_same_may_order_the_same() -> None:
    """Tasmota's old discovery, which tells no address: one that was claimed by it is still told."""
    assert ordered("tele/lavadora/STATE", "cmnd/lavadora/POWER") == ["cmnd/lavadora/POWER"]
    assert ordered("x/state", "x/set") == ["x/set"]


@pytest.mark.parametrize(
    ("topic", "family"),
    [
        ("stat/lavadora/RESULT", "tasmota"),
        ("lavadora/tele/STATE", "tasmota"),
        ("tele/lavadora/LWT", "tasmota"),
        ("shellies/shelly1-345678/relay/0", "shelly"),
    ],
)
def test_a_board_that_does_not_name_its_maker_is_known_by_its_topics(topic: str, family: str) -> None:
    """Claimed by the one protocol, it is the same device by the other."""
    owner = {"ids": ["345678"], "cns": [["mac", "A4:CF:12:34:56:78"]]}
    switch = {"stat_t": topic, "cmd_t": "x/set", "dev": owner}
    assert known([("homeassistant/switch/345678_RL_1/config", switch)]) == {
        f"{family}-A4CF12345678": "home_assistant"
    }
