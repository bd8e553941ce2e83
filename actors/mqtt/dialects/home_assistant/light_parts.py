"""What lamps of all schemas have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.profile import Control, Form
from actors.mqtt.dialects.codecs import Codec, Mired, Number
from actors.mqtt.dialects.home_assistant.announcement import Entity

_COOLEST, _WARMEST = 153.0, 500.0
COLOR: Final = Control(Form.COLOR)
WHITE_MODES: Final = frozenset({"color_temp", "white", "brightness", "onoff"})


def warmth_of(entity: Entity) -> tuple[Codec, Control]:
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


def effects_of(entity: Entity) -> Mapping[str, Control]:
    choices = entity.words("effect_list")
    return {"efecto": Control(Form.CHOICE, choices=choices)} if choices else {}
