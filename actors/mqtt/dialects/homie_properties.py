"""What one property of a Homie description is: its name in this house, how its text is read, what it takes.

Homie has datatypes, units and ranges, but no words for what a thing is. So the property's id says it, as far
as it is one of those that people use; what nobody knows keeps its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.domain.profile import PERCENT, SWITCH, Control, Form
from actors.mqtt.dialects.codecs import Codec, OpenOrClosed, Steps, Truth, Word
from actors.mqtt.dialects.dialect import Outgoing
from actors.mqtt.dialects.homie_values import Bounds, Color, Degrees, Numeric, Share, Warmth
from actors.mqtt.dialects.quantities import QUANTITIES, Quantity, kept_unit

_UNBOUNDED: Final = float(2**31)
_DATATYPES: Final = frozenset(
    {"integer", "float", "boolean", "string", "enum", "color", "datetime", "duration", "json"}
)
_DEGREES: Final = frozenset({"°C", "°F", "K"})
_MIREDS: Final = frozenset({"MK⁻¹", "mired"})

_SYNONYMS: Final[Mapping[str, str]] = {
    **{"temp": "temperature", "hum": "humidity", "relative_humidity": "humidity", "lux": "illuminance"},
    **{"light_level": "illuminance", "rssi": "signal_strength", "signal": "signal_strength"},
    **{"battery_level": "battery", "co2_level": "co2", "pm2_5": "pm25", "noise": "sound_pressure"},
    **{"consumption": "energy", "total_energy": "energy", "watts": "power", "open": "opening"},
    **{"leak": "water_leak", "flood": "water_leak", "water": "water", "low_battery": "battery_low"},
    **{"soil": "soil_moisture", "pir": "motion", "wind": "wind_speed", "rain": "precipitation"},
}
_STATES: Final = frozenset(
    {"motion", "occupancy", "presence", "door", "window", "garage_door", "opening", "contact", "smoke"}
    | {"carbon_monoxide", "gas_leak", "water_leak", "vibration", "sound", "tamper", "battery_low", "problem"}
)
_BY_UNIT: Final[Mapping[str, str]] = {
    **{
        "°C": "temperature",
        "°F": "temperature",
        "W": "power",
        "kW": "power",
        "kWh": "energy",
        "Wh": "energy",
    },
    **{"V": "voltage", "A": "current", "Hz": "frequency", "lx": "illuminance", "hPa": "pressure"},
}
_CLOSED: Final = re.compile(r"closed?|shut|cerrad[oa]", re.IGNORECASE)

_OPENS: Final = ("open", "up", "opened", "abrir")
_CLOSES: Final = ("close", "down", "closed", "cerrar")
_STOPS: Final = ("stop", "halt", "parar")
_SPEEDS: Final = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Property:
    """One that is read or told, or both."""

    topic: str
    name: str
    """In ``parametros``, or in ``configuracion`` where it has a control."""
    codec: Codec
    control: Control | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A property as its description has it."""

    topic: str
    node: str
    id: str
    datatype: str
    format: str
    unit: str
    settable: bool
    retained: bool

    @classmethod
    def of(cls, topic: str, node: str, id: str, said: object) -> Told | None:
        """``None`` of one whose description is illegal: Homie wants it ignored."""
        if not isinstance(said, Mapping) or (datatype := _text(said, "datatype")) not in _DATATYPES:
            return None
        return cls(
            topic=topic,
            node=node,
            id=id,
            datatype=datatype,
            format=_text(said, "format"),
            unit=_text(said, "unit"),
            settable=said.get("settable") is True,
            retained=said.get("retained") is not False,
        )

    @property
    def words(self) -> str:
        """Its id with ``_`` between its words."""
        return self.id.lower().replace("-", "_")

    @property
    def bounds(self) -> Bounds:
        return Bounds.of(self.format, whole=self.datatype == "integer")

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(choice for choice in self.format.split(",") if choice))


# -- what can be told ------------------------------------------------------------------------------


def controlled(told: Told, about: str) -> Property:
    """Of one that is settable; ``about`` are the words by which its node and its device are called."""
    match told.datatype:
        case "boolean":
            return _switch(told)
        case "integer" | "float":
            return _number(told, about)
        case "enum" if told.choices:
            return _enum(told, about)
        case "color" if told.format:
            return Property(told.topic, "color", Color(told.choices[0]), Control(Form.COLOR))
    return Property(told.topic, own_name(told), Word(), Control(Form.TEXT))


def _switch(told: Told) -> Property:
    name = "bloqueada" if re.search(r"lock", told.words) else "encendido"
    return Property(told.topic, name, Truth("true", "false"), SWITCH)


def _number(told: Told, about: str) -> Property:
    words, bounds = told.words, told.bounds
    if re.search(r"colou?r_?temp|^ct$|white_temp|warmth", words) or told.unit in _MIREDS:
        return _white(told)
    if told.unit in _DEGREES:
        return _setpoint(told)
    for name, called in (
        ("inclinacion", r"tilt|slat"),
        ("brillo", r"bright|dim"),
        ("posicion", r"position|opening"),
        ("velocidad", r"speed"),
    ):
        if re.search(called, words):
            return _share(told, name)
    if told.unit == "%" and re.search(r"level|value|percent|intensity", words):
        for name, things in (("posicion", COVERS), ("velocidad", FANS), ("brillo", LIGHTS)):
            if things.search(about):
                return _share(told, name)
    low, high = _or(bounds.low, -_UNBOUNDED), _or(bounds.high, _UNBOUNDED)
    control = Control(Form.NUMBER, low, high, bounds.step or (1 if bounds.whole else 0.1))
    unit = kept_unit(told.unit) if told.unit not in _DEGREES else told.unit
    return Property(told.topic, own_name(told), Numeric(bounds, unit, unit), control, told.unit)


