"""Rooms from the page to the disk and back: the real actors, a real database, real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.domain.model import Device
from actors.domain.rooms import MAX_ROOMS, RemoveRoom, Room, Rooms
from actors.messages import ChangeRooms
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from tests.web.home import LiveSite
from tests.web.site import Answer, Site, at_once
from tests.web.test_openapi import check_answer
from web.live.hub import EventHub
from web.schemas.serializers import TEN

LAMP = Device(id=1, serial="LGT0AAAAAAAA", claimed=True, version=1, configuration={"modo": "manual"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "iot.db"


@pytest.fixture
def home(path: Path) -> Iterator[LiveSite]:
    with LiveSite(path, LAMP) as running:
        yield running


def add(home: LiveSite, name: str) -> int:
    answer = home.site.post("/habitaciones", {"nombre": name})
    assert answer.status == 201, answer.body
    number = answer.json["id"]
    assert isinstance(number, int)
    return number


def rooms(home: LiveSite) -> list[dict[str, Any]]:
    answer = home.site.get("/habitaciones")
    assert answer.status == 200
    found = answer.json
    assert isinstance(found, list)
    return found


def room_of(home: LiveSite) -> int | None:
    found = home.site.get("/dispositivos/1").json["habitacion_id"]
    assert found is None or isinstance(found, int)
    return found


def test_rooms_are_listed_by_name(home: LiveSite) -> None:
    """As people sort: neither accents nor capitals count."""
    assert rooms(home) == []
    for name in ("cocina", "Salón", "Ático", "Baño"):
        add(home, name)
    assert [room["nombre"] for room in rooms(home)] == ["Ático", "Baño", "cocina", "Salón"]


def test_a_room_lives_and_goes(home: LiveSite) -> None:
    """It is made, renamed and removed; each answer is what is stored by then."""
    made = home.site.post("/habitaciones", {"nombre": "  Cocina "})
    assert (made.status, made.json) == (201, {"id": 1, "nombre": "Cocina", "dispositivos": 0})
    renamed = home.site.put("/habitaciones/1", {"nombre": "Salón"})
    assert (renamed.status, renamed.json) == (200, {"id": 1, "nombre": "Salón", "dispositivos": 0})
    assert rooms(home) == [renamed.json]
    assert home.site.ask("DELETE", "/habitaciones/1").status == 204
    assert rooms(home) == []
    assert add(home, "Cocina") == 2


def test_what_cannot_be_done_is_said(home: LiveSite) -> None:
    """By its status; and nothing has changed."""
    add(home, "Cocina")
    add(home, "Salón")
    before = rooms(home)
    for method, where, body, status in (
        ("POST", "/habitaciones", {"nombre": "COCINA"}, 409),
        ("PUT", "/habitaciones/2", {"nombre": "cocina"}, 409),
        ("PUT", "/habitaciones/9", {"nombre": "Baño"}, 404),
        ("DELETE", "/habitaciones/9", None, 404),
        ("POST", "/habitaciones", {"nombre": " "}, 400),
        ("POST", "/habitaciones", {"nombre": "x" * 61}, 400),
        ("POST", "/habitaciones", {}, 400),
    ):
        answer = home.site.ask(method, where, body)
        assert answer.status == status, (
            method,
            where,
            body,
        )
        assert set(answer.json) == {"error", "detalle", "codigo"}
    assert rooms(home) == before


def test_of_racing_rooms_of_one_name_one_is_made(home: LiveSite) -> None:
    names = ["Cocina", "cocina", "COCINA", "CoCiNa"]
    assert at_once(lambda name: home.site.post("/habitaciones", {"nombre": name}).status, names) == [
        *(201, 409, 409, 409)
    ]
    assert len(rooms(home)) == 1


def test_there_are_so_many_rooms_and_no_more(path: Path) -> None:
    """Those that there are can still be renamed."""
    with Store(path) as store:
        names = {number: f"Habitación {number}" for number in range(1, MAX_ROOMS + 1)}
        store.save(Batch(rooms=[Rooms(names, MAX_ROOMS)]))
    with LiveSite(path, LAMP) as home:
        assert home.site.post("/habitaciones", {"nombre": "Una más"}).status == 409
        assert home.site.put("/habitaciones/7", {"nombre": "Otra"}).status == 200
        assert len(rooms(home)) == MAX_ROOMS


def test_a_device_is_put_into_a_room_and_taken_out(home: LiveSite) -> None:
    """On disk by the time of the answer, live on the stream, and no affair of the device's."""
    kitchen = add(home, "Cocina")
    with home.site.listen() as client:
        client.next()
        for room in (kitchen, None):
            answer = home.site.put("/dispositivos/1", {"habitacion_id": room})
            assert (answer.status, answer.json["habitacion_id"]) == (200, room)
            assert home.stored().room == room
            assert client.next().data["habitacion_id"] == room
            assert rooms(home)[0]["dispositivos"] == (room is not None)
            assert (answer.json["version"], home.network.configurations) == (1, [])


