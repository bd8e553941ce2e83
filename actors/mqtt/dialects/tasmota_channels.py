"""What of a board can be told something: its relays, its light, its shutters, its fan.

Each channel reads how it is set from the JSON of ``STATE``, ``RESULT`` and the like, and makes the commands
that set it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Protocol, TypeAlias

from actors.domain.model import JsonObject
from actors.domain.profile import COVER_SETTLING_S, PERCENT, SETTLING_S, SWITCH, Control, Form
from actors.domain.readings import number_of, switch_of
from actors.mqtt.dialects import colors
from actors.mqtt.dialects.tasmota_board import Words

Command: TypeAlias = tuple[str, str]
"""Its name and its payload."""

# PulseTime counts tenths of a second up to 111, and from there on seconds beyond 100.
_MAX_PULSE: Final = 64_900
_LAST_TENTH: Final = 111
_MAX_MINUTES: Final = (_MAX_PULSE - 100) / 60
DURATION: Final = Control(Form.NUMBER, 0, 1440, 0.05)
"""As of our own sprinklers. What the board cannot count ends earlier: too little water does no harm."""

_HEX: Final = re.compile(r"#?(?:[0-9a-fA-F]{2}){3,5}")
_FAN_SPEEDS: Final = (0, 33, 67, 100)


class Channel(Protocol):
    """One thing that can be told something."""

    @property
    def kind(self) -> str:
        """One of :mod:`actors.domain.kinds`."""

    @property
    def settling(self) -> float: ...

    @property
    def relays(self) -> Sequence[int]:
        """The numbers of the relays whose ``POWER<n>`` is heard for it."""

    @property
    def controls(self) -> Mapping[str, Control]: ...

    @property
    def questions(self) -> Sequence[Command]:
        """What to ask, beside the board's state, to learn how it is set."""

    def read(self, told: Mapping[str, Any]) -> JsonObject:
        """How it is set, as far as ``told`` says."""

    def commands(self, wanted: JsonObject) -> Sequence[Command]:
        """Those that set it so, the main switch last."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Switched, for a time if need be: the board itself counts it, and so stops the water without us."""

    number: int
    words: Words
    lights: bool = False
    """A lamp hangs on it (``SetOption30``, or a light without a dimmer)."""
    settling: ClassVar[float] = SETTLING_S

    @property
    def kind(self) -> str:
        return "luz" if self.lights else "enchufe"

    @property
    def relays(self) -> Sequence[int]:
        return (self.number,)

    @property
    def controls(self) -> Mapping[str, Control]:
        return {"encendido": SWITCH} if self.lights else {"encendido": SWITCH, "duracion_min": DURATION}

    @property
    def questions(self) -> Sequence[Command]:
        return () if self.lights else ((f"PulseTime{self.number}", ""),)

    def read(self, told: Mapping[str, Any]) -> JsonObject:
        reported = _power(told, self.number, self.words)
        pulse = told.get(f"PulseTime{self.number}")
        if not self.lights and isinstance(pulse, dict) and (value := number_of(pulse.get("Set"))) is not None:
            reported["duracion_min"] = _minutes(value)
        return reported

    def commands(self, wanted: JsonObject) -> Sequence[Command]:
        found = []
        if not self.lights and (minutes := number_of(wanted.get("duracion_min"))) is not None:
            found.append((f"PulseTime{self.number}", str(_pulse(minutes))))
        return (*found, *_switching(self.number, wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A dimmed one, with the colours that its channels allow."""

    number: int
    words: Words
    told_brightness: str
    """The key of its brightness: ``Dimmer``, ``Dimmer1`` or ``Channel<n>``."""
    dimmer: str
    """The command that sets it."""
    colored: bool = False
    mireds: tuple[int, int] | None = None
    """From the coldest to the warmest, where it can be set."""
    kind: ClassVar[str] = "luz"
    settling: ClassVar[float] = SETTLING_S
    questions: ClassVar[Sequence[Command]] = ()

    @property
    def relays(self) -> Sequence[int]:
        return (self.number,)

    @property
    def controls(self) -> Mapping[str, Control]:
        found = {"encendido": SWITCH, "brillo": PERCENT}
        if self.mireds is not None:
            coldest, warmest = self.mireds
            # A mired is 42 K at the cold end.
            found["temp_color"] = Control(Form.NUMBER, _kelvin(warmest), _kelvin(coldest), 50)
        if self.colored:
            found["color"] = Control(Form.COLOR)
        return found

    def read(self, told: Mapping[str, Any]) -> JsonObject:
        reported = _power(told, self.number, self.words)
        if (brightness := _percent(told.get(self.told_brightness))) is not None:
            reported["brillo"] = brightness
        mireds = number_of(told.get("CT"))
        if self.mireds is not None and mireds is not None and 50 <= mireds <= 1_000:
            reported["temp_color"] = _kelvin(mireds)
        if self.colored and (color := _color(told)) is not None:
            reported["color"] = color
        return reported

    def commands(self, wanted: JsonObject) -> Sequence[Command]:
        found = []
        kelvin = number_of(wanted.get("temp_color"))
        if self.mireds is not None and kelvin is not None and kelvin > 0:
            coldest, warmest = self.mireds
            found.append(("CT", str(min(max(round(1_000_000 / kelvin), coldest), warmest))))
        if self.colored and (color := colors.rgb_of(wanted.get("color"))) is not None:
            # One by one, which leaves the brightness alone.
            hue, saturation = colors.to_hue(color)
            found += [("HSBColor1", f"{hue}"), ("HSBColor2", f"{saturation}")]
        if (brightness := _percent(wanted.get("brillo"))) is not None:
            found.append((self.dimmer, f"{brightness}"))
        return (*found, *_switching(self.number, wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutter:
    number: int
    inverted: bool = False
    tilt: tuple[int, int] | None = None
    """The angles at which its slats are closed and open, where they can be tilted."""
    kind: ClassVar[str] = "persiana"
    settling: ClassVar[float] = COVER_SETTLING_S
    relays: ClassVar[Sequence[int]] = ()
    questions: ClassVar[Sequence[Command]] = ()

    @property
    def controls(self) -> Mapping[str, Control]:
        # It is placed by time, and so stops a percent beside where it was told to.
        found = {"encendido": SWITCH, "posicion": Control(Form.NUMBER, 0, 100, 2)}
        return found if self.tilt is None else {**found, "inclinacion": Control(Form.NUMBER, 0, 100, 2)}

    def read(self, told: Mapping[str, Any]) -> JsonObject:
        said = told.get(f"Shutter{self.number}")
        if not isinstance(said, dict):
            return {}
        reported: dict[str, Any] = {}
        if (position := _percent(said.get("Position"))) is not None:
            position = 100 - position if self.inverted else position
            reported |= {"posicion": position, "encendido": position > 0}
        angle = number_of(said.get("Tilt"))
        if self.tilt is not None and angle is not None:
            closed, opened = self.tilt
            reported["inclinacion"] = min(max(round((angle - closed) * 100 / (opened - closed)), 0), 100)
        return reported

    def commands(self, wanted: JsonObject) -> Sequence[Command]:
        found = []
        tilt = _percent(wanted.get("inclinacion"))
        if self.tilt is not None and tilt is not None:
            closed, opened = self.tilt
            found.append((f"ShutterTilt{self.number}", str(round(closed + tilt * (opened - closed) / 100))))
        if (position := _as_far(wanted, "posicion")) is not None:
            found.append(
                (f"ShutterPosition{self.number}", f"{100 - position if self.inverted else position}")
            )
        return found


@dataclass(frozen=True, slots=True)
class Fan:
    """Of an iFan, which knows three speeds."""

    kind: ClassVar[str] = "ventilador"
    settling: ClassVar[float] = SETTLING_S
    relays: ClassVar[Sequence[int]] = ()
    questions: ClassVar[Sequence[Command]] = (("FanSpeed", ""),)
    controls: ClassVar[Mapping[str, Control]] = {
        "encendido": SWITCH,
        # As far as a percentage can be from the nearest of the speeds.
        "velocidad": Control(Form.NUMBER, 0, 100, 18),
    }

    def read(self, told: Mapping[str, Any]) -> JsonObject:
        speed = told.get("FanSpeed")
        if type(speed) is not int or not 0 <= speed < len(_FAN_SPEEDS):
            return {}
        return {"encendido": speed > 0, "velocidad": _FAN_SPEEDS[speed]}

    def commands(self, wanted: JsonObject) -> Sequence[Command]:
        percent = _as_far(wanted, "velocidad")
        if percent is None:
            return ()
        fastest = len(_FAN_SPEEDS) - 1
        return (("FanSpeed", str(max(int(percent * fastest / 100 + 0.5), 1) if percent > 0 else 0)),)


def _power(told: Mapping[str, Any], number: int, words: Words) -> dict[str, Any]:
    """A board with one relay leaves out its number."""
    said = told.get(f"POWER{number}")
    if said is None and number == 1:
        said = told.get("POWER")
    on = words.switch_of(said)
    return {} if on is None else {"encendido": on}


def _switching(number: int, wanted: JsonObject) -> Sequence[Command]:
    on = switch_of(wanted.get("encendido"))
    return () if on is None else ((f"Power{number}", "ON" if on else "OFF"),)


def _as_far(wanted: JsonObject, name: str) -> int | None:
    """Percent that are wanted: 0 when switched off, and all the way when on and nothing is said."""
    on, percent = switch_of(wanted.get("encendido")), _percent(wanted.get(name))
    if on is False:
        return 0
    return 100 if on and percent is None else percent


def _percent(told: object) -> int | None:
    value = number_of(told)
    return None if value is None else round(min(max(value, 0), 100))


def _color(told: Mapping[str, Any]) -> str | None:
    """At full brightness, which is told by itself; ``None`` while only white shines."""
    said = told.get("HSBColor")
    if isinstance(said, str):
        parts = [number_of(part) for part in said.split(",")]
        if len(parts) != 3 or None in parts or not parts[2]:
            return None
        return colors.hex_of(colors.from_hue(parts[0] or 0, parts[1] or 0))
    said = told.get("Color")
    return _at_full(_parts(said)) if isinstance(said, str) else None


def _parts(told: str) -> Sequence[int]:
    """Red, green, blue and perhaps whites, 0 to 255, of ``FF8000`` or ``255,128,0``, else none."""
    if _HEX.fullmatch(told) is not None:
        return list(bytes.fromhex(told.removeprefix("#")))
    parts = told.split(",")
    if 3 <= len(parts) <= 5 and all(part.isascii() and part.isdigit() for part in parts):
        return [min(int(part[:4]), 255) for part in parts]
    return ()


def _at_full(parts: Sequence[int]) -> str | None:
    """The colour as bright as can be; ``None`` where neither red, green nor blue shines."""
    brightest = max(parts[:3], default=0)
    if brightest == 0:
        return None
    red, green, blue = (round(part * 255 / brightest) for part in parts[:3])
    return colors.hex_of((red, green, blue))


def _kelvin(mireds: float) -> int:
    return round(1_000_000 / mireds)


def _pulse(minutes: float) -> int:
    seconds = min(max(minutes, 0), _MAX_MINUTES) * 60
    tenths = round(seconds * 10)
    return tenths if tenths <= _LAST_TENTH else max(round(seconds), 12) + 100


def _minutes(pulse: float) -> float:
    seconds = pulse / 10 if pulse <= _LAST_TENTH else pulse - 100
    return round(seconds / 60, 4)
