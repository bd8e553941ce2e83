"""What the bridge hears and tells beside the house's own topics, on the brokers that there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue

import pytest

from actors.domain.model import JsonObject
from actors.messages import (
    BrokerConnected,
    BrokerLost,
    Delivery,
    Heard,
    KeepDeadLetter,
    Order,
    OrderUnsent,
    Refuse,
    Reported,
)
from actors.mqtt.bridge import Bridge
from actors.mqtt.broker.acl import LARGEST_OF_GATEWAY
from actors.mqtt.dialects.dialect import Outgoing
from tests.brokers import PATIENCE, Broker, CrashableBroker, Device, Mosquitto, ScriptedBroker, wait_until
from tests.mqtt.backend import SERIAL, STATE, Backend, Ear, Start

NOTHING: JsonObject = {}
BARRIER = "behind/it"


class Translated:
    """A backend with a translator that is the test itself."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.bridge: Bridge = backend.bridge
        self.deliveries: list[Delivery] = []
        self._heard: SimpleQueue[object] = SimpleQueue()
        self._ear = Ear.start(self._heard)
        backend.bridge.attach(backend.directory, backend.writer, self._ear)
        assert backend.bridge.wait_until_heard(PATIENCE)
        backend.next(BrokerConnected)

    def next(self) -> Heard:
        while not isinstance(message := self._heard.get(timeout=PATIENCE), Heard):
            assert isinstance(message, BrokerConnected | BrokerLost)
        self.deliveries.append(message.delivery)
        return message

    def hear(self, *filters: str) -> None:
        """And wait until the broker knows: what one client asks for is done in order."""
        self.bridge.hear([*filters, BARRIER], [])
        self.pass_barrier()

    def pass_barrier(self) -> None:
        assert self.bridge.publish([Outgoing(BARRIER, b"")])
        assert self.next().topic == BARRIER

    def stop(self) -> None:
        self._ear.stop(timeout=PATIENCE)


@contextmanager
def translated(broker: Broker, start: Start) -> Iterator[Translated]:
    them = Translated(start(broker.port, resume=broker.resume))
    try:
        yield them
    finally:
        them.stop()


def test_what_is_asked_for_goes_to_the_translator(broker: Broker, start: Start) -> None:
    """Live and retained, as it came; the house's own goes where it always went."""
    with Device(broker.port) as device, translated(broker, start) as them:
        device.publish("tele/plug/LWT", b"Online", retain=True)
        them.bridge.hear(["tele/plug/LWT", "stat/+/RESULT", BARRIER], [])
        lwt = them.next()
        them.pass_barrier()
        assert (lwt.topic, lwt.payload, lwt.retained) == ("tele/plug/LWT", b"Online", True)
        device.publish("stat/plug/RESULT", b"\xff")
        result = them.next()
        assert (result.payload, result.retained) == (b"\xff", False)
        device.publish(STATE, b"{}")
        reported = them.backend.next(Reported)
        assert reported.report.serial == SERIAL
        them.backend.settle(*them.deliveries, reported.delivery)
        wait_until(lambda: them.bridge.in_flight == 0)


def test_what_is_let_go_is_not_heard_any_more(broker: Broker, start: Start) -> None:
    """From then on; what else was asked for is."""
    with Device(broker.port) as device, translated(broker, start) as them:
        them.hear("a/b", "c/d")
        device.publish("a/b", b"1")
        assert them.next().payload == b"1"
        them.bridge.hear([], ["a/b"])
        them.pass_barrier()
        device.publish("a/b", b"2")
        device.publish("c/d", b"3")
        assert them.next().payload == b"3"


def test_thousands_of_topics_are_heard_again_after_a_crash(broker: Broker, start: Start) -> None:
    """500 devices of 8 topics: each of them, and the house's own; with a session or without one."""
    filters = [f"t/plug{number // 8}/{number % 8}" for number in range(4000)]
    with translated(broker, start) as them:
        them.hear(*filters)
        broker.crash()
        them.backend.next(BrokerConnected)
        assert them.bridge.wait_until_heard(PATIENCE)
        them.pass_barrier()
        with Device(broker.port) as device:
            for topic in (filters[0], filters[-1]):
                device.publish(topic, b"x")
                assert them.next().topic == topic
            device.publish(STATE, b"{}")
            them.backend.next(Reported)


def test_a_filter_that_the_embedded_broker_refuses_costs_no_other(
    embedded: CrashableBroker, start: Start
) -> None:
    """nats-server admits no blanks and closes $SYS."""
    with translated(embedded, start) as them, Device(embedded.port) as device:
        them.hear("a/b", "with a/blank", "$SYS/#", "c/d")
        for topic in ("a/b", "c/d"):
            device.publish(topic, b"x")
            assert them.next().topic == topic
        device.publish(STATE, b"{}")
        them.backend.next(Reported)


def test_a_broker_that_cuts_us_off_for_a_filter_still_brings_reports(
    script: ScriptedBroker, start: Start
) -> None:
    """The house's own topics are asked for first, and apart; on the next connection again."""
    backend = start(script.port)
    backend.bridge.hear(["deadly"], [])
    for _ in range(2):
        script.accept()
        script.grant()
        kind, body = script.receive()
        assert kind == script.SUBSCRIBE
        assert b"deadly" in body
        backend.next(BrokerConnected)
        script.drop()
    script.accept()
    script.grant()
    backend.next(BrokerConnected)
    script.deliver(1, STATE.encode(), b"{}")
    assert backend.next(Reported).report.serial == SERIAL


