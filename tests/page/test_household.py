"""The household, in a house that is open: this browser, rooms, backups, health, refusals, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.brokers import Device, Login, wait_until
from tests.page.browsing import Complaints, assert_accessible, assert_fits
from tests.page.conftest import OpenPage
from tests.page.home import Home

LAMP = "LGT0AAAAAAAA"
THERMOMETER = "TMP0AAAAAAAA"
LONG_NAME = "Habitaciondelosinvitadosquenovienennuncaporquevivenmuylejos1"
PASSWORD = "zanahoria-amarga"
SECTIONS = {
    "habitaciones": "Habitaciones",
    "ausencia": "Estamos fuera",
    "personas": "Personas",
    "accesos": "Accesos",
    "aparatos": "Aparatos",
    "rechazados": "Rechazados",
    "notificaciones": "Notificaciones",
    "salud": "Salud",
    "copias": "Copias",
    "auditoria": "Actividad",
    "ajustes": "Ajustes",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A running system without devices, whose broker has a password."""
    with Home(tmp_path, mqtt_username="casa", mqtt_password=PASSWORD) as home:
        yield home


def section(page: Page, path: str) -> None:
    page.goto(f"/#/casa/{path}")
    expect(page.get_by_role("heading", level=1, name=SECTIONS[path], exact=True)).to_be_visible()


def names(home: Home) -> list[str]:
    return [room["nombre"] for room in home.get("/habitaciones")]


# -- rooms -----------------------------------------------------------------------------------------


def test_rooms_are_added_renamed_and_deleted(home: Home, any_page: Page, complaints: Complaints) -> None:
    """As REST sees it too; a name that there is already is refused under the field."""
    section(any_page, "habitaciones")
    expect(any_page.get_by_role("heading", name="Aún no hay habitaciones")).to_be_visible()
    assert_accessible(any_page)
    name = any_page.get_by_label("Nombre de la habitación")
    add = any_page.get_by_role("button", name="Añadir habitación")
    for each in ("Salón", LONG_NAME):
        name.fill(each)
        add.click()
        expect(name).to_have_value("")
    rows = any_page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_contain_text([LONG_NAME, "Salón0 dispositivos"])
    assert_fits(any_page)
    complaints.expect("409")
    name.fill("Salón")
    add.click()
    expect(any_page.get_by_role("alert")).to_contain_text("Salón")
    any_page.get_by_role("button", name="Cambiar el nombre de Salón").click()
    dialog = any_page.get_by_role("dialog", name="Cambiar el nombre de Salón")
    assert_accessible(any_page)
    dialog.get_by_label("Nombre de la habitación").fill("Sala")
    dialog.get_by_role("button", name="Guardar").click()
    expect(dialog).to_have_count(0)
    any_page.get_by_role("button", name=f"Borrar {LONG_NAME}").click()
    any_page.get_by_role("dialog").get_by_role("button", name="Borrar").click()
    expect(rows).to_have_count(1)
    expect(any_page.get_by_role("main")).to_be_focused()
    assert names(home) == ["Sala"]


def test_devices_are_put_into_a_room(home: Home, page: Page, complaints: Complaints) -> None:
    """One box each, at once; what did not succeed stays as it was and is told there."""
    home.claim(LAMP, nombre="Lámpara")
    home.claim(THERMOMETER, nombre="Termómetro")
    rooms = [home.backend.ask("POST", "/habitaciones", {"nombre": each}).json for each in ("Cocina", "Salón")]
    home.put(f"/dispositivos/{home.device(THERMOMETER)['id']}", {"habitacion_id": rooms[0]["id"]})
    section(page, "habitaciones")
    opener = page.get_by_role("button", name="Dispositivos en Salón")
    opener.click()
    dialog = page.get_by_role("dialog", name="Dispositivos en Salón")
    expect(dialog.get_by_role("listitem")).to_have_text(["Lámpara", "TermómetroCocina"])
    lamp = dialog.get_by_label("Lámpara")
    page.route("**/dispositivos/*", lambda route: route.abort())
    complaints.expect("ERR_FAILED")
    lamp.click()
    expect(dialog.get_by_role("alert")).to_contain_text("La casa no responde")
    expect(lamp).not_to_be_checked()
    page.unroute("**/dispositivos/*")
    with page.expect_response("**/dispositivos/*"):
        lamp.check()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    with page.expect_response("**/dispositivos/*"):
        dialog.get_by_label("Termómetro").check()
    expect(dialog.get_by_role("listitem")).to_have_text(["Lámpara", "Termómetro"])
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_contain_text(["0 dispositivos", "2 dispositivos"])
    assert {home.device(serial)["habitacion_id"] for serial in (LAMP, THERMOMETER)} == {rooms[1]["id"]}


