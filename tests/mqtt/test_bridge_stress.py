"""The bridge where the disk is slow or full, and where brokers freeze, fall silent or forget."""

from __future__ import annotations

import socket
import struct
from pathlib import Path

import pytest

from actors.messages import BrokerConnected, Reported
from actors.mqtt.protocol import client
from actors.mqtt.protocol.client import JITTER, RECONNECTS, jittered
from tests.brokers import (
    PATIENCE,
    Device,
    Mosquitto,
    ScriptedBroker,
    free_port,
    until_published,
    wait_until,
)
from tests.mqtt.backend import SERIAL, STATE, Start, connected, greet

PINGREQ, PINGRESP = 12, 0xD0


def report(seq: int) -> bytes:
    return b'{"seq":%d}' % seq


def wait_as_long_as_a_silent_client_lasts(port: int, keepalive: int) -> None:
    """Until the broker cuts one that promised a sign of life every ``keepalive`` s and gives none."""
    body = struct.pack("!H4sBBHH6s", 4, b"MQTT", 4, 2, keepalive, 6, b"silent")
    with socket.create_connection(("127.0.0.1", port), 10 * PATIENCE) as silent:
        silent.sendall(bytes([0x10, len(body)]) + body)
        while silent.recv(100):
            pass


# -- no room -------------------------------------------------------------------------------------


