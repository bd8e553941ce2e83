"""What a board measures, by the names of this house.

``SENSOR`` holds an object a sensor, such as ``{"BME280":{"Temperature":21.7}}``, whose quantities have the
same names in all of them. The first sensor of the announcement that tells a quantity gives it its plain
name; what tells it besides adds its own, as ``temperatura_bme280``. Of several DS18B20 it is the ``Id`` that
is added, since their numbers change when one is taken away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from actors.mqtt.dialects.codecs import finite
from actors.mqtt.dialects.dialect import MAX_ENTITIES
from actors.mqtt.dialects.quantities import QUANTITIES, converted, is_nothing, kept_unit
from actors.mqtt.dialects.tasmota_board import Words

Path: TypeAlias = tuple[str, ...]
"""Of a reading: its sensor's name or id, and the keys within."""


@dataclass(frozen=True, slots=True)
class Told:
    """A quantity as the firmware tells it."""

    name: str
    """In ``parametros``."""
    unit: str = ""
    """As it is told; or the key beside the sensors that says it (``TempUnit``)."""
    kept: str = ""
    adds_up: bool = False
    """Of several phases the sum is the whole."""


def _of(quantity: str, unit: str = "", *, adds_up: bool = False) -> Told:
    known = QUANTITIES[quantity]
    return Told(known.name, unit or known.unit, known.unit, adds_up)


_TOLD: Final[Mapping[str, Told]] = {
    "Temperature": _of("temperature", "TempUnit"),
    "DewPoint": Told("punto_rocio", "TempUnit", "°C"),
    "HeatIndex": Told("sensacion_termica", "TempUnit", "°C"),
    "Humidity": _of("humidity"),
    "Moisture": _of("moisture"),
    "Pressure": _of("pressure", "PressureUnit"),
    "SeaPressure": Told("presion_mar_hpa", "PressureUnit", "hPa"),
    "Illuminance": _of("illuminance"),
    "Ambient": _of("illuminance"),
    "CarbonDioxide": _of("carbon_dioxide"),
    "eCO2": _of("carbon_dioxide"),
    "TVOC": Told("voc_ppb", "ppb", "ppb"),
    "PM1": Told("pm1", "µg/m³", "µg/m³"),
    "PM2.5": _of("pm25"),
    "PM10": _of("pm10"),
    "Power": _of("power", adds_up=True),
    "ActivePower": _of("power", adds_up=True),
    "ApparentPower": _of("apparent_power", adds_up=True),
    "ReactivePower": _of("reactive_power", adds_up=True),
    "Factor": _of("power_factor"),
    "Voltage": _of("voltage"),
    "RMSVoltage": _of("voltage"),
    "Current": _of("current", adds_up=True),
    "RMSCurrent": _of("current", adds_up=True),
    "Frequency": _of("frequency"),
    "Total": _of("energy", adds_up=True),
    "Today": Told("energia_hoy_kwh", "kWh", "kWh", adds_up=True),
    "Yesterday": Told("energia_ayer_kwh", "kWh", "kWh", adds_up=True),
    "ImportActive": Told("energia_importada_kwh", "kWh", "kWh", adds_up=True),
    "ExportActive": Told("energia_exportada_kwh", "kWh", "kWh", adds_up=True),
    "TotalTariff": Told("energia_tarifa_kwh", "kWh", "kWh"),
    "ExportTariff": Told("energia_exportada_tarifa_kwh", "kWh", "kWh"),
    "Battery": _of("battery"),
    "BatteryPercentage": _of("battery"),
    "BatteryVoltage": Told("bateria_v", "V", "V"),
    "LinkQuality": _of("linkquality"),
    "Distance": _of("distance", "cm"),
    "Weight": _of("weight"),
    "Speed": _of("wind_speed", "SpeedUnit"),
    "Dir": Told("viento_grados", "°", "°"),
    "UvIndex": Told("indice_uv"),
}
# Where no unit stands beside, the firmware's own default.
_UNITS_BESIDE: Final = {"TempUnit": "C", "PressureUnit": "hPa", "SpeedUnit": "km/h"}
_WITHIN: Final = frozenset({"Act", "Deg"})
"""Keys within a quantity that mean the quantity itself."""
_UNREAD: Final = frozenset({"Time", "Epoch", "Id", "Model", "Address", "Endpoint", "ZbReceived", "Version"})
_NUMBERED: Final = re.compile(r"(.+?)-(\d+|[0-9A-Fa-f]{2})")
_ID: Final = re.compile(r"[0-9A-Za-z]{1,32}")
_OWN_TOPIC: Final = re.compile(r"(?:Shutter|PulseTime)\d+")
_PHASE: Final = re.compile(r"Phase(\d+)")
MAX_PHASES: Final = 8
MAX_TEXT: Final = 64
_MAX_DEPTH: Final = 4
_CHIP: Final = "ESP32"
"""Whose temperature is its own, and says nothing of the room."""
_EXACT: Final = 2**53
"""Up to where a number means what it says."""

