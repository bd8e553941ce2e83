"""The household, in a house that asks who one is: people, pairing, access, and what each role sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Locator, Page, expect

from tests.brokers import wait_until
from tests.page.browsing import Complaints, assert_accessible, assert_fits, qr_text
from tests.page.conftest import OpenPage
from tests.page.home import Home
from tests.web.site import PATIENCE

LONG_NAME = "Maximilianodelatorreyponcedeleonconunapellidomuymuylargo1234"
PASSWORD = "tres tristes tigres"
FOR_ALL = ["Este navegador", "Habitaciones", "Estamos fuera", "Accesos", "Notificaciones", "Salud"]


@pytest.fixture
def home(tmp_path: Path, complaints: Complaints) -> Iterator[Home]:
    complaints.expect("401")  # which every browser says aloud
    with Home.guarded(tmp_path) as home:
        yield home


@pytest.fixture
def admin(home: Home, open_page: OpenPage) -> APIRequestContext:
    """REST as "Persona admin", who is neither Ana nor anybody else in the page."""
    return open_page(extra_http_headers={"Authorization": f"Bearer {home.token('admin')}"}).request


def told(admin: APIRequestContext, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = admin.get(path) if body is None else admin.post(path, data=body)
    expect(answer).to_be_ok()
    return answer.json()


def code(admin: APIRequestContext, name: str) -> str:
    return str(told(admin, "/auth/codigos", {"usuario": name})["codigo"])


def come_in(page: Page, code: str) -> None:
    """The page's browser has a session from now on."""
    expect(page.request.post("/auth/sesion", data={"codigo": code})).to_be_ok()


