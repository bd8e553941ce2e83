"""What an announcement says: its entities, by long names and with whole topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.readings import number_of
from actors.mqtt.dialects.dialect import HOUSE, MAX_ANNOUNCEMENT, MAX_ENTITIES, NotUnderstood
from actors.mqtt.dialects.home_assistant.abbreviations import DEVICE, ENTITY, ORIGIN, expanded
from actors.mqtt.dialects.home_assistant.template import Template, compiled

DEVICE_PAYLOAD: Final = "device"
_INHERITED: Final = (
    *("availability", "availability_mode", "availability_template", "availability_topic"),
    *("payload_available", "payload_not_available", "state_topic", "command_topic", "encoding", "qos"),
)
"""What a component of a device has from the device where it says nothing itself."""
_MAX_WORD: Final = 4_096
_MOST: Final = 1e9


class Malformed(Exception):
    """A value of the configuration that is not what it has to be; the message names it, in Spanish."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The device that an announcement says its entities are of."""

    identifiers: frozenset[str] = frozenset()
    connections: frozenset[tuple[str, str]] = frozenset()
    """By sort and address: ``("mac", "00:00:5e:00:53:01")``."""
    name: str = ""
    maker: str = ""
    model: str = ""
    software: str = ""
    gateway: str = ""
    """``via_device``."""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """One component, as it is configured. What is asked of it raises :class:`Malformed` if it is wrong."""

    component: str
    key: str
    """Where it was announced: ``node/object``, and the component's own name in a device's."""
    config: JsonObject = field(repr=False)
    owner: Owner

    @property
    def name(self) -> str:
        """What it is called beside its device; empty where it is the device's main one."""
        told = self.config.get("name")
        return told.strip()[:100] if isinstance(told, str) else ""

    @property
    def unique_id(self) -> str:
        return _scalar_text(self.config.get("unique_id"))

    @property
    def is_secondary(self) -> bool:
        """Whether it is a setting or a diagnosis, or one that is switched off at first."""
        return bool(self.word("entity_category", "")) or not self.flag("enabled_by_default", True)

    def word(self, name: str, usual: str) -> str:
        """A payload or another text. A truth value is Python's word for it, as templates print it."""
        told = self.config.get(name)
        return usual if told is None else _scalar_text(told)

    def topic(self, name: str) -> str:
        """Empty where there is none."""
        told = self.config.get(name)
        if told is None or told == "":
            return ""
        if not isinstance(told, str) or len(told.encode("utf-8", "replace")) > 1024 or "\0" in told:
            raise Malformed(f"{name} no es un tema")
        if told.startswith("~"):
            raise Malformed(f"{name} empieza por ~, que aquí no se dice qué es")
        return told

    def template(self, *names: str) -> Template | None:
        """The first of these that there is. Raises ``TemplateRefused`` too."""
        told = next((self.config[name] for name in names if self.config.get(name) is not None), None)
        if told is None:
            return None
        if not isinstance(told, str):
            raise Malformed(f"{names[0]} no es una plantilla")
        return compiled(told)

    def number(self, name: str, usual: float) -> float:
        """Also where it is told as a text; one that is beyond all measure is not believed."""
        told = number_of(self.config.get(name))
        return usual if told is None or abs(told) > _MOST else float(told)

    def flag(self, name: str, usual: bool) -> bool:
        told = self.config.get(name)
        if isinstance(told, str):
            return told.strip().lower() in ("true", "yes", "on", "1", "enable")
        return bool(told) if isinstance(told, (bool, int)) else usual

    def words(self, name: str) -> tuple[str, ...]:
        told = self.config.get(name)
        if not isinstance(told, list):
            return ()
        return tuple(dict.fromkeys(text for each in told[:MAX_ENTITIES] if (text := _scalar_text(each))))


def _scalar_text(value: Json) -> str:
    return str(value)[:_MAX_WORD] if isinstance(value, (str, bool, int, float)) else ""


