"""Homie 5: what a description defines, what values say, whose root is lost, and how things are told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Json, JsonObject
from actors.mqtt.dialects.dialect import Definition, Message, NotUnderstood, Reading
from actors.mqtt.dialects.homie import Homie

HOMIE = Homie()


def description(nodes: JsonObject, **fields: Any) -> bytes:
    told = {
        node: {"properties": properties} if "properties" not in properties else properties
        for node, properties in nodes.items()
    }
    return json.dumps({"homie": "5.0", "version": 1, "nodes": told, **fields}).encode()


def announced(topic: str, payload: bytes) -> dict[str, bytes]:
    heard = HOMIE.announced(Message(topic, payload, retained=True))
    assert {each.group for each in heard.announcements} == {topic.split("/")[0]}
    return {each.key: each.payload for each in heard.announcements}


def defined(nodes: JsonObject, **fields: Any) -> list[Definition]:
    return [*HOMIE.define("homie", announced("homie/5/cosa/$description", description(nodes, **fields)))]


def said(definition: Definition, topic: str, payload: str | bytes, *, retained: bool = False) -> Reading:
    assert topic in definition.topics
    raw = payload if isinstance(payload, bytes) else payload.encode()
    return HOMIE.read(definition, Message(topic, raw, retained)) or Reading()


def told(definition: Definition, wanted: JsonObject) -> Sequence[tuple[str, str]]:
    return [(order.topic, order.payload.decode()) for order in HOMIE.order(definition, wanted)]


def prop(datatype: str, **fields: Any) -> JsonObject:
    return {"datatype": datatype, **fields}


def settable(datatype: str, **fields: Any) -> JsonObject:
    return prop(datatype, settable=True, **fields)


LAMP = {
    "luz": {
        "power": settable("boolean"),
        "brightness": settable("integer", format="0:255"),
        "color-temperature": settable("integer", unit="MK⁻¹", format="153:500"),
        "color": settable("color", format="hsv,rgb"),
    }
}


# -- announcements ---------------------------------------------------------------------------------


def test_a_device_is_known_by_its_domain_and_its_id() -> None:
    [car] = defined({"engine": {"temperature": prop("float", unit="°C")}}, name="Supercar", type="car")
    assert (car.serial, car.profile.name, car.profile.model) == ("homie-homie-cosa", "Supercar", "car")
    assert (car.profile.kind, car.profile.capability) == ("termometro", "sensor")
    assert dict(car.profile.units) == {"temperatura": "°C"}


def test_a_device_whose_state_is_deleted_ceases_to_exist() -> None:
    kept = {
        **announced("casa/5/cosa/$description", description(LAMP)),
        **announced("casa/5/cosa/$state", b"ready"),
    }
    [lamp] = HOMIE.define("casa", kept)
    assert (lamp.serial, lamp.online) == ("homie-casa-cosa", True)
    assert [*HOMIE.define("casa", {**kept, **announced("casa/5/cosa/$state", b"")})] == []


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("homie/5/$broadcast/$state", b"ready"),
        ("homie/5/cosa/$state", b"READY"),
        ("homie/5/cosa/$description", b"{"),
        ("homie/5/cosa/$description", b"[]"),
        ("homie/5/cosa/$description", b'{"homie":"4.0"}'),
        ("homie/5/cosa/$description", b'{"homie":"5.0","x":"%b"}' % (b" " * 40_000)),
    ],
)
def test_an_announcement_that_is_none_is_refused_with_a_reason(topic: str, payload: bytes) -> None:
    with pytest.raises(NotUnderstood) as refused:
        HOMIE.announced(Message(topic, payload))
    assert refused.value.reason


def test_what_is_illegal_in_a_description_is_ignored_and_told() -> None:
    [thing] = defined(
        {"nodo": {"ok": prop("float"), "no": prop("decimal"), "Ñ": prop("float")}, "otro": {"properties": 3}}
    )
    assert thing.topics == ("homie/5/cosa/$state", "homie/5/cosa/nodo/ok")
    assert len(thing.profile.notes) == 1


# -- presence --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "online"),
    [("init", None), ("ready", True), ("sleeping", True), ("disconnected", False), ("lost", False)],
)
def test_presence_follows_the_state(state: str, online: bool | None) -> None:
    [lamp] = defined(LAMP)
    assert said(lamp, "homie/5/cosa/$state", state).online is online


def family(root: bytes, child: bytes) -> Definition:
    kept = {
        **announced("homie/5/puente/$description", description({}, children=["hija"])),
        **announced("homie/5/hija/$description", description(LAMP, root="puente", parent="puente")),
        **announced("homie/5/puente/$state", root),
        **announced("homie/5/hija/$state", child),
    }
    return {each.serial: each for each in HOMIE.define("homie", kept)}["homie-homie-hija"]


@pytest.mark.parametrize("gone", ["lost", "disconnected"])
def test_a_child_is_lost_with_its_root_and_back_with_it(gone: str) -> None:
    child = family(b"ready", b"ready")
    assert said(child, "homie/5/puente/$state", gone).online is False
    assert said(child, "homie/5/puente/$state", "ready").online is True
    assert said(child, "homie/5/puente/$state", "init").online is None
    assert not family(gone.encode(), b"ready").online


def test_a_child_that_is_lost_by_itself_stays_so_when_its_root_comes_back() -> None:
    assert said(family(b"init", b"lost"), "homie/5/puente/$state", "ready").online is None


def test_what_a_child_said_before_its_root_was_lost_does_not_bring_it_back() -> None:
    child = family(b"lost", b"ready")
    assert said(child, "homie/5/hija/$state", "ready", retained=True).online is None
    assert said(child, "homie/5/hija/$state", "ready").online is True


# -- what is read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "how", "payload", "expected"),
    [
        ("temperature", prop("float", unit="°F"), "50", {"temperatura": 10}),
        ("inside", prop("float", unit="°C"), "21.5", {"temperatura": 21.5}),
        ("hum", prop("integer", unit="%"), "55", {"humedad": 55}),
        ("watts", prop("float", unit="kW"), "1.5", {"consumo_w": 1500}),
        ("consumption", prop("float", unit="Wh"), "1500", {"energia_kwh": 1.5}),
        ("battery-level", prop("integer", unit="%"), "71", {"bateria": 71}),
        ("pressure", prop("float", unit="Pa"), "101300", {"presion_hpa": 1013}),
        ("motion", prop("boolean"), "true", {"movimiento": True}),
        ("door", prop("boolean"), "true", {"abierta": True}),
        ("door", prop("boolean", format="open,closed"), "true", {"abierta": False}),
        ("contact", prop("boolean"), "true", {"abierta": False}),
        ("leak", prop("boolean"), "false", {"agua_detectada": False}),
        ("mode", prop("enum", format="eco,boost"), "eco", {"nodo_mode": "eco"}),
        ("label", prop("string"), "hola", {"nodo_label": "hola"}),
        ("turns", prop("integer", unit="rpm"), "900", {"nodo_turns": 900}),
        ("power", prop("float", unit="#"), "3", {"nodo_power": 3}),
    ],
)
def test_readings_have_the_names_and_units_of_this_house(
    id: str, how: JsonObject, payload: str, expected: JsonObject
) -> None:
    [thing] = defined({"nodo": {id: how}})
    assert said(thing, f"homie/5/cosa/nodo/{id}", payload, retained=True) == Reading(expected)


@pytest.mark.parametrize("nothing", ["nan", "2,5", "", "x", "1e999"])
def test_what_is_no_number_is_never_a_reading(nothing: str) -> None:
    [thing] = defined({"nodo": {"temperature": prop("float", unit="°C")}})
    reading = said(thing, "homie/5/cosa/nodo/temperature", nothing)
    assert reading == (Reading(invalid=("temperatura",)) if nothing else Reading())


def test_several_of_a_kind_are_numbered() -> None:
    [thing] = defined({node: {"temperature": prop("float", unit="°C")} for node in ("a", "b")})
    assert said(thing, "homie/5/cosa/b/temperature", "4").parameters == {"temperatura_2": 4}


# -- what can be told ------------------------------------------------------------------------------


def test_a_lamp_is_told_all_at_its_own_topics_and_the_switch_last() -> None:
    [lamp] = defined(LAMP)
    assert (lamp.profile.kind, {*lamp.profile.controls}) == (
        "luz",
        {"encendido", "brillo", "temp_color", "color"},
    )
    wanted = {"encendido": True, "brillo": 40, "temp_color": 4000, "color": "#ff8000"}
    assert told(lamp, wanted) == [
        ("homie/5/cosa/luz/brightness/set", "102"),
        ("homie/5/cosa/luz/color/set", "hsv,30,100,100"),
        ("homie/5/cosa/luz/color-temperature/set", "250"),
        ("homie/5/cosa/luz/power/set", "true"),
    ]
    assert not any(topic.endswith("/set") for topic in lamp.topics)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one property makes of a device, and what an order to it is."""

    kind: str
    id: str
    how: JsonObject
    order: JsonObject
    payload: str
    fields: JsonObject = field(default_factory=dict)


