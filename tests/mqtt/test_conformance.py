"""What the project relies on from a broker, asked of each that it supports; and where they differ.

How the embedded ones live as our children is in ``test_broker.py``, what a login is good for in
``test_acl.py``, and what our own client makes of all of them in ``test_bridge.py``.
"""

from __future__ import annotations

import shutil
import subprocess
from queue import SimpleQueue

import pytest

from actors.mqtt.broker.acl import LARGEST_OF_GATEWAY
from tests.brokers import BROKERS, PATIENCE, Broker, Device, Login, until_published, wait_until
from tests.machine import lacking

KEEPS = Login(client_id="keeps", lasting=True)


def but_for(*others: str, for_that: str) -> pytest.MarkDecorator:
    """All brokers; of ``others`` the claim must not hold, or what the documentation says is out of date."""
    differs = pytest.mark.xfail(strict=True, raises=AssertionError, reason=for_that)
    brokers = [pytest.param(name, marks=differs if name in others else ()) for name in BROKERS]
    return pytest.mark.parametrize("broker", brokers, indirect=True)


def until_barrier(device: Device, broker: Broker, topic: str) -> list[tuple[str, bytes, bool]]:
    """What ``device``, which hears ``topic``, has heard and hears up to a message that is sent now."""
    with Device(broker.port) as other:
        other.publish(topic, b"barrier")
    heard = []
    while (message := device.heard.get(timeout=PATIENCE))[1] != b"barrier":
        heard.append(message)
    return heard


# -- sessions and order --------------------------------------------------------------------------


def test_a_session_keeps_what_comes_while_its_client_is_away(broker: Broker) -> None:
    """Each once, in the order of its topic, also when it comes back amidst them."""
    with Device(broker.port, "a", "b", login=KEEPS):
        pass
    with Device(broker.port) as device:
        until_published(*(device.publish_soon("ab"[number % 2], str(number)) for number in range(1500)))
        with Device(broker.port, "a", "b", login=KEEPS) as back:
            for number in range(1500, 3000):
                device.publish_soon("ab"[number % 2], str(number))
            heard = [back.heard.get(timeout=PATIENCE) for _ in range(3000)]
    assert [int(payload) for topic, payload, _ in heard if topic == "a"] == list(range(0, 3000, 2))
    assert [int(payload) for topic, payload, _ in heard if topic == "b"] == list(range(1, 3000, 2))


def test_a_session_is_taken_over_by_who_comes_last(broker: Broker) -> None:
    """Of two with one name the first is cut off, and what is said from then on the second hears."""
    first = KEEPS.client()
    cut_off: SimpleQueue[bool] = SimpleQueue()
    first.on_disconnect = lambda *_: cut_off.put(True)
    first.connect("127.0.0.1", broker.port)
    while not first.is_connected():
        first.loop(PATIENCE)
    with Device(broker.port, "a", login=KEEPS) as second, Device(broker.port) as device:
        while cut_off.empty():
            first.loop(PATIENCE)
        device.publish("a", b"new")
        assert second.heard.get(timeout=PATIENCE) == ("a", b"new", False)
        assert not second.cut_off.is_set()


def test_what_was_acknowledged_outlives_a_restart(broker: Broker) -> None:
    """Of the broker: sessions, what waits in them, and retained messages."""
    kept = acknowledged(broker)
    broker.restart()
    assert found_again(broker) == kept


@but_for("mosquitto_child", "mosquitto", for_that="Mosquitto saves at intervals")
def test_what_was_acknowledged_outlives_a_kill(broker: Broker) -> None:
    """It is on disk before its publisher is told so."""
    kept = acknowledged(broker)
    broker.crash()
    assert found_again(broker) == kept


def acknowledged(broker: Broker) -> list[tuple[str, bytes, bool]]:
    """What is said to a session whose client is away, and one message that is retained."""
    with Device(broker.port, "a", login=KEEPS):
        pass
    said = [("a", str(number).encode(), False) for number in range(1000)]
    with Device(broker.port) as device:
        device.publish("kept", b"retained", retain=True)
        until_published(*(device.publish_soon(topic, payload) for topic, payload, _ in said))
    return [*said, ("kept", b"retained", True)]


def found_again(broker: Broker) -> list[tuple[str, bytes, bool]]:
    with Device(broker.port, "a", login=KEEPS) as device, Device(broker.port, "kept", "end") as later:
        return until_barrier(device, broker, "a") + until_barrier(later, broker, "end")


def test_what_waits_for_an_acknowledgement_comes_first_and_at_once(broker: Broker) -> None:
    """And in order: a newer report that overtook an older one would be undone by it."""
    unacknowledging = KEEPS.client()
    unacknowledging.manual_ack_set(True)
    heard: SimpleQueue[bytes] = SimpleQueue()
    unacknowledging.on_message = lambda *args: heard.put(args[2].payload)
    unacknowledging.connect("127.0.0.1", broker.port)
    unacknowledging.subscribe("a", 1)
    unacknowledging.loop_start()
    with Device(broker.port) as device:
        wait_until(lambda: unacknowledging.is_connected())
        for number in range(10):
            device.publish("a", str(number))
        for _ in range(10):
            heard.get(timeout=PATIENCE)
        socket_ = unacknowledging.socket()
        assert socket_ is not None
        unacknowledging.disconnect()
        unacknowledging.loop_stop()
        for number in range(10, 20):
            device.publish("a", str(number))
    broker.resume("keeps")
    with Device(broker.port, "a", login=KEEPS) as device:
        assert [int(device.heard.get(timeout=PATIENCE)[1]) for _ in range(20)] == list(range(20))


