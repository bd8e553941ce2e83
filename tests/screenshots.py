"""Pictures of every view of the demonstration's home: ``python -m tests.screenshots``.

All of them come into ``build/screenshots/``, and those that the documents show into
``docs/screenshots/``, with one that moves. They are of this evening, wherever that is now, so that
those of two runs differ in their times.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from actors.simulator.household import HOME, LAMP, NEW, SALON
from tests.animation import animated, evening, told_in_short
from tests.brokers import wait_until
from tests.page.browsing import CHROMIUM, expect_live, launched, settle
from tests.page.conftest import DESKTOP, PHONE
from tests.page.home import Home, LivedIn
from tests.page.proxy import Proxy

PROJECT: Final = Path(__file__).resolve().parents[1]
ALL: Final = PROJECT / "build" / "screenshots"
SHOWN: Final = PROJECT / "docs" / "screenshots"
IN_README: Final = (
    "devices-desktop-light",
    "devices-phone-dark",
    "device-desktop-light",
    "week-desktop-light",
    "insights-phone-light",
    "claim-phone-light",
)
LONG_NAME: Final = "Termometrodelinvernaderodetrasdelacasadelosabuelosdelpueblo1"
SIZES: Final[Mapping[str, Mapping[str, Any]]] = {"desktop": DESKTOP, "phone": PHONE}
# All of the night is in it.
TALL: Final = {"week-desktop": 1_300}
SCHEMES: Final = ("light", "dark")

# A single reading is a dot.
_DRAWN: Final = "document.querySelector('.spark path').getAttribute('d').length > 40"

Views = Mapping[str, str]
"""Addresses by the name of their picture."""


def views(home: Home) -> Views:
    meter, lamp = (home.device(serial)["id"] for serial in (SALON, LAMP))
    parts = (
        "habitaciones",
        "ausencia",
        "personas",
        "accesos",
        "salud",
        "copias",
        "rechazados",
        "auditoria",
        "ajustes",
    )
    return {
        "devices": "",
        "device": f"dispositivo/{meter}",
        "week": f"dispositivo/{lamp}/horario",
        "log": f"dispositivo/{meter}/registro",
        "settings": f"dispositivo/{lamp}/ajustes",
        "claim": "reclamar",
        "claim-one": f"reclamar/{NEW[0]}",
        "insights": "avisos",
        "search": "avisos/buscar",
        "household": "casa",
        **{f"household-{part}": f"casa/{part}" for part in parts},
    }


@contextmanager
def calm(page: Page) -> Iterator[None]:
    """As soon as the lines of the last hour are drawn, where there are any."""
    if page.locator(".spark").count():
        wait_until(lambda: page.evaluate(_DRAWN))
    yield


@contextmanager
def cut_off(wire: Proxy, page: Page) -> Iterator[None]:
    expect_live(page)
    wire.cut()
    expect(page.get_by_text("Sin conexión con la casa")).to_be_visible()
    yield
    wire.mend()


def picture_all(
    browser: Browser, url: str, wanted: Views, state: Callable[[Page], AbstractContextManager[None]] = calm
) -> None:
    """Each view in both sizes and schemes, in the state that the page is brought into."""
    for size, options in SIZES.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                **options,
                base_url=url,
                locale="es-ES",
                timezone_id=evening(),
                color_scheme=scheme,
                reduced_motion="reduce",
                service_workers="block",
            )
            page = context.new_page()
            for name, path in wanted.items():
                height = TALL.get(f"{name}-{size}", options["viewport"]["height"])
                page.set_viewport_size({"width": options["viewport"]["width"], "height": height})
                page.goto(f"/#/{path}")
                settle(page)
                with state(page):
                    page.screenshot(path=ALL / f"{name}-{size}-{scheme}.png")
            context.close()


def lengthen_names(home: Home) -> None:
    for device in home.backend.devices().values():
        if device["reclamado"]:
            home.put(f"/dispositivos/{device['id']}", {"nombre": LONG_NAME})
    for room in home.get("/habitaciones")[:1]:
        home.put(f"/habitaciones/{room['id']}", {"nombre": LONG_NAME})


def main() -> None:
    shutil.rmtree(ALL, ignore_errors=True)
    ALL.mkdir(parents=True)
    SHOWN.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launched(playwright.chromium, CHROMIUM)
        (empty := Path(folder) / "empty").mkdir()
        with Home(empty) as home:
            nothing = {"devices-none": "", "claim-none": "reclamar", "insights-none": "avisos"}
            picture_all(browser, home.url, {**nothing, "device-none": "dispositivo/99"})
        (lived_in := Path(folder) / "lived_in").mkdir()
        with LivedIn(lived_in, tz=evening()) as home:
            wait_until(lambda: len(home.backend.devices()) == len(HOME) + len(NEW))
            found = views(home)
            picture_all(browser, home.url, found)
            (SHOWN / "tour.png").write_bytes(animated(told_in_short(browser, home)))
            lengthen_names(home)
            few = ("devices", "device", "week", "settings", "insights", "household-habitaciones")
            picture_all(browser, home.url, {f"{name}-long": found[name] for name in few})
            with Proxy(home.backend.http) as wire:
                away = {"devices-away": "", "insights-away": "avisos"}
                picture_all(browser, wire.url, away, partial(cut_off, wire))
        browser.close()
    for name in IN_README:
        shutil.copy(ALL / f"{name}.png", SHOWN)


if __name__ == "__main__":
    main()
