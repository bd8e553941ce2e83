"""Homie 5: ``<domain>/5/<device>/$state`` and ``$description``, and a topic a property."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.mqtt.dialects.dialect import (
    MAX_ANNOUNCEMENT,
    Announcement,
    Definition,
    Heard,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.dialects.homie_description import GONE, ID, THERE, Body, definitions

_STATE: Final = "$state"
_DESCRIPTION: Final = "$description"
_STATES: Final = frozenset({"init", *THERE, *GONE})
_EMPTY: Final = b"\0"
"""How a text without letters is told: an empty message deletes."""
MAX_VALUE: Final = 4_096


@dataclass(frozen=True, slots=True)
class Homie:
    """See :class:`actors.mqtt.dialects.dialect.Dialect`.

    Announcements are of one group a domain, since a child is there only as long as its root is.
    """

    domain: str = "+"
    """Any, unless it is told."""
    name: str = "homie"

    @property
    def filters(self) -> Sequence[str]:
        return (f"{self.domain}/5/+/{_STATE}", f"{self.domain}/5/+/{_DESCRIPTION}")

    def announced(self, message: Message) -> Heard:
        domain, _, id, attribute = message.topic.split("/")
        if ID.fullmatch(id) is None:
            raise NotUnderstood("el identificador no es de Homie")
        payload = message.payload
        if attribute == _STATE and not payload:
            # So it ceases to exist.
            return Heard(tuple(Announcement(domain, f"{id}/{each}", b"") for each in (_STATE, _DESCRIPTION)))
        if attribute == _STATE:
            _state(payload)
        elif len(payload) > MAX_ANNOUNCEMENT:
            raise NotUnderstood(f"la descripción pasa de {MAX_ANNOUNCEMENT // 1024} KiB")
        elif payload:
            _described(payload)
        return Heard((Announcement(domain, f"{id}/{attribute}", payload),))

    def define(self, group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        descriptions, states = dict[str, Mapping[str, Any]](), dict[str, str]()
        for key, payload in announcements.items():
            id, _, attribute = key.partition("/")
            if payload and attribute == _DESCRIPTION:
                descriptions[id] = _described(payload)
            elif payload:
                states[id] = _state(payload)
        return definitions(self.name, group, descriptions, states)

    def greet(self, definition: Definition) -> Sequence[Outgoing]:  # noqa: ARG002
        """Nothing: each value is retained."""
        return ()

    def read(self, definition: Definition, message: Message) -> Reading | None:
        body: Body = definition.body
        if not message.payload:
            return None
        if message.topic == body.state:
            return _presence(_state(message.payload), doubtful=message.retained and body.root_is_gone)
        if message.topic == body.root:
            state = _state(message.payload)
            if state in GONE:
                return Reading(online=False)
            # It is as it has said itself, which nobody has heard again.
            return Reading(online=True) if state in THERE and body.told in THERE else None
        property = body.properties.get(message.topic)
        if property is None:
            return None
        value = property.codec.read(_text(message.payload))
        if value is None:
            return Reading(invalid=(property.name,))
        told: dict[str, Json] = {property.name: value}
        return Reading(told) if property.control is None else Reading(reported=told)

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        body: Body = definition.body
        settable = {each.name: each for each in body.properties.values() if each.control is not None}
        orders = []
        for name in sorted(wanted.keys() & settable.keys(), key=lambda name: (name == "encendido", name)):
            value = settable[name].codec.write(wanted[name])
            if isinstance(value, str):
                orders.append(Outgoing(f"{settable[name].topic}/set", value.encode() or _EMPTY))
        return orders

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        return () if body.stop is None else (body.stop,)


def _presence(state: str, *, doubtful: bool) -> Reading | None:
    """``doubtful``: kept from before its root was lost, which alone was told."""
    if state in GONE:
        return Reading(online=False)
    return Reading(online=True) if state in THERE and not doubtful else None


def _state(payload: bytes) -> str:
    state = payload.decode("utf-8", "replace")
    if state not in _STATES:
        raise NotUnderstood("$state no es init, ready, disconnected, sleeping ni lost")
    return state


def _described(payload: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise NotUnderstood("la descripción no es JSON") from None
    if not isinstance(said, dict):
        raise NotUnderstood("la descripción no es un objeto JSON")
    version = said.get("homie")
    if not isinstance(version, str) or version.partition(".")[0] != "5":
        raise NotUnderstood("la descripción no es de Homie 5")
    return said


def _text(payload: bytes) -> str:
    if len(payload) > MAX_VALUE:
        raise NotUnderstood(f"el valor pasa de {MAX_VALUE} bytes")
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        raise NotUnderstood("el valor no es UTF-8") from None
    return "" if payload == _EMPTY else text
