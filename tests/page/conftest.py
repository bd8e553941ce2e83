"""Chromium, one a worker, and pages that complain of every error in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.browsing import ALONE, PATIENCE_MS, QUICKEST, Complaints, launched
from tests.page.home import Home

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

expect.set_options(timeout=PATIENCE_MS)

OpenPage = Callable[..., Page]


# Not the session's: the sync API holds the thread's event loop, which tests elsewhere want for themselves.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium, QUICKEST)
        yield browser
        browser.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A running system without devices."""
    with Home(tmp_path) as home:
        yield home


@pytest.fixture
def complaints() -> Complaints:
    """Errors that the test's pages met; ``complaints.expect(pattern)`` for those that it provokes."""
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, home: Home, complaints: Complaints) -> Iterator[OpenPage]:
    """``open_page(**options)``: a page of a browser context of its own, by default a desktop's in Spanish,
    with nothing opened in it yet. Paths in ``goto`` are the home's. Fails the test for each complaint.

    Playwright hears nothing of what the windows of a browser share: with ``alone=True`` the page shares
    nothing, so that its stream can be listened to, held back, and be of the page's own time.
    """
    contexts = []

    def open_one(*, alone: bool = False, **options: Any) -> Page:
        context = browser.new_context(
            **{
                **DESKTOP,
                "base_url": home.url,
                "locale": "es-ES",
                "reduced_motion": "reduce",
                "service_workers": "block",
                **options,
            }
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if alone:
            context.add_init_script(ALONE)
        page = context.new_page()
        complaints.listen_to(page)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """A desktop's, 1280 by 800."""
    return open_page()


@pytest.fixture
def phone(open_page: OpenPage) -> Page:
    """360 by 740, touched."""
    return open_page(**PHONE)


@pytest.fixture(params=["desktop", "phone"])
def any_page(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    """Each of the two."""
    return open_page(**(PHONE if request.param == "phone" else DESKTOP))
