"""Logins at the broker by HTTP: made, shown once, listed without their passwords, taken away; for admins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.logins import OWN, Server
from actors.domain.people import Role
from actors.mqtt.broker.credentials import Logins, fits
from actors.mqtt.dialects.registry import Prefixes
from actors.mqtt.families import FAMILIES
from actors.mqtt.logins import DeviceLogins
from tests.web.keys import Keys, denied
from tests.web.site import LAMP, Answer, Site

HOUSE = Server("192.168.1.10", 8883, tls=True)
NOW = 1_800_000_000.0


class Broker:
    """What the file of a broker's logins holds, and a server that changes it."""

    def __init__(self, folder: Path, server: Server = HOUSE) -> None:
        self.kept = Logins(folder / "claves")
        self.site = Site(LAMP, logins=logins_in(folder, server))

    def add(self, **fields: object) -> Answer:
        return self.site.post("/mqtt/accesos", fields)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.site.get("/mqtt/accesos").json["data"]
        return found


def logins_in(folder: Path, server: Server = HOUSE) -> DeviceLogins:
    return DeviceLogins(folder / "claves", Prefixes(), lambda: server, lambda: NOW)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    with broker.site:
        yield broker


def test_there_is_one_for_each_family(broker: Broker) -> None:
    families = broker.site.get("/mqtt/familias").json
    assert [each["familia"] for each in families] == [OWN, *FAMILIES]
    gateways = {each["familia"] for each in families if each["pasarela"]}
    assert gateways == {"zigbee2mqtt", "openmqttgateway", "home_assistant"}


@pytest.mark.parametrize("family", [OWN, *FAMILIES])
def test_a_login_is_made_shown_once_and_taken_away(broker: Broker, family: str) -> None:
    made = broker.add(familia=family, nombre="salon")
    assert made.status == 201
    told = made.json
    assert fits(told["clave"].encode(), broker.kept.read()["salon"])
    for typed in (HOUSE.host, str(HOUSE.port), "salon", told["clave"]):
        assert typed in told["texto"]
    assert bool(told["donde"]) is (family != OWN)
    assert made.headers["Cache-Control"] == "no-store"
    answer = broker.site.get("/mqtt/accesos")
    where = {"host": HOUSE.host, "puerto": HOUSE.port, "tls": True, "ajeno": False, "solo_aqui": False}
    kept = {"nombre": "salon", "familia": family, "creado_en": "2027-01-15T08:00:00.000Z"}
    assert answer.json == {"broker": where, "data": [kept]}
    assert told["clave"].encode() not in answer.body
    assert broker.site.ask("DELETE", "/mqtt/accesos/Salon").status == 204
    assert broker.listed() == []
    assert broker.site.ask("DELETE", "/mqtt/accesos/salon").status == 404


def test_a_device_of_ours_logs_in_by_its_serial_as_it_is_known(broker: Broker) -> None:
    assert broker.add(familia=OWN, nombre=LAMP.serial.lower()).json["nombre"] == LAMP.serial


def test_what_calls_itself_otherwise_has_other_topics(broker: Broker) -> None:
    told = broker.add(familia="zigbee2mqtt", nombre="z2m", topic="casa/zigbee2mqtt").json
    assert told["topic"] == "casa/zigbee2mqtt"
    assert "base_topic: casa/zigbee2mqtt" in told["texto"]
    rights = broker.kept.grants()["z2m"].rights
    assert rights is not None
    assert rights.may_publish("casa/zigbee2mqtt/bridge/devices")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"familia": "zwave", "nombre": "salon"}, 400, "unknown_family"),
        ({"familia": "tasmota", "nombre": "backend"}, 400, "login_unusable"),
        ({"familia": "tasmota", "nombre": "sal:on"}, 400, "login_unusable"),
        ({"familia": OWN, "nombre": "sal on"}, 400, "login_unusable"),
        ({"familia": "tasmota", "nombre": "tele"}, 400, "login_topic_unusable"),
        ({"familia": "tasmota", "nombre": "salon", "topic": "a/#"}, 400, "login_topic_unusable"),
        ({"familia": "tasmota", "nombre": "TAKEN"}, 409, "login_taken"),
        ({"familia": "tasmota"}, 400, "fields_missing"),
        ({"nombre": "salon"}, 400, "fields_missing"),
        ({"familia": 7, "nombre": "salon"}, 400, "not_a_line"),
    ],
)
def test_what_cannot_be_made_changes_nothing(
    broker: Broker, body: dict[str, Any], status: int, code: str
) -> None:
    """One that is there is never given another password by mistake."""
    broker.add(familia="shelly", nombre="taken")
    before = broker.kept.read(), broker.kept.grants()
    answer = broker.add(**body)
    assert (answer.status, answer.json["codigo"]) == (status, code)
    assert (broker.kept.read(), broker.kept.grants()) == before


def test_the_backend_keeps_its_own(broker: Broker) -> None:
    """It is neither shown nor taken away, in any letter case."""
    broker.kept.complete(["backend"])
    assert broker.listed() == []
    for name in ("backend", "BACKEND", "%2e%2e"):
        assert broker.site.ask("DELETE", f"/mqtt/accesos/{name}").status == 404
    assert broker.kept.read().keys() == {"backend"}


def test_somebody_else_s_broker_has_its_own(tmp_path: Path) -> None:
    """What to do instead is said."""
    foreign = Broker(tmp_path, replace(HOUSE, host="mosquitto.casa", foreign=True))
    with foreign.site as site:
        for answer in (
            foreign.add(familia="tasmota", nombre="salon"),
            site.ask("DELETE", "/mqtt/accesos/salon"),
        ):
            assert (answer.status, answer.json["codigo"]) == (409, "foreign_broker")
            assert "mosquitto.casa" in answer.json["detalle"]
            assert "mqtt-login" in answer.json["detalle"]
        assert site.get("/mqtt/accesos").json["broker"]["ajeno"] is True
    assert not foreign.kept.read()


def test_none_but_an_admin_may(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    with keys.site() as site:
        for method, path in (
            ("GET", "/mqtt/familias"),
            ("GET", "/mqtt/accesos"),
            ("POST", "/mqtt/accesos"),
            ("DELETE", "/mqtt/accesos/salon"),
        ):
            for role in (Role.READER, Role.MEMBER):
                assert denied(site.ask(method, path, headers=keys.bearer(role)), 403)
            assert denied(site.ask(method, path), 401)


STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(["a", "A", "b", "tele", "c-d"])), max_size=12)


@given(STEPS)
def test_what_is_listed_is_what_lets_in(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, str]]
) -> None:
    """Whatever is made and taken away: each listed once, with a password and with its rights."""
    folder = tmp_path_factory.mktemp("logins")
    made, kept = logins_in(folder), Logins(folder / "claves")
    there: dict[str, str] = {}
    for is_added, name in steps:
        if is_added:
            made.add("tasmota", name)
            if name != "tele":
                there.setdefault(name.lower(), name)
        else:
            made.take_away(name)
            there.pop(name.lower(), None)
        assert sorted(there.values(), key=str.lower) == [each.user for each in made.known()]
        assert kept.read().keys() == kept.grants().keys() == set(there.values())
