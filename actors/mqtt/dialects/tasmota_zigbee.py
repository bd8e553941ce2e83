"""What a Zigbee bridge hands on: ``{"ZbReceived":{"0x2916":{"Temperature":25.7}}}``.

Its children are readings of the bridge, with their short address: ``temperatura_0x2916``. No message that it
sends by itself has their hardware address, and their names are anybody's to change, so they are no devices of
their own. One that is paired anew may get another address, and with it other names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from actors.domain.readings import number_of
from actors.mqtt.dialects.quantities import QUANTITIES
from actors.mqtt.dialects.tasmota_sensors import Gathered, Names

_FLAGS: Final[Mapping[str, str]] = {
    "Power": "encendido",
    "Occupancy": QUANTITIES["occupancy"].name,
    "Movement": QUANTITIES["motion"].name,
    "Presence": QUANTITIES["presence"].name,
    "Contact": QUANTITIES["contact"].name,
    "Water": QUANTITIES["water_leak"].name,
    "Fire": QUANTITIES["smoke"].name,
    "Smoke": QUANTITIES["smoke"].name,
    "CO": QUANTITIES["carbon_monoxide"].name,
    "Tamper": QUANTITIES["tamper"].name,
    "Vibration": QUANTITIES["vibration"].name,
}
_SHORT_ADDRESS: Final = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{4})")
_FULL: Final = 254
"""The brightest that a Zigbee lamp can be."""
# What says who speaks and how, and attributes that the bridge has no name for (0006/4001).
_UNREAD: Final = re.compile(r"Device|Name|IEEEAddr|ModelId|Manufacturer|Endpoint|Group|.*/.*|.*[<>&?!].*")


def receive(gathered: Gathered, told: object, called: str = "") -> None:
    """Adds what the children under ``ZbReceived`` say; ``called`` is the topic's word for a lone one."""
    if not isinstance(told, dict):
        return
    children = [(child, values) for child, values in told.items() if isinstance(values, dict)]
    for child, values in children or [(called, told)]:
        address = values.get("Device", child)
        if isinstance(address, str) and (match := _SHORT_ADDRESS.fullmatch(address)) is not None:
            _child(gathered, f"0x{match[1].upper()}", values)


def _child(gathered: Gathered, address: str, values: Mapping[str, Any]) -> None:
    measured = dict[str, Any]()
    for key, value in values.items():
        flag, number = _FLAGS.get(key), number_of(value)
        if flag is not None and number in (0, 1):
            gathered.put(f"{flag}_{address}", number == 1)
        elif key == "Dimmer" and number is not None:
            gathered.put(f"brillo_{address}", round(min(max(number, 0), _FULL) * 100 / _FULL))
        elif flag is None and not isinstance(value, dict) and _UNREAD.fullmatch(key) is None:
            measured[key] = value
    names = Names.announced({"": measured})
    for path, name in names.of.items():
        gathered.add(f"{name}_{address}", path[-1], measured[path[-1]])
