"""What is worth knowing of a Zigbee2MQTT's own settings, of which its ``bridge/info`` tells all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.domain.model import Json, JsonObject
from actors.domain.readings import number_of

_PASSIVE_MIN: Final = 1_500.0
"""After which Zigbee2MQTT itself takes a device that sleeps for gone, where it looks after that."""
_LONGEST_MIN: Final = 90 * 24 * 60.0
_NO_JSON: Final = (
    "Zigbee2MQTT publica cada dato en un tema suyo (output: attribute), que no se puede leer: "
    "elija json o attribute_and_json"
)


@dataclass(frozen=True, slots=True)
class Bridge:
    """As its owner has set it; as it comes where nothing is known."""

    output: str = "json"
    availability: bool = False
    passive_min: float = _PASSIVE_MIN
    watched: frozenset[str] = frozenset()
    """Of which it tells the presence although it does not in general; addresses, and groups by number."""
    unwatched: frozenset[str] = frozenset()
    inverted: frozenset[str] = frozenset()
    """Whose covers are open at 0."""

    @property
    def notes(self) -> tuple[str, ...]:
        return (_NO_JSON,) if self.output == "attribute" else ()

    @property
    def passive_s(self) -> float:
        return self.passive_min * 60

    def watches(self, key: str) -> bool:
        return key not in self.unwatched and (self.availability or key in self.watched)

    @classmethod
    def of(cls, info: JsonObject) -> Bridge:
        """From ``bridge/info``; what is not as expected there is as it comes."""
        config = _object(info, "config")
        availability = config.get("availability")
        passive = number_of(_object(_object(config, "availability"), "passive").get("timeout"))
        devices, groups = _object(config, "devices"), _object(config, "groups")
        known = {
            key.lower(): each for key, each in {**devices, **groups}.items() if isinstance(each, Mapping)
        }
        usual = _object(config, "device_options")
        output = _object(config, "advanced").get("output") or config.get("output")
        return cls(
            output=output if isinstance(output, str) else "json",
            # Until its version 2 the settings stand there, or ``true``, when it is on, and nothing else.
            availability=_is_on(availability),
            passive_min=float(passive) if passive and 0 < passive <= _LONGEST_MIN else _PASSIVE_MIN,
            watched=frozenset(key for key, each in known.items() if _is_on(each.get("availability"))),
            unwatched=frozenset(key for key, each in known.items() if each.get("availability") is False),
            inverted=frozenset(
                key
                for key, each in known.items()
                if each.get("invert_cover", usual.get("invert_cover")) is True
            ),
        )


def distilled(info: JsonObject) -> JsonObject:
    """What :meth:`Bridge.of` looks at, alone: the rest is large, and has more than a disk need remember."""
    config = _object(info, "config")
    kept = {key: config[key] for key in ("output", "availability", "device_options") if key in config}
    for key in ("devices", "groups"):
        entities = {name: _object(_object(config, key), name) for name in _object(config, key)}
        kept[key] = {
            name: {each: entity[each] for each in ("availability", "invert_cover") if each in entity}
            for name, entity in entities.items()
        }
    kept["advanced"] = {"output": _object(config, "advanced").get("output")}
    return {"config": kept}


def _is_on(told: Json) -> bool:
    return told.get("enabled") is not False if isinstance(told, Mapping) else told is True


def _object(told: JsonObject, key: str) -> JsonObject:
    value = told.get(key)
    return value if isinstance(value, Mapping) else {}
