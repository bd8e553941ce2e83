"""Two people who change one device: neither overwrites what the other has saved without having seen it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.page.browsing import ALONE, Complaints, assert_accessible, assert_fits
from tests.page.home import Home

LAMP, BLIND = "LGT0AAAAAAAA", "SHD0AAAAAAAA"
MONDAY = {"dias": ["lunes"], "inicio": "08:00", "fin": "10:00"}
NIGHTS = {"dias": ["todos"], "inicio": "22:00", "fin": "06:00"}
MINE, THEIRS = "Guardar lo mío", "Dejar lo suyo"


def outrun(home: Home, page: Page, device: int, change: dict[str, Any]) -> None:
    """Somebody else saves this in the moment in which the page does."""

    def be_faster(route: Route) -> None:
        home.put(f"/dispositivos/{device}", change)
        route.continue_()

    page.route(f"**/dispositivos/{device}", be_faster, times=1)


def conflict(page: Page) -> Locator:
    return page.get_by_role("alert").filter(has_text="Otra persona ha guardado esto")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def edit(page: Page, device: int, name: str, description: str) -> None:
    page.goto(f"/#/dispositivo/{device}")
    press(page, "Cambiar nombre y lugar")
    page.get_by_role("textbox", name="Nombre").fill(name)
    page.get_by_role("textbox", name="Descripción").fill(description)


def names(home: Home) -> list[str]:
    return [home.device(LAMP)[key] for key in ("nombre", "descripcion")]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("answer", "name"), [(MINE, "Flexo"), (THEIRS, "Foco")])
def test_a_name(
    home: Home, any_page: Page, complaints: Complaints, answer: str, name: str, known: bool
) -> None:
    """Both are shown, whether the page had heard of the other or only the server had; what nobody else has
    changed is saved either way."""
    complaints.expect("412")
    device = home.claim(LAMP, nombre="Lámpara")
    edit(any_page, device, "Flexo", "del despacho")
    if known:
        home.put(f"/dispositivos/{device}", {"nombre": "Foco"})
        expect(any_page.locator("h1")).to_have_text("Foco")
    else:
        outrun(home, any_page, device, {"nombre": "Foco"})
    press(any_page, "Guardar")
    expect(conflict(any_page).get_by_role("row", name="Nombre")).to_have_text("NombreFocoFlexo")
    assert names(home) == ["Foco", ""]
    expect(any_page.get_by_role("textbox", name="Nombre")).to_have_value("Flexo")
    assert_accessible(any_page)
    assert_fits(any_page)
    press(any_page, answer)
    expect(any_page.get_by_role("dialog")).to_have_count(0)
    assert names(home) == [name, "del despacho"]


def test_who_is_outrun_twice_is_asked_twice(home: Home, page: Page, complaints: Complaints) -> None:
    complaints.expect("412")
    device = home.claim(LAMP, nombre="Lámpara")
    edit(page, device, "Flexo", "")
    for answer, theirs in (("Guardar", "Foco"), (MINE, "Farol")):
        outrun(home, page, device, {"nombre": theirs})
        press(page, answer)
        expect(conflict(page)).to_contain_text(theirs)
    press(page, MINE)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert names(home)[0] == "Flexo"


def test_what_others_change_beside_it_is_no_conflict(home: Home, page: Page, complaints: Complaints) -> None:
    """It is kept, and nobody is asked."""
    complaints.expect("412")
    device = home.claim(LAMP, nombre="Lámpara")
    edit(page, device, "Lámpara", "del despacho")
    outrun(home, page, device, {"nombre": "Foco"})
    press(page, "Guardar")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert names(home) == ["Foco", "del despacho"]


def test_who_hears_of_the_house_no_more_saves_all_the_same(
    home: Home, page: Page, complaints: Complaints
) -> None:
    """At the second try, and whatever the server's clock says by then."""
    complaints.expect("412|net::ERR_")
    device = home.claim(LAMP, nombre="Lámpara")
    page.add_init_script(ALONE)
    page.route("**/stream/**", lambda route: route.abort())
    edit(page, device, "Lámpara", "del despacho")
    # Nor by reading them all, which it does each time that the stream is lost.
    page.route("**/dispositivos", lambda route: route.abort())
    home.put(f"/dispositivos/{device}", {"nombre": "Foco"})
    tries: list[int] = []

    def set_back(route: Route) -> None:
        answer = route.fetch()
        tries.append(answer.status)
        told = answer.json()
        told.get("dispositivo", told)["visto_en"] = "2020-01-01T00:00:00Z"
        route.fulfill(response=answer, json=told)

    page.route(f"**/dispositivos/{device}", set_back)
    press(page, "Guardar")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert tries == [412, 200]
    assert names(home) == ["Foco", "del despacho"]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("answer", "note"), [(MINE, "larga"), (THEIRS, "otra")])
