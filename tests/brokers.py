"""Brokers for tests: Debian's Mosquitto under command, a scripted one, and devices to talk to them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from actors.mqtt.broker.embedded import EmbeddedBroker, Server
from actors.mqtt.broker.mosquitto_server import MosquittoServer, MosquittoSettings
from actors.mqtt.broker.nats_server import NatsServer, NatsSettings
from actors.mqtt.broker.proxy_access import Door
from tests.machine import lacking, need

CONF = Path(__file__).parent.parent / "actors" / "mqtt" / "broker" / "mosquitto.conf"
PATIENCE = 10.0
# Those that the project supports, by the names of their fixtures: nats-server, Mosquitto in its place, and
# a Mosquitto that is not our child.
BROKERS = ("embedded", "mosquitto_child", "mosquitto")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
    """For what nobody announces: look again until it is so, or fail."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        pause.wait(0.005)


def require_mosquitto() -> None:
    """As :func:`~tests.machine.lacking` says, where there is none."""
    if shutil.which("mosquitto") is None:
        lacking("Mosquitto: apt-get install mosquitto")


class Broker(Protocol):
    """A real broker that devices can reach on 127.0.0.1."""

    @property
    def port(self) -> int: ...

    def crash(self) -> None:
        """Kill it without warning and see that it runs again."""

    def restart(self) -> None:
        """Tell it to end, and see that it runs again."""

    def resume(self, client_id: str) -> None:
        """What the backend asks of a broker of its own before it connects."""


def nats(folder: Path, port: int = 0) -> NatsServer:
    """The embedded broker's server, with what it keeps in ``folder``."""
    return NatsServer(NatsSettings(folder), port)


# So long that a Mosquitto saves only when it is told to end, s.
NEVER = 86_400.0


def embedded_mosquitto(folder: Path, port: int = 0, save_interval: float = NEVER) -> MosquittoServer:
    """The other one that there is, with what it keeps in ``folder``."""
    return MosquittoServer(MosquittoSettings(folder, save_interval=save_interval), port)


