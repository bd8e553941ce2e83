"""The line of the last hour on a card: asked for once it is near, and then drawn from what is heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.page.conftest import PHONE, OpenPage
from tests.page.home import Home
from tests.page.node import running
from tests.page.past import INTERVAL, write_past

METER = "TMP0AAAAAAAA"
CROWD = 12
NUMBERS = re.compile(r"[ML](-?[\d.]+) (-?[\d.]+)")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """With a meter that has reported for a day."""
    home = Home(tmp_path)
    write_past(home.data, METER, days=1)
    with home:
        yield home


def corners(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in NUMBERS.findall(path)]


class Lines:
    """Counts the page's requests for lines."""

    def __init__(self, page: Page) -> None:
        self.asked = 0
        self.most_at_once = 0
        self._running: set[Request] = set()
        page.on("request", self._begun)
        page.on("requestfinished", lambda request: self._running.discard(request))

    def _begun(self, request: Request) -> None:
        if "/estadisticas" in request.url:
            self.asked += 1
            self._running.add(request)
            self.most_at_once = max(self.most_at_once, len(self._running))


def test_it_has_the_last_hour_and_goes_on_live(home: Home, page: Page) -> None:
    """A point for each minute that something was reported in, and no more than the hour has."""
    page.goto("/")
    line = page.locator(".spark path")
    expect(line).to_have_attribute("d", re.compile("L"))
    before = corners(line.get_attribute("d") or "")
    assert len(before) in (3600 // INTERVAL, 3600 // INTERVAL + 1)
    assert before == sorted(before, key=lambda corner: corner[0])
    home.report(METER, parametros={"temperatura": 60})
    expect(page.locator(".main-reading")).to_have_text("60\u00a0°C")
    # The highest of all, at the right edge.
    expect(line).to_have_attribute("d", re.compile(r"L118 \d[\d.]*$"))
    after = corners(line.get_attribute("d") or "")
    assert min(after, key=lambda corner: corner[1]) == after[-1]


def test_far_cards_ask_for_nothing_and_near_ones_few_at_a_time(home: Home, open_page: OpenPage) -> None:
    """Of a browser's six connections to a server four at most are taken up."""
    serials = [f"CO20{n:08}" for n in range(CROWD)]
    for serial in serials:
        home.report(serial, parametros={"co2": 600})
        home.claim(serial)
    page = open_page(**PHONE)
    lines = Lines(page)
    page.goto("/")
    expect(page.get_by_role("article")).to_have_count(CROWD + 1)
    expect(page.locator(".spark path").first).to_have_attribute("d", re.compile("M"))
    assert lines.asked < CROWD
    page.keyboard.press("End")
    expect(page.locator(".spark path").last).to_have_attribute("d", re.compile("M"))
    assert 1 <= lines.most_at_once <= 4


@pytest.mark.parametrize(
    ("points", "path"),
    [
        ([], ""),
        ([[60, 7]], "M118 16h0"),
        ([[0, 0], [60, 1]], "M2 30h0M118 2h0"),
        ([[50, 20], [55, 20.2], [60, 20]], "M98.7 19.5h0L108.3 12.5L118 19.5"),
        ([[50, -20], [60, -30]], "M98.7 2h0L118 30"),
    ],
)
def test_what_is_drawn(points: list[Any], path: str) -> None:
    """Silence is a gap, one point a dot, and what hardly changes a line that hardly does."""
    with running("views/devices/line.js") as modules:
        assert modules.ask("line", points, 60) == path
