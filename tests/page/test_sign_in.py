"""Coming in: by code, by password, by a link; what is refused; and sessions that end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.brokers import wait_until
from tests.page.browsing import LED, Complaints, assert_accessible, assert_fits
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.system.backend import run_to_end

PASSWORD = "tres tristes tigres"
GUARDED = {"auth_mode": "tokens"}


def console(home: Home, *words: str) -> str:
    done = run_to_end(home.data.parent, *words, data_dir=home.data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def code_for(home: Home, name: str) -> str:
    [code] = re.findall(r": ([0-9A-Z]{5}-[0-9A-Z]{5})\n", console(home, "pair", name))
    return str(code)


@pytest.fixture
def home(tmp_path: Path, complaints: Complaints) -> Iterator[Home]:
    """A house that lets in only who shows who they are; Ana is its admin."""
    complaints.expect("401")  # which every browser says aloud
    home = Home(tmp_path, **GUARDED)
    console(home, "user", "add", "Ana", "--role", "admin")
    with home:
        yield home


def end_session_of(home: Home, name: str) -> None:
    [session] = [
        words[0]
        for line in console(home, "token", "list").splitlines()
        if name in (words := line.split()) and "sesion" in words
    ]
    console(home, "token", "revoke", session)


def enter(page: Page) -> None:
    page.get_by_role("button", name="Entrar en la casa").click()


def expect_inside(page: Page) -> None:
    expect(page.get_by_role("navigation", name="Secciones")).to_be_visible()


def expect_outside(page: Page) -> None:
    expect(page.get_by_role("heading", name="Entrar en la casa")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_by_code(home: Home, any_page: Page) -> None:
    """It may be written in any way; a wrong one says where another is to be had."""
    any_page.goto("/")
    expect_outside(any_page)
    assert_accessible(any_page)
    assert_fits(any_page)
    code = any_page.get_by_label("Código de un solo uso")
    code.press_sequentially("abcdefghjk")
    expect(code).to_have_value("ABCDE-FGHJK")
    enter(any_page)
    expect(any_page.get_by_role("alert")).to_contain_text("Pide otro")
    assert_accessible(any_page)
    code.fill(f" {code_for(home, 'Ana').lower()} ")
    enter(any_page)
    expect_inside(any_page)
    any_page.reload()
    expect_inside(any_page)


def test_by_name_and_password(home: Home, open_page: OpenPage, page: Page) -> None:
    """To where the address leads."""
    admin = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('admin')}"}).request
    expect(admin.post("/usuarios", data={"nombre": "Luis", "rol": "miembro", "clave": PASSWORD})).to_be_ok()
    page.goto("/#/reclamar")
    page.get_by_role("button", name="Entrar con nombre y clave").click()
    page.get_by_label("Nombre").fill("luis ")
    page.get_by_label("Clave").fill("cuatro tristes tigres")
    enter(page)
    expect(page.get_by_role("alert")).to_contain_text("no es correcto")
    page.get_by_label("Clave").fill(PASSWORD)
    enter(page)
    expect(page.get_by_role("heading", name="Añadir un dispositivo")).to_be_visible()


def test_too_many_failures(home: Home, page: Page, complaints: Complaints) -> None:
    """It is said how long to wait."""
    complaints.expect("429")
    for _ in range(10):
        home.backend.ask("POST", "/auth/sesion", {"codigo": "ABCDE-FGHJK"})
    page.goto("/")
    page.get_by_label("Código de un solo uso").fill("ABCDE-FGHJK")
    enter(page)
    expect(page.get_by_role("alert")).to_contain_text("min")


def test_by_a_link(home: Home, any_page: Page) -> None:
    """One tap is enough; the code is in the address and the history no more when the page shows, and is still
    there when it is loaded anew, until it is used."""
    code = code_for(home, "Ana")
    any_page.goto(f"/#codigo={code}&ca=AB:CD")
    expect(any_page.get_by_label("Código de un solo uso")).to_have_value(code)
    expect(any_page).to_have_url(f"{home.url}/")
    any_page.reload()
    expect(any_page.get_by_label("Código de un solo uso")).to_have_value(code)
    assert_accessible(any_page)
    enter(any_page)
    expect_inside(any_page)
    any_page.evaluate("location.hash = '#/avisos'")
    any_page.go_back()
    expect_inside(any_page)
    expect(any_page).to_have_url(f"{home.url}/")
    expect(any_page.get_by_role("dialog")).to_have_count(0)
    assert code not in any_page.evaluate("JSON.stringify({ ...sessionStorage, ...localStorage })")


def test_a_link_for_who_is_inside_already(home: Home, page: Page) -> None:
    """Asks whether to stay, or to go on as the one that the code is for."""
    console(home, "user", "add", "Luis")
    page.goto(f"/#codigo={code_for(home, 'Ana')}")
    enter(page)
    expect_inside(page)
    code = code_for(home, "Luis")
    for answer, name in (("Seguir como estoy", "Ana"), ("Usar el código", "Luis")):
        page.evaluate("(code) => { location.hash = `#codigo=${code}` }", code)
        dialog = page.get_by_role("dialog", name="Ya estás dentro")
        expect(dialog).to_contain_text("como Ana")
        expect(page).not_to_have_url(re.compile(code))
        assert_accessible(page)
        dialog.get_by_role("button", name=answer).click()
        expect(dialog).to_have_count(0)
        expect_inside(page)
        assert page.evaluate("fetch('/auth/yo').then((answer) => answer.json())")["usuario"] == name


def test_a_session_that_ends(home: Home, page: Page) -> None:
    """The page says so by itself, and goes on where it was as soon as one is let in again; in its other tabs
    too."""
    page.goto(f"/#codigo={code_for(home, 'Ana')}")
    enter(page)
    expect_inside(page)
    page.goto("/#/reclamar")
    expect(page.get_by_role("heading", name="Añadir un dispositivo")).to_be_visible()
    other = page.context.new_page()
    other.goto("/#/reclamar")
    expect(other.get_by_role("heading", name="Añadir un dispositivo")).to_be_visible()
    end_session_of(home, "Ana")
    for each in (page, other):
        expect_outside(each)
        assert each.url == f"{home.url}/#/reclamar"
    page.get_by_label("Código de un solo uso").fill(code_for(home, "Ana"))
    enter(page)
    expect(page.get_by_role("heading", name="Añadir un dispositivo")).to_be_visible()
    expect(other.get_by_role("heading", name="Añadir un dispositivo")).to_be_visible()


@pytest.mark.parametrize("by", ["worker", "led"])
def test_signing_out_in_one_window_is_for_all_of_them(
    home: Home, open_page: OpenPage, page: Page, by: str
) -> None:
    """At once, and nothing more is heard; whoever comes in next, in one of them, does so in all."""
    console(home, "user", "add", "Luis")
    admin = open_page(extra_http_headers={"Authorization": f"Bearer {home.token('admin')}"}).request
    if by == "led":
        page.context.add_init_script(LED)
    page.goto(f"/#codigo={code_for(home, 'Ana')}")
    enter(page)
    windows = [page, page.context.new_page(), page.context.new_page()]
    for each in windows:
        each.goto("/#/casa")
        expect(each.get_by_text("Ana", exact=True)).to_be_visible()

    def listeners() -> int:
        return int(admin.get("/salud").json()["hub"]["clientes"])

    wait_until(lambda: listeners() == 1)
    page.get_by_role("button", name="Salir").click()
    for each in windows:
        expect_outside(each)
    wait_until(lambda: listeners() == 0)
    windows[1].get_by_label("Código de un solo uso").fill(code_for(home, "Luis"))
    enter(windows[1])
    for each in windows:
        expect(each.get_by_text("Luis", exact=True)).to_be_visible()
        expect(each.locator(".freshness")).to_have_attribute("data-state", "live")
    wait_until(lambda: listeners() == 1)


def test_in_english(page: Page) -> None:
    """Who does not read Spanish finds the switch before coming in."""
    page.goto("/")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_over_tls(tmp_path: Path, open_page: OpenPage) -> None:
    """The printed link, with the root's fingerprint in it, leads into the house."""
    guarded = Home(tmp_path / "tls", **GUARDED, ssl_enabled="true")
    guarded.data.parent.mkdir()
    said = run_to_end(guarded.data.parent, "setup", data_dir=guarded.data, ssl_enabled="true").stdout
    [fragment] = re.findall(r"https://\S+/(#codigo=\S+&ca=\S+)", said)
    with guarded:
        page = open_page(ignore_https_errors=True)
        page.goto(f"https://localhost:{guarded.backend.http}/{fragment}")
        enter(page)
        expect_inside(page)
        [cookie] = page.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-iot_sesion", True, True)
        page.close()
