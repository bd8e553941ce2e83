"""What other makes measure, by the names and in the units of this house.

A family's own name for a quantity (``temperature``, ``Temperature``, ``tC``) leads to one name in
``parametros`` and one unit, so that rules, page and energy work on all alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.domain.readings import number_of

NOTHING: Final = frozenset({"", "nan", "none", "null", "unknown", "unavailable", "-", "n/a", "inf", "-inf"})
"""Texts that stand where there is no reading, in small letters."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A reading's name in ``parametros``, and the unit that it is kept in; empty where it has none."""

    name: str
    unit: str = ""


# By the field's most common name, which is Home Assistant's device class and mostly Zigbee2MQTT's too.
QUANTITIES: Final[Mapping[str, Quantity]] = {
    "temperature": Quantity("temperatura", "°C"),
    "humidity": Quantity("humedad", "%"),
    "soil_moisture": Quantity("humedad_suelo", "%"),
    "moisture": Quantity("humedad_suelo", "%"),
    "pressure": Quantity("presion_hpa", "hPa"),
    "atmospheric_pressure": Quantity("presion_hpa", "hPa"),
    "illuminance": Quantity("luz_lux", "lx"),
    "carbon_dioxide": Quantity("co2_ppm", "ppm"),
    "co2": Quantity("co2_ppm", "ppm"),
    "carbon_monoxide_level": Quantity("co_ppm", "ppm"),
    "pm25": Quantity("pm25", "µg/m³"),
    "pm10": Quantity("pm10", "µg/m³"),
    "volatile_organic_compounds": Quantity("voc", "µg/m³"),
    "sound_pressure": Quantity("db", "dB"),
    "power": Quantity("consumo_w", "W"),
    "energy": Quantity("energia_kwh", "kWh"),
    "voltage": Quantity("tension_v", "V"),
    "current": Quantity("corriente_a", "A"),
    "apparent_power": Quantity("potencia_va", "VA"),
    "reactive_power": Quantity("potencia_var", "var"),
    "power_factor": Quantity("factor_potencia"),
    "frequency": Quantity("frecuencia_hz", "Hz"),
    "battery": Quantity("bateria", "%"),
    "signal_strength": Quantity("rssi", "dBm"),
    "linkquality": Quantity("calidad_enlace", "lqi"),
    "distance": Quantity("distancia_m", "m"),
    "speed": Quantity("velocidad_ms", "m/s"),
    "wind_speed": Quantity("viento_ms", "m/s"),
    "precipitation": Quantity("lluvia_mm", "mm"),
    "water": Quantity("agua_m3", "m³"),
    "gas": Quantity("gas_m3", "m³"),
    "weight": Quantity("peso_kg", "kg"),
    # What is or is not.
    "motion": Quantity("movimiento"),
    "occupancy": Quantity("movimiento"),
    "presence": Quantity("presencia"),
    "door": Quantity("abierta"),
    "window": Quantity("abierta"),
    "garage_door": Quantity("abierta"),
    "opening": Quantity("abierta"),
    "contact": Quantity("abierta"),
    "lock": Quantity("bloqueada"),
    "smoke": Quantity("humo_detectado"),
    "carbon_monoxide": Quantity("co_detectado"),
    "gas_leak": Quantity("gas_detectado"),
    "water_leak": Quantity("agua_detectada"),
    "vibration": Quantity("vibracion"),
    "sound": Quantity("ruido"),
    "tamper": Quantity("manipulado"),
    "battery_low": Quantity("bateria_baja"),
    "problem": Quantity("problema"),
}

# Factor and offset that lead from a unit to the one that readings are kept in.
_CONVERSIONS: Final[Mapping[str, tuple[str, float, float]]] = {
    "°F": ("°C", 5 / 9, -160 / 9),
    "F": ("°C", 5 / 9, -160 / 9),
    "C": ("°C", 1, 0),
    "K": ("°C", 1, -273.15),
    "kW": ("W", 1_000, 0),
    "MW": ("W", 1_000_000, 0),
    "mW": ("W", 0.001, 0),
    "Wh": ("kWh", 0.001, 0),
    "MWh": ("kWh", 1_000, 0),
    "W·min": ("kWh", 1 / 60_000, 0),
    "Wmin": ("kWh", 1 / 60_000, 0),
    "mV": ("V", 0.001, 0),
    "mA": ("A", 0.001, 0),
    "Pa": ("hPa", 0.01, 0),
    "kPa": ("hPa", 10, 0),
    "mbar": ("hPa", 1, 0),
    "bar": ("hPa", 1_000, 0),
    "mmHg": ("hPa", 1.333224, 0),
    "inHg": ("hPa", 33.86389, 0),
    "psi": ("hPa", 68.94757, 0),
    "lux": ("lx", 1, 0),
    "km/h": ("m/s", 1 / 3.6, 0),
    "mph": ("m/s", 0.44704, 0),
    "cm": ("m", 0.01, 0),
    "mm": ("m", 0.001, 0),
    "L": ("m³", 0.001, 0),
    "l": ("m³", 0.001, 0),
    "g": ("kg", 0.001, 0),
    "lb": ("kg", 0.45359237, 0),
    "in": ("mm", 25.4, 0),
}


def converted(value: float, unit: str, wanted: str) -> float:
    """``value``, told in ``unit``, in the ``wanted`` one; as it is where no way leads there.

    Rounded to six decimals, so that no digits appear that nobody has measured.
    """
    to, factor, offset = _CONVERSIONS.get(unit, (unit, 1.0, 0.0))
    if to != wanted or (factor == 1 and offset == 0):
        return value
    return round(value * factor + offset, 6)


def kept_unit(unit: str) -> str:
    """The unit in which a reading told in ``unit`` is kept, where no quantity says so."""
    return _CONVERSIONS.get(unit, (unit,))[0]


def is_nothing(value: object) -> bool:
    """Whether it stands where there is no reading: null, ``nan``, ``unavailable``, an empty text."""
    if isinstance(value, str):
        return value.strip().lower() in NOTHING
    return value is None or (isinstance(value, float) and number_of(value) is None)
