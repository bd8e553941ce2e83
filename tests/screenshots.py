"""Pictures of every view of a household that is lived in: ``python -m tests.screenshots``.

All of them come into ``build/screenshots/``, and those that the documents show into
``docs/screenshots/``. They go by today's clock, so that those of two runs differ in their times.
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

from tests.brokers import wait_until
from tests.page.browsing import CHROMIUM, launched
from tests.page.conftest import DESKTOP, PHONE
from tests.page.home import Home
from tests.page.proxy import Proxy
from tests.screenshots_house import LAMP, METER, NEW, furnish, lengthen_names, write_history

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
MODELS: Final = PROJECT / "rules" / "data" / "river_models"
SIZES: Final[Mapping[str, Mapping[str, Any]]] = {"desktop": DESKTOP, "phone": PHONE}
# All of the night is in it.
TALL: Final = {"week-desktop": 1_300}
SCHEMES: Final = ("light", "dark")

_LOADING: Final = """
[...document.querySelectorAll(".loading, figure[data-metric]:not(:has(canvas))")]
  .filter((each) => each.getBoundingClientRect().top < innerHeight).length
"""

# A single reading is a dot.
_DRAWN: Final = "document.querySelector('.spark path').getAttribute('d').length > 40"

Views = Mapping[str, str]
"""Addresses by the name of their picture."""


def views(home: Home) -> Views:
    meter, lamp = (home.device(serial)["id"] for serial in (METER, LAMP))
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


def settle(page: Page) -> None:
    """Until nothing in sight is still to come: what is out of sight is fetched when it is scrolled to."""
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    wait_until(lambda: page.evaluate(_LOADING) == 0)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def main() -> None:
    shutil.rmtree(ALL, ignore_errors=True)
    ALL.mkdir(parents=True)
    SHOWN.mkdir(exist_ok=True)
    demonstration = {"ai_r3_demo_mode": "true", "ai_r3_demo_csv_dir": MODELS}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = launched(playwright.chromium, CHROMIUM)
        (empty := Path(folder) / "empty").mkdir()
        with Home(empty) as home:
            nothing = {"devices-none": "", "claim-none": "reclamar", "insights-none": "avisos"}
            picture_all(browser, home.url, {**nothing, "device-none": "dispositivo/99"})
        (lived_in := Path(folder) / "lived_in").mkdir()
        home = Home(lived_in, **demonstration)
        write_history(home.data)
        with home:
            furnish(home)
            found = views(home)
            picture_all(browser, home.url, found)
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
