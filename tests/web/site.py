"""A web server on a free port, with the real hub, and clients that speak to it."""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import pykka

from actors.domain.model import Device
from actors.domain.status import BrokerStatus, WriterStatus
from actors.messages import ScanHistory
from actors.ports import NoticeDesk
from actors.runtime.event_loop import LoopThread
from actors.runtime.time_zone import UTC_ZONE
from config import Settings
from tests.web.stand_ins import Shelf, StandInBackups, StandInDirectory, StandInScanner
from web.app import WebServer
from web.http.health import Health
from web.http.services import Backups, Limits, Logins, Queries
from web.identity.hosts import Hosts
from web.live.hub import EventHub
from web.page.files import Page
from web.security.access import Access

T = TypeVar("T")

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
    broker=BrokerStatus(connected=True, embedded_alive=True, received=7, rejected=1, in_flight=0),
    writer=WriterStatus(),
    actors_healthy=True,
    actors_waiting=0,
    device_failures=0,
    tables=(),
    at=1_800_000_000.0,
    uptime=12.5,
)


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
        directory: Callable[[EventHub], pykka.ActorRef[Any]] | None = None,
        ring_events: int = 64,
        port: int = 0,
        access: Access | None = None,
        backups: Backups | None = None,
        settings: Settings | None = None,
        page: Page | None = None,
        logins: Logins | None = None,
        notices: NoticeDesk | None = None,
    ) -> None:
        self.loop = LoopThread("web-under-test")
        self.hub = EventHub(self.loop, devices, ring_events=ring_events)
        self.shelf = Shelf()
        self.backups = backups or StandInBackups()
        self.directory = (
            StandInDirectory.start(self.hub, devices, self.shelf)
            if directory is None
            else directory(self.hub)
        )
        self.scans: queue.Queue[ScanHistory] = queue.Queue()
        self.scanner = StandInScanner.start(self.scans)
        self.server = WebServer(
            loop=self.loop,
            hub=self.hub,
            directory=self.directory,
            scanner=self.scanner,
            queries=queries or self.shelf,
            backups=self.backups,
            settings=settings or Settings(),
            health=health,
            writer=health().writer,
            zone=UTC_ZONE,
            host="127.0.0.1",
            port=port,
            version="0.1.0",
            limits=limits,
            # "x" is what a test calls it that writes its own headers.
            access=access or Access(hosts=Hosts(["x"])),
            page=page,
            logins=logins,
            notices=notices,
        )

    def __enter__(self) -> Site:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        for actor in (self.directory, self.scanner):
            if actor.is_alive():
                actor.stop(timeout=PATIENCE)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own. A mapping goes as JSON, an iterator in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE)
        if isinstance(body, Mapping):
            body = json.dumps(body).encode()
        try:
            connection.request(method, path, body, headers or {}, encode_chunked=isinstance(body, Iterator))
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def put(self, path: str, body: bytes | Mapping[str, Any]) -> Answer:
        return self.ask("PUT", path, body)

    def post(self, path: str, body: bytes | Mapping[str, Any] | None = None) -> Answer:
        return self.ask("POST", path, body)

    def listen(
        self,
        path: str = "/stream/dispositivos",
        last_event_id: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Listener:
        """An open stream, its greeting read."""
        return Listener(self.server.port, path, last_event_id, headers=headers)

    def until_listeners_are(self, count: int) -> None:
        """Ask until that many streams are open; each question is a round trip, so this is no busy loop."""
        for _ in range(20_000):
            if self.get("/salud").json["hub"]["clientes"] == count:
                return
        raise AssertionError(f"there are not {count} listeners")


class Listener:
    """A client of a stream on a raw socket; HTTP/1.0, so that the bytes come unframed."""

    def __init__(
        self,
        port: int,
        path: str,
        last_event_id: str | None,
        receive_buffer: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        given = {**(headers or {}), **({} if last_event_id is None else {"Last-Event-ID": last_event_id})}
        header = "".join(f"{name}: {value}\r\n" for name, value in given.items())
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


def at_once(call: Callable[[T], int], values: Iterable[T]) -> list[int]:
    """What the calls give, each made by a thread of its own and all at the same time; sorted."""
    values = list(values)
    start = threading.Barrier(len(values))

    def make(value: T) -> int:
        start.wait(PATIENCE)
        return call(value)

    with ThreadPoolExecutor(len(values)) as threads:
        return sorted(threads.map(make, values))
