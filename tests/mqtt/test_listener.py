"""What devices of the house meet on the network, whoever answers there.

What a login is good for is in ``test_acl.py``. Nothing here knows how it is done: these are the promises that
another listener would have to keep too.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from actors.domain.unserved import Trouble, Unserved
from actors.mqtt.broker.acl import LARGEST_OF_DEVICE
from actors.mqtt.broker.embedded import BrokerUnavailable
from actors.mqtt.broker.mosquitto_config import Tls
from actors.mqtt.broker.proxy_access import Door
from actors.mqtt.protocol.payloads import configuration_topic, state_topic
from tests.brokers import (
    PATIENCE,
    CrashableBroker,
    Device,
    Login,
    embedded_mosquitto,
    nats,
    packet,
    refusal,
    require_mosquitto,
    until_published,
    wait_until,
)
from tests.mqtt.guarded import (
    HERE,
    THERE,
    GuardedBroker,
    embedded_house,
    guarded_door,
    make_pair,
    shown,
    trusting,
)

pytestmark = pytest.mark.broker

OWN = state_topic(HERE)
# As the documents promise.
BURST = 2000
LOGIN_TIME = 10.0
MOST_STRANGERS = 80
PLAIN = b"\x00\x04MQTT\x04"
ACCEPTED = b"\x20\x02\x00\x00"


@pytest.fixture
def pair(tmp_path: Path) -> Tls:
    return make_pair(tmp_path / "tls")


@pytest.fixture(params=["nats", "mosquitto"])
def guarded(
    request: pytest.FixtureRequest, tmp_path: Path, pair: Tls
) -> Iterator[tuple[CrashableBroker, GuardedBroker]]:
    if request.param == "mosquitto":
        require_mosquitto()
    server = nats if request.param == "nats" else embedded_mosquitto
    door, passwords = guarded_door(tmp_path, pair)
    broker = CrashableBroker(server(tmp_path / "embedded"), door)
    broker.start()
    yield broker, embedded_house(broker, passwords, trusting(pair))
    broker.stop()


@pytest.fixture
def house(guarded: tuple[CrashableBroker, GuardedBroker]) -> GuardedBroker:
    return guarded[1]


def test_who_says_nothing_keeps_nobody_out(house: GuardedBroker) -> None:
    """Connections without handshake, without login, and with a flood of nonsense: devices come in."""
    with ExitStack() as crowd, house.device(HERE) as early:
        for number in range(2 * MOST_STRANGERS):
            stranger = socket.create_connection(("127.0.0.1", house.port))
            crowd.enter_context(stranger)
            if number % 3 == 1:
                stranger.sendall(b"\x16\x03\x01 this is no handshake")
            if number % 3 == 2:
                stranger = house.client.wrap_socket(
                    stranger, server_hostname="127.0.0.1", do_handshake_on_connect=False
                )
                crowd.enter_context(stranger)
        with house.device(THERE), house.hears(OWN) as backend:
            early.publish(OWN, b"still here")
            assert backend.heard.get(timeout=PATIENCE)[1] == b"still here"


def test_a_login_taken_away_ends_its_connection(house: GuardedBroker) -> None:
    """At once for who is in, and for good; others stay."""
    with house.device(HERE) as device, house.device(THERE) as other:
        house.logins.remove(HERE)
        assert device.cut_off.wait(PATIENCE)
        assert refusal(house.port, house.login(HERE)) == "Not authorized"
        other.publish(state_topic(THERE), b"still here")
        assert not other.cut_off.is_set()


def test_a_new_login_is_known_at_once(house: GuardedBroker) -> None:
    """A device that comes later needs no restart; a renewed password replaces the old one."""
    made = house.logins.complete(["PLG0NEW"])
    assert refusal(house.port, Login("PLG0NEW", made["PLG0NEW"], house.client)) == "Success"
    with house.device(HERE) as device:
        renewed = house.logins.renew(HERE)
        assert device.cut_off.wait(PATIENCE)
    assert refusal(house.port, house.login(HERE)) == "Not authorized"
    assert refusal(house.port, replace(house.login(HERE), password=renewed)) == "Success"


def test_a_renewed_certificate_is_shown_and_nobody_cut_off(
    house: GuardedBroker, pair: Tls, tmp_path: Path
) -> None:
    """From the next handshake on; open connections go on."""
    other = make_pair(tmp_path / "other")
    with house.device(HERE) as device:
        pair.certificate.write_bytes(other.certificate.read_bytes())
        with house.device(THERE):
            pass  # certificate and key do not fit for the moment, so the old ones still serve
        pair.key.write_bytes(other.key.read_bytes())
        assert shown(house.port) in other.certificate.read_text()
        device.publish(OWN, b"still here")
        assert not device.cut_off.is_set()


def test_a_large_report_passes_and_a_larger_ends_only_its_sender(
    guarded: tuple[CrashableBroker, GuardedBroker],
) -> None:
    """Each login has a limit of its own, which is told."""
    broker, house = guarded
    large = b"x" * (LARGEST_OF_DEVICE - 100)
    with house.hears(OWN, state_topic(THERE)) as backend, house.device(HERE) as device:
        device.publish(OWN, large)
        assert backend.heard.get(timeout=PATIENCE) == (OWN, large, False)
        with house.device(THERE) as other:
            device.overstep(OWN, b"x" * (LARGEST_OF_DEVICE + 1))
            assert device.cut_off.is_set()
            other.publish(state_topic(THERE), b"still here")
            assert backend.heard.get(timeout=PATIENCE)[1] == b"still here"
    wait_until(lambda: Unserved(HERE, Trouble.TOO_LARGE) in broker.unserved)


def test_many_reports_come_whole_and_in_order(house: GuardedBroker) -> None:
    """The door neither loses nor mixes up what passes it."""
    with house.hears(OWN) as backend, house.device(HERE) as device:
        until_published(*(device.publish_soon(OWN, str(number)) for number in range(2000)))
        heard = [int(backend.heard.get(timeout=PATIENCE)[1]) for _ in range(2000)]
        assert heard == list(range(2000))


def test_what_is_refused_is_said_without_the_password(
    guarded: tuple[CrashableBroker, GuardedBroker], caplog: pytest.LogCaptureFixture
) -> None:
    """Who tries in vain is in the log and among those that cannot be served, with the address."""
    broker, house = guarded
    assert refusal(house.port, Login("ana", "geheim", house.client)) == "Not authorized"
    wait_until(lambda: "mqtt_refused" in caplog.text)
    assert "address=127.0.0.1 reason=no such login 'ana'" in caplog.text
    assert "geheim" not in caplog.text
    wait_until(lambda: Unserved("127.0.0.1", Trouble.NO_LOGIN) in broker.unserved)


def test_what_is_forbidden_is_not_acknowledged(guarded: tuple[CrashableBroker, GuardedBroker]) -> None:
    """A device that were told yes would never be seen to be wrong; its login is named."""
    broker, house = guarded
    with house.device(HERE) as device:
        device.overstep(state_topic(THERE), b"forged")
        assert device.cut_off.is_set()
    wait_until(lambda: Unserved(HERE, Trouble.FORBIDDEN) in broker.unserved)


def test_a_login_that_floods_delays_nobody_else(guarded: tuple[CrashableBroker, GuardedBroker]) -> None:
    """It gets its burst and then its pace, and is named; another's report comes meanwhile at once."""
    broker, house = guarded
    with house.hears(OWN, state_topic(THERE)) as backend, house.device(HERE) as rude:
        flood = [rude.publish_soon(OWN, b"x") for _ in range(4 * BURST)]
        until_published(*flood[:BURST])
        with house.device(THERE) as other:
            for number in range(20):
                other.publish(state_topic(THERE), str(number))
            while backend.heard.get(timeout=PATIENCE)[1] != b"19":
                pass
        assert not flood[-1].is_published()
        wait_until(lambda: Unserved(HERE, Trouble.SLOWED) in broker.unserved)
        assert not rude.cut_off.is_set()