def test_people_say_when_they_are_away_and_that_they_are_back(
    home: Home, any_page: Page, complaints: Complaints
) -> None:
    """As REST sees it too; what is typed is a time of the house."""
    section(any_page, "ausencia")
    expect(any_page.get_by_role("heading", name="Nadie ha dicho que la casa esté vacía")).to_be_visible()
    assert_accessible(any_page)
    say = any_page.get_by_role("button", name="Estamos fuera")
    say.click()
    rows = any_page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_contain_text([re.compile("hasta nuevo aviso.*Ahora", re.DOTALL)])
    [lasting] = home.get("/casa/ausencia")
    assert (lasting["hasta"], lasting["dura"]) == (None, True)
    complaints.expect("409")
    say.click()
    expect(any_page.get_by_role("alert")).to_contain_text("ya hay una ausencia")
    any_page.get_by_label("Desde", exact=True).fill("2001-08-01T09:00")
    any_page.get_by_label("Hasta", exact=True).fill("2001-08-21T20:00")
    say.click()
    expect(rows).to_have_count(2)
    expect(rows.last).to_contain_text(re.compile("1 ago 2001, 9:00 .*21 ago 2001, 20:00"))
    expect(any_page.get_by_label("Desde", exact=True)).to_have_value("")
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.get_by_role("button", name="Ya estamos en casa").click()
    expect(any_page.get_by_text("Ahora", exact=True)).to_have_count(0)
    [ended] = home.get("/casa/ausencia")
    assert (ended["id"], ended["dura"]) == (lasting["id"], False)
    any_page.get_by_role("button", name="Borrar la ausencia").click()
    any_page.get_by_role("dialog").get_by_role("button", name="Borrar").click()
    expect(any_page.get_by_role("heading", name="Nadie ha dicho que la casa esté vacía")).to_be_visible()
    assert home.get("/casa/ausencia") == []


# -- the server ------------------------------------------------------------------------------------


def test_a_backup_is_made(home: Home, any_page: Page) -> None:
    section(any_page, "copias")
    expect(any_page.get_by_role("heading", name="Aún no hay copias")).to_be_visible()
    assert_accessible(any_page)
    any_page.get_by_role("button", name="Hacer una copia ahora").click()
    expect(any_page.get_by_role("status").get_by_text("Copia hecha y comprobada")).to_be_visible()
    [copy] = home.get("/copias")
    expect(any_page.get_by_role("main").get_by_role("listitem")).to_contain_text([copy["nombre"]])
    expect(any_page.get_by_text(".venv/bin/python run_system.py restore")).to_be_visible()
    assert_fits(any_page)
    assert_accessible(any_page)


def test_a_backup_that_fails_is_told_with_the_reason(home: Home, page: Page, complaints: Complaints) -> None:
    """Here, and as something to look at in what is well otherwise."""
    complaints.expect("503")
    (home.data / "copias").write_text("not a folder")
    section(page, "copias")
    page.get_by_role("button", name="Hacer una copia ahora").click()
    failure = page.get_by_role("alert")
    expect(failure).to_contain_text("La última falló: ")
    reason = (failure.text_content() or "").removeprefix("La última falló: ")
    expect(page.get_by_role("button", name="Hacer una copia ahora")).to_be_enabled()
    section(page, "salud")
    expect(page.get_by_role("heading", name="Funciona, pero hay algo que mirar")).to_be_visible()
    expect(page.get_by_text(f"La última copia falló: {reason}")).to_be_visible()
    page.close()
    home.backend.kill()  # which has logged a traceback, as it should, and would not end well


