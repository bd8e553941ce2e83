"""The embedded brokers as our children, and what is nats-server's own."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeAlias

import pytest
from paho.mqtt.client import MQTTMessage

from actors.domain.unserved import Trouble, Unserved
from actors.mqtt.broker.embedded import BrokerUnavailable, EmbeddedBroker, Server
from actors.mqtt.broker.nats_server import NatsServer, NatsSettings
from tests.brokers import (
    PATIENCE,
    CrashableBroker,
    Device,
    Login,
    accepts,
    embedded_mosquitto,
    nats,
    require_mosquitto,
    until_published,
    wait_until,
)
from tests.machine import lacking

pytestmark = pytest.mark.broker

Make: TypeAlias = Callable[[Path, int], Server]
# What makes the server of each, by the name of its fixture.
CHILDREN: Final[Mapping[str, Make]] = {"embedded": nats, "mosquitto_child": embedded_mosquitto}
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=CHILDREN)
def child(request: pytest.FixtureRequest) -> CrashableBroker:
    """One of them, running."""
    running: CrashableBroker = request.getfixturevalue(request.param)
    return running


@pytest.fixture(params=CHILDREN.values())
def make(request: pytest.FixtureRequest) -> Make:
    """The server of one of them, to be made in a folder."""
    if request.param is embedded_mosquitto:
        require_mosquitto()
    server: Make = request.param
    return server


def test_a_taken_port_is_one_clear_line(make: Make, tmp_path: Path) -> None:
    """Who starts a second broker on a port is told which port, and what to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerUnavailable, match=rf"127\.0\.0\.1:{port}.*MQTT_BROKER_PORT") as caught:
            EmbeddedBroker(make(tmp_path, port)).start()
    assert "\n" not in str(caught.value)


def test_a_port_is_free_again_after_stop(child: CrashableBroker, make: Make, tmp_path: Path) -> None:
    """Stopping ends the child, and another broker can have the port at once."""
    assert child.alive
    with Device(child.port):
        child.stop()
    assert not child.alive
    assert not accepts(child.port)
    again = EmbeddedBroker(make(tmp_path / "again", child.port))
    again.start()
    assert again.alive
    again.stop()


