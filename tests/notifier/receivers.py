"""Those who receive what the house sends, as real servers on loopback: mail, webhooks, and a push service."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import http_ece  # type: ignore[import-untyped]
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02  # type: ignore[import-untyped]

from actors.domain.notices import Subscription

PATIENCE_S = 10.0


@dataclass(frozen=True)
class Taken:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class HttpReceiver:
    """``status`` is what it answers; ``None`` is nothing at all, until it is closed."""

    status: int | None = 200
    location: str = ""
    taken: Queue[Taken] = field(default_factory=Queue)
    asked: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)
    trickles: bool = False
    """Whether its answer comes a byte at a time and never ends."""
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def next(self) -> Taken:
        return self.taken.get(timeout=PATIENCE_S)


@contextmanager
def http_receiver(**given: Any) -> Iterator[HttpReceiver]:
    receiver = HttpReceiver(**given)

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.asked.set()
            if receiver.status is None:
                receiver.closing.wait()
                return
            if receiver.trickles:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not receiver.closing.wait(0.05):
                    self.wfile.write(b"X-More: 1\r\n")
                return
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            receiver.taken.put(Taken(self.path, dict(self.headers), body))

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _AnyPort(Controller):
    """On a free port, which its own start has to be told of."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@dataclass
class SmtpReceiver:
    port: int
    taken: Queue[EmailMessage]

    def next(self) -> EmailMessage:
        return self.taken.get(timeout=PATIENCE_S)


@contextmanager
def smtp_receiver() -> Iterator[SmtpReceiver]:
    taken: Queue[EmailMessage] = Queue()

    class Taking:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
            found = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(found, EmailMessage)
            taken.put(found)
            return "250 taken"

    controller = _AnyPort(Taking(), hostname="127.0.0.1", port=0)
    controller.start()
    try:
        yield SmtpReceiver(controller.port, taken)
    finally:
        controller.stop()


class Browser:
    """What a browser keeps to itself, and what it gives to whoever may send to it."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)

    def subscription(self, endpoint: str) -> Subscription:
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Subscription(endpoint, _text(point), _text(self._auth))

    def read(self, taken: Taken) -> Any:
        """Decrypt it, as a browser does (RFC 8291)."""
        plain = http_ece.decrypt(
            taken.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm"
        )
        return json.loads(plain)


def is_signed(taken: Taken, push_key: str) -> bool:
    """Whether it bears a signature by that key (RFC 8292), as the push service checks it."""
    fields = dict(part.strip().split("=", 1) for part in taken.headers["Authorization"][6:].split(","))
    return fields["k"] == push_key and bool(Vapid02.verify(taken.headers["Authorization"]))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
