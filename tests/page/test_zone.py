"""Times on the page: those of the house, wherever the browser is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.page.browsing import assert_accessible, assert_fits
from tests.page.conftest import PHONE, OpenPage
from tests.page.home import Home
from tests.page.node import Modules, running
from tests.page.opened import open_modules
from tests.page.past import write_past
from tests.page.test_device import SERIAL, open_history

HOUSE = "Europe/Madrid"
# A day behind the other end of the world, so that no hour is the same day in both.
TRAVELLER = "Pacific/Kiritimati"
LAMP = "LGT0AAAAAAAA"
NIGHTS = [{"dias": ["todos"], "inicio": "03:00", "fin": "03:30"}]
# A Wednesday evening in the house, on Thursday for who is travelling.
NOW = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
TICKS = """
async ([moments, apart]) => (await import("/pagina/js/views/device/axis.js")).tickWords(moments, apart, "es")
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """In Madrid, with a thermometer and three days of its past."""
    home = Home(tmp_path, tz=HOUSE)
    write_past(home.data, SERIAL)
    with home:
        yield home


@pytest.fixture(params=["desktop", "phone"])
def far(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    """A page of somebody who is on the other side of the world."""
    return open_page(timezone_id=TRAVELLER, **(PHONE if request.param == "phone" else {}))


@pytest.fixture(scope="module")
def wall() -> Iterator[Modules]:
    with running("wall.js") as modules:
        yield modules


@given(
    # To seconds, before and after summer time was thought of, in zones of today.
    at=st.integers(-2_000_000_000, 4_000_000_000),
    name=st.sampled_from(["UTC", "Europe/Madrid", "Asia/Kathmandu", "America/St_Johns", TRAVELLER]),
)
def test_the_clock_on_the_wall(wall: Modules, at: int, name: str) -> None:
    """Day, day of the week and minute, as every other calendar has them."""
    shown = datetime.fromtimestamp(at, ZoneInfo(name)).replace(tzinfo=None)
    told = wall.ask("wallTime", at * 1000, name)
    assert told == (shown - datetime(1970, 1, 1)) // timedelta(seconds=1) * 1000
    assert wall.ask("dayOf", told) == (shown.date() - datetime(1970, 1, 1).date()).days
    assert wall.ask("weekdayOf", told) == shown.weekday()
    assert wall.ask("minuteOf", told) == shown.hour * 60 + shown.minute


def test_every_zone_that_a_house_can_be_in_is_known(wall: Modules) -> None:
    assert not any(wall.ask("isKnown", name) for name in ("Atlantis/Center", "", None))
    # The first two are no zones, but lie among their files; the last is newer than some browsers.
    assert {name for name in available_timezones() if not wall.ask("isKnown", name)} <= {
        "Factory",
        "localtime",
        "America/Coyhaique",
    }


def test_today_and_now_of_the_week(home: Home, far: Page) -> None:
    device = home.claim(LAMP, configuracion={"modo": "horario", "horarios": []})
    far.clock.set_fixed_time(NOW)
    far.goto(f"/#/dispositivo/{device}/horario")
    days = far.get_by_role("group", name="Día")
    expect(days.get_by_role("button", pressed=True)).to_have_accessible_name("miércoles")
    place = far.locator(".week-now").evaluate(
        "({ style }) => ['--day', '--from'].map((each) => style.getPropertyValue(each))"
    )
    assert [float(each) for each in place] == [2, pytest.approx(22.5 / 24)]


def test_today_and_yesterday_among_the_findings(home: Home, far: Page) -> None:
    """A day begins at midnight in the house."""
    [told, *_] = home.get("/ai/eventos")["data"]
    # In Kiritimati all of these are on one day: July 2nd.
    heard = {
        5: "2026-07-01T20:10:00.000Z",
        4: "2026-06-30T22:00:00.000Z",
        3: "2026-06-30T21:59:59.000Z",
        2: "2026-06-29T22:00:00.000Z",
        1: "2026-06-29T21:59:00.000Z",
    }
    data = [{**told, "evento_id": number, "ts_utc": at} for number, at in heard.items()]
    far.route("**/ai/eventos?*", lambda route: route.fulfill(json={"data": data, "pages": 1}))
    far.clock.set_fixed_time(NOW)
    far.goto("/#/avisos")
    days = far.locator(".finding-day")
    expect(days.get_by_role("heading", level=2)).to_have_text(["Hoy", "Ayer", "Lunes, 29 de junio"])
    for day, times in zip(days.all(), (["22:10", "0:00"], ["23:59", "0:00"], ["23:59"]), strict=True):
        expect(day.locator("time")).to_have_text(times)


def test_when_each_row_of_the_log_was(far: Page) -> None:
    far.goto("/#/dispositivo/1/registro")
    stamp = far.locator("table.log time").first
    at = datetime.fromisoformat(str(stamp.get_attribute("datetime"))).astimezone(ZoneInfo(HOUSE))
    expect(stamp).to_have_text(f"{at.day}/{at.month}/{at:%y}, {at.hour}:{at:%M:%S}")


def test_a_chart_begins_its_days_at_midnight_in_the_house(far: Page) -> None:
    open_modules(far, "views/device/axis.js")
    open_history(far)
    far.get_by_role("slider", name="Temperatura").focus()
    far.keyboard.press("End")
    words = far.get_by_role("slider", name="Temperatura")
    expect(words).to_have_attribute("aria-valuetext", re.compile(r"\d °C|\d\s°C"))
    told = re.search(r"(\d+):(\d\d)", str(words.get_attribute("aria-valuetext")))
    assert told is not None
    ago = datetime.now(ZoneInfo(HOUSE)) - timedelta(hours=int(told[1]), minutes=int(told[2]))
    # The last point, of the last quarter of an hour or so; a day more or less is none.
    assert (ago.hour * 60 + ago.minute) % 1440 < 60
    midnight = datetime(2026, 7, 1, tzinfo=ZoneInfo(HOUSE)).timestamp()
    assert far.evaluate(TICKS, [[midnight - 3_600, midnight, midnight + 3_600], 3_600]) == [
        "23:00",
        "1 jul",
        "01:00",
    ]


@pytest.mark.parametrize(
    ("locale", "until", "moment"),
    [("es-ES", "a mano hasta", "15 ene 2027, 0:30"), ("en-GB", "by hand until", "Jan 15, 2027, 00:30")],
)
def test_moments_are_told_on_the_clock_of_the_house(
    home: Home, open_page: OpenPage, locale: str, until: str, moment: str
) -> None:
    """As the card tells them where that is until when it is set by hand; also those that devices tell."""
    lamp = home.claim(LAMP, nombre="Lámpara", configuracion={"modo": "horario", "horarios": NIGHTS})
    home.put(f"/dispositivos/{lamp}", {"configuracion": {"prueba_en": "2027-01-14T23:30:00.000Z"}})
    page = open_page(locale=locale, timezone_id=TRAVELLER)
    page.goto("/#/diario")
    entries = page.get_by_role("listitem")
    expect(entries.first).to_contain_text(f" → {moment}")
    page.goto("/")
    page.get_by_role("switch", name="Lámpara").click()
    held = page.get_by_role("button", name=until)
    expect(held).to_be_visible()
    shown = held.inner_text().strip()
    page.goto("/#/diario")
    expect(entries.first).to_contain_text(until)
    expect(entries.first).to_contain_text(re.compile(f"{until}: . → {shown.removeprefix(until).strip()}"))
    assert_accessible(page)
    assert_fits(page)
