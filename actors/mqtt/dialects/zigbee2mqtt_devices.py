"""The devices and groups that a Zigbee2MQTT's lists tell of, each channel a definition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from actors.domain.model import JsonObject
from actors.domain.profile import COVER_SETTLING_S, MINUTES, SETTLING_S, Profile
from actors.mqtt.dialects.codecs import Number
from actors.mqtt.dialects.dialect import MAX_SOFTWARE, Definition
from actors.mqtt.dialects.zigbee2mqtt_bridge import Bridge
from actors.mqtt.dialects.zigbee2mqtt_exposes import Channel, Facts, Timer, channels_of
from actors.mqtt.dialects.zigbee2mqtt_features import Feature, text_of

NAME: Final = "zigbee2mqtt"
_DEFAULT_GROUP: Final = 901
"""Which binds devices to each other, and lights nothing."""
_IEEE: Final = re.compile(r"0x([0-9a-fA-F]{16})")
_UNFIT: Final = re.compile(r"[+#\x00-\x1f\x7f]|^bridge/|.{257}")
"""A name that no topic can have, or that is the bridge's own."""
_LINK: Final = Feature("linkquality", "calidad_enlace", Number("lqi", "lqi"), None, "lqi")
_KEYS: Final[Mapping[str, str]] = {
    "encendido": "state",
    "brillo": "brightness",
    "temp_color": "color_temp",
    "color": "color",
    "posicion": "position",
    "inclinacion": "tilt",
}
"""What all of a group can be told, by the keys that have no endpoint."""


@dataclass(frozen=True, slots=True)
class Body:
    """How a channel is read and told."""

    base: str
    """Its state's topic."""
    bridge: str
    """The topic of the bridge's own presence."""
    orders: str
    """The topic that ``/set`` and ``/get`` come after."""
    watched: bool
    """Whether Zigbee2MQTT tells of its presence."""
    asks: bool
    """Whether it hears questions: it does not sleep."""
    features: Mapping[str, tuple[Feature, ...]] = field(default_factory=dict)
    """By key of the state's JSON."""
    timer: Timer | None = None
    color_mode: str = "color_mode"
    """The key that says whether a lamp has its colour by ``color`` or by ``color_temp``."""
    stop: str = ""
    """The key by which it is told to halt; empty where it is by none."""


def definitions(
    prefix: str, bridge: Bridge, devices: Sequence[JsonObject], groups: Sequence[JsonObject]
) -> Iterator[Definition]:
    """Of those entries that are what they should be; nobody is harmed by the others."""
    coordinator = ""
    channels: dict[str, tuple[Channel, ...]] = {}
    for device in devices:
        found = _IEEE.fullmatch(text_of(device, "ieee_address"))
        if found is None:
            continue
        if device.get("type") == "Coordinator":
            coordinator = found[1].lower()
            continue
        address = f"0x{found[1].lower()}"
        if address in channels:
            continue
        own, notes = _channels(device, bridge, address)
        channels[address] = tuple(own)
        yield from _device(prefix, device, bridge, address, own, notes)
    for group in groups:
        yield from _group(prefix, group, bridge, coordinator, channels)


def _channels(device: JsonObject, bridge: Bridge, address: str) -> tuple[Sequence[Channel], Sequence[str]]:
    definition = device.get("definition")
    if not isinstance(definition, Mapping):
        return [Channel("generico", "sensor", (_LINK,))], []
    exposes = definition.get("exposes")
    facts = Facts(text_of(definition, "description"), address in bridge.inverted)
    return channels_of(exposes if isinstance(exposes, list) else [], facts)


def _device(
    prefix: str,
    device: JsonObject,
    bridge: Bridge,
    address: str,
    channels: Sequence[Channel],
    left_out: Sequence[str],
) -> Iterator[Definition]:
    name = text_of(device, "friendly_name") or address
    unknown = not isinstance(device.get("definition"), Mapping)
    if device.get("disabled") is True or (unknown and not _interviewed(device)):
        return
    notes = [*bridge.notes, *left_out]
    if device.get("supported") is False or unknown:
        notes.append("Zigbee2MQTT no conoce este modelo: pueden faltar datos y órdenes")
    if _UNFIT.search(name):
        notes.append("su nombre en Zigbee2MQTT no puede ser un tema de MQTT: no se puede leer")
    sleeps = text_of(device, "power_source").startswith("Battery")
    watched = bridge.watches(address)
    for number, channel in enumerate(channels, 1):
        body = _body(prefix, name, address, channel, watched, not sleeps)
        lasts = {"duracion_min": MINUTES} if channel.timer else {}
        profile = Profile(
            family=NAME,
            kind=channel.kind,
            capability=channel.capability,
            name=_named(name, device) + (f" {number}" if number > 1 else ""),
            model=_model(device),
            software=text_of(device, "software_build_id")[:MAX_SOFTWARE],
            controls={f.name: f.control for f in channel.features if f.control is not None} | lasts,
            units={f.name: f.unit for f in channel.features if f.control is None and f.unit},
            patience=bridge.passive_s if sleeps and not watched else None,
            settling=_settling(channel),
            stop_address="" if channel.stop else None,
            notes=tuple(notes),
        )
        serial = f"z2m-{address[2:]}" + (f".{number}" if number > 1 else "")
        yield Definition(
            serial=serial,
            hardware=frozenset({address[2:]}),
            profile=profile,
            topics=_topics(body, name),
            body=body,
        )


