"""Notifications end to end: from a report to whoever receives, and as people set them up in the page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.brokers import wait_until
from tests.notifier import receivers
from tests.notifier.receivers import HttpReceiver, http_receiver, smtp_receiver
from tests.page.browsing import (
    CHROMIUM,
    PATIENCE_MS,
    Complaints,
    Held,
    assert_accessible,
    assert_fits,
    launched,
)
from tests.page.conftest import PHONE
from tests.page.home import Home

pytestmark = [pytest.mark.broker, pytest.mark.browser]

DETECTOR = "SMK0AAAAAAAA"
# From the report to the service, s.
AT_MOST_S = 3.0


# -- services --------------------------------------------------------------------------------------


def test_smoke_is_told_within_seconds_once_and_not_again_after_a_restart(home: Home) -> None:
    """By a webhook and by e-mail; a service that hangs costs them nothing."""
    with http_receiver(status=None) as hangs, http_receiver() as hook, smtp_receiver() as mail:
        mail_url = f"mailto://127.0.0.1:{mail.port}?from=casa@x.org&to=ana@y.org"
        for url in (f"json://{hangs.address}/", f"json://{hook.address}/", mail_url):
            home.post("/notificaciones/canales", {"nombre": "Ana", "url": url})
        number = home.claim(DETECTOR, nombre="Detector")
        home.report(DETECTOR, parametros={"alarma": False})
        began = time.perf_counter()
        home.report(DETECTOR, parametros={"alarma": True})
        told = hook.next().json
        letter = mail.next()
        took = time.perf_counter() - began
        print(f"from the report to a webhook and a mail server: {took:.3f} s")
        assert took <= AT_MOST_S
        assert told["title"] == "¡Humo! Detector"
        assert letter["Subject"] == told["title"]
        home.report(DETECTOR, parametros={"alarma": True})
        wait_until(lambda: states(home).count("enviado") == 2, AT_MOST_S)
        hangs.closing.set()
        home.restart()
        # A detector that is muted warns of nothing any more; one that is at rest does so a minute later.
        home.put(f"/dispositivos/{number}/limites", {"alarma": {"silenciada": True}})
        assert hook.next().json["title"] == "Ya no se avisa: ¡Humo! Detector"
        assert hook.taken.empty()


def states(home: Home) -> list[str]:
    return [notice["estado"] for notice in home.get("/notificaciones/avisos")]


def test_one_says_what_one_wants_adds_a_service_and_tries_it(any_page: Page, home: Home) -> None:
    page = any_page
    home.post("/habitaciones", {"nombre": "Cocina"})
    with http_receiver() as hook:
        page.goto("/#/casa/notificaciones")
        page.get_by_label("Avisar en el acto").select_option("high")
        page.get_by_label("De toda la casa").uncheck()
        page.get_by_label("Cocina").check()
        page.get_by_label("Desde").fill("22:30")
        page.get_by_label("Hasta").fill("07:00")
        page.get_by_role("button", name="Guardar").click()
        expect(page.get_by_text("Guardado")).to_be_visible()
        page.get_by_role("button", name="Añadir servicio").click()
        dialog = page.get_by_role("dialog")
        assert_accessible(page)
        dialog.get_by_label("Cómo llamarlo").fill("Gancho")
        dialog.get_by_label("Dirección del servicio").fill(f"json://{hook.address}/secreto")
        dialog.get_by_role("button", name="Añadir servicio").click()
        page.get_by_role("button", name="Probar Gancho").click()
        expect(page.get_by_text("El servicio lo ha aceptado.")).to_be_visible()
        assert hook.next().path == "/secreto"
    kept = home.get("/notificaciones")
    assert (kept["gravedad"], kept["habitaciones"]) == ("high", [1])
    assert kept["silencio"] == {"desde": "22:30", "hasta": "07:00"}
    assert_accessible(page)
    assert_fits(page)
    page.reload()
    expect(page.get_by_label("Avisar en el acto")).to_have_value("high")
    page.get_by_role("button", name="Borrar Gancho").click()
    page.get_by_role("dialog").get_by_role("button", name="Borrar").click()
    expect(page.get_by_text("Por ahora no te llega nada")).to_be_visible()
    assert home.get("/notificaciones")["canales"] == []


def test_what_became_of_each_message_is_shown(any_page: Page, home: Home) -> None:
    """One that is refused says why, and waits."""
    with http_receiver(status=500) as hook:
        home.post("/notificaciones/canales", {"nombre": "Gancho", "url": f"json://{hook.address}/"})
        home.claim(DETECTOR, nombre="Detector")
        home.report(DETECTOR, parametros={"alarma": True})
        hook.next()
        wait_until(lambda: home.get("/notificaciones/avisos")[0]["intentos"] == 1, AT_MOST_S)
        any_page.goto("/#/casa/notificaciones")
        row = any_page.get_by_role("listitem").filter(has_text="¡Humo! Detector")
        expect(row).to_contain_text("en espera · Gancho")
        expect(row).to_contain_text("500")
        assert_fits(any_page)


# -- Web Push --------------------------------------------------------------------------------------

# Chromium asks a service of its maker's for a subscription, which tests do not reach: it is given one.
SUBSCRIBED = """
(given) => {
  let made = null;
  const unsubscribe = async () => { made = null; return true; };
  window.move = (address) => { made = { toJSON: () => address, unsubscribe }; };
  PushManager.prototype.getSubscription = async () => made;
  PushManager.prototype.subscribe = async (options) => {
    window.asked = options;
    window.move(given);
    return made;
  };
}
"""
SHOWN = """
async () => {
  const registration = await navigator.serviceWorker.ready;
  for (;;) {
    const [shown] = await registration.getNotifications();
    if (shown) return { title: shown.title, body: shown.body, tag: shown.tag, path: shown.data };
    await new Promise((done) => setTimeout(done, 20));
  }
}
"""
# No program may click on a notification, and only a true click lets a worker bring a window to the front:
# that is the last thing it does, and the one that fails here.
CLICKED = """
async () => {
  const [notification] = await self.registration.getNotifications();
  const click = new NotificationEvent("notificationclick", { notification });
  let led;
  click.waitUntil = (promise) => { led = promise; };
  self.dispatchEvent(click);
  const problem = await led.then(() => null, (error) => error);
  return [problem?.message, (await self.registration.getNotifications()).length];
}
"""


# The browser's maker gives it another address; how, no program may tell a browser: first it has it, then the
# worker is told.
MOVED = """
async (given) => {
  const change = new ExtendableEvent("pushsubscriptionchange");
  change.newSubscription = { toJSON: () => given };
  let told;
  change.waitUntil = (promise) => { told = promise; };
  self.dispatchEvent(change);
  await told;
}
"""


@pytest.fixture
def push() -> Iterator[HttpReceiver]:
    """The service of a browser's maker."""
    with http_receiver(status=201) as service:
        yield service