def test_a_backup_that_takes_long_is_followed(page: Page) -> None:
    """It is told as begun, and has a size when it is there."""
    begun = {"nombre": "iot-20261123T193938Z.db", "creada_en": "2026-11-23T19:39:38.000Z", "bytes": None}
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.method)
        if route.request.method == "POST":
            return route.fulfill(status=202, json=begun)
        first = asked.count("GET") == 1
        is_there = asked.count("GET") > 3
        return route.fulfill(json=[] if first else [begun | {"bytes": 90_112 if is_there else None}])

    page.route("**/copias", answer)
    section(page, "copias")
    page.get_by_role("button", name="Hacer una copia ahora").click()
    expect(page.get_by_role("status").get_by_text("La copia se está haciendo")).to_be_visible()
    expect(page.get_by_role("button", name="Haciéndose…")).to_be_disabled()
    expect(page.get_by_role("main").get_by_role("listitem")).to_contain_text(["90,1 kB"])
    expect(page.get_by_role("button", name="Hacer una copia ahora")).to_be_enabled()


def test_health_is_told_in_words(home: Home, any_page: Page, complaints: Complaints) -> None:
    """And looked at again while it is shown: what is wrong has a sentence each; no answer is no health."""
    home.claim(LAMP)
    any_page.clock.install()
    section(any_page, "salud")
    expect(any_page.get_by_role("heading", name="Todo va bien")).to_be_visible()
    expect(any_page.get_by_text("1 de 1 (1 en la casa)")).to_be_visible()
    assert_fits(any_page)
    assert_accessible(any_page)

    def without_broker(route: Route) -> None:
        told = route.fetch().json()
        told["broker"]["conectado"] = False
        route.fulfill(status=503, json=told)

    complaints.expect("503|ERR_FAILED")
    any_page.route("**/salud", without_broker)
    any_page.clock.fast_forward("00:10")
    expect(any_page.get_by_role("heading", name="Algo no va bien")).to_be_visible()
    expect(any_page.get_by_text("No hay conexión con el bróker")).to_be_visible()
    assert_accessible(any_page)
    any_page.unroute("**/salud")
    any_page.route("**/salud", lambda route: route.abort())
    any_page.clock.fast_forward("00:10")
    expect(any_page.get_by_role("alert")).to_contain_text("La casa no responde")
    any_page.unroute("**/salud")
    any_page.get_by_role("button", name="Reintentar").click()
    expect(any_page.get_by_role("heading", name="Todo va bien")).to_be_visible()


def test_who_the_broker_cannot_serve_is_told_of(home: Home, any_page: Page) -> None:
    """Who it is and what to do, in either language: the device itself may show nothing."""
    login = Login("casa", PASSWORD, client_id="zigbee2mqtt")
    with Device(home.backend.mqtt, login=login) as device:
        device.overstep("zigbee2mqtt/Luz del salón", "{}")
    wait_until(lambda: bool(home.get("/salud")["broker"]["avisos"]))
    section(any_page, "salud")
    expect(any_page.get_by_role("heading", name="Funciona, pero hay algo que mirar")).to_be_visible()
    told = any_page.get_by_role("main").get_by_role("listitem").filter(has_text="zigbee2mqtt")
    expect(told).to_have_text(re.compile("zigbee2mqtt usa un topic con espacios.*MQTT_EMBEDDED=mosquitto"))
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.goto("/#/casa")
    any_page.get_by_label("English").check()
    any_page.goto("/#/casa/salud")
    expect(told).to_have_text(re.compile("zigbee2mqtt uses a topic with spaces.*MQTT_EMBEDDED=mosquitto"))


def test_refused_messages_are_shown_as_they_came(home: Home, any_page: Page) -> None:
    """As text, whatever they hold, and a page at a time."""
    section(any_page, "rechazados")
    expect(any_page.get_by_role("heading", name="No se ha rechazado ningún mensaje")).to_be_visible()
    assert_accessible(any_page)
    home.babble(LAMP, *(f"{number:02}" + "x" * 80 for number in range(50)), "<img src=x onerror=alert(1)>")
    any_page.reload()
    rows = any_page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(50)
    rows.first.locator("summary").click()
    expect(rows.first.locator("pre")).to_have_text("<img src=x onerror=alert(1)>")
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.get_by_role("button", name="Ver más").click()
    expect(rows).to_have_count(51)
    expect(any_page.get_by_role("button", name="Ver más")).to_have_count(0)


def test_settings_are_shown_without_secrets(home: Home, any_page: Page) -> None:
    section(any_page, "ajustes")
    rows = any_page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(len(home.get("/ajustes")))
    expect(rows.filter(has_text="MQTT_USERNAME")).to_contain_text("casadel entorno")
    expect(rows.filter(has_text="MQTT_PASSWORD")).to_contain_text("secretodel entorno")
    assert PASSWORD not in any_page.content()
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.get_by_label("Buscar un ajuste").fill("mqtt_pass")
    expect(rows).to_have_count(1)
    any_page.get_by_label("Buscar un ajuste").fill("nada de esto")
    expect(any_page.get_by_role("heading", name="Ningún ajuste coincide")).to_be_visible()


