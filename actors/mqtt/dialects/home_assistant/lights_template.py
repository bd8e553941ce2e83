"""Lamps that are told by templates: one order for all, by the one for on or the one for off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actors.domain.model import Json, JsonObject
from actors.domain.profile import SWITCH, Control
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import Codec, Percent, Truth, Word, finite
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.commands import commanded
from actors.mqtt.dialects.home_assistant.light_parts import COLOR, effects_of, warmth_of
from actors.mqtt.dialects.home_assistant.parts import (
    Heap,
    Part,
    Place,
    Said,
    Source,
    Value,
    message,
)
from actors.mqtt.dialects.home_assistant.template import Template
from actors.mqtt.dialects.home_assistant.values import full_color, percents
from actors.mqtt.dialects.home_assistant.words import TemplateFailed


@dataclass(frozen=True, slots=True)
class _TemplateColor:
    """Red, green and blue, each by a template of its own."""

    topic: str
    templates: Sequence[Template]

    def read(self, said: Said, heap: Heap) -> None:
        try:
            told = [finite(said.by(template)) for template in self.templates]
        except TemplateFailed as why:
            heap.failed.append(f"la plantilla de color falla: {why}")
            return
        parts = [float(part) for part in told if part is not None and 0 <= part <= 255]
        if len(parts) == 3 and (color := full_color(parts)) is not None:
            heap.put(Place.STATE, "color", color)


@dataclass(frozen=True, slots=True)
class _TemplateTeller:
    """One order for all, by the template for on or the one for off."""

    topic: str
    on: Template
    off: Template
    warmth: Codec
    names: Sequence[str]

    @property
    def topics(self) -> Sequence[str]:
        return (self.topic,)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        if wanted.get("encendido") is False or wanted.get("brillo") == 0:
            yield from message(self.topic, self.off, None, {"state": "off"})
            return
        variables: dict[str, Json] = {"state": "on"}
        if "brillo" in wanted and (bright := Percent(255).write(wanted["brillo"])) is not None:
            variables["brightness"] = bright
        if "temp_color" in wanted and (warmth := self.warmth.write(wanted["temp_color"])) is not None:
            variables["color_temp"] = warmth
        if (rgb := colors.rgb_of(wanted.get("color"))) is not None:
            hue, saturation = colors.to_hue(rgb)
            variables |= {
                "hue": hue,
                "sat": saturation,
                **dict(zip(("red", "green", "blue"), rgb, strict=True)),
            }
        if isinstance(effect := wanted.get("efecto"), str):
            variables["effect"] = effect
        if len(variables) > 1 or wanted.get("encendido") is True:
            yield from message(self.topic, self.on, None, variables)


def template_lamp(entity: Entity) -> Part:
    topic, state = commanded(entity, "command_topic"), entity.topic("state_topic")
    on, off = entity.template("command_on_template"), entity.template("command_off_template")
    if not topic or on is None or off is None:
        raise Malformed("no dice cómo se le ordena")
    warmth, warmth_control = warmth_of(entity)
    sources: list[Source] = []
    controls: dict[str, Control] = {"encendido": SWITCH}
    if (template := entity.template("state_template")) is not None and state:
        sources.append(Value(state, template, "encendido", Truth("on", "off"), Place.STATE))
    for key, name, codec, control in (
        ("brightness_template", "brillo", Percent(255), percents(255)),
        ("color_temp_template", "temp_color", warmth, warmth_control),
    ):
        if (template := entity.template(key)) is not None:
            controls[name] = control
            if state:
                sources.append(Value(state, template, name, codec, Place.STATE))
    parts = [entity.template(f"{color}_template") for color in ("red", "green", "blue")]
    found = [part for part in parts if part is not None]
    if len(found) == 3:
        controls["color"] = COLOR
        if state:
            sources.append(_TemplateColor(state, tuple(found)))
    effects = effects_of(entity)
    if effects and (template := entity.template("effect_template")) is not None and state:
        sources.append(Value(state, template, "efecto", Word(), Place.STATE))
    controls |= effects
    return Part(tuple(sources), (_TemplateTeller(topic, on, off, warmth, tuple(controls)),), controls)