def test_settings(
    home: Home, any_page: Page, complaints: Complaints, answer: str, note: str, known: bool
) -> None:
    complaints.expect("412")
    device = home.claim(LAMP, configuracion={"nota": "corta", "color": "rojo"})
    any_page.goto(f"/#/dispositivo/{device}/ajustes")
    any_page.get_by_label("Nota").fill("larga")
    any_page.get_by_label("Color", exact=True).fill("verde")
    change = {"configuracion": {"nota": "otra", "tono": 3}}
    if known:
        home.put(f"/dispositivos/{device}", change)
        expect(any_page.get_by_label("Tono")).to_have_value("3")
    else:
        outrun(home, any_page, device, change)
    press(any_page, "Guardar")
    expect(conflict(any_page).get_by_role("row", name="Nota")).to_have_text("Notaotralarga")
    assert home.device(LAMP)["configuracion"].items() >= {"nota": "otra", "color": "rojo"}.items()
    assert_accessible(any_page)
    assert_fits(any_page)
    press(any_page, answer)
    if answer == THEIRS:
        # The rest is still to be saved.
        expect(any_page.get_by_label("Nota")).to_have_value("otra")
        press(any_page, "Guardar")
    expect(any_page.get_by_text("Guardado.")).to_be_visible()
    expect(conflict(any_page)).to_have_count(0)
    saved = {"nota": note, "color": "verde", "tono": 3}
    assert home.device(LAMP)["configuracion"].items() >= saved.items()


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("answer", [MINE, THEIRS])
def test_a_week(home: Home, any_page: Page, complaints: Complaints, answer: str, known: bool) -> None:
    complaints.expect("412")
    device = home.claim(LAMP, configuracion={"modo": "horario", "horarios": [MONDAY]})
    any_page.goto(f"/#/dispositivo/{device}/horario")
    window = any_page.get_by_role("group", name="Tramos de la semana").get_by_role(
        "button", name="lunes de 08:00"
    )
    window.press(
        "Shift+ArrowDown" if any_page.viewport_size == {"width": 1280, "height": 800} else "Shift+ArrowRight"
    )
    window.press("Enter")
    expect(any_page.get_by_text("Cambios sin guardar")).to_be_visible()
    change = {"configuracion": {"horarios": [NIGHTS]}}
    if known:
        home.put(f"/dispositivos/{device}", change)
        expect(any_page.get_by_text("Alguien ha guardado otro horario mientras tanto.")).to_be_visible()
    else:
        outrun(home, any_page, device, change)
    press(any_page, "Guardar")
    row = conflict(any_page).get_by_role("row", name="Encendido")
    expect(row).to_contain_text("todos los días de 22:00 a 06:00 del día siguiente")
    expect(row).to_contain_text("lunes de 08:00 a 10:15")
    assert home.device(LAMP)["configuracion"]["horarios"] == [NIGHTS]
    assert_accessible(any_page)
    assert_fits(any_page)
    press(any_page, answer)
    expect(conflict(any_page)).to_have_count(0)
    expect(any_page.get_by_text("Cambios sin guardar")).to_have_count(0)
    mine = [{**MONDAY, "fin": "10:15"}]
    assert home.device(LAMP)["configuracion"]["horarios"] == (mine if answer == MINE else [NIGHTS])


def test_positions_of_a_blind(home: Home, page: Page, complaints: Complaints) -> None:
    """In words, day by day; another channel's changes are still there after this one's were given up."""
    complaints.expect("412")
    both = {"horarios": [MONDAY], "horarios_pos": {"diario": [["08:00", 100]]}}
    device = home.claim(BLIND, configuracion={"modo": "horario", **both})
    page.goto(f"/#/dispositivo/{device}/horario")
    press(page, "Cambiar")
    page.get_by_role("dialog").get_by_label("Apertura (%)").fill("40")
    press(page, "Aceptar")
    press(page, "Encendido")
    page.get_by_role("group", name="Tramos de la semana").get_by_role("button", name="lunes de 08:00").press(
        "Delete"
    )
    outrun(home, page, device, {"configuracion": {"horarios_pos": {"lunes": [["09:00", 20]]}}})
    press(page, "Guardar")
    expect(conflict(page)).to_contain_text("lunes: 09:00 20 %")
    press(page, THEIRS)
    expect(page.get_by_text("Cambios sin guardar")).to_be_visible()
    press(page, "Guardar")
    expect(page.get_by_text("Horario guardado")).to_be_visible()
    saved = home.device(BLIND)["configuracion"]
    assert (saved["horarios"], saved["horarios_pos"]) == ([], {"lunes": [["09:00", 20]]})
