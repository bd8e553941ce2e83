"""The settings in force, as they are told: all of them, where they come from, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import HEADINGS, Settings, settings, written_as
from tests.web.site import Site
from web.schemas.answers import SettingJson
from web.texts.setting_words import DESCRIPTIONS, GROUPS

PASSWORD = "tres tristes tigres"
TOML = f"""
BACKEND_PORT = 8000
DATA_DIR = "/srv/casa"
RETENCION_POR_DISPOSITIVO = ["CAM0=7", "TMP0603IF1WD=400"]
MQTT_USERNAME = "casa"
MQTT_PASSWORD = "{PASSWORD}"
"""
ENVIRONMENT = {"BACKEND_PORT": "8001", "AI_R4_OFFLINE_SECS": "90", "SSL_ENABLED": ""}


@pytest.fixture
def in_force(tmp_path: Path) -> Settings:
    toml = tmp_path / "config.toml"
    toml.write_text(TOML)
    return Settings.load(toml, ENVIRONMENT)


def told_of(in_force: Settings) -> dict[str, SettingJson]:
    with Site(settings=in_force) as site:
        answer = site.get("/ajustes")
        assert answer.status == 200
        assert PASSWORD.encode() not in answer.body
        return {each["nombre"]: each for each in answer.json}


def test_all_are_told_in_the_order_of_the_example(in_force: Settings) -> None:
    told = told_of(in_force)
    assert list(told) == list(settings())
    assert list(dict.fromkeys(each["grupo"] for each in told.values())) == list(HEADINGS.values())
    assert all(each["descripcion"] == settings()[name].description for name, each in told.items())
    assert all(each["por_defecto"] == written_as(settings()[name].default) for name, each in told.items())


def test_they_are_told_in_english_too(in_force: Settings) -> None:
    """Each has words of its own in either language."""
    assert list(DESCRIPTIONS) == list(settings())
    assert list(GROUPS) == list(HEADINGS)
    with Site(settings=in_force) as site:
        answer = site.ask("GET", "/ajustes", headers={"Accept-Language": "en"})
    assert answer.headers["Content-Language"] == "en"
    assert {each["nombre"]: each["descripcion"] for each in answer.json} == DESCRIPTIONS
    assert list(dict.fromkeys(each["grupo"] for each in answer.json)) == list(GROUPS.values())


def test_values_are_told_as_they_are_written_and_where_they_come_from(in_force: Settings) -> None:
    """The variable wins over the file; who set a value to what it would be anyway has set it all the same."""
    told = {name: (each["valor"], each["origen"]) for name, each in told_of(in_force).items()}
    assert told["BACKEND_PORT"] == (8001, "entorno")
    assert told["DATA_DIR"] == ("/srv/casa", "fichero")
    assert told["RETENCION_POR_DISPOSITIVO"] == (["CAM0=7", "TMP0603IF1WD=400"], "fichero")
    assert told["AI_R4_OFFLINE_SECS"] == (90, "entorno")
    assert told["SSL_ENABLED"] == ("", "entorno")
    assert told["MDNS_ENABLED"] == ("", "defecto")
    assert told["AI_R3_WARM_START"] == (True, "defecto")


def test_of_a_secret_only_is_told_that_there_is_one(in_force: Settings) -> None:
    told = told_of(in_force)
    assert [name for name, each in told.items() if each["secreto"]] == ["MQTT_PASSWORD", "DATABASE_URL"]
    assert (told["MQTT_PASSWORD"]["valor"], told["MQTT_PASSWORD"]["origen"]) == (None, "fichero")
    assert told_of(Settings())["MQTT_PASSWORD"]["origen"] == "defecto"
