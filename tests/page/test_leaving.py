"""Devices that leave the house: asked about first, and gone at once from every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from actors.simulator.device import demo_code
from tests.page.browsing import Complaints, Held, assert_accessible, assert_fits, expect_live
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.page.proxy import Proxy

LAMP, METER, SPARE = "LGT0AAAAAAAA", "TMP0BBBBBBBB", "LGT0CCCCCCCC"


def names(page: Page) -> Locator:
    return page.locator(".device-name")


@pytest.fixture
def device(home: Home) -> int:
    """The id of a lamp, beside which there is a thermometer."""
    home.claim(METER, nombre="Clima")
    return home.claim(LAMP, nombre="Lámpara")


def ask(page: Page, act: str) -> Locator:
    """The question that comes before it."""
    page.get_by_role("main").get_by_role("button", name=act, exact=True).click()
    return page.get_by_role("dialog", name=f"¿{act} Lámpara?")


def test_forgotten(
    home: Home, device: int, any_page: Page, open_page: OpenPage, complaints: Complaints
) -> None:
    """What is lost is said before. It disappears wherever it is looked at, and its own page says so."""
    complaints.expect("404")  # of what is being asked about it in that moment
    cards, own, log = open_page(), open_page(), open_page()
    cards.goto("/")
    expect(names(cards)).to_have_text(["Clima", "Lámpara"])
    own.goto(f"/#/dispositivo/{device}")
    log.goto(f"/#/dispositivo/{device}/registro")
    for each in (own, log):
        expect(each.get_by_role("heading", level=1)).to_have_text("Lámpara")
        each.evaluate("window.same = true")
    any_page.goto(f"/#/dispositivo/{device}/ajustes")
    question = ask(any_page, "Olvidar")
    expect(question).to_contain_text("su registro, sus gráficos, sus avisos")
    expect(question).to_contain_text("No se puede deshacer")
    assert_accessible(any_page)
    assert_fits(any_page)
    question.get_by_role("button", name="Cancelar").click()
    expect(question).to_have_count(0)
    assert device in [each["id"] for each in home.get("/dispositivos")]
    ask(any_page, "Olvidar").get_by_role("button", name="Olvidar").click()
    expect(any_page.get_by_text("Lámpara está olvidado")).to_be_visible()
    for each in (any_page, cards):
        expect(names(each)).to_have_text(["Clima"])
    for each in (own, log):
        expect(each.get_by_role("heading", name="Lámpara ya no está en la casa")).to_be_visible()
        assert each.evaluate("window.same")
        assert_accessible(each)
    assert LAMP not in home.backend.devices()


def test_who_speaks_again_is_new(home: Home, device: int, page: Page, complaints: Complaints) -> None:
    """Another one, which the page of the old one does not show."""
    complaints.expect("404")
    page.goto(f"/#/dispositivo/{device}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lámpara")
    home.delete(f"/dispositivos/{device}")
    home.report(LAMP, estado="activo")
    expect(page.get_by_role("heading", name="Lámpara ya no está en la casa")).to_be_visible()
    page.get_by_role("link", name="Todos los dispositivos").click()
    expect(page.get_by_role("link", name="1 dispositivo nuevo")).to_be_visible()
    expect(names(page)).to_have_text(["Clima"])


def test_released(home: Home, device: int, any_page: Page) -> None:
    """Nobody's any more, with its past; and to be added again."""
    any_page.goto(f"/#/dispositivo/{device}/ajustes")
    question = ask(any_page, "Soltar")
    expect(question).to_contain_text("su historial se quedan")
    assert_accessible(any_page)
    assert_fits(any_page)
    question.get_by_role("button", name="Soltar").click()
    expect(any_page.get_by_role("link", name="Añadirlo")).to_be_visible()
    expect(any_page.get_by_role("link", name="Historial")).to_have_attribute("aria-current", "page")
    told = home.device(LAMP)
    assert (told["id"], told["nombre"], told["reclamado"]) == (device, "Lámpara", False)


def test_replaced(home: Home, device: int, any_page: Page) -> None:
    """By one of those that were heard, which proves its code and has its name and place from then on."""
    any_page.goto(f"/#/dispositivo/{device}/ajustes")
    question = ask(any_page, "Sustituir")
    expect(question).to_contain_text("Ahora no se anuncia ninguno")
    home.report(SPARE, estado="activo")
    expect(question.get_by_label("Número de serie")).to_have_value(SPARE)
    assert_accessible(any_page)
    assert_fits(any_page)
    question.get_by_label("Código del aparato").fill(demo_code(SPARE))
    question.get_by_role("button", name="Sustituir").click()
    expect(any_page.get_by_text("Lámpara está sustituido")).to_be_visible()
    expect(question).to_have_count(0)
    expect(any_page.get_by_role("heading", level=1)).to_have_text("Lámpara")
    told = home.device(SPARE)
    assert (told["id"], told["nombre"], told["reclamado"]) == (device, "Lámpara", True)
    assert LAMP not in home.backend.devices()


