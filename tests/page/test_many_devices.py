"""A house with more devices than fit a screen: small cards, rooms that close, several at once, all off."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.brokers import wait_until
from tests.page.browsing import assert_accessible, assert_fits
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.test_devices import card, names
from tests.web.site import PATIENCE

ROOMS = ("Baño", "Cocina", "Salón")
EACH = 9
TWO_SCREENS = 2 * 844


def furnish(home: Home, each: int = EACH) -> None:
    """In every room lamps, of which the first is on, and a door that is locked."""
    for n, room in enumerate(ROOMS):
        number = home.post("/habitaciones", {"nombre": room})["id"]
        for place in range(each):
            kind, on = ("DRL0" if place == 1 else "LGT0"), place < 2
            serial = f"{kind}{n:04d}{place:04d}"
            home.report(serial, estado="activo" if on else "inactivo")
            configuration = {"modo": "manual", "encendido": on}
            device = home.claim(serial, nombre=f"{room} {place}", configuracion=configuration)
            home.put(f"/dispositivos/{device}", {"habitacion_id": number})


def tool(page: Page, name: str) -> None:
    page.locator("summary", has_text=re.compile("^$")).click()
    page.get_by_role("button", name=name).click()


def test_many_devices_fit_a_phone_and_stand_as_people_have_put_them(home: Home, open_page: OpenPage) -> None:
    """Small where there are many, with as many rooms open as people can look through; what is closed, put
    first or a favourite stays so in this browser."""
    furnish(home)
    phone = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    phone.goto("/")
    expect(phone.locator(".compact")).to_have_count(2 * EACH)
    assert phone.evaluate("document.documentElement.scrollHeight") <= TWO_SCREENS
    assert_accessible(phone)
    for width in (390, 320):
        phone.set_viewport_size({"width": width, "height": 640})
        assert_fits(phone)
        for button in phone.locator(".states button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    phone.get_by_role("button", name="Baño", exact=True).click()
    phone.get_by_role("button", name="Salón", exact=True).click()
    tool(phone, "Ordenar habitaciones")
    phone.get_by_role("button", name="Salón, 3 de 3").focus()
    phone.keyboard.press("ArrowUp")
    phone.keyboard.press("ArrowUp")
    expect(phone.get_by_role("button", name="Salón, 1 de 3")).to_be_focused()
    assert_accessible(phone)
    phone.get_by_role("button", name="Hecho").click()
    tool(phone, "Elegir varios")
    phone.get_by_role("checkbox", name="Elegir Salón 3").check()
    phone.get_by_role("button", name="Favorito").click()
    for _ in range(2):
        expect(phone.locator(".room-name")).to_have_text(["Favoritos", "Salón", "Baño", "Cocina"])
        for place, name in enumerate(("Salón 3", "Salón 0")):
            expect(names(phone).nth(place)).to_have_text(name)
        expect(phone.get_by_role("button", name="Baño", exact=True)).to_have_attribute(
            "aria-expanded", "false"
        )
        phone.reload()


def test_everything_off_and_back(home: Home, page: Page) -> None:
    """Of a room or the house, what serves only who is there: no door, nor what people have said to leave on.
    As it was, it is again for who takes it back."""
    furnish(home, each=3)
    lamps = [f"LGT0{n:04d}0000" for n in range(len(ROOMS))]
    freezer = home.device(lamps[2])["id"]
    home.put(f"/dispositivos/{freezer}", {"configuracion": {"apagar_con_todo": False}})

    def lit() -> list[bool]:
        return [home.device(lamp)["configuracion"]["encendido"] for lamp in lamps]

    page.goto("/")
    page.get_by_role("button", name="Apagar todo en Cocina").click()
    expect(page.get_by_text("1 apagado")).to_be_visible()
    assert lit() == [True, False, True]
    page.get_by_role("button", name="Apagar todo", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("Apagar todo"))).to_have_count(1)
    everything = page.get_by_role("button", name="Apagar todo", exact=True)
    expect(everything).to_be_disabled()
    expect(everything).to_have_accessible_description("Todo está ya apagado")
    everything.click(force=True)
    expect(page.get_by_role("status").get_by_text("Todo está ya apagado")).to_be_visible()
    expect(page.get_by_text("1 apagado")).to_have_count(2)
    assert lit() == [False, False, True]
    assert all(home.device(f"DRL0{n:04d}0001")["configuracion"]["encendido"] for n in range(len(ROOMS)))
    page.get_by_role("button", name="Deshacer").last.click()
    expect(card(page, "Baño 0").get_by_role("switch")).to_be_checked()
    expect(page.get_by_role("button", name="Deshacer")).to_have_count(1)
    wait_until(lambda: lit() == [True, False, True], PATIENCE)


def test_by_hand_until_the_schedule_goes_on(home: Home, page: Page) -> None:
    """A device under a schedule is switched until its next change, which is said; and put back before that by
    a tap. Offline, that it is so is not hidden by what it has yet to be told."""
    week = [{"dias": ["todos"], "inicio": "00:00", "fin": "23:59"}]
    lamp = home.claim("LGT0AAAAAAAA", nombre="Lámpara", configuracion={"modo": "horario", "horarios": week})
    page.goto("/")
    page.get_by_role("switch").click()
    held = page.get_by_role(
        "button", name=re.compile("Lámpara, a mano hasta .*(23:59|00:00): volver al horario")
    )
    expect(held).to_be_visible()
    told = home.get(f"/dispositivos/{lamp}")["configuracion"]
    assert (told["modo"], told["encendido"]) == ("manual", False)
    assert_accessible(page)
    held.click()
    expect(page.get_by_role("link", name=re.compile("Lámpara, con horario.*: verlo"))).to_be_visible()
    assert "manual_hasta" not in home.get(f"/dispositivos/{lamp}")["configuracion"]
    home.report("LGT0AAAAAAAA", estado="activo", configuracion={"encendido": True})
    home.depart("LGT0AAAAAAAA")
    offline = page.get_by_role("article")
    expect(offline).to_contain_text("Sin conexión desde hace un momento · último: encendido")
    page.get_by_role("switch").click()
    expect(offline).to_contain_text("Sin conexión desde hace un momento · último: encendido · Pendiente")
