"""Shelly, of all generations: those of the first announce themselves, the later ones are asked who they are.

Whoever says ``true`` by ``…/online`` may be one; under ``shellies/`` it may be of either sort, and is asked
by both ways. Prefixes of up to three levels are heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson

from actors.domain.model import JsonObject
from actors.mqtt.dialects import shelly_gen1 as gen1
from actors.mqtt.dialects import shelly_gen2 as gen2
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
from actors.mqtt.dialects.shelly_sources import object_in

_ANNOUNCE: Final = f"{gen1.ROOT}/announce"
_PREFIXES: Final = ("+", "+/+", "+/+/+")


class Shelly:
    """One dialect for all of them, since a prefix does not say which sort speaks."""

    @property
    def name(self) -> str:
        return gen1.NAME

    @property
    def filters(self) -> Sequence[str]:
        return (
            _ANNOUNCE,
            *(f"{prefix}/online" for prefix in _PREFIXES),
            *(f"{prefix}/{gen2.EVENTS}" for prefix in _PREFIXES),
            *(gen2.answers_of(prefix) for prefix in _PREFIXES),
        )

    def announced(self, message: Message) -> Heard:
        if len(message.payload) > MAX_ANNOUNCEMENT:
            raise NotUnderstood(f"más de {MAX_ANNOUNCEMENT} bytes")
        if message.topic == _ANNOUNCE:
            return Heard(_announcement(message.payload))
        if message.topic.endswith("/online"):
            # Others say so, too, and in other words.
            return Heard(ask=_questions(message.topic.removesuffix("/online")) if _is_true(message) else ())
        return Heard(gen2.announced(message) if message.payload else ())

    def define(self, group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        if told := announcements.get("announce"):
            return gen1.define(group, object_in(told))
        return gen2.define(group, announcements)

    def greet(self, definition: Definition) -> Sequence[Outgoing]:
        body: gen1.Gen1Body | gen2.Gen2Body = definition.body
        return gen1.greet(body) if isinstance(body, gen1.Gen1Body) else gen2.greet(body)

    def read(self, definition: Definition, message: Message) -> Reading | None:
        body: gen1.Gen1Body | gen2.Gen2Body = definition.body
        return gen1.read(body, message) if isinstance(body, gen1.Gen1Body) else gen2.read(body, message)

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        body: gen1.Gen1Body | gen2.Gen2Body = definition.body
        told = gen1.order(body, wanted) if isinstance(body, gen1.Gen1Body) else gen2.order(body, wanted)
        return tuple(told)

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        body: gen1.Gen1Body | gen2.Gen2Body = definition.body
        return gen1.stop(body) if isinstance(body, gen1.Gen1Body) else gen2.stop(body)


def _is_true(message: Message) -> bool:
    return message.payload.strip().lower() == b"true"


def _questions(prefix: str) -> tuple[Outgoing, ...]:
    if prefix.startswith(f"{gen1.ROOT}/"):
        return (Outgoing(f"{prefix}/command", b"announce"), *gen2.questions(prefix))
    return gen2.questions(prefix)


def _announcement(payload: bytes) -> tuple[Announcement, ...]:
    """What a definition rests on: its address by the house's network changes."""
    told = object_in(payload)
    mac = told.get("mac")
    if not isinstance(mac, str) or not gen2.is_mac(mac):
        raise NotUnderstood("no dice su MAC")
    kept = {key: told[key] for key in ("id", "model", "mode", "fw_ver") if key in told}
    return (Announcement(mac.upper(), "announce", orjson.dumps(kept)),)
