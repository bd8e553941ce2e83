"""The logbook, for the house and at a device: who or what did what, as it happens."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page.browsing import assert_accessible, assert_fits
from tests.page.conftest import OpenPage
from tests.page.home import Home

LAMP, HALL = "LGT0AAAAAAAA", "MOV0AAAAAAAA"


def test_who_switched_what_is_told_as_it_happens(home: Home, any_page: Page) -> None:
    """A person, a hand at the switch, a sensor; by room, without what sensors notice; at the device, too."""
    lamp = home.claim(LAMP, nombre="Lámpara", configuracion={"modo": "manual", "encendido": False})
    home.claim(HALL, nombre="Pasillo")
    for on in ("inactivo", "activo"):
        home.report(LAMP, estado=on)
    for moved in (False, True):
        home.report(HALL, parametros={"movimiento": moved})
    any_page.goto("/#/diario")
    entries = any_page.get_by_role("listitem")
    expect(entries).to_have_count(4)
    expect(entries.nth(0)).to_contain_text("Pasillo · Movimiento")
    expect(entries.nth(1)).to_contain_text("Alguien, en el propio aparato, encendió Lámpara")
    assert_accessible(any_page)
    assert_fits(any_page)
    home.put(f"/dispositivos/{lamp}", {"configuracion": {"encendido": True, "brillo": 70}})
    expect(entries.first).to_contain_text("Alguien de la casa encendió Lámpara")
    expect(entries.first).to_contain_text("70")
    home.put(f"/dispositivos/{lamp}/limites", {"consumo_w": {"min": 1, "max": 60, "silenciada": True}})
    expect(entries.first).to_contain_text(" → desde 1 W, hasta 60 W, silenciada")
    any_page.get_by_label("Qué").select_option("Sin lo que notan los sensores")
    expect(entries).to_have_count(5)
    room = home.post("/habitaciones", {"nombre": "Salón"})["id"]
    home.put(f"/dispositivos/{lamp}", {"habitacion_id": room})
    any_page.get_by_label("Habitación").select_option("Salón")
    expect(entries).to_have_count(5)
    entries.last.get_by_role("link").click()
    expect(any_page.get_by_role("heading", name="Quién lo ha cambiado")).to_be_visible()
    expect(entries.last).to_contain_text("Alguien de la casa añadió Lámpara a la casa")
    assert_accessible(any_page)
    assert_fits(any_page)


def test_numbers_are_told_when_they_are_others(home: Home, open_page: OpenPage) -> None:
    """From what to what, with their units, to admins; to the others that they are. In both languages, and
    what a reload shows is what has come by itself."""
    home.claim(HALL, nombre="Pasillo")
    token = {"Authorization": f"Bearer {home.token('miembro')}"}
    page, member = open_page(), open_page(locale="en-GB", extra_http_headers=token)
    for each in (page, member):
        each.goto("/#/diario")
        expect(each.get_by_role("listitem")).to_have_count(1)
    for degrees, humidity in ((20, 40), (21, 41), (23.5, 55)):
        home.report(HALL, parametros={"temperatura": degrees, "humedad": humidity})
    told = "Pasillo · Temperatura: 20\u00a0°C → 23,5\u00a0°C · Humedad: 40\u00a0% → 55\u00a0%"
    whispered = "Pasillo · changed: temperature and humidity"
    for each, words in ((page, told), (member, whispered)):
        for _ in range(2):
            expect(each.get_by_role("listitem")).to_have_count(2)
            expect(each.get_by_role("listitem").first).to_contain_text(words)
            assert_accessible(each)
            assert_fits(each)
            each.reload()


def test_it_is_told_in_english_and_by_name(home: Home, open_page: OpenPage) -> None:
    """And, to who is no admin, without values."""
    lamp = home.claim(LAMP, nombre="Lamp", configuracion={"modo": "manual", "encendido": False})
    token = {"Authorization": f"Bearer {home.token('miembro')}"}
    page = open_page(locale="en-GB", extra_http_headers=token)
    page.goto("/#/diario")
    expect(page.get_by_role("listitem")).to_have_count(1)
    body = {"configuracion": {"encendido": True, "brillo": 70}}
    told = page.request.put(f"/dispositivos/{lamp}", data=body, headers=token)
    assert told.ok
    entry = page.get_by_role("listitem").first
    expect(entry).to_contain_text("Persona miembro turned on Lamp")
    expect(entry).not_to_contain_text("70")
    page.get_by_label("Who").select_option("Persona miembro")
    expect(page.get_by_role("listitem")).to_have_count(1)
