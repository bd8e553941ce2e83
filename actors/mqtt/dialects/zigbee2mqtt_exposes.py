"""What a Zigbee2MQTT definition exposes, as channels: what each reads and is told.

Specific types (light, switch, cover, fan, lock, climate) carry features; what stands beside them is generic
(binary, numeric, enum, text, composite, list). ``access`` has bit 1 for what is in the state, 2 for what can
be set, 4 for what can be asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors.domain import kinds
from actors.domain.model import Json, JsonObject
from actors.mqtt.dialects.dialect import MAX_ENTITIES
from actors.mqtt.dialects.sensors import kind_of_sensor
from actors.mqtt.dialects.zigbee2mqtt_features import (
    SET,
    STATE,
    Feature,
    access_of,
    generic,
    leftover,
    list_of,
    named_apart,
    positive,
    specific,
    stopped_by,
    text_of,
)

_RANKS: Final = ("climate", "cover", "lock", "light", "fan", "switch")
"""The types that have features, the one that a device of several is first."""
_KINDS: Final[Mapping[str, str]] = {
    "climate": "termometro",
    "cover": "persiana",
    "lock": "puerta",
    "light": "luz",
    "fan": "ventilador",
    "switch": "enchufe",
}
_WATERS: Final = re.compile(r"\b(irrigation|sprinkler|watering|valve\b(?! remote))", re.IGNORECASE)
_TIMERS: Final = ("countdown", "timer", "irrigation_duration", "on_with_countdown", "water_countdown")
_MOST: Final = 86_400.0
_SECONDS: Final[Mapping[str, float]] = {"": 1, "s": 1, "sec": 1, "seconds": 1, "min": 60, "minutes": 60}


@dataclass(frozen=True, slots=True)
class Timer:
    """By what a channel switches itself off."""

    key: str
    seconds: float
    """That one of what it counts takes."""
    most: float
    """Of what it counts. It ends too soon rather than never."""

    def told(self, minutes: float) -> int:
        return round(min(self.most, minutes * 60 / self.seconds))


@dataclass(frozen=True, slots=True)
class Channel:
    """What switches on its own, with all that is told of it."""

    kind: str
    capability: str
    features: tuple[Feature, ...]
    timer: Timer | None = None
    """Of a valve."""
    stop: str = ""
    """The key by which a cover is told to halt; empty where it is by none."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bridge knows of the device beside its exposes."""

    description: str = ""
    inverted: bool = False
    """Whether its covers count backwards."""


@dataclass(frozen=True, slots=True)
class _Unit:
    type: str
    endpoint: str
    features: tuple[JsonObject, ...]


def channels_of(exposes: Sequence[Json], facts: Facts) -> tuple[list[Channel], list[str]]:
    """The channels, of which the first is the device itself, and notes on what was left out."""
    told = [each for each in exposes if isinstance(each, Mapping)]
    units, rest = _sorted_out(told)
    main = units[0].endpoint if units else ""
    endpoints = {unit.endpoint for unit in units} - {main}
    built: list[Channel] = []
    for unit in units or [_Unit("", "", ())]:
        # The device itself has what is told of no other channel; of two at one endpoint the first has it.
        own = [
            each
            for each in rest
            if (text_of(each, "endpoint") == unit.endpoint if built else True)
            and (text_of(each, "endpoint") in endpoints) is bool(built)
        ]
        beside = generic([*leftover(unit.features), *own], unit.endpoint)
        features = named_apart([*specific(unit.type, unit.features, facts.inverted), *beside])
        built.append(_channel(unit, own, features[:MAX_ENTITIES], facts))
        endpoints.discard(unit.endpoint)
    notes = [f"de {len(exposes)} datos se toman {MAX_ENTITIES}"] if len(exposes) > MAX_ENTITIES else []
    return built, notes


def _channel(unit: _Unit, own: Sequence[JsonObject], features: list[Feature], facts: Facts) -> Channel:
    kind = _KINDS.get(unit.type, "")
    if not kind:
        sensed = kind_of_sensor(feature.name for feature in features if feature.control is None)
        return Channel(sensed, "sensor", tuple(features))
    if unit.type == "climate" and not any(feature.name == "temp_objetivo" for feature in features):
        return Channel(kind, "sensor", tuple(features))
    if unit.type == "switch" and _WATERS.search(facts.description):
        return Channel("riego", kinds.capability_of("riego"), tuple(features), _timer(own, unit.endpoint))
    stop = stopped_by(unit.features) if unit.type == "cover" else ""
    return Channel(kind, kinds.capability_of(kind), tuple(features), stop=stop)


def _timer(own: Sequence[JsonObject], endpoint: str) -> Timer:
    """Its own countdown, or Zigbee's ``on_time``, which any switch that has it takes with the state."""
    for name in _TIMERS:
        for each in own:
            unit = text_of(each, "unit")
            if each.get("name") == name and access_of(each) & SET and unit in _SECONDS:
                return Timer(text_of(each, "property"), _SECONDS[unit], positive(each, "value_max", _MOST))
    # Zigbee counts tenths, in 16 bits.
    return Timer(f"on_time_{endpoint}" if endpoint else "on_time", 1, 6_553)


# -- what switches on its own ----------------------------------------------------------------------


def _sorted_out(exposes: Iterable[JsonObject]) -> tuple[list[_Unit], list[JsonObject]]:
    units: list[_Unit] = []
    rest: list[JsonObject] = []
    for each in exposes:
        type_ = each.get("type")
        features = tuple(f for f in list_of(each, "features") if isinstance(f, Mapping))
        if type_ not in _RANKS:
            rest.append(each)
        elif type_ == "switch" and not any(_is_main(feature) for feature in features):
            # An older way to say that a setting is on or off: a switch by the name of the setting.
            rest += features
        else:
            endpoint = text_of(each, "endpoint") or next((text_of(f, "endpoint") for f in features), "")
            units.append(_Unit(str(type_), endpoint, features))
    units.sort(key=lambda unit: _RANKS.index(unit.type))
    units = _joined(units) or _plain_switches(rest)
    taken = {id(feature) for unit in units for feature in unit.features}
    return units, [each for each in rest if id(each) not in taken]


def _is_main(feature: JsonObject) -> bool:
    return feature.get("name") == "state" and text_of(feature, "property").startswith("state")


def _joined(units: Sequence[_Unit]) -> list[_Unit]:
    """A thermostat's switch is the thermostat's; any other pair on one endpoint are two things."""
    first = units[0] if units else None
    if first is None or first.type != "climate" or any(_is_main(feature) for feature in first.features):
        return list(units)
    for number, unit in enumerate(units):
        if unit.type == "switch" and unit.endpoint == first.endpoint:
            joined = replace(first, features=(*first.features, *unit.features))
            return [joined, *units[1:number], *units[number + 1 :]]
    return list(units)


def _plain_switches(rest: Sequence[JsonObject]) -> list[_Unit]:
    """A device that says no type, but has a ``state`` that can be set, or a siren's ``alarm``."""
    for name in ("state", "alarm"):
        if found := [each for each in rest if each.get("name") == name and _is_switch(each)]:
            return [_Unit("switch", text_of(each, "endpoint"), (each,)) for each in found]
    return []


def _is_switch(expose: JsonObject) -> bool:
    return expose.get("type") == "binary" and access_of(expose) & (STATE | SET) == STATE | SET
