"""Logins for devices, made on the page: what is to be typed lets a real program in at the real broker."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.brokers import require_mosquitto, wait_until
from tests.page.browsing import Complaints, assert_accessible, assert_fits
from tests.page.home import Home
from tests.web.site import PATIENCE

NAME = "lavadora"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Its broker has a door to the house."""
    with Home(tmp_path, mqtt_bind_host="0.0.0.0") as home:
        yield home


def publishes(made: dict[str, Any], topic: str, password: str) -> bool:
    """Whether a program that types what the page says comes in, and is not cut off."""
    who = ["-h", "127.0.0.1", "-p", str(made["broker"]["puerto"]), "-u", made["nombre"], "-P", password]
    command = ["mosquitto_pub", *who, "-q", "1", "-t", topic, "-m", "Online"]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode == 0


def typed(dialog: Locator, name: str) -> str:
    return dialog.locator(".to-type > div").filter(has_text=name).locator("code").inner_text()


def make(page: Page, family: str, name: str) -> tuple[Locator, dict[str, Any]]:
    """The dialog that says what to type, and what the server has answered."""
    page.get_by_role("button", name="Nuevo acceso").click()
    dialog = page.get_by_role("dialog", name="Nuevo acceso")
    dialog.get_by_label("Marca o programa").select_option(family)
    dialog.get_by_label("Nombre", exact=True).fill(name)
    assert_accessible(page)
    assert_fits(page)
    with page.expect_response("**/mqtt/accesos") as answered:
        dialog.get_by_role("button", name="Crear").click()
    expect(dialog.get_by_text("no se volverá a mostrar")).to_be_visible()
    made: dict[str, Any] = answered.value.json()
    return dialog, made


def test_a_login_is_made_typed_and_taken_away(any_page: Page) -> None:
    """It is listed without its password, holds at once, and no more once it is gone."""
    require_mosquitto()
    page = any_page
    page.goto("/#/casa/aparatos")
    expect(page.get_by_role("heading", name="Ningún aparato tiene acceso todavía")).to_be_visible()
    dialog, made = make(page, "Tasmota", NAME)
    assert typed(dialog, "Usuario") == NAME
    password = typed(dialog, "Contraseña")
    assert f"MqttPassword {password}" in dialog.locator("pre").inner_text()
    assert_accessible(page)
    assert_fits(page)
    assert publishes(made, f"tele/{NAME}/LWT", password)
    assert not publishes(made, f"tele/{NAME}/LWT", "wrong")
    assert not publishes(made, "tele/cocina/LWT", password)
    page.keyboard.press("Escape")
    row = page.get_by_role("main").get_by_role("listitem").filter(has_text=NAME)
    expect(row).to_contain_text("Tasmota · desde el")
    expect(page.get_by_text(password)).to_have_count(0)
    assert_accessible(page)
    row.get_by_role("button", name=f"Quitar {NAME}").click()
    page.get_by_role("dialog").get_by_role("button", name="Quitar").click()
    expect(row).to_have_count(0)
    wait_until(lambda: not publishes(made, f"tele/{NAME}/LWT", password), PATIENCE)


def test_a_name_that_is_taken_is_said(page: Page, complaints: Complaints) -> None:
    """Its password stays."""
    complaints.expect("409")
    page.goto("/#/casa/aparatos")
    make(page, "Shelly", NAME)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Nuevo acceso").click()
    dialog = page.get_by_role("dialog", name="Nuevo acceso")
    dialog.get_by_label("Marca o programa").select_option("ESPHome")
    dialog.get_by_label("Nombre", exact=True).fill(NAME.upper())
    dialog.get_by_role("button", name="Crear").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Ya hay un acceso")


def test_a_house_whose_broker_is_somebody_else_s_says_where_logins_are_made(page: Page) -> None:
    """And which commands do it."""
    broker = {"host": "mosquitto.casa", "puerto": 1883, "tls": False, "ajeno": True, "solo_aqui": False}
    page.route("**/mqtt/accesos", lambda route: route.fulfill(json={"broker": broker, "data": []}))
    page.goto("/#/casa/aparatos")
    expect(page.get_by_text("El bróker es otro (mosquitto.casa)")).to_be_visible()
    expect(page.get_by_text("mqtt-login --family")).to_be_visible()
    expect(page.get_by_role("button", name="Nuevo acceso")).to_have_count(0)
    assert_accessible(page)