def _group(
    prefix: str,
    group: JsonObject,
    bridge: Bridge,
    coordinator: str,
    members: Mapping[str, Sequence[Channel]],
) -> Iterator[Definition]:
    """What all of a group's members can be told. A group of none, or of sensors, is no device."""
    number, name = group.get("id"), text_of(group, "friendly_name")
    if type(number) is not int or number < 1 or number == _DEFAULT_GROUP or not name or _UNFIT.search(name):
        return
    known = [members[address][0] for address in _members(group) if address in members]
    shared = _shared(known)
    if not shared:
        return
    kind, capability = known[0].kind, known[0].capability
    stops = all(each.stop for each in known)
    channel = Channel(kind, capability, shared, stop="state" if stops else "")
    body = _body(prefix, name, name, channel, bridge.watches(str(number)), False)
    profile = Profile(
        family=NAME,
        kind=kind,
        capability=capability,
        name=name,
        model="grupo de Zigbee2MQTT",
        controls={feature.name: feature.control for feature in shared if feature.control is not None},
        settling=_settling(channel),
        stop_address="" if stops else None,
        notes=bridge.notes,
    )
    network = coordinator or re.sub(r"[^A-Za-z0-9]+", "-", prefix)[:32]
    yield Definition(
        serial=f"z2m-{network}-g{number}", profile=profile, topics=_topics(body, name), body=body
    )


def _members(group: JsonObject) -> Iterator[str]:
    told = group.get("members")
    for member in told if isinstance(told, list) else []:
        if isinstance(member, Mapping):
            yield text_of(member, "ieee_address").lower()


def _shared(channels: Sequence[Channel]) -> tuple[Feature, ...]:
    if not channels:
        return ()
    names = frozenset.intersection(
        *(frozenset(f.name for f in each.features if f.control is not None) for each in channels)
    )
    # A group's keys have no endpoint, whichever of a member's is in it.
    return tuple(
        replace(feature, key=_KEYS[feature.name])
        for feature in channels[0].features
        if feature.name in names & _KEYS.keys() and feature.key.startswith(_KEYS[feature.name])
    )


def _body(prefix: str, name: str, target: str, channel: Channel, watched: bool, asks: bool) -> Body:
    features: dict[str, tuple[Feature, ...]] = {}
    for feature in channel.features:
        features[feature.key] = (*features.get(feature.key, ()), feature)
    warmth = next((feature for feature in channel.features if feature.name == "temp_color"), None)
    return Body(
        base=f"{prefix}/{name}",
        bridge=f"{prefix}/bridge/state",
        orders=f"{prefix}/{target}",
        watched=watched,
        asks=asks,
        features=features,
        timer=channel.timer,
        color_mode=warmth.key.replace("color_temp", "color_mode") if warmth else "color_mode",
        stop=channel.stop,
    )


def _topics(body: Body, name: str) -> tuple[str, ...]:
    own = () if _UNFIT.search(name) else (body.base, f"{body.base}/availability")
    return (*own, body.bridge)


def _interviewed(device: JsonObject) -> bool:
    state = device.get("interview_state")
    return state == "SUCCESSFUL" if isinstance(state, str) else device.get("interview_completed") is True


def _named(name: str, device: JsonObject) -> str:
    """As people named it; else as the maker did."""
    return (_model(device) or name) if _IEEE.fullmatch(name) else name


def _model(device: JsonObject) -> str:
    definition = device.get("definition")
    if not isinstance(definition, Mapping):
        return text_of(device, "model_id")
    return f"{text_of(definition, 'vendor')} {text_of(definition, 'model')}".strip()


def _settling(channel: Channel) -> float:
    return COVER_SETTLING_S if channel.kind == "persiana" else SETTLING_S
