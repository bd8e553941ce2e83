"""The devices of a Homie domain: what their descriptions define, and whose root is lost.

A node that switches, opens, locks or heats is a channel. The first is the device itself, which also has the
readings of all nodes that are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from actors.domain.kinds import capability_of
from actors.domain.profile import COVER_SETTLING_S, SETTLING_S, Profile
from actors.mqtt.dialects.dialect import MAX_ENTITIES, Definition, Outgoing
from actors.mqtt.dialects.homie_properties import (
    COVERS,
    FANS,
    LIGHTS,
    Property,
    Told,
    controlled,
    reading,
    stop_of,
)
from actors.mqtt.dialects.sensors import kind_of_sensor

ID: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}")
THERE: Final = frozenset({"ready", "sleeping"})
GONE: Final = frozenset({"lost", "disconnected"})
MAX_NAME: Final = 100
_SERIAL: Final = 60
"""Characters, so that a channel's number still has room."""
_WATERS: Final = re.compile(r"valve|irrigat|sprinkler|watering|riego|v[aá]lvula", re.IGNORECASE)
# By what a channel can be told, what it is; the first that it has.
_KINDS: Final = (
    ("posicion", "persiana"),
    ("bloqueada", "puerta"),
    ("temp_objetivo", "termometro"),
    ("velocidad", "ventilador"),
    ("brillo", "luz"),
    ("color", "luz"),
    ("temp_color", "luz"),
)
_MAIN: Final = frozenset({"encendido", *(name for name, _ in _KINDS)})
_NUMBERED: Final = re.compile(r"(?:relay|switch|channel|outlet|socket|output|valve|zone|ch)_?\d+")


@dataclass(frozen=True, slots=True)
class Body:
    """How a device is read."""

    state: str
    """The topic of its own state; of its root's below, empty where it is the root."""
    root: str
    told: str
    """The state that it has told last, empty where it has told none."""
    root_is_gone: bool
    properties: Mapping[str, Property] = field(default_factory=dict)
    """By topic."""
    stop: Outgoing | None = None
    """What halts it where it moves."""


@dataclass(frozen=True, slots=True)
class _Channel:
    name: str
    about: str
    """The words by which it is called, from its node's to its device's."""
    properties: tuple[Property, ...]
    stop: Outgoing | None = None
    """Of a cover."""


def definitions(
    family: str, domain: str, descriptions: Mapping[str, Mapping[str, Any]], states: Mapping[str, str]
) -> Iterator[Definition]:
    """Of the devices of one domain, by their ids."""
    for id, description in descriptions.items():
        root = _text(description, "root")
        gone = states.get(root, "") in GONE
        body = Body(
            state=f"{domain}/5/{id}/$state",
            root=f"{domain}/5/{root}/$state" if ID.fullmatch(root) else "",
            told=states.get(id, ""),
            root_is_gone=gone,
        )
        yield from _device(family, domain, id, description, body)


def _device(
    family: str, domain: str, id: str, description: Mapping[str, Any], shared: Body
) -> Iterator[Definition]:
    notes: list[str] = []
    name = _text(description, "name") or id
    about = f"{name} {_text(description, 'type')}"
    channels, rest = _channels(f"{domain}/5/{id}", description, about, notes)
    first = channels[0] if channels else _Channel(name, about, ())
    channels = [replace(first, name=name, properties=(*first.properties, *rest)), *channels[1:]]
    base = f"homie-{re.sub('[^A-Za-z0-9._-]', '-', domain)}-{id}"[:_SERIAL]
    for n, channel in enumerate(channels, 1):
        properties = named_apart(channel.properties)[:MAX_ENTITIES]
        by_topic = {each.topic: each for each in properties}
        body = replace(shared, properties=by_topic, stop=channel.stop)
        topics = (body.state, *((body.root,) if body.root else ()), *body.properties)
        yield Definition(
            serial=base if n == 1 else f"{base}.{n}",
            profile=_profile(family, description, replace(channel, properties=tuple(properties)), notes),
            topics=topics,
            keys=frozenset({f"{id}/$state", f"{id}/$description"}),
            body=body,
            online=body.told in THERE and not body.root_is_gone,
        )


