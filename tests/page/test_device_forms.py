"""What people type about a device: not lost to what comes meanwhile, nor held up by what stands beside it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.browsing import Held
from tests.page.home import Home

LAMP = "LGT0AAAAAAAA"
THERMOMETER = "TMP0AAAAAAAA"
# As members of every object are called.
INHERITED = {"constructor": 5, "toString": 7.5, "__proto__": 9}


def test_what_is_typed_stays_while_the_device_reports(home: Home, page: Page) -> None:
    device = home.claim(LAMP, nombre="Lámpara", descripcion="del salón")
    page.goto(f"/#/dispositivo/{device}")
    page.get_by_role("button", name="Cambiar nombre y lugar").click()
    name, description = (page.get_by_role("textbox", name=each) for each in ("Nombre", "Descripción"))
    name.fill("Flexo")
    description.fill("del despacho")
    home.report(LAMP, estado="inactivo")
    expect(page.locator(".doing .chip").first).to_have_text("Apagado")
    expect(name).to_have_value("Flexo")
    expect(description).to_have_value("del despacho")
    page.get_by_role("button", name="Guardar", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Flexo")
    assert home.device(LAMP)["descripcion"] == "del despacho"


def test_only_what_was_typed_is_saved(home: Home, page: Page) -> None:
    """What somebody else has changed while the dialog was open stays as they want it."""
    device = home.claim(LAMP, nombre="Lámpara")
    page.goto(f"/#/dispositivo/{device}")
    page.get_by_role("button", name="Cambiar nombre y lugar").click()
    page.get_by_role("textbox", name="Descripción").fill("del despacho")
    home.put(f"/dispositivos/{device}", {"nombre": "Flexo"})
    expect(page.locator("h1")).to_have_text("Flexo")
    page.get_by_role("button", name="Guardar", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [home.device(LAMP)[key] for key in ("nombre", "descripcion")] == ["Flexo", "del despacho"]


def test_what_is_said_of_it_lies_over_no_button(home: Home, any_page: Page) -> None:
    """Neither that which was pressed nor the way to other places."""
    device = home.claim(LAMP, nombre="Lámpara", configuracion={"nota": "corta"})
    any_page.goto(f"/#/dispositivo/{device}/ajustes")
    any_page.get_by_label("Nota").fill("larga")
    save = any_page.get_by_role("button", name="Guardar", exact=True)
    save.click()
    said = area(any_page.get_by_text("Guardado."))
    for each in (save, *any_page.get_by_role("navigation", name="Secciones").get_by_role("link").all()):
        assert not said.meets(area(each))


@dataclass(frozen=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


def area(seen: Locator) -> Area:
    expect(seen).to_be_visible()
    box = seen.bounding_box()
    assert box is not None
    return Area(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"])


def test_what_is_changed_while_settings_are_saved_is_still_to_be_saved(home: Home, page: Page) -> None:
    device = home.claim(LAMP, nombre="Lámpara", configuracion={"nota": "corta", "color": "rojo"})
    page.goto(f"/#/dispositivo/{device}/ajustes")
    held = Held(page, f"**/dispositivos/{device}", times=1)
    page.get_by_label("Nota").fill("larga")
    page.get_by_label("Color", exact=True).fill("azul")
    with page.expect_request(lambda request: request.method == "PUT"):
        page.get_by_role("button", name="Guardar").click()
    page.get_by_label("Color", exact=True).fill("verde")
    held.first.continue_()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    expect(page.get_by_label("Nota")).to_have_value("larga")
    expect(page.get_by_label("Color", exact=True)).to_have_value("verde")
    expect(page.get_by_text("1 cambio sin guardar")).to_be_visible()
    assert home.device(LAMP)["configuracion"]["color"] == "azul"
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("sin guardar")).to_have_count(0)
    assert home.device(LAMP)["configuracion"]["color"] == "verde"


def test_what_the_server_has_taken_keeps_nobody_from_saving(home: Home, page: Page) -> None:
    """Whether or not it is what people are offered; but what they type themselves is held to that."""
    odd = {"temp_objetivo": 120.25, "intervalo_envio": 0.5, "nota": "corta"}
    device = home.claim(THERMOMETER, nombre="Clima", configuracion=odd)
    page.goto(f"/#/dispositivo/{device}/ajustes")
    page.get_by_label("Nota").fill("larga")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    assert home.device(THERMOMETER)["configuracion"].items() >= {**odd, "nota": "larga"}.items()
    interval = page.get_by_label("Segundos entre envíos")
    interval.fill("0.25")
    assert not interval.evaluate("field => field.checkValidity()")
    interval.fill("7.5")
    page.get_by_role("spinbutton", name="°C").fill("-12.3")
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("sin guardar")).to_have_count(0)
    saved = home.device(THERMOMETER)["configuracion"]
    assert (saved["intervalo_envio"], saved["temp_objetivo"]) == (7.5, -12.3)


def test_numbers_are_typed_digit_by_digit(home: Home, page: Page) -> None:
    """What is none yet, as a minus sign or a point at the end, stays until it is one."""
    schedule = {"diario": [["08:00", 21]]}
    device = home.claim(THERMOMETER, nombre="Clima", configuracion={"horarios_temp": schedule})
    page.goto(f"/#/dispositivo/{device}/ajustes")
    setting = page.get_by_role("spinbutton", name="°C")
    for text in ("-5", "20.05"):
        setting.clear()
        setting.press_sequentially(text)
        expect(setting).to_have_value(text)
    page.get_by_role("button", name="Guardar").click()
    expect(page.get_by_text("Guardado.")).to_be_visible()
    assert home.device(THERMOMETER)["configuracion"]["temp_objetivo"] == 20.05
    page.goto(f"/#/dispositivo/{device}/horario")
    page.get_by_role("button", name="Cambiar", exact=True).click()
    planned = page.get_by_role("dialog").get_by_role("spinbutton")
    for text in ("-5", "20.05"):
        planned.clear()
        planned.press_sequentially(text)
        expect(planned).to_have_value(text)


@pytest.mark.parametrize("view", ["", "dispositivo/1", "dispositivo/1/registro", "dispositivo/1/ajustes"])
def test_readings_and_settings_may_be_called_anything(home: Home, page: Page, view: str) -> None:
    home.report(LAMP, estado="activo", parametros=INHERITED)
    home.claim(LAMP, nombre="Lámpara", configuracion=INHERITED)
    page.goto(f"/#/{view}")
    main = page.get_by_role("main")
    expect(main).to_contain_text("toString", ignore_case=True)
    for nonsense in ("native code", "[object", "El aparato dice"):
        expect(main).not_to_contain_text(nonsense)
