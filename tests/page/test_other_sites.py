"""What a page of another site can do to the house, in a real browser: lead there, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from actors.domain.people import CONSOLE, Role
from tests.page.browsing import PATIENCE_MS
from tests.page.test_installed import ACTIVE
from tests.web.keys import Keys
from tests.web.page import page_of
from tests.web.site import Site
from web.security.access import Mode

IMAGES = 40
ALL_SETTLED = """
async (count) => {
  const image = (n) => new Promise((done) => {
    const made = new Image();
    made.onload = made.onerror = (event) => done(event.type);
    made.src = `${house}/dispositivos?n=${n}`;
  });
  const stream = (n) => new Promise((done) => {
    const made = new EventSource(`${house}/stream/dispositivos?ticket=x${n}`);
    made.onopen = made.onerror = (event) => { made.close(); done(event.type); };
  });
  const form = (n) => fetch(`${house}/auth/emparejar`, {
    method: "POST", mode: "no-cors", body: `{"codigo":"AAAAA-AAAA${n}","nombre":"x"}`,
  }).then((answer) => answer.type, () => "error");
  const each = (make) => Promise.all(Array.from({ length: count }, (_, n) => make(n)));
  return [await each(image), await each(stream), await each(form)].map((all) => [...new Set(all)]);
}
"""


@contextmanager
def other_site(house: str) -> Iterator[str]:
    """The address of one whose only page knows the house's."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<script>house = '{house}'</script><a href='{house}/'>casa</a>".encode())

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """A page whose service worker may work, and which may complain."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_pages_of_other_sites_reach_nothing_and_ban_nobody(visitor: Page, tmp_path: Path) -> None:
    """Forty images, streams with tickets and pairing codes, of a house that asks for no token here."""
    keys = Keys(tmp_path)
    code = keys.accounts.make_code(keys.people[Role.READER].id, CONSOLE)
    with keys.site(Mode.HERE) as site, other_site(site.server.url) as elsewhere:
        visitor.goto(elsewhere)
        assert visitor.evaluate(ALL_SETTLED, IMAGES) == [["error"]] * 3
        pairing = site.post("/auth/emparejar", {"codigo": code.text, "nombre": "x"})
        assert pairing.status == 201, "the house's own address was banned"


def test_a_link_from_another_site_opens_the_page(visitor: Page, tmp_path: Path) -> None:
    """The first time, and when its service worker passes the request on."""
    with Site(page=page_of(tmp_path)) as site, other_site(site.server.url) as elsewhere:
        for _ in range(2):
            visitor.goto(elsewhere)
            visitor.click("a")
            expect(visitor.locator("#said")).to_have_text("uno")
            visitor.evaluate(ACTIVE)
