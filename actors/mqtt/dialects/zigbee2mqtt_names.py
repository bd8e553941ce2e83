"""What Zigbee2MQTT's exposes are called in this house."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from actors.domain.model import Json, JsonObject
from actors.mqtt.dialects.quantities import QUANTITIES, Quantity, kept_unit

SETPOINTS: Final = ("occupied_heating_setpoint", "current_heating_setpoint", "occupied_cooling_setpoint")
MOMENTARY: Final = frozenset({"effect", "identify", "effect_color", "effect_speed", "gradient"})
"""What is started and keeps no state, though some say that it can be read."""

# Where its name is not the field's common one, or means something else there.
_OWN_NUMBERS: Final[Mapping[str, Quantity]] = {
    "local_temperature": QUANTITIES["temperature"],
    "current_temperature": QUANTITIES["temperature"],
    "room_temperature": QUANTITIES["temperature"],
    "device_temperature": Quantity("temperatura_equipo", "°C"),
    "illuminance_lux": QUANTITIES["illuminance"],
    "co": QUANTITIES["carbon_monoxide_level"],
    "noise": QUANTITIES["sound_pressure"],
    "ac_frequency": QUANTITIES["frequency"],
    "mains_voltage": QUANTITIES["voltage"],
    "power_apparent": QUANTITIES["apparent_power"],
    "power_reactive": QUANTITIES["reactive_power"],
    "produced_energy": Quantity("energia_devuelta_kwh", "kWh"),
    "energy_produced": Quantity("energia_devuelta_kwh", "kWh"),
    "water_consumed": QUANTITIES["water"],
    "target_distance": QUANTITIES["distance"],
    "rssi": QUANTITIES["signal_strength"],
}
_OWN_STATES: Final[Mapping[str, Quantity]] = {"gas": QUANTITIES["gas_leak"]}
_STATES: Final = frozenset(
    {"contact", "occupancy", "presence", "motion", "door", "window", "opening", "smoke", "carbon_monoxide"}
    | {"water_leak", "vibration", "tamper", "battery_low", "sound", "lock", "problem", "garage_door"}
)
_UNITS: Final[Mapping[str, str]] = {"VAR": "var", "Lx": "lx", "lux": "lx", "C": "°C"}
_PHASE: Final = re.compile(r"(.+?)_((?:phase_)?[abc]|l?[1-9][0-9]?)")


def reading_name(expose: JsonObject, own: str, endpoint: str) -> tuple[str, str]:
    """Its name in ``parametros`` and the unit that it is kept in.

    ``own`` is its key, without the ``endpoint`` of the channel. What is told of several phases or endpoints
    keeps their ends: ``corriente_a_b``.
    """
    told = expose.get("unit")
    unit = _UNITS.get(told, told) if isinstance(told, str) else ""
    quantity, end = _quantity(own, expose.get("type") == "binary"), ""
    if quantity is None and (parts := _PHASE.fullmatch(own)):
        end = "_" + parts[2].removeprefix("phase_")
        quantity = _quantity(parts[1], expose.get("type") == "binary")
    other = expose.get("endpoint")
    if quantity is None and isinstance(other, str) and other != endpoint and own.endswith(f"_{other}"):
        base = own.removesuffix(f"_{other}")
        quantity, end = _quantity(base, expose.get("type") == "binary"), f"_{other}"
    if quantity is None or (unit and quantity.unit and kept_unit(unit) != quantity.unit):
        return own, kept_unit(unit)
    if unit and not quantity.unit:
        return own, unit
    return quantity.name + end, quantity.unit


def _quantity(name: str, is_state: bool) -> Quantity | None:
    if is_state:
        return _OWN_STATES.get(name) or (QUANTITIES.get(name) if name in _STATES else None)
    own = _OWN_NUMBERS.get(name)
    return own or (QUANTITIES.get(name) if name not in _STATES else None)


def is_plain(item: Json) -> bool:
    """Whether a list's items are words or numbers."""
    return isinstance(item, Mapping) and item.get("type") in ("numeric", "enum", "text", "binary")
