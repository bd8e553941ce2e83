"""What a device of another make is and can be told, as its family says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from actors.domain.json_values import Json, same
from actors.domain.readings import number_of

SETTLING_S: Final = 10.0
"""For which a device may waver after an order before a difference counts; a cover takes longer."""
COVER_SETTLING_S: Final = 60.0
COLOR: Final = re.compile("#[0-9a-fA-F]{6}")
MAX_TEXT: Final = 255
"""Characters of a control that takes a text."""


class Form(Enum):
    """What a control takes. The value is its name on the wire."""

    SWITCH = "interruptor"
    NUMBER = "numero"
    CHOICE = "opcion"
    COLOR = "color"
    """``#rrggbb``."""
    TEXT = "texto"


@dataclass(frozen=True, slots=True)
class Control:
    """A name of the configuration that the device can be told, and what it takes."""

    form: Form
    low: float = 0.0
    high: float = 100.0
    """Of a number, both included."""
    step: float = 1.0
    """Of a number: nearer than this, the device has done what it was told."""
    choices: tuple[str, ...] = ()

    def within(self, value: Json) -> Json:
        """The nearest that it takes; what is no number of it is as it was."""
        told = number_of(value)
        return value if self.form is not Form.NUMBER or told is None else min(self.high, max(self.low, told))

    def confirms(self, desired: Json, reported: Json) -> bool:
        """Whether ``reported`` is what was asked for, as exactly as the device can be set."""
        wanted, told = number_of(desired), number_of(reported)
        if self.form is Form.NUMBER and wanted is not None and told is not None:
            return abs(wanted - told) < self.step
        if self.form is Form.COLOR and isinstance(desired, str) and isinstance(reported, str):
            return _alike(desired, reported)
        return same(desired, reported)

    def takes(self, value: Json) -> bool:
        """Whether the device can be set to it."""
        match self.form:
            case Form.SWITCH:
                return isinstance(value, bool)
            case Form.NUMBER:
                return type(value) in (int, float) and self.low <= value <= self.high
            case Form.CHOICE:
                return value in self.choices
            case Form.COLOR:
                return isinstance(value, str) and COLOR.fullmatch(value) is not None
            case Form.TEXT:
                return isinstance(value, str) and len(value) <= MAX_TEXT


_SHADE: Final = 13
"""Of 255: a lamp counts hues in fewer steps than a screen."""


def _alike(one: str, other: str) -> bool:
    """Whether two colours are one to a lamp, which tells its brightness apart."""
    if not COLOR.fullmatch(one) or not COLOR.fullmatch(other):
        return one.lower() == other.lower()
    parts = [bytes.fromhex(text[1:]) for text in (one, other)]
    if not all(map(any, parts)):
        return parts[0] == parts[1]
    full = [[value * 255 / max(each) for value in each] for each in parts]
    return all(abs(a - b) <= _SHADE for a, b in zip(*full, strict=True))


SWITCH: Final = Control(Form.SWITCH)
PERCENT: Final = Control(Form.NUMBER, 0, 100, 1)
KELVIN: Final = Control(Form.NUMBER, 1_000, 20_000, 1)
COLORED: Final = Control(Form.COLOR)
MINUTES: Final = Control(Form.NUMBER, 0, 1440, 1)
"""For which what was switched on is to stay so: told along with ``encendido``, and never reported."""


@dataclass(frozen=True, slots=True)
class Lapse:
    """What a reading is again after so many seconds in which it was not told anew."""

    seconds: float
    value: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Made anew at each start from what the device has announced; nothing of it is stored with the device."""

    family: str
    """The dialect's name."""
    kind: str
    """One of :mod:`actors.domain.kinds`."""
    capability: str
    name: str = ""
    """What its family calls it; empty where it has no name."""
    model: str = ""
    software: str = ""
    """Which firmware runs on it, in its maker's words; empty where nobody says."""
    controls: Mapping[str, Control] = field(default_factory=dict)
    """By name in the configuration."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Of the readings, by name in ``parametros``."""
    lapses: Mapping[str, Lapse] = field(default_factory=dict)
    """Of the readings whose end nobody tells, by name."""
    patience: float | None = None
    """Seconds of silence after which it is offline; ``None`` where its family tells when it is."""
    settling: float = SETTLING_S
    runs_schedules: bool = False
    """Whether it keeps its schedules by itself. Else the server does."""
    address: str = ""
    """Where orders go, if an announcement alone decides that: a change of it after the claim needs a
    person's consent. Empty where it follows from the hardware."""
    stop_address: str | None = None
    """The same of the message that halts what of it moves; empty where that goes where orders go, ``None``
    where there is no such message."""
    notes: tuple[str, ...] = ()
    """What of its announcement was not understood, and why, for people, in Spanish."""
