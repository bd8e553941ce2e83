"""The messages of one device that come close together, until they are told as one report."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

from actors.domain.model import ACTIVE, INACTIVE, MAX_INVALID, Json, JsonObject, Report
from actors.domain.profile import Profile
from actors.messages import Delivery, Reported
from actors.mqtt.dialects.dialect import MAX_ENTITIES, Reading

MAX_NAME: Final = 64
"""Characters of a reading's name."""
MAX_TEXT: Final = 255
"""Characters of a reading that is a text."""
_MAX_BITS: Final = 63
_SWITCH: Final = "encendido"

NOBODYS: Final = Delivery(0, 0, -1)
"""Where a message is told that came by no delivery, or whose delivery another one settles."""


class Owed:
    """A delivery that has to be settled once, by whoever takes it first."""

    def __init__(self, delivery: Delivery) -> None:
        self._delivery: Delivery | None = delivery

    @property
    def is_open(self) -> bool:
        return self._delivery is not None

    def take(self) -> Delivery:
        delivery, self._delivery = self._delivery, None
        return NOBODYS if delivery is None else delivery


@dataclass(slots=True, kw_only=True)
class Gathering:
    """Of one device; all of it live, or all of it retained."""

    serial: str
    retained: bool
    due: float
    """When it is to be told, on the monotonic clock."""
    at: float = 0.0
    topic: str = ""
    payload: bytes = b""
    parameters: dict[str, Json] = field(default_factory=dict)
    reported: dict[str, Json] = field(default_factory=dict)
    invalid: dict[str, None] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """What is told later holds; a reading that was none is invalid until it is told again."""
        for name in reading.invalid:
            self._note_invalid(name)
        for name, value in reading.parameters.items():
            if not _is_name(name) or not _is_value(value):
                self._note_invalid(name)
            elif name in self.parameters or len(self.parameters) < MAX_ENTITIES:
                self.parameters[name] = value
                self.invalid.pop(name, None)
        sound = {
            name: value for name, value in reading.reported.items() if _is_name(name) and _is_value(value)
        }
        if len(self.reported.keys() | sound.keys()) <= MAX_ENTITIES:
            self.reported.update(sound)

    def _note_invalid(self, name: Any) -> None:
        if _is_name(name) and len(self.invalid) < MAX_INVALID:
            self.invalid[name] = None
            self.parameters.pop(name, None)

    def told(self, profile: Profile, *, doubtful: bool) -> Reported:
        report = Report(
            self.serial,
            self.at,
            _state(profile, self.reported),
            self.parameters or None,
            self.reported or None,
            retained=self.retained,
            invalid=tuple(self.invalid),
            doubtful=doubtful,
            partial=True,
        )
        *also, last = self.deliveries or [NOBODYS]
        return Reported(report, last, self.topic, self.payload, also)


def _state(profile: Profile, reported: JsonObject) -> str | None:
    """Of what can be switched as it is, of what cannot that it is there."""
    if _SWITCH not in profile.controls:
        return ACTIVE
    on = reported.get(_SWITCH)
    return None if on is None else ACTIVE if on is True else INACTIVE


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME and name.isprintable()


def _is_value(value: Any) -> bool:
    """Whether it can be stored, and shown, by whoever comes later."""
    match value:
        case bool():
            return True
        case int():
            return value.bit_length() <= _MAX_BITS
        case float():
            return math.isfinite(value)
        case str():
            return len(value) <= MAX_TEXT and _is_encodable(value)
    return False


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
