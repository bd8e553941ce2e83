"""A family of devices that exists in tests alone, and a generic one by which the same things announce too.

A toy tells of itself at ``toys/<id>/announce`` what it is, and speaks at the topics under its ``base``; a
box of toys tells of many at ``box/devices`` and speaks under ``box``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.domain.model import JsonObject
from actors.domain.profile import PERCENT, SWITCH, Profile
from actors.mqtt.dialects.dialect import (
    Announcement,
    Definition,
    Dialect,
    Heard,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)


@dataclass(frozen=True)
class Body:
    base: str
    orders: str


@dataclass(frozen=True)
class Toys:
    """The first level of its topics is its name: ``toys``, or ``generic``."""

    name: str = "toys"

    @property
    def filters(self) -> Sequence[str]:
        return f"{self.name}/+/announce", f"{self.name}/bridge/devices"

    def announced(self, message: Message) -> Heard:
        if message.payload:
            _read(message.payload)
        _, group, key = message.topic.split("/")
        if group == "bridge":
            return Heard((Announcement(self.name, key, message.payload),))
        return Heard((Announcement(group, key, message.payload),))

    def define(self, _group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        for payload in announcements.values():
            told = _read(payload)
            for each in told.get("devices", [told]):
                yield self._definition(each)

    def _definition(self, told: dict[str, Any]) -> Definition:
        if "mac" not in told:
            raise NotUnderstood("no dice su MAC")
        mac, base = told["mac"], told.get("base", f"t/{told['mac']}")
        return Definition(
            serial=f"{self.name}-{told.get('id', mac)}",
            hardware=frozenset() if told.get("weak") else frozenset({mac}),
            profile=Profile(
                family=self.name,
                kind="enchufe",
                capability="binary",
                name=told.get("name", ""),
                controls={} if told.get("sensor") else {"encendido": SWITCH, "brillo": PERCENT},
                patience=told.get("patience"),
                address=told.get("address", ""),
                stop_address=told.get("stop_address"),
            ),
            topics=tuple(told.get("topics", (f"{base}/state", f"{base}/lwt"))),
            body=Body(base, told.get("orders", f"{base}/set")),
            online=told.get("online", False),
        )

    def greet(self, definition: Definition) -> Sequence[Outgoing]:
        return (Outgoing(f"{definition.body.base}/ask", b""),)

    def read(self, definition: Definition, message: Message) -> Reading | None:
        if message.topic == f"{definition.body.base}/lwt":
            return Reading(online=message.payload == b"on")
        if message.payload == b"other":
            return None
        if message.payload == b"boom":
            raise RuntimeError("planted")
        told = _read(message.payload)
        reported: dict[str, Any] = {name: told.pop(name) for name in ("encendido", "brillo") if name in told}
        invalid = tuple(told.pop("invalid", ()))
        return Reading(told, reported, invalid=invalid, patience=told.pop("patience", None))

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        return (Outgoing(definition.body.orders, json.dumps(dict(wanted)).encode()),)

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        return (Outgoing(definition.body.orders, b"stop"),)


class Mute(Toys):
    """Of which nobody answers."""

    def greet(self, _: Definition) -> Sequence[Outgoing]:
        return ()


def _read(payload: bytes) -> dict[str, Any]:
    try:
        told = json.loads(payload)
    except ValueError as error:
        raise NotUnderstood("no es JSON") from error
    if not isinstance(told, dict):
        raise NotUnderstood("no es un objeto")
    return told


TOYS: Dialect = Toys()
GENERIC: Dialect = Toys("generic")
"""It stands after the toys, and tells of the same hardware."""


def announcement(**told: object) -> bytes:
    return json.dumps(told).encode()
