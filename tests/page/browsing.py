"""Chromium, and what it says of a page: its errors, and what axe finds that keeps people out."""

from __future__ import annotations

import functools
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserType, ConsoleMessage, Error, Locator, Page, Route, expect

from tests.brokers import wait_until
from tests.machine import lacking, need

# Chromium on a busy machine takes its time.
PATIENCE_MS = 20_000

CHROMIUM: Final = ("chromium",)
# The shell opens a window in a third of the time: it draws no toolbar, which is a page of its own.
QUICKEST: Final = ("chromium-headless-shell", *CHROMIUM)
# Root may not use the sandbox, and a test machine has no GPU; the last keeps Chromium off the network.
_FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

_TELL_OF_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => {
  const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
  console.error(`CSP: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
});
"""
_SERIOUS = """
async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
}
"""

_GREY = """
async (png) => {
  const picture = await createImageBitmap(new Blob([Uint8Array.from(png)]));
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  return [picture.width, Array.from({ length: data.length / 4 }, (_, index) => data[index * 4 + 1])];
}
"""


def launched(chromium: BrowserType, programs: Sequence[str], *flags: str) -> Browser:
    """The first of ``programs`` that the machine has; without any, as :func:`~tests.machine.lacking` says."""
    need("browser")
    found = next(filter(None, map(shutil.which, programs)), None)
    if found is None:
        lacking(f"Chromium: apt-get install {programs[0]}")
    return chromium.launch(executable_path=found, args=[*_FLAGS, *flags])


class Complaints:
    """Errors on the console, uncaught ones, and violations of the content security policy."""

    def __init__(self) -> None:
        self._heard: list[str] = []
        self._expected: list[str] = []

    def listen_to(self, page: Page) -> None:
        page.add_init_script(_TELL_OF_VIOLATIONS)
        page.on("console", self._take)
        page.on("pageerror", self._take_uncaught)

    def expect(self, pattern: str) -> None:
        """What matches this regular expression somewhere is no fault of this test's page."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [
            text for text in self._heard if not any(re.search(pattern, text) for pattern in self._expected)
        ]

    def _take(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._heard.append(f"{message.text} ({message.location.get('url', '')})")

    def _take_uncaught(self, error: Error) -> None:
        self._heard.append(f"{error.message}\n{error.stack}")


class Held:
    """Requests of a page that are kept back until the test says what becomes of them."""

    def __init__(self, page: Page, pattern: str, times: int | None = None) -> None:
        self._page = page
        self._routes: list[Route] = []
        page.route(pattern, lambda route: self._routes.append(route), times=times)

    @property
    def first(self) -> Route:
        """Once there is one: what the page shows of it may be there before."""
        # Playwright tells of it while it is asked something.
        wait_until(lambda: self._page.evaluate("true") and bool(self._routes))
        return self._routes[0]


@contextmanager
def no_time_passing(page: Page) -> Iterator[None]:
    """For the page, whose clock has been installed: however long it takes to press keys."""
    page.clock.pause_at(page.evaluate("Date.now() / 1000") + 1)
    yield
    page.clock.resume()


# A page does without what the windows of a browser share: a worker, as in Chrome on Android, and what they
# speak by.
LED = "delete window.SharedWorker;"
ALONE = f"{LED} delete window.BroadcastChannel;"

# Returns when the page has drawn the view, which a change of the address alone does not say.
_GO = """
(view) => new Promise((done) => {
  addEventListener("hashchange", () => setTimeout(done), { once: true });
  location.hash = `#/${view}`;
})
"""


def go(page: Page, view: str) -> None:
    """To another view, as a link would, without loading the page anew."""
    page.evaluate(_GO, view)


def expect_live(page: Page) -> None:
    """The stream is there, and what is shown of the devices is what is."""
    expect(page.locator(".freshness")).to_have_attribute("data-state", "live")
    expect(page.locator(".rooms[data-stale=true]")).to_have_count(0)


def assert_accessible(page: Page) -> None:
    """axe finds nothing serious or critical in the page as it stands."""
    found = violations(page)
    assert not found, "\n".join(found)


def violations(page: Page) -> list[str]:
    """What axe finds that is serious or critical."""
    page.evaluate(_axe())
    found: list[str] = page.evaluate(_SERIOUS)
    return found


@functools.cache
def _axe() -> str:
    if not AXE.exists():
        lacking("axe-core: npm ci")
    return AXE.read_text("utf-8")


def qr_text(picture: Locator) -> str:
    """What a camera reads in the one QR code of what is shown there."""
    zxingcpp: Any = pytest.importorskip("zxingcpp", reason="pip install zxing-cpp")
    width, grey = picture.page.evaluate(_GREY, list(picture.screenshot()))
    image = memoryview(bytes(grey)).cast("B", (len(grey) // width, width))
    [code] = zxingcpp.read_barcodes(image)
    return str(code.text)


def assert_fits(page: Page) -> None:
    """Nothing sticks out to the right: the page cannot be scrolled sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


# After the frame that shows it, in milliseconds from when the address was asked for.
_TELL_OF_FIRST_CARD = """
window.firstCard = new Promise((resolve) => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector("article.device")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  }).observe(document, { childList: true, subtree: true });
});
"""


def first_card(page: Page, url: str) -> float:
    """After how many milliseconds a page that opens this has shown a card."""
    page.add_init_script(_TELL_OF_FIRST_CARD)
    page.goto(url)
    return float(page.evaluate("firstCard"))


# -- pictures ------------------------------------------------------------------------------------

_LOADING: Final = """
[...document.querySelectorAll(".loading, figure[data-metric]:not(:has(canvas))")]
  .filter((each) => each.getBoundingClientRect().top < innerHeight).length
"""


def settle(page: Page) -> None:
    """Until nothing in sight is still to come: what is out of sight is fetched when it is scrolled to."""
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    wait_until(lambda: page.evaluate(_LOADING) == 0)
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
