from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

import pykka
import pytest

from actors.messages import BrokerConnected, Delivery, KeepDeadLetter, Presence, Reported
from actors.mqtt import payloads
from actors.mqtt.bridge import KEPT_BYTES, Bridge
from actors.mqtt.client import Client
from tests.brokers import (
    PATIENCE,
    Broker,
    Device,
    Mosquitto,
    ScriptedBroker,
    free_port,
    wait_until,
)
from tests.stage import FakeClock

SERIAL = "TMP0603IF1WD"
STATE = payloads.state_topic(SERIAL)

M = TypeVar("M")


class Ear(pykka.ThreadingActor):
    """Keeps what it is told."""

    def __init__(self, heard: SimpleQueue[object]) -> None:
        super().__init__()
        self._heard = heard

    def on_receive(self, message: object) -> None:
        self._heard.put(message)


class Backend:
    """A bridge whose neighbours, directory and writer, are the test itself."""

    def __init__(self, port: int, clock: FakeClock, client_id: str, max_in_flight: int) -> None:
        self.told: SimpleQueue[object] = SimpleQueue()
        self.kept: SimpleQueue[object] = SimpleQueue()
        self.directory = Ear.start(self.told)
        self.writer = Ear.start(self.kept)
        self.port = port
        self.bridge = Bridge(
            keepalive=60,
            username="",
            password="",
            client_id=client_id,
            clock=clock,
            max_in_flight=max_in_flight,
        )
        self.bridge.attach(self.directory, self.writer)

    def next(self, kind: type[M]) -> M:
        """What the directory or, of dead letters, the writer is told next."""
        heard = self.kept if kind is KeepDeadLetter else self.told
        message = heard.get(timeout=PATIENCE)
        assert isinstance(message, kind)
        return message

    def settle(self, *deliveries: Delivery) -> None:
        self.bridge.settle(deliveries)

    def stop(self) -> None:
        self.bridge.close()
        self.directory.stop(timeout=PATIENCE)
        self.writer.stop(timeout=PATIENCE)


class Start(Protocol):
    def __call__(self, port: int, *, client_id: str = ..., max_in_flight: int = ...) -> Backend: ...


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Start]:
    """Starts backends, and ends them with the test."""
    with ExitStack() as stack:

        def start_one(port: int, *, client_id: str = "backend", max_in_flight: int = 100) -> Backend:
            backend = Backend(port, clock, client_id, max_in_flight)
            stack.callback(backend.stop)
            backend.bridge.start("127.0.0.1", backend.port)
            return backend

        yield start_one


@pytest.fixture
def script() -> Iterator[ScriptedBroker]:
    broker = ScriptedBroker()
    yield broker
    broker.close()


@contextmanager
def connected(backend: Backend) -> Iterator[None]:
    """As ``with``, for what must happen on a connection that stands."""
    backend.next(BrokerConnected)
    assert backend.bridge.wait_until_heard(PATIENCE)
    yield


def greet(script: ScriptedBroker, backend: Backend) -> None:
    script.accept()
    script.grant()
    with connected(backend):
        pass


# -- hearing devices -----------------------------------------------------------------------------


def test_reports_and_presence_are_heard(broker: Broker, start: Start, clock: FakeClock) -> None:
    """All three topics, QoS 0 and 1, arrive as checked facts with the time of the given clock."""
    backend = start(broker.port)
    with connected(backend), Device(broker.port) as device:
        device.publish("dispositivos/estado", b'{"serial_number":"A","estado":"activo"}', qos=0)
        reported = backend.next(Reported)
        assert (reported.report.serial, reported.report.state) == ("A", "activo")
        assert reported.report.at == clock.now()
        device.publish(STATE, b'{"parametros":{"temp":23.4}}')
        reported = backend.next(Reported)
        assert (reported.report.serial, reported.report.parameters) == (SERIAL, {"temp": 23.4})
        assert (reported.topic, reported.payload) == (STATE, b'{"parametros":{"temp":23.4}}')
        device.publish(payloads.presence_topic(SERIAL), b"online")
        presence = backend.next(Presence)
        assert (presence.serial, presence.online, presence.retained) == (SERIAL, True, False)


def test_who_publishes_as_soon_as_the_bridge_hears_is_heard(broker: Broker, start: Start) -> None:
    """wait_until_heard tells the moment from which nothing is missed."""
    with Device(broker.port) as device:
        backend = start(broker.port)
        assert backend.bridge.wait_until_heard(PATIENCE)
        device.publish(STATE, b"{}")
        backend.next(BrokerConnected)
        assert backend.next(Reported).report.serial == SERIAL


