"""Devices that leave, from the page to the disk: the real actors, a real database, real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from actors.domain.claiming import code_digest
from actors.domain.model import Device, JsonObject, Report
from actors.domain.refusals import Refusal, Refused
from actors.messages import Delivery, ForgetDevice, Removal, Reported
from actors.mqtt.broker.credentials import Logins
from tests.web.home import LiveSite
from tests.web.site import HEALTHY, PATIENCE, Site
from web.http.services import NoLogins

LAMP = Device(id=1, serial="LGT0AAAAAAAA", claimed=True, version=1, configuration={"modo": "manual"})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LiveSite]:
    with LiveSite(tmp_path / "iot.db", LAMP) as running:
        yield running


@pytest.mark.parametrize("filter_", ["", "?reclamado=true", "?reclamado=false", "?serial=LGT0AAAAAAAA"])
def test_a_forgotten_device_is_gone_for_everybody(home: LiveSite, filter_: str) -> None:
    """Its routes, its findings, and for each listener whatever it listens to; once it is told, it holds."""
    home.conclude("misconfig", "ai_misconfig", {"suggest": {"modo": "horario"}})
    with home.site.listen(f"/stream/dispositivos{filter_}") as client:
        client.next()
        answer = home.site.ask("DELETE", "/dispositivos/1")
        assert (answer.status, answer.json) == (200, {"mensaje": "Dispositivo olvidado", "id": 1})
        told = client.next()
        assert told.name == "message", "no event: line, as for updates"
        assert told.data == {"id": 1, "serial_number": LAMP.serial, "event": "device_removed"}
    assert home.site.get("/dispositivos").json == []
    assert home.site.get("/ai/eventos").json["total"] == 0
    for path in ("", "/logs", "/estadisticas", "/limites"):
        assert home.site.get(f"/dispositivos/1{path}").status == 404
    assert home.site.ask("DELETE", "/dispositivos/1").status == 404
    assert home.network.forgotten == [(Removal(1, LAMP.serial), False)]
    assert home.stored().id == 2, "the same serial number is another device"


def test_who_was_away_is_told_of_it(home: LiveSite) -> None:
    """By Last-Event-ID."""
    with home.site.listen() as client:
        last = client.next().id
    home.site.ask("DELETE", "/dispositivos/1")
    with home.site.listen(f"/stream/dispositivos?last_event_id={last}") as client:
        client.next()
        assert client.next().data["event"] == "device_removed"


def test_a_released_device_keeps_all_but_its_claim(home: LiveSite) -> None:
    """And nobody can release what nobody has claimed."""
    before = home.site.get("/dispositivos/1").json
    answer = home.site.post("/dispositivos/1/soltar", {})
    assert answer.status == 200
    assert answer.json == before | {"reclamado": False, "edicion": answer.json["edicion"]}
    assert not home.stored().claimed
    assert home.site.post("/dispositivos/1/soltar", {}).status == 409
    assert home.site.post("/dispositivos/9/soltar", {}).status == 404
    assert home.site.post("/dispositivos/reclamar", {"serial_number": LAMP.serial}).status == 200


@pytest.mark.parametrize(("method", "of_it"), [("DELETE", ""), ("POST", "/soltar")])
def test_who_has_not_seen_it_as_it_is_takes_nothing_out(home: LiveSite, method: str, of_it: str) -> None:
    """If they say what they have seen."""
    path = f"/dispositivos/1{of_it}"
    seen = {"If-Match": home.site.get("/dispositivos/1").headers["Etag"]}
    home.site.put("/dispositivos/1", {"nombre": "Salón"})
    refused = home.site.ask(method, path, headers=seen)
    assert refused.status == 412
    present = home.site.get("/dispositivos/1")
    assert refused.json["dispositivo"] == present.json
    assert home.stored().claimed
    assert home.site.ask(method, path, headers={"If-Match": present.headers["Etag"]}).status == 200


def test_a_change_that_comes_just_before_is_not_lost_either(home: LiveSite) -> None:
    """When the request has found all as it was seen: the device, which was told of the change, has the last
    word, and goes on hearing."""
    answered: Queue[Removal | Refused] = Queue()
    unseen = frozenset({"of before"})
    home.site.directory.tell(ForgetDevice(Removal(1, LAMP.serial), answered.put, unseen))
    assert answered.get(timeout=PATIENCE) == Refused(Refusal.STALE)
    assert home.site.put("/dispositivos/1", {"nombre": "Salón"}).status == 200
    assert home.stored().name == "Salón"


def test_who_cannot_be_forgotten_now_keeps_its_login() -> None:
    """Where the disk takes nothing: a device of the house would be locked out, and stay."""
    locked_out: list[str] = []

    class Watched(NoLogins):
        def withdraw(self, serial: str) -> Callable[[], object]:
            locked_out.append(serial)
            return super().withdraw(serial)

    broken = replace(HEALTHY, writer=replace(HEALTHY.writer, healthy=False))
    with Site(LAMP, health=lambda: broken, logins=Watched()) as site:
        assert site.ask("DELETE", "/dispositivos/1").status == 503
    assert not locked_out


def test_who_stays_keeps_its_login(tmp_path: Path) -> None:
    """Where the device has changed between the request's look and its own: 412, and it can still log in."""
    logins = Logins(tmp_path / "logins")
    logins.renew(LAMP.serial)
    before = logins.path.read_text()
    overtaking = [{"nombre": "Salón"}]

    class Overtaken(NoLogins):
        def withdraw(self, serial: str) -> Callable[[], object]:
            put_back = logins.withdraw(serial)
            assert logins.path.read_text() == ""
            if overtaking:
                assert house.site.put("/dispositivos/1", overtaking.pop()).status == 200
            return put_back

    with LiveSite(tmp_path / "iot.db", LAMP, Overtaken()) as house:
        seen = {"If-Match": house.site.get("/dispositivos/1").headers["Etag"]}
        assert house.site.ask("DELETE", "/dispositivos/1", headers=seen).status == 412
        assert logins.path.read_text() == before
        assert house.site.ask("DELETE", "/dispositivos/1").status == 200
        assert logins.path.read_text() == ""


