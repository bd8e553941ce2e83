"""Lamps, by the three schemas in which they are announced: topics for each value, JSON, and templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors.domain.model import JsonObject
from actors.domain.profile import SWITCH, Control, Form
from actors.mqtt.dialects.codecs import Codec, Percent, Truth, Word
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.commands import commanded
from actors.mqtt.dialects.home_assistant.light_parts import COLOR, warmth_of
from actors.mqtt.dialects.home_assistant.lights_json import json_lamp
from actors.mqtt.dialects.home_assistant.lights_template import template_lamp
from actors.mqtt.dialects.home_assistant.parts import (
    Direct,
    Part,
    Place,
    Source,
    Teller,
    Value,
    message,
)
from actors.mqtt.dialects.home_assistant.template import Template
from actors.mqtt.dialects.home_assistant.values import XY, HueSaturation, RedGreenBlue, percents


def light(entity: Entity) -> Part:
    """By its schema."""
    match entity.word("schema", "basic"):
        case "json":
            return json_lamp(entity)
        case "template":
            return template_lamp(entity)
        case "basic" | "default":
            return _basic(entity)
    raise Malformed("su esquema de luz no se conoce")


_COLORS: Final[Sequence[tuple[str, Codec]]] = (
    ("rgb", RedGreenBlue()),
    ("hs", HueSaturation()),
    ("xy", XY()),
    ("rgbw", RedGreenBlue(1)),
    ("rgbww", RedGreenBlue(2)),
)
_PARTS: Final[Mapping[str, Sequence[str]]] = {
    "rgb": ("red", "green", "blue"),
    "hs": ("hue", "sat"),
    "xy": ("x", "y"),
    "rgbw": ("red", "green", "blue", "white"),
    "rgbww": ("red", "green", "blue", "cold_white", "warm_white"),
}


@dataclass(frozen=True, slots=True)
class _ColorTeller:
    """A colour as numbers with commas between them, each by its name for the template."""

    topic: str
    template: Template | None
    codec: Codec
    parts: Sequence[str]

    @property
    def names(self) -> Sequence[str]:
        return ("color",)

    @property
    def topics(self) -> Sequence[str]:
        return (self.topic,)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        told = self.codec.write(wanted.get("color"))
        if isinstance(told, str):
            numbers = [float(each) if "." in each else int(each) for each in told.split(",")]
            yield from message(self.topic, self.template, told, dict(zip(self.parts, numbers, strict=True)))


@dataclass(frozen=True, slots=True)
class _BasicTeller:
    """On and off, with the brightness and the colour before it, after it, or instead of it."""

    topic: str
    switch: Truth
    when: str
    """``on_command_type``."""
    styles: Sequence[Teller]

    @property
    def names(self) -> Sequence[str]:
        return ("encendido", *(name for style in self.styles for name in style.names))

    @property
    def topics(self) -> Sequence[str]:
        return (self.topic, *(topic for style in self.styles for topic in style.topics))

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        on = wanted.get("encendido")
        if on is False:
            yield from message(self.topic, None, self.switch.off)
            return
        styles = [told for style in self.styles for told in style.tell(wanted)]
        if self.when == "brightness" and on is True:
            bright = [each for each in self.styles if "brillo" in each.names]
            if bright and "brillo" not in wanted:
                styles += [told for each in bright for told in each.tell({"brillo": 100})]
            yield from styles if bright else message(self.topic, None, self.switch.on)
            return
        switch = [*message(self.topic, None, self.switch.on)] if on is True else []
        yield from [*switch, *styles] if self.when == "first" else [*styles, *switch]


def _basic(entity: Entity) -> Part:
    switch = Truth(entity.word("payload_on", "ON"), entity.word("payload_off", "OFF"))
    sources: list[Source] = []
    controls: dict[str, Control] = {"encendido": SWITCH}
    styles: list[Teller] = []
    if topic := entity.topic("state_topic"):
        template = entity.template("state_value_template", "value_template")
        sources.append(Value(topic, template, "encendido", switch, Place.STATE))
    scale = max(1.0, entity.number("brightness_scale", 255))
    bright = Percent(scale)
    warmth, warmth_control = warmth_of(entity)
    words = Word(entity.words("effect_list"))
    for prefix, name, codec, control in (
        ("brightness", "brillo", bright, percents(scale)),
        ("color_temp", "temp_color", warmth, warmth_control),
        ("effect", "efecto", words, Control(Form.CHOICE, choices=words.choices)),
    ):
        if topic := entity.topic(f"{prefix}_state_topic"):
            template = entity.template(f"{prefix}_value_template")
            sources.append(Value(topic, template, name, codec, Place.STATE))
        if topic := commanded(entity, f"{prefix}_command_topic"):
            template = entity.template(f"{prefix}_command_template")
            styles.append(Direct(name, topic, template, codec))
            controls[name] = control
    for prefix, codec in _COLORS:
        if topic := entity.topic(f"{prefix}_state_topic"):
            template = entity.template(f"{prefix}_value_template")
            sources.append(Value(topic, template, "color", codec, Place.STATE))
        topic = commanded(entity, f"{prefix}_command_topic")
        if topic and "color" not in controls:
            template = entity.template(f"{prefix}_command_template")
            styles.append(_ColorTeller(topic, template, codec, _PARTS[prefix]))
            controls["color"] = COLOR
    topic = commanded(entity, "command_topic")
    if not topic:
        raise Malformed("no dice por qué tema se le ordena")
    teller = _BasicTeller(topic, switch, entity.word("on_command_type", "last"), tuple(styles))
    return Part(tuple(sources), (teller,), controls)
