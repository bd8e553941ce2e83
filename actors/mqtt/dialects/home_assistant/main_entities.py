"""Which entities make a device what it is, and the order in which they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from actors.mqtt.dialects.home_assistant import actuators, climates
from actors.mqtt.dialects.home_assistant.announcement import Entity
from actors.mqtt.dialects.home_assistant.lights import light
from actors.mqtt.dialects.home_assistant.parts import Part
from actors.mqtt.dialects.home_assistant.sensors import Names


def _alone(make: Callable[[Entity], Part]) -> Callable[[Entity, Names], Part]:
    """Of what has no readings beside its state."""
    return lambda entity, _: make(entity)


MAIN: Final[Mapping[str, Callable[[Entity, Names], Part]]] = {
    "climate": climates.climate,
    "water_heater": climates.water_heater,
    "cover": _alone(actuators.cover),
    "valve": _alone(actuators.valve),
    "lock": _alone(actuators.lock),
    "fan": _alone(actuators.fan),
    "light": _alone(light),
    "humidifier": climates.humidifier,
    "switch": _alone(actuators.switch),
    "siren": _alone(actuators.siren),
}
"""By component, the one that a device of several is first."""
KINDS: Final[Mapping[str, str]] = {
    "climate": "termometro",
    "cover": "persiana",
    "fan": "ventilador",
    "humidifier": "enchufe",
    "light": "luz",
    "lock": "puerta",
    "siren": "enchufe",
    "switch": "enchufe",
    "valve": "riego",
    "water_heater": "termometro",
}
_RANKS: Final = {component: number for number, component in enumerate(MAIN)}
_INDICATOR: Final = re.compile(r"status|indicator|backlight|(?:^|[ _])led(?:$|[ _])", re.IGNORECASE)
_NUMBER: Final = re.compile(r"([0-9]+)")


def is_main(entity: Entity) -> bool:
    """Whether it is a channel of its own. A switch of a setting is none."""
    return entity.component in MAIN and not (entity.component == "switch" and entity.is_secondary)


def rank(entity: Entity) -> tuple[bool, int, tuple[tuple[int, str], ...]]:
    """What comes first: what is no diagnosis, what makes the device most, and 2 before 10."""
    place = tuple((int(part), "") if part.isdecimal() else (0, part) for part in _NUMBER.split(entity.key))
    number = _RANKS.get(entity.component, len(_RANKS))
    if entity.component == "light" and _INDICATOR.search(f"{entity.name} {entity.key}"):
        number = len(_RANKS)  # a plug with a lamp that shows its state is a plug
    return entity.is_secondary, number, place
