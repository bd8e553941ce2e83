"""What people are shown of kinds and of readings: words in both languages, and an icon.

The page gets it in its document, with what ``actors.domain`` says of them and of rules, so that neither has
to be told twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import orjson

from actors.domain.kinds import KINDS
from actors.domain.rule_events import EVENTS
from actors.domain.units import LEVELS, UNITS
from web.page.reading_words import READINGS

# Where it stands in the document.
_PLACE: Final = b'<script type="application/json" id="vocabulary"></script>'


@dataclass(frozen=True, slots=True)
class Shown:
    """A kind. The icon is the path of a line drawing on a grid of 24 by 24."""

    es: str
    en: str
    icon: str


SHOWN: Final[Mapping[str, Shown]] = {
    "luz": Shown(
        "Luz",
        "Light",
        "M9 18.5h6M10 21h4M12 3a6.2 6.2 0 0 0-3.7 11.2c.6.5 1 1.2 1 2h5.4c0-.8.4-1.5 1-2A6.2 6.2 0 0 0 12 3",
    ),
    "riego": Shown(
        "Riego",
        "Sprinkler",
        "M12 3.5c3.5 4.2 5.5 7.2 5.5 10a5.5 5.5 0 0 1-11 0c0-2.8 2-5.8 5.5-10M9.5 14a2.7 2.7 0 0 0 2.5 2.7",
    ),
    "persiana": Shown(
        "Persiana",
        "Blind",
        "M4.5 4.5h15M5.5 4.5v15h13v-15M5.5 8.3h13M5.5 12h13M5.5 15.7h13",
    ),
    "ventilador": Shown(
        "Ventilador",
        "Fan",
        "M12 10.5a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3M12 10.5c-2.5-3-1-7 1.5-7s3 3.5-.5 7M13.4 12.7"
        "c3.8-.6 6.5 2.6 5.3 4.8s-4.6 1-5.7-3.5M10.6 12.7c-1.3 3.6-5.5 4.4-6.7 2.2s1.5-4.6 6-3.7",
    ),
    "puerta": Shown(
        "Puerta",
        "Door",
        "M6.5 20.5v-17h11v17M4 20.5h16M14.3 12v.1",
    ),
    "termometro": Shown(
        "Termómetro",
        "Thermometer",
        "M10 13.8V5.5a2 2 0 0 1 4 0v8.3a4 4 0 1 1-4 0M12 9v8",
    ),
    "camara": Shown(
        "Cámara",
        "Camera",
        "M4 7.5h11v9H4zM15 11l5-3v8l-5-3",
    ),
    "enchufe": Shown(
        "Enchufe",
        "Plug",
        "M9 3.5v4M15 3.5v4M6.5 7.5h11v3a5.5 5.5 0 0 1-11 0zM12 16v4.5",
    ),
    "sensor_luz": Shown(
        "Sensor de luz",
        "Light sensor",
        "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 2.5V5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17"
        "l1.7 1.7M5.3 18.7 7 17M17 7l1.7-1.7",
    ),
    "sensor_co2": Shown(
        "Sensor de CO₂",
        "CO₂ sensor",
        "M7.5 17.5a4 4 0 0 1-.3-8 5 5 0 0 1 9.7.8 3.7 3.7 0 0 1-.4 7.2zM9 21h6",
    ),
    "sensor_humo": Shown(
        "Sensor de humo",
        "Smoke sensor",
        "M5 16.5h14v3H5zM9 13c-2-2.5 2-3.5 0-6.5M14 13c-2-2.5 2-3.5 0-6.5",
    ),
    "sensor_mov": Shown(
        "Sensor de movimiento",
        "Motion sensor",
        "M14 4.5a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2M8 11.5l3.5-2.5 2.5 1 1 3 3 1M12 12"
        "l-1 3.5 3 2.5.5 3.5M10 16.5 7.5 20",
    ),
    "sensor_ruido": Shown(
        "Sensor de ruido",
        "Noise sensor",
        "M4 10v4h3.5L12 18V6L7.5 10zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
    ),
    "contador": Shown(
        "Contador",
        "Meter",
        "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17M12.5 7 9.5 12.5h5L11.5 17",
    ),
    "generico": Shown(
        "Aparato",
        "Appliance",
        "M6 6h12v12H6zM9.5 3v3M14.5 3v3M9.5 18v3M14.5 18v3M3 9.5h3M3 14.5h3M18 9.5h3M18 14.5h3",
    ),
}
"""By the name of the kind."""


def with_vocabulary(document: bytes) -> bytes:
    """The page's document with the vocabulary in its place, if it has one."""
    kinds = {
        kind.name: {**asdict(SHOWN[kind.name]), "main": kind.main, "off": kind.off_with_all} for kind in KINDS
    }
    units = {**UNITS, **LEVELS}
    readings = {name: {**asdict(words), "unit": units.get(name, "")} for name, words in READINGS.items()}
    told = orjson.dumps({"kinds": kinds, "readings": readings, "rules": EVENTS}).replace(b"</", b"<\\/")
    return document.replace(_PLACE, _PLACE.replace(b"></", b">" + told + b"</"), 1)
