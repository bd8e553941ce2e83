"""``GET /dispositivos/<id>/limites`` through real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pykka
import pytest

from actors.domain.model import Report
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import StorageTrouble, WriterStatus
from actors.messages import AskBounds
from tests.web.site import BLIND, HEALTHY, LAMP, PATIENCE, Site
from tests.web.stand_ins import NoAnswer
from web.http.services import Limits
from web.schemas.preconditions import quoted


class Refusing(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> None:
        match message:
            case AskBounds(BLIND.serial, "extremos", reply):
                reply(Refused(Refusal.QUARANTINED))


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(LAMP, BLIND) as running:
        yield running


def test_bounds_are_told_as_in_an_anomaly(site: Site) -> None:
    """By metric; ``null`` is no bound."""
    answer = site.get("/dispositivos/2/limites")
    assert (answer.status, answer.json["dispositivo_id"]) == (200, 2)
    assert answer.json["data"] == {
        "temperatura": {"min": 10.0, "max": 80.0, "source": "limits"},
        "aire °C": {"min": None, "max": 1013.25, "source": "limits+hist"},
    }


def test_each_metric_says_what_it_is_and_what_each_source_holds_it_to(site: Site) -> None:
    """Those that the device has told, those that the rule knows, and those that people have decided on."""
    site.directory.tell(Report(BLIND.serial, 1_800_000_001.0, parameters={"humo": False, "b": {"temp": 3}}))
    site.put("/dispositivos/2/limites", {"raro": {"silenciada": True}})
    found = site.get("/dispositivos/2/limites").json["medidas"]
    nothing = {"min": None, "max": None}
    unsaid = {"unidad": "", "silenciada": False, "persona": nothing, "tabla": None, "historia": None}
    declared = {"naturaleza_de": "declarada"}
    assert found == {
        "aire °C": {
            **unsaid,
            **{"naturaleza": "contador", "naturaleza_de": "aprendida"},
            **{"tabla": {"min": None, "max": 1100.0}, "historia": {"min": 950.0, "max": 1013.25}},
        },
        "b.temp": {**unsaid, **declared, "naturaleza": "medida", "unidad": "°C"},
        "humo": {**unsaid, **declared, "naturaleza": "alarma"},
        "raro": {**unsaid, "naturaleza": None, "naturaleza_de": None, "silenciada": True},
        "temperatura": {**unsaid, **declared, "naturaleza": "medida", "unidad": "°C"},
    }


def test_what_people_decide_is_merged_by_metric_and_taken_back(site: Site) -> None:
    """The answer is as of GET, and has the tag of the device as it then is."""
    bounds = {"min": 2, "max": 8.5}
    answer = site.put("/dispositivos/2/limites", {"temperatura": bounds})
    assert answer.json["medidas"]["temperatura"]["persona"] == bounds
    answer = site.put("/dispositivos/2/limites", {"temperatura": {"min": None, "naturaleza": "contador"}})
    told = answer.json["medidas"]["temperatura"]
    assert (told["persona"], told["naturaleza"]) == ({"min": None, "max": 8.5}, "contador")
    assert told["naturaleza_de"] == "persona"
    assert answer.json == site.get("/dispositivos/2/limites").json
    assert answer.headers["Etag"] == site.get("/dispositivos/2").headers["Etag"]
    answer = site.put("/dispositivos/2/limites", {"temperatura": None})
    assert answer.json["medidas"]["temperatura"]["persona"] == {"min": None, "max": None}


def test_the_stream_tells_that_something_was_decided(site: Site) -> None:
    """By the edition, which is another: the bounds themselves are read by who shows them."""
    with site.listen() as client:
        client.next()
        answer = site.put("/dispositivos/2/limites", {"temperatura": {"silenciada": True}})
        told = client.next().data
    assert (told["event"], told["id"], quoted(told["edicion"])) == (
        "device_update",
        2,
        answer.headers["Etag"],
    )


def test_who_has_not_seen_the_bounds_as_they_are_is_shown_the_device(site: Site) -> None:
    seen = site.get("/dispositivos/2/limites").headers["Etag"]
    site.put("/dispositivos/2/limites", {"temperatura": {"max": 8}})
    refused = site.ask("PUT", "/dispositivos/2/limites", {"temperatura": {"max": 9}}, {"If-Match": seen})
    assert (refused.status, refused.json["codigo"]) == (412, "stale_edition")
    assert refused.json["dispositivo"]["id"] == 2
    renewed = {"If-Match": refused.headers["Etag"]}
    assert site.ask("PUT", "/dispositivos/2/limites", {"temperatura": {"max": 9}}, renewed).status == 200


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        ({"temp": 7}, "not_a_metric_choice", "temp "),
        ({"temp": {"min": "7"}}, "not_a_number", "temp.min "),
        ({"temp": {"min": True}}, "not_a_number", "temp.min "),
        ({"temp": {"max": 1e300}}, "not_a_number", "temp.max "),
        ({"temp": {"silenciada": 1}}, "not_a_boolean", "temp.silenciada "),
        ({"temp": {"naturaleza": "gauge"}}, "not_one_of", "temp.naturaleza "),
        ({"temp": {"minimo": 1}}, "unknown_fields", "temp.minimo"),
        ({"": {}}, "wrong_length", ""),
        ({"x" * 201: {}}, "wrong_length", "xxx"),
        ({"temp": {"min": 8, "max": 8}}, "bounds_crossed", "temp:"),
        ({f"m{n}": {"min": 1} for n in range(129)}, "too_many_choices", "128"),
    ],
)
def test_what_is_wrong_is_told_with_the_path_to_it_and_changes_nothing(
    site: Site, body: dict[str, Any], code: str, where: str
) -> None:
    refused = site.put("/dispositivos/2/limites", {"humedad": {"min": 5}, **body})
    assert (refused.status, refused.json["codigo"]) == (400, code)
    assert where in refused.json["detalle"]
    assert "humedad" not in site.get("/dispositivos/2/limites").json["medidas"]


def test_a_refusal_is_explained() -> None:
    with Site(BLIND, directory=lambda _: Refusing.start()) as site:
        refused = site.get("/dispositivos/2/limites")
    assert (refused.status, refused.json["codigo"]) == (503, "device_quarantined")


@pytest.mark.parametrize(("path", "status"), [("99/limites", 404), ("x/limites", 404), ("2/limites/x", 404)])
def test_who_is_not_there_has_none(site: Site, path: str, status: int) -> None:
    assert site.get(f"/dispositivos/{path}").status == status


def test_nobody_waits_for_ever() -> None:
    """503 when no answer comes, and when there is nobody to ask."""
    directory = NoAnswer.start()
    with Site(BLIND, directory=lambda _: directory, limits=Limits(reply=0.1)) as site:
        assert site.get("/dispositivos/2/limites").status == 503
        directory.stop(timeout=PATIENCE)
        assert site.get("/dispositivos/2/limites").status == 503


def test_a_disk_that_fails_keeps_nobody_from_asking() -> None:
    """Nothing of the question is stored."""
    broken = WriterStatus(healthy=False, queued=9, last_error=StorageTrouble("disk full"))
    health = replace(HEALTHY, writer=broken)
    with Site(BLIND, health=lambda: health) as site:
        assert site.get("/dispositivos/2/limites").status == 200