def _share(told: Told, name: str) -> Property:
    low, high = told.bounds.span
    step = told.bounds.step or (1.0 if told.bounds.whole else 0.0)
    control = Control(Form.NUMBER, 0, 100, max(1.0, step * 100 / (high - low)))
    return Property(told.topic, name, Share(told.bounds), PERCENT if control == PERCENT else control, "%")


def _setpoint(told: Told) -> Property:
    codec = Degrees(told.bounds, told.unit)
    ends = [codec.read(end) for end in (told.bounds.low, told.bounds.high)]
    low, high = _or(ends[0], 5), _or(ends[1], 35)
    return Property(told.topic, "temp_objetivo", codec, Control(Form.NUMBER, low, high, 0.5), "°C")


def _white(told: Told) -> Property:
    codec = Warmth(told.bounds, told.unit)
    low, high = codec.kelvin
    # Half a mired at the cold end.
    control = Control(Form.NUMBER, low, high, max(50, high * high / 1_000_000))
    return Property(told.topic, "temp_color", codec, control, "K")


def _enum(told: Told, about: str) -> Property:
    choices = {choice.lower(): choice for choice in told.choices}
    opens, closes = _first(_OPENS, choices), _first(_CLOSES, choices)
    if opens and closes:
        two = Control(Form.NUMBER, 0, 100, 100)
        return Property(told.topic, "posicion", OpenOrClosed(opens, closes), two, "%")
    if {"lock", "unlock"} <= {*choices} or {"locked", "unlocked"} <= {*choices}:
        words = ("lock", "unlock") if "lock" in choices else ("locked", "unlocked")
        return Property(told.topic, "bloqueada", Truth(*(choices[word] for word in words)), SWITCH)
    if {*choices} == {"on", "off"}:
        return Property(told.topic, "encendido", Truth(choices["on"], choices["off"]), SWITCH)
    speeds = tuple(choices[word] for word in _SPEEDS if word in choices)
    if len(speeds) > 1 and (re.search("speed", told.words) or FANS.search(about)):
        control = Control(Form.NUMBER, 0, 100, 100 / len(speeds))
        return Property(told.topic, "velocidad", Steps(speeds, choices.get("off", "")), control, "%")
    name = "modo_clima" if {"heat", "cool"} & {*choices} else own_name(told)
    return Property(told.topic, name, Word(told.choices), Control(Form.CHOICE, choices=told.choices))


def stop_of(told: Told) -> Outgoing | None:
    """What halts a cover, if this is a property that one of whose words does."""
    if not told.settable or told.datatype != "enum":
        return None
    word = next((choice for choice in told.choices if choice.lower() in _STOPS), None)
    return None if word is None else Outgoing(f"{told.topic}/set", word.encode())


# -- what is only read -----------------------------------------------------------------------------


def reading(told: Told) -> Property | None:
    """Of one that cannot be set; ``None`` of one that has no value that a house could use."""
    match told.datatype:
        case "boolean":
            return _state(told)
        case "integer" | "float":
            quantity = _quantity(told)
            name = own_name(told) if quantity is None else quantity.name
            unit = told.unit or ("" if quantity is None else quantity.unit)
            kept = kept_unit(unit) if quantity is None else quantity.unit
            return Property(told.topic, name, Numeric(told.bounds, unit, kept), None, kept)
        case "enum" | "string" | "datetime" | "duration":
            return Property(told.topic, own_name(told), Word(told.choices if told.datatype == "enum" else ()))
        case "color":
            return Property(told.topic, own_name(told), Color(""))
    return None


def _state(told: Told) -> Property:
    called = _SYNONYMS.get(told.words, told.words)
    if called not in _STATES:
        return Property(told.topic, own_name(told), Truth("true", "false"))
    labels = told.format.split(",")
    closed = _CLOSED.fullmatch(labels[1]) is not None if len(labels) == 2 else called == "contact"
    quantity = QUANTITIES[called]
    inverted = closed and quantity.name == "abierta"
    return Property(told.topic, quantity.name, Truth("false", "true") if inverted else Truth("true", "false"))


def _quantity(told: Told) -> Quantity | None:
    called = _SYNONYMS.get(told.words, told.words)
    by_name = QUANTITIES.get(called) if called not in _STATES else None
    quantity = by_name or QUANTITIES.get(_BY_UNIT.get(told.unit, ""))
    if quantity is None or (told.unit and quantity.unit and kept_unit(told.unit) != quantity.unit):
        return None
    return None if told.unit and not quantity.unit else quantity


def own_name(told: Told) -> str:
    return f"{told.node}_{told.id}".replace("-", "_")[:64]


LIGHTS: Final = re.compile(r"light|lamp|bulb|\bled|dimmer|luz|l[aá]mpara", re.IGNORECASE)
COVERS: Final = re.compile(r"cover|blind|shutter|curtain|awning|shade|persiana|toldo", re.IGNORECASE)
FANS: Final = re.compile(r"\bfan|ventila", re.IGNORECASE)


def _first(words: Sequence[str], choices: Mapping[str, str]) -> str:
    return next((choices[word] for word in words if word in choices), "")


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