# By what a switch is called, what hangs on it.
_SWITCHES: Final = (
    (re.compile(r"pir|motion|movimiento|presen|ocupa", re.IGNORECASE), "movimiento"),
    (re.compile(r"door|window|puerta|ventana|reed|contact|apertura", re.IGNORECASE), "abierta"),
    (re.compile(r"leak|flood|agua|fuga|inunda", re.IGNORECASE), "agua_detectada"),
    (re.compile(r"smoke|humo", re.IGNORECASE), "humo_detectado"),
)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the announcement gave to what it told of."""

    of: Mapping[Path, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    quantities: frozenset[str] = frozenset()
    """What it measures, by the plain names."""

    @classmethod
    def announced(cls, told: Mapping[str, Any]) -> Names:
        names, units = dict[Path, str](), dict[str, str]()
        taken, quantities = set[str](), set[str]()
        for path, value in _leaves(told):
            if len(names) == MAX_ENTITIES:
                break
            names[path] = name = _named(path, taken)
            taken.add(name)
            known, _inner = _quantity(path)
            if path[0] != _CHIP:
                quantities.add(name if known is None else known.name)
            if known is not None and known.kept:
                phases = range(1, len(value[:MAX_PHASES]) + 1) if isinstance(value, list) else ()
                units |= dict.fromkeys((name, *(f"{name}_{n}" for n in phases)), known.kept)
        return cls(names, units, frozenset(quantities))


NO_NAMES: Final = Names()


class Gathered:
    """The readings of one message, while it is read."""

    def __init__(self, words: Words) -> None:
        self.parameters: dict[str, Any] = {}
        self.invalid: list[str] = []
        self._words = words

    def sensors(self, names: Names, told: Mapping[str, Any]) -> None:
        """All that ``SENSOR`` or the ``StatusSNS`` of a ``STATUS10`` tells."""
        taken = {*names.of.values()}
        for path, value in _leaves(told):
            name = names.of.get(path)
            if name is None:
                name = _named(path, taken)
                taken.add(name)
            self._add(name, path, value, told)

    def add(self, name: str, key: str, value: object) -> None:
        """What stands under ``key``, as the firmware calls the quantity, in its usual unit."""
        self._add(name, ("", key), value, {})

    def act(self, names: Names, called: str, action: str) -> None:
        """A switch that has no relay tells what it is; a button what was done to it."""
        if (on := self._words.switch_of(action)) is not None and not called.startswith("Button"):
            self.put(names.of.get((called,)) or _switch_name(called), on)
        elif called.startswith("Button") and len(action) <= MAX_TEXT:
            self.put(slug(called.replace("Button", "boton_")), action)

    def put(self, name: str, value: object) -> None:
        """A reading as it is kept; ``None`` where there was none."""
        if value is None:
            self.invalid.append(name)
        elif len(self.parameters) < MAX_ENTITIES:
            self.parameters[name] = value

    def _add(self, name: str, path: Path, value: object, beside: Mapping[str, Any]) -> None:
        known, _ = _quantity(path)
        if isinstance(value, list):
            self._phases(name, known, value, beside)
        elif known is not None:
            self.put(name, _measured(value, known, beside))
        elif (on := self._words.switch_of(value)) is not None:
            self.put(name, on)
        elif (number := _number(value)) is not None:
            self.put(name, number)
        elif is_nothing(value):
            self.put(name, None)
        elif isinstance(value, str) and len(value) <= MAX_TEXT and not value.startswith("0x"):
            self.put(name, value)

    def _phases(self, name: str, known: Told | None, values: list[Any], beside: Mapping[str, Any]) -> None:
        """Each phase under its number; the plain name is the whole, or the first where no sum makes sense."""
        measured = [
            _measured(value, known, beside) if known is not None else _number(value)
            for value in values[:MAX_PHASES]
        ]
        if not measured:
            return
        adds_up = known is not None and known.adds_up
        for n, value in enumerate(measured, 1):
            if n > 1 or adds_up:
                self.put(f"{name}_{n}", value)
        whole = [value for value in measured if value is not None]
        if not adds_up:
            self.put(name, measured[0])
        else:
            self.put(name, round(sum(whole), 6) if len(whole) == len(measured) else None)


def _leaves(told: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """What stands in the message, with its path; lists are one thing, and so is what tells of phases."""
    for sensor, within in told.items():
        if _is_unread(sensor) or _OWN_TOPIC.fullmatch(sensor):
            continue
        yield from _within((_identity(sensor, within),), within)


def _within(path: Path, told: Any) -> Iterator[tuple[Path, Any]]:
    if not isinstance(told, dict):
        yield path, told
    elif told and all(_PHASE.fullmatch(key) for key in told):
        yield path, [*told.values()]
    elif len(path) < _MAX_DEPTH:
        for key, value in told.items():
            if not _is_unread(key):
                yield from _within((*path, key), value)


def _identity(sensor: str, within: Any) -> str:
    """The sensor's name; of those with a number that is not stable, their id."""
    match = _NUMBERED.fullmatch(sensor)
    own = within.get("Id") if isinstance(within, dict) else None
    if match is not None and isinstance(own, str) and _ID.fullmatch(own) is not None:
        return f"{match[1]} {own}"
    return sensor


