"""The bridge's connection: brokers come, go, freeze and forget; its own end, and its own faults."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from actors.messages import BrokerConnected, BrokerLost, Order, Removal, Reported
from actors.mqtt.protocol.client import Client
from tests.brokers import PATIENCE, Broker, Device, Mosquitto, ScriptedBroker, free_port, wait_until
from tests.mqtt.backend import SERIAL, STATE, Backend, Start, connected, greet
from tests.stage import FakeClock

# -- the broker comes and goes -------------------------------------------------------------------


def test_a_broker_that_crashes_is_found_again(
    broker: Broker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost and back are said once each; the directory is told, and devices are heard as before."""
    caplog.set_level(logging.WARNING)
    backend = start(broker.port)
    with connected(backend):
        broker.crash()
        backend.next(BrokerLost)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b"{}")
        backend.next(Reported)
    said = [
        record.getMessage().split()[0] for record in caplog.records if record.name == "actors.mqtt.bridge"
    ]
    assert said == ["broker_lost", "broker_back"]


def test_a_broker_that_comes_late_is_found(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Without a broker the bridge starts all the same, says so once, and connects when it can."""
    port = free_port()
    backend = start(port)
    wait_until(lambda: "broker_unreachable" in caplog.text)
    assert not backend.bridge.connected
    assert backend.bridge.healthy
    backend.bridge.publish_configuration(SERIAL, 1, {})
    backend.bridge.publish_receipt(SERIAL, "b", 1)
    broker = ScriptedBroker(port)
    greet(broker, backend)
    broker.deliver(1, STATE.encode(), b"{}")
    backend.next(Reported)
    assert caplog.text.count("broker_unreachable") == 1
    assert caplog.text.count("broker_back") == 1
    broker.close()


def test_a_broker_that_refuses_us_is_named(
    script: ScriptedBroker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Wrong credentials are a reason an operator must read, once; then it is tried again."""
    backend = start(script.port)
    script.accept(refusing=5)
    script.accept(refusing=5)
    greet(script, backend)
    assert caplog.text.count("broker_refuses_us") == 1
    assert "Not authorized" in caplog.text
    assert "broker_lost" not in caplog.text


def test_a_refused_subscription_is_no_connection(
    script: ScriptedBroker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker whose access list keeps the devices' topics from us leaves us deaf, and we say so."""
    backend = start(script.port)
    script.accept()
    script.grant(0x80)
    wait_until(lambda: "broker_refuses_subscription" in caplog.text)
    assert not backend.bridge.connected


# -- the end -------------------------------------------------------------------------------------


def test_after_stop_intake_nothing_is_handed_on(script: ScriptedBroker, start: Start) -> None:
    """What arrives while the system stops stays with the broker, unacknowledged."""
    backend = start(script.port)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b"{}")
    delivery = backend.next(Reported).delivery
    backend.bridge.stop_intake()
    script.deliver(2, STATE.encode(), b"{}")
    wait_until(lambda: backend.bridge.received == 2)
    backend.settle(delivery)
    backend.bridge.close()
    assert script.acknowledged(1) == [1]
    assert script.receive()[0] == ScriptedBroker.DISCONNECT
    assert backend.told.empty()


def test_stopping_wakes_a_network_thread_that_waits_for_room(script: ScriptedBroker, start: Start) -> None:
    """A full intake whose writer has gone does not hold up the end."""
    backend = start(script.port, max_in_flight=1)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b"{}")
    script.deliver(2, STATE.encode(), b"{}")
    wait_until(lambda: backend.bridge.stalls == 1)
    backend.bridge.close()
    assert script.receive()[0] == ScriptedBroker.DISCONNECT


def test_closing_does_not_wait_for_a_frozen_broker(mosquitto: Mosquitto, start: Start) -> None:
    """Nor for one that is not there."""
    backend = start(mosquitto.port)
    with connected(backend):
        mosquitto.freeze()
        backend.bridge.publish_configuration(SERIAL, 1, {})
        backend.bridge.close()
    assert not backend.bridge.healthy
    assert backend.bridge.in_flight == 0
    nobody = start(free_port())
    nobody.bridge.close()
    assert not nobody.bridge.healthy


# -- faults of our own ---------------------------------------------------------------------------


def failing_once(method: Callable[..., Any]) -> Callable[..., Any]:
    """``method``, which raises what no one expects the first time that it runs connected."""
    failed: list[bool] = []

    def fails(client: Client, *args: Any) -> Any:
        if client.is_connected() and not failed:
            failed.append(True)
            raise RuntimeError("a fault in paho")
        return method(client, *args)

    return fails


def test_a_dead_network_thread_is_noticed_and_replaced(
    broker: Broker,
    start: Start,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """paho's thread dies in silence and still calls itself connected; the watch sees through that."""
    monkeypatch.setattr(Client, "loop_misc", failing_once(Client.loop_misc))
    backend = start(broker.port)
    wait_until(lambda: not backend.bridge.healthy)
    wait_until(lambda: "a fault in paho" in caplog.text)
    clock.advance_to(clock.monotonic() + 5)
    clock.ring()
    backend.next(BrokerConnected)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b"{}")
        backend.next(Reported)
    assert backend.bridge.healthy


def test_without_a_directory_nothing_is_taken_in(
    script: ScriptedBroker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody can handle stays with the broker, said once, and the bridge calls itself ill."""
    backend = start(script.port)
    greet(script, backend)
    backend.directory.stop(timeout=PATIENCE)
    script.deliver(1, STATE.encode(), b"{}")
    script.deliver(2, STATE.encode(), b"{}")
    wait_until(lambda: backend.bridge.received == 2)
    assert not backend.bridge.healthy
    assert caplog.text.count("intake_stopped") == 1
    backend.bridge.close()
    assert script.receive()[0] == ScriptedBroker.DISCONNECT


def test_at_the_end_those_that_have_gone_are_missed_in_silence(
    script: ScriptedBroker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The network thread ends last: what the broker confirms, loses and greets then is for nobody."""
    backend = start(script.port)
    greet(script, backend)
    for actor in (backend.directory, backend.writer):
        actor.stop(timeout=PATIENCE)
    backend.bridge.forget_device(Removal(7, SERIAL), reborn=True)
    kind, body = script.receive()
    assert kind == ScriptedBroker.PUBLISH
    script.send(0x40, body[-2:])
    backend.bridge.order(Order("Z", 1, {}, ""))
    script.drop()
    greet_again(script, backend)
    assert [record for record in caplog.records if record.exc_info] == []


def greet_again(script: ScriptedBroker, backend: Backend) -> None:
    """Once it has let go of the connection before."""
    wait_until(lambda: not backend.bridge.connected)
    script.accept()
    script.grant()
    assert backend.bridge.wait_until_heard(PATIENCE)


def test_an_older_configuration_never_follows_a_newer_one(script: ScriptedBroker, start: Start) -> None:
    """What a lost connection left unconfirmed is not sent again: the next one is told what is newest."""
    backend = start(script.port)
    greet(script, backend)
    backend.bridge.publish_configuration(SERIAL, 1, {"encendido": True})
    assert b'"version":1' in script.receive()[1]
    script.drop()
    script.accept()
    backend.next(BrokerConnected)
    backend.bridge.publish_configuration(SERIAL, 2, {"encendido": False})
    script.grant()
    # A connection that is closed with something unread in it takes the farewell with it.
    assert backend.bridge.wait_until_heard(PATIENCE)
    assert b'"version":2' in script.receive()[1]
    backend.bridge.close()
    assert script.receive()[0] == ScriptedBroker.DISCONNECT