@pytest.mark.parametrize("client_id", [b"", b"Mi placa", b"a.b/c", b"esp*1", "ñ".encode()])
def test_a_device_may_call_itself_anything(house: GuardedBroker, client_id: bytes) -> None:
    """Also nothing, with a session that is to last: the session is its login's."""
    assert introduced(house, PLAIN, client_id) == ACCEPTED


def test_two_devices_may_call_themselves_alike(house: GuardedBroker) -> None:
    """As boards do that run the same sketch; neither is cut off."""
    alike = [replace(house.login(serial), client_id="ESP32Client") for serial in (HERE, THERE)]
    with house.hears("dispositivos/+/estado") as backend:
        with Device(house.port, login=alike[0]) as one, Device(house.port, login=alike[1]) as two:
            one.publish(OWN, b"1")
            two.publish(state_topic(THERE), b"2")
            assert not one.cut_off.is_set()
            assert not two.cut_off.is_set()
        assert {backend.heard.get(timeout=PATIENCE)[1] for _ in range(2)} == {b"1", b"2"}


def test_no_login_takes_the_session_of_a_program_of_this_machine(house: GuardedBroker) -> None:
    """Whoever calls itself alike neither gets nor empties what waits there."""
    program = Login(client_id="zigbee2mqtt", lasting=True)
    topic = configuration_topic(HERE)
    with Device(house.inside, topic, login=program):
        pass
    with house.hears() as backend:
        for number in range(20):
            backend.publish(topic, str(number))
    for lasting in (True, False):
        with Device(
            house.port, login=replace(house.login(HERE), client_id="zigbee2mqtt", lasting=lasting)
        ) as thief:
            assert not thief.cut_off.is_set()
            assert thief.heard.empty()
    with Device(house.inside, topic, login=program) as back:
        assert [int(back.heard.get(timeout=PATIENCE)[1]) for _ in range(20)] == list(range(20))


