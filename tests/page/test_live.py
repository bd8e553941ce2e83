"""A cut of the connection: seen, never stale as fresh, and mended without a gap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Locator, Page, Response, expect

from tests.brokers import wait_until
from tests.page.browsing import LED, Complaints, Held, assert_accessible, expect_live
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.proxy import Proxy

METER, LAMP = "TMP0AAAAAAAA", "LGT0BBBBBBBB"

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
# What stands there whenever it begins to be shown as fresh.
_NOTE_THE_FRESH = """
() => {
  window.fresh = [];
  new MutationObserver(() => {
    if (document.querySelector(".rooms").dataset.stale === "false")
      window.fresh.push(document.querySelector(".main-reading").textContent);
  }).observe(document.querySelector(".rooms"), { attributeFilter: ["data-stale"] });
}
"""
_HIDE = """
Object.defineProperty(document, "hidden", { configurable: true, get: () => window.outOfSight ?? true });
window.show = () => {
  window.outOfSight = false;
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


@pytest.fixture
def wire(home: Home) -> Iterator[Proxy]:
    """The browser's way to the server."""
    with Proxy(home.backend.http) as proxy:
        yield proxy


@pytest.fixture
def page(home: Home, wire: Proxy, open_page: OpenPage, complaints: Complaints) -> Page:
    """At the end of the wire, with a meter at 20 degrees and a lamp that is on."""
    complaints.expect("net::ERR_")
    for serial, name in ((METER, "Clima"), (LAMP, "Lámpara")):
        home.claim(serial, nombre=name, configuracion={"modo": "manual", "encendido": True})
    home.report(METER, parametros={"temperatura": 20})
    page = open_page(base_url=wire.url)
    page.goto("/")
    expect(page.locator(".main-reading").first).to_have_text("20\u00a0°C")
    # The list may be there before the stream is, whose cut is what the tests are about.
    expect_live(page)
    return page


def mend(wire: Proxy, page: Page) -> None:
    """The page tries at once, and does not wait, up to 15 s after a long cut."""
    wire.mend()
    page.evaluate("dispatchEvent(new Event('online'))")


def test_a_cut_is_seen_and_mended_without_a_gap(home: Home, wire: Proxy, page: Page) -> None:
    """Old readings say how old they are; then the stream tells what was missed, and no list is read."""
    clima = page.get_by_role("article").first
    banner = page.get_by_text("Sin conexión con la casa")
    wire.cut()
    expect(banner).to_be_visible()
    expect(page.locator(".rooms")).to_have_attribute("data-stale", "true")
    expect(clima).to_contain_text("Visto hace un momento")
    assert_accessible(page)
    home.report(METER, parametros={"temperatura": 25})
    home.report(LAMP, estado="inactivo")
    expect(clima.locator(".main-reading")).to_have_text("20\u00a0°C")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(wire.url)))
    mend(wire, page)
    expect(banner).to_be_hidden()
    expect(clima.locator(".main-reading")).to_have_text("25\u00a0°C")
    expect(page.get_by_role("article").last).to_contain_text("El aparato dice: apagado")
    expect_live(page)
    assert "/dispositivos" not in asked


def test_a_page_finds_the_house_again_by_itself(
    home: Home, wire: Proxy, open_page: OpenPage, complaints: Complaints
) -> None:
    """It tries again and again, also where the browser tells nothing of the network."""
    complaints.expect("net::ERR_")
    home.claim(METER, nombre="Clima")
    home.report(METER, parametros={"temperatura": 20})
    page = open_page(alone=True, base_url=wire.url)
    page.clock.install()
    page.goto("/")
    live = page.locator(".freshness[data-state=live]")
    run_until(page, live)
    wire.cut()
    expect(live).to_have_count(0)
    for _ in range(4):
        with page.expect_event("requestfailed", lambda request: "/stream/casa" in request.url):
            page.clock.run_for(15_000)
    home.report(METER, parametros={"temperatura": 25})
    wire.mend()
    page.clock.run_for(15_000)
    run_until(page, live)
    expect(page.locator(".main-reading")).to_have_text("25\u00a0°C")


def run_until(page: Page, shown: Locator) -> None:
    """The page's clock goes on in short steps, since what the server says takes its own time."""

    def is_shown() -> bool:
        page.clock.run_for(100)
        return shown.count() > 0

    wait_until(is_shown)


