"""The documents as a site: its contents hold each of them, and its diagrams can be drawn."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.docs.pages import HOUSE, PAGES, Page
from tests.machine import lacking
from tests.page.browsing import QUICKEST, launched

DOCS = HOUSE / "docs"
MERMAID = HOUSE / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"
DIAGRAMS = [
    pytest.param(block.text, id=f"{page.name}-{number}")
    for page in map(Page, PAGES)
    for number, block in enumerate(page.blocks())
    if block.language == "mermaid"
]


def files(contents: Any) -> Iterator[str]:
    """Those that a part of the contents names: a file, or parts below a heading."""
    if isinstance(contents, str):
        yield contents
    else:
        for part in contents.values() if isinstance(contents, dict) else contents:
            yield from files(part)


def test_the_contents_are_complete() -> None:
    """Each document stands in them once, and none that is not there."""
    contents = files(tomllib.loads((HOUSE / "zensical.toml").read_text("utf-8"))["project"]["nav"])
    assert sorted(contents) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@pytest.fixture(scope="module")
def drawn() -> Iterator[Any]:
    """Makes an SVG of a diagram's text, as the site does; raises Playwright's ``Error`` if it cannot."""
    if not MERMAID.exists():
        lacking("Mermaid: npm ci")
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium, QUICKEST)
        page = browser.new_page()
        page.add_script_tag(path=MERMAID)
        yield lambda text: page.evaluate("async (text) => (await mermaid.render('one', text)).svg", text)
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("text", DIAGRAMS)
def test_diagrams_can_be_drawn(drawn: Any, text: str) -> None:
    """By what the site draws them with."""
    assert drawn(text).startswith("<svg")


@pytest.mark.browser
def test_a_diagram_at_fault_is_found(drawn: Any) -> None:
    """It is no picture of an error."""
    with pytest.raises(Error, match="Parse error"):
        drawn("flowchart LR\n  a -- --> ]")