def test_a_message_right_behind_the_greeting_is_heard(script: ScriptedBroker, start: Start) -> None:
    """What a kept session sends before the subscription is confirmed is not lost."""
    backend = start(script.port)
    script.accept()
    script.deliver(1, STATE.encode(), b"{}")
    script.grant()
    backend.next(BrokerConnected)
    backend.settle(backend.next(Reported).delivery)
    assert script.acknowledged(1) == [1]


def test_what_was_published_while_away_comes_at_the_next_start(broker: Broker, start: Start) -> None:
    """The session outlives the process: unacknowledged and unheard messages both come again."""
    first = start(broker.port)
    with connected(first), Device(broker.port) as device:
        device.publish(STATE, b'{"seq":1}')
        assert first.next(Reported).report.seq == 1
        first.stop()
        device.publish(STATE, b'{"seq":2}')
    second = start(broker.port)
    second.next(BrokerConnected)
    assert [second.next(Reported).report.seq for _ in range(2)] == [1, 2]


def test_a_settled_message_does_not_come_again(broker: Broker, start: Start) -> None:
    """Closing sends the acknowledgements that are outstanding."""
    first = start(broker.port)
    with connected(first), Device(broker.port) as device:
        for seq in range(50):
            device.publish(STATE, b'{"seq":%d}' % seq)
        deliveries = [first.next(Reported).delivery for _ in range(50)]
        first.bridge.stop_intake()
        first.settle(*deliveries)
        first.stop()
        second = start(broker.port)
        second.next(BrokerConnected)
        assert second.bridge.wait_until_heard(PATIENCE)
        device.publish(STATE, b'{"seq":99}')
        assert second.next(Reported).report.seq == 99


def test_a_flood_of_retained_messages_is_taken_in_at_the_writer_s_pace(
    mosquitto: Mosquitto, start: Start
) -> None:
    """However many the broker has kept, no more than the limit are under way at once."""
    count, limit = 1500, 50
    with Device(mosquitto.port) as device:
        for i in range(count):
            published = device.publish_soon(payloads.presence_topic(f"D{i}"), b"offline", retain=True)
        published.wait_for_publish(PATIENCE)
    backend = start(mosquitto.port, max_in_flight=limit)
    backend.next(BrokerConnected)
    serials = set()
    for _ in range(count):
        presence = backend.next(Presence)
        assert presence.retained
        assert backend.bridge.in_flight <= limit
        serials.add(presence.serial)
        backend.settle(presence.delivery)
    assert len(serials) == count
    assert backend.bridge.received == count
    assert backend.bridge.stalls > 0


# -- what breaks the contract --------------------------------------------------------------------


def test_a_poison_message_is_kept_and_stops_nothing(broker: Broker, start: Start) -> None:
    """What is refused goes to the writer as it came, with its reason; the next message arrives."""
    backend = start(broker.port)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b'{"estado":')
        device.publish(STATE, b"{}")
        kept = backend.next(KeepDeadLetter)
        assert (kept.letter.topic, kept.letter.payload) == (STATE, b'{"estado":')
        assert "JSON" in kept.letter.reason
        assert kept.delivery is not None
        assert backend.next(Reported).report.serial == SERIAL
        assert (backend.bridge.received, backend.bridge.rejected) == (2, 1)


def test_poison_is_acknowledged_once_it_is_kept(script: ScriptedBroker, start: Start) -> None:
    """Neither before its dead letter is on disk nor never."""
    backend = start(script.port)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b"poison")
    script.deliver(2, STATE.encode(), b"{}")
    poison = backend.next(KeepDeadLetter).delivery
    good = backend.next(Reported).delivery
    assert poison is not None
    backend.settle(good)
    backend.settle(poison)
    assert script.acknowledged(2) == [1, 2]


def test_a_topic_that_is_not_utf_8_is_kept_readable(script: ScriptedBroker, start: Start) -> None:
    """paho cannot even name such a topic; the operator sees its bytes."""
    backend = start(script.port)
    greet(script, backend)
    script.deliver(1, b"dispositivos/\xff\xfe/estado", b"{}")
    kept = backend.next(KeepDeadLetter)
    assert kept.letter.topic == r"dispositivos/\xff\xfe/estado"
    assert "UTF-8" in kept.letter.reason
    script.deliver(2, STATE.encode(), b"{}")
    assert backend.next(Reported).delivery.mid == 2


