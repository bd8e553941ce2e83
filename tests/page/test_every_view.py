"""All there is to see, as wide as each screen, in both languages: nothing sticks out or is cut off."""

from __future__ import annotations

import contextlib
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Page, expect

from actors.domain.kinds import PREFIXES
from tests.brokers import wait_until
from tests.page.browsing import go, settle, violations
from tests.page.conftest import OpenPage
from tests.page.home import Home

# A small phone, a phone, a tablet on the wall, a desktop, a large one.
WIDTHS: Final = (320, 390, 768, 1_280, 1_920)
SETTLED_S: Final = 5
NAME: Final = "La lámpara de pie junto a la ventana del salón"
READINGS: Final[dict[str, dict[str, Any]]] = {
    "luz": {"brillo": 40, "consumo_w": 5.7},
    "riego": {"humedad_suelo": 31.5, "caudal_lpm": 0},
    "persiana": {"posicion": 50},
    "puerta": {"bloqueada": True, "abierta": False},
    "termometro": {"temperatura": 21.5, "humedad": 44},
    "enchufe": {"consumo_w": 12.5, "energia_kwh": 1204.7},
    "sensor_humo": {"humo": 1.2, "humo_detectado": False},
}
PARTS: Final = (
    "habitaciones",
    "ausencia",
    "personas",
    "accesos",
    "aparatos",
    "rechazados",
    "notificaciones",
    "salud",
    "copias",
    "auditoria",
    "ajustes",
)
# What is chosen or hinted at in a control, and is wider than what the control has for it.
CUT: Final = """
() => {
  const pen = document.createElement("canvas").getContext("2d");
  const cut = (each, text) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(each);
    pen.font = font;
    const room = each.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return pen.measureText(text).width > room + 1;
  };
  const said = (each) => each.selectedOptions?.[0]?.text ?? (each.value || each.placeholder);
  const typed = "select, input:is([type=text], [type=search], [type=number], :not([type]))";
  const words = [...document.querySelectorAll(typed)]
    .filter((each) => each.checkVisibility() && cut(each, said(each) ?? ""))
    .map((each) => `${each.tagName}: ${said(each)}`);
  const buttons = [...document.querySelectorAll("button, .button, .chip")]
    .filter((each) => each.checkVisibility() && each.scrollWidth > each.clientWidth + 1)
    .map((each) => `${each.tagName}: ${each.textContent}`);
  return [...words, ...buttons];
}
"""


# What sticks out to the right, where the page can be scrolled sideways.
WIDER: Final = """
() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth === clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > clientWidth)
    .map((each) => `${each.tagName}.${each.getAttribute("class")}: ${each.textContent.slice(0, 40)}`);
}
"""


def furnish(home: Home) -> list[str]:
    """A device of each kind, one with a long name, in a room of its own; one that is new. The views."""
    room = home.post("/habitaciones", {"nombre": "Salón"})["id"]
    pages = []
    for n, (prefix, kind) in enumerate(PREFIXES.items()):
        serial = f"{prefix}{n:08d}"
        home.report(serial, estado="activo", parametros=READINGS.get(kind, {}))
        id = home.claim(serial, nombre=NAME if kind == "luz" else f"Un {kind.replace('_', ' ')}")
        home.put(f"/dispositivos/{id}", {"habitacion_id": room})
        pages.append(f"dispositivo/{id}")
    home.report("LGT0NUEVA001", parametros={"brillo": 40})
    [lamp, *_] = pages
    tabs = [f"{lamp}/horario", f"{lamp}/registro", f"{lamp}/ajustes", "dispositivo/9999"]
    views = ["avisos", "avisos/buscar", "diario", "energia", "reclamar", "reclamar/LGT0NUEVA001", "casa"]
    return ["", *pages, *tabs, *views, *(f"casa/{part}" for part in PARTS)]


@pytest.mark.parametrize(("locale", "scheme"), [("es-ES", "light"), ("en-GB", "dark")])
def test_each_view_fits_each_screen_and_is_for_everybody(
    home: Home, open_page: OpenPage, locale: str, scheme: Literal["light", "dark"]
) -> None:
    """Each is opened once and made as wide as each screen."""
    views = furnish(home)
    page = open_page(locale=locale, color_scheme=scheme, timezone_id="Europe/Madrid")
    page.goto("/")
    expect(page.get_by_role("article")).to_have_count(len(PREFIXES))
    wrong = [fault for view in views for fault in faults(page, view)]
    assert not wrong, "\n".join(wrong)


def sticking_out(page: Page) -> list[str]:
    """Once charts, which are drawn anew, are as wide as they have become."""
    found: list[str] = []

    def fits() -> bool:
        found[:] = page.evaluate(WIDER)
        return not found

    with contextlib.suppress(AssertionError):
        wait_until(fits, SETTLED_S)
    return found


def faults(page: Page, view: str) -> list[str]:
    """With the view's address."""
    if view:
        go(page, view)
    settle(page)
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found += [f"{width} {cut}" for cut in page.evaluate(CUT)]
        found += [f"{width} wider: {each}" for each in sticking_out(page)]
    page.set_viewport_size({"width": 390, "height": 844})
    found += violations(page)
    return [f"#/{view} {each}" for each in found]
