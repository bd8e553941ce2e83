"""What a device that only reads is, by what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.kinds import GENERIC

# The first that holds.
_SENSORS: Final = (
    ("sensor_humo", {"humo_detectado", "co_detectado", "gas_detectado", "agua_detectada"}),
    ("sensor_co2", {"co2_ppm"}),
    ("puerta", {"abierta"}),
    ("sensor_mov", {"movimiento", "presencia"}),
    ("sensor_ruido", {"db"}),
    ("termometro", {"temperatura", "humedad"}),
    ("sensor_luz", {"luz_lux"}),
)


def kind_of_sensor(names: Iterable[str]) -> str:
    """Of the names of its readings, in ``parametros``."""
    known = {*names}
    return next((kind for kind, some in _SENSORS if known & some), GENERIC)
