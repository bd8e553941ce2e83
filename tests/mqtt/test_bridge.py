"""What the bridge hears and tells, and what it acknowledges."""

from __future__ import annotations

from actors.messages import (
    BrokerConnected,
    BrokerForgot,
    KeepDeadLetter,
    Presence,
    Refuse,
    Removal,
    Reported,
    Settle,
)
from actors.mqtt.bridge import KEPT_BYTES
from actors.mqtt.protocol import payloads
from tests.brokers import (
    PATIENCE,
    Broker,
    Device,
    Mosquitto,
    ScriptedBroker,
    until_published,
    wait_until,
)
from tests.mqtt.backend import SERIAL, STATE, Start, connected, greet
from tests.stage import FakeClock

# -- hearing devices -----------------------------------------------------------------------------


def test_reports_and_presence_are_heard(broker: Broker, start: Start, clock: FakeClock) -> None:
    """All three topics, QoS 0 and 1, arrive as checked facts with the time of the given clock."""
    backend = start(broker.port, resume=broker.resume)
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
        backend = start(broker.port, resume=broker.resume)
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
    first = start(broker.port, resume=broker.resume)
    with connected(first), Device(broker.port) as device:
        device.publish(STATE, b'{"seq":1}')
        assert first.next(Reported).report.seq == 1
        first.stop()
        device.publish(STATE, b'{"seq":2}')
    second = start(broker.port, resume=broker.resume)
    second.next(BrokerConnected)
    assert [second.next(Reported).report.seq for _ in range(2)] == [1, 2]


def test_a_settled_message_does_not_come_again(broker: Broker, start: Start) -> None:
    """Closing sends the acknowledgements that are outstanding."""
    first = start(broker.port, resume=broker.resume)
    with connected(first), Device(broker.port) as device:
        for seq in range(50):
            device.publish(STATE, b'{"seq":%d}' % seq)
        deliveries = [first.next(Reported).delivery for _ in range(50)]
        first.bridge.stop_intake()
        first.settle(*deliveries)
        first.stop()
        second = start(broker.port, resume=broker.resume)
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
        topics = [payloads.presence_topic(f"D{i}") for i in range(count)]
        until_published(*(device.publish_soon(topic, b"offline", retain=True) for topic in topics))
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
    backend = start(broker.port, resume=broker.resume)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b'{"estado":')
        device.publish(STATE, b"{}")
        kept = backend.next(Refuse)
        assert kept.report.serial == SERIAL
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
    poison = backend.next(Refuse).delivery
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
    backend = start(broker.port, resume=broker.resume)
    with connected(backend), Device(broker.port) as device:
        device.publish(STATE, b" " * (64 * 1024 + 1))
        device.publish(STATE, b" " * (200 * 1024))
        first, second = backend.next(Refuse).letter, backend.next(Refuse).letter
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


# -- telling devices -----------------------------------------------------------------------------


def test_a_configuration_waits_for_its_device_at_the_broker(broker: Broker, start: Start) -> None:
    """It is retained, so a device that comes later gets it; a receipt is not."""
    backend = start(broker.port, resume=broker.resume)
    topics = payloads.configuration_topic(SERIAL), payloads.receipt_topic(SERIAL)
    with connected(backend), Device(broker.port, *topics) as present:
        backend.bridge.publish_receipt(SERIAL, "a1", 41)
        assert present.heard.get(timeout=PATIENCE) == (topics[1], b'{"boot":"a1","seq":41}', False)
        backend.bridge.publish_configuration(SERIAL, 7, {"modo": "manual"})
        wanted = b'{"version":7,"configuracion":{"modo":"manual"},"zona":{"iana":"Etc/UTC","posix":"UTC0"}}'
        assert present.heard.get(timeout=PATIENCE) == (topics[0], wanted, False)
        with Device(broker.port, *topics) as late:
            assert late.heard.get(timeout=PATIENCE) == (topics[0], wanted, True)
            assert late.heard.empty()


def test_the_broker_forgets_a_device_and_says_so(broker: Broker, start: Start) -> None:
    """Nothing of it is retained, what of that comes back to us is no report, and the writer is told."""
    backend = start(broker.port)
    topics = (payloads.configuration_topic(SERIAL), *payloads.heard_topics(SERIAL))
    with connected(backend), Device(broker.port) as device:
        for topic, payload in zip(topics, (b"{}", b"{}", b"online"), strict=True):
            device.publish(topic, payload, retain=True)
        # Of two subscriptions, between which a broker keeps no order.
        assert {type(backend.told.get(timeout=PATIENCE)) for _ in range(2)} == {Reported, Presence}
        backend.bridge.forget_device(Removal(7, SERIAL), reborn=False)
        told = [backend.kept.get(timeout=PATIENCE) for _ in range(3)]
        assert BrokerForgot(7) in told
        assert [type(each) for each in told].count(Settle) == 2
        device.publish(STATE, b"")
        backend.next(Refuse)
    with Device(broker.port, "dispositivos/#") as late:
        late.publish("dispositivos/END/configuracion", b"")
        assert late.heard.get(timeout=PATIENCE)[0] == "dispositivos/END/configuracion"