@pytest.fixture
def pushed_home(tmp_path: Path, push: HttpReceiver) -> Iterator[Home]:
    with Home(tmp_path, push_servicios=push.address) as home:
        yield home


@pytest.fixture
def pushed_page(browser: Browser, pushed_home: Home, complaints: Complaints) -> Iterator[Page]:
    """The page on a phone that may show notifications, which the shell that the other tests use may not."""
    with launched(browser.browser_type, CHROMIUM) as whole:
        options: dict[str, Any] = {**PHONE, "locale": "es-ES", "permissions": ["notifications"]}
        context = whole.new_context(**options, base_url=pushed_home.url)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        complaints.listen_to(page)
        page.goto("/#/casa/notificaciones")
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        yield page
        assert complaints.unexpected() == []


def test_a_browser_without_a_push_service_says_so(
    pushed_page: Page, pushed_home: Home, complaints: Complaints
) -> None:
    """And not that somebody forbade it."""
    complaints.expect("does not support the Push API in incognito mode")
    switch = pushed_page.get_by_role("switch", name="Este navegador")
    switch.click()
    expect(pushed_page.get_by_text("no tiene aquí quien le lleve avisos")).to_be_visible()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert_fits(pushed_page)
    assert pushed_home.get("/notificaciones")["canales"] == []


def test_smoke_reaches_the_browser_and_leads_to_the_device(
    pushed_page: Page, pushed_home: Home, push: HttpReceiver
) -> None:
    """What the house sends is decrypted as a browser does, and given to the page's worker."""
    page, home = pushed_page, pushed_home
    keys = receivers.Browser()
    given = keys.subscription(f"http://{push.address}/abc")
    told = {"p256dh": given.public_key, "auth": given.auth}
    page.evaluate(SUBSCRIBED, {"endpoint": given.endpoint, "keys": told})
    switch = page.get_by_role("switch", name="Este navegador")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    mine = home.get("/notificaciones")
    assert page.evaluate("asked.applicationServerKey") == mine["clave_push"]
    assert [channel["servicio"] for channel in mine["canales"]] == ["Web Push"]

    number = home.claim(DETECTOR, nombre="Detector")
    home.report(DETECTOR, parametros={"alarma": True})
    taken = push.next()
    assert receivers.is_signed(taken, mine["clave_push"])
    deliver(page, keys.read(taken))
    shown = page.evaluate(SHOWN)
    assert (shown["title"], shown["path"]) == ("¡Humo! Detector", f"/#/dispositivo/{number}")
    assert shown["body"].startswith("Lo dice el propio aparato")
    [worker] = page.context.service_workers
    assert worker.evaluate(CLICKED) == ["Not allowed to focus a window.", 0]
    expect(page).to_have_url(f"{home.url}{shown['path']}")
    moved = keys.subscription(f"http://{push.address}/moved")
    address = {"endpoint": moved.endpoint, "keys": told}
    held = Held(page, "**/notificaciones/navegador", times=1)
    page.go_back()
    late = held.first  # the view tells on, by the address that the browser has until now
    page.evaluate("(address) => move(address)", address)
    worker.evaluate(MOVED, address)
    with page.expect_response(lambda answer: "/moved" in (answer.request.post_data or "")):
        late.continue_()
    assert home.get("/notificaciones")["canales"] == mine["canales"]
    home.post(f"/notificaciones/canales/{mine['canales'][0]['id']}/prueba")
    assert push.next().path == "/moved"
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert home.get("/notificaciones")["canales"] == []


def deliver(page: Page, told: dict[str, str]) -> None:
    """To the page's worker, as the service of the browser's maker would."""
    devtools = page.context.new_cdp_session(page)
    known: list[dict[str, Any]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    # Playwright tells of it while it is asked something.
    wait_until(lambda: page.evaluate("true") and bool(known))
    [registration] = known
    origin = page.evaluate("location.origin")
    message = {"origin": origin, "registrationId": registration["registrationId"], "data": json.dumps(told)}
    devtools.send("ServiceWorker.deliverPushMessage", message)
