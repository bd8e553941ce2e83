"""What a device's login is good for, at each broker."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from actors.mqtt.protocol.payloads import configuration_topic, presence_topic, receipt_topic, state_topic
from tests.brokers import (
    BROKERS,
    PATIENCE,
    CrashableBroker,
    Device,
    Login,
    embedded_mosquitto,
    nats,
    refusal,
    require_mosquitto,
    wait_until,
)
from tests.mqtt.guarded import (
    HERE,
    THERE,
    GuardedBroker,
    GuardedMosquitto,
    embedded_house,
    guarded_door,
    make_pair,
    mosquitto_house,
    trusting,
)

pytestmark = pytest.mark.broker

SHARED = "dispositivos/estado"
OWN = state_topic(HERE)


@pytest.fixture(params=BROKERS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param != "embedded":
        require_mosquitto()
    return str(request.param)


@pytest.fixture
def shared_topic() -> bool:
    return True


@pytest.fixture
def house(kind: str, shared_topic: bool, tmp_path: Path) -> Iterator[GuardedBroker]:
    pair = make_pair(tmp_path / "tls")
    if kind != "mosquitto":
        door, passwords = guarded_door(tmp_path, pair, shared_topic=shared_topic)
        server = nats if kind == "embedded" else embedded_mosquitto
        broker = CrashableBroker(server(tmp_path / "embedded"), door)
        broker.start()
        yield embedded_house(broker, passwords, trusting(pair))
        broker.stop()
        return
    mosquitto = GuardedMosquitto(tmp_path, pair, shared_topic=shared_topic)
    try:
        mosquitto.start()
        yield mosquitto_house(mosquitto, trusting(pair))
    finally:
        mosquitto.stop()


def heard_after_barrier(house: GuardedBroker, backend: Device) -> list[str]:
    """The topics on which the backend hears anything, up to one more report of the device here."""
    with house.device(HERE) as device:
        device.publish(OWN, b"barrier")
    topics = []
    while (message := backend.heard.get(timeout=PATIENCE))[1] != b"barrier":
        topics.append(message[0])
    return topics


def test_a_device_speaks_for_itself(house: GuardedBroker) -> None:
    """It reports, says that it is there, and may use the topic for all while that serves."""
    with house.hears("dispositivos/#") as backend, house.device(HERE) as device:
        for topic in (OWN, presence_topic(HERE), SHARED):
            device.publish(topic, b"own")
            assert backend.heard.get(timeout=PATIENCE) == (topic, b"own", False)


def test_a_device_speaks_for_nobody_else(house: GuardedBroker) -> None:
    """What it says on another's topic, or as if it were the backend, reaches nobody."""
    for topic in (
        state_topic(THERE),
        presence_topic(THERE),
        configuration_topic(HERE),
        configuration_topic(THERE),
        receipt_topic(HERE),
        f"{OWN}/more",
        "dispositivos/backend/estado",
        "dispositivos//estado",
        "elsewhere",
    ):
        with house.hears("#") as backend, house.device(HERE) as device:
            device.overstep(topic, b"forged")
            assert heard_after_barrier(house, backend) == [], topic


@pytest.mark.parametrize("shared_topic", [False])
def test_the_shared_topic_can_be_closed(house: GuardedBroker) -> None:
    """Without it no device can speak for another at all."""
    with house.hears("#") as backend, house.device(HERE) as device:
        device.overstep(SHARED, b"forged")
        assert heard_after_barrier(house, backend) == []


def test_a_device_reads_nothing_of_another(house: GuardedBroker) -> None:
    """Neither what is said now nor what the broker has kept, whatever it subscribes to."""
    own, secrets = (
        configuration_topic(HERE),
        (configuration_topic(THERE), receipt_topic(THERE), state_topic(THERE)),
    )
    with house.hears() as backend:
        backend.publish(configuration_topic(THERE), b"kept", retain=True)
        for asked in (*secrets, "#", "dispositivos/+/configuracion"):
            with house.device(HERE, asked, own) as nosy:
                for secret in secrets:
                    backend.publish(secret, b"secret")
                backend.publish(own, b"mine")
                heard = heard_or_cut_off(nosy)
            assert {topic for topic, _, _ in heard} <= {own}, asked


