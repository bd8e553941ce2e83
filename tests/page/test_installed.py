"""The page as an installed app: it opens without its server, is never older than the server's, and keeps
nothing of the house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.browsing import PATIENCE_MS, Complaints
from tests.web.page import page_of
from tests.web.site import LAMP, Site

ACTIVE = """
async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== "activated") await new Promise((done) => active.addEventListener("statechange", done));
  if (!navigator.serviceWorker.controller)
    await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done));
}
"""
REPLACED = """
async (old) => {
  for (;;) {
    const names = await caches.keys();
    if (names.length === 1 && names[0] !== old) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}
"""
KEPT = """
async () => {
  const kept = [];
  for (const name of await caches.keys())
    for (const { url } of await (await caches.open(name)).keys()) kept.push([name, new URL(url).pathname]);
  return kept;
}
"""


@pytest.fixture
def installing(browser: Browser, complaints: Complaints) -> Iterator[Page]:
    """A page whose service worker may work."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints.listen_to(page)
    yield page
    context.close()
    assert complaints.unexpected() == []


def install(page: Page, site: Site) -> None:
    page.goto(site.server.url)
    page.evaluate(ACTIVE)


def test_it_opens_while_the_server_is_away(installing: Page, tmp_path: Path, complaints: Complaints) -> None:
    """With all that it is made of, and with whatever stands after the question mark; what it then asks of the
    house fails, and is not answered with the page."""
    with Site(page=page_of(tmp_path)) as site:
        install(installing, site)
    complaints.expect("ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch")
    for path in ("/", "/?de=icono"):
        installing.goto(site.server.url + path)
        expect(installing.locator("#said")).to_have_text("uno")
    for path in ("/", "/dispositivos", "/stream/dispositivos"):
        assert (
            installing.evaluate("(path) => fetch(path).then(() => 'answered', () => 'failed')", path)
            == "failed"
        )


def test_after_an_update_it_is_the_new_one(installing: Page, tmp_path: Path, complaints: Complaints) -> None:
    """At the first load; and then that is what is kept, and the old one is gone."""
    with Site(page=page_of(tmp_path / "uno", "uno")) as site:
        install(installing, site)
        [old] = installing.evaluate("caches.keys()")
    with Site(page=page_of(tmp_path / "dos", "dos"), port=site.server.port):
        installing.reload()
        expect(installing.locator("#said")).to_have_text("dos")
        installing.evaluate(REPLACED, old)
    complaints.expect("ERR_CONNECTION_REFUSED|ERR_FAILED|Failed to fetch")
    installing.reload()
    expect(installing.locator("#said")).to_have_text("dos")


def test_nothing_of_the_house_is_kept(installing: Page, tmp_path: Path) -> None:
    """Answers and streams go by the worker, and the index as JSON is not taken for the page."""
    with Site(LAMP, page=page_of(tmp_path)) as site:
        install(installing, site)
        installing.reload()
        told = installing.evaluate(
            """async () => {
              const devices = await (await fetch("/dispositivos")).json();
              const index = await (await fetch("/", { headers: { Accept: "application/json" } })).json();
              const stream = new EventSource("/stream/dispositivos");
              await new Promise((done) => stream.addEventListener("hello", done));
              stream.close();
              return [devices.length, index.nombre];
            }"""
        )
        assert told == [1, "IoT Backend"]
        kept = installing.evaluate(KEPT)
        assert len({name for name, _ in kept}) == 1
        assert {path for _, path in kept if not path.startswith("/pagina/")} == {"/"}


def test_a_script_that_slipped_in_does_not_run(
    installing: Page, tmp_path: Path, complaints: Complaints
) -> None:
    """While the page's own do, and the import map that they need."""
    complaints.expect("CSP|Content Security Policy")
    with Site(page=page_of(tmp_path)) as site:
        installing.goto(site.server.url)
        expect(installing.locator("#said")).to_have_text("uno")
        violated = installing.evaluate(
            """async () => {
              const told = new Promise((done) => addEventListener("securitypolicyviolation", done));
              const script = document.createElement("script");
              script.textContent = "globalThis.slipped = true";
              document.body.append(script);
              return [(await told).effectiveDirective, globalThis.slipped ?? false];
            }"""
        )
        assert violated == ["script-src-elem", False]
