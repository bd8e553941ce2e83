"""Zigbee2MQTT: a gateway that tells of all its devices in one list, and of each by JSON at its name.

A device goes by its IEEE address, by which it is told too, so that nothing but topics changes when somebody
renames it. A group that can be ordered is a device; its serial number is the coordinator's with the group's
id, which outlives names and the bridge's prefix. The coordinator is no device. A device that is switched off
in Zigbee2MQTT, or of which it knows nothing yet since the interview is not over, is not shown; one whose
model it does not know is, with a note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.readings import number_of
from actors.mqtt.dialects.dialect import (
    MAX_GATEWAY,
    Announcement,
    Definition,
    Heard,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.dialects.zigbee2mqtt_bridge import Bridge, distilled
from actors.mqtt.dialects.zigbee2mqtt_devices import NAME, Body, definitions
from actors.mqtt.dialects.zigbee2mqtt_features import STOP, text_of

_LISTS: Final = ("devices", "groups")
_ASKED: Final = frozenset(
    {"encendido", "brillo", "temp_color", "color", "posicion", "inclinacion", "velocidad", "bloqueada"}
    | {"temp_objetivo", "modo_clima", "temperatura"}
)
_NOT_IN_MODE: Final[Mapping[str, str]] = {"color_temp": "color", "xy": "temp_color", "hs": "temp_color"}


class Zigbee2Mqtt:
    """One dialect for all the house's bridges, each at a prefix of its own."""

    def __init__(self, prefixes: Sequence[str] = (NAME,)) -> None:
        self._prefixes = tuple(prefixes)

    @property
    def name(self) -> str:
        return NAME

    @property
    def filters(self) -> Sequence[str]:
        keys = (*_LISTS, "info")
        return tuple(f"{prefix}/bridge/{key}" for prefix in self._prefixes for key in keys)

    def announced(self, message: Message) -> Heard:
        prefix, _, key = message.topic.rpartition("/bridge/")
        if prefix not in self._prefixes or (key not in _LISTS and key != "info"):
            return Heard()
        if len(message.payload) > MAX_GATEWAY:
            raise NotUnderstood(f"más de {MAX_GATEWAY} bytes")
        payload = message.payload
        if key in _LISTS and payload:
            _list_in(payload)
        elif payload:
            payload = orjson.dumps(distilled(_object_in(payload)))
        return Heard((Announcement(prefix, key, payload),))

    def define(self, group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        info = announcements.get("info")
        bridge = Bridge.of(_object_in(info)) if info else Bridge()
        devices, groups = (_objects(announcements.get(key)) for key in _LISTS)
        return definitions(group, bridge, devices, groups)

    def greet(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        if not body.asks:
            return ()
        # A device answers each question by radio: what it does is asked, not what its settings are.
        question = {
            feature.key: {"x": "", "y": ""} if feature.name == "color" else ""
            for features in body.features.values()
            for feature in features
            if feature.asks and feature.name in _ASKED
        }
        return (Outgoing(f"{body.orders}/get", orjson.dumps(question)),) if question else ()

    def read(self, definition: Definition, message: Message) -> Reading | None:
        body: Body = definition.body
        if not message.payload:
            # What was retained by a name that it no longer has.
            return None
        if message.topic == body.bridge:
            online = _presence(message.payload)
            # That the bridge is back says nothing of a device that it looks after by itself.
            return None if online and body.watched else Reading(online=online)
        if message.topic == f"{body.base}/availability":
            return Reading(online=_presence(message.payload))
        if message.topic != body.base:
            return None
        return _read(body, _object_in(message.payload))

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        body: Body = definition.body
        features = {
            feature.name: feature
            for some in body.features.values()
            for feature in some
            if feature.control is not None
        }
        told: dict[str, Json] = {}
        for name in sorted(wanted, key=lambda name: name == "encendido"):
            feature = features.get(name)
            value = None if feature is None else feature.codec.write(wanted[name])
            if feature is not None and value is not None:
                told[feature.key] = value
        minutes = number_of(wanted.get("duracion_min"))
        if body.timer is not None and minutes and minutes > 0 and wanted.get("encendido") is True:
            told = {body.timer.key: body.timer.told(minutes), **told}
        return (Outgoing(f"{body.orders}/set", orjson.dumps(told)),) if told else ()

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        return (Outgoing(f"{body.orders}/set", orjson.dumps({body.stop: STOP})),) if body.stop else ()


def _read(body: Body, told: JsonObject) -> Reading:
    parameters: dict[str, Json] = {}
    reported: dict[str, Json] = {}
    invalid: list[str] = []
    # What gives the light its colour now; the other is what comes nearest.
    stale = _NOT_IN_MODE.get(str(told.get(body.color_mode)))
    for key in told.keys() & body.features.keys():
        value = told[key]
        if value is None or value == "":
            continue
        for feature in body.features[key]:
            if feature.name == stale:
                continue
            known = feature.codec.read(value)
            if known is None:
                invalid.append(feature.name)
            elif feature.control is None:
                parameters[feature.name] = known
            else:
                reported[feature.name] = known
    return Reading(parameters=parameters, reported=reported, invalid=tuple(sorted(invalid)))


# -- reading what is told --------------------------------------------------------------------------


def _presence(payload: bytes) -> bool:
    """Of the words, in JSON or plain."""
    word = payload.strip().strip(b'"').lower()
    if word.startswith(b"{"):
        word = text_of(_object_in(payload), "state").lower().encode()
    if word not in (b"online", b"offline"):
        raise NotUnderstood("ni online ni offline")
    return word == b"online"


def _json_in(payload: bytes) -> Json:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise NotUnderstood(f"no es JSON: {error}") from error


def _object_in(payload: bytes) -> JsonObject:
    told = _json_in(payload)
    if not isinstance(told, dict):
        raise NotUnderstood("no es un objeto JSON")
    return told


def _list_in(payload: bytes) -> list[Json]:
    told = _json_in(payload)
    if not isinstance(told, list):
        raise NotUnderstood("no es una lista JSON")
    return told


def _objects(payload: bytes | None) -> list[JsonObject]:
    return [each for each in _list_in(payload) if isinstance(each, Mapping)] if payload else []
