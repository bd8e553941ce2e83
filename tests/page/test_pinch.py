"""Two fingers on a device's chart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import CDPSession, Page, Response, expect

from tests.page.home import Home
from tests.page.past import write_past
from tests.page.test_device import SERIAL, TEMPERATURE, answers_to, open_history, plot, told

# What is drawn, as text.
DRAWN = "(selector) => document.querySelector(selector).toDataURL()"
# The picture is painted after what stands beside it.
SHOWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
CANVAS = f"{TEMPERATURE} canvas"
IS_DRAWN = "([selector, drawn]) => document.querySelector(selector).toDataURL() === drawn"
IS_NOT_DRAWN = "([selector, drawn]) => document.querySelector(selector).toDataURL() !== drawn"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A running system with one thermometer and three days of its past."""
    home = Home(tmp_path)
    write_past(home.data, SERIAL)
    with home:
        yield home


class Fingers:
    """Two, on the curve of the temperature; where they are is told in shares of its width."""

    def __init__(self, page: Page) -> None:
        plot(page).scroll_into_view_if_needed()
        box = plot(page).bounding_box()
        assert box is not None
        self._box = box
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._at: tuple[float, float] = (0, 0)

    def put(self, left: float, right: float) -> None:
        self._at = (left, right)
        self._tell("touchStart", left, right)

    def go(self, left: float, right: float) -> None:
        """In two steps."""
        for share in (0.5, 1):
            before = zip(self._at, (left, right), strict=True)
            self._tell("touchMove", *(old + (new - old) * share for old, new in before))
        self._at = (left, right)

    def lift(self) -> None:
        self._tell("touchEnd")

    def lose(self) -> None:
        """The browser takes them for itself."""
        self._tell("touchCancel")

    def _tell(self, kind: str, *shares: float) -> None:
        points = [
            {"x": self._box["x"] + self._box["width"] * share, "y": self._box["y"] + 60, "id": index}
            for index, share in enumerate(shares)
        ]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def asked(response: Response) -> tuple[int, int]:
    """The range, in seconds since 1970."""
    query = parse_qs(urlsplit(response.url).query)
    return int(query["desde"][0]), int(query["hasta"][0])


def length(response: Response) -> int:
    since, until = asked(response)
    return until - since


def test_what_lies_under_two_fingers_stays_under_them(phone: Page) -> None:
    """Twice as far apart they show half as much."""
    heard = answers_to(phone, "temperatura")
    open_history(phone)
    fingers = Fingers(phone)
    before = told(heard[-1])
    fingers.put(0.4, 0.6)
    with phone.expect_response(lambda response: "metric=temperatura" in response.url) as closer:
        fingers.go(0.3, 0.7)
        fingers.lift()
    expect(phone.get_by_role("button", name="Ver todo de nuevo")).to_be_visible()
    assert length(closer.value) == pytest.approx(length(heard[0]) / 2, rel=0.1)
    assert told(closer.value)["paso"] < before["paso"]


def test_fingers_that_the_browser_takes_leave_the_chart_as_it_was(phone: Page) -> None:
    open_history(phone)
    # With all that belongs into it: the findings come after the curve.
    expect(phone.locator(f"{TEMPERATURE} .legend")).to_contain_text("sin conexión")
    phone.evaluate(SHOWN)
    fingers = Fingers(phone)
    drawn = phone.evaluate(DRAWN, CANVAS)
    fingers.put(0.4, 0.6)
    fingers.go(0.3, 0.7)
    phone.wait_for_function(IS_NOT_DRAWN, arg=[CANVAS, drawn])
    fingers.lose()
    phone.wait_for_function(IS_DRAWN, arg=[CANVAS, drawn])
    expect(phone.get_by_role("button", name="Ver todo de nuevo")).to_be_hidden()


def test_fingers_never_lead_wholly_into_the_future(phone: Page) -> None:
    """Where they would, the last stretch stays that is past in part."""
    open_history(phone)
    fingers = Fingers(phone)
    fingers.put(0.6, 0.99)
    with phone.expect_response(lambda response: "metric=temperatura" in response.url) as shown:
        fingers.go(0.2, 0.59)
        fingers.go(-0.3, -0.1)
        fingers.lift()
    since, until = asked(shown.value)
    # To whole seconds.
    assert until <= time.time() + 1
    assert until - since > 3_600
