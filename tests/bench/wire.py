"""The load side, as thin as it can be: pre-built MQTT packets out, SSE bytes in, one thread.

A publisher on paho costs about as much processor time a message as the system under test, which on
two cores would measure the load and not the system. So packets are built here by hand: MQTT 3.1.1,
QoS 1.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


def _length(n: int) -> bytes:
    """MQTT's variable-length integer."""
    out = bytearray()
    while True:
        n, digit = divmod(n, 128)
        out.append(digit | (0x80 if n else 0))
        if not n:
            return bytes(out)


def _text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def connect_packet(client_id: str) -> bytes:
    body = _text("MQTT") + bytes([4, 0x02, 0, 0]) + _text(client_id)
    return b"\x10" + _length(len(body)) + body


def publish_packet(topic: str, mid: int, payload: bytes) -> bytes:
    head = _text(topic) + mid.to_bytes(2, "big")
    return b"\x32" + _length(len(head) + len(payload)) + head + payload


class Publisher:
    """Publishes at QoS 1 and counts what the broker has acknowledged."""

    def __init__(self, port: int, client_id: str = "bench") -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(connect_packet(client_id))
        if self.sock.recv(4)[:1] != b"\x20":
            raise RuntimeError("the broker refused the load generator")
        self.sent = 0
        self.acknowledged = 0
        self._rest = 0

    def publish(self, messages: list[tuple[str, bytes]]) -> None:
        packets = []
        for topic, payload in messages:
            self.sent += 1
            packets.append(publish_packet(topic, self.sent % 65535 + 1, payload))
        self.sock.sendall(b"".join(packets))

    def read(self) -> None:
        """Take in acknowledgements, four bytes each."""
        data = self.sock.recv(65536)
        if not data:
            raise RuntimeError("the broker has closed the load generator's connection")
        count, self._rest = divmod(self._rest + len(data), 4)
        self.acknowledged += count


class StreamClient:
    """One SSE client that counts updates, and hands each one's JSON on if somebody wants it."""

    _MARK = b'"event":"device_update"'

    def __init__(self, port: int, on_update: Callable[[bytes], None] | None = None) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.sendall(b"GET /stream/dispositivos HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        self.updates = 0
        self._tail = b""
        self._on_update = on_update
        while b"event: hello" not in self._tail:
            self._tail += self.sock.recv(4096)
        self._tail = b""

    def read(self) -> None:
        data = self.sock.recv(1 << 20)
        if not data:
            raise RuntimeError("the server has closed a stream")
        *whole, self._tail = (self._tail + data).split(b"\n\n")
        if self._on_update is None:
            self.updates += b"\n\n".join(whole).count(self._MARK)
            return
        for event in whole:
            if self._MARK in event:
                self.updates += 1
                self._on_update(event.partition(b"data: ")[2].partition(b"\n")[0])


@dataclass
class Reporters:
    """Devices that report in turn, two metrics each, and when in a place where no rule looks."""

    serials: list[str]
    sequence: int = 0
    _topics: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._topics = [f"dispositivos/{serial}/estado" for serial in self.serials]

    def reports(self, count: int) -> list[tuple[str, bytes]]:
        out = []
        for _ in range(count):
            which = self.sequence % len(self.serials)
            self.sequence += 1
            payload = (
                f'{{"serial_number":"{self.serials[which]}","estado":"activo","parametros":'
                f'{{"temperatura":{20 + self.sequence % 100 / 10},"humedad":{40 + self.sequence % 7},'
                f'"sent":{{"n":{self.sequence},"t":{time.time()}}}}}}}'
            )
            out.append((self._topics[which], payload.encode()))
        return out


def pump(
    publisher: Publisher, clients: list[StreamClient], house: Reporters, total: int, window: int
) -> float:
    """Send ``total`` reports, at most ``window`` ahead of the slowest client; seconds it took."""
    selector = selectors.DefaultSelector()
    selector.register(publisher.sock, selectors.EVENT_READ, publisher)
    for client in clients:
        selector.register(client.sock, selectors.EVENT_READ, client)
    before = min(client.updates for client in clients)
    sent = 0
    start = time.perf_counter()
    deadline = start + 120
    while (done := min(client.updates for client in clients) - before) < total:
        room = min(total - sent, window - (sent - done))
        if room >= min(window // 8, total - sent) and room > 0:
            publisher.publish(house.reports(room))
            sent += room
        for key, _ in selector.select(timeout=1):
            key.data.read()
        if time.perf_counter() > deadline:
            raise RuntimeError(f"only {done} of {sent} reports have reached every client in 120 s")
    took = time.perf_counter() - start
    while publisher.acknowledged < publisher.sent:
        publisher.read()
    return took


def paced(
    publisher: Publisher, client: StreamClient | None, house: Reporters, rate: float, seconds: float
) -> None:
    """Publish ``rate`` reports a second, evenly, while reading the client's stream if there is one."""
    selector = selectors.DefaultSelector()
    selector.register(publisher.sock, selectors.EVENT_READ, publisher)
    if client is not None:
        selector.register(client.sock, selectors.EVENT_READ, client)
    for due in _every(1 / rate, seconds):
        _read_until(selector, due)
        publisher.publish(house.reports(1))
    _read_until(selector, time.perf_counter() + 1)


def _read_until(selector: selectors.BaseSelector, end: float) -> None:
    while (left := end - time.perf_counter()) > 0:
        for key, _ in selector.select(timeout=left):
            key.data.read()


def _every(interval: float, seconds: float) -> Iterator[float]:
    start = time.perf_counter()
    for n in range(int(seconds / interval)):
        yield start + n * interval


def sent_at(update: bytes) -> float:
    """When the report behind this update was published, seconds since the epoch."""
    return float(json.loads(update)["parametros"]["sent"]["t"])
