"""A cut of the connection: seen, never stale as fresh, and mended without a gap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Complaints, assert_accessible
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.proxy import Proxy

METER, LAMP = "TMP0AAAAAAAA", "LGT0BBBBBBBB"


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
    return page


def test_a_cut_is_seen_and_mended_without_a_gap(home: Home, wire: Proxy, page: Page) -> None:
    """Old readings say how old they are; then the stream tells what was missed, and no list is read."""
    clima = page.get_by_role("article").first
    banner = page.get_by_text("Sin conexión con la casa")
    expect(banner).to_be_hidden()
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
    wire.mend()
    expect(banner).to_be_hidden()
    expect(clima.locator(".main-reading")).to_have_text("25\u00a0°C")
    expect(page.get_by_role("article").last).to_contain_text("El aparato dice: apagado")
    expect(page.locator(".rooms")).to_have_attribute("data-stale", "false")
    assert any(path.startswith("/stream/dispositivos?last_event_id=") for path in asked)
    assert "/dispositivos" not in asked


def test_after_a_cut_that_outlasts_the_server_everything_is_read_anew(
    home: Home, wire: Proxy, page: Page
) -> None:
    """Another server does not know what was missed, and says so."""
    wire.cut()
    expect(page.get_by_text("Sin conexión con la casa")).to_be_visible()
    home.restart()
    home.report(METER, parametros={"temperatura": 19})
    wire.aim(home.backend.http)
    wire.mend()
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