def test_a_stranger_is_forgotten(home: Home, page: Page, complaints: Complaints) -> None:
    """Without being claimed first."""
    complaints.expect("404")
    stranger = home.report(LAMP, estado="activo")["id"]
    page.goto(f"/#/dispositivo/{stranger}")
    page.get_by_role("button", name="Olvidar", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Olvidar").click()
    expect(page.get_by_role("heading", name="Aún no hay ningún dispositivo")).to_be_visible()


def test_what_is_unsaved_of_it_goes_with_it(home: Home, device: int, page: Page) -> None:
    """There is nothing to hold back any more."""
    page.goto(f"/#/dispositivo/{device}/horario")
    page.get_by_role("button", name="Añadir tramo").click()
    page.get_by_role("dialog").get_by_role("button", name="Aceptar").click()
    expect(page.get_by_text("Cambios sin guardar")).to_be_visible()
    home.delete(f"/dispositivos/{device}")
    expect(page.get_by_role("heading", name="Lámpara ya no está en la casa")).to_be_visible()
    page.get_by_role("link", name="Casa", exact=True).click()
    expect(page.get_by_role("heading", name="Casa", exact=True)).to_be_visible()


def test_its_findings_go_too(home: Home, device: int, page: Page) -> None:
    home.put(f"/dispositivos/{device}", {"configuracion": {"intervalo_envio": 7200}})
    page.goto("/#/avisos")
    expect(page.get_by_role("article")).not_to_have_count(0)
    home.delete(f"/dispositivos/{device}")
    home.delete(f"/dispositivos/{home.device(METER)['id']}")
    expect(page.get_by_role("article")).to_have_count(0)


class Window:
    """A page that hears of the house over a wire that can be cut."""

    def __init__(self, home: Home, wire: Proxy, page: Page) -> None:
        self._home, self._wire, self.page = home, wire, page

    @property
    def names(self) -> Locator:
        return names(self.page)

    def cut(self) -> None:
        expect_live(self.page)
        self._wire.cut()
        expect(self.page.locator(".rooms")).to_have_attribute("data-stale", "true")

    def mend(self) -> None:
        """To a server that has begun anew meanwhile."""
        self._wire.aim(self._home.backend.http)
        self._wire.mend()
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def expect_fresh(self, *devices: str) -> None:
        expect(self.names).to_have_text([*devices])
        expect_live(self.page)
        expect(self.names).to_have_text([*devices])


@pytest.fixture
def window(home: Home, device: int, open_page: OpenPage, complaints: Complaints) -> Iterator[Window]:  # noqa: ARG001
    """On the list of the devices."""
    complaints.expect("net::ERR_|404")
    with Proxy(home.backend.http) as wire:
        page = open_page(base_url=wire.url)
        page.goto("/")
        yield Window(home, wire, page)
        page.close()


def test_a_list_that_was_read_before_does_not_bring_it_back(home: Home, device: int, window: Window) -> None:
    """What the stream has told is newer."""
    window.cut()
    home.restart()
    held = Held(window.page, "**/dispositivos")
    window.mend()
    answer = held.first.fetch()
    home.delete(f"/dispositivos/{device}")
    expect(window.names).to_have_text(["Clima"])
    held.first.fulfill(response=answer)
    window.expect_fresh("Clima")


def test_who_has_missed_it_sees_it_all_the_same(home: Home, device: int, window: Window) -> None:
    """After a cut that outlasts the server only the list says that it is gone."""
    window.cut()
    home.delete(f"/dispositivos/{device}")
    home.restart()
    window.mend()
    window.expect_fresh("Clima")


def test_a_restored_backup_has_it_again(home: Home, device: int, window: Window) -> None:
    """Under the same id, in a page that has seen it go."""
    backup = home.post("/copias")["nombre"]
    home.delete(f"/dispositivos/{device}")
    expect(window.names).to_have_text(["Clima"])
    window.cut()
    home.restore(backup)
    window.mend()
    window.expect_fresh("Clima", "Lámpara")
    home.put(f"/dispositivos/{device}", {"nombre": "Flexo"})
    expect(window.names).to_have_text(["Clima", "Flexo"])


@pytest.mark.parametrize("act", ["Olvidar", "Soltar", "Sustituir"])
def test_who_is_outrun_looks_again(
    home: Home, device: int, page: Page, complaints: Complaints, act: str
) -> None:
    """What somebody else has made of the device in that moment is shown before it leaves."""
    complaints.expect("412|404")
    home.report(SPARE, estado="activo")
    page.goto(f"/#/dispositivo/{device}/ajustes")
    question = ask(page, act)
    if act == "Sustituir":
        question.get_by_label("Código del aparato").fill(demo_code(SPARE))

    def be_faster(route: Route) -> None:
        home.put(f"/dispositivos/{device}", {"nombre": "Flexo"})
        route.continue_()

    page.route(f"**/dispositivos/{device}**", be_faster, times=1)
    question.get_by_role("button", name=act).click()
    question = page.get_by_role("dialog", name=f"¿{act} Flexo?")
    expect(question.get_by_role("alert")).to_be_visible()
    told = home.device(LAMP)
    assert (told["nombre"], told["reclamado"]) == ("Flexo", True)
    question.get_by_role("button", name=act).click()
    expect(question).to_have_count(0)
    assert not home.backend.devices().get(LAMP, {}).get("reclamado")


@pytest.mark.parametrize("tab", ["", "/ajustes"])
def test_who_may_only_look_takes_nothing_out(home: Home, device: int, open_page: OpenPage, tab: str) -> None:
    page = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('lectura')}"})
    page.goto(f"/#/dispositivo/{device}{tab}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Lámpara")
    for name in ("Olvidar", "Soltar", "Sustituir"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