def test_after_a_cut_that_outlasts_the_server_everything_is_read_anew(
    home: Home, wire: Proxy, page: Page
) -> None:
    """Another server does not know what was missed, and says so."""
    wire.cut()
    expect(page.get_by_text("Sin conexión con la casa")).to_be_visible()
    home.restart()
    home.report(METER, parametros={"temperatura": 19})
    wire.aim(home.backend.http)
    mend(wire, page)
    expect(page.locator(".main-reading").first).to_have_text("19\u00a0°C")
    expect(page.get_by_text("Sin conexión con la casa")).to_be_hidden()


def test_an_order_without_a_connection_says_so(home: Home, wire: Proxy, page: Page) -> None:
    """Nothing looks done that is not."""
    wire.cut()
    expect(page.get_by_text("Sin conexión con la casa")).to_be_visible()
    page.get_by_role("switch", name="Encender o apagar Lámpara").click()
    expect(page.get_by_text("La casa no responde")).to_be_visible()
    expect(page.get_by_role("switch", name="Encender o apagar Lámpara")).to_be_checked()
    assert home.device(LAMP)["configuracion"]["encendido"] is True


def test_what_was_missed_is_there_before_it_counts_as_fresh(home: Home, wire: Proxy, page: Page) -> None:
    """Being connected is not enough."""
    wire.cut()
    expect(page.locator(".rooms")).to_have_attribute("data-stale", "true")
    home.report(METER, parametros={"temperatura": 25})
    page.evaluate(_NOTE_THE_FRESH)
    mend(wire, page)
    expect_live(page)
    assert page.evaluate("window.fresh") == ["25\u00a0°C"]


def test_a_list_that_is_still_to_come_leaves_everything_old(home: Home, wire: Proxy, page: Page) -> None:
    """And what is heard while it is being read is newer than it."""
    clima = page.locator(".main-reading").first
    stale = page.locator(".rooms")
    wire.cut()
    expect(stale).to_have_attribute("data-stale", "true")
    home.restart()
    home.report(METER, parametros={"temperatura": 19})
    wire.aim(home.backend.http)
    held = Held(page, "**/dispositivos")
    with page.expect_request("**/dispositivos"):
        mend(wire, page)
    page.evaluate(DRAWN)
    assert clima.text_content() == "20\u00a0°C"
    assert stale.get_attribute("data-stale") == "true"
    answer = held.first.fetch()
    home.report(METER, parametros={"temperatura": 25})
    expect(clima).to_have_text("25\u00a0°C")
    assert stale.get_attribute("data-stale") == "true"
    held.first.fulfill(response=answer)
    expect_live(page)
    assert clima.text_content() == "25\u00a0°C"