def test_a_report_that_is_too_large_is_kept_cut_short(broker: Broker, start: Start) -> None:
    """One byte too many is refused with its size; of 200 KiB the beginning is kept."""
    backend = start(broker.port)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b" " * (64 * 1024 + 1))
        device.publish(STATE, b" " * (200 * 1024))
        first, second = backend.next(KeepDeadLetter).letter, backend.next(KeepDeadLetter).letter
        assert "65537 bytes" in first.reason
        assert "204800 bytes" in second.reason
        assert (len(first.payload), len(second.payload)) == (65537, KEPT_BYTES)
        device.publish(STATE, b"{}")
        backend.next(Reported)


# -- acknowledging -------------------------------------------------------------------------------


def test_acknowledgements_go_out_in_the_order_of_arrival(script: ScriptedBroker, start: Start) -> None:
    """What is settled early waits for those before it; QoS 0 holds nobody up and gets none."""
    backend = start(script.port)
    greet(script, backend)
    for mid, qos in ((7, 1), (0, 0), (3, 1), (9, 1)):
        script.deliver(mid, STATE.encode(), b"{}", qos)
    seven, zero, three, nine = (backend.next(Reported).delivery for _ in range(4))
    backend.settle(nine, zero)
    backend.settle(three)
    assert backend.bridge.in_flight == 4
    backend.settle(seven)
    assert script.acknowledged(3) == [7, 3, 9]
    assert backend.bridge.in_flight == 0


def test_a_late_settlement_acknowledges_nothing_on_the_next_connection(
    script: ScriptedBroker, start: Start
) -> None:
    """Identifiers begin again with a connection, so an old one may name a message not yet stored."""
    backend = start(script.port)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b'{"seq":1}')
    old = backend.next(Reported).delivery
    greet(script, backend)
    script.deliver(1, STATE.encode(), b'{"seq":2}')
    script.deliver(2, STATE.encode(), b'{"seq":3}')
    new, last = backend.next(Reported).delivery, backend.next(Reported).delivery
    backend.settle(old)
    backend.settle(last)
    backend.settle(new)
    assert script.acknowledged(2) == [1, 2]
    backend.bridge.close()
    assert script.receive()[0] == ScriptedBroker.DISCONNECT


def test_a_settlement_without_a_connection_acknowledges_nothing(script: ScriptedBroker, start: Start) -> None:
    """Nor does what is settled between two connections get into the second."""
    backend = start(script.port)
    greet(script, backend)
    script.deliver(1, STATE.encode(), b"{}")
    old = backend.next(Reported).delivery
    script.drop()
    wait_until(lambda: not backend.bridge.connected)
    backend.settle(old)
    greet(script, backend)
    script.deliver(5, STATE.encode(), b"{}")
    backend.settle(backend.next(Reported).delivery)
    assert script.acknowledged(1) == [5]


def test_beyond_the_limit_nothing_is_handed_on(script: ScriptedBroker, start: Start) -> None:
    """The network thread itself waits, so the broker has to keep the rest."""
    backend = start(script.port, max_in_flight=3)
    greet(script, backend)
    for mid in range(1, 6):
        script.deliver(mid, STATE.encode(), b"{}")
    wait_until(lambda: backend.bridge.stalls == 1)
    first = [backend.next(Reported).delivery for _ in range(3)]
    assert backend.told.empty()
    assert backend.bridge.in_flight == 3
    backend.settle(*first)
    backend.settle(*(backend.next(Reported).delivery for _ in range(2)))
    assert script.acknowledged(5) == [1, 2, 3, 4, 5]


# -- the broker comes and goes -------------------------------------------------------------------


def test_a_broker_that_crashes_is_found_again(
    broker: Broker, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Lost and back are said once each; the directory is told, and devices are heard as before."""
    caplog.set_level(logging.WARNING)
    backend = start(broker.port)
    with connected(backend):
        broker.crash()
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


# -- telling devices -----------------------------------------------------------------------------


def test_a_configuration_waits_for_its_device_at_the_broker(broker: Broker, start: Start) -> None:
    """It is retained, so a device that comes later gets it; a receipt is not."""
    backend = start(broker.port)
    topics = payloads.configuration_topic(SERIAL), payloads.receipt_topic(SERIAL)
    with connected(backend), Device(broker.port, *topics) as present:
        backend.bridge.publish_receipt(SERIAL, "a1", 41)
        assert present.heard.get(timeout=PATIENCE) == (topics[1], b'{"boot":"a1","seq":41}', False)
        backend.bridge.publish_configuration(SERIAL, 7, {"modo": "manual"})
        wanted = b'{"version":7,"configuracion":{"modo":"manual"}}'
        assert present.heard.get(timeout=PATIENCE) == (topics[0], wanted, False)
        with Device(broker.port, *topics) as late:
            assert late.heard.get(timeout=PATIENCE) == (topics[0], wanted, True)
            assert late.heard.empty()


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