def share(id: str, **fields: Any) -> JsonObject:
    return {"id": id, "how": settable("integer", **fields)}


CASES = [
    Case(kind="persiana", **share("position", unit="%"), order={"posicion": 30}, payload="30"),
    Case(
        kind="persiana",
        **share("level", unit="%"),
        order={"posicion": 7},
        payload="7",
        fields={"type": "blind"},
    ),
    Case(kind="ventilador", **share("speed", format="0:3"), order={"velocidad": 67}, payload="2"),
    *(
        Case(kind=kind, id=id, how=settable("enum", format=words), order=order, payload=payload)
        for kind, id, words, order, payload in (
            ("persiana", "move", "OPEN,CLOSE,STOP", {"posicion": 100}, "OPEN"),
            ("puerta", "bolt", "UNLOCK,LOCK", {"bloqueada": False}, "UNLOCK"),
            ("ventilador", "speed", "off,low,medium,high", {"velocidad": 67}, "medium"),
            ("enchufe", "power", "ON,OFF", {"encendido": True}, "ON"),
        )
    ),
    *(
        Case(kind=kind, id=id, how=settable("boolean"), order=order, payload=payload, fields={"name": name})
        for kind, id, name, order, payload in (
            ("puerta", "lock", "x", {"bloqueada": True}, "true"),
            ("riego", "open", "Válvula", {"encendido": True}, "true"),
            ("luz", "power", "Ceiling light", {"encendido": False}, "false"),
        )
    ),
    *(
        Case(kind=kind, id="x-target", how=settable("float", **how), order=order, payload=payload)
        for kind, how, order, payload in (
            ("termometro", {"unit": "°F", "format": "40:90:1"}, {"temp_objetivo": 20}, "68"),
            ("termometro", {"unit": "°C", "format": "5:30:0.5"}, {"temp_objetivo": 21.5}, "21.5"),
        )
    ),
    Case(kind="luz", id="dimmer", how=settable("float", format="0:1"), order={"brillo": 25}, payload="0.25"),
    Case(
        kind="luz",
        id="color",
        how=settable("color", format="rgb"),
        order={"color": "#ff8000"},
        payload="rgb,255,128,0",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}-{case.id}")
def test_what_was_ordered_is_said_in_its_own_words_and_confirmed_by_them(case: Case) -> None:
    [thing] = defined({"nodo": {case.id: case.how}}, **case.fields)
    assert thing.profile.kind == case.kind
    assert told(thing, case.order) == [(f"homie/5/cosa/nodo/{case.id}/set", case.payload)]
    reported = said(thing, f"homie/5/cosa/nodo/{case.id}", case.payload).reported
    for name, value in case.order.items():
        assert thing.profile.controls[name].confirms(value, reported[name])


def test_an_order_stays_within_the_format() -> None:
    [thing] = defined({"nodo": {"target": settable("float", unit="°C", format="5:30:0.5")}})
    assert told(thing, {"temp_objetivo": 50}) == [("homie/5/cosa/nodo/target/set", "30")]
    assert thing.profile.controls["temp_objetivo"].high == 30


def test_what_nobody_knows_is_told_by_its_own_name() -> None:
    [thing] = defined(
        {
            "nodo": {
                "power": settable("boolean"),
                "gain": settable("float", format="0:10:0.5"),
                "scene": settable("enum", format="cine,cena"),
                "text": settable("string"),
            }
        }
    )
    assert {*thing.profile.controls} == {"encendido", "nodo_gain", "nodo_scene", "nodo_text"}
    assert told(thing, {"nodo_gain": 3.3, "nodo_scene": "cine", "nodo_text": ""}) == [
        ("homie/5/cosa/nodo/gain/set", "3.5"),
        ("homie/5/cosa/nodo/scene/set", "cine"),
        ("homie/5/cosa/nodo/text/set", "\0"),
    ]
    assert told(thing, {"nodo_scene": "fiesta", "nodo_gain": "x", "otro": 1, "encendido": 3}) == []


def test_what_does_not_say_how_it_is_is_never_told() -> None:
    [thing] = defined({"nodo": {"brew": settable("boolean", retained=False)}})
    assert dict(thing.profile.controls) == {}
    assert len(thing.profile.notes) == 1


def test_each_node_that_switches_is_a_channel_with_its_own_readings() -> None:
    outlet = {"power": settable("boolean"), "watts": prop("float", unit="W")}
    first, second = defined({"a": outlet, "b": outlet, "aire": {"temperature": prop("float", unit="°C")}})
    assert (first.serial, second.serial) == ("homie-homie-cosa", "homie-homie-cosa.2")
    assert said(second, "homie/5/cosa/b/watts", "5").parameters == {"consumo_w": 5}
    assert "homie/5/cosa/aire/temperature" in first.topics
    assert told(second, {"encendido": True}) == [("homie/5/cosa/b/power/set", "true")]


def test_numbered_switches_of_one_node_are_channels_each() -> None:
    relays = {f"relay-{n}": settable("boolean") for n in (1, 2, 3)}
    definitions = defined({"relays": relays})
    assert [told(each, {"encendido": False}) for each in definitions] == [
        [(f"homie/5/cosa/relays/relay-{n}/set", "false")] for n in (1, 2, 3)
    ]


# -- whatever comes --------------------------------------------------------------------------------

WHOLE = {
    **{"luz": LAMP["luz"], "aire": {"temperature": prop("float", unit="°C"), "door": prop("boolean")}},
    **{f"n{n}": {case.id: case.how} for n, case in enumerate(CASES)},
}
WORDS = ["datatype", "format", "unit", "settable", "retained", "properties", "nodes", "name", "root", "a"]
texts = st.text(max_size=6) | st.sampled_from(
    ["5.0", "0:1", ":", "1:0:0", "a,b", "float", "enum", "color", "°F"]
)
plain = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=6,
)
properties = st.fixed_dictionaries(
    {"datatype": st.sampled_from(["float", "integer", "enum", "color", "boolean", "string"])},
    optional={"format": texts, "unit": texts, "settable": st.booleans() | values},
)
nodes = st.dictionaries(
    st.sampled_from(["luz", "a", "b"]),
    st.dictionaries(
        st.sampled_from(["power", "color", "level", "ct", "lock", "x"]), properties | plain, max_size=3
    ),
)