def test_a_full_disk_costs_no_connection(
    mosquitto: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is settled for longer than a broker waits for a sign of life: nothing is cut or comes twice."""
    keepalive = 4
    backend = start(mosquitto.port, max_in_flight=3, keepalive=keepalive)
    with connected(backend), Device(mosquitto.port) as device:
        for seq in range(8):
            device.publish(STATE, report(seq))
        first = backend.deliveries(3)
        wait_as_long_as_a_silent_client_lasts(mosquitto.port, keepalive)
        assert backend.bridge.connected
        assert (backend.bridge.received, backend.bridge.stalls) == (3, 1)
        backend.settle(*first)
        seqs = []
        for _ in range(5):
            reported = backend.next(Reported)
            seqs.append(reported.report.seq)
            backend.settle(reported.delivery)
        device.publish(STATE, report(8))
        assert [*seqs, backend.next(Reported).report.seq] == [3, 4, 5, 6, 7, 8]
    assert "broker_lost" not in caplog.text


def test_without_room_all_else_goes_on(script: ScriptedBroker, start: Start) -> None:
    """Pings, acknowledgements and configurations go out though nothing is read, answers to pings neither."""
    backend = start(script.port, max_in_flight=2, keepalive=1)
    greet(script, backend)
    for mid in (1, 2, 3, 4):
        script.deliver(mid, STATE.encode(), b"{}")
    one, two = backend.deliveries(2)
    for _ in range(4):  # an answer is overdue after the second one
        assert script.receive()[0] == PINGREQ
    assert backend.bridge.received == 2
    backend.bridge.publish_configuration(SERIAL, 1, {})
    assert script.receive()[0] == ScriptedBroker.PUBLISH
    backend.settle(one)
    assert until_acknowledged(script) == 1
    (three,) = backend.deliveries(1)
    assert backend.bridge.received == 3
    backend.settle(two, three)
    assert [until_acknowledged(script), until_acknowledged(script)] == [2, 3]
    backend.settle(*backend.deliveries(1))
    assert until_acknowledged(script) == 4


def until_acknowledged(script: ScriptedBroker) -> int:
    """The next message identifier that is acknowledged; pings before it are answered."""
    while (packet := script.receive())[0] == PINGREQ:
        script.send(PINGRESP, b"")
    assert packet[0] == ScriptedBroker.PUBACK
    return int.from_bytes(packet[1])


def test_the_greeting_is_heard_without_room(script: ScriptedBroker, start: Start) -> None:
    """A connection that is lost while the disk is full is made again, and what it sends waits again."""
    backend = start(script.port, max_in_flight=1, keepalive=1)
    greet(script, backend)
    script.deliver(1, STATE.encode(), report(1))
    (first,) = backend.deliveries(1)
    script.accept()
    backend.next(BrokerConnected)
    script.deliver(7, STATE.encode(), report(1))
    script.grant()
    for _ in range(3):
        assert script.receive()[0] == PINGREQ
    assert backend.bridge.received == 1
    backend.settle(first)
    backend.settle(*backend.deliveries(1))
    assert until_acknowledged(script) == 7


# -- a broker that says nothing ------------------------------------------------------------------


def test_a_half_open_connection_is_found(script: ScriptedBroker, start: Start) -> None:
    """Also after it was held back: a ping that stays unanswered is the end of it, and another one is made."""
    backend = start(script.port, max_in_flight=1, keepalive=1)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b"{}")
    script.deliver(2, STATE.encode(), b"{}")
    wait_until(lambda: backend.bridge.stalls == 1)
    for _ in range(2):
        backend.settle(*backend.deliveries(1))
    wait_until(lambda: not backend.bridge.connected)
    greet(script, backend)


def test_a_short_freeze_is_waited_for(
    mosquitto: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Shorter than the keepalive, it costs nothing but time."""
    backend = start(mosquitto.port)
    with connected(backend), Device(mosquitto.port) as device:
        device.publish(STATE, report(1))
        mosquitto.freeze()
        published = device.publish_soon(STATE, report(2))
        backend.settle(*backend.deliveries(1))
        mosquitto.thaw()
        until_published(published)
        assert backend.next(Reported).report.seq == 2
    assert "broker_lost" not in caplog.text


def test_a_long_freeze_acknowledges_nothing_that_was_not_settled_in_time(
    mosquitto: Mosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection is given up, said once; what was settled too late for it comes again on the next one."""
    backend = start(mosquitto.port, keepalive=1)
    with connected(backend), Device(mosquitto.port) as device:
        for seq in (1, 2, 3):
            device.publish(STATE, report(seq))
        late = backend.deliveries(3)
        mosquitto.freeze()
        wait_until(lambda: not backend.bridge.connected)
        backend.settle(*late)
        mosquitto.thaw()
        backend.next(BrokerConnected, 6 * PATIENCE)
        again = [backend.next(Reported) for _ in range(3)]
        assert [reported.report.seq for reported in again] == [1, 2, 3]
        backend.settle(*(reported.delivery for reported in again))
        device.publish(STATE, report(4))
        assert backend.next(Reported).report.seq == 4
    assert caplog.text.count("broker_lost") == 1


# -- a broker that forgets -----------------------------------------------------------------------


def test_late_settlements_acknowledge_nothing_of_a_broker_without_the_session(
    mosquitto: Mosquitto, start: Start, tmp_path: Path
) -> None:
    """It gives the same identifiers to other messages, which must come again until they are settled."""
    backend = start(mosquitto.port)
    with connected(backend), Device(mosquitto.port) as device:
        for seq in (1, 2, 3):
            device.publish(STATE, report(seq))
        old = backend.deliveries(3)
    mosquitto.stop()
    (tmp_path / "mosquitto.db").unlink()
    mosquitto.start()
    with connected(backend), Device(mosquitto.port) as device:
        for seq in (11, 12, 13):
            device.publish(STATE, report(seq))
        new = backend.deliveries(3)
        assert {delivery.mid for delivery in old} == {delivery.mid for delivery in new}
        backend.settle(*old)
        backend.settle(new[0])
        backend.stop()
    again = start(mosquitto.port)
    again.next(BrokerConnected)
    assert [again.next(Reported).report.seq for _ in range(2)] == [12, 13]


# -- coming back ---------------------------------------------------------------------------------


def test_waits_are_never_the_same() -> None:
    """Up to half longer or shorter, all over that range."""
    waits = [jittered(10) for _ in range(1000)]
    assert 10 * (1 - JITTER) <= min(waits) < 7
    assert 13 < max(waits) <= 10 * (1 + JITTER)


def test_a_broker_that_is_away_is_asked_ever_less_often(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait doubles up to half a minute, and begins anew once the broker has let us in."""
    waits: list[float] = []

    def none_at_all(seconds: float) -> float:
        waits.append(seconds)
        return 0.0

    monkeypatch.setattr(client, "jittered", none_at_all)
    port = free_port()
    backend = start(port)
    wait_until(lambda: len(waits) > 7)
    assert waits[:8] == [1, 2, 4, 8, 16, *3 * [RECONNECTS.longest]]
    broker = ScriptedBroker(port)
    greet(broker, backend)
    waits.clear()
    broker.drop()
    greet(broker, backend)
    assert waits[0] == 1
    broker.close()


def test_closing_does_not_wait_for_the_next_try(start: Start) -> None:
    """Half a minute from one try to the next is no reason to stay half a minute."""
    backend = start(free_port())
    wait_until(lambda: backend.bridge.healthy)
    backend.bridge.close()
    assert not backend.bridge.healthy