def test_a_gateway_s_two_megabytes_arrive(broker: Broker, start: Start) -> None:
    """A report of ours of that size is refused as ever, and kept only as far as it needs."""
    large = b"x" * (LARGEST_OF_GATEWAY - 100)
    with Device(broker.port) as device, translated(broker, start) as them:
        them.hear("zigbee2mqtt/bridge/devices")
        device.publish("zigbee2mqtt/bridge/devices", large, retain=True)
        assert them.next().payload == large
        device.publish(STATE, large)
        letter = them.backend.next(Refuse).letter
        assert len(letter.payload) < 70_000


def test_a_topic_that_is_no_text_is_a_dead_letter(script: ScriptedBroker, start: Start) -> None:
    """As among the house's own."""
    backend = start(script.port)
    ear: SimpleQueue[object] = SimpleQueue()
    translator = Ear.start(ear)
    backend.bridge.attach(backend.directory, backend.writer, translator)
    script.accept()
    script.grant()
    backend.next(BrokerConnected)
    script.deliver(1, b"tele/\xff", b"x")
    assert backend.next(KeepDeadLetter).letter.topic == "tele/\\xff"
    translator.stop(timeout=PATIENCE)


@pytest.mark.parametrize("topic", [b"Dispositivos/A/estado", b"/dispositivos/A/estado", b"dispositivo/A"])
def test_a_near_miss_is_still_told_as_one(script: ScriptedBroker, start: Start, topic: bytes) -> None:
    """It is none of another make's."""
    backend = start(script.port)
    ear: SimpleQueue[object] = SimpleQueue()
    translator = Ear.start(ear)
    backend.bridge.attach(backend.directory, backend.writer, translator)
    script.accept()
    script.grant()
    backend.next(BrokerConnected)
    script.deliver(1, topic, b"{}")
    assert "no se espera nada" in backend.next(KeepDeadLetter).letter.reason
    translator.stop(timeout=PATIENCE)


def test_what_is_published_is_of_qos_1_and_not_retained(broker: Broker, start: Start) -> None:
    """So that nobody is switched by it long after."""
    with translated(broker, start) as them:
        with Device(broker.port, "cmnd/#") as device:
            assert them.bridge.publish([Outgoing("cmnd/plug/POWER", b"ON")])
            assert device.heard.get(timeout=PATIENCE) == ("cmnd/plug/POWER", b"ON", False)
        with Device(broker.port, "cmnd/#") as late:
            late.publish("cmnd/end", b"")
            assert late.heard.get(timeout=PATIENCE)[0] == "cmnd/end"


def test_what_the_broker_has_not_confirmed_may_be_lost(script: ScriptedBroker, start: Start) -> None:
    """Whoever has sent it is told once, before it is told that the connection is lost; and of nothing that
    was confirmed. The next connection brings none of it again.
    """
    backend = start(script.port)
    ear: SimpleQueue[object] = SimpleQueue()
    translator = Ear.start(ear)
    backend.bridge.attach(backend.directory, backend.writer, translator)
    script.accept()
    script.grant()
    assert isinstance(ear.get(timeout=PATIENCE), BrokerConnected)
    for each in (b"first", b"second"):
        orders = [Outgoing("a", each), Outgoing("b", each)]
        assert backend.bridge.publish(orders, partial(translator.tell, each))
    for number in range(4):
        kind, body = script.receive()
        assert kind == script.PUBLISH
        if number < 2:
            script.send(0x40, body[3:5])
    script.deliver(1, STATE.encode(), b"{}")
    backend.next(BrokerConnected)
    backend.next(Reported)  # so what came before it is heard
    script.drop()
    assert [ear.get(timeout=PATIENCE), ear.get(timeout=PATIENCE)] == [b"second", BrokerLost()]
    assert not backend.bridge.publish([Outgoing("a", b"third")], partial(translator.tell, b"third"))
    script.accept()
    script.grant()
    assert isinstance(ear.get(timeout=PATIENCE), BrokerConnected)
    assert ear.empty()
    translator.stop(timeout=PATIENCE)


def test_an_order_without_a_translator_or_a_broker_is_unsent(script: ScriptedBroker, start: Start) -> None:
    """The directory hears of it, and nothing is published."""
    backend = start(script.port)
    order = Order(SERIAL, 1, NOTHING, "")
    assert not backend.bridge.publish([Outgoing("a", b"")])
    backend.bridge.order(order)
    assert backend.next(OrderUnsent).order is order


def test_a_family_that_is_not_spoken_any_more_is_not_heard(mosquitto: Mosquitto, start: Start) -> None:
    """Though the broker remembers that an earlier run has asked for it."""
    with translated(mosquitto, start) as them:
        them.hear("tasmota/discovery/+/config")
        them.backend.stop()
    later = start(mosquitto.port)
    later.bridge.hear((), ["tasmota/discovery/+/config"])
    later.bridge.hear([BARRIER], ())
    ear: SimpleQueue[object] = SimpleQueue()
    translator = Ear.start(ear)
    later.bridge.attach(later.directory, later.writer, translator)
    assert later.bridge.wait_until_heard(PATIENCE)
    later.bridge.publish([Outgoing(BARRIER, b"first")])
    later.bridge.publish([Outgoing("tasmota/discovery/A/config", b"{}"), Outgoing(BARRIER, b"last")])
    topics: list[tuple[str, bytes]] = []
    while not topics or topics[-1] != (BARRIER, b"last"):
        if isinstance(message := ear.get(timeout=PATIENCE), Heard):
            topics.append((message.topic, message.payload))
    assert topics == [(BARRIER, b"first"), (BARRIER, b"last")]
    translator.stop(timeout=PATIENCE)
