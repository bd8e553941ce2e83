"""In which unit our own devices tell what they measure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNITS: Final[Mapping[str, str]] = {
    "brillo": "%",
    "posicion": "%",
    "velocidad": "%",
    "humedad": "%",
    "humedad_suelo": "%",
    "bateria": "%",
    "temperatura": "°C",
    "temp": "°C",
    "temp_objetivo": "°C",
    "caudal_lpm": "l/min",
    "consumo_w": "W",
    "energia_kwh": "kWh",
    "luz_lux": "lx",
    "lux": "lx",
    "co2_ppm": "ppm",
    "co2": "ppm",
    "db": "dB",
    "flujo_kbps": "kbit/s",
    "rssi": "dBm",
}
"""By the name of the reading; one that is not here is a truth value, a word or a bare number."""
