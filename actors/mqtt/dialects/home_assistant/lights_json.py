"""Lamps that are told by JSON: one object, in which they say what is so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.profile import SWITCH, Control
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import Codec, Percent, finite
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed
from actors.mqtt.dialects.home_assistant.commands import commanded
from actors.mqtt.dialects.home_assistant.light_parts import COLOR, WHITE_MODES, effects_of, warmth_of
from actors.mqtt.dialects.home_assistant.parts import (
    Heap,
    Part,
    Place,
    Said,
)
from actors.mqtt.dialects.home_assistant.values import full_color, percents


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
            "color": None if mode in WHITE_MODES else _color_in(told.get("color")),
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


def json_lamp(entity: Entity) -> Part:
    scale = max(1.0, entity.number("brightness_scale", 255))
    modes = frozenset(entity.words("supported_color_modes")) or _older_modes(entity)
    warmth, warmth_control = warmth_of(entity)
    controls: dict[str, Control] = {"encendido": SWITCH}
    if modes - {"onoff"} or entity.flag("brightness", False):
        controls["brillo"] = percents(scale)
    if "color_temp" in modes:
        controls["temp_color"] = warmth_control
    if modes & {"hs", "rgb", "rgbw", "rgbww", "xy"}:
        controls["color"] = COLOR
    if entity.flag("effect", False):
        controls |= effects_of(entity)
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
