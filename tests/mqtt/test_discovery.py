"""How our devices are announced to Home Assistant, and what its orders mean here."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Change, Device
from actors.mqtt.dialects.dialect import Heard, Message
from actors.mqtt.dialects.home_assistant.dialect import HomeAssistant
from actors.mqtt.discovery import (
    System,
    announcement,
    announcement_by_entity,
    order_in,
    order_topic,
    ordered,
    state,
)
from actors.simulator.device import fleet

SYSTEM = System("homeassistant", "dispositivos/iot-backend-1/servidor", "1.2.3")
KINDS = {device.serial[:4]: device.serial for device in fleet(13)}


def device(serial: str, **fields: Any) -> Device:
    fields = {"configuration": {"modo": "manual", "encendido": True}, **fields}
    return Device(id=1, serial=serial, name="Salón", claimed=True, **fields)


def only(messages: Any) -> tuple[str, Any]:
    [message] = messages
    return message.topic, orjson.loads(message.payload)


@pytest.mark.parametrize("announce", [announcement, announcement_by_entity])
def test_what_we_announce_is_no_device_of_another_make_here(announce: Any) -> None:
    """The broker tells us of it as it tells Home Assistant, and there would be each of our devices twice."""
    for each in announce(device("PLG0X", parameters={"consumo_w": 12.5}), SYSTEM):
        assert HomeAssistant().announced(Message(each.topic, each.payload, retained=True)) == Heard()


def test_a_device_is_one_payload() -> None:
    """With an identity, both availabilities, one entity to switch it and one a reading."""
    plug = device("PLG0X", parameters={"consumo_w": 12.5, "energia_kwh": 3.1, "nota": "a", "leds": [1]})
    topic, told = only(announcement(plug, SYSTEM))
    assert topic == "homeassistant/device/PLG0X/config"
    assert told["dev"]["ids"] == ["iot_PLG0X"]
    assert [each["t"] for each in told["avty"]] == [SYSTEM.alive, "iot/PLG0X/conexion"]
    assert {name: entity["p"] for name, entity in told["cmps"].items()} == {
        "principal": "switch",
        "consumo_w": "sensor",
        "energia_kwh": "sensor",
        "nota": "sensor",
    }
    assert told["cmps"]["energia_kwh"]["stat_cla"] == "total_increasing"
    assert told["cmps"]["consumo_w"]["unit_of_meas"] == "W"


@pytest.mark.parametrize(
    ("prefix", "component"),
    [
        ("LGT0", "light"),
        ("PLG0", "switch"),
        ("SHD0", "cover"),
        ("FAN0", "fan"),
        ("DRL0", "lock"),
        ("RGD0", "valve"),
        ("TMP0", "climate"),
        ("MOV0", None),
    ],
)
def test_each_kind_is_what_it_is_there(prefix: str, component: str | None) -> None:
    """A sensor has readings alone."""
    _, told = only(announcement(device(f"{prefix}X", parameters={"movimiento": True}), SYSTEM))
    assert told["cmps"].get("principal", {}).get("p") == component
    assert told["cmps"]["movimiento"]["p"] == "binary_sensor"


def test_older_versions_get_a_payload_an_entity() -> None:
    """Each with the whole device, under a topic of its component."""
    plug = device("PLG0X", parameters={"consumo_w": 12.5})
    found = {each.topic: orjson.loads(each.payload) for each in announcement_by_entity(plug, SYSTEM)}
    assert set(found) == {
        "homeassistant/switch/PLG0X/principal/config",
        "homeassistant/sensor/PLG0X/consumo_w/config",
    }
    assert all(each["dev"]["ids"] == ["iot_PLG0X"] and "p" not in each for each in found.values())


def test_the_state_tells_what_the_device_tells() -> None:
    """Its own word before what people have asked of it; presence apart."""
    lamp = device("LGT0X", configuration={"encendido": True, "brillo": 80}, reported={"brillo": 40})
    told, presence = state(lamp)
    assert told.topic == "iot/LGT0X/estado"
    assert orjson.loads(told.payload)["brillo"] == 40
    assert (presence.topic, presence.payload) == ("iot/LGT0X/conexion", b"offline")


@pytest.mark.parametrize(
    ("name", "payload", "change"),
    [
        ("encendido", b"ON", {"encendido": True}),
        ("encendido", b"OFF", {"encendido": False}),
        ("brillo", b"40", {"brillo": 40}),
        ("brillo", b"101", None),
        ("posicion", b"12.5", {"posicion": 12.5}),
        ("color", b"#FF8000", {"color": "#ff8000"}),
        ("color", b"red", None),
        ("bloqueada", b"true", {"bloqueada": True}),
        ("temp_objetivo", b"nan", None),
        ("modo", b"horario", None),
        ("encendido", b"", None),
    ],
)
def test_an_order_is_a_change(name: str, payload: bytes, change: Any) -> None:
    """Of what it names alone; what is no value of that is no order."""
    expected = None if change is None else Change(configuration=change)
    assert ordered(name, payload, device("LGT0X")) == expected
    assert ordered(name, payload, None) is None


def test_switching_overrides_a_schedule() -> None:
    """While the schedule rules, the state is what can be changed."""
    scheduled = device("LGT0X", configuration={"modo": "horario", "horarios": []})
    assert ordered("encendido", b"ON", scheduled) == Change(state="activo")


@given(st.text(max_size=40), st.binary(max_size=80))
def test_whatever_is_ordered_is_read(topic: str, payload: bytes) -> None:
    """No topic and no payload is too strange to be turned down."""
    found = order_in(topic)
    name = topic if found is None else found[1]
    assert found is None or topic == order_topic(*found)
    ordered(name, payload, device("LGT0X"))
