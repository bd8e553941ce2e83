"""A short picture that moves, of the demonstration's home on a phone: what a family does of an evening."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize, expect

from actors.simulator.household import CEILING, SALON
from tests.page.browsing import settle
from tests.page.home import Home

SIZE: Final[ViewportSize] = {"width": 390, "height": 720}
FRAME_MS: Final = 1_400
EVENING: Final = 20
"""O'clock."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = b"IHDR"
_DATA: Final = b"IDAT"


def evening() -> str:
    """A time zone in which people are at home now, so that lamps are on and there is something to see."""
    hours = (EVENING - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-hours:+d}"  # the names have their signs the other way round


def told_in_short(browser: Browser, home: Home) -> Sequence[bytes]:
    """Each frame as a PNG, all of one size."""
    context = browser.new_context(
        viewport=SIZE,
        base_url=home.url,
        locale="es-ES",
        timezone_id=evening(),
        color_scheme="light",
        reduced_motion="reduce",
        service_workers="block",
    )
    page = context.new_page()
    frames = list(_frames(page, *(home.device(serial)["id"] for serial in (CEILING, SALON))))
    context.close()
    return frames


def _frames(page: Page, ceiling: int, climate: int) -> Iterator[bytes]:
    """The house; a lamp is switched on; what a rule has learned of it; a history; what current costs."""
    salon = page.locator(".room-name", has_text="Salón")
    page.goto("/")
    expect(salon).to_be_visible()
    yield _drawn(page)
    salon.evaluate("each => each.scrollIntoView()")
    yield _drawn(page)
    page.goto(f"/#/dispositivo/{ceiling}")
    yield _drawn(page)
    page.get_by_role("switch").first.click()
    expect(page.get_by_text("Pendiente")).to_have_count(0)
    yield _drawn(page)
    page.goto("/#/avisos")
    yield _drawn(page)
    page.get_by_role("article").filter(has_text="Luz del techo").first.evaluate(
        "each => each.scrollIntoView({ block: 'center' })"
    )
    yield _drawn(page)
    page.goto(f"/#/dispositivo/{climate}")
    settle(page)
    page.locator("figure[data-metric]").first.evaluate("each => each.scrollIntoView({ block: 'center' })")
    yield _drawn(page)
    page.goto("/#/energia")
    yield _drawn(page)


def _drawn(page: Page) -> bytes:
    """Once nothing in sight is still to come."""
    settle(page)
    return page.screenshot()


def animated(frames: Sequence[bytes]) -> bytes:
    """The PNGs as one that shows them in turn for ever: https://www.w3.org/TR/png-3/#apng-frame-based-animation."""
    header = next(body for kind, body in _chunks(frames[0]) if kind == _HEADER)
    width, height = struct.unpack(">II", header[:8])
    parts = [_SIGNATURE, _chunk(_HEADER, header), _chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    number = 0
    for n, frame in enumerate(frames):
        control = struct.pack(">IIIIIHHBB", number, width, height, 0, 0, FRAME_MS, 1000, 0, 0)
        parts.append(_chunk(b"fcTL", control))
        number += 1
        for body in (body for kind, body in _chunks(frame) if kind == _DATA):
            if n == 0:
                parts.append(_chunk(_DATA, body))
                continue
            parts.append(_chunk(b"fdAT", struct.pack(">I", number) + body))
            number += 1
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
