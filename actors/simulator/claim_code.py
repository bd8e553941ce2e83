"""The QR code on a device, which the app scans to claim it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import segno

from actors.domain.kinds import GENERIC, kind_of
from actors.domain.model import SERIAL, JsonObject
from actors.runtime.process import has_blocks
from actors.simulator.device import demo_code, factory_configuration

# Pixels a module, so that the code is some 500 pixels wide: a hand's breadth on a screen.
_SCALE: Final = 8


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    model: str
    description: str


_LABELS: Final[Mapping[str, _Label]] = {
    "luz": _Label("Luz", "L-01", "Bombilla regulable"),
    "riego": _Label("Riego", "R-01", "Válvula de riego con caudalímetro"),
    "persiana": _Label("Persiana", "P-01", "Motor de persiana"),
    "ventilador": _Label("Ventilador", "V-01", "Ventilador de techo"),
    "puerta": _Label("Puerta", "D-01", "Cerradura con sensor de apertura"),
    "termometro": _Label("Termómetro", "T-01", "Termostato con sensor de humedad"),
    "camara": _Label("Cámara", "C-01", "Cámara de vigilancia"),
    "enchufe": _Label("Enchufe", "E-01", "Enchufe con medidor de consumo"),
    "sensor_luz": _Label("Sensor de luz", "S-01", "Luxómetro"),
    "sensor_co2": _Label("Sensor de CO₂", "S-02", "Medidor de calidad del aire"),
    "sensor_humo": _Label("Sensor de humo", "S-03", "Detector de humo"),
    "sensor_mov": _Label("Sensor de movimiento", "S-04", "Detector de presencia"),
    "sensor_ruido": _Label("Sensor de ruido", "S-05", "Sonómetro"),
    GENERIC: _Label("Dispositivo", "G-01", "Dispositivo genérico"),
}


def claim_body(serial: str) -> JsonObject:
    """What the app sends to ``POST /dispositivos/reclamar`` for the device as it leaves the factory.

    The code in it is that of a simulated device; who has announced none needs none.
    """
    kind = kind_of(serial, "", {})
    label = _LABELS[kind]
    return {
        "serial_number": serial,
        "nombre": f"{label.name} {serial[-4:]}",
        "tipo": kind,
        "modelo": label.model,
        "descripcion": label.description,
        "configuracion": factory_configuration(),
        "codigo": demo_code(serial),
    }


def claim_text(serial: str) -> str:
    """The very characters in the code: the claim body as compact JSON."""
    return json.dumps(claim_body(serial), ensure_ascii=False, separators=(",", ":"))


def print_claim_code(serial: str, out: TextIO, png: Path | None = None) -> None:
    """Draw the code on ``out`` and into the file ``png``.

    Below it stands the secret in it, for those who claim without a camera.

    The light modules are the drawn ones, as terminals are mostly dark. Raises ``OSError`` where the
    file cannot be written, and ``ValueError`` where no device can have this serial number.
    """
    if not SERIAL.fullmatch(serial):
        raise ValueError("no es un número de serie; son de 1 a 64 caracteres de A-Za-z0-9._:-")
    code = segno.make_qr(claim_text(serial), encoding="utf-8")
    code.terminal(out, compact=has_blocks(out))
    print(f"codigo: {demo_code(serial)} (de un dispositivo simulado; el de uno real, en su QR)", file=out)
    if png is not None:
        with png.open("wb") as file:
            code.save(file, kind="png", scale=_SCALE)
