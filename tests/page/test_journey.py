"""The whole way of a newcomer, from `demo` to a device that keeps the week drawn for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Position, expect

from actors.domain.kinds import PREFIXES
from actors.simulator.device import demo_code, fleet
from tests.page.browsing import assert_fits
from tests.page.home import Demo

LAMP = fleet(len(PREFIXES))[0].serial
NAME = "Lámpara de leer"
TUESDAY, FRIDAY = 1, 4


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Demo]:
    """As anybody starts it, but for one thing: it warns of the same device twice within a day."""
    with Demo(tmp_path, ai_misconfig_cooldown_s=5) as home:
        yield home


@dataclass(frozen=True)
class Newcomer:
    """What a person does with the page, who sees names and signs, and no addresses."""

    page: Page
    touches: bool

    @property
    def places(self) -> Locator:
        return self.page.get_by_role("navigation", name="Secciones")

    @property
    def badge(self) -> Locator:
        return self.places.get_by_text("hay avisos sin ver")

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("article").filter(
            has=self.page.get_by_role("link", name=NAME, exact=True)
        )

    @property
    def unfixed(self) -> Locator:
        """The newest of what is to be mended."""
        told = self.page.get_by_role("article", name=f"{NAME} se puede ajustar mejor")
        return told.filter(has=self.page.get_by_role("button", name="Aplicar")).first

    def go(self, place: str) -> None:
        self.places.get_by_role("link", name=place).click()

    def open_lamp(self, part: str) -> None:
        self.go("Dispositivos")
        self.page.get_by_role("link", name=NAME, exact=True).click()
        self.page.get_by_role("link", name=part, exact=True).click()

    def claim(self) -> None:
        """With what stands on the device's label, which the page shows of a simulated one."""
        page = self.page
        page.get_by_role("link", name="14 dispositivos nuevos").click()
        expect(page.get_by_role("link", name=LAMP)).to_be_visible()
        page.get_by_label("Número de serie").fill(LAMP)
        page.get_by_role("button", name="Continuar").click()
        page.get_by_label("Nombre", exact=True).fill(NAME)
        page.get_by_label("Habitación", exact=True).select_option(label="Otra nueva…")
        page.get_by_label("Nombre de la habitación nueva").fill("Salón")
        expect(page.get_by_role("note")).to_contain_text(demo_code(LAMP))
        page.get_by_label("Código del aparato").fill(demo_code(LAMP))
        page.get_by_role("button", name="Añadir a la casa").click()
        expect(page.get_by_role("heading", name=f"{NAME} ya está en la casa")).to_be_visible()

    def draw(self, day: int, begin: float, end: float) -> None:
        """A window, from hour to hour; begun and ended within a pixel of them."""
        begin, end = begin + 0.1, end - 0.1
        layer = self.page.get_by_role("group", name="Tramos de la semana")
        layer.scroll_into_view_if_needed()
        box = layer.bounding_box()
        assert box is not None
        if self.touches:
            # Days are rows, as a finger that goes down scrolls.
            y = box["y"] + box["height"] * (day + 0.5) / 7
            self._stroke(
                [(box["x"] + box["width"] * hour / 24, y) for hour in (begin, (begin + end) / 2, end)]
            )
        else:
            x = box["width"] * (day + 0.5) / 7
            first, last = (Position(x=x, y=box["height"] * hour / 24) for hour in (begin, end))
            layer.drag_to(layer, source_position=first, target_position=last)

    def _stroke(self, points: list[tuple[float, float]]) -> None:
        finger = self.page.context.new_cdp_session(self.page)
        for n, (x, y) in enumerate(points):
            kind = "touchMove" if n else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        finger.detach()

    def expect_window(self, name: str) -> None:
        layer = self.page.get_by_role("group", name="Tramos de la semana")
        expect(layer.get_by_role("button", name=name, exact=True)).to_be_visible()

    def save(self, answer: str) -> None:
        with self.page.expect_response(lambda response: response.request.method == "PUT"):
            self.page.get_by_role("button", name="Guardar").click()
        expect(self.page.get_by_text(answer)).to_be_visible()


def test_from_the_first_start_to_a_week_of_ones_own(
    home: Demo, any_page: Page, request: pytest.FixtureRequest
) -> None:
    page, me = any_page, Newcomer(any_page, touches="phone" in request.node.name)
    page.goto("/")

    me.claim()
    me.go("Dispositivos")
    expect(page.get_by_role("heading", name="Salón")).to_be_visible()
    expect(me.card).to_contain_text("Consumo")
    assert_fits(page)

    me.card.get_by_role("switch").click()
    expect(me.card).to_contain_text("Confirmado por el aparato")
    expect(me.card.get_by_role("switch")).not_to_be_checked()
    assert home.device(LAMP)["estado"] == "inactivo"

    me.open_lamp("Horario")
    me.draw(TUESDAY, 8, 10)
    me.expect_window("martes de 08:00 a 10:00")
    me.save("Horario guardado")
    me.go("Avisos")
    expect(me.badge).not_to_be_attached()

    me.open_lamp("Ajustes")
    expect(page.get_by_role("radio", name="Horario")).to_be_checked()
    page.get_by_role("radio", name="Manual").check()
    page.get_by_label("Segundos entre envíos").fill("7200")
    me.save("El aparato lo recibe")
    expect(me.badge).to_be_attached()
    me.go("Avisos")
    fix = me.unfixed
    expect(fix.get_by_role("row").nth(1)).to_have_text("Cada cuánto envía sus datos2 h1 h")
    fix.get_by_role("button", name="Aplicar").click()
    expect(page.get_by_text("Aplicado", exact=True)).to_be_visible()

    me.open_lamp("Horario")
    me.expect_window("martes de 08:00 a 10:00")
    me.draw(FRIDAY, 18, 21)
    me.expect_window("viernes de 18:00 a 21:00")
    me.save("Horario guardado")
    page.get_by_role("link", name="Historial", exact=True).click()
    chart = page.get_by_role("figure", name="Brillo")
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart).to_contain_text("Máximo")
    assert_fits(page)

    configuration = home.device(LAMP)["configuracion"]
    assert (configuration["modo"], configuration["horarios"]) == (
        "horario",
        [
            {"dias": ["martes"], "inicio": "08:00", "fin": "10:00"},
            {"dias": ["viernes"], "inicio": "18:00", "fin": "21:00"},
        ],
    )