class CrashableBroker(EmbeddedBroker):
    """The embedded broker, to be killed at will; its own watch brings it back."""

    def __init__(self, server: Server, door: Door | None = None) -> None:
        super().__init__(server, door)

    def start(self) -> None:
        need("broker")
        super().start()
        self.open_door()

    def crash(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        assert pid is not None
        os.kill(pid, how)
        wait_until(lambda: self.pid != pid and self.alive)


class Mosquitto:
    """Debian's Mosquitto, run from the very configuration that the project recommends."""

    def __init__(self, directory: Path, conf: Path = CONF) -> None:
        self.port = free_port()
        self.said: list[str] = []
        self._conf = directory / "mosquitto.conf"
        self._conf.write_text(self._adapted(conf.read_text(), directory))
        self._process: subprocess.Popen[str] | None = None
        self._drain: threading.Thread | None = None

    def _adapted(self, conf: str, directory: Path) -> str:
        for recommended, here in {
            "listener 1883 127.0.0.1\n": f"listener {self.port} 127.0.0.1\n",
            "persistence_location /var/lib/mosquitto/\n": f"persistence_location {directory}/\n",
        }.items():
            assert conf.count("\n" + recommended) == 1
            conf = conf.replace("\n" + recommended, "\n" + here)
        # Started by root, it would become a user who may not write here.
        return conf + ("user root\n" if os.getuid() == 0 else "")

    def start(self) -> None:
        need("broker")
        process = subprocess.Popen(
            ["mosquitto", "-c", self._conf], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self._process = process
        self._drain = threading.Thread(target=self._listen, args=(process,), daemon=True)
        self._drain.start()
        wait_until(lambda: process.poll() is not None or accepts(self.port))
        assert process.poll() is None, f"mosquitto does not start: {self.said}"

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line.rstrip())

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def crash(self) -> None:
        self.kill()
        self.start()

    def restart(self) -> None:
        self.stop()
        self.start()

    def resume(self, client_id: str) -> None:
        """Mosquitto does that by itself."""

    def reload(self) -> None:
        """Have it read passwords, rights and certificates again."""
        self._signal(signal.SIGHUP)

    def freeze(self) -> None:
        """The process stays, its connections too, and nothing moves any more."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        assert self._drain is not None
        assert self._process.stderr is not None
        self.thaw()
        self._signal(how)
        self._process.wait(PATIENCE)
        self._drain.join(PATIENCE)
        self._process.stderr.close()
        self._process = None


@dataclass(frozen=True, slots=True)
class Login:
    """What a broker is told of who connects, and how."""

    user: str = ""
    password: str = ""
    tls: ssl.SSLContext | None = None
    client_id: str = ""
    lasting: bool = False
    """Whether the broker keeps a session for it, which needs a ``client_id``."""

    def client(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, self.client_id, clean_session=not self.lasting)
        client.username_pw_set(self.user or None, self.password or None)
        if self.tls is not None:
            client.tls_set_context(self.tls)
        return client


def refusal(port: int, login: Login) -> str:
    """Why the broker does not let this client in."""
    reasons: SimpleQueue[str] = SimpleQueue()
    client = login.client()
    client.on_connect = lambda *args: reasons.put(str(args[3]))
    try:
        client.connect("127.0.0.1", port)
    except OSError as error:
        return str(error)
    client.on_disconnect = lambda *_: reasons.put("cut off")
    client.loop_start()
    try:
        return reasons.get(timeout=PATIENCE)
    finally:
        client.disconnect()
        client.loop_stop()


def until_published(*sent: paho.MQTTMessageInfo) -> None:
    """Each in its time: many take as long as they take, and one that nobody takes fails."""
    for each in sent:
        each.wait_for_publish(PATIENCE)
        assert each.is_published(), "the broker has not taken it"


class Device:
    """A client of the broker, as a device or an app would be; hears what it subscribes to.

    ``cut_off`` is set when the broker has closed a connection, which is then made again.
    """

    def __init__(self, port: int, *topics: str, login: Login | None = None) -> None:
        self.cut_off = threading.Event()
        self.heard: SimpleQueue[tuple[str, bytes, bool]] = SimpleQueue()
        self._ready = threading.Event()
        self._client = (login or Login()).client()
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        self._topics = [(topic, 1) for topic in topics]
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE)

    def _on_connect(self, client: paho.Client, *_: object) -> None:
        if self._topics:
            client.subscribe(self._topics)
        else:
            self._ready.set()

    def _on_disconnect(self, *_: object) -> None:
        self.cut_off.set()
        self._ready.set()

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.heard.put((message.topic, bytes(message.payload), message.retain))

    def publish(self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False) -> None:
        """Returns when the broker has it."""
        until_published(self.publish_soon(topic, payload, qos, retain))

    def publish_soon(
        self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False
    ) -> paho.MQTTMessageInfo:
        return self._client.publish(topic, payload, qos, retain)

    def overstep(self, topic: str, payload: bytes | str) -> None:
        """Publish, and return when the broker has let it pass or cut us off."""
        info = self.publish_soon(topic, payload)
        wait_until(lambda: self.cut_off.is_set() or info.is_published())

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def packet(first_byte: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([first_byte]) + length + bytes([size]) + body


class ScriptedBroker:
    """A broker that sends just what a test tells it to, and shows what it gets."""

    CONNECT, PUBLISH, PUBACK, SUBSCRIBE, DISCONNECT = 1, 3, 4, 8, 14

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._tls = tls
        self._listener = socket.create_server((host, port))
        self._listener.settimeout(PATIENCE)
        self.port = int(self._listener.getsockname()[1])
        self._connection: socket.socket | None = None

    def accept(self, refusing: int = 0) -> None:
        """Take the next connection and answer its CONNECT."""
        self.drop()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(PATIENCE)
        if self._tls is not None:
            self._connection = self._tls.wrap_socket(self._connection, server_side=True)
        kind, _ = self.receive()
        assert kind == self.CONNECT
        self.send(0x20, bytes([0, refusing]))

    def grant(self, qos: int = 1) -> None:
        """Read the SUBSCRIBE and grant all of it, or refuse with ``qos`` 0x80."""
        kind, body = self.receive()
        assert kind == self.SUBSCRIBE
        self.send(0x90, body[:2] + bytes([qos] * 3))

    def deliver(self, mid: int, topic: bytes, payload: bytes, qos: int = 1) -> None:
        identifier = struct.pack("!H", mid) if qos else b""
        self.send(0x30 | qos << 1, struct.pack("!H", len(topic)) + topic + identifier + payload)

    def acknowledged(self, count: int) -> list[int]:
        """The message identifiers of the next ``count`` packets, all acknowledgements."""
        mids = []
        for _ in range(count):
            kind, body = self.receive()
            assert kind == self.PUBACK
            mids.append(int.from_bytes(body))
        return mids

    def send(self, first_byte: int, body: bytes) -> None:
        self.send_at_once(packet(first_byte, body))

    def send_at_once(self, packets: bytes) -> None:
        assert self._connection is not None
        self._connection.sendall(packets)

    def receive(self) -> tuple[int, bytes]:
        """Kind and body of the next packet."""
        [first] = self._exactly(1)
        size = shift = 0
        while True:  # the length, seven bits a byte, the lowest first
            [part] = self._exactly(1)
            size |= (part & 0x7F) << shift
            shift += 7
            if part < 0x80:
                return first >> 4, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        assert self._connection is not None
        received = b""
        while len(received) < size:
            more = self._connection.recv(size - len(received))
            assert more, "the client has closed the connection"
            received += more
        return received

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        self.drop()
        self._listener.close()