def test_a_room_is_named_beside_other_changes(home: LiveSite) -> None:
    """All of it or nothing."""
    kitchen = add(home, "Cocina")
    answer = home.site.put("/dispositivos/1", {"nombre": "Lámpara", "habitacion_id": kitchen})
    assert (answer.json["nombre"], answer.json["habitacion_id"]) == ("Lámpara", kitchen)
    answer = home.site.put("/dispositivos/1", {"nombre": "Otra", "habitacion_id": 77})
    assert answer.status == 400
    assert "habitacion_id" in answer.json["detalle"]
    assert home.stored().name == "Lámpara"


@pytest.mark.parametrize("value", ["1", 0, -1, 1.5, True, [], 10**10])
def test_what_is_no_room_is_refused(home: LiveSite, value: object) -> None:
    assert home.site.put("/dispositivos/1", {"habitacion_id": value}).status == 400


def test_a_whole_device_sent_back_stays_in_its_room(home: LiveSite) -> None:
    """Also by an app that knows only the ten keys."""
    kitchen = add(home, "Cocina")
    home.site.put("/dispositivos/1", {"habitacion_id": kitchen})
    now = home.site.get("/dispositivos/1").json
    ten = {name: now[name] for name in TEN}
    assert home.site.put("/dispositivos/1", ten).json["habitacion_id"] == kitchen
    assert home.site.put("/dispositivos/1", now).json["habitacion_id"] == kitchen


def test_what_is_in_a_removed_room_is_in_none(home: LiveSite) -> None:
    """By the time of the answer, on the stream, on disk, and for good."""
    kitchen, hall = add(home, "Cocina"), add(home, "Salón")
    home.site.put("/dispositivos/1", {"habitacion_id": kitchen})
    with home.site.listen() as client:
        client.next()
        home.site.ask("DELETE", f"/habitaciones/{hall}")
        assert room_of(home) == kitchen
        assert home.site.ask("DELETE", f"/habitaciones/{kitchen}").status == 204
        assert room_of(home) is None
        assert client.next().data["habitacion_id"] is None
    assert home.stored().room is None
    assert home.site.put("/dispositivos/1", {"habitacion_id": kitchen}).status == 400


def test_what_is_answered_is_described(home: LiveSite) -> None:
    """To the last key."""
    for method, path, body in (
        ("POST", "/habitaciones", {"nombre": "Cocina"}),
        ("GET", "/habitaciones", None),
        ("PUT", "/habitaciones/{id}", {"nombre": "Salón"}),
        ("PUT", "/habitaciones/{id}", {"nombre": 1}),
        ("PUT", "/dispositivos/{id}", {"habitacion_id": 1}),
        ("PUT", "/dispositivos/{id}", {"habitacion_id": 2}),
    ):
        check_answer(method, path, home.site.ask(method, path.replace("{id}", "1"), body))


def test_of_a_move_and_a_removal_at_once_no_device_is_left_in_a_room_that_is_gone(home: LiveSite) -> None:
    for _ in range(5):
        room = add(home, "Cocina")
        calls: list[Callable[[], Answer]] = [
            partial(home.site.put, "/dispositivos/1", {"habitacion_id": room}),
            partial(home.site.ask, "DELETE", f"/habitaciones/{room}"),
        ]
        assert at_once(lambda call: call().status, calls) in ([200, 204], [204, 400])
        assert home.stored().room is None
        assert room_of(home) is None


def test_rooms_are_there_after_a_restart(path: Path) -> None:
    """With whoever is in them."""
    with LiveSite(path, LAMP) as home:
        kitchen = add(home, "Cocina")
        home.site.put("/dispositivos/1", {"habitacion_id": kitchen})
        stored = home.stored()
    with LiveSite(path, stored) as home:
        assert rooms(home) == [{"id": kitchen, "nombre": "Cocina", "dispositivos": 1}]
        assert home.site.post("/habitaciones", {"nombre": "cocina"}).status == 409
        assert home.site.ask("DELETE", f"/habitaciones/{kitchen}").status == 204
        assert room_of(home) is None


class SlowToLeave(pykka.ThreadingActor):
    """A directory whose one device leaves a removed room only a while after the answer, or never."""

    def __init__(self, hub: EventHub, leave: Callable[[EventHub], None]) -> None:
        super().__init__()
        self._leave = partial(leave, hub)

    def on_receive(self, message: Any) -> None:
        match message:
            case ChangeRooms(RemoveRoom(room_id), reply):
                reply(Room(room_id, "Cocina"))
                self._leave()


def test_a_removal_is_answered_when_the_last_device_has_left() -> None:
    """Who is answered reads of none that is still there."""

    def later(hub: EventHub) -> None:
        loop = site.loop
        loop.call_soon(lambda: loop.call_later(0.05, lambda: hub.device_updated(LAMP)))

    with Site(replace(LAMP, room=1), directory=lambda hub: SlowToLeave.start(hub, later)) as site:
        assert site.ask("DELETE", "/habitaciones/1").status == 204
        assert site.get("/dispositivos/1").json["habitacion_id"] is None


def test_a_removal_is_answered_though_a_device_does_not_leave(caplog: pytest.LogCaptureFixture) -> None:
    """One in quarantine; it will when it is started the next time."""
    with Site(replace(LAMP, room=1), directory=lambda hub: SlowToLeave.start(hub, lambda _: None)) as site:
        assert site.ask("DELETE", "/habitaciones/1").status == 204
    assert "room_left_late id=1 devices=1" in caplog.messages
