from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from actors.mqtt.broker import MAX_PAYLOAD, BrokerUnavailable, EmbeddedBroker
from tests.brokers import PATIENCE, Broker, CrashableBroker, Device, accepts, wait_until

ROOT = Path(__file__).parent.parent.parent


def test_a_taken_port_is_one_clear_line() -> None:
    """Who starts a second broker on a port is told which port, and what to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerUnavailable, match=rf"127\.0\.0\.1:{port}.*MQTT_BROKER_PORT") as caught:
            EmbeddedBroker(port=port).start()
    assert "\n" not in str(caught.value)


def test_a_port_is_free_again_after_stop(embedded: CrashableBroker) -> None:
    """Stopping ends the child, and another broker can have the port at once."""
    assert embedded.alive
    with Device(embedded.port):
        embedded.stop()
    assert not embedded.alive
    assert not accepts(embedded.port)
    again = EmbeddedBroker(port=embedded.port)
    again.start()
    assert again.alive
    again.stop()


def test_it_listens_on_loopback_alone(embedded: CrashableBroker) -> None:
    """Other machines cannot reach a broker that knows no passwords."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", embedded.port), timeout=1)


def test_a_dead_broker_comes_back_on_its_port(
    embedded: CrashableBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """A killed child is replaced, said once each, and devices find it where it was."""
    port = embedded.port
    embedded.crash()
    assert embedded.port == port
    with Device(port):
        pass
    wait_until(lambda: "broker_restarted" in caplog.text)
    assert caplog.text.count("broker_died") == 1


def test_what_reaches_the_whole_process_group_does_not_end_it(embedded: CrashableBroker) -> None:
    """At Ctrl-C or SIGTERM the backend still has acknowledgements to send, so the broker stays."""
    pid = embedded.pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    with Device(embedded.port, "a") as device:
        device.publish("a", b"still here")
        assert device.heard.get(timeout=PATIENCE) == ("a", b"still here", False)
    assert embedded.pid == pid


def test_it_dies_with_its_parent_and_writes_nothing_to_its_console() -> None:
    """A killed backend leaves no broker behind, and the broker's words never show."""
    script = (
        "from actors.mqtt.broker import EmbeddedBroker\n"
        "broker = EmbeddedBroker(port=0)\n"
        "broker.start()\n"
        "print(broker.port, flush=True)\n"
        "input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    port = int(parent.stdout.readline())
    with Device(port) as device:
        device.publish("a", b"x" * 1000)
    with socket.create_connection(("127.0.0.1", port)) as rude:
        rude.sendall(b"\x00 this is not MQTT \xff" * 10)
    parent.kill()
    rest, errors = parent.communicate(timeout=PATIENCE)
    assert (rest, errors) == ("", "")
    wait_until(lambda: not accepts(port))


def test_a_message_beyond_the_limit_harms_nobody_else(broker: Broker) -> None:
    """The largest that is let through arrives; a larger one is dropped and others are served on."""
    with Device(broker.port, "big", "small") as listener, Device(broker.port) as rude:
        with Device(broker.port) as device:
            device.publish("big", b"x" * (MAX_PAYLOAD - 100))
        assert len(listener.heard.get(timeout=PATIENCE)[1]) == MAX_PAYLOAD - 100
        rude.publish_soon("big", b"x" * (MAX_PAYLOAD + 100), qos=0)
        with Device(broker.port) as device:
            device.publish("small", b"after")
        assert listener.heard.get(timeout=PATIENCE) == ("small", b"after", False)
