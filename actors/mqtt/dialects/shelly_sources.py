"""What a Shelly tells by a topic or within a JSON, and what it stands for in this house."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.profile import PERCENT, SWITCH, Control, Form
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.codecs import Codec, Number, Percent, Truth, finite
from actors.mqtt.dialects.dialect import NotUnderstood, Reading
from actors.mqtt.dialects.quantities import is_nothing

_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Source:
    """A value, and where it stands."""

    name: str
    codec: Codec
    control: Control | None = None
    unit: str = ""
    path: tuple[str, ...] = ()
    """Of a JSON's keys; none where the payload is the value, or the whole JSON is."""
    when: tuple[str, Json] | None = None
    """Another key of the JSON that has to have a value for this one to mean anything."""
    silent: tuple[str, ...] = ()
    """What it says where it says nothing."""


@dataclass(slots=True)
class Collected:
    """What is gathered of one message."""

    parameters: dict[str, Json] = field(default_factory=dict)
    reported: dict[str, Json] = field(default_factory=dict)
    invalid: dict[str, None] = field(default_factory=dict)

    def add(self, sources: Iterable[Source], told: Json) -> None:
        for source in sources:
            value = _found(source, told)
            if value is _ABSENT or value is None or str(value) in source.silent:
                continue
            known = source.codec.read(value)
            if known is None:
                self.invalid[source.name] = None
            elif source.control is None:
                self.parameters[source.name] = known
            else:
                self.reported[source.name] = known

    def reading(self, online: bool | None = None) -> Reading:
        return Reading(self.parameters, self.reported, online, tuple(self.invalid))


def _found(source: Source, told: Json) -> Json:
    if source.when is not None:
        key, value = source.when
        if not isinstance(told, Mapping) or told.get(key) != value:
            return _ABSENT
    for key in source.path:
        if not isinstance(told, Mapping) or key not in told:
            return _ABSENT
        told = told[key]
    return told


def object_in(payload: bytes) -> JsonObject:
    """Raises :class:`NotUnderstood`."""
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise NotUnderstood(f"no es JSON: {error}") from error
    if not isinstance(told, dict):
        raise NotUnderstood("no es un objeto JSON")
    return told


# -- what comes again and again --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relay:
    """``on`` or ``off``; ``overpower`` has switched it off."""

    def read(self, value: Json) -> bool | None:
        return {"on": True, "off": False, "overpower": False}.get(str(value).lower())

    def write(self, value: Json) -> str | None:
        return ("on" if value else "off") if isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Overpowered:
    """Whether that is why it is off."""

    def read(self, value: Json) -> bool:
        return bool(value == "overpower")

    def write(self, value: Json) -> None:
        """Nothing to be told."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some words that mean that it is so, and some that it is not."""

    on: tuple[str, ...]
    off: tuple[str, ...]

    def read(self, value: Json) -> bool | None:
        return True if value in self.on else False if value in self.off else None

    def write(self, value: Json) -> None:
        """Nothing to be told."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A colour as three parts of 255, in a list or by their names."""

    def read(self, value: Json) -> str | None:
        if isinstance(value, Mapping):
            value = [value.get(name) for name in ("red", "green", "blue")]
        if not isinstance(value, list) or len(value) != 3:
            return None
        parts = [finite(part) for part in value]
        if any(part is None or not 0 <= part <= 255 for part in parts):
            return None
        red, green, blue = (round(part) for part in parts if part is not None)
        return colors.hex_of((red, green, blue))

    def write(self, value: Json) -> list[int] | None:
        rgb = colors.rgb_of(value)
        return None if rgb is None else [*rgb]


@dataclass(frozen=True, slots=True)
class Failures:
    """A list of what is wrong as one text, empty where nothing is."""

    def read(self, value: Json) -> str | None:
        if not isinstance(value, list):
            return None
        return ", ".join(each for each in value if isinstance(each, str) and not is_nothing(each))[:256]

    def write(self, value: Json) -> None:
        """Nothing to be told."""


def switch(path: tuple[str, ...] = (), codec: Codec | None = None) -> Source:
    return Source("encendido", codec or Truth(True, False), SWITCH, path=path)


def percent(name: str, *path: str, when: tuple[str, Json] | None = None) -> Source:
    """What the family counts in per cent, too."""
    return Source(name, Percent(100), PERCENT, "%", path, when)


def color(*path: str, when: tuple[str, Json] | None = None) -> Source:
    return Source("color", Parts(), Control(Form.COLOR), path=path, when=when)


def warmth(*path: str, low: float, high: float, when: tuple[str, Json] | None = None) -> Source:
    return Source("temp_color", Number("K", "K"), Control(Form.NUMBER, low, high, 50), "K", path, when)


def reading(name: str, unit: str, *path: str, told: str = "", silent: tuple[str, ...] = ()) -> Source:
    """A number kept in ``unit``, and told in it or in ``told``."""
    return Source(name, Number(told or unit, unit), None, unit, path, silent=silent)


def yes_or_no(name: str, *path: str) -> Source:
    return Source(name, Truth(True, False), path=path)
