"""Home Assistant's MQTT discovery as a dialect: ESPHome, gateways, scripts, whatever announces itself so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors.domain.model import JsonObject
from actors.mqtt.dialects.dialect import (
    Announcement,
    Definition,
    Heard,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.dialects.home_assistant.announcement import DEVICE_PAYLOAD, entities_of, is_of_the_house
from actors.mqtt.dialects.home_assistant.availability import said_by
from actors.mqtt.dialects.home_assistant.commands import check_topics
from actors.mqtt.dialects.home_assistant.devices import NAME, Body, definitions_of, trace
from actors.mqtt.dialects.home_assistant.identity import grouped
from actors.mqtt.dialects.home_assistant.main_entities import MAIN
from actors.mqtt.dialects.home_assistant.parts import Heap, Said, Source
from actors.mqtt.dialects.home_assistant.sensors import READERS
from actors.mqtt.dialects.home_assistant.settings import SETTINGS
from actors.mqtt.topics.filters import is_wild, matches

_COMPONENTS: Final = frozenset({DEVICE_PAYLOAD, *MAIN, *READERS, *SETTINGS})
_LEFT_OUT: Final = frozenset(
    {"camera", "image", "notify", "scene", "tag", "date", "datetime", "media_player", "time"}
)
"""Known, and nothing to this house."""
_ID: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """The dialect. All announcements are one group: which are of one device shows when they are compared."""

    prefix: str = "homeassistant"

    @property
    def name(self) -> str:
        return NAME

    @property
    def filters(self) -> Sequence[str]:
        return (f"{self.prefix}/+/+/config", f"{self.prefix}/+/+/+/config")

    def announced(self, message: Message) -> Heard:
        key = message.topic.removeprefix(f"{self.prefix}/").removesuffix("/config")
        component, *place = key.split("/")
        if component in _LEFT_OUT:
            return Heard()
        if component not in _COMPONENTS:
            raise NotUnderstood(f"el componente {component[:40]!r} no se conoce")
        if not 1 <= len(place) <= 2 or not all(map(_ID.fullmatch, place)):
            raise NotUnderstood("el tema del anuncio no es como debe ser")
        if message.payload:
            if is_of_the_house(message.payload):
                return Heard()
            entities = [*entities_of(key, message.payload)]
            if component != DEVICE_PAYLOAD and entities:
                check_topics(entities[0])
        return Heard((Announcement(self.prefix[:200], key, message.payload),))

    def define(self, _: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        """All of them, those that are as they were from what was made of them before."""
        traces = {key: found for key, payload in announcements.items() if (found := trace(key, payload))}
        bunches = [tuple((key, announcements[key]) for key in sorted(keys)) for keys in grouped(traces)]
        yield from _apart(each for bunch in bunches for each in definitions_of(bunch))

    def greet(self, _: Definition) -> Sequence[Outgoing]:
        """Nothing: states are retained, or come by themselves."""
        return ()

    def read(self, definition: Definition, message: Message) -> Reading | None:
        body: Body = definition.body
        said = Said.of(message.payload)
        heap = Heap()
        for source in _sources(body, message.topic):
            source.read(said, heap)
        online = said_by(body.watches, message.topic, said)
        if heap.failed and not (heap.parameters or heap.reported) and online is None:
            raise NotUnderstood(heap.failed[0])
        if not (heap.parameters or heap.reported or heap.invalid) and online is None:
            return None
        return Reading(
            parameters=heap.parameters,
            reported=heap.reported,
            online=online,
            invalid=tuple(dict.fromkeys(heap.invalid)),
        )

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        body: Body = definition.body
        # What is switched comes last, after what it is set to.
        tellers = sorted(body.tellers, key=lambda teller: "encendido" in teller.names)
        return [told for teller in tellers for told in teller.tell(wanted)]

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        body: Body = definition.body
        return () if body.stop is None else (body.stop,)


def _sources(body: Body, topic: str) -> Iterator[Source]:
    found = body.sources.get(topic)
    if found is not None:
        yield from found
        return
    for filter, sources in body.sources.items():
        if is_wild(filter) and matches(filter, topic):
            yield from sources


def _apart(definitions: Iterable[Definition]) -> Iterator[Definition]:
    """Without the orders of whoever would send them by a topic that another device has said is its own.

    Devices of one gateway may share one.
    """
    owners: dict[str, tuple[str, frozenset[str]]] = {}
    for definition in definitions:
        device = definition.serial.partition(".")[0]
        body: Body = definition.body
        others = []
        for topic in sorted(body.told_by):
            owner, kin = owners.setdefault(topic, (device, body.kin))
            if owner != device and not kin & body.kin:
                others.append(topic)
        if not others:
            yield definition
            continue
        note = f"sus órdenes irían a otro aparato, por {others[0][:80]!r}: no se envían"
        profile = definition.profile
        notes = (*profile.notes, note)
        kept = replace(profile, controls={}, capability="sensor", address="", stop_address=None, notes=notes)
        yield replace(definition, profile=kept, body=replace(body, tellers=(), stop=None))
