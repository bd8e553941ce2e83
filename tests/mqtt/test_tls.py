"""Our own clients of a broker, backend and simulated devices, over TLS."""

from __future__ import annotations

import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest

from actors.messages import BrokerConnected, Reported
from actors.mqtt.bridge import Bridge
from actors.mqtt.broker.acl import backend_topics
from actors.mqtt.broker.mosquitto_config import Tls
from actors.mqtt.protocol import payloads
from actors.mqtt.protocol.client import MAX_PACKETS, tls_for_broker
from actors.runtime.clock import SystemClock
from actors.runtime.time_zone import UTC_ZONE
from actors.simulator.device import fleet
from actors.simulator.fleet import Simulator
from tests.brokers import PATIENCE, Login, ScriptedBroker, packet, until_published, wait_until
from tests.mqtt.backend import Ear
from tests.mqtt.guarded import (
    HERE,
    GuardedBroker,
    GuardedMosquitto,
    make_pair,
    mosquitto_house,
    trusting,
)
from tests.stage import FakeClock

OWN = payloads.state_topic(HERE)


@pytest.fixture
def house(guarded: GuardedMosquitto, pair: Tls) -> GuardedBroker:
    return mosquitto_house(guarded, trusting(pair))


@pytest.fixture
def host() -> str:
    return "127.0.0.1"


@pytest.fixture
def script(pair: Tls, host: str) -> Iterator[ScriptedBroker]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    broker = ScriptedBroker(tls=context, host=host)
    yield broker
    broker.close()


def ours(pair: Tls) -> ssl.SSLContext:
    return tls_for_broker(pair.certificate.with_name("ca.pem"))


@contextmanager
def a_backend(
    host: str, port: int, login: Login, shared_topic: bool = True
) -> Iterator[tuple[Bridge, SimpleQueue[object]]]:
    """A bridge that connects there, and what it tells the directory; what it hands on is settled at once."""
    told: SimpleQueue[object] = SimpleQueue()
    directory = Ear.start(told)
    bridge = Bridge(
        keepalive=60,
        username=login.user,
        password=login.password,
        client_id="backend",
        clock=FakeClock(),
        zone=UTC_ZONE,
        topics=backend_topics(shared_topic),
        tls=login.tls,
    )
    bridge.attach(directory, directory)
    bridge.start(host, port)
    try:
        yield bridge, told
    finally:
        bridge.close()
        directory.stop(timeout=PATIENCE)


def reports(bridge: Bridge, told: SimpleQueue[object], count: int) -> list[int | None]:
    """The numbers of the next reports, each acknowledged."""
    numbers: list[int | None] = []
    while len(numbers) < count:
        message = told.get(timeout=PATIENCE)
        if isinstance(message, Reported):
            numbers.append(message.report.seq)
            bridge.settle([message.delivery])
        else:
            assert isinstance(message, BrokerConnected)
    return numbers


def test_thousands_of_reports_come_over_tls(house: GuardedBroker, pair: Tls) -> None:
    """All of them, in order and acknowledged, from a broker that asks for the login."""
    login = Login(house.backend.user, house.backend.password, ours(pair))
    with a_backend("localhost", house.port, login) as (bridge, told):
        assert bridge.wait_until_heard(PATIENCE)
        with house.device(HERE) as device:
            sent = [device.publish_soon(OWN, f'{{"boot":"b","seq":{number}}}') for number in range(4000)]
            assert reports(bridge, told, 4000) == list(range(4000))
            until_published(*sent)
        assert bridge.wait_until_settled(PATIENCE)


def test_what_comes_in_one_record_is_all_heard(script: ScriptedBroker, pair: Tls) -> None:
    """More than is handled in one go, decrypted at once, and then the broker says no more."""
    count = 2 * MAX_PACKETS
    topic = struct.pack("!H", len(OWN)) + OWN.encode()
    with a_backend("127.0.0.1", script.port, Login(tls=ours(pair))) as (bridge, told):
        script.accept()
        script.grant()
        script.send_at_once(
            b"".join(packet(0x30, topic + b'{"boot":"b","seq":%d}' % number) for number in range(count))
        )
        assert reports(bridge, told, count) == list(range(count))


@pytest.mark.parametrize(
    ("host", "trusted"), [("127.0.0.1", False), ("127.0.0.2", True)], ids=["wrong CA", "wrong name"]
)
def test_a_broker_that_cannot_prove_itself_gets_no_password(
    script: ScriptedBroker,
    tmp_path: Path,
    pair: Tls,
    host: str,
    trusted: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Another CA's certificate, or one for another name; the log says what is wrong."""
    context = ours(pair if trusted else make_pair(tmp_path / "other"))
    with a_backend(host, script.port, Login("backend", "secret", context)) as (bridge, _):
        with pytest.raises(ssl.SSLError):
            script.accept()
        wait_until(lambda: "broker_unreachable" in caplog.text)
        assert "certificate verify failed" in caplog.text
        assert not bridge.connected


def test_without_the_shared_topic_nothing_on_it_is_heard(house: GuardedBroker) -> None:
    """Also where an earlier session with the broker had it."""
    with a_backend("127.0.0.1", house.inside, house.backend) as (bridge, _):
        assert bridge.wait_until_heard(PATIENCE)
    with a_backend("127.0.0.1", house.inside, house.backend, shared_topic=False) as (bridge, told):
        assert bridge.wait_until_heard(PATIENCE)
        with house.device(HERE) as device:
            device.publish(payloads.SHARED_STATE_TOPIC, f'{{"serial_number":"{HERE}","boot":"b","seq":1}}')
            device.publish(OWN, '{"boot":"b","seq":2}')
        assert reports(bridge, told, 1) == [2]


def test_simulated_devices_log_in_each_by_itself(
    guarded: GuardedMosquitto, house: GuardedBroker, pair: Tls
) -> None:
    """They report where only they may, and hear what is said to them."""
    devices = fleet(2)
    passwords = house.logins.complete(device.serial for device in devices)
    guarded.write(pair)
    guarded.reload()
    with house.hears("dispositivos/+/estado") as backend:
        simulator = Simulator(
            "localhost", house.port, devices, SystemClock(), logins=passwords, tls=ours(pair)
        )
        simulator.start()
        try:
            heard = {backend.heard.get(timeout=PATIENCE)[0] for _ in range(2)}
            assert heard == {payloads.state_topic(device.serial) for device in devices}
            assert simulator.counters.connected == 2
        finally:
            simulator.stop()


def test_a_simulated_device_hears_all_that_comes_in_one_record(script: ScriptedBroker, pair: Tls) -> None:
    """Though nothing more comes by which its socket would wake."""
    [device] = fleet(1)
    simulator = Simulator("127.0.0.1", script.port, [device], SystemClock(), tls=ours(pair))
    simulator.start()
    try:
        script.accept()
        name = payloads.configuration_topic(device.serial).encode()
        orders = [
            packet(
                0x30,
                struct.pack("!H", len(name)) + name + payloads.configuration_payload(version, {}, UTC_ZONE),
            )
            for version in range(1, 51)
        ]
        script.send_at_once(b"".join(orders))
        wait_until(lambda: device.version == 50)
    finally:
        simulator.stop()
