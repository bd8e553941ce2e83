"""What is switched, opened, locked and turned: switches, sirens, covers, valves, locks and fans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.profile import SWITCH, Control, Form
from actors.mqtt.dialects.codecs import Codec, OpenOrClosed, Truth, Word
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.commands import commanded
from actors.mqtt.dialects.home_assistant.parts import (
    Direct,
    Heap,
    Part,
    Place,
    Said,
    Source,
    Teller,
    Value,
    message,
)
from actors.mqtt.dialects.home_assistant.template import Template
from actors.mqtt.dialects.home_assistant.values import Between, Ranged, Wavering, percents

_OPEN_OR_CLOSED: Final = Control(Form.NUMBER, 0, 100, 100)


def required(entity: Entity, name: str = "command_topic") -> str:
    """The topic of an order that the entity cannot be without. Raises :class:`Malformed`."""
    topic = commanded(entity, name)
    if not topic:
        raise Malformed("no dice por qué tema se le ordena")
    return topic


def switch_named(entity: Entity, name: str) -> Part:
    """A switch, by the name of its control."""
    on, off = entity.word("payload_on", "ON"), entity.word("payload_off", "OFF")
    told = Truth(entity.word("state_on", on), entity.word("state_off", off))
    teller = Direct(name, required(entity), entity.template("command_template"), Truth(on, off))
    return Part(_state(entity, name, told, "value_template"), (teller,), {name: SWITCH})


def _state(
    entity: Entity, name: str, codec: Codec, *templates: str, topic: str = "state_topic"
) -> tuple[Source, ...]:
    where = entity.topic(topic)
    return (Value(where, entity.template(*templates), name, codec, Place.STATE),) if where else ()


def switch(entity: Entity) -> Part:
    return switch_named(entity, "encendido")


# -- sirens --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Siren:
    """Told by JSON where it has no template, and read as JSON or a plain word."""

    topic: str
    command: str
    template: Template | None
    on_template: Template | None
    off_template: Template | None
    switch: Truth
    told: Truth
    names: Sequence[str] = ("encendido",)

    @property
    def topics(self) -> Sequence[str]:
        return (self.command,)

    def read(self, said: Said, heap: Heap) -> None:
        text: Json = said.by(self.template)
        inside = said.json if self.template is None else _json_in(text)
        if isinstance(inside, dict):
            text = inside.get("state")
        if (on := self.told.read(text)) is not None:
            heap.put(Place.STATE, "encendido", on)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        on = wanted.get("encendido")
        if not isinstance(on, bool):
            return
        word = self.switch.write(on)
        template = self.on_template if on else self.off_template or self.on_template
        if template is None:
            yield Outgoing(self.command, orjson.dumps({"state": word}))
        else:
            yield from message(self.command, template, word, {"state": word})


def _json_in(text: Json) -> Json:
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return None


def siren(entity: Entity) -> Part:
    on, off = entity.word("payload_on", "ON"), entity.word("payload_off", "OFF")
    whole = _Siren(
        topic=entity.topic("state_topic"),
        command=required(entity),
        template=entity.template("state_value_template", "value_template"),
        on_template=entity.template("command_template"),
        off_template=entity.template("command_off_template"),
        switch=Truth(on, off),
        told=Truth(entity.word("state_on", on), entity.word("state_off", off)),
    )
    return Part((whole,) if whole.topic else (), (whole,), {"encendido": SWITCH})


# -- covers and valves ---------------------------------------------------------------------------


def cover(entity: Entity) -> Part:
    """How far open, where it tells or takes that; else open or closed."""
    parts = [_tilt(entity)]
    way = _way(entity.number("position_closed", 0), entity.number("position_open", 100))
    sources: tuple[Source, ...] = _state(
        entity, "posicion", way, "position_template", "value_template", topic="position_topic"
    )
    if not sources:
        states = OpenOrClosed(entity.word("state_open", "open"), entity.word("state_closed", "closed"))
        sources = _state(entity, "posicion", states, "value_template")
    if topic := commanded(entity, "set_position_topic"):
        template = entity.template("set_position_template")
        teller = Direct("posicion", topic, template, way, "position")
        control = way.control if entity.topic("position_topic") else _OPEN_OR_CLOSED
    elif topic := commanded(entity, "command_topic"):
        words = OpenOrClosed(entity.word("payload_open", "OPEN"), entity.word("payload_close", "CLOSE"))
        teller, control = Direct("posicion", topic, None, words), _OPEN_OR_CLOSED
    elif not parts[0].tellers:
        raise Malformed("no dice por qué tema se le ordena")
    else:
        return Part((*sources, *parts[0].sources), parts[0].tellers, parts[0].controls)
    return Part(
        (*sources, *parts[0].sources),
        (teller, *parts[0].tellers),
        {"posicion": control, **parts[0].controls},
        stop=_stop(entity),
    )


def _stop(entity: Entity) -> Outgoing | None:
    """``payload_stop`` null says that it cannot be halted; where nothing is said it can."""
    topic = commanded(entity, "command_topic")
    word = "" if entity.config.get("payload_stop", "") is None else entity.word("payload_stop", "STOP")
    return Outgoing(topic, word.encode()) if topic and word else None


def _way(closed: float, open: float) -> Between:
    if closed == open:
        raise Malformed("abierta y cerrada son la misma posición")
    return Between(closed, open)


def _tilt(entity: Entity) -> Part:
    topic = commanded(entity, "tilt_command_topic")
    if not topic:
        return Part()
    way = _way(entity.number("tilt_min", 0), entity.number("tilt_max", 100))
    sources = _state(entity, "inclinacion", way, "tilt_status_template", topic="tilt_status_topic")
    teller = Direct("inclinacion", topic, entity.template("tilt_command_template"), way, "tilt_position")
    return Part(sources, (teller,), {"inclinacion": way.control})


@dataclass(frozen=True, slots=True)
class _Opened:
    """Whether a valve is open, by its position or its state, alone or in a JSON object."""

    way: Between
    states: Wavering

    def read(self, value: Json) -> bool | None:
        inside = _json_in(value)
        told = inside if isinstance(inside, dict) else {"position": value, "state": value}
        position = self.way.read(told.get("position"))
        return self.states.read(told.get("state")) if position is None else position > 0

    def write(self, value: Json) -> Json:
        return self.way.write(100 if value else 0) if isinstance(value, bool) else None


def valve(entity: Entity) -> Part:
    """Water on or off: what is open lets it through."""
    way = _way(entity.number("position_closed", 0), entity.number("position_open", 100))
    states = Wavering(
        (entity.word("state_open", "open"), entity.word("state_opening", "opening")),
        (entity.word("state_closed", "closed"),),
    )
    codec: Codec = _Opened(way, states)
    if not entity.flag("reports_position", False):
        told: Codec = states
        codec = Truth(entity.word("payload_open", "OPEN"), entity.word("payload_close", "CLOSE"))
    else:
        told = codec
    teller = Direct("encendido", required(entity), entity.template("command_template"), codec)
    sources = _state(entity, "encendido", told, "value_template")
    by_position = _Opened(way, states)
    sources += _state(entity, "encendido", by_position, "position_template", topic="position_topic")
    return Part(sources, (teller,), {"encendido": SWITCH})


# -- locks and fans ------------------------------------------------------------------------------


def lock(entity: Entity) -> Part:
    states = Wavering((entity.word("state_locked", "LOCKED"),), (entity.word("state_unlocked", "UNLOCKED"),))
    words = Truth(entity.word("payload_lock", "LOCK"), entity.word("payload_unlock", "UNLOCK"))
    teller = Direct("bloqueada", required(entity), entity.template("command_template"), words)
    return Part(_state(entity, "bloqueada", states, "value_template"), (teller,), {"bloqueada": SWITCH})


@dataclass(frozen=True, slots=True)
class _FanTeller:
    """On, off and the speed, of which none is off."""

    power: Direct
    speed: Direct

    @property
    def names(self) -> Sequence[str]:
        return ("velocidad", "encendido")

    @property
    def topics(self) -> Sequence[str]:
        return (*self.speed.topics, *self.power.topics)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        if wanted.get("velocidad") == 0:
            yield from self.power.tell({"encendido": False})
            return
        if wanted.get("encendido") is not False:
            yield from self.speed.tell(wanted)
        yield from self.power.tell(wanted)


def fan(entity: Entity) -> Part:
    on, off = entity.word("payload_on", "ON"), entity.word("payload_off", "OFF")
    power = Direct("encendido", required(entity), entity.template("command_template"), Truth(on, off))
    sources = [*_state(entity, "encendido", Truth(on, off), "state_value_template", "value_template")]
    controls = {"encendido": SWITCH}
    tellers: list[Teller] = []
    low, high = entity.number("speed_range_min", 1), entity.number("speed_range_max", 100)
    if topic := commanded(entity, "percentage_command_topic"):
        if low >= high:
            raise Malformed("su margen de velocidades está vacío")
        speed = Direct("velocidad", topic, entity.template("percentage_command_template"), Ranged(low, high))
        where = "percentage_state_topic"
        sources += _state(entity, "velocidad", speed.codec, "percentage_value_template", topic=where)
        controls["velocidad"] = percents(high - low + 1)
        last: Teller = _FanTeller(power, speed)
    else:
        last = power
    swinging = Truth(
        entity.word("payload_oscillation_on", "oscillate_on"),
        entity.word("payload_oscillation_off", "oscillate_off"),
    )
    presets = Word(entity.words("preset_modes"))
    forward_or_back = Word(("forward", "reverse"))
    for prefix, name, codec, control in (
        ("preset_mode", "modo_ventilador", presets, Control(Form.CHOICE, choices=presets.choices)),
        ("oscillation", "oscilacion", swinging, SWITCH),
        ("direction", "direccion", forward_or_back, Control(Form.CHOICE, choices=forward_or_back.choices)),
    ):
        if topic := commanded(entity, f"{prefix}_command_topic"):
            tellers.append(Direct(name, topic, entity.template(f"{prefix}_command_template"), codec))
            controls[name] = control
            where = f"{prefix}_state_topic"
            sources += _state(entity, name, codec, f"{prefix}_value_template", topic=where)
    return Part(tuple(sources), (*tellers, last), controls)
