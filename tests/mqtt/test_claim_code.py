"""The claim codes, read back with a decoder that knows nothing of how they were made."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from actors.domain.kinds import PREFIXES
from actors.domain.schedule import check
from actors.simulator.claim_code import claim_body, claim_text, print_claim_code
from actors.simulator.device import demo_code

zxingcpp: Any = pytest.importorskip("zxingcpp", reason="pip install zxing-cpp")

SERIALS = [f"{prefix}603IF1WD" for prefix in (*PREFIXES, "XYZ9")]


def decode(rows: list[bytes]) -> str:
    """The text of the one QR code in a picture of grey bytes."""
    image = memoryview(b"".join(rows)).cast("B", (len(rows), len(rows[0])))
    (code,) = zxingcpp.read_barcodes(image)
    return str(code.text)


def from_terminal(text: str, scale: int = 4) -> list[bytes]:
    """Each character is two modules, one above the other; what is drawn is light. Below stands a caption."""
    upper, lower = {"█": 255, "▀": 255}, {"█": 255, "▄": 255}
    rows = []
    for line in text.splitlines()[:-1]:
        for half in (upper, lower):
            rows += [bytes(half.get(mark, 0) for mark in line for _ in range(scale))] * scale
    return rows


def from_png(png: bytes) -> list[bytes]:
    """The pixels of a PNG of one bit a pixel whose lines are plain or differences to the one above."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (1, 0)
    start = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[start - 4 : start])
    data = zlib.decompress(png[start + 4 : start + 4 + length])
    stride = 1 + (width + 7) // 8
    rows: list[bytes] = []
    for y in range(height):
        kind, *line = data[y * stride : (y + 1) * stride]
        assert kind in (0, 2)
        pixels = bytes(255 * (line[x // 8] >> (7 - x % 8) & 1) for x in range(width))
        rows.append(pixels if kind == 0 else bytes(a ^ b for a, b in zip(pixels, rows[-1], strict=True)))
    return rows


@pytest.mark.parametrize("serial", SERIALS)
def test_the_code_on_the_terminal_holds_the_claim(serial: str) -> None:
    """Scanned off the terminal the code is the exact JSON, accents and all, for every kind."""
    out = io.StringIO()
    print_claim_code(serial, out)
    assert decode(from_terminal(out.getvalue())) == claim_text(serial)
    assert demo_code(serial) in out.getvalue().splitlines()[-1]


def test_the_code_in_the_file_holds_the_claim(tmp_path: Path) -> None:
    """The PNG says the same as the terminal."""
    png = tmp_path / "code.png"
    print_claim_code("TMP0603IF1WD", io.StringIO(), png)
    assert json.loads(decode(from_png(png.read_bytes()))) == claim_body("TMP0603IF1WD")


def test_a_file_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    """The caller learns of it."""
    with pytest.raises(OSError, match="No such file"):
        print_claim_code("TMP0603IF1WD", io.StringIO(), tmp_path / "missing" / "code.png")


@pytest.mark.parametrize("serial", SERIALS)
def test_the_claim_has_the_contract_s_keys(serial: str) -> None:
    """Six keys, and a configuration that the backend accepts; and the secret."""
    body = claim_body(serial)
    keys = ["serial_number", "nombre", "tipo", "modelo", "descripcion", "configuracion", "codigo"]
    assert list(body) == keys
    assert len(body["codigo"]) == 16
    assert body["serial_number"] == serial
    assert body["configuracion"] == {"modo": "manual", "encendido": True, "intervalo_envio": 5}
    check(body["configuracion"])
