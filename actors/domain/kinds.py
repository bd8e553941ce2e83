"""What sort of appliance a device is, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.domain.model import Device, JsonObject

GENERIC: Final = "generico"

# The first four characters of a serial number.
PREFIXES: Final[Mapping[str, str]] = {
    "LGT0": "luz",
    "RGD0": "riego",
    "SHD0": "persiana",
    "FAN0": "ventilador",
    "DRL0": "puerta",
    "TMP0": "termometro",
    "CAM0": "camara",
    "PLG0": "enchufe",
    "LUX0": "sensor_luz",
    "CO20": "sensor_co2",
    "SMK0": "sensor_humo",
    "MOV0": "sensor_mov",
    "SND0": "sensor_ruido",
}

_CAPABILITIES: Final[Mapping[str, str]] = {
    "luz": "binary",
    "enchufe": "binary",
    "camara": "binary",
    "persiana": "position",
    "ventilador": "speed",
    "puerta": "lock",
    "riego": "duration",
    "termometro": "setpoint",
    "sensor_luz": "sensor",
    "sensor_co2": "sensor",
    "sensor_humo": "sensor",
    "sensor_mov": "sensor",
    "sensor_ruido": "sensor",
    GENERIC: "binary",
}
_NAMED: Final = frozenset(PREFIXES.values())


def kind_of(serial: str, type: str, configuration: JsonObject) -> str:
    """The kind: the first known one that the configuration, the type or the serial number names."""
    for name in (configuration.get("kind"), configuration.get("tipo"), configuration.get("subtipo"), type):
        if isinstance(name, str) and (kind := name.strip().lower()) in _NAMED:
            return kind
    return PREFIXES.get(serial[:4].upper(), GENERIC)


def sort_of(device: Device) -> tuple[str, str]:
    """Kind and capability: of one of another make what its family says, unless people have set its kind."""
    chosen, profile = device.configuration.get("kind"), device.profile
    if profile is None or (isinstance(chosen, str) and chosen.strip().lower() in _NAMED):
        kind = kind_of(device.serial, device.type, device.configuration)
        return kind, capability_of(kind)
    return profile.kind, profile.capability


def capability_of(kind: str) -> str:
    """What can be asked of the kind; a kind that is not known can be switched on and off."""
    return _CAPABILITIES.get(kind, "binary")