def _channels(
    base: str, description: Mapping[str, Any], about: str, notes: list[str]
) -> tuple[list[_Channel], list[Property]]:
    """And what is none of any channel's."""
    channels: list[_Channel] = []
    rest: list[Property] = []
    for node, said in _objects(description, "nodes"):
        called = f"{node} {_text(said, 'name')} {_text(said, 'type')} {about}"
        told = [*_properties(base, node, said, notes)]
        own = [each for each in (_property(each, called, notes) for each in told) if each is not None]
        switches = [each.topic for each in told if _NUMBERED.fullmatch(each.words) and each.settable]
        name = _text(said, "name") or node
        if len(switches) > 1:
            apart = [each for each in own if each.topic in switches]
            channels += [_Channel(f"{name} {n}", called, (each,)) for n, each in enumerate(apart, 1)]
            rest += [each for each in own if each.topic not in switches]
        elif any(each.control is not None and each.name in _MAIN for each in own):
            moves = any(each.name == "posicion" and each.control is not None for each in own)
            stops = filter(None, map(stop_of, told)) if moves else iter(())
            channels.append(_Channel(name, called, tuple(own), next(stops, None)))
        else:
            rest += own
    return channels, rest


def _properties(base: str, node: str, said: Mapping[str, Any], notes: list[str]) -> Iterator[Told]:
    for id, each in _objects(said, "properties"):
        told = Told.of(f"{base}/{node}/{id}", node, id, each)
        if told is None:
            notes.append(f"la propiedad {node}/{id} no es de un tipo de Homie"[:200])
        else:
            yield told


def _property(told: Told, about: str, notes: list[str]) -> Property | None:
    if told.settable and told.retained and told.datatype not in ("datetime", "duration", "json"):
        return controlled(told, about)
    if told.settable and not told.retained:
        if stop_of(told) is not None and COVERS.search(about):
            return None
        notes.append(f"{told.node}/{told.id} no dice cómo está: no se le ordena nada")
        return None
    return reading(told)


def named_apart(properties: Sequence[Property]) -> list[Property]:
    """Each by a name of its own: what comes second by one is numbered."""
    taken: set[str] = set()
    found = []
    for each in properties:
        name, n = each.name, 1
        while name in taken:
            n += 1
            name = f"{each.name}_{n}"
        taken.add(name)
        found.append(each if n == 1 else replace(each, name=name))
    return found


def _profile(family: str, description: Mapping[str, Any], channel: _Channel, notes: Sequence[str]) -> Profile:
    controls = {each.name: each.control for each in channel.properties if each.control is not None}
    kind = _kind(channel, controls)
    return Profile(
        family=family,
        kind=kind,
        capability=capability_of(kind) if _MAIN & controls.keys() else "sensor",
        name=channel.name[:MAX_NAME],
        model=_text(description, "type")[:MAX_NAME],
        controls=controls,
        units={each.name: each.unit for each in channel.properties if each.unit and each.control is None},
        settling=COVER_SETTLING_S if kind == "persiana" else SETTLING_S,
        stop_address=None if channel.stop is None else "",
        notes=tuple(notes[:16]),
    )


def _kind(channel: _Channel, controls: Mapping[str, Any]) -> str:
    for name, kind in _KINDS:
        if name in controls:
            return kind
    if "encendido" not in controls:
        return kind_of_sensor(each.name for each in channel.properties)
    for called, kind in ((_WATERS, "riego"), (FANS, "ventilador"), (LIGHTS, "luz")):
        if called.search(channel.about):
            return kind
    return "enchufe"


def _objects(said: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    within = said.get(key)
    for id, each in within.items() if isinstance(within, Mapping) else ():
        if ID.fullmatch(id) is not None and isinstance(each, Mapping):
            yield id, each


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""
