"""The way of a family member, in every engine: in by code, a lamp switched, its answer heard live."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Browser as PlaywrightBrowser

from tests.brokers import wait_until
from tests.page import browsers
from tests.page.browsers import Browser, Chromium
from tests.page.home import Home

pytestmark = [pytest.mark.browser, pytest.mark.broker]

LAMP = "LGT0AAAAAAAA"
CARD = "document.querySelector('article')?.textContent ?? ''"
# As a hand does: the field hears of it, and the form is sent.
ENTER = """
(() => {
  const field = document.querySelector("input[name=codigo]");
  field.value = CODE;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.form.requestSubmit();
  return true;
})()
"""
SWITCH = "document.querySelector('article [role=switch]')"


def go_the_way(browser: Browser, home: Home, code: str) -> None:
    def until(expression: str) -> None:
        wait_until(lambda: browser.ask(expression) is True, 60.0)

    browser.open(home.url)
    until("document.querySelector('input[name=codigo]') !== null")
    browser.ask(ENTER.replace("CODE", json.dumps(code)))
    until(f"({CARD}).includes('Lámpara') && ({CARD}).includes('20')")
    until("document.querySelector('.rooms')?.dataset.stale === 'false'")
    browser.ask(f"{SWITCH}.click()")
    until(f"{SWITCH}.getAttribute('aria-checked') === 'false'")
    wait_until(lambda: home.ordered(LAMP)["configuracion"]["encendido"] is False)
    home.say(LAMP, parametros={"temperatura": 25})
    until(f"({CARD}).includes('25')")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One that lets in only who shows who they are, with a lamp that is on."""
    with Home(tmp_path) as home:
        home.claim(LAMP, nombre="Lámpara", configuracion={"modo": "manual", "encendido": True})
        home.report(LAMP, parametros={"temperatura": 20})
    return Home.guarded(tmp_path)


@pytest.mark.parametrize("launched", [browsers.webkit, browsers.firefox], ids=["webkit", "firefox"])
def test_in_another_engine(
    home: Home, tmp_path: Path, launched: Callable[[Path], AbstractContextManager[Browser]]
) -> None:
    """Of which Playwright would bring builds of its own."""
    folder = tmp_path / "browser"
    folder.mkdir(mode=0o700)
    with home, launched(folder) as found:
        go_the_way(found, home, home.code("miembro"))


def test_in_chromium(home: Home, browser: PlaywrightBrowser) -> None:
    """The same, so that the description is not one that only the others keep."""
    with home, browser.new_context(locale="es-ES") as context:
        go_the_way(Chromium(context.new_page()), home, home.code("miembro"))