# -- retained messages ---------------------------------------------------------------------------


def test_a_retained_message_is_there_until_it_is_cleared(broker: Broker) -> None:
    """Marked as such for who subscribes later, and not for who hears it said; the last one counts."""
    with Device(broker.port) as device, Device(broker.port, "kept", "end") as early:
        device.publish("kept", b"old", retain=True)
        device.publish("kept", b"new", retain=True)
        assert [early.heard.get(timeout=PATIENCE) for _ in range(2)] == [
            ("kept", b"old", False),
            ("kept", b"new", False),
        ]
        with Device(broker.port, "kept") as later:
            assert later.heard.get(timeout=PATIENCE) == ("kept", b"new", True)
        device.publish("kept", b"", retain=True)
        assert early.heard.get(timeout=PATIENCE) == ("kept", b"", False)
    with Device(broker.port, "kept", "end") as nobody:
        assert until_barrier(nobody, broker, "end") == []


def test_a_wildcard_finds_each_retained_message_once(broker: Broker) -> None:
    """However many there are."""
    with Device(broker.port) as device:
        until_published(*(device.publish_soon(f"kept/{number}", b"x", retain=True) for number in range(300)))
    with Device(broker.port, "kept/#") as device:
        heard = [device.heard.get(timeout=PATIENCE) for _ in range(300)]
        assert until_barrier(device, broker, "kept/end") == []
    assert sorted(heard) == sorted((f"kept/{number}", b"x", True) for number in range(300))


@pytest.mark.parametrize("orderly", [True, False])
def test_a_last_will_is_for_who_goes_without_a_farewell(broker: Broker, orderly: bool) -> None:
    """And is kept, where it asks for that."""
    client = Login().client()
    client.will_set("will", b"offline", qos=1, retain=True)
    client.connect("127.0.0.1", broker.port)
    while not client.is_connected():
        client.loop(PATIENCE)
    with Device(broker.port, "will", "end") as listener:
        if orderly:
            client.disconnect()
            assert until_barrier(listener, broker, "end") == []
            return
        sock = client.socket()
        assert sock is not None
        sock.close()
        assert listener.heard.get(timeout=PATIENCE) == ("will", b"offline", False)
    with Device(broker.port, "will") as later:
        assert later.heard.get(timeout=PATIENCE) == ("will", b"offline", True)


# -- where they differ ---------------------------------------------------------------------------


@but_for("embedded", for_that="nats-server cuts off who publishes on one")
def test_a_topic_may_have_spaces(broker: Broker) -> None:
    """Zigbee2MQTT's have, after the names that people give to their devices."""
    topic = "zigbee2mqtt/Luz del salón"
    with Device(broker.port, "zigbee2mqtt/+") as listener, Device(broker.port) as device:
        device.overstep(topic, b"{}")
        assert not device.cut_off.is_set()
        assert listener.heard.get(timeout=PATIENCE) == (topic, b"{}", False)


@pytest.mark.parametrize("version", ["mqttv5", "mqttv31"])
@but_for("embedded", for_that="nats-server speaks 3.1.1 alone")
def test_other_versions_of_mqtt_are_served(broker: Broker, version: str) -> None:
    if shutil.which("mosquitto_pub") is None:
        lacking("mosquitto_pub: apt-get install mosquitto-clients")
    command = ["mosquitto_pub", "-p", str(broker.port), "-V", version, "-q", "1", "-t", "a", "-m", "x"]
    with Device(broker.port, "a") as listener:
        assert subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode == 0
        assert listener.heard.get(timeout=PATIENCE) == ("a", b"x", False)


@but_for("embedded", for_that="nats-server keeps none")
def test_a_session_keeps_messages_at_qos_0_too(broker: Broker) -> None:
    """The original's devices report so."""
    with Device(broker.port, "a", login=KEEPS):
        pass
    with Device(broker.port) as device:
        device.publish("a", b"once", qos=0)
        device.publish("end", b"")  # behind it on the same connection
    with Device(broker.port, "a", login=KEEPS) as device:
        assert [payload for _, payload, _ in until_barrier(device, broker, "a")] == [b"once"]


def test_a_message_beyond_the_limit_harms_nobody_else(broker: Broker) -> None:
    """The largest that is let through arrives; a larger one is dropped and others are served on."""
    with Device(broker.port, "big", "small") as listener, Device(broker.port) as rude:
        with Device(broker.port) as device:
            device.publish("big", b"x" * (LARGEST_OF_GATEWAY - 100))
        assert len(listener.heard.get(timeout=PATIENCE)[1]) == LARGEST_OF_GATEWAY - 100
        rude.publish_soon("big", b"x" * (LARGEST_OF_GATEWAY + 100), qos=0)
        with Device(broker.port) as device:
            device.publish("small", b"after")
        assert listener.heard.get(timeout=PATIENCE) == ("small", b"after", False)
