"""Findings through real HTTP: listed, applied, dismissed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pykka
import pytest

from actors.domain.findings import Decision, Finding, KeptFinding
from actors.domain.model import Device, JsonObject
from actors.domain.proposals import basis_of
from actors.messages import DismissFinding, Reply
from persistence.forms.old_findings import proposal_in
from tests.web.site import BLIND, LAMP, PATIENCE, Site, at_once
from tests.web.stand_ins import NoAnswer
from web.http.services import Limits

AT = 1_800_000_000.5
PATCH = {"configuracion": {"modo": "horario", "intervalo_envio": 60}}


def finding(rule: str, event: str, details: JsonObject) -> Finding:
    proposal = proposal_in(rule, details)
    return Finding(rule, event, BLIND.id, BLIND.serial, AT, details, proposal=proposal)


ANOMALY = finding("extremos", "ai_anomaly", {"metric": "posicion", "value": 120.5})
MISCONFIGURED = finding("misconfig", "ai_misconfig", {"issues": ["…"], "suggested_patch": PATCH})
SUGGESTION = finding(
    "learn",
    "ai_suggest",
    {
        "suggested_horarios": {
            "lunes": [{"inicio": "06:00", "fin": "06:30", "visto": 11, "de": 12}],
            "jueves": [{"inicio": "06:00", "fin": "06:30"}, {"inicio": "22:00", "fin": "05:00"}],
        }
    },
)
BACK = finding("offline", "ai_back_online", {"was_offline_secs": 149})
OF_THE_LAMP = replace(MISCONFIGURED, device_id=LAMP.id, serial=LAMP.serial)


def kept(number: int, found: Finding, device: Device = BLIND) -> KeptFinding:
    """As concluded from the configuration of ``device``."""
    return KeptFinding(number, found, basis_of(found, device.configuration))


@pytest.fixture
def site() -> Iterator[Site]:
    """Findings 1 to 5, concluded from the configurations that the devices have."""
    with Site(LAMP, BLIND) as running:
        of_the_blind = (ANOMALY, MISCONFIGURED, SUGGESTION, BACK)
        running.shelf.put(
            *(kept(n, each) for n, each in enumerate(of_the_blind, 1)), kept(5, OF_THE_LAMP, LAMP)
        )
        yield running


def decisions(site: Site) -> dict[int, str]:
    return {event["evento_id"]: event["decision"] for event in site.get("/ai/eventos").json["data"]}


# -- listing ---------------------------------------------------------------------------------------


def test_a_finding_is_listed_as_it_was_streamed(site: Site) -> None:
    """The JSON of the event, and what people made of it."""
    with site.listen("/stream/ai") as client:
        client.next()
        site.hub.finding_made(kept(1, ANOMALY))
        streamed = client.next().data
    listed = site.get("/ai/eventos?regla=extremos").json
    assert listed == {
        "page": 1,
        "per_page": 50,
        "total": 1,
        "pages": 1,
        "data": [{**streamed, "decision": "abierto"}],
    }
    assert (streamed["evento_id"], streamed["value"], streamed["rule"]) == (1, 120.5, "extremos")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("?dispositivo=&regla=", [5, 4, 3, 2, 1]),
        ("?dispositivo=2", [4, 3, 2, 1]),
        ("?regla=misconfig", [5, 2]),
        ("?regla=misconfig&dispositivo=1", [5]),
        ("?regla=offline&dispositivo=1", []),
        ("?page=2&per_page=2", [3, 2]),
        ("?page=9", []),
    ],
)
def test_findings_are_paged_newest_first(site: Site, query: str, ids: list[int]) -> None:
    """Of all devices and rules, or of one."""
    assert [event["evento_id"] for event in site.get(f"/ai/eventos{query}").json["data"]] == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [5, 4, 3, 2, 1]),
        ("?desde=1800000002", [5, 4, 3]),
        ("?hasta=1800000002", [2, 1]),
        ("?desde=2027-01-15T08:00:01Z&hasta=2027-01-15T08:00:03Z", [3, 2]),
        ("?desde=1800000001&hasta=1800000003&regla=learn&dispositivo=2", [3]),
        ("?desde=1800000000&page=2&per_page=2", [3, 2]),
        ("?hasta=1800000004&regla=offline&dispositivo=2&per_page=1", [4]),
        ("?desde=1900000000", []),
        ("?desde=&hasta=", [5, 4, 3, 2, 1]),
    ],
)
def test_findings_of_a_range_of_time(site: Site, query: str, ids: list[int]) -> None:
    """From ``desde`` on, and before ``hasta``."""
    for kept in list(site.shelf.kept.values()):
        site.shelf.put(replace(kept, finding=replace(kept.finding, at=1_800_000_000.0 + kept.id - 1)))
    assert [event["evento_id"] for event in site.get(f"/ai/eventos{query}").json["data"]] == ids


# -- deciding --------------------------------------------------------------------------------------


def test_a_patch_is_applied_like_a_put(site: Site) -> None:
    """The answer is the whole device, and all who watch it are told."""
    week = {"horarios_pos": {"lunes": [["08:00", 50]]}}
    site.put("/dispositivos/2", {"configuracion": week})
    with site.listen() as client:
        client.next()
        answer = site.post("/ai/eventos/2/aplicar")
        told = client.next().data
    assert answer.status == 200
    asked = {"modo": "horario", "encendido": False, "intervalo_envio": 60, **week}
    assert answer.json["configuracion"] == asked
    assert (answer.json["version"], site.get("/dispositivos/2").json) == (5, answer.json)
    assert told == {**answer.json, "event": "device_update"}
    assert decisions(site)[2] == "aplicado"


def test_a_suggestion_becomes_the_schedule(site: Site) -> None:
    """Days with the same window share an entry."""
    answer = site.post("/ai/eventos/3/aplicar/", {})
    assert (answer.status, answer.json["configuracion"]) == (
        200,
        {
            "modo": "horario",
            "encendido": False,
            "horarios": [
                {"dias": ["lunes", "jueves"], "inicio": "06:00", "fin": "06:30"},
                {"dias": ["jueves"], "inicio": "22:00", "fin": "05:00"},
            ],
        },
    )


def test_anything_can_be_dismissed(site: Site) -> None:
    """The device stays as it is."""
    before = site.get("/dispositivos/2").json
    for number in (1, 2, 3, 4):
        answer = site.post(f"/ai/eventos/{number}/descartar")
        assert (answer.status, answer.json) == (200, {"mensaje": "Sugerencia descartada", "id": number})
    assert decisions(site) == {5: "abierto", **dict.fromkeys((4, 3, 2, 1), "descartado")}
    assert site.get("/dispositivos/2").json == before


@pytest.mark.parametrize("first", ["aplicar", "descartar"])
@pytest.mark.parametrize("second", ["aplicar", "descartar"])
def test_what_is_decided_is_decided(site: Site, first: str, second: str) -> None:
    """A second decision is 409 and changes nothing."""
    assert site.post(f"/ai/eventos/3/{first}").status == 200
    before = decisions(site), site.get("/dispositivos/2").json
    assert site.post(f"/ai/eventos/3/{second}").status == 409
    assert (decisions(site), site.get("/dispositivos/2").json) == before


def test_a_proposal_is_for_the_values_that_it_saw(site: Site) -> None:
    """Once one of them is another it is 409; it stays open, can be dismissed, and says which one it is."""
    site.put("/dispositivos/2", {"configuracion": {"intervalo_envio": 90}})
    refused = site.post("/ai/eventos/2/aplicar")
    assert (refused.status, refused.json["error"]) == (409, "conflicto")
    assert "intervalo_envio" in refused.json["detalle"]
    assert decisions(site)[2] == "abierto"
    assert site.get("/dispositivos/2").json["configuracion"]["intervalo_envio"] == 90
    assert site.post("/ai/eventos/2/descartar").status == 200


def test_what_else_changes_is_no_affair_of_a_proposal(site: Site) -> None:
    """Neither what people set nor another proposal of the same device outdates it."""
    site.put("/dispositivos/2", {"nombre": "Salón", "configuracion": {"posicion": 40}})
    for number in (3, 2):
        assert site.post(f"/ai/eventos/{number}/aplicar").status == 200
    now = site.get("/dispositivos/2").json["configuracion"]
    assert (now["posicion"], now["intervalo_envio"], len(now["horarios"])) == (40, 60, 2)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/ai/eventos?page=0", 400),
        ("GET", "/ai/eventos?per_page=0", 400),
        ("GET", "/ai/eventos?dispositivo=LGT0", 400),
        ("GET", "/ai/eventos?dispositivo=-1", 400),
        ("GET", "/ai/eventos?regla=offlines", 400),
        ("GET", "/ai/eventos?regla=Offline", 400),
        ("GET", "/ai/eventos?desde=ayer", 400),
        ("GET", "/ai/eventos?desde=1800000000&hasta=1800000000", 400),
        ("GET", "/ai/eventos?dispositivo=99", 404),
        ("POST", "/ai/eventos/99/aplicar", 404),
        ("POST", "/ai/eventos/99/descartar", 404),
        ("POST", "/ai/eventos/uno/aplicar", 404),
        ("POST", "/ai/eventos/1/borrar", 404),
        ("POST", "/ai/eventos/1/aplicar", 409),
        ("POST", "/ai/eventos/4/aplicar", 409),
        ("POST", "/ai/eventos", 405),
        ("GET", "/ai/eventos/1/aplicar", 405),
        ("GET", "/ai/anomaly", 405),
    ],
)
def test_what_cannot_be_done_is_explained(site: Site, method: str, path: str, status: int) -> None:
    """In JSON, in Spanish, with the right status; and it can be tried again or decided otherwise."""
    for _ in range(2):
        answer = site.ask(method, path)
        assert answer.status == status
        assert answer.json.keys() == {"error", "detalle", "codigo"}
    assert set(decisions(site).values()) == {"abierto"}


def test_a_proposal_that_no_device_can_take_is_refused(site: Site) -> None:
    """What stands in the database may be older than the rules of today."""
    patch = {"configuracion": {"intervalo_envio": 0}}
    site.shelf.put(kept(6, finding("misconfig", "ai_misconfig", {"suggested_patch": patch})))
    answer = site.post("/ai/eventos/6/aplicar")
    assert answer.status == 409
    assert "configuracion.intervalo_envio" in answer.json["detalle"]
    assert site.post("/ai/eventos/6/descartar").status == 200


# -- races -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ways", [["descartar"] * 4, ["aplicar"] * 4, ["aplicar", "descartar"] * 2])
def test_of_racing_decisions_exactly_one_is_carried_out(site: Site, ways: list[str]) -> None:
    """The others are told 409, whichever they are, and what is stored is what the winner was told."""
    for number in range(10, 20):
        now = replace(BLIND, configuration=site.get("/dispositivos/2").json["configuracion"])
        site.shelf.put(kept(number, proposing(number), now))
        assert at_once(partial(decide, site, number), ways) == [200, 409, 409, 409]
        interval = site.get("/dispositivos/2").json["configuracion"].get("intervalo_envio")
        assert (interval == number) == (decisions(site)[number] == "aplicado")


def proposing(interval: int) -> Finding:
    patch = {"configuracion": {"intervalo_envio": interval}}
    return finding("misconfig", "ai_misconfig", {"suggested_patch": patch})


def decide(site: Site, number: int, way: str) -> int:
    return site.post(f"/ai/eventos/{number}/{way}").status


class Slow(pykka.ThreadingActor):
    """Answers a dismissal when let, with the device as it is."""

    def __init__(self, replies: list[Reply], asked: threading.Event) -> None:
        super().__init__()
        self._replies = replies
        self._asked = asked

    def on_receive(self, message: Any) -> None:
        if isinstance(message, DismissFinding):
            self._replies.append(message.reply)
            self._asked.set()


def test_a_decision_on_its_way_is_not_made_twice() -> None:
    """Nobody else decides until the device has answered, though the first has long been told 503."""
    replies: list[Reply] = []
    asked = threading.Event()
    directory = Slow.start(replies, asked)
    with Site(BLIND, directory=lambda _: directory, limits=Limits(reply=0.1)) as site:
        site.shelf.put(kept(2, MISCONFIGURED))
        assert site.post("/ai/eventos/2/descartar").status == 503
        assert asked.wait(PATIENCE)
        assert site.post("/ai/eventos/2/descartar").status == 409
        assert site.post("/ai/eventos/2/aplicar").status == 409
        (reply,) = replies
        site.shelf.decide(2, Decision.DISMISSED)
        reply(BLIND)
        late = site.post("/ai/eventos/2/aplicar")
        assert (late.status, "descartado" in late.json["detalle"]) == (409, True)


def test_a_decision_that_could_not_be_told_can_be_made_later() -> None:
    """Nothing is left behind when there is nobody to tell."""
    directory = NoAnswer.start()
    with Site(BLIND, directory=lambda _: directory) as site:
        site.shelf.put(kept(2, MISCONFIGURED))
        directory.stop(timeout=PATIENCE)
        assert [site.post("/ai/eventos/2/aplicar").status for _ in range(2)] == [503, 503]
