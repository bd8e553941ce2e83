"""Devices of other makes over HTTP: what they are, what they take, and orders that would go elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors.domain.model import Device, Json
from actors.domain.orders import Orders
from actors.domain.profile import PERCENT, SWITCH, Control, Form, Profile
from actors.messages import Announced, Delivery, Presence, Reachability
from tests.web.home import LiveSite

SERIAL = "ha-lamp-0123abcd"
LAMP = Device(
    id=1,
    serial=SERIAL,
    claimed=True,
    version=1,
    orders=Orders(address="lamp/set"),
    reported={"encendido": False},
    configuration={"encendido": False},
)
PROFILE = Profile(
    family="home_assistant",
    kind="luz",
    capability="binary",
    software="1.2",
    controls={
        "encendido": SWITCH,
        "brillo": PERCENT,
        "temp_color": Control(Form.NUMBER, 2_000, 6_500, 50),
        "efecto": Control(Form.CHOICE, choices=("fuego", "mar")),
    },
    units={"consumo_w": "W"},
    address="lamp/set",
    notes=("un campo que no se entiende",),
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LiveSite]:
    with LiveSite(tmp_path / "iot.db", LAMP) as running:
        announce(running, PROFILE)
        running.site.directory.tell(Reachability(SERIAL, True))
        yield running


def announce(home: LiveSite, profile: Profile) -> None:
    """Until the list shows it."""
    with home.site.listen() as client:
        client.next()
        home.site.directory.tell(Announced(SERIAL, profile, 0.0))
        home.site.directory.tell(Presence(SERIAL, True, 5.0, False, Delivery(0, 0, -1)))
        while client.next().data.get("en_linea") is not True:
            pass


def test_its_json_says_what_it_can_be_asked_for(home: LiveSite) -> None:
    shown = home.site.get("/dispositivos/1").json
    assert (shown["kind"], shown["capability"], shown["familia"]) == ("luz", "binary", "home_assistant")
    assert shown["ordenes"] == {
        "encendido": {"forma": "interruptor"},
        "brillo": {"forma": "numero", "min": 0, "max": 100, "paso": 1},
        "temp_color": {"forma": "numero", "min": 2000, "max": 6500, "paso": 50},
        "efecto": {"forma": "opcion", "opciones": ["fuego", "mar"]},
    }
    assert shown["firmware"] == "1.2"
    assert shown["unidades"] == {"consumo_w": "W"}
    assert shown["notas"] == ["un campo que no se entiende"]
    assert shown["definicion_pendiente"] is False


@pytest.mark.parametrize(
    ("name", "value", "code", "told"),
    [
        ("brillo", 101, "schedule_out_of_range", "101 no está entre 0 y 100"),
        ("brillo", "mucho", "schedule_out_of_range", "'mucho'"),
        ("temp_color", 1_500, "schedule_out_of_range", "entre 2000 y 6500"),
        ("efecto", "hielo", "control_choice", "fuego, mar"),
        ("posicion", 5, "control_missing", "brillo, efecto, encendido, temp_color"),
    ],
)
def test_what_it_cannot_take_is_refused(home: LiveSite, name: str, value: Json, code: str, told: str) -> None:
    """With the field, and what it takes; nothing is kept of it."""
    answer = home.site.put("/dispositivos/1", {"configuracion": {name: value, "encendido": True}})
    assert (answer.status, answer.json["codigo"]) == (400, code)
    assert f"configuracion.{name}" in answer.json["detalle"]
    assert told in answer.json["detalle"]
    assert home.stored().version == 1


def test_what_is_read_may_be_sent_back_and_orders_what_differs(home: LiveSite) -> None:
    """After it is on disk; the answer says that it is not done yet."""
    whole = home.site.get("/dispositivos/1").json
    whole["configuracion"]["encendido"] = True
    answer = home.site.put("/dispositivos/1", whole)
    assert (answer.status, answer.json["sincronizado"]) == (200, False)
    stored = home.stored().orders
    assert stored is not None
    assert stored.unconfirmed == {"encendido"}
    [order] = home.network.orders
    assert (order.serial, order.wanted, order.version) == (SERIAL, {"encendido": True}, 2)
    assert home.network.configurations == []


def test_what_moves_is_stopped(home: LiveSite) -> None:
    """By whoever may command it; what has no stop, and what does not hear it, says so."""
    assert home.site.get("/dispositivos/1").json["puede_parar"] is False
    nothing = home.site.post("/dispositivos/1/parar", {})
    assert (nothing.status, nothing.json["codigo"]) == (409, "cannot_stop")
    announce(home, replace(PROFILE, stop_address=""))
    stopped = home.site.post("/dispositivos/1/parar", {})
    assert (stopped.status, stopped.json["puede_parar"]) == (200, True)
    assert stopped.headers["Etag"]
    [order] = home.network.stops
    assert (order.serial, order.address) == (SERIAL, "lamp/set")
    assert home.network.orders == []
    home.site.directory.tell(Reachability(SERIAL, False))
    away = home.site.post("/dispositivos/1/parar", {})
    assert (away.status, away.json["codigo"]) == (503, "device_unreached")
    assert SERIAL in away.json["detalle"]
    assert home.site.post("/dispositivos/2/parar", {}).status == 404
    assert len(home.network.stops) == 1


def test_orders_go_elsewhere_once_somebody_accepts_it(home: LiveSite) -> None:
    """Who has seen where they would go; then what was asked meanwhile is told."""
    nothing = home.site.post("/dispositivos/1/definicion/aceptar", {})
    assert (nothing.status, nothing.json["codigo"]) == (409, "definition_not_pending")
    seen = home.site.get("/dispositivos/1").headers["Etag"]
    announce(home, replace(PROFILE, address="other/set"))
    assert home.site.get("/dispositivos/1").json["definicion_pendiente"] is True
    home.site.put("/dispositivos/1", {"encendido": True})
    assert home.network.orders == []
    stale = home.site.ask("POST", "/dispositivos/1/definicion/aceptar", {}, {"If-Match": seen})
    assert stale.status == 412
    accepted = home.site.post("/dispositivos/1/definicion/aceptar", {})
    assert (accepted.status, accepted.json["definicion_pendiente"]) == (200, False)
    home.stored()
    assert [(order.wanted, order.address) for order in home.network.orders] == [
        ({"encendido": True}, "other/set")
    ]
