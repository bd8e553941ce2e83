"""The devices that announcements tell of: one for each thing, and one for each further switch of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from actors.domain import kinds
from actors.domain.profile import COVER_SETTLING_S, SETTLING_S, Profile
from actors.mqtt.dialects.dialect import MAX_ENTITIES, Definition, NotUnderstood, Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed, entities_of
from actors.mqtt.dialects.home_assistant.availability import Watch, watches_of
from actors.mqtt.dialects.home_assistant.expressions import TemplateRefused
from actors.mqtt.dialects.home_assistant.identity import Trace, serial_of, trace_of
from actors.mqtt.dialects.home_assistant.main_entities import (
    KINDS,
    MAIN,
    is_main,
    rank,
)
from actors.mqtt.dialects.home_assistant.parts import Part, Source, Teller, Value, joined
from actors.mqtt.dialects.home_assistant.sensors import READERS, Names
from actors.mqtt.dialects.home_assistant.settings import SETTINGS
from actors.mqtt.dialects.sensors import kind_of_sensor

NAME: Final = "home_assistant"
_BLUETOOTH_PATIENCE_S: Final = 3_600.0
_NO_END_S: Final = 30 * 86_400.0
"""For which a device that nothing tells of is taken to be there."""
_MAX_NOTES: Final = 16
"""Of what was left out of one device."""


@dataclass(frozen=True, slots=True)
class Body:
    """How a channel is read and told."""

    sources: Mapping[str, tuple[Source, ...]]
    """By the topic, or the filter, of their messages."""
    tellers: tuple[Teller, ...]
    watches: tuple[Watch, ...]
    kin: frozenset[str] = frozenset()
    """What it and its gateway go by."""
    stop: Outgoing | None = None
    """What halts it where it moves."""

    @property
    def commands(self) -> frozenset[str]:
        """The topics that set it."""
        return frozenset(topic for teller in self.tellers for topic in teller.topics)

    @property
    def told_by(self) -> frozenset[str]:
        """And the one that halts it."""
        return self.commands if self.stop is None else self.commands | {self.stop.topic}


def body_of(part: Part, watches: tuple[Watch, ...], kin: frozenset[str]) -> Body:
    by_topic: dict[str, tuple[Source, ...]] = {}
    for source in part.sources:
        by_topic[source.topic] = (*by_topic.get(source.topic, ()), source)
    return Body(by_topic, part.tellers, watches, kin, part.stop)


@lru_cache(maxsize=16_384)
def trace(key: str, payload: bytes) -> Trace | None:
    """What an announcement says of hardware; ``None`` where it is no entity's (any more)."""
    try:
        entities = [*entities_of(key, payload)]
    except NotUnderstood:
        return None
    return trace_of(key, entities) if entities else None


@lru_cache(maxsize=2_048)
def definitions_of(announcements: tuple[tuple[str, bytes], ...]) -> tuple[Definition, ...]:
    """Those of one device, of its announcements by their keys."""
    entities, traces = [], []
    for key, payload in announcements:
        found = [*entities_of(key, payload)]
        entities += found
        traces.append(trace_of(key, found))
    keys = frozenset(key for key, _ in announcements)
    return tuple(_Assembly([*_once_each(entities)], traces, keys).definitions())


def _once_each(entities: Iterable[Entity]) -> Iterator[Entity]:
    """What is announced alone and with its device too is one entity."""
    known = set[tuple[str, str]]()
    for entity in entities:
        mark = (entity.component, entity.unique_id or f"\0{entity.key}")
        if entity.component == "device_automation" or mark not in known:
            known.add(mark)
            yield entity


