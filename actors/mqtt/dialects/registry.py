"""The families that are known: the one place where a new one is added, by a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from actors.mqtt.dialects.dialect import Dialect
from actors.mqtt.dialects.home_assistant.dialect import HomeAssistant
from actors.mqtt.dialects.homie import Homie
from actors.mqtt.dialects.shelly import Shelly
from actors.mqtt.dialects.tasmota import Tasmota
from actors.mqtt.dialects.zigbee2mqtt import Zigbee2Mqtt

ALL: Final = "todos"
"""In the setting ``MQTT_DIALECTOS``: whichever are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """Where families announce themselves, as the settings have it."""

    home_assistant: str = "homeassistant"
    homie: str = "+"
    """Its domain; ``+`` is any."""
    tasmota: str = "tasmota/discovery"
    zigbee2mqtt: tuple[str, ...] = ("zigbee2mqtt",)
    """Of each bridge."""


FAMILIES: Final[Mapping[str, Callable[[Prefixes], Dialect]]] = {
    # The first that knows a thing has it: what makes announce in common, home_assistant, stands last.
    "tasmota": lambda prefixes: Tasmota(prefixes.tasmota),
    "shelly": lambda _prefixes: Shelly(),
    "zigbee2mqtt": lambda prefixes: Zigbee2Mqtt(prefixes.zigbee2mqtt),
    "homie": lambda prefixes: Homie(prefixes.homie),
    "home_assistant": lambda prefixes: HomeAssistant(prefixes.home_assistant),
}


class UnknownFamily(ValueError):
    """There is no dialect of this name; the message is the name."""


def dialects(
    names: Iterable[str],
    prefixes: Prefixes,
    families: Mapping[str, Callable[[Prefixes], Dialect]] = FAMILIES,
) -> tuple[Dialect, ...]:
    """Those of these names, in order of precedence. Raises :class:`UnknownFamily`."""
    wanted = set(families if ALL in names else names)
    for name in sorted(wanted - families.keys()):
        raise UnknownFamily(name)
    return tuple(make(prefixes) for name, make in families.items() if name in wanted)
