"""Lamps, by the three schemas in which they are announced: topics for each value, JSON, and templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.profile import SWITCH, Control, Form
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import Codec, Mired, Number, Percent, Truth, Word, finite
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
from actors.mqtt.dialects.home_assistant.values import XY, HueSaturation, RedGreenBlue, full_color, percents
from actors.mqtt.dialects.home_assistant.words import TemplateFailed

_COOLEST, _WARMEST = 153.0, 500.0
_COLOR: Final = Control(Form.COLOR)
_WHITE_MODES: Final = frozenset({"color_temp", "white", "brightness", "onoff"})


def light(entity: Entity) -> Part:
    """By its schema."""
    match entity.word("schema", "basic"):
        case "json":
            return _json(entity)
        case "template":
            return _by_templates(entity)
        case "basic" | "default":
            return _basic(entity)
    raise Malformed("su esquema de luz no se conoce")


# -- what is common ------------------------------------------------------------------------------


def _warmth(entity: Entity) -> tuple[Codec, Control]:
    """How its colour temperature is told, in mireds or in K, and between which."""
    coolest = max(1.0, entity.number("min_mireds", _COOLEST))
    warmest = max(coolest, entity.number("max_mireds", _WARMEST))
    low = entity.number("min_kelvin", round(1_000_000 / warmest))
    high = max(low, entity.number("max_kelvin", round(1_000_000 / coolest)))
    # One mired is 43 K at 6,500 K.
    control = Control(Form.NUMBER, low, high, max(50, high * high / 1_000_000))
    if entity.flag("color_temp_kelvin", False):
        return Number("K", "K"), control
    return Mired(max(1.0, 1_000_000 / high), 1_000_000 / max(1.0, low)), control


def _effects(entity: Entity) -> Mapping[str, Control]:
    choices = entity.words("effect_list")
    return {"efecto": Control(Form.CHOICE, choices=choices)} if choices else {}


# -- a topic for each ----------------------------------------------------------------------------

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
    warmth, warmth_control = _warmth(entity)
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
            controls["color"] = _COLOR
    topic = commanded(entity, "command_topic")
    if not topic:
        raise Malformed("no dice por qué tema se le ordena")
    teller = _BasicTeller(topic, switch, entity.word("on_command_type", "last"), tuple(styles))
    return Part(tuple(sources), (teller,), controls)


# -- JSON ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _JsonLamp:
    """How a JSON lamp is read and told: one object, in which it says what is so."""

    topic: str
    command: str
    bright: Percent
    warmth: Codec
    modes: frozenset[str]
    names: Sequence[str]

    @property
    def topics(self) -> Sequence[str]:
        return (self.command,)

    def read(self, said: Said, heap: Heap) -> None:
        told = said.json
        if not isinstance(told, dict):
            return
        state = told.get("state")
        if isinstance(state, str) and state.upper() in ("ON", "OFF"):
            heap.put(Place.STATE, "encendido", state.upper() == "ON")
        mode = told.get("color_mode")
        found = {
            "brillo": self.bright.read(told.get("brightness")) or None,  # 0 tells nothing
            "temp_color": self.warmth.read(told.get("color_temp")) if mode in (None, "color_temp") else None,
            "color": None if mode in _WHITE_MODES else _color_in(told.get("color")),
            "efecto": told.get("effect") if isinstance(told.get("effect"), str) else None,
        }
        for name, value in found.items():
            if value is not None and name in self.names:
                heap.put(Place.STATE, name, value)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        on = wanted.get("encendido")
        told: dict[str, Json] = {}
        if isinstance(on, bool):
            told["state"] = "ON" if on else "OFF"
        if on is not False:
            bright = self.bright.write(wanted["brillo"]) if "brillo" in wanted else None
            if bright == 0:
                told["state"] = "OFF"
            elif bright is not None:
                told["brightness"] = bright
            warmth = self.warmth.write(wanted["temp_color"]) if "temp_color" in wanted else None
            if warmth is not None:
                told["color_temp"] = warmth
            if (color := _color_for(wanted.get("color"), self.modes)) is not None:
                told["color"] = color
            if isinstance(effect := wanted.get("efecto"), str):
                told["effect"] = effect
        if told:
            yield Outgoing(self.command, orjson.dumps(told))


def _json(entity: Entity) -> Part:
    scale = max(1.0, entity.number("brightness_scale", 255))
    modes = frozenset(entity.words("supported_color_modes")) or _older_modes(entity)
    warmth, warmth_control = _warmth(entity)
    controls: dict[str, Control] = {"encendido": SWITCH}
    if modes - {"onoff"} or entity.flag("brightness", False):
        controls["brillo"] = percents(scale)
    if "color_temp" in modes:
        controls["temp_color"] = warmth_control
    if modes & {"hs", "rgb", "rgbw", "rgbww", "xy"}:
        controls["color"] = _COLOR
    if entity.flag("effect", False):
        controls |= _effects(entity)
    command = commanded(entity, "command_topic")
    if not command:
        raise Malformed("no dice por qué tema se le ordena")
    topic = entity.topic("state_topic")
    lamp = _JsonLamp(topic, command, Percent(scale), warmth, modes, tuple(controls))
    return Part((lamp,) if topic else (), (lamp,), controls)


def _older_modes(entity: Entity) -> frozenset[str]:
    """As lamps said it before there were modes: a flag for each."""
    return frozenset(
        mode for mode in ("brightness", "color_temp", "hs", "rgb", "xy") if entity.flag(mode, False)
    )


def _color_in(told: Json) -> str | None:
    """Of an object with red, green and blue, with hue and saturation, or with x and y."""
    if not isinstance(told, Mapping):
        return None
    parts = [finite(told.get(name)) for name in ("r", "g", "b", "h", "s", "x", "y")]
    red, green, blue, hue, saturation, x, y = parts
    if red is not None and green is not None and blue is not None:
        in_range = all(0 <= part <= 255 for part in (red, green, blue))
        return full_color([red, green, blue]) if in_range else None
    if hue is not None and saturation is not None:
        return colors.hex_of(colors.from_hue(hue, saturation))
    if x is not None and y is not None and 0 <= x <= 1 and 0 <= y <= 1:
        return colors.hex_of(colors.from_xy(x, y))
    return None


def _color_for(color: Json, modes: frozenset[str]) -> Json:
    """The object for ``#rrggbb``, in the first of the modes that the lamp has."""
    rgb = colors.rgb_of(color)
    if rgb is None:
        return None
    red, green, blue = rgb
    plain = {"r": red, "g": green, "b": blue}
    if "rgb" in modes:
        return plain
    if "rgbw" in modes:
        return plain | {"w": 0}
    if "rgbww" in modes:
        return plain | {"c": 0, "w": 0}
    if "hs" in modes:
        hue, saturation = colors.to_hue(rgb)
        return {"h": hue, "s": saturation}
    x, y = colors.to_xy(rgb)
    return {"x": x, "y": y}


# -- templates -----------------------------------------------------------------------------------


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


def _by_templates(entity: Entity) -> Part:
    topic, state = commanded(entity, "command_topic"), entity.topic("state_topic")
    on, off = entity.template("command_on_template"), entity.template("command_off_template")
    if not topic or on is None or off is None:
        raise Malformed("no dice cómo se le ordena")
    warmth, warmth_control = _warmth(entity)
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
        controls["color"] = _COLOR
        if state:
            sources.append(_TemplateColor(state, tuple(found)))
    effects = _effects(entity)
    if effects and (template := entity.template("effect_template")) is not None and state:
        sources.append(Value(state, template, "efecto", Word(), Place.STATE))
    controls |= effects
    return Part(tuple(sources), (_TemplateTeller(topic, on, off, warmth, tuple(controls)),), controls)