@pytest.mark.parametrize(
    ("protocol", "answer", "trouble"),
    [
        (b"\x00\x04MQTT\x05", b"\x20\x03\x00\x84\x00", Trouble.MQTT_5),
        (b"\x00\x06MQIsdp\x03", b"\x20\x02\x00\x01", Trouble.MQTT_3_1),
    ],
)
def test_another_version_is_refused_in_its_own_words(
    guarded: tuple[CrashableBroker, GuardedBroker], protocol: bytes, answer: bytes, trouble: Trouble
) -> None:
    """Of MQTT 5 "unsupported protocol version", of 3.1 "unacceptable"; and it is told of."""
    broker, house = guarded
    assert introduced(house, protocol, b"x") == answer
    wait_until(lambda: Unserved("127.0.0.1", trouble) in broker.unserved)


def introduced(house: GuardedBroker, protocol: bytes, client_id: bytes) -> bytes:
    """What a device that introduces itself so is answered."""
    login = house.login(HERE)
    texts = (client_id, login.user.encode(), login.password.encode())
    body = protocol + b"\xc0\x00\x3c" + b"".join(len(text).to_bytes(2) + text for text in texts)
    with (
        socket.create_connection(("127.0.0.1", house.port), PATIENCE) as plain,
        house.client.wrap_socket(plain, server_hostname="127.0.0.1") as device,
    ):
        device.sendall(packet(0x10, body))
        return device.recv(16)


def test_the_oldest_stranger_has_to_go(house: GuardedBroker) -> None:
    """Connections without a login are few, however many are opened."""
    with ExitStack() as crowd:
        strangers = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(MOST_STRANGERS + 1)]
        for stranger in strangers:
            crowd.enter_context(stranger)
        strangers[0].settimeout(LOGIN_TIME / 2)
        assert strangers[0].recv(1) == b""


def test_a_host_that_floods_pushes_out_its_own(house: GuardedBroker) -> None:
    """A slow device of another address has its time for the handshake, however many come after it."""
    with ExitStack() as crowd:
        device = crowd.enter_context(socket.create_connection(("127.0.0.1", house.port), LOGIN_TIME))
        flood = [
            socket.create_connection(("127.0.0.1", house.port), LOGIN_TIME / 2, ("127.0.0.2", 0))
            for _ in range(2 * MOST_STRANGERS)
        ]
        for stranger in flood:
            crowd.enter_context(stranger)
        assert flood[MOST_STRANGERS - 1].recv(1) == b""
        with house.client.wrap_socket(device, server_hostname="127.0.0.1") as client:
            assert client.version() is not None


def test_a_broker_with_a_door_comes_back_whole(guarded: tuple[CrashableBroker, GuardedBroker]) -> None:
    """After a crash both listen where they did."""
    broker, house = guarded
    door = broker.door
    broker.crash()
    assert broker.door == door
    with house.hears(OWN) as backend, house.device(HERE) as device:
        device.publish(OWN, b"again")
        assert backend.heard.get(timeout=PATIENCE)[1] == b"again"


def test_without_tls_it_asks_for_the_login_too(tmp_path: Path, pair: Tls) -> None:
    """On a network without encryption a device is known all the same."""
    door, passwords = guarded_door(tmp_path, pair)
    broker = CrashableBroker(nats(tmp_path / "embedded"), replace(door, certificate=None, key=None))
    broker.start()
    assert broker.door is not None
    try:
        assert refusal(broker.door.port, Login(HERE, passwords[HERE])) == "Success"
        assert refusal(broker.door.port, Login(HERE, "wrong")) == "Not authorized"
    finally:
        broker.stop()


def test_without_a_password_file_nobody_comes_in(tmp_path: Path) -> None:
    """Before the first login is made the door stands, and is shut."""
    broker = CrashableBroker(nats(tmp_path / "embedded"), Door("127.0.0.1", 0, tmp_path / "claves"))
    broker.start()
    assert broker.door is not None
    try:
        assert refusal(broker.door.port, Login("TMP0A", "secret")) == "Not authorized"
    finally:
        broker.stop()


def test_a_taken_port_is_one_clear_line(tmp_path: Path, pair: Tls) -> None:
    """It names the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        door = Door("127.0.0.1", port, tmp_path / "claves", pair.certificate, pair.key)
        with pytest.raises(BrokerUnavailable, match=rf"127\.0\.0\.1:{port}.*MQTT_TLS_PORT") as caught:
            CrashableBroker(nats(tmp_path / "embedded"), door).start()
    assert "\n" not in str(caught.value)
