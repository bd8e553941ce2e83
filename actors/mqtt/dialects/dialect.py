"""What a dialect is: how one family of devices announces itself, reports, and is told, over MQTT.

All of it is pure. :class:`actors.mqtt.translator.TranslatorActor` holds what is known and does what is to be
done; the dialects only say what a message means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from actors.domain.model import JsonObject
from actors.domain.profile import Profile

MAX_ANNOUNCEMENT: Final = 32 * 1024
"""Bytes of one device's announcement. A gateway's, which tells of many, may have :data:`MAX_GATEWAY`."""
MAX_GATEWAY: Final = 2 * 1024 * 1024
OURS: Final = ("dispositivos", "iot")
"""How the topics begin by which nobody of another make speaks or is spoken to."""
HOUSE: Final = "IoT Backend"
"""The origin that our own devices are announced with elsewhere, which nobody here needs to be told of."""
MAX_ENTITIES: Final = 128
"""Readings and controls of one device."""


MAX_SOFTWARE: Final = 100
"""Characters of what a maker calls its firmware."""


class NotUnderstood(Exception):
    """A message that the dialect cannot make sense of; ``reason`` says why, for people, in Spanish."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Message:
    """As it came from the broker."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """To be published at QoS 1 and never retained: a retained order would switch things long after."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a device or its gateway says of itself. It is kept on disk until the same key comes again."""

    group: str
    """Announcements of one group define devices together: of a device by its hardware, of a gateway by its
    prefix. At most 200 characters."""
    key: str
    """Which of the group's it is, at most 200 characters."""
    payload: bytes
    """Empty where it was withdrawn."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What there is to do about a message that came by one of :attr:`Dialect.filters`."""

    announcements: tuple[Announcement, ...] = ()
    ask: tuple[Outgoing, ...] = ()
    """Questions to be asked at once, whose answers tell more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A device as its dialect knows it. Equal definitions mean that nothing has changed."""

    serial: str
    """By its hardware: ``tasmota-A4CF12345678``."""
    hardware: frozenset[str] = frozenset()
    """Its hardware addresses in small hexadecimal digits alone, without separators: what two dialects may
    share, and by which one thing is one device. No weak identifier stands here."""
    profile: Profile
    topics: tuple[str, ...]
    """The filters by which its messages come: exact topics, but where its family knows only wildcards."""
    keys: frozenset[str] = frozenset()
    """Of the announcements of its group that it follows from: what speaks for one that follows from the same
    speaks for it too. Empty where it is all of them, as of a board or a gateway."""
    online: bool = False
    """Its announcements say that it is there, which no message will say again."""
    body: Any = field(compare=True)
    """What the dialect itself needs to read and to order: a frozen dataclass of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says of one device. What is not said stays as it was."""

    parameters: JsonObject = field(default_factory=dict)
    """Readings by the names of :mod:`actors.mqtt.dialects.quantities`; finite numbers, booleans, text."""
    reported: JsonObject = field(default_factory=dict)
    """How it is set, by the names of its controls: ``{"encendido": True, "brillo": 40}``."""
    online: bool | None = None
    """``None`` where the message says nothing of its presence but by being live."""
    invalid: tuple[str, ...] = ()
    """Names of readings whose values were no numbers (``nan``, ``unavailable``)."""
    ask: tuple[Outgoing, ...] = ()
    """Questions to be asked at once, as of a device that has just come back."""
    patience: float | None = None
    """In the place of the profile's from now on: the device itself has said how often it speaks."""


class Dialect(Protocol):
    """One family. It holds nothing but its settings (prefixes)."""

    @property
    def name(self) -> str:
        """As in the setting ``MQTT_DIALECTOS``."""

    @property
    def filters(self) -> Sequence[str]:
        """By which announcements are heard: none overlaps with another, or with what other dialects hear."""

    def announced(self, message: Message) -> Heard:
        """What a message by one of :attr:`filters` announces. Raises :class:`NotUnderstood`."""

    def define(self, group: str, announcements: Mapping[str, bytes]) -> Iterable[Definition]:
        """The devices that these, by their keys, tell of. Raises :class:`NotUnderstood`."""

    def greet(self, definition: Definition) -> Sequence[Outgoing]:
        """The questions by which the present values are learned, once a device is defined."""

    def read(self, definition: Definition, message: Message) -> Reading | None:
        """What a message by one of the definition's topics says; ``None`` if nothing that concerns it.

        Raises :class:`NotUnderstood`.
        """

    def order(self, definition: Definition, wanted: JsonObject) -> Sequence[Outgoing]:
        """The messages that set these of its controls, the main switch (``encendido``) last."""

    def stop(self, definition: Definition) -> Sequence[Outgoing]:
        """The messages that halt what of it moves, where its profile has a ``stop_address``; else none."""