def entities_of(key: str, payload: bytes) -> Iterator[Entity]:
    """Those of an announcement at ``<prefix>/<key>/config``. Raises :class:`NotUnderstood`."""
    told = expanded(_object(payload), ENTITY)
    if told.get("migrate_discovery"):
        return
    owner = _owner(told)
    component, _, place = key.partition("/")
    if component != DEVICE_PAYLOAD:
        yield Entity(component, place, _with_whole_topics(told), owner)
        return
    components = told.get("components")
    if not isinstance(components, Mapping) or not components:
        raise NotUnderstood("el anuncio de un aparato no trae componentes")
    if len(components) > MAX_ENTITIES:
        raise NotUnderstood(f"el anuncio trae más de {MAX_ENTITIES} componentes")
    # A root ~ does not reach into the components; what they have from the root is whole already.
    inherited = {name: value for name, value in _with_whole_topics(told).items() if name in _INHERITED}
    for name, each in components.items():
        if not isinstance(each, Mapping):
            continue
        own = expanded(each, ENTITY)
        platform = own.pop("platform", None)
        if isinstance(platform, str) and own:  # the platform alone: this component is gone
            config = {**_beside(inherited, own), **_with_whole_topics(own)}
            yield Entity(platform, f"{place}/{name}", config, owner)


def is_of_the_house(payload: bytes) -> bool:
    """Whether a system like this one has announced it. Raises :class:`NotUnderstood`."""
    return _owner(expanded(_object(payload), ENTITY)).origin == HOUSE


def _beside(inherited: JsonObject, own: JsonObject) -> JsonObject:
    """What is inherited by a component, whose own word on its availability counts alone."""
    if own.keys() & {"availability", "availability_topic"}:
        return {name: value for name, value in inherited.items() if not name.startswith("availability")}
    return inherited


def _object(payload: bytes) -> JsonObject:
    if len(payload) > MAX_ANNOUNCEMENT:
        raise NotUnderstood(f"el anuncio pasa de {MAX_ANNOUNCEMENT >> 10} KiB")
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise NotUnderstood("el anuncio no es JSON") from None
    if not isinstance(told, dict):
        raise NotUnderstood("el anuncio no es un objeto JSON")
    return told


def _owner(told: JsonObject) -> Owner:
    return _owner_of(orjson.dumps([told.get("device"), told.get("origin")]))


@lru_cache(maxsize=1024)
def _owner_of(raw: bytes) -> Owner:
    """Of a device's block and its origin's, which its entities repeat word for word."""
    device, origin = orjson.loads(raw)
    block = expanded(device, DEVICE) if isinstance(device, Mapping) else {}
    maker = expanded(origin, ORIGIN) if isinstance(origin, Mapping) else {}
    names = {
        name: _scalar_text(block.get(name))[:200] for name in ("name", "manufacturer", "model", "via_device")
    }
    return Owner(
        identifiers=frozenset(_identifiers(block.get("identifiers"))),
        connections=frozenset(_connections(block.get("connections"))),
        name=names["name"].strip(),
        maker=names["manufacturer"],
        model=names["model"],
        software=_scalar_text(block.get("sw_version"))[:200],
        gateway=names["via_device"],
        origin=_scalar_text(maker.get("name"))[:200],
    )


def _identifiers(told: Json) -> Iterator[str]:
    for each in told if isinstance(told, list) else [told]:
        parts = each if isinstance(each, list) else [each]
        if text := "/".join(filter(None, map(_scalar_text, parts)))[:200].strip():
            yield text


def _connections(told: Json) -> Iterator[tuple[str, str]]:
    for each in told if isinstance(told, list) else []:
        if isinstance(each, list) and len(each) == 2 and all(isinstance(part, str) for part in each):
            yield each[0].lower(), each[1].strip()[:200]


def _with_whole_topics(told: JsonObject) -> dict[str, Json]:
    """With ``~`` at the beginning or the end of a topic replaced by what the same object says that it is."""
    base = told.get("~")
    made = {name: _whole(name, value, base) for name, value in told.items() if name != "~"}
    availability = told.get("availability")
    if isinstance(availability, Mapping):
        availability = [availability]
    if isinstance(availability, list):
        each_expanded = [expanded(each, ENTITY) for each in availability if isinstance(each, Mapping)]
        made["availability"] = [
            {name: _whole(name, value, base) for name, value in each.items()} for each in each_expanded
        ]
    return made


def _whole(name: str, value: Json, base: Json) -> Json:
    if not isinstance(base, str) or not isinstance(value, str) or not name.endswith("topic"):
        return value
    if value.startswith("~"):
        value = base + value[1:]
    return value[:-1] + base if value.endswith("~") else value