def test_it_listens_on_loopback_alone(child: CrashableBroker) -> None:
    """Other machines cannot reach a broker that knows no passwords."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", child.port), timeout=1)


def test_a_dead_broker_comes_back_on_its_port(
    child: CrashableBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """A killed child is replaced, said once each, and devices find it where it was."""
    port = child.port
    child.crash()
    assert child.port == port
    with Device(port):
        pass
    wait_until(lambda: "broker_restarted" in caplog.text)
    assert caplog.text.count("broker_died") == 1


class Hindered(NatsServer):
    """Its files cannot be written for so many starts."""

    starts_without_room = 0

    def prepare(self) -> Sequence[str]:
        if self.starts_without_room:
            self.starts_without_room -= 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().prepare()


def test_a_dead_broker_comes_back_once_the_disk_has_room(tmp_path: Path) -> None:
    server = Hindered(NatsSettings(tmp_path), 0)
    broker = CrashableBroker(server)
    broker.start()
    try:
        server.starts_without_room = 2
        broker.crash()
        with Device(broker.port):
            assert not server.starts_without_room
    finally:
        broker.stop()


def test_without_room_the_start_is_one_clear_line(tmp_path: Path) -> None:
    server = Hindered(NatsSettings(tmp_path), 0)
    server.starts_without_room = 1
    with pytest.raises(BrokerUnavailable, match="no puede empezar"):
        EmbeddedBroker(server).start()


class Outrun(NatsServer):
    """At its first start somebody else takes the port that was free just before."""

    rival: socket.socket | None = None

    def prepare(self) -> Sequence[str]:
        if self.rival is None:
            self.rival = socket.create_server(("127.0.0.1", self.port))
        return super().prepare()


def test_a_port_that_was_just_taken_is_not_insisted_upon(tmp_path: Path) -> None:
    """Where any will do; and what the first server said of it is in the log."""
    server = Outrun(NatsSettings(tmp_path), 0)
    broker = CrashableBroker(server)
    broker.start()
    try:
        assert server.rival is not None
        assert broker.port != server.rival.getsockname()[1]
        with Device(broker.port) as device:
            device.publish("a", "b")
    finally:
        broker.stop()
        if server.rival is not None:
            server.rival.close()


def test_what_reaches_the_whole_process_group_does_not_end_it(child: CrashableBroker) -> None:
    """At Ctrl-C the backend still has acknowledgements to send, so the broker is in no group with it, and
    neither does a SIGTERM to all of its own processes but itself.
    """
    pid = child.pid
    assert pid is not None
    assert os.getpgid(pid) != os.getpgid(os.getpid())
    runner = os.getpgid(pid)
    assert runner != pid
    os.kill(runner, signal.SIGINT)
    os.kill(runner, signal.SIGTERM)
    with Device(child.port, "a") as device:
        device.publish("a", b"still here")
        assert device.heard.get(timeout=PATIENCE) == ("a", b"still here", False)
    assert child.pid == pid


# What it would log of the broker's words is not theirs.
OWNER = """
import logging
import sys
from pathlib import Path
from actors.mqtt.broker.embedded import EmbeddedBroker
from tests import brokers
logging.disable()
broker = EmbeddedBroker(getattr(brokers, sys.argv[1])(Path(sys.argv[2])))
broker.start()
print(broker.port, broker.pid, flush=True)
input()
"""


@contextmanager
def owner(make: Make, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Another process that has a broker; the port and process id of that."""
    parent = subprocess.Popen(
        [sys.executable, "-c", OWNER, make.__name__, folder],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    port, pid = map(int, parent.stdout.readline().split())
    try:
        yield parent, port, pid
    finally:
        parent.kill()
        parent.communicate(timeout=PATIENCE)


def test_it_dies_with_its_parent_and_writes_nothing_to_its_console(make: Make, tmp_path: Path) -> None:
    """A killed backend leaves no broker behind, and the broker's words never show."""
    with owner(make, tmp_path) as (parent, port, _):
        with Device(port) as device:
            device.publish("a", b"x" * 1000)
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.settimeout(PATIENCE)
            rude.sendall(b"\x00 this is not MQTT \xff" * 10)
            with suppress(ConnectionResetError):
                assert rude.recv(1) == b""  # which it has said something of
        parent.kill()
        assert parent.communicate(timeout=PATIENCE) == ("", "")
        wait_until(lambda: not accepts(port))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the kernel ends nobody for us")
def test_it_dies_with_what_runs_it(make: Make, tmp_path: Path) -> None:
    """Whichever of the processes is killed, no broker is left that nobody looks after."""
    with owner(make, tmp_path) as (parent, port, pid):
        parent.send_signal(signal.SIGSTOP)
        os.kill(os.getpgid(pid), signal.SIGKILL)
        wait_until(lambda: not accepts(port))


def test_a_hung_broker_is_replaced(make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One that takes connections and answers none is killed and started anew, and that is said."""
    broker = EmbeddedBroker(make(tmp_path, 0), ping_every=0.1, hung_after=1.0)
    broker.start()
    try:
        pid = broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: broker.pid != pid and broker.alive)
        with Device(broker.port):
            pass
        assert "broker_hung" in caplog.text
    finally:
        broker.stop()


def test_a_session_is_there_before_anybody_can_publish(make: Make, tmp_path: Path) -> None:
    """It is made where nobody sees it, and lasts, whatever becomes of the broker in its first moments."""
    broker = CrashableBroker(make(tmp_path, 0))
    broker.found_session("keeps", ["a"])
    broker.start()
    try:
        broker.crash()
        with Device(broker.port) as device:
            device.publish("a", b"first")
        with Device(broker.port, login=Login(client_id="keeps", lasting=True)) as keeps:
            assert keeps.heard.get(timeout=PATIENCE) == ("a", b"first", False)
    finally:
        broker.stop()
    assert make(tmp_path, 0).knows("keeps")
    assert not make(tmp_path, 0).knows("another")


@pytest.mark.parametrize("topic", ["$JS/API/STREAM/DELETE/$MQTT_msgs", "$MQTT/msgs/a", "$MQTT/rmsgs/a"])
def test_the_server_is_commanded_by_nobody_who_comes_by_mqtt(embedded: CrashableBroker, topic: str) -> None:
    """What it keeps cannot be taken away, nor words put into another's mouth."""
    keeps = Login(client_id="keeps", lasting=True)
    with Device(embedded.port, "a", login=keeps):
        pass
    with Device(embedded.port) as device:
        device.publish("a", b"kept")
        device.overstep(topic, b"forged")
    with Device(embedded.port, "a", login=keeps) as device, Device(embedded.port) as other:
        other.publish("a", b"barrier")
        # In no order: what was sent to a session as it left comes again after what is newer.
        assert {device.heard.get(timeout=PATIENCE)[1] for _ in range(2)} == {b"kept", b"barrier"}


def test_nothing_is_passed_over_for_want_of_room(embedded: CrashableBroker) -> None:
    """Of three subscriptions at once, with nothing acknowledged for long: all comes, in order."""
    topics = ("a/+", "b/+", "c")
    client = Login(client_id="keeps", lasting=True).client()
    client.manual_ack_set(True)
    heard: SimpleQueue[MQTTMessage] = SimpleQueue()
    subscribed = threading.Event()
    client.on_message = lambda *args: heard.put(args[2])
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", embedded.port)
    client.subscribe([(topic, 1) for topic in topics])
    client.loop_start()
    assert subscribed.wait(PATIENCE)
    embedded.limit("keeps")
    with Device(embedded.port) as device:
        flood = [
            device.publish_soon(topic, str(number)) for number in range(1500) for topic in ("a/1", "b/1", "c")
        ]
        until_published(*flood)
    came: dict[str, list[int]] = {"a/1": [], "b/1": [], "c": []}
    first = [heard.get(timeout=PATIENCE) for _ in range(3000)]
    for message in first:
        came[message.topic].append(int(message.payload))
        client.ack(message.mid, message.qos)
    for _ in range(1500):
        message = heard.get(timeout=PATIENCE)
        came[message.topic].append(int(message.payload))
    client.disconnect()
    client.loop_stop()
    assert came == {topic: list(range(1500)) for topic in came}


@pytest.mark.parametrize(("version", "trouble"), [("mqttv5", Trouble.MQTT_5), ("mqttv31", Trouble.MQTT_3_1)])
def test_who_speaks_another_version_is_told_of(
    embedded: CrashableBroker, version: str, trouble: Trouble
) -> None:
    """Since the device itself may show nothing."""
    speak(embedded.port, "-V", version, "-t", "a")
    wait_until(lambda: any(each.trouble is trouble for each in embedded.unserved))


def test_a_topic_with_spaces_is_told_of(embedded: CrashableBroker) -> None:
    """It cuts its publisher off, who is named."""
    speak(embedded.port, "-i", "zigbee", "-q", "1", "-t", "zigbee2mqtt/Luz del salón")
    wait_until(lambda: Unserved("zigbee", Trouble.SPACES) in embedded.unserved)


def test_a_full_store_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    """What it has no room for is not acknowledged, and told; what it has comes, and makes room."""
    broker = EmbeddedBroker(NatsServer(NatsSettings(tmp_path, disk=8), 0))
    broker.start()
    keeps = Login(client_id="keeps", lasting=True)
    try:
        with Device(broker.port, "a", login=keeps):
            pass
        with Device(broker.port) as device:
            kept = 0
            while not device.cut_off.is_set():
                device.overstep("a", f"{kept}".ljust(100_000))
                kept += not device.cut_off.is_set()
        assert kept > 40
        assert any(each.trouble is Trouble.DISK_FULL for each in broker.unserved)
        with Device(broker.port, "a", login=keeps) as device:
            heard = [int(device.heard.get(timeout=PATIENCE)[1]) for _ in range(kept)]
        assert heard == list(range(kept))
        with Device(broker.port) as device:
            device.publish("a", b"after")
            assert not device.cut_off.is_set()
    finally:
        broker.stop()


def speak(port: int, *words: str) -> None:
    if shutil.which("mosquitto_pub") is None:
        lacking("mosquitto_pub: apt-get install mosquitto-clients")
    subprocess.run(
        ["mosquitto_pub", "-p", str(port), "-m", "x", *words], capture_output=True, timeout=PATIENCE
    )


def test_an_older_server_is_refused(tmp_path: Path) -> None:
    """By one line that says which will do; so is what cannot be run."""
    old = tmp_path / "nats-server"
    old.write_text("#!/bin/sh\necho 'nats-server: v2.9.10'\n")
    old.chmod(0o755)
    for program, said in ((old, "v2.9.10.*2.15"), (tmp_path / "none", "NATS_SERVER_PATH: .*none")):
        with pytest.raises(BrokerUnavailable, match=said) as caught:
            EmbeddedBroker(NatsServer(NatsSettings(tmp_path / "x", str(program)), 0)).start()
        assert "\n" not in str(caught.value)
