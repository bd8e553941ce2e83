"""What sort of appliance a device is, what can be asked of it, and which of its readings matters most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.domain.model import Device, JsonObject

GENERIC: Final = "generico"
SENSOR: Final = "sensor"
"""The capability of what only measures."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of appliance, by the name that stands on the wire."""

    name: str
    prefix: str
    """The first four characters of its serial numbers; none begins with an empty one."""
    capability: str
    """What can be asked of it: ``binary``, ``position``, ``speed``, ``lock``, ``duration`` or ``setpoint``;
    of a ``sensor``, nothing."""
    main: tuple[str, ...] = ()
    """Names of readings; the first of these that a device has is the one that people are shown first."""
    off_with_all: bool = False
    """Whether whoever switches everything off means it, too: what only serves who is there."""


KINDS: Final = (
    Kind("luz", "LGT0", "binary", ("brillo",), off_with_all=True),
    Kind("riego", "RGD0", "duration", ("humedad_suelo", "caudal_lpm")),
    Kind("persiana", "SHD0", "position", ("posicion",)),
    Kind("ventilador", "FAN0", "speed", ("velocidad",), off_with_all=True),
    Kind("puerta", "DRL0", "lock", ("bloqueada", "abierta")),
    Kind("termometro", "TMP0", "setpoint", ("temperatura", "temp", "humedad")),
    Kind("camara", "CAM0", "binary", ("movimiento", "flujo_kbps")),
    Kind("enchufe", "PLG0", "binary", ("consumo_w",), off_with_all=True),
    Kind("sensor_luz", "LUX0", SENSOR, ("luz_lux", "lux")),
    Kind("sensor_co2", "CO20", SENSOR, ("co2_ppm", "co2")),
    Kind("sensor_humo", "SMK0", SENSOR, ("humo",)),
    Kind("sensor_mov", "MOV0", SENSOR, ("movimiento",)),
    Kind("sensor_ruido", "SND0", SENSOR, ("db",)),
    Kind("contador", "MTR0", SENSOR, ("consumo_w", "energia_kwh")),
    Kind(GENERIC, "", "binary"),
)

PREFIXES: Final[Mapping[str, str]] = {kind.prefix: kind.name for kind in KINDS if kind.prefix}
"""The kinds that a serial number tells, by the four characters that it begins with."""

_CAPABILITIES: Final[Mapping[str, str]] = {kind.name: kind.capability for kind in KINDS}
_NAMED: Final = frozenset(PREFIXES.values())
_PREFIX_OF: Final = {kind.name: kind.prefix for kind in KINDS if kind.prefix}


def kind_of(serial: str, type: str, configuration: JsonObject) -> str:
    """The kind: the first known one that the configuration, the type or the serial number names."""
    for name in (configuration.get("kind"), configuration.get("tipo"), configuration.get("subtipo"), type):
        if isinstance(name, str) and (kind := name.strip().lower()) in _NAMED:
            return kind
    return PREFIXES.get(serial[:4].upper(), GENERIC)


def prefix_of(kind: str) -> str | None:
    """What serial numbers of the kind begin with; ``None`` of one that is told by no serial number."""
    return _PREFIX_OF.get(kind)


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
