"""What the house has used and what it cost: from a plug's reports to the screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.page.browsing import assert_accessible, assert_fits
from tests.page.home import Home
from tests.page.node import Modules, running


@pytest.fixture(scope="module")
def model() -> Iterator[Modules]:
    with running("views/energy/model.js") as modules:
        yield modules


@pytest.mark.parametrize(
    ("span", "date", "before", "after"),
    [
        ("dia", "2026-03-01", "2026-02-28", "2026-03-02"),
        ("mes", "2026-01-31", "2025-12-01", "2026-02-01"),
        ("anio", "2026-07-04", "2025-01-01", "2027-01-01"),
    ],
)
def test_periods_follow_on_each_other(model: Modules, span: str, date: str, before: str, after: str) -> None:
    assert [model.ask("moved", span, date, count) for count in (-1, 1)] == [before, after]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (["mes", "2026-11-20", "d5"], {"span": "mes", "date": "2026-11-01", "device": 5, "room": None}),
        (["dia", "2026-11-20", "h2"], {"span": "dia", "date": "2026-11-20", "device": None, "room": 2}),
        (["siglo", "mañana", "x1"], {"span": "mes", "date": "2026-05-01", "device": None, "room": None}),
        ([], {"span": "mes", "date": "2026-05-01", "device": None, "room": None}),
    ],
)
def test_an_address_says_what_is_looked_at(model: Modules, path: list[str], told: dict[str, object]) -> None:
    assert model.ask("asked", path, "2026-05-17") == told


def test_what_is_next_to_nothing_is_the_same(model: Modules) -> None:
    assert [model.ask("change", kwh, before) for kwh, before in [(88, 100), (100.5, 100), (5, 0)]] == [
        pytest.approx(-0.12),
        0,
        None,
    ]


@given(st.floats(1e-6, 1e9))
def test_an_axis_ends_at_a_round_number_above(model: Modules, value: float) -> None:
    top = model.ask("roundedUp", value)
    assert value * 0.999 <= top <= value * 2.6


@pytest.fixture(params=["page", "phone"])
def any_page(request: pytest.FixtureRequest) -> Page:
    found: Page = request.getfixturevalue(request.param)
    return found


@pytest.mark.broker
@pytest.mark.browser
def test_a_plugs_reports_become_kwh_and_money(home: Home, any_page: Page) -> None:
    """An admin says the price; what it cost is there at once, by the hour too, by arrow keys as by touch."""
    for counted in (10.0, 11.5):
        home.report("PLG0AAAAAAAA", estado="activo", parametros={"energia_kwh": counted, "consumo_w": 90})
    any_page.goto("/#/energia")
    expect(any_page.get_by_role("heading", name="Ningún dispositivo dice lo que gasta")).to_be_visible()
    home.claim("PLG0AAAAAAAA", nombre="Lavadora")
    any_page.reload()
    total = any_page.get_by_role("region", name="Gasto", exact=True)
    expect(total).to_contain_text("1,5 kWh")
    expect(total).to_contain_text("cuánto cuesta un kWh")
    any_page.get_by_role("button", name="Tarifas y contadores").click()
    any_page.get_by_label("Precio del kWh (€)").fill("0.2")
    any_page.get_by_role("button", name="Punta, llano y valle (España)").click()
    for price in any_page.get_by_role("dialog").get_by_label("Precio del kWh (€)").all():
        expect(price).to_have_value("0.2")
    assert_accessible(any_page)
    assert_fits(any_page)
    any_page.get_by_role("button", name="Guardar").click()
    expect(total).to_contain_text("0,30 €")
    bars = any_page.get_by_role("slider", name="Gasto a lo largo del tiempo")
    bars.press("Home")
    for _ in range(30):
        if "1,5 kWh" in (bars.get_attribute("aria-valuetext") or ""):
            break
        bars.press("ArrowRight")
    any_page.get_by_role("button", name="Ver el día").click()
    expect(any_page.get_by_role("link", name="Día", exact=True)).to_have_attribute("aria-current", "page")
    expect(total).to_contain_text("1,5 kWh")
    any_page.get_by_role("button", name="Dispositivos").click()
    any_page.get_by_role("link", name="Lavadora").click()
    expect(any_page.get_by_text("Solo Lavadora")).to_be_visible()
    expect(total).to_contain_text("0,30 €")
    assert_accessible(any_page)
    assert_fits(any_page)
