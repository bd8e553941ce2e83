"""What a device's definition is made of: how a topic's messages are read, and how an order is said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol

import orjson

from actors.domain.model import Json, JsonObject
from actors.domain.profile import Control, Lapse
from actors.mqtt.dialects.codecs import Codec, Number
from actors.mqtt.dialects.dialect import NotUnderstood, Outgoing
from actors.mqtt.dialects.home_assistant.template import Template
from actors.mqtt.dialects.home_assistant.words import NotThere, TemplateFailed
from actors.mqtt.dialects.quantities import is_nothing

MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a state; templates take time by its length."""
NULL: Final = "None"
"""What a template prints for null: it says that there is no value."""


class Place(Enum):
    """What a value that was read is."""

    READING = "reading"
    STATE = "state"
    """Of a control."""


@dataclass(slots=True)
class Said:
    """One message, decoded once for all that read it."""

    text: str
    variables: dict[str, Any]

    @classmethod
    def of(cls, payload: bytes) -> Said:
        """Raises :class:`NotUnderstood`."""
        if len(payload) > MAX_MESSAGE:
            raise NotUnderstood(f"el mensaje pasa de {MAX_MESSAGE >> 10} KiB")
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            raise NotUnderstood("el mensaje no es UTF-8") from None
        variables: dict[str, Any] = {"value": text}
        with suppress(orjson.JSONDecodeError):
            variables["value_json"] = orjson.loads(payload)
        return cls(text, variables)

    @property
    def json(self) -> Json:
        """``None`` where it is none."""
        return self.variables.get("value_json")

    def by(self, template: Template | None) -> str | None:
        """What ``template`` makes of it; ``None`` if it says nothing of this. Raises ``TemplateFailed``."""
        try:
            made = self.text if template is None else template.render(self.variables)
        except NotThere:
            return None
        return made or None


@dataclass(slots=True)
class Heap:
    """What one message has said so far."""

    parameters: dict[str, Json] = field(default_factory=dict)
    reported: dict[str, Json] = field(default_factory=dict)
    invalid: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Why a template gave nothing."""

    def put(self, place: Place, name: str, value: Json) -> None:
        (self.parameters if place is Place.READING else self.reported)[name] = value


class Source(Protocol):
    """What is read of a topic's messages."""

    @property
    def topic(self) -> str: ...

    def read(self, said: Said, heap: Heap) -> None:
        """Put what ``said`` says on the ``heap``."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value, that a template finds and a codec understands."""

    topic: str
    template: Template | None
    name: str
    codec: Codec
    place: Place

    def read(self, said: Said, heap: Heap) -> None:
        try:
            text = said.by(self.template)
        except TemplateFailed as why:
            heap.failed.append(f"la plantilla de {self.name} falla: {why}")
            return
        if text is None or text == NULL:
            return
        value = self.codec.read(text)
        if value is not None:
            heap.put(self.place, self.name, value)
        elif self.place is Place.READING and (is_nothing(text) or isinstance(self.codec, Number)):
            heap.invalid.append(self.name)


class Teller(Protocol):
    """What says the orders of some controls."""

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def topics(self) -> Sequence[str]: ...

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        """The messages that set those of ``wanted`` that are its own."""


@dataclass(frozen=True, slots=True)
class Direct:
    """One control with a topic of its own."""

    name: str
    topic: str
    template: Template | None
    codec: Codec
    variable: str = "value"
    """How its template calls the value beside ``value``."""

    @property
    def names(self) -> Sequence[str]:
        return (self.name,)

    @property
    def topics(self) -> Sequence[str]:
        return (self.topic,)

    def tell(self, wanted: JsonObject) -> Iterator[Outgoing]:
        if self.name in wanted and (value := self.codec.write(wanted[self.name])) is not None:
            yield from message(self.topic, self.template, value, {self.variable: value})


def message(
    topic: str, template: Template | None, value: Json, variables: Mapping[str, Json] | None = None
) -> Iterator[Outgoing]:
    """``value`` as it is published; nothing if its template prints nothing. Raises :class:`NotUnderstood`."""
    if template is None:
        text = as_text(value)
    else:
        try:
            text = template.render({**(variables or {}), "value": value})
        except TemplateFailed as why:
            raise NotUnderstood(f"la plantilla de la orden falla: {why}") from None
    if text and text != NULL:
        yield Outgoing(topic, text.encode())


def as_text(value: Json) -> str:
    """A number without ``.0``, which not every device reads."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(frozen=True, slots=True)
class Part:
    """What one entity adds to its device."""

    sources: tuple[Source, ...] = ()
    tellers: tuple[Teller, ...] = ()
    controls: Mapping[str, Control] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    """Of its readings."""
    lapses: Mapping[str, Lapse] = field(default_factory=dict)
    stop: Outgoing | None = None
    """What halts it where it moves."""


def joined(parts: Iterable[Part]) -> Part:
    """All of them as one; the first that has a control's name keeps it."""
    sources: list[Source] = []
    tellers: list[Teller] = []
    controls: dict[str, Control] = {}
    units: dict[str, str] = {}
    lapses: dict[str, Lapse] = {}
    stop: Outgoing | None = None
    for part in parts:
        sources += part.sources
        tellers += part.tellers
        controls = {**part.controls, **controls}
        units = {**part.units, **units}
        lapses = {**part.lapses, **lapses}
        stop = stop or part.stop
    return Part(tuple(sources), tuple(tellers), controls, units, lapses, stop)
