"""The devices at a glance: live, sought, in their rooms, for anybody to read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from actors.mqtt.protocol.payloads import state_topic
from tests.page.browsing import assert_accessible, assert_fits
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.node import Modules, running
from tests.page.opened import open_modules

LAMP, METER, DOOR = "LGT0AAAAAAAA", "TMP0BBBBBBBB", "DRL0CCCCCCCC"
NUMBER = "async ([value, digits]) => (await import('/pagina/js/format.js')).number(value, '', digits)"
# What fits the selector and lies under a message that has just come.
COVERED_BY = """
async ([selector, text]) => {
  (await import("/pagina/js/ui.js")).toast(text);
  await new Promise((done) => requestAnimationFrame(done));
  const message = [...document.querySelectorAll(".toast")].at(-1).getBoundingClientRect();
  const under = ({ top, bottom, left, right }) =>
    top < message.bottom && bottom > message.top && left < message.right && right > message.left;
  return [...document.querySelectorAll(selector)]
    .filter((each) => each.checkVisibility() && under(each.getBoundingClientRect()))
    .map((each) => each.outerHTML);
}
"""
LONG = "Supercalifragilisticoespialidoso" * 2


@pytest.fixture(scope="module")
def address() -> Iterator[Modules]:
    with running("views/devices/address.js") as modules:
        yield modules


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("link", name=name, exact=True))


def names(page: Page) -> Locator:
    return page.locator(".device-name")


def furnish(home: Home) -> None:
    """A lamp and a meter in the living room, a door in none, and a blind that nobody has claimed."""
    home.report(LAMP, estado="activo", parametros={"brillo": 80})
    home.report(METER, estado="activo", parametros={"temperatura": 21.5, "humedad": 40})
    home.report(DOOR, estado="inactivo", parametros={"bloqueada": False, "abierta": True})
    home.report("SHD0DDDDDDDD", estado="activo")
    room = home.post("/habitaciones", {"nombre": "Salón"})["id"]
    for serial, name in ((LAMP, "Lámpara"), (METER, "Clima")):
        home.put(f"/dispositivos/{home.claim(serial, nombre=name)}", {"habitacion_id": room})
    home.claim(DOOR, nombre="Puerta de atrás", configuracion={"encendido": True})


# -- what is shown -------------------------------------------------------------------------------


def test_a_detector_at_rest_says_what_there_is_not_and_in_alarm_what_there_is(
    home: Home, any_page: Page
) -> None:
    """On its card, whatever else it tells, and at the head of its own view; never that it is on."""
    smoke = home.claim("SMK0AAAAAAAA", nombre="Cocina")
    home.report("SMK0AAAAAAAA", estado="activo", parametros={"humo": 0.97, "bateria": 90, "alarma": False})
    home.claim("AGUAAAAAAAAA", nombre="Lavadora")
    home.report("AGUAAAAAAAAA", estado="activo", parametros={"temp": 20.5, "waterLeak": False})
    any_page.goto("/")
    reading = card(any_page, "Cocina").locator(".main-reading")
    expect(reading).to_have_text("Sin humo")
    expect(card(any_page, "Cocina")).to_contain_text("Humo 0,97")
    expect(card(any_page, "Lavadora").locator(".main-reading")).to_have_text("Sin agua")
    expect(card(any_page, "Lavadora")).to_contain_text("20,5 °C")
    home.report("SMK0AAAAAAAA", parametros={"bateria": 90, "alarma": True})
    expect(reading).to_have_text("¡Humo!")
    expect(reading).to_have_attribute("data-tone", "bad")
    home.report("AGUAAAAAAAAA", parametros={"temp": 20.5, "waterLeak": "detectado"})
    expect(card(any_page, "Lavadora").locator(".main-reading")).to_have_text("¡Agua!")
    assert_accessible(any_page)
    any_page.goto(f"/#/dispositivo/{smoke}")
    expect(any_page.locator(".doing .chip").first).to_have_text("¡Humo!")
    home.report("SMK0AAAAAAAA", parametros={"bateria": 90, "alarma": False})
    expect(any_page.locator(".doing .chip").first).to_have_text("Sin humo")
    any_page.goto("/#/avisos")
    expect(any_page.get_by_role("heading", name="¡Humo! Cocina")).to_be_visible()


def test_a_house_without_devices_says_what_to_do(home: Home, any_page: Page) -> None:
    """Where a device is to speak and what to type into which; who does as is said there appears at once."""
    any_page.goto("/")
    expect(any_page.get_by_role("heading", name="Aún no hay ningún dispositivo")).to_be_visible()
    expect(any_page.get_by_role("status").filter(has_text="Esperando")).to_be_visible()
    typed = any_page.locator(".to-type code")
    expect(typed).to_have_count(4)  # once the page has asked where the broker is
    told = typed.all_inner_texts()
    any_page.get_by_text("Zigbee2MQTT", exact=True).click()
    expect(any_page.get_by_text("configuration.yaml")).to_be_visible()
    assert_accessible(any_page)
    assert_fits(any_page)
    host, port, topic, payload = told
    assert (host, port) == ("127.0.0.1", str(home.backend.mqtt))
    serial = topic.split("/")[1]
    assert topic == state_topic(serial)
    assert home.report(serial, **json.loads(payload))["parametros"] == {"temperatura": 21.5}
    expect(any_page.get_by_role("link", name="1 dispositivo nuevo")).to_have_attribute("href", "#/reclamar")
    expect(any_page.get_by_role("link", name=f"Añadir Termómetro {serial}")).to_have_attribute(
        "href", f"#/reclamar/{serial}"
    )
    assert_accessible(any_page)


def test_a_card_shows_what_the_device_reports_as_it_does(home: Home, page: Page) -> None:
    """The reading that matters most with its unit, others below, and the last hour as a line."""
    furnish(home)
    page.goto("/")
    clima = card(page, "Clima")
    expect(clima.locator(".main-reading")).to_have_text("21,5\u00a0°C")
    expect(clima).to_contain_text("Humedad 40\u00a0%")
    expect(clima.locator(".spark path")).to_have_attribute("d", "M118 16h0")
    home.report(METER, parametros={"temperatura": -3, "humedad": 41, "energia_kwh": 0.0043})
    expect(clima).to_contain_text("Energía 0,0043\u00a0kWh")
    expect(clima.locator(".main-reading")).to_have_text("-3\u00a0°C")
    expect(card(page, "Puerta de atrás").locator(".main-reading")).to_have_text("Sin llave")


def test_numbers_keep_the_digits_that_count(page: Page) -> None:
    """Two of them at least, where it is not noise; whole numbers where they are asked for."""
    open_modules(page, "format.js")
    page.goto("/")
    for value, told in {
        (21.46, 1): "21,5",
        (3, 1): "3",
        (0.5, 1): "0,5",
        (0.0043, 1): "0,0043",
        (-0.04321, 2): "-0,043",
        (0.999, 1): "1",
        (1e-9, 1): "0",
        (0, 1): "0",
        (0.4, 0): "0",
    }.items():
        assert page.evaluate(NUMBER, list(value)) == told, value


def test_cards_stand_in_their_rooms(home: Home, page: Page) -> None:
    """By name, those without a room last; one that is moved, to a new room too, moves for all who look."""
    furnish(home)
    page.goto("/")
    expect(page.locator(".room-name")).to_have_text(["Salón", "Sin habitación"])
    expect(names(page)).to_have_text(["Clima", "Lámpara", "Puerta de atrás"])
    kitchen = home.post("/habitaciones", {"nombre": "Cocina"})["id"]
    home.put(f"/dispositivos/{home.device(LAMP)['id']}", {"habitacion_id": kitchen, "nombre": "Luz"})
    expect(page.locator(".room-name")).to_have_text(["Cocina", "Salón", "Sin habitación"])
    expect(names(page)).to_have_text(["Luz", "Clima", "Puerta de atrás"])


def test_a_silent_device_says_since_when(home: Home, page: Page) -> None:
    furnish(home)
    page.goto("/")
    home.depart(LAMP)
    expect(card(page, "Lámpara")).to_contain_text("Sin conexión desde hace un momento")
    home.report(LAMP, estado="activo")
    expect(card(page, "Lámpara")).not_to_contain_text("Sin conexión")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("options", [{}, {"viewport": {"width": 360, "height": 740}, "is_mobile": True}])
def test_everybody_can_read_it(home: Home, open_page: OpenPage, scheme: str, options: dict[str, Any]) -> None:
    """In either light and size; a name of 64 letters without a space is no wider than its card."""
    furnish(home)
    home.put(f"/dispositivos/{home.device(LAMP)['id']}", {"nombre": LONG})
    home.depart(METER)
    page = open_page(color_scheme=scheme, **options)
    page.goto("/")
    expect(page.get_by_role("article")).to_have_count(3)
    assert_accessible(page)
    assert_fits(page)


def test_english_where_the_browser_speaks_it(home: Home, open_page: OpenPage) -> None:
    furnish(home)
    page = open_page(locale="en-GB")
    page.goto("/")
    expect(page.get_by_role("heading", name="Devices", exact=True)).to_be_visible()
    expect(card(page, "Clima").locator(".main-reading")).to_have_text("21.5\u00a0°C")
    expect(page.get_by_role("link", name="1 new device")).to_be_visible()


def test_a_message_covers_nothing_that_one_could_not_reach(home: Home, phone: Page) -> None:
    """On a phone neither what stands at the head nor the places to go to; the rest scrolls from under it."""
    furnish(home)
    open_modules(phone, "ui.js")
    for view in ("", "casa", f"dispositivo/{home.device(LAMP)['id']}"):
        phone.goto(f"/#/{view}")
        expect(phone.locator("h1")).to_be_visible()
        assert covered(phone, "main > :first-child :is(a, button), .heading *, .places a") == []
        scroll_down(phone)
        assert covered(phone, "main :is(a, button, input, select), .places a") == []
        phone.reload()


def covered(page: Page, selector: str) -> list[str]:
    found: list[str] = page.evaluate(COVERED_BY, [selector, LONG])
    return found


def scroll_down(page: Page) -> None:
    """To the end, below what is fetched only when it comes into sight."""
    for _ in range(2):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(page.get_by_text("Cargando…")).to_have_count(0)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")


# -- what is sought ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lampara", ["Lámpara"]),
        ("SALON", ["Clima", "Lámpara"]),
        ("salón clima", ["Clima"]),
        ("drl0c", ["Puerta de atrás"]),
        ("termómetro", ["Clima"]),
    ],
)
def test_search_looks_at_names_rooms_kinds_and_serials(
    home: Home, page: Page, words: str, found: list[str]
) -> None:
    """Each word somewhere, whatever the accents and capitals."""
    furnish(home)
    page.goto("/")
    page.get_by_role("searchbox").fill(words)
    expect(page.locator(".device-name")).to_have_text(found)


def test_filters_by_state_and_kind(home: Home, page: Page) -> None:
    """They follow what the devices do, say when nothing fits, and let everything be shown again."""
    furnish(home)
    page.goto("/")
    page.get_by_role("button", name="Encendidos").click()
    expect(page.locator(".device-name")).to_have_text(["Clima", "Lámpara"])
    home.report(LAMP, estado="inactivo")
    expect(names(page)).to_have_text(["Clima"])
    page.get_by_role("button", name="Pendientes").click()
    expect(page.locator(".device-name")).to_have_text(["Puerta de atrás"])
    page.get_by_role("button", name="Sin conexión").click()
    expect(page.get_by_role("heading", name="Ningún dispositivo coincide")).to_be_visible()
    assert_accessible(page)
    home.depart(DOOR)
    expect(page.locator(".device-name")).to_have_text(["Puerta de atrás"])
    page.get_by_label("Clase").select_option("Luz")
    page.get_by_role("button", name="Mostrar todos").click()
    expect(page.get_by_role("article")).to_have_count(3)


def test_what_is_sought_stays_while_one_looks_elsewhere(home: Home, page: Page) -> None:
    furnish(home)
    page.goto("/")
    page.get_by_role("searchbox").fill("clima")
    page.get_by_role("link", name="Casa").click()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    page.get_by_role("link", name="Dispositivos").click()
    expect(names(page)).to_have_text(["Clima"])


def test_what_is_sought_stands_in_the_address(home: Home, page: Page) -> None:
    """So that it lasts through a reload, is there when one comes back, and can be passed on."""
    furnish(home)
    page.goto("/")
    page.get_by_role("searchbox").fill("ámpara")
    page.get_by_role("button", name="Encendidos").click()
    page.get_by_label("Clase").select_option("Luz")
    expect(page).to_have_url(re.compile(r"\?buscar=.*&mostrar=encendidos&clase="))
    address = page.url
    page.get_by_role("link", name="Lámpara", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Lámpara")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(address)
    page.reload()
    expect(page.locator(".device-name")).to_have_text(["Lámpara"])
    expect(page.get_by_role("searchbox")).to_have_value("ámpara")
    expect(page.get_by_role("button", name="Encendidos")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Clase").locator("option:checked")).to_have_text("Luz")
    page.get_by_role("link", name="Casa").click()
    page.get_by_role("link", name="Dispositivos").click()
    expect(page).to_have_url(address)
    page.get_by_role("searchbox").fill("nada de esto")
    page.get_by_role("button", name="Mostrar todos").click()
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page).to_have_url(f"{home.url}/#/")


def test_back_leads_away_from_what_is_sought(home: Home, page: Page) -> None:
    """However often one has gone to where one is."""
    furnish(home)
    page.goto("/#/casa")
    places = page.get_by_role("navigation", name="Secciones")
    places.get_by_role("link", name="Dispositivos").click()
    page.get_by_role("searchbox").fill("clima")
    for _ in range(3):
        places.get_by_role("link", name="Dispositivos").click()
        expect(names(page)).to_have_text(["Clima"])
    page.go_back()
    expect(page).to_have_url(f"{home.url}/#/casa")


def test_an_address_that_asks_for_what_there_is_not_shows_everything(home: Home, page: Page) -> None:
    furnish(home)
    page.goto("/#/?mostrar=undefined&otra=1&buscar=&clase")
    expect(page.get_by_role("article")).to_have_count(3)
    expect(page.get_by_role("button", name="Todos", exact=True)).to_have_attribute("aria-pressed", "true")
    page.evaluate("location.hash = '#/?buscar=clima'")
    expect(names(page)).to_have_text(["Clima"])


@given(
    words=st.text(st.characters(codec="utf-8")),
    state=st.sampled_from(["all", "on", "offline", "pending"]),
    kind=st.text(st.characters(codec="utf-8")),
)
def test_an_address_says_all_that_is_sought(address: Modules, words: str, state: str, kind: str) -> None:
    sought = {"words": words, "state": state, "kind": kind}
    assert address.ask("soughtBy", address.ask("addressOf", sought)) == sought
