"""Devices of other makes from outside: they appear, are claimed, ordered once, believed, and remembered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest

from persistence.archive import FAREWELLS
from persistence.engines import DATABASE, SqliteEngine
from persistence.removal_queue import RemovalQueue, forget_device
from tests.brokers import Device, wait_until
from tests.system.backend import Backend, Installation
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker


@dataclass(frozen=True, kw_only=True)
class Make:
    """A lamp of one family, as it speaks."""

    serial: str
    announcements: Mapping[str, bytes]
    """Retained, by topic."""
    orders: str
    """The topic at which it is switched."""
    on: bytes
    tell: Callable[[bool], tuple[str, bytes, bool]]
    """Topic, payload and whether it is retained, of what it says once it is on or off."""

    def says(self, lamp: Device, *, on: bool) -> None:
        topic, payload, retained = self.tell(on)
        lamp.publish(topic, payload, retain=retained)


TASMOTA: Final = Make(
    serial="tasmota-A4CF12345678",
    announcements={
        "tasmota/discovery/A4CF12345678/config": json.dumps(
            {
                **{"mac": "A4CF12345678", "dn": "Lámpara", "t": "lampara", "ft": "%topic%/%prefix%/"},
                **{"tp": ["cmnd", "stat", "tele"], "rl": [2], "lt_st": 1},
            }
        ).encode(),
        "lampara/tele/LWT": b"Online",
    },
    orders="lampara/cmnd/Power1",
    on=b"ON",
    tell=lambda on: ("lampara/stat/RESULT", json.dumps({"POWER": "ON" if on else "OFF"}).encode(), False),
)
HOMIE: Final = Make(
    serial="homie-casa-lampara",
    announcements={
        "casa/5/lampara/$description": json.dumps(
            {
                **{"homie": "5.0", "version": 1, "name": "Lámpara"},
                "nodes": {"luz": {"properties": {"power": {"datatype": "boolean", "settable": True}}}},
            }
        ).encode(),
        "casa/5/lampara/$state": b"ready",
    },
    orders="casa/5/lampara/luz/power/set",
    on=b"true",
    tell=lambda on: ("casa/5/lampara/luz/power", b"true" if on else b"false", True),
)


def until(backend: Backend, serial: str, **fields: object) -> dict[str, Any]:
    """The claimed device, once these are so; ``encendido`` is what is wanted of it."""

    def holds() -> bool:
        known = backend.devices()[serial]
        return fields.items() <= {**known, "encendido": known["configuracion"].get("encendido")}.items()

    wait_until(holds, PATIENCE)
    return backend.devices()[serial]


def switched_on(backend: Backend, lamp: Device, make: Make) -> None:
    """Told so once, and by that confirmed."""
    backend.put(backend.devices()[make.serial]["id"], {"configuracion": {"encendido": True}})
    assert lamp.heard.get(timeout=PATIENCE) == (make.orders, make.on, False)
    make.says(lamp, on=True)
    until(backend, make.serial, estado="activo", sincronizado=True)


def test_what_is_recognized_by_its_own_protocol_keeps_its_name(plain_home: Installation) -> None:
    """A plug that Home Assistant's discovery told of, on topics of its owner's own, is a Tasmota by now."""
    owner = {"ids": ["plug"], "cns": [["mac", "A4:CF:12:34:56:78"]], "name": "Enchufe"}
    switch = {"stat_t": "garaje/luz", "cmd_t": "garaje/luz/set", "uniq_id": "plug", "dev": owner}
    with plain_home.backend() as backend, Device(backend.mqtt, TASMOTA.orders) as lamp:
        lamp.publish("homeassistant/switch/plug/config", json.dumps(switch), retain=True)
        wait_until(lambda: backend.get("/dispositivos/no-reclamados") != [], PATIENCE)
        [other] = backend.get("/dispositivos/no-reclamados")
        assert other["serial_number"] != TASMOTA.serial
        number = backend.claim({"serial_number": other["serial_number"], "nombre": "Garaje"})
        for topic, payload in TASMOTA.announcements.items():
            lamp.publish(topic, payload, retain=True)
        backend.until_known(TASMOTA.serial)
        wait_until(lambda: backend.devices()[TASMOTA.serial]["id"] == number, PATIENCE)
        assert {name: each["nombre"] for name, each in backend.devices().items()} == {
            TASMOTA.serial: "Garaje"
        }
        assert backend.get("/dispositivos/no-reclamados") == []
        TASMOTA.says(lamp, on=False)
        until(backend, TASMOTA.serial, en_linea=True)
        switched_on(backend, lamp, TASMOTA)
    with plain_home.backend() as backend:
        assert {name: each["id"] for name, each in backend.devices().items()} == {TASMOTA.serial: number}


def until_announced(backend: Backend, lamp: Device) -> None:
    """Which it does again until it is heard: nothing of it is retained."""

    def is_known() -> bool:
        lamp.publish(*next(iter(TASMOTA.announcements.items())))
        return bool(backend.get("/dispositivos/no-reclamados"))

    wait_until(is_known, PATIENCE)


def test_who_is_forgotten_comes_back_only_by_announcing_itself(home: Installation) -> None:
    """Forgotten by the API, and by the console while nobody runs."""
    for forgets in ("api", "console"):
        with home.backend() as backend, Device(backend.mqtt) as lamp:
            assert TASMOTA.serial not in backend.devices()
            assert backend.get("/dispositivos/no-reclamados") == []
            until_announced(backend, lamp)
            number = backend.claim({"serial_number": TASMOTA.serial, "nombre": "Lámpara"})
            if forgets == "api":
                assert backend.ask("DELETE", f"/dispositivos/{number}").status == 200
        if forgets == "console":
            queue = RemovalQueue(home.data / FAREWELLS)
            forget_device(SqliteEngine(home.data / DATABASE), queue, TASMOTA.serial, lambda _: None)
    with home.backend() as backend, Device(backend.mqtt) as lamp:
        assert backend.devices() == {}
        assert backend.get("/dispositivos/no-reclamados") == []
        until_announced(backend, lamp)


@pytest.mark.parametrize("make", [TASMOTA, HOMIE], ids=["tasmota", "homie"])
def test_from_its_announcement_to_the_wall_switch_and_over_a_restart(home: Installation, make: Make) -> None:
    """Whichever the broker: what is on the wall is believed, and never undone."""
    with home.backend() as backend, Device(backend.mqtt, make.orders) as lamp:
        for topic, payload in make.announcements.items():
            lamp.publish(topic, payload, retain=True)
        make.says(lamp, on=False)
        wait_until(
            lambda: (
                [each["serial_number"] for each in backend.get("/dispositivos/no-reclamados")]
                == [make.serial]
            ),
            PATIENCE,
        )
        make.says(lamp, on=False)
        backend.claim({"serial_number": make.serial, "nombre": "Lámpara"})
        known = until(backend, make.serial, estado="inactivo", en_linea=True)
        assert (known["kind"], known["familia"]) == ("luz", make.serial.split("-")[0])
        switched_on(backend, lamp, make)
        make.says(lamp, on=False)
        until(backend, make.serial, estado="inactivo", encendido=False, sincronizado=True)
    with home.backend() as backend:
        backend.put(backend.devices()[make.serial]["id"], {"configuracion": {"encendido": True}})
        with Device(backend.mqtt, make.orders) as lamp:
            lamp.publish(*[*make.announcements.items()][1], retain=True)
            assert lamp.heard.get(timeout=PATIENCE) == (make.orders, make.on, False), "it was away until now"
            make.says(lamp, on=True)
            until(backend, make.serial, kind="luz", en_linea=True, estado="activo", sincronizado=True)
            make.says(lamp, on=False)
            until(backend, make.serial, encendido=False)
            switched_on(backend, lamp, make)


def test_a_shutter_is_stopped_from_outside(plain_home: Installation) -> None:
    """At once, by a message that nobody keeps; then it is to be where it says that it is."""
    config = {
        **{"mac": "A4CF12345678", "dn": "Toldo", "t": "toldo", "ft": "%topic%/%prefix%/"},
        **{"tp": ["cmnd", "stat", "tele"], "rl": [3, 3], "sho": [0]},
    }
    with plain_home.backend() as backend, Device(backend.mqtt, "toldo/cmnd/#") as blind:

        def says(position: int) -> None:
            blind.publish("toldo/stat/RESULT", json.dumps({"Shutter1": {"Position": position}}))

        def told(command: str) -> tuple[bytes, bool]:
            """Among its questions."""
            while True:
                topic, payload, retained = blind.heard.get(timeout=PATIENCE)
                if topic == f"toldo/cmnd/{command}":
                    return payload, retained

        blind.publish("tasmota/discovery/A4CF12345678/config", json.dumps(config), retain=True)
        blind.publish("toldo/tele/LWT", b"Online", retain=True)
        backend.until_known(TASMOTA.serial)
        says(0)
        number = backend.claim({"serial_number": TASMOTA.serial, "nombre": "Toldo"})
        until(backend, TASMOTA.serial, puede_parar=True, en_linea=True)
        backend.put(number, {"configuracion": {"posicion": 100}})
        assert told("ShutterPosition1") == (b"100", False)
        assert backend.ask("POST", f"/dispositivos/{number}/parar").status == 200
        assert told("ShutterStop1") == (b"", False)
        says(40)
        wait_until(lambda: backend.devices()[TASMOTA.serial]["configuracion"]["posicion"] == 40, PATIENCE)
        # Where it stands is another deed if it takes its time to say so.
        deeds = [deed["hecho"] for deed in backend.get("/diario")["data"]]
        assert next(deed for deed in deeds if deed != "informado") == "parado"
