"""What a device does, in the words for what it is: a blind is open, a door locked, a sprinkler waters."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.opened import open_modules

# What is reported, and what it is called in Spanish and English.
TOLD: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "half": ("SHD0", "activo", {"posicion": 50}, "Abierta 50 %", "50 % open"),
    "whole": ("SHD0", "activo", {"posicion": 100, "consumo_w": 3.1}, "Abierta", "Open"),
    "shut": ("SHD0", "inactivo", {"posicion": 0}, "Cerrada", "Closed"),
    "against its state": ("SHD0", "activo", {"posicion": 0}, "Cerrada", "Closed"),
    "without a position": ("SHD0", "activo", {"consumo_w": 120.0}, "Abierta", "Open"),
    "locked": ("DRL0", "activo", {"bloqueada": True}, "Con llave", "Locked"),
    "unlocked": ("DRL0", "inactivo", {"bloqueada": False}, "Sin llave", "Unlocked"),
    "watering": ("RGD0", "activo", {}, "Regando", "Watering"),
    "dry": ("RGD0", "inactivo", {}, "Sin regar", "Not watering"),
    "a lamp": ("LGT0", "activo", {}, "Encendido", "On"),
}


@pytest.mark.parametrize(("locale", "word"), [("es-ES", 3), ("en-GB", 4)])
def test_a_card_and_a_page_say_what_it_does(
    home: Home, open_page: OpenPage, locale: str, word: Literal[3, 4]
) -> None:
    """None but what is switched is called on or off."""
    ids = {}
    for n, (name, told) in enumerate(TOLD.items()):
        serial = f"{told[0]}{n:08d}"
        home.report(serial, estado=told[1], parametros=told[2])
        ids[name] = home.claim(serial, nombre=name)
    page = open_page(locale=locale)
    page.goto("/")
    for name, told in TOLD.items():
        expect(card(page, name).locator(".main-reading")).to_have_text(spaced(told[word]))
    for name, id in ids.items():
        page.goto(f"/#/dispositivo/{id}")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator(".doing .chip").first).to_have_text(spaced(TOLD[name][word]))


def spaced(text: str) -> str:
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("link", name=name, exact=True))


@pytest.mark.parametrize(("locale", "word"), [("es-ES", "Activo"), ("en-GB", "Active")])
def test_a_sensor_is_active_in_both_languages(
    home: Home, open_page: OpenPage, locale: str, word: str
) -> None:
    home.report("CO200001", estado="activo", parametros={"co2_ppm": 480})
    id = home.claim("CO200001", nombre="Aire")
    page = open_page(locale=locale)
    page.goto(f"/#/dispositivo/{id}")
    expect(page.locator(".doing .chip").first).to_have_text(word)


@pytest.mark.parametrize(
    ("bounds", "unit", "reached"),
    [
        ((-16.5, 117), "%", (0, 100)),
        ((12, 80), "%", (12, 80)),
        ((-3, 900), "lx", (0, 900)),
        ((-12, 30), "°C", (-12, 30)),
        ((-900, 4000), "W", (-900, 4000)),
        ((None, 120), "%", (None, 100)),
    ],
)
def test_what_is_normal_can_be_reached(
    home: Home,  # noqa: ARG001
    page: Page,
    bounds: tuple[float | None, float],
    unit: str,
    reached: tuple[float | None, float],
) -> None:
    """A share ends at its ends; what can be negative stays as it was reckoned."""
    open_modules(page, "kinds.js")
    page.goto("/")
    asked = "async ([bounds, unit]) => (await import('/pagina/js/kinds.js')).reachable(bounds, unit)"
    told = page.evaluate(asked, [{"min": bounds[0], "max": bounds[1]}, unit])
    assert (told["min"], told["max"]) == reached


def test_what_is_no_switch_has_no_history_of_being_on(home: Home, page: Page) -> None:
    """A sensor always is, and a blind and a lock have a metric that says more."""
    for serial, told in {
        "CO200001": {"co2_ppm": 480},
        "SHD00002": {"posicion": 40},
        "PLG00003": {"consumo_w": 4},
    }.items():
        home.report(serial, estado="activo", parametros=told)
        id = home.claim(serial, nombre=serial)
        page.goto(f"/#/dispositivo/{id}")
        expect(page.locator("figure").first).to_be_visible()
        expect(page.get_by_role("figure", name="Encendido")).to_have_count(int(serial.startswith("PLG")))


def test_a_thermostat_that_is_not_set_says_so(home: Home, page: Page) -> None:
    """And is set where it says it."""
    home.report("TMP00001", parametros={"temperatura": 19.2})
    id = home.claim("TMP00001", nombre="Termostato")
    page.goto("/")
    expect(card(page, "Termostato").get_by_role("status")).to_contain_text("sin fijar")
    page.get_by_role("button", name="Subir la temperatura de Termostato medio grado").click()
    expect(card(page, "Termostato").get_by_role("status")).to_contain_text("19,5")
    expect(page.get_by_text("sin fijar")).to_have_count(0)
    page.goto(f"/#/dispositivo/{id}")
    expect(page.get_by_role("main")).to_contain_text("19,5")