# -- this browser ----------------------------------------------------------------------------------


def test_the_language_is_chosen_here(page: Page) -> None:
    """It holds in the frame and the view at once, and from then on."""
    page.goto("/#/casa")
    words = page.locator("nav a, main :is(h1, h2, legend, p, button)")
    expect(page.get_by_role("heading", name="Casa")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    before = set(words.all_inner_texts())
    page.get_by_label("English").check()
    expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    # A word that both languages have.
    assert before & set(words.all_inner_texts()) == {"General"}
    page.reload()
    expect(page.get_by_role("heading", name="Home", exact=True)).to_be_visible()
    expect(page.get_by_label("English")).to_be_checked()


def test_light_or_dark_is_chosen_here(page: Page) -> None:
    """Against the system, until it is to be as the system again."""
    light, dark = "rgb(246, 244, 239)", "rgb(18, 23, 26)"
    page.goto("/#/casa")
    html = page.locator("html")
    expect(html).to_have_css("background-color", light)
    page.get_by_label("Oscuro").check()
    expect(html).to_have_css("background-color", dark)
    assert_accessible(page)
    page.reload()
    expect(page.get_by_label("Oscuro")).to_be_checked()
    expect(html).to_have_css("background-color", dark)
    bars = page.locator("meta[name=theme-color]").evaluate_all("bars => bars.map((bar) => bar.content)")
    assert set(bars) == {"#12171a"}
    page.get_by_label("Como el sistema").check()
    expect(html).to_have_css("background-color", light)
    page.emulate_media(color_scheme="dark")
    expect(html).to_have_css("background-color", dark)
    page.get_by_label("Claro").check()
    expect(html).to_have_css("background-color", light)


def test_the_page_is_installed_from_here(page: Page) -> None:
    """The browser offers it before anybody has come to this view."""
    page.goto("/")
    expect(page.get_by_role("heading", name="Dispositivos", exact=True)).to_be_visible()
    page.evaluate(
        """() => {
          const offer = new Event("beforeinstallprompt", { cancelable: true });
          offer.prompt = () => { globalThis.prompted = (globalThis.prompted ?? 0) + 1; };
          dispatchEvent(offer);
        }"""
    )
    page.get_by_role("link", name="Casa").click()
    page.get_by_role("button", name="Instalar").click()
    expect(page.get_by_role("button", name="Instalar")).to_have_count(0)
    assert page.evaluate("globalThis.prompted") == 1


def test_sections_are_gone_through_with_the_keyboard(page: Page) -> None:
    """Whoever opens one stays among them."""
    page.goto("/#/casa")
    tabs = page.get_by_role("navigation", name="Apartados de la casa").get_by_role("link")
    expect(tabs).to_have_text(["Este navegador", *SECTIONS.values()])
    tabs.first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#/casa/habitaciones$"))
    expect(tabs.nth(1)).to_have_attribute("aria-current", "page")
    expect(tabs.nth(1)).to_be_focused()


def test_accounts_ask_for_a_name_in_an_open_house_too(home: Home, page: Page) -> None:
    """With the way to have one, after which they are shown."""
    for each in ("accesos", "auditoria", "personas"):
        section(page, each)
        expect(page.get_by_role("heading", name="Entra con tu nombre")).to_be_visible()
        expect(page.get_by_text(".venv/bin/python run_system.py setup")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Código de un solo uso").fill(home.code("admin"))
    page.get_by_role("button", name="Entrar en la casa").click()
    expect(page.get_by_role("listitem").filter(has_text="Persona admin")).to_be_visible()
    section(page, "auditoria")
    expect(page.get_by_role("listitem").filter(has_text="sesión abierta")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page: OpenPage, scheme: str) -> None:
    """Readable, usable by any means, and within a small screen."""
    page = open_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.goto("/#/casa")
    expect(page.get_by_role("heading", name="Quién eres aquí")).to_be_visible()
    for path in ("", *SECTIONS):
        if path:
            section(page, path)
        expect(page.get_by_text("Cargando…")).to_have_count(0)
        assert_fits(page)
        assert_accessible(page)