def altered(whole: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(whole)).map(lambda end: whole[:end]) | st.binary(max_size=20)


@given(
    altered(description(WHOLE))
    | st.builds(lambda nodes, *rest: description(nodes, name=rest[0], root=rest[1]), nodes, values, values),
    st.dictionaries(st.sampled_from(["encendido", "brillo", "color", "a_x", "velocidad"]), plain, max_size=3),
    texts,
)
def test_no_description_raises_anything_but_that_it_is_not_understood(
    payload: bytes, wanted: Mapping[str, Json], value: str
) -> None:
    with suppress(NotUnderstood):
        kept = announced("homie/5/cosa/$description", payload)
        for definition in HOMIE.define("homie", kept):
            for order in HOMIE.order(definition, wanted):
                assert order.topic.startswith("homie/5/cosa/")
            for topic in definition.topics:
                with suppress(NotUnderstood):
                    said(definition, topic, value)


FLEET = defined(WHOLE)


@given(
    st.sampled_from(FLEET), st.integers(0, 40), texts.map(str.encode) | st.binary(max_size=20), st.booleans()
)
def test_no_value_raises_anything_but_that_it_is_not_understood(
    definition: Definition, topic: int, payload: bytes, retained: bool
) -> None:
    heard = definition.topics[topic % len(definition.topics)]
    with suppress(NotUnderstood):
        reading = said(definition, heard, payload, retained=retained)
        json.dumps([reading.parameters, reading.reported], allow_nan=False)
        assert {*reading.reported} <= {*definition.profile.controls}


def test_a_cover_is_stopped_by_a_property_that_has_a_word_for_it() -> None:
    """Retained or not; what stops nothing that moves is no stop."""
    position = settable("integer", format="0:100", unit="%")
    action = settable("enum", format="open,close,Stop")
    for how in (action, settable("enum", format="Stop", retained=False)):
        [cover] = defined({"persiana": {"position": position, "accion": how}})
        [stop] = HOMIE.stop(cover)
        assert (stop.topic, stop.payload) == ("homie/5/cosa/persiana/accion/set", b"Stop")
        assert (cover.profile.kind, cover.profile.stop_address) == ("persiana", "")
        assert cover.profile.notes == ()
    for nodes in ({"persiana": {"position": position}}, {"radio": {"mando": action, "power": BOOLEAN}}):
        [other] = defined(nodes)
        moves = "posicion" in other.profile.controls
        assert bool(HOMIE.stop(other)) is (moves and "radio" in nodes)


BOOLEAN = settable("boolean")
