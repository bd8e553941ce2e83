"""The main job from outside: a device appears, is claimed, changed, logged, watched, and remembered."""

from __future__ import annotations

import json
import statistics
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from actors.domain.kinds import PREFIXES
from actors.simulator.claim_code import claim_body
from tests.brokers import Device, wait_until
from tests.system.backend import Backend, Installation, update
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

SERIAL = "TMP0603IF1WD"
STATE = f"dispositivos/{SERIAL}/estado"
TEN_KEYS = {
    *("id", "serial_number", "nombre", "tipo", "modelo", "descripcion"),
    *("estado", "parametros", "configuracion", "reclamado"),
}


def report(**fields: Any) -> bytes:
    return json.dumps({"serial_number": SERIAL, **fields}).encode()


def told(device: Device) -> dict[str, Any]:
    """What the device is told next."""
    configuration: dict[str, Any] = json.loads(device.heard.get(timeout=PATIENCE)[1])
    return configuration


# -- one device ------------------------------------------------------------------------------------


def test_from_the_first_report_to_the_live_view(home: Installation) -> None:
    """A device appears, is claimed with what its QR code holds, changed, told so, and seen live."""
    with home.backend() as backend:
        backend.until_health_is(200)
        topic = f"dispositivos/{SERIAL}/configuracion"
        with Device(backend.mqtt, topic) as device, backend.listen() as stream:
            device.publish(STATE, report(estado="activo", parametros={"temp": 23.4}))
            seen = update(stream, SERIAL).data
            assert seen.keys() >= TEN_KEYS
            assert (seen["nombre"], seen["tipo"], seen["modelo"]) == (
                "No definido",
                "generico",
                "desconocido",
            )
            [unclaimed] = backend.get("/dispositivos/no-reclamados")
            assert unclaimed.items() >= {"parametros": {"temp": 23.4}, "reclamado": False}.items()

            number = backend.claim(claim_body(SERIAL))
            assert backend.get("/dispositivos/no-reclamados") == []
            first = told(device)
            assert first["configuracion"] == claim_body(SERIAL)["configuracion"]
            assert backend.ask("POST", "/dispositivos/reclamar", claim_body(SERIAL)).status == 409

            changed = backend.put(number, {"nombre": "Salón", "encendido": False})
            assert (changed["nombre"], changed["estado"]) == ("Salón", "inactivo")
            second = told(device)
            assert second["configuracion"]["encendido"] is False
            assert second["version"] > first["version"]
            assert update(stream, SERIAL, estado="inactivo").data["nombre"] == "Salón"

            device.publish("dispositivos/estado", report(parametros={"temp": 24}), qos=0)
            update(stream, SERIAL, parametros={"temp": 24})
            wait_until(lambda: backend.logged(SERIAL) == 2)
            log = backend.get(f"/dispositivos/{number}/logs")["data"]
            assert [entry["parametros"] for entry in log] == [{"temp": 24}, {"temp": 23.4}]
        with Device(backend.mqtt, topic) as late:
            assert late.heard.get(timeout=PATIENCE) == (
                topic,
                json.dumps(second).replace(" ", "").encode(),
                True,
            )
    assert backend.said == []


def test_a_restart_brings_everything_back(home: Installation) -> None:
    """Devices, ids, log and refusals are as they were; an old stream's id gets one resync, then news."""
    with home.backend() as backend:
        backend.until_health_is(200)
        with Device(backend.mqtt) as device, backend.listen() as stream:
            device.publish("dispositivos/estado", b'{"serial_number":"LGT0OLD"}')
            device.publish(STATE, report(estado="activo", parametros={"temp": 23.4}))
            device.publish(STATE, b"[]")
            update(stream, SERIAL)
            backend.claim({**claim_body(SERIAL), "nombre": "Salón"})
            last_id = update(stream, SERIAL, reclamado=True).id
            wait_until(lambda: len(backend.rejected()) == 1)
        before = _everything(backend)
    with home.backend() as backend:
        assert _everything(backend) == before
        backend.until_health_is(200)
        with backend.listen(last_id) as stream, Device(backend.mqtt) as device:
            assert stream.next().name == "resync"
            device.publish("dispositivos/estado", b'{"serial_number":"LGT0NEW"}')
            assert stream.next().data["id"] == 3
    assert backend.said == []


def _everything(backend: Backend) -> object:
    devices = backend.get("/dispositivos")
    return devices, backend.rejected(), [backend.get(f"/dispositivos/{d['id']}/logs") for d in devices]


