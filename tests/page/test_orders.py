"""Orders given on a card: shown at once, sent once, and followed until the device confirms them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.page.browsing import ALONE, Complaints, Held, assert_accessible, expect_live, no_time_passing
from tests.page.conftest import OpenPage
from tests.page.home import Home

LAMP, BLIND, FAN, DOOR, SPRINKLER, METER = (
    f"{kind}AAAAAAAA" for kind in ("LGT0", "SHD0", "FAN0", "DRL0", "RGD0", "TMP0")
)
MANUAL = {"modo": "manual", "encendido": True}

# By a connection of its own, since nothing of the page's sees into the one that windows share.
_NOTE_THE_CONFIRMATION = (
    ALONE
    + """
const { addEventListener } = EventSource.prototype;
window.confirmed = new Promise((done) => {
  EventSource.prototype.addEventListener = function (name, listener) {
    addEventListener.call(this, name, (event) => {
      listener(event);
      if (JSON.parse(event.data).sincronizado) done();
    });
  };
});
"""
)

# All that follows a click without the browser doing anything else.
_OPENED_AT_ONCE = """
async (button) => {
  button.focus();
  button.click();
  for (let step = 0; step < 10; step += 1) await null;
  return document.querySelector("dialog").open;
}
"""


def claim(home: Home, serial: str, name: str, **configuration: Any) -> int:
    home.report(serial, estado="activo", configuracion={**MANUAL, **configuration})
    number = home.claim(serial, nombre=name, configuracion={**MANUAL, **configuration})
    home.ordered(serial)
    return number


def test_a_switch_is_pending_until_the_device_says_so(home: Home, any_page: Page) -> None:
    """Off at once for who looks; the device is told; its report confirms."""
    claim(home, LAMP, "Lámpara")
    any_page.goto("/")
    switch = any_page.get_by_role("switch", name="Encender o apagar Lámpara")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    assert home.ordered(LAMP)["configuracion"]["encendido"] is False
    card = any_page.get_by_role("article")
    expect(card).to_contain_text("Pendiente: el aparato aún no lo confirma")
    assert_accessible(any_page)
    home.report(LAMP, estado="inactivo")
    expect(card).to_contain_text("Confirmado por el aparato")
    assert home.device(LAMP)["sincronizado"]


def test_a_device_that_confirms_before_the_answer_comes(home: Home, page: Page) -> None:
    """Its first order: what nobody had asked for until then was neither confirmed nor not."""
    home.report(LAMP, estado="activo", configuracion=MANUAL)
    home.claim(LAMP, nombre="Lámpara")
    page.add_init_script(_NOTE_THE_CONFIRMATION)
    page.clock.install()
    page.goto("/")
    expect_live(page)
    held = Held(page, "**/dispositivos/*")
    page.get_by_role("switch").click()
    expect(page.get_by_role("article")).to_contain_text("Enviando…")
    answer = held.first.fetch()
    # What is heard is shown at the next tick.
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 10)
    home.report(LAMP, estado="inactivo", configuracion={**MANUAL, "encendido": False})
    page.evaluate("() => confirmed")
    held.first.fulfill(response=answer)
    expect(page.get_by_role("article")).to_contain_text("Confirmado por el aparato")


def test_a_simulated_device_obeys_and_confirms(home: Home, page: Page) -> None:
    """A blind goes where its slider was let go, by itself, and closes and opens when it is told to."""
    home.live_in(BLIND)
    home.claim(BLIND, nombre="Persiana", configuracion=MANUAL)
    page.goto("/")
    card = page.get_by_role("article")
    page.get_by_role("slider", name="Apertura de Persiana").fill("40")
    expect(card.locator(".main-reading")).to_have_text("Abierta 40\u00a0%")
    assert home.device(BLIND)["configuracion"]["posicion"] == 40
    expect(page.get_by_role("switch")).to_have_count(0)
    page.get_by_role("button", name="Bajar Persiana").click()
    expect(card.locator(".main-reading")).to_have_text("Cerrada")
    expect(page.get_by_role("slider")).to_have_value("0")
    page.get_by_role("button", name="Subir Persiana").click()
    expect(card.locator(".main-reading")).to_have_text("Abierta")
    expect(card).not_to_contain_text("El aparato dice")


def test_a_device_that_does_otherwise_is_believed(home: Home, page: Page) -> None:
    """What it says stands beside what was asked."""
    claim(home, LAMP, "Lámpara")
    home.report(LAMP, estado="inactivo")
    page.goto("/")
    expect(page.get_by_role("article")).to_contain_text("El aparato dice: apagado")
    expect(page.get_by_role("switch")).to_be_checked()


def test_an_order_to_a_silent_device_waits_for_it(home: Home, page: Page) -> None:
    claim(home, LAMP, "Lámpara")
    home.depart(LAMP)
    page.goto("/")
    page.get_by_role("switch").click()
    expect(page.get_by_role("article")).to_contain_text("lo hará cuando vuelva a tener conexión")


def test_an_order_that_is_lost_is_taken_back(home: Home, page: Page, complaints: Complaints) -> None:
    """The switch is where it was, and a message says why."""
    complaints.expect("Failed to load resource")
    claim(home, LAMP, "Lámpara")
    page.goto("/")
    held = Held(page, "**/dispositivos/*")
    switch = page.get_by_role("switch")
    switch.click()
    expect(page.get_by_role("article")).to_contain_text("Enviando…")
    expect(switch).not_to_be_checked()
    held.first.abort()
    expect(switch).to_be_checked()
    expect(page.get_by_text("La casa no responde")).to_be_visible()


def test_what_is_ordered_while_one_is_sent_goes_in_one(home: Home, page: Page) -> None:
    """The last of each wish, however often it is pressed meanwhile."""
    number = claim(home, FAN, "Ventilador")
    page.goto("/")
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    held = Held(page, f"**/dispositivos/{number}", times=1)
    page.get_by_role("switch").click()
    expect(page.get_by_role("article")).to_contain_text("Enviando…")
    slider = page.get_by_role("slider", name="Velocidad de Ventilador")
    for speed in ("10", "30", "65"):
        slider.fill(speed)
    held.first.continue_()
    expect(page.get_by_role("article")).not_to_contain_text("Enviando…")
    bodies = [request.post_data_json for request in requests if request.method == "PUT"]
    wishes = [{"encendido": False}, {"encendido": True, "velocidad": 65}]
    assert bodies == [{"configuracion": wish} for wish in wishes]
    assert home.device(FAN)["configuracion"]["velocidad"] == 65


def test_in_mode_horario_the_switch_acts_by_the_state(home: Home, page: Page) -> None:
    """And says that there is a schedule, which overrules it when its next time comes."""
    claim(home, LAMP, "Lámpara", modo="horario")
    page.goto("/")
    page.get_by_role("switch").click()
    expect(page.get_by_role("switch")).not_to_be_checked()
    expect(page.get_by_role("link", name="Lámpara, con horario: verlo")).to_be_visible()
    assert home.ordered(LAMP)["configuracion"]["encendido"] is False
    assert home.device(LAMP)["estado"] == "inactivo"


def test_a_door_asks_before_it_opens(home: Home, page: Page) -> None:
    """Locking is done at once; unlocking only after a yes. Escape is heard right after the click."""
    claim(home, DOOR, "Puerta", bloqueada=True)
    page.goto("/")
    page.get_by_role("button", name="Abrir Puerta").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Abrir Puerta").click()
    page.get_by_role("dialog").get_by_role("button", name="Abrir").click()
    opened = home.ordered(DOOR)["configuracion"]
    assert (opened["bloqueada"], opened["encendido"]) == (False, False)
    page.get_by_role("button", name="Cerrar con llave Puerta").click()
    assert home.ordered(DOOR)["configuracion"]["bloqueada"] is True


def test_a_question_stands_before_the_next_key(home: Home, page: Page) -> None:
    """Without a frame in between, so that no key, however fast, is lost or meant for what lies below."""
    claim(home, DOOR, "Puerta", bloqueada=True)
    page.goto("/")
    assert page.get_by_role("button", name="Abrir Puerta").evaluate(_OPENED_AT_ONCE)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Abrir Puerta")).to_be_focused()


def test_watering_is_started_for_minutes_and_again_when_it_is_over(home: Home, page: Page) -> None:
    """That it ended by itself is no contradiction; to begin again it is switched off and on."""
    claim(home, SPRINKLER, "Riego", encendido=False)
    home.report(SPRINKLER, estado="inactivo")
    page.goto("/")
    page.get_by_label("Minutos de riego de Riego").fill("25")
    page.get_by_role("button", name="Regar Riego").click()
    started = home.ordered(SPRINKLER)["configuracion"]
    assert (started["encendido"], started["duracion_min"]) == (True, 25)
    home.report(SPRINKLER, estado="activo")
    expect(page.get_by_role("button", name="Parar Riego")).to_be_visible()
    home.report(SPRINKLER, estado="inactivo")
    expect(page.get_by_role("article")).to_contain_text("Ha terminado de regar")
    page.get_by_role("button", name="Regar Riego").click()
    again = [home.ordered(SPRINKLER)["configuracion"]["encendido"] for _ in range(2)]
    assert again == [False, True]


def test_a_set_point_is_stepped_and_sent_once(home: Home, page: Page) -> None:
    """From what is measured, by halves; only where the steps end is sent."""
    claim(home, METER, "Clima")
    home.report(METER, parametros={"temperatura": 20.2})
    page.goto("/")
    expect(page.get_by_role("article")).to_contain_text("20,2")
    warmer = page.get_by_role("button", name="Subir la temperatura de Clima medio grado")
    for _ in range(3):
        warmer.click()
    expect(page.get_by_role("article").locator("output")).to_contain_text("21,5\u00a0°C")
    assert home.ordered(METER)["configuracion"]["temp_objetivo"] == 21.5


def test_who_leaves_right_after_stepping_has_stepped_all_the_same(home: Home, page: Page) -> None:
    claim(home, METER, "Clima", temp_objetivo=20)
    page.goto("/")
    warmer = page.get_by_role("button", name="Subir la temperatura de Clima medio grado")
    warmer.evaluate("button => { button.click(); location.hash = '#/casa'; }")
    assert home.ordered(METER)["configuracion"]["temp_objetivo"] == 20.5


@pytest.mark.parametrize("role", ["lectura", "miembro"])
def test_who_may_only_look_can_change_nothing(home: Home, open_page: OpenPage, role: str) -> None:
    """The switch shows how it is and cannot be moved; other controls, and adding, are for members."""
    claim(home, FAN, "Ventilador")
    home.report("LGT0BBBBBBBB", estado="activo")
    page = open_page(extra_http_headers={"Authorization": f"Bearer {home.token(role)}"})
    page.goto("/")
    member = role == "miembro"
    expect(page.get_by_role("switch")).to_be_enabled(enabled=member)
    expect(page.get_by_role("slider")).to_have_count(int(member))
    expect(page.get_by_role("link", name="Añadir", exact=True)).to_have_count(int(member))
    expect(page.get_by_role("link", name="1 dispositivo nuevo")).to_have_count(int(member))


def test_by_keyboard_alone(home: Home, page: Page) -> None:
    """From the search field on: each control in turn, and what it does."""
    claim(home, FAN, "Ventilador", velocidad=50)
    page.goto("/")
    page.get_by_role("searchbox").focus()
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ventilador")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert home.ordered(FAN)["configuracion"]["encendido"] is False
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert home.ordered(FAN)["configuracion"]["velocidad"] == 100


def test_a_slider_that_is_moved_by_keys_is_sent_once(home: Home, page: Page) -> None:
    """When the keys rest, or at once on leaving it."""
    number = claim(home, FAN, "Ventilador")
    page.clock.install()
    page.goto("/")
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    slider = page.get_by_role("slider", name="Velocidad de Ventilador")
    slider.fill("40")
    expect(page.get_by_role("article")).not_to_contain_text("Enviando…")
    sent = page.expect_request(lambda request: request.url.endswith(f"/dispositivos/{number}"))
    with sent, no_time_passing(page):
        for _ in range(5):
            slider.press("ArrowRight")
    expect(slider).to_have_value("65")
    with page.expect_request(lambda request: request.url.endswith(f"/dispositivos/{number}")):
        slider.press("ArrowLeft")
        slider.blur()
    expect(page.get_by_role("article")).not_to_contain_text("Enviando…")
    bodies = [json.loads(request.post_data or "") for request in requests if request.method == "PUT"]
    assert [body["configuracion"]["velocidad"] for body in bodies] == [40, 65, 60]
    assert home.device(FAN)["configuracion"]["velocidad"] == 60
