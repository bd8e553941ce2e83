"""Connections for which there is no room."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.web.site import PATIENCE
from web.certificates import Certificates
from web.connections import Connections, Server
from web.loop import LoopThread


@contextmanager
def full_server(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of one whose places are all taken by clients that it knows."""
    loop = LoopThread("full-server")
    loop.start()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    async def begin() -> Server:
        server = Server(lambda _: None, ssl_options=tls)
        server.connections = Connections(0)
        server.add_socket(listener)
        return server

    server = loop.run(begin(), PATIENCE)
    yield listener.getsockname()[1]
    loop.call_soon(server.stop)
    loop.stop(PATIENCE)


def test_who_finds_no_room_and_shakes_no_hands_is_not_kept(tmp_path: Path) -> None:
    """With TLS it is closed at once, though it says nothing that it could be answered to."""
    tls = Certificates(tmp_path / "tls", time.time, [], []).context
    with full_server(tls) as port, socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        assert client.recv(1) == b""


def test_who_finds_no_room_is_told_so_whole() -> None:
    """Without TLS, and before it has said anything."""
    with (
        full_server() as port,
        socket.create_connection(("127.0.0.1", port), PATIENCE) as client,
        client.makefile("rb") as answer,
    ):
        head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Content-Length: %d\r\n" % len(body) in head
