"""The logbook over HTTP: by whom, to whom it is told and how much, and what one has seen on all devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors.domain.findings import Finding, KeptFinding
from actors.domain.logbook import Act, Cause, Deed, KeptDeed, Origin, Shift
from actors.domain.model import Device
from actors.domain.people import Role
from tests.web.home import LiveSite
from tests.web.keys import Keys
from tests.web.site import LAMP, Event, Listener, Site

DEED = Deed(
    LAMP.id,
    1.8e9,
    Act.CHANGED,
    Origin(Cause.PERSON, 3, "Ana"),
    {"configuracion.encendido": Shift(before=False, after=True), "configuracion.brillo": Shift(40, 80)},
)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveSite]:
    device = Device(id=0, serial="LGT0LAMP", claimed=True, room=None, configuration={"encendido": False})
    with LiveSite(tmp_path / "iot.db", device) as live:
        yield live


def ids_of(event: Event) -> list[str]:
    return event.id.split(",")


def test_a_change_is_found_by_device_room_time_and_page(live: LiveSite) -> None:
    """And told to who listens to the house, once it is on disk."""
    site, path = live.site, f"/dispositivos/{live.device.id}"
    with site.listen("/stream/casa") as client:
        assert client.next().name == "hello"
        for on in (True, False):
            site.put(path, {"configuracion": {"encendido": on}})
        told = [event.data for event in (client.next() for _ in range(4)) if event.name == "diario"]
    everything = site.get("/diario").json
    newest = everything["data"][0]
    assert [each["id"] for each in told] == [1, 2]
    assert {name: newest[name] for name in ("hecho", "origen", "persona_id", "cambios", "paso_a")} == {
        "hecho": "cambio",
        "origen": "persona",
        "persona_id": None,
        "cambios": ["configuracion.encendido"],
        "paso_a": False,
    }
    assert newest["valores"] == {"configuracion.encendido": {"antes": True, "despues": False}}
    first = site.get("/diario?per_page=1").json
    assert (first["data"], first["siguiente"]) == ([newest], 2)
    assert site.get("/diario?per_page=1&antes=2").json["siguiente"] is None
    assert len(site.get(f"/diario?dispositivo={live.device.id}").json["data"]) == 2
    room = site.post("/habitaciones", {"nombre": "Salón"}).json["id"]
    assert site.get(f"/diario?habitacion={room}").json["data"] == []
    site.put(path, {"habitacion_id": room})
    assert len(site.get(f"/diario?habitacion={room}").json["data"]) == 3
    assert site.get("/diario?hasta=2020-01-01T00:00:00Z").json["data"] == []
    assert site.get("/diario?persona=7").json["data"] == []
    assert site.get("/diario?dispositivo=99").status == 404


def test_values_are_for_admins(keys: Keys) -> None:
    """The others are told who has done what, and whether it went on or off."""
    with keys.site() as site:
        site.shelf.deeds.append(KeptDeed(1, DEED))
        for role in Role:
            [entry] = site.ask("GET", "/diario", headers=keys.bearer(role)).json["data"]
            assert (entry["nombre"], entry["paso_a"], entry["cambios"]) == ("Ana", True, [*DEED.shifts])
            assert ("valores" in entry) is (role is Role.ADMIN)
        with site.listen("/stream/casa", headers=keys.bearer(Role.ADMIN)) as client:
            client.next()
            site.hub.deed_kept(KeptDeed(2, DEED))
            event = client.next()
            assert event.name == "diario"
            assert "valores" not in event.data


def test_who_orders_is_named_in_the_logbook(keys: Keys) -> None:
    """By the id and the name that the token's owner has."""
    with keys.site() as site:
        answer = site.ask(
            "PUT", f"/dispositivos/{LAMP.id}", {"nombre": "Mesilla"}, headers=keys.bearer(Role.MEMBER)
        )
        assert answer.status == 200
    person = keys.people[Role.MEMBER]
    assert site.shelf.origins == [Origin(Cause.PERSON, person.id, person.name)]


def test_what_is_seen_on_one_device_is_seen_on_all_of_that_person(keys: Keys) -> None:
    """Told to their other screens, to nobody else's; asked for later it is still so, and never goes back."""
    with keys.site() as site:
        member, reader = keys.bearer(Role.MEMBER), keys.bearer(Role.READER)
        with (
            site.listen("/stream/casa", headers=member) as phone,
            site.listen("/stream/casa", headers=reader) as other,
        ):
            phone.next()
            other.next()
            for upto, then in ((7, 7), (3, 7)):
                assert site.ask("PUT", "/ai/vistos", {"hasta": upto}, headers=member).json == {"hasta": then}
                event = phone.next()
                assert (event.name, event.data["hasta"]) == ("visto", then)
            assert site.ask("GET", "/ai/vistos", headers=member).json == {"hasta": 7}
            assert site.ask("GET", "/ai/vistos", headers=reader).json == {"hasta": 0}
            site.hub.device_updated(replace(LAMP, version=99))
            assert other.next().name == "message"


def test_several_findings_are_dismissed_at_once(live: LiveSite) -> None:
    """What is decided already, or not there, stays out of it and is named."""
    ids = [live.conclude("misconfig", "ai_misconfig", {"suggested_patch": {"n": n}}) for n in range(3)]
    assert live.site.post(f"/ai/eventos/{ids[0]}/descartar").status == 200
    answer = live.site.post("/ai/eventos/descartar", {"ids": [*ids, ids[1], 99]})
    assert answer.json == {"descartados": ids[1:], "resto": [ids[0], 99]}
    decisions = [each["decision"] for each in live.site.get("/ai/eventos").json["data"]]
    assert decisions == ["descartado"] * 3
    assert live.site.post("/ai/eventos/descartar", {"ids": [*range(1, 202)]}).status == 400


def test_one_stream_of_the_whole_house_goes_on_where_each_part_was() -> None:
    """With the ids of all parts nothing is missed and nothing comes twice; of a part that is not named,
    only that all is to be read again."""
    with Site(LAMP) as site:

        def happen(number: int) -> None:
            site.hub.device_updated(replace(LAMP, version=number))
            site.hub.deed_kept(KeptDeed(number, DEED))
            finding = Finding("offline", "ai_offline", LAMP.id, LAMP.serial, 1.0, {})
            site.hub.finding_made(KeptFinding(number, finding, {}))

        known: dict[str, str] = {}

        def take(client: Listener, count: int) -> set[tuple[str, int]]:
            heard = set()
            for _ in range(count):
                event = client.next()
                known.update((each.partition("-")[0], each) for each in ids_of(event))
                number = event.data.get("version") or event.data.get("id") or event.data["evento_id"]
                heard.add((event.name, number))
            return heard

        with site.listen("/stream/casa") as client:
            known.update((each.partition("-")[0], each) for each in ids_of(client.next()))
            assert len(known) == 3
            happen(1)
            assert take(client, 3) == {("message", 1), ("diario", 1), ("ai_offline", 1)}
        happen(2)
        with site.listen("/stream/casa", ",".join(known.values())) as client:
            assert client.next().name == "hello"
            assert take(client, 3) == {("message", 2), ("diario", 2), ("ai_offline", 2)}
        lost = sorted(known.values())[:2]
        with site.listen("/stream/casa", ",".join(lost)) as client:
            assert client.next().name == "hello"
            assert client.next().name == "resync"