NEW, CODE = "LGT0BBBBBBBB", "K7WQ"


@pytest.fixture
def spare(home: LiveSite) -> None:
    """Other hardware, which was heard."""
    report = Report(NEW, 1.8e9, code_digest=code_digest(NEW, CODE), own_topic=True)
    with home.site.listen(f"/stream/dispositivos?serial={NEW}") as client:
        client.next()
        home.site.directory.tell(Reported(report, Delivery(1, 1, 1), "", b""))
        client.next()


@pytest.mark.usefixtures("spare")
@pytest.mark.parametrize("serial", [NEW, LAMP.serial])
def test_other_hardware_takes_the_place_of_a_device(home: LiveSite, serial: str) -> None:
    """Who watches either serial number hears of it, and what there was of the new one is gone."""
    before = home.site.get("/dispositivos/1").json
    with home.site.listen(f"/stream/dispositivos?serial={serial}") as client:
        client.next()
        answer = home.site.post("/dispositivos/1/sustituir", {"serial_number": NEW, "codigo": CODE})
        if serial == NEW:
            assert client.next().data == {"id": 2, "serial_number": NEW, "event": "device_removed"}
        assert client.next().data == answer.json | {"event": "device_update"}
    assert answer.status == 200
    assert (answer.json["id"], answer.json["serial_number"]) == (1, NEW)
    assert answer.json["sincronizado"] is None
    same = ("nombre", "tipo", "configuracion", "habitacion_id", "reclamado", "descripcion")
    assert all(answer.json[name] == before[name] for name in same)
    assert home.site.get("/dispositivos").json == [answer.json]
    assert home.network.forgotten == [(Removal(2, LAMP.serial), False)]
    assert home.network.configurations[-1] == (NEW, 2, {"modo": "manual"})
    assert home.site.get("/dispositivos/2").status == 404


@pytest.mark.usefixtures("spare")
def test_what_cannot_take_its_place_is_told_why(home: LiveSite) -> None:
    """As in a claim: without the code nobody learns anything of other hardware."""

    def status(body: JsonObject, where: int = 1, seen: str = "*") -> tuple[int, str]:
        answer = home.site.ask("POST", f"/dispositivos/{where}/sustituir", body, {"If-Match": seen})
        return answer.status, answer.json.get("codigo", "")

    right = {"serial_number": NEW, "codigo": CODE}
    assert status({"serial_number": "NEVER"}) == (404, "replacement_unproven")
    assert status({"serial_number": NEW}) == (404, "replacement_unproven")
    assert status({"serial_number": NEW, "codigo": None}) == (404, "replacement_unproven")
    assert status({"serial_number": LAMP.serial}) == (409, "already_claimed")
    assert status({}) == (400, "serial_missing")
    assert status(right, where=9) == (404, "no_such_device")
    assert status(right, where=2) == (409, "already_claimed")
    assert status(right, seen='"another"') == (412, "stale_edition")
    edition = home.site.get("/dispositivos/1").json["edicion"]
    assert status(right, seen=f'"{edition}"') == (200, "")
