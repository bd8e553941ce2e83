"""The QR code on a device, which the app scans to claim it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TextIO

import segno

from actors.domain.kinds import kind_of
from actors.domain.model import SERIAL, JsonObject
from actors.runtime.process import has_blocks
from actors.simulator.appliances import APPLIANCES, Label
from actors.simulator.device import demo_code, factory_configuration

# Pixels a module, so that the code is some 500 pixels wide: a hand's breadth on a screen.
_SCALE: Final = 8


_UNKNOWN: Final = Label("Dispositivo", "G-01", "Dispositivo genérico")


def claim_body(serial: str) -> JsonObject:
    """What the app sends to ``POST /dispositivos/reclamar`` for the device as it leaves the factory.

    The code in it is that of a simulated device; who has announced none needs none.
    """
    kind = kind_of(serial, "", {})
    label = APPLIANCES[kind].label if kind in APPLIANCES else _UNKNOWN
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