class OriginalSimulator:
    """The original's: polls REST to learn what to do, and reports on the one shared topic."""

    def __init__(self, backend: Backend, wire: Device, serial: str) -> None:
        self._backend = backend
        self._wire = wire
        self._serial = serial

    def turn(self) -> None:
        listed = [d["id"] for d in self._backend.get("/dispositivos") if d["serial_number"] == self._serial]
        on = True
        for number in listed:
            configuration = self._backend.get(f"/dispositivos/{number}")["configuracion"]
            on = configuration.get("encendido", True)
        fields = {
            "serial_number": self._serial,
            "estado": "activo" if on else "inactivo",
            "parametros": {"consumo_w": 8.7 if on else 0.3},
        }
        self._wire.publish("dispositivos/estado", json.dumps(fields), qos=0)


def test_the_originals_simulator_works(home: Installation) -> None:
    """It sees itself in the list and in its own page, and does what a person has asked for."""
    with home.backend() as backend:
        backend.until_health_is(200)
        with Device(backend.mqtt) as wire, backend.listen() as stream:
            simulator = OriginalSimulator(backend, wire, "LGT0ORIGINAL")
            simulator.turn()
            assert update(stream, "LGT0ORIGINAL").data["parametros"] == {"consumo_w": 8.7}
            number = backend.claim(claim_body("LGT0ORIGINAL"))
            backend.put(number, {"configuracion": {"encendido": False}})
            simulator.turn()
            update(stream, "LGT0ORIGINAL", estado="inactivo", parametros={"consumo_w": 0.3})
            backend.put(number, {"encendido": True})
            simulator.turn()
            update(stream, "LGT0ORIGINAL", estado="activo", parametros={"consumo_w": 8.7})


# -- the demo --------------------------------------------------------------------------------------


def window(start: timedelta, length: timedelta) -> dict[str, Any]:
    """A daily window that begins ``start`` from now; at many hours of the day it runs past midnight."""
    begin = datetime.now() + start
    return {"dias": ["todos"], "inicio": f"{begin:%H:%M}", "fin": f"{begin + length:%H:%M}"}


def test_the_demo_shows_all_kinds_and_obeys(plain_home: Installation) -> None:
    """One device of each kind, claimed with the code that is its own alone; each obeys switch,
    schedule and interval.
    """
    with plain_home.backend("demo --vacia") as backend:
        wait_until(lambda: len(backend.devices()) == len(PREFIXES), PATIENCE)
        devices = backend.devices()
        assert {device["kind"] for device in devices.values()} == set(PREFIXES.values())
        serial, stranger = list(devices)[:2]
        body = {**claim_body(serial), "codigo": claim_body(stranger)["codigo"]}
        assert backend.ask("POST", "/dispositivos/reclamar", body).status == 404
        with Device(backend.mqtt, "dispositivos/+/estado") as listener:
            numbers = {
                serial: backend.claim({**claim_body(serial), "configuracion": {"intervalo_envio": 0.1}})
                for serial in devices
            }
            for order, state in (
                ({"encendido": False}, "inactivo"),
                ({"configuracion": {"modo": "horario", "horarios": [_around_now()]}}, "activo"),
                ({"configuracion": {"horarios": [_later()]}}, "inactivo"),
                ({"configuracion": {"modo": "manual", "encendido": True}}, "activo"),
            ):
                for number in numbers.values():
                    backend.put(number, order)
                until_all_report(listener, set(numbers), state)
        wait_until(lambda: {device["estado"] for device in backend.devices().values()} == {"activo"})
        for serial, number in numbers.items():
            wait_until(lambda serial=serial: backend.logged(serial) >= 20, PATIENCE)  # type: ignore[misc]
            assert 0.05 < median_gap(backend, number) < 1
    assert backend.said == []


def median_gap(backend: Backend, number: int) -> float:
    """Seconds between the device's last reports; not set to anything else they would be five."""
    entries = backend.get(f"/dispositivos/{number}/logs?per_page=15")["data"]
    times = [datetime.fromisoformat(entry["timestamp"]).timestamp() for entry in entries]
    return statistics.median(newer - older for newer, older in pairwise(times))


def _around_now() -> dict[str, Any]:
    return window(timedelta(hours=-2), timedelta(hours=4))


def _later() -> dict[str, Any]:
    return window(timedelta(hours=2), timedelta(hours=2))


def until_all_report(listener: Device, serials: set[str], state: str) -> None:
    """Each device reports the state itself."""
    left = set(serials)
    while left:
        payload = json.loads(listener.heard.get(timeout=PATIENCE)[1])
        if payload["estado"] == state:
            left.discard(payload["serial_number"])