def heard_or_cut_off(device: Device) -> list[tuple[str, bytes, bool]]:
    wait_until(lambda: device.cut_off.is_set() or not device.heard.empty())
    return [device.heard.get() for _ in range(device.heard.qsize())]


def test_a_device_reads_its_own(house: GuardedBroker) -> None:
    """Its configuration, also one from before it came, and its receipts."""
    with house.hears() as backend:
        backend.publish(configuration_topic(HERE), b"kept", retain=True)
        with house.device(HERE, configuration_topic(HERE), receipt_topic(HERE)) as device:
            assert device.heard.get(timeout=PATIENCE) == (configuration_topic(HERE), b"kept", True)
            backend.publish(receipt_topic(HERE), b"receipt")
            assert device.heard.get(timeout=PATIENCE) == (receipt_topic(HERE), b"receipt", False)
            assert not device.cut_off.is_set()


def test_a_last_will_is_the_device_s_own(house: GuardedBroker) -> None:
    """It is published when the device is cut off; on another's topic it never is."""
    topic = presence_topic(HERE)
    with house.hears("dispositivos/#") as backend:
        die(house, THERE, topic, b"forged")
        die(house, HERE, topic, b"offline")
        assert backend.heard.get(timeout=PATIENCE)[:2] == (topic, b"offline")


def die(house: GuardedBroker, serial: str, topic: str, will: bytes) -> None:
    """Log in with this last will, and go without a farewell."""
    client = house.login(serial).client()
    client.will_set(topic, will, qos=1)
    client.connect("127.0.0.1", house.port)
    while not client.is_connected() and client.loop(PATIENCE) == 0:
        pass
    if (sock := client.socket()) is not None:
        sock.close()


def test_who_is_not_known_stays_outside(house: GuardedBroker) -> None:
    """Without a login, and with a wrong one, nobody comes in."""
    for user, password in (("", ""), (HERE, ""), (HERE, "wrong"), ("nobody", "wrong"), ("", "wrong")):
        said = refusal(house.port, Login(user, password, house.client))
        assert said in ("Not authorized", "Bad user name or password", "cut off"), (user, password)


def test_another_s_password_opens_nothing(house: GuardedBroker) -> None:
    """A login is a name with its own password."""
    said = refusal(house.port, Login(THERE, house.passwords[HERE], house.client))
    assert said == "Not authorized"


def test_nobody_takes_over_another_s_session(house: GuardedBroker) -> None:
    """A client id is only what a device calls itself: what was kept for another stays the other's."""
    own = configuration_topic(HERE)
    named, thief = (replace(house.login(serial), client_id="mine") for serial in (HERE, THERE))
    with Device(house.port, own, login=named) as device:
        with Device(house.port, login=thief), house.hears() as backend:
            backend.publish(own, b"mine")
            assert device.heard.get(timeout=PATIENCE)[1] == b"mine"
        assert not device.cut_off.is_set()


def test_only_who_trusts_the_house_s_ca_connects(house: GuardedBroker, tmp_path: Path) -> None:
    """The strictest client verifies the certificate, one that trusts another house refuses it."""
    with house.device(HERE):
        pass
    stranger = trusting(make_pair(tmp_path / "other"))
    with (
        socket.create_connection(("127.0.0.1", house.port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        stranger.wrap_socket(connection, server_hostname="127.0.0.1")


def test_without_tls_nothing_is_answered(house: GuardedBroker) -> None:
    """A password sent in the clear to the port for TLS gets nobody in."""
    assert refusal(house.port, replace(house.login(HERE), tls=None)) == "cut off"
