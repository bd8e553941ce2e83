"""What the system hears when it starts before, after, or together with its broker and its devices."""

from __future__ import annotations

import json
import threading

import pytest

from tests.bench.wire import Publisher
from tests.brokers import Device, Mosquitto, ScriptedBroker, wait_until
from tests.system.backend import Installation, update
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

SERIAL = "LGT0AAAAAAAA"


def say(publisher: Publisher, serial: str) -> None:
    publisher.publish([("dispositivos/estado", json.dumps({"serial_number": serial}).encode())])


def test_a_report_right_after_the_banner_is_heard(plain_home: Installation) -> None:
    """Once the first start has printed where MQTT listens, a device that connects there is heard."""
    with plain_home.backend() as backend, Device(backend.mqtt) as device:
        device.publish("dispositivos/estado", json.dumps({"serial_number": SERIAL}))
        backend.until_known(SERIAL)


def test_the_banner_waits_for_the_subscription(plain_home: Installation) -> None:
    """A broker that is there but slow to confirm is waited for, or the first reports would go unheard."""
    broker = ScriptedBroker()
    starting = plain_home.backend(mqtt_broker_url="127.0.0.1", mqtt_broker_port=broker.port)
    printed = threading.Event()

    def read_banner() -> None:
        starting.__enter__()
        printed.set()

    reader = threading.Thread(target=read_banner)
    reader.start()
    try:
        subscribe = b""
        while b"dispositivos/+/estado" not in subscribe:  # before it, it asks whether it has a twin
            broker.accept()
            _, subscribe = broker.receive()
        too_early = printed.wait(0.5)
        broker.send(0x90, subscribe[:2] + bytes([1] * 3))
        assert printed.wait(PATIENCE)
        assert not too_early
    finally:
        starting.__exit__(None)
        reader.join(PATIENCE)
        broker.close()


def test_a_later_start_hears_what_was_said_before_and_meanwhile(
    mosquitto_home: Installation, mosquitto: Mosquitto
) -> None:
    """The broker keeps for the backend what is said while it is away and while it starts."""
    with mosquitto_home.backend() as backend:
        backend.until_health_is(200)
    publisher = Publisher(mosquitto.port)
    say(publisher, "LGT0AWAY")
    starting = mosquitto_home.backend()
    say(publisher, "LGT0STARTING")
    with starting as backend:
        say(publisher, "LGT0STARTED")
        backend.until_known("LGT0AWAY", "LGT0STARTING", "LGT0STARTED")
    publisher.sock.close()


def test_a_broker_that_is_away_is_waited_for(mosquitto_home: Installation, mosquitto: Mosquitto) -> None:
    """People are served meanwhile and told; it is said once, and once more that the broker is back."""
    mosquitto.stop()
    with mosquitto_home.backend() as backend:
        wait_until(lambda: backend.said != [], PATIENCE)
        assert backend.ask("GET", "/salud").status == 503
        assert backend.get("/dispositivos") == []
        with backend.listen() as stream:
            mosquitto.start()
            backend.until_health_is(200)
            with Device(mosquitto.port) as device:
                device.publish("dispositivos/estado", json.dumps({"serial_number": SERIAL}))
            update(stream, SERIAL)
        unreachable, back = backend.said
        assert " WARNING actors.mqtt.bridge broker_unreachable host=127.0.0.1 " in unreachable
        assert " WARNING actors.mqtt.bridge broker_back host=127.0.0.1 " in back


def test_a_broker_that_is_lost_is_found_again(mosquitto_home: Installation, mosquitto: Mosquitto) -> None:
    """What a person asks for meanwhile is kept, and told to the device when the broker is back."""
    with mosquitto_home.backend() as backend, backend.listen() as stream:
        backend.until_health_is(200)
        with Device(mosquitto.port) as device:
            device.publish("dispositivos/estado", json.dumps({"serial_number": SERIAL}))
        number = int(update(stream, SERIAL).data["id"])
        backend.claim({"serial_number": SERIAL})
        mosquitto.stop()
        backend.until_health_is(503)
        version = backend.put(number, {"encendido": False})["version"]
        update(stream, SERIAL, version=version)
        mosquitto.start()
        backend.until_health_is(200)
        topic = f"dispositivos/{SERIAL}/configuracion"
        with Device(mosquitto.port, topic) as device:
            while json.loads(device.heard.get(timeout=PATIENCE)[1])["version"] != version:
                pass  # the one before is retained until the new one has come
            device.publish(
                "dispositivos/estado", json.dumps({"serial_number": SERIAL, "parametros": {"n": 2}})
            )
        update(stream, SERIAL, parametros={"n": 2})
        lost, back = backend.said
        assert " broker_lost " in lost
        assert " broker_back " in back