def _is_unread(key: str) -> bool:
    return key in _UNREAD or key.endswith(("Time", "Unit"))


def _quantity(path: Path) -> tuple[Told | None, str]:
    """What the path tells of, and which of its values, as ``avg``."""
    last = path[-1]
    if (known := _TOLD.get(last)) is not None:
        return known, ""
    # Several analogue inputs of one kind: Temperature1, Temperature2.
    plain = last.rstrip("0123456789")
    if plain != last and (known := _TOLD.get(plain)) is not None:
        number = last[len(plain) :]
        return known, "" if number == "1" else number
    if len(path) > 2 and (known := _TOLD.get(path[-2])) is not None and "Card" not in last:
        return known, "" if last in _WITHIN else slug(last)
    return None, ""


def _named(path: Path, taken: set[str]) -> str:
    known, inner = _quantity(path)
    if known is None:
        plain = _switch_name(path[0]) if len(path) == 1 else slug("_".join(path))
    else:
        plain = f"{known.name}_{inner}" if inner else known.name
    sensor, _, own = path[0].partition(" ")
    if own and known is not None:
        plain = f"{plain}_{own}"
    if sensor == _CHIP or plain in taken:
        plain = f"{plain}_{slug(sensor)}"
    name, n = plain, 2
    while name in taken:
        name, n = f"{plain}_{n}", n + 1
    return name


def _switch_name(called: str) -> str:
    if match := re.fullmatch(r"Switch(\d+)", called):
        return f"interruptor_{match[1]}"
    for pattern, name in _SWITCHES:
        if pattern.search(called):
            return name
    return slug(called)


def _measured(value: object, known: Told, beside: Mapping[str, Any]) -> float | int | None:
    """In the unit that it is kept in; ``None`` where it is no number or its unit leads nowhere."""
    number = _number(value)
    unit = known.unit
    if (default := _UNITS_BESIDE.get(unit)) is not None:
        said = beside.get(unit, default)
        unit = said if isinstance(said, str) else ""
    if number is None or kept_unit(unit) != known.kept:
        return None
    return converted(number, unit, known.kept)


def _number(value: object) -> float | int | None:
    number = finite(value)
    return number if number is not None and abs(number) < _EXACT else None


def slug(text: str) -> str:
    """Small letters, digits and ``_`` alone."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:48] or "otro"