@dataclass(slots=True)
class _Channel:
    """What switches on its own, and what is told of it; of a device without a switch, all."""

    main: Entity | None
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class _Assembly:
    """A device in the making."""

    entities: Sequence[Entity]
    traces: Sequence[Trace]
    keys: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def definitions(self) -> Iterator[Definition]:
        if len(self.entities) > MAX_ENTITIES:
            self.notes.append(f"de {len(self.entities)} entidades se toman {MAX_ENTITIES}")
        entities = sorted(self.entities[:MAX_ENTITIES], key=rank)
        owner = (self._name, *dict.fromkeys(each.owner.model for each in self.entities))
        names = Names(owner)
        channels: list[_Channel] = []
        for entity in filter(is_main, entities):
            # A further channel has names of its own.
            part = self._made(MAIN[entity.component], entity, Names(owner) if channels else names)
            if part is not None:
                channels.append(_Channel(entity, [part]))
        channels = channels or [_Channel(None)]
        for entity in entities:
            make = READERS.get(entity.component) or SETTINGS.get(entity.component)
            if is_main(entity) or make is None:
                continue
            part = self._made(make, entity, names)
            if part is not None:
                _channel_of(part, channels).parts.append(part)
        serial = self._serial(entities)
        for number, channel in enumerate(channels, 1):
            # One of which nothing is understood is there all the same, and its notes say why.
            if channel.parts or self.notes:
                yield self._definition(serial, number, channel, entities)

    def _made(self, make: Callable[[Entity, Names], Part], entity: Entity, names: Names) -> Part | None:
        try:
            return make(entity, names)
        except Malformed as why:
            reason = str(why)
        except TemplateRefused as why:
            reason = why.reason
        if len(self.notes) < _MAX_NOTES:
            self.notes.append(f"{entity.component} {(entity.name or entity.key)[:60]}: {reason}")
        return None

    @property
    def _name(self) -> str:
        return next((each.owner.name for each in self.entities if each.owner.name), "")

    def _serial(self, entities: Sequence[Entity]) -> str:
        topics = [each.word("state_topic", "") for each in entities]
        return serial_of(self.traces, [each.owner for each in entities], topics)

    def _definition(
        self, serial: str, number: int, channel: _Channel, entities: Sequence[Entity]
    ) -> Definition:
        main, part = channel.main, joined(channel.parts)
        try:
            watches = watches_of(entities, main)
        except (Malformed, TemplateRefused) as why:
            watches = ()
            self.notes.append(f"no se sabe si está: {why}"[:200])
        body = body_of(part, watches, self._kin)
        kind, capability = _kind(main, part)
        profile = Profile(
            family=NAME,
            kind=kind,
            capability=capability,
            name=self._called(main, number),
            model=self._model,
            software=next((each.owner.software for each in entities if each.owner.software), ""),
            controls=part.controls,
            units=part.units,
            lapses=part.lapses,
            patience=None if watches else self._patience(serial, entities),
            settling=COVER_SETTLING_S if kind == "persiana" else SETTLING_S,
            address=_address(body.commands),
            # Apart, so that devices that were claimed before there was a stop go on being told the rest.
            stop_address=None if body.stop is None else _address(body.told_by - body.commands),
            notes=tuple(self.notes[:_MAX_NOTES]) if number == 1 else (),
        )
        return Definition(
            serial=serial if number == 1 else f"{serial}.{number}",
            hardware=frozenset(address for trace in self.traces for address in trace.hardware),
            profile=profile,
            topics=tuple(dict.fromkeys([*body.sources, *(watch.topic for watch in watches)])),
            keys=self.keys,
            body=body,
        )

    @property
    def _kin(self) -> frozenset[str]:
        owners = [each.owner for each in self.entities]
        names = {name for owner in owners for name in (*owner.identifiers, owner.gateway)}
        addresses = {address for owner in owners for _, address in owner.connections}
        return frozenset((names | addresses) - {""})

    def _called(self, main: Entity | None, number: int) -> str:
        name = self._name
        own = main.name if main is not None else ""
        if not name:
            first = self.entities[0]
            return own or first.name or first.key.split("/")[0]
        return f"{name} {own or number}"[:100] if number > 1 else name[:100]

    @property
    def _model(self) -> str:
        told = [(each.owner.maker, each.owner.model) for each in self.entities]
        maker = next((maker for maker, _ in told if maker), "")
        model = next((model for _, model in told if model), "")
        return model if model.lower().startswith(maker.lower()) else f"{maker} {model}".strip()

    def _patience(self, serial: str, entities: Sequence[Entity]) -> float:
        """Where nothing tells of its presence: as long as it says that its readings hold."""
        holds = [each.number("expire_after", 0) for each in entities]
        if any(hold > 0 for hold in holds):
            return max(holds)
        return _BLUETOOTH_PATIENCE_S if serial.startswith("ble-") else _NO_END_S


def _channel_of(part: Part, channels: Sequence[_Channel]) -> _Channel:
    """Whose reading it is: that of a further switch if it comes by the same topic as that alone."""
    topics = {source.topic for source in part.sources}
    sharing = [each for each in channels if topics & {source.topic for source in _first_sources(each)}]
    return sharing[0] if len(sharing) == 1 else channels[0]


def _first_sources(channel: _Channel) -> Sequence[Source]:
    return channel.parts[0].sources if channel.main is not None else ()


def _kind(main: Entity | None, part: Part) -> tuple[str, str]:
    if main is None:
        names = (name for source in part.sources if isinstance(source, Value) and (name := source.name))
        return kind_of_sensor(names), "sensor"
    kind = KINDS[main.component]
    if kind == "termometro" and "temp_objetivo" not in part.controls:
        return kind, "sensor"
    return kind, kinds.capability_of(kind)


def _address(commands: frozenset[str]) -> str:
    return hashlib.sha256("\0".join(sorted(commands)).encode()).hexdigest()[:16] if commands else ""