def test_a_tab_that_was_never_looked_at_holds_no_stream(home: Home, open_page: OpenPage) -> None:
    """A browser has six connections for all its tabs."""
    home.claim(LAMP)
    page = open_page(alone=True)
    page.add_init_script(_HIDE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(home.url)))
    page.goto("/")
    expect(page.get_by_role("heading", name="Dispositivos")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate(DRAWN)
    assert [path for path in asked if path.startswith("/stream")] == []
    page.evaluate("show()")
    expect(page.get_by_role("article")).to_have_count(1)
    expect_live(page)


@pytest.mark.parametrize("way", ["refused", "kept back"])
def test_without_a_stream_there_is_still_the_list(
    home: Home, open_page: OpenPage, complaints: Complaints, way: str
) -> None:
    """Said to be old, as nobody knows, and read again at each attempt."""
    complaints.expect("503")
    home.claim(METER)
    home.report(METER, parametros={"temperatura": 20})
    page = open_page(alone=True)
    page.clock.install()
    page.route("**/stream/**", lambda route: way == "refused" and route.fulfill(status=503))
    with page.expect_request("**/stream/casa"):
        page.goto("/")
    page.clock.run_for(15_000)
    expect(page.locator(".main-reading")).to_have_text("20\u00a0°C")
    expect(page.get_by_text("De la casa no llega nada en directo")).to_be_visible()
    expect(page.locator(".rooms")).to_have_attribute("data-stale", "true")
    home.report(METER, parametros={"temperatura": 21})
    page.clock.run_for(30_000)
    expect(page.locator(".main-reading")).to_have_text("21\u00a0°C")
    page.unroute("**/stream/**")
    page.clock.run_for(15_000)
    expect_live(page)
    expect(page.get_by_text("De la casa no llega nada en directo")).to_be_hidden()


@pytest.mark.parametrize("by", ["worker", "led"])
def test_all_windows_of_a_browser_share_one_connection(
    home: Home, open_page: OpenPage, complaints: Complaints, by: str
) -> None:
    """Seven, one more than it has connections: all hear what happens, whichever of them is closed or killed;
    another browser has its own, and the last window takes theirs along. So also without a worker to share."""
    complaints.expect("crash")
    home.claim(METER)
    home.report(METER, parametros={"temperatura": 20})

    def listeners_are(count: int) -> None:
        wait_until(lambda: home.get("/salud")["hub"]["clientes"] == count)

    first = open_page()
    context = first.context
    if by == "led":
        context.add_init_script(LED)
    windows = [first, *(context.new_page() for _ in range(6))]

    def all_show(windows: list[Page], degrees: int) -> None:
        home.report(METER, parametros={"temperatura": degrees})
        for window in windows:
            expect(window.locator(".main-reading")).to_have_text(f"{degrees}\u00a0°C")
            expect_live(window)

    for window in windows:
        window.goto("/")
        expect_live(window)
    all_show(windows, 21)
    listeners_are(1)
    # The first one's own process may be where all share their connection.
    with suppress(Error):
        context.new_cdp_session(first).send("Page.crash", timeout=1_000)
    windows[1].close()
    all_show(windows[2:], 22)
    late = context.new_page()
    late.goto("/")
    all_show([*windows[2:], late], 23)
    listeners_are(1)
    another = open_page()
    another.goto("/")
    all_show([another, late], 24)
    listeners_are(2)
    for window in (*windows[2:], late):
        window.close()
    listeners_are(1)


def test_a_room_that_is_renamed_elsewhere(home: Home, open_page: OpenPage) -> None:
    """Is so here when the page is looked at again, and after a while in any case."""
    room = home.post("/habitaciones", {"nombre": "Cocina"})["id"]
    home.put(f"/dispositivos/{home.claim(LAMP)}", {"habitacion_id": room})
    page = open_page()
    page.clock.install()
    page.goto("/")
    expect(page.get_by_role("heading", name="Cocina")).to_be_visible()
    expect_live(page)
    home.put(f"/habitaciones/{room}", {"nombre": "Comedor"})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("heading", name="Comedor")).to_be_visible()
    home.put(f"/habitaciones/{room}", {"nombre": "Salón"})
    page.clock.fast_forward("05:00")
    expect(page.get_by_role("heading", name="Salón")).to_be_visible()


def test_the_line_of_the_last_hour_is_asked_for_again_after_a_gap(wire: Proxy, page: Page) -> None:
    """Since only the end of what was missed is heard."""
    line = page.locator(".spark path")
    expect(line).to_have_attribute("d", re.compile("M"))
    wire.cut()
    expect(page.locator(".rooms")).to_have_attribute("data-stale", "true")
    with page.expect_response("**/estadisticas?**"):
        mend(wire, page)
    expect(line).to_have_attribute("d", re.compile("M"))


def test_a_line_that_could_not_be_had_is_asked_for_again(
    home: Home, open_page: OpenPage, complaints: Complaints
) -> None:
    """A minute later."""
    complaints.expect("503")
    home.claim(METER)
    home.report(METER, parametros={"temperatura": 20})
    page = open_page()
    page.clock.install()
    page.route("**/estadisticas?**", lambda route: route.fulfill(status=503))
    with page.expect_response("**/estadisticas?**"):
        page.goto("/")
    page.unroute("**/estadisticas?**")
    answers: list[Response] = []

    def take(response: Response) -> None:
        if "/estadisticas?" in response.url:
            answers.append(response)

    page.on("response", take)

    def is_answered() -> bool:
        # In steps, since the page may be told of the refusal only after the first.
        page.clock.run_for(10_000)
        return bool(answers)

    wait_until(is_answered)
    assert answers[0].ok