def show(page: Page, path: str) -> None:
    page.goto(f"/#/casa/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("listitem").filter(has_text=name)


def expect_outside(page: Page) -> None:
    expect(page.get_by_role("heading", name="Entrar en la casa")).to_be_visible()


def works(home: Home, page: Page, token: str) -> bool:
    """Whether the token does; asked of a browser that has no session."""
    answer = page.request.get(f"{home.url}/dispositivos", headers={"Authorization": f"Bearer {token}"})
    assert answer.status in (200, 401)
    return answer.ok


# -- people ----------------------------------------------------------------------------------------


def test_a_person_is_added_and_let_in_by_a_code(home: Home, any_page: Page, admin: APIRequestContext) -> None:
    """A camera reads what the server made, in the dark too; the code is good for a phone."""
    any_page.emulate_media(color_scheme="dark")
    come_in(any_page, code(admin, "Ana"))
    show(any_page, "personas")
    any_page.get_by_role("button", name="Añadir persona").click()
    dialog = any_page.get_by_role("dialog", name="Añadir persona")
    dialog.get_by_label("Nombre").fill(LONG_NAME)
    dialog.get_by_label("Solo mirar").check()
    assert_accessible(any_page)
    dialog.get_by_role("button", name="Añadir persona").click()
    expect(dialog).to_have_count(0)
    expect(row(any_page, LONG_NAME)).to_contain_text("Solo mirar")
    assert_fits(any_page)
    assert_accessible(any_page)
    people = {each["nombre"]: each["rol"] for each in told(admin, "/usuarios")}
    assert people[LONG_NAME] == "lectura"
    with any_page.expect_response("**/auth/codigos") as answered:
        any_page.get_by_role("button", name=f"Dar un código a {LONG_NAME}").click()
    made = answered.value.json()
    dialog = any_page.get_by_role("dialog", name=f"Que entre {LONG_NAME}")
    expect(dialog).to_contain_text(made["codigo"])
    expect(dialog).to_contain_text("Caduca en")
    assert qr_text(dialog.get_by_role("img", name="Código QR para entrar")) == made["url"]
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.reload()
    expect(dialog).to_contain_text(made["codigo"])
    paired = home.post("/auth/emparejar", {"codigo": made["codigo"], "nombre": "móvil"})
    assert (paired["usuario"], paired["rol"]) == (LONG_NAME, "lectura")


def test_a_code_is_shown_through_a_reload_until_it_is_closed(page: Page, admin: APIRequestContext) -> None:
    """It is the same one, as whoever types it has begun to; closed, nothing of it stays in the browser."""
    page.clock.install()
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    page.get_by_role("button", name="Dar un código a Persona admin").click()
    dialog = page.get_by_role("dialog", name="Que entre Persona admin")
    first = dialog.locator("code").text_content() or ""
    page.reload()
    expect(dialog.locator("code")).to_have_text(first)
    page.clock.fast_forward("11:00")
    page.reload()
    expect(row(page, "Ana")).to_be_visible()
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Dar un código a Persona admin").click()
    second = dialog.locator("code").text_content() or ""
    assert second != first
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # The browser closes the dialog, and then tells the page so.
    wait_until(lambda: second not in page.evaluate("JSON.stringify([sessionStorage, localStorage])"))
    page.reload()
    expect(row(page, "Ana")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_code_that_has_expired_says_so(page: Page, admin: APIRequestContext) -> None:
    """And another one is a button away."""
    page.clock.install()
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    page.get_by_role("button", name="Dar un código a Persona admin").click()
    dialog = page.get_by_role("dialog")
    first = dialog.locator("code").text_content()
    page.clock.fast_forward("11:00")
    expect(dialog.get_by_role("alert")).to_have_text("Ha caducado: pide otro.")
    dialog.get_by_role("button", name="Otro código").click()
    expect(dialog.locator("code")).not_to_have_text(first or "")


def test_a_person_is_changed(home: Home, page: Page, admin: APIRequestContext) -> None:
    """Role and password, which stays as it is where none is typed."""
    told(admin, "/usuarios", {"nombre": "Luis", "rol": "lectura"})
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    for role, password in (("De la casa", PASSWORD), ("Administra", "")):
        page.get_by_role("button", name="Cambiar a Luis").click()
        dialog = page.get_by_role("dialog", name="Cambiar a Luis")
        dialog.get_by_label(role).check()
        dialog.get_by_label("Clave").fill(password)
        dialog.get_by_role("button", name="Guardar").click()
        expect(dialog).to_have_count(0)
        expect(row(page, "Luis")).to_contain_text(f"{role} · entra también con clave")
    assert home.post("/auth/sesion", {"usuario": "Luis", "clave": PASSWORD})["rol"] == "admin"


def test_a_person_is_deleted(home: Home, page: Page, admin: APIRequestContext) -> None:
    """With all access."""
    told(admin, "/usuarios", {"nombre": "Luis", "rol": "miembro"})
    paired = home.post("/auth/emparejar", {"codigo": code(admin, "Luis"), "nombre": "móvil"})
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    page.get_by_role("button", name="Borrar a Luis").click()
    dialog = page.get_by_role("dialog", name="Borrar a Luis")
    assert_accessible(page)
    dialog.get_by_role("button", name="Borrar").click()
    expect(dialog).to_have_count(0)
    expect(row(page, "Luis")).to_have_count(0)
    assert not works(home, page, paired["token"])


def test_whoever_gives_up_being_admin_sees_less_at_once(page: Page, admin: APIRequestContext) -> None:
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    tabs = page.get_by_role("navigation", name="Apartados de la casa").get_by_role("link")
    expect(tabs).to_have_count(12)
    page.get_by_role("button", name="Cambiar a Ana").click()
    page.get_by_role("dialog").get_by_label("De la casa").check()
    page.get_by_role("dialog").get_by_role("button", name="Guardar").click()
    expect(tabs).to_have_text(FOR_ALL)


def test_the_last_admin_stays(page: Page, home: Home, complaints: Complaints) -> None:
    """It is told in the dialog why."""
    complaints.expect("409")
    come_in(page, home.code("admin"))
    show(page, "personas")
    for name in ("Ana", "Persona admin"):
        page.get_by_role("button", name=f"Borrar a {name}").click()
        page.get_by_role("dialog").get_by_role("button", name="Borrar").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("último admin")


# -- access ----------------------------------------------------------------------------------------


def test_access_is_given_to_a_program_and_taken_away(
    home: Home, open_page: OpenPage, any_page: Page, admin: APIRequestContext
) -> None:
    """The secret is shown once."""
    come_in(any_page, code(admin, "Ana"))
    show(any_page, "accesos")
    expect(row(any_page, "Navegador en")).to_contain_text("este navegador")
    any_page.get_by_role("button", name="Acceso para un programa").click()
    dialog = any_page.get_by_role("dialog", name="Acceso para un programa")
    dialog.get_by_label("Para qué es").fill(LONG_NAME)
    dialog.get_by_label("Días que vale").fill("30")
    dialog.get_by_role("button", name="Crear").click()
    secret = dialog.locator("code").text_content() or ""
    assert_fits(any_page)
    assert_accessible(any_page)
    stranger = open_page()
    assert works(home, stranger, secret)
    dialog.get_by_role("button", name="Cerrar").click()
    expect(row(any_page, LONG_NAME)).to_contain_text("Ana · aplicación · ")
    expect(row(any_page, LONG_NAME)).to_contain_text("hasta el ")
    assert secret not in any_page.content()
    assert_fits(any_page)
    assert_accessible(any_page)
    any_page.get_by_role("button", name=f"Echar a {LONG_NAME}").click()
    any_page.get_by_role("dialog").get_by_role("button", name="Echar").click()
    expect(row(any_page, LONG_NAME)).to_have_count(0)
    assert not works(home, stranger, secret)


def test_a_secret_is_copied(page: Page, admin: APIRequestContext) -> None:
    """And the button says that it was."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    come_in(page, code(admin, "Ana"))
    show(page, "personas")
    page.get_by_role("button", name="Dar un código a Ana").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Copiar").click()
    expect(dialog.get_by_role("button", name="Copiado")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == dialog.locator("code").text_content()


def test_ones_own_session_is_ended(page: Page, admin: APIRequestContext) -> None:
    """By signing out, or as any other."""
    come_in(page, code(admin, "Ana"))
    page.goto("/#/casa")
    page.get_by_role("button", name="Salir").click()
    expect_outside(page)
    come_in(page, code(admin, "Ana"))
    page.reload()
    show(page, "accesos")
    row(page, "este navegador").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_contain_text("tendrás que volver a entrar")
    page.get_by_role("dialog").get_by_role("button", name="Echar").click()
    expect_outside(page)
    assert [each["tipo"] for each in told(admin, "/tokens")] == ["app"]


# -- roles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "can"), [("lectura", "Solo mirar"), ("miembro", "De la casa")])
def test_who_is_no_admin_sees_less(any_page: Page, admin: APIRequestContext, role: str, can: str) -> None:
    """Neither what is for admins, by whatever address, nor what could not be done."""
    told(admin, "/habitaciones", {"nombre": "Salón"})
    come_in(any_page, told(admin, "/auth/codigos", {"nombre": "Luis", "rol": role})["codigo"])
    show(any_page, "personas")
    tabs = any_page.get_by_role("navigation", name="Apartados de la casa").get_by_role("link")
    expect(tabs).to_have_text(FOR_ALL)
    expect(tabs.first).to_have_attribute("aria-current", "page")
    expect(any_page.get_by_role("main")).to_contain_text(re.compile(f"Luis.*{can}"))
    assert_accessible(any_page)
    show(any_page, "habitaciones")
    expect(row(any_page, "Salón")).to_be_visible()
    expect(any_page.get_by_role("main").get_by_role("button")).to_have_count(4 if role == "miembro" else 0)
    show(any_page, "accesos")
    expect(row(any_page, "Luis")).to_have_count(1)
    expect(row(any_page, "Ana")).to_have_count(0)
    expect(any_page.get_by_role("button", name="Acceso para un programa")).to_have_count(
        int(role == "miembro")
    )
    show(any_page, "salud")
    expect(any_page.get_by_role("heading", name="Todo va bien")).to_be_visible()
    expect(any_page.get_by_text("Versión")).to_be_visible()


def test_what_was_done_is_shown(any_page: Page, admin: APIRequestContext) -> None:
    """By whom and from where, a page at a time."""
    told(admin, "/usuarios", {"nombre": LONG_NAME, "rol": "miembro"})
    for number in range(50):
        told(admin, "/habitaciones", {"nombre": f"Habitación {number}"})
        admin.delete(f"/habitaciones/{number + 1}")
    wait_until(lambda: is_written_down(admin, "DELETE /habitaciones/50"), PATIENCE)
    come_in(any_page, code(admin, "Ana"))
    show(any_page, "auditoria")
    rows = any_page.get_by_role("main").get_by_role("listitem")
    expect(rows).to_have_count(50)
    expect(row(any_page, "sesión abierta")).to_contain_text("Ana · 127.0.0.1 · ")
    any_page.get_by_role("button", name="Ver más").click()
    expect(row(any_page, LONG_NAME)).to_contain_text("Persona admin · 127.0.0.1 · ")
    assert_fits(any_page)
    assert_accessible(any_page)


def is_written_down(admin: APIRequestContext, about: str) -> bool:
    """Which happens within a second or so."""
    return any(each["objeto"] == about for each in told(admin, "/auditoria")["data"])
