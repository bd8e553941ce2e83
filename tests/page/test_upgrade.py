"""A page that was open while the system was upgraded: it never runs with halves of two versions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.browsing import Complaints
from tests.page.conftest import OpenPage
from tests.page.test_installed import ACTIVE
from tests.web.site import LAMP, Site
from web.page.build import SOURCES, build
from web.page.files import Page as Files

HOLD = "async () => { window.release = (await import('/pagina/js/route.js')).holdBack(() => {}); }"
UPDATE = "async () => { await (await navigator.serviceWorker.ready).update(); }"
UPDATE_AGAIN_AND_AGAIN = f"() => {{ setInterval(() => ({UPDATE})().catch(() => {{}}), 100); }}"
# The newest worker there is has this page.
TAKEN = """
async () => {
  const { serviceWorker } = navigator;
  const { installing, waiting, active } = await serviceWorker.ready;
  return !installing && !waiting && active === serviceWorker.controller;
}
"""
# Returns when a page that had to be loaded anew would be: it asks for the version, and waits for 200 ms.
JUDGED = """
async () => {
  await fetch("/pagina/shell.js");
  await new Promise((done) => setTimeout(done, 600));
}
"""


def until_judged(tab: Page) -> None:
    """Returns once the tab has heard of the upgrade and had time to do about it what it wants."""
    tab.evaluate(UPDATE)
    tab.wait_for_function(TAKEN)
    tab.evaluate(JUDGED)


class UpgradingSite:
    """A server whose page is another one after an upgrade."""

    def __init__(self, folder: Path) -> None:
        ignore = shutil.ignore_patterns("built", "*.py*")
        self._sources = Path(shutil.copytree(SOURCES, folder / "sources", ignore=ignore))
        self._built = folder / "built"
        self._site = self._begin(port=0)

    def _begin(self, port: int) -> Site:
        build(self._built, ["js/route.js"], self._sources)
        return Site(LAMP, page=Files.read(self._built), port=port).__enter__()

    @property
    def url(self) -> str:
        return self._site.server.url

    def upgrade(self) -> None:
        """From now on browsers may hear of it, which they do when they like."""
        port = self._site.server.port
        self.end()
        with (self._sources / "js" / "views" / "insights.js").open("a") as view:
            view.write("export const NEWER = true;\n")
        self._site = self._begin(port)

    def end(self) -> None:
        self._site.__exit__(None, None, None)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[UpgradingSite]:
    house = UpgradingSite(tmp_path)
    yield house
    house.end()


@pytest.fixture
def open_tab(open_page: OpenPage, house: UpgradingSite, complaints: Complaints) -> Page:
    """One that is open before the upgrade, and kept by its worker."""
    complaints.expect("net::ERR_")
    page = open_page(service_workers="allow")
    page.goto(house.url)
    page.evaluate(ACTIVE)
    page.reload()
    expect(page.get_by_role("heading", name="Dispositivos", exact=True)).to_be_visible()
    page.evaluate("window.old = true")
    return page


def test_it_is_loaded_anew(open_tab: Page, house: UpgradingSite) -> None:
    """Once the new version is there."""
    open_tab.evaluate(UPDATE_AGAIN_AND_AGAIN)
    with open_tab.expect_event("load"):
        house.upgrade()
    expect(open_tab.get_by_role("heading", name="Dispositivos", exact=True)).to_be_visible()
    assert open_tab.evaluate("window.old") is None


def test_what_is_not_saved_is_not_lost(open_tab: Page, house: UpgradingSite) -> None:
    """The page waits until nothing is held back."""
    open_tab.evaluate(HOLD)
    house.upgrade()
    until_judged(open_tab)
    assert open_tab.evaluate("window.old") is True
    with open_tab.expect_event("load"):
        open_tab.evaluate("release()")


def test_a_tab_that_is_new_already_is_left_alone(open_tab: Page, house: UpgradingSite) -> None:
    """Its worker is the older one of the two at first."""
    open_tab.evaluate(HOLD)
    house.upgrade()
    open_tab.reload()
    open_tab.evaluate("window.old = 'no'")
    until_judged(open_tab)
    assert open_tab.evaluate("window.old") == "no"


def test_a_view_of_another_version_offers_to_load_all_anew(
    open_page: OpenPage, house: UpgradingSite, complaints: Complaints
) -> None:
    """Where no worker does: what this page would fetch is there no more, and the network is not to blame."""
    complaints.expect("net::ERR_|404")
    page = open_page()
    page.goto(house.url)
    expect(page.get_by_role("heading", name="Dispositivos", exact=True)).to_be_visible()
    house.upgrade()
    page.evaluate("location.hash = '#/avisos'")
    expect(page.get_by_text("Hay una versión nueva de esta página.")).to_be_visible()
    page.get_by_role("button", name="Recargar").click()
    expect(page.get_by_role("heading", name="Avisos")).to_be_visible()


def test_a_view_that_does_not_come_is_asked_for_again(page: Page, complaints: Complaints) -> None:
    """That is the network's fault, and a version has nothing to do with it."""
    complaints.expect("net::ERR_")
    page.goto("/")
    expect(page.get_by_role("heading", name="Dispositivos", exact=True)).to_be_visible()
    page.route("**/js/insights-*.js", lambda route: route.abort())
    page.evaluate("location.hash = '#/avisos'")
    expect(page.get_by_text("La casa no responde")).to_be_visible()
    page.unroute("**/js/insights-*.js")
    page.get_by_role("button", name="Reintentar").click()
    expect(page.get_by_role("heading", name="Avisos")).to_be_visible()
