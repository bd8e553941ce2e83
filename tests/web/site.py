"""A web server on a free port, with the real hub, and clients that speak to it."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pykka

from actors.messages import ChangeDevice, ClaimDevice
from actors.model import DeadLetter, Device, LogEntry, Refusal, Refused, Report
from web.app import WebServer
from web.health import BrokerHealth, Health, WriterHealth
from web.hub import EventHub
from web.loop import LoopThread
from web.services import Limits, Queries

# Seconds after which a test that waits has failed.
PATIENCE = 20

LAMP = Device(id=1, serial="LGT0AAAAAAAA", state="activo", parameters={"brillo": 40})
BLIND = Device(
    id=2,
    serial="SHD0BBBBBBBB",
    name="Persiana",
    type="persiana",
    state="inactivo",
    configuration={"modo": "manual", "encendido": False},
    claimed=True,
    online=True,
    seen_at=1_800_000_000.25,
    version=3,
)

HEALTHY = Health(
    broker=BrokerHealth(connected=True, embedded_alive=True, received=7, rejected=1, in_flight=0),
    writer=WriterHealth(healthy=True, queued=0, last_error=None),
    actors_healthy=True,
    actors_waiting=0,
    device_failures=0,
    uptime=12.5,
)


class StandInDirectory(pykka.ThreadingActor):
    """Applies the model's transitions and tells the hub, as the directory and its devices do."""

    def __init__(self, hub: EventHub, devices: tuple[Device, ...]) -> None:
        super().__init__()
        self._hub = hub
        self._devices = {device.serial: device for device in devices}

    def on_receive(self, message: Any) -> None:
        match message:
            case Report():
                self._become(self._devices[message.serial].after_report(message))
            case ClaimDevice(claim, reply):
                self._carry_out(claim.serial, reply, lambda device: device.after_claim(claim))
            case ChangeDevice(serial, change, reply):
                self._carry_out(serial, reply, lambda device: device.after_change(change))

    def _carry_out(
        self,
        serial: str,
        reply: Callable[[Device | Refused], None],
        command: Callable[[Device], Device | Refused],
    ) -> None:
        if serial not in self._devices:
            reply(Refused(Refusal.UNKNOWN, f"{serial} no existe"))
            return
        outcome = command(self._devices[serial])
        if isinstance(outcome, Device):
            self._become(outcome)
        reply(outcome)

    def _become(self, device: Device) -> None:
        self._devices[device.serial] = device
        self._hub.device_updated(device)


class NoAnswer(pykka.ThreadingActor):
    """Takes every command and answers none."""

    def on_receive(self, message: Any) -> None:
        pass


@dataclass(frozen=True)
class StoredPage:
    total: int
    pages: int
    entries: list[LogEntry]


@dataclass(frozen=True)
class StoredLetter:
    id: int
    letter: DeadLetter


@dataclass
class Shelf:
    """Queries answered from memory, as :class:`persistence.queries.Queries` answers them."""

    entries: list[LogEntry] = field(default_factory=list)
    letters: list[StoredLetter] = field(default_factory=list)

    def log_page(self, device_id: int, page: int, per_page: int) -> StoredPage:
        newest_first = [entry for entry in reversed(self.entries) if entry.device_id == device_id]
        total = len(newest_first)
        part = newest_first[(page - 1) * per_page : page * per_page]
        return StoredPage(total, -(-total // per_page), part)

    def rejected(self, limit: int, before: int) -> list[StoredLetter]:
        return [letter for letter in reversed(self.letters) if letter.id < before][:limit]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]
    id: str


class Site:
    """A running server and what it was built of."""

    def __init__(
        self,
        *devices: Device,
        queries: Queries | None = None,
        limits: Limits | None = None,
        health: Callable[[], Health] = lambda: HEALTHY,
        directory: pykka.ActorRef[Any] | None = None,
        ring_events: int = 64,
        port: int = 0,
    ) -> None:
        self.loop = LoopThread("web-under-test")
        self.hub = EventHub(self.loop, devices, ring_events=ring_events)
        self.directory = directory or StandInDirectory.start(self.hub, devices)
        self.server = WebServer(
            loop=self.loop,
            hub=self.hub,
            directory=self.directory,
            queries=queries or Shelf(),
            health=health,
            host="127.0.0.1",
            port=port,
            version="0.1.0",
            limits=limits,
        )

    def __enter__(self) -> Site:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        if self.directory.is_alive():
            self.directory.stop(timeout=PATIENCE)

    def ask(
        self, method: str, path: str, body: bytes | Mapping[str, Any] | Iterator[bytes] | None = None
    ) -> Answer:
        """One request on a connection of its own. A mapping goes as JSON, an iterator in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        if isinstance(body, Mapping):
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, encode_chunked=isinstance(body, Iterator))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def put(self, path: str, body: bytes | Mapping[str, Any]) -> Answer:
        return self.ask("PUT", path, body)

    def listen(self, path: str = "/stream/dispositivos", last_event_id: str | None = None) -> Listener:
        """An open stream, its greeting read."""
        return Listener(self.server.port, path, last_event_id)

    def until_listeners_are(self, count: int) -> None:
        """Ask until that many streams are open; each question is a round trip, so this is no busy loop."""
        for _ in range(20_000):
            if self.get("/salud").json["hub"]["clientes"] == count:
                return
        raise AssertionError(f"there are not {count} listeners")


class Listener:
    """A client of a stream on a raw socket; HTTP/1.0, so that the bytes come unframed."""

    def __init__(self, port: int, path: str, last_event_id: str | None, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        header = "" if last_event_id is None else f"Last-Event-ID: {last_event_id}\r\n"
        self.socket.sendall(f"GET {path} HTTP/1.0\r\n{header}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(self._header_lines())

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def _header_lines(self) -> Iterator[tuple[str, str]]:
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(": ")
            yield name, value

    def __iter__(self) -> Iterator[Event]:
        """Events until the server ends the stream."""
        while block := self._block():
            yield event_in(block)

    def next(self) -> Event:
        return event_in(self._block())

    def take(self, count: int) -> list[Event]:
        return list(itertools.islice(self, count))

    def _block(self) -> bytes:
        lines = b""
        while (line := self.file.readline()) not in (b"\n", b""):
            lines += line
        return lines


def event_in(block: bytes) -> Event:
    lines = dict(line.split(": ", 1) for line in block.decode().splitlines())
    return Event(lines.get("event", "message"), json.loads(lines["data"]), lines["id"])
