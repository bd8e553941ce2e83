"""How the system ends, well or badly, under load: what was acknowledged is kept, and kept once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from functools import partial

import pytest

from actors.domain.kinds import PREFIXES
from actors.mqtt.protocol.payloads import state_topic
from actors.simulator.claim_code import claim_body
from tests.brokers import Device, Mosquitto, until_published, wait_until
from tests.system.backend import Backend, Installation
from tests.system.load import SERIALS, Load
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

ENDS = [signal.SIGTERM, signal.SIGINT, signal.SIGKILL]


def end(backend: Backend, how: signal.Signals) -> None:
    if how is signal.SIGKILL:
        backend.kill()
    else:
        backend.end(how)
    assert backend.said == []


@pytest.mark.parametrize("ends", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGKILL] * 2], ids=repr)
def test_nothing_acknowledged_is_lost(
    mosquitto_home: Installation, mosquitto: Mosquitto, ends: list[signal.Signals]
) -> None:
    """Ended under load, the backend has each report that the broker took once in its log."""
    with mosquitto_home.backend() as backend:
        backend.until_health_is(200)  # from here on the broker keeps what the backend misses
    with Load(mosquitto.port) as load:
        for how in ends:
            with mosquitto_home.backend() as backend:
                load.until_receipted(500)
                end(backend, how)
            load.until_acknowledged(500)  # while nobody is there
        load.finish()
    with mosquitto_home.backend() as backend:
        until_all_is_logged(backend, load)
    assert mosquitto_home.numbered_reports() == sorted(load.published)


def until_all_is_logged(backend: Backend, load: Load) -> None:
    for serial, count in Counter(serial for serial, _ in load.published).items():
        wait_until(partial(lambda s, n: backend.logged(s) >= n, serial, count), PATIENCE)


@pytest.mark.parametrize("how", ENDS)
def test_a_receipt_is_kept_to(embedded_home: Installation, how: signal.Signals) -> None:
    """With the embedded broker, which ends too, all that a device was given a receipt for is logged once."""
    with embedded_home.backend() as backend:
        backend.until_health_is(200)
        with Load(backend.mqtt) as load:
            load.until_receipted(500)
            end(backend, how)
    logged = embedded_home.numbered_reports()
    assert len(logged) == len(set(logged))
    assert set(logged) >= {(serial, n) for serial in SERIALS for n in range(1, load.receipts[serial] + 1)}


def test_what_the_embedded_broker_acknowledged_outlives_a_kill_of_the_backend(
    embedded_home: Installation,
) -> None:
    """Though the backend had heard none of it: the broker is told to end, and keeps it."""
    with embedded_home.backend() as backend, Device(backend.mqtt) as device:
        backend.until_health_is(200)
        os.kill(backend.pid, signal.SIGSTOP)
        reports = [json.dumps({"boot": "b", "seq": number}) for number in range(300)]
        until_published(*(device.publish_soon(state_topic("A"), report) for report in reports))
        backend.kill()
    with embedded_home.backend() as backend:
        wait_until(lambda: backend.logged("A") >= 300, PATIENCE)
    assert embedded_home.numbered_reports() == [("A", number) for number in range(300)]


def test_a_report_beside_topics_with_spaces_is_heard(mosquitto_child_home: Installation) -> None:
    """As Zigbee2MQTT, which is one client for all of its devices, would send it."""
    with mosquitto_child_home.backend() as backend, Device(backend.mqtt) as gateway:
        gateway.publish("zigbee2mqtt/Luz del salón", b'{"state":"ON"}')
        gateway.publish(state_topic("A"), b"{}")
        backend.until_known("A")
        assert not gateway.cut_off.is_set()
        assert backend.get("/salud")["broker"]["avisos"] == []


def test_a_demo_that_ends_finds_nobody_gone(home: Installation) -> None:
    """Its devices end with it and are there again when it is; nor is their goodbye a message too late."""
    with home.backend("demo --vacia") as first:
        wait_until(lambda: len(first.devices()) == len(PREFIXES), PATIENCE)
        serial = min(first.devices())
        first.claim({**claim_body(serial), "configuracion": {"intervalo_envio": 0.1}})
        wait_until(lambda: first.logged(serial) > 1, PATIENCE)
    with home.backend("demo --vacia") as again:
        before = again.logged(serial)
        wait_until(lambda: again.logged(serial) > before, PATIENCE)
        assert again.devices()[serial]["en_linea"]
    assert first.said == again.said == []
    with closing(sqlite3.connect(home.data / "iot.db")) as db:
        assert db.execute("SELECT evento FROM eventos_ia WHERE regla = 'offline'").fetchall() == []


def test_a_demo_leaves_nobody_online_on_a_broker_that_goes_on(
    mosquitto_home: Installation, mosquitto: Mosquitto
) -> None:
    """Its devices are gone for whoever else listens there, or comes later."""
    with Device(mosquitto.port, "dispositivos/+/conexion") as listener:
        with mosquitto_home.backend("demo --vacia"):
            assert [listener.heard.get(timeout=PATIENCE)[1] for _ in PREFIXES] == [b"online"] * len(PREFIXES)
        assert [listener.heard.get(timeout=PATIENCE)[1] for _ in PREFIXES] == [b"offline"] * len(PREFIXES)
    with Device(mosquitto.port, "dispositivos/+/conexion") as late:
        assert [late.heard.get(timeout=PATIENCE)[1] for _ in PREFIXES] == [b"offline"] * len(PREFIXES)


def test_a_backend_that_was_killed_leaves_its_place_free(plain_home: Installation) -> None:
    """Directory and ports can be had again at once."""
    with plain_home.backend() as first:
        first.kill()
    with plain_home.backend(backend_port=first.http, mqtt_broker_port=first.mqtt) as second:
        second.until_health_is(200)
        assert (second.http, second.mqtt) == (first.http, first.mqtt)
