"""Connections for which there is no room."""

from __future__ import annotations

import logging
import os
import resource
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.runtime.event_loop import LoopThread
from tests.brokers import wait_until
from tests.web.keys import Keys
from tests.web.site import PATIENCE
from web.identity.certificates import Certificates
from web.security.access import Mode
from web.security.connections import EXHAUSTED_S, Connections, Server


@contextmanager
def full_server(tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, LoopThread]]:
    """The port and the loop of one whose places are all taken by clients that it knows."""
    loop = LoopThread("full-server")
    loop.start()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)

    async def begin() -> Server:
        server = Server(lambda _: None, ssl_options=tls)
        server.connections = Connections(0)
        server.add_socket(listener)
        return server

    port = listener.getsockname()[1]
    server = loop.run(begin(), PATIENCE)
    try:
        yield port, loop
    finally:
        loop.call_soon(server.stop)
        loop.stop(PATIENCE)


def test_who_finds_no_room_and_shakes_no_hands_is_not_kept(tmp_path: Path) -> None:
    """With TLS it is closed at once, though it says nothing that it could be answered to."""
    tls = Certificates(tmp_path / "tls", time.time, [], []).context
    with full_server(tls) as (port, _), socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        assert client.recv(1) == b""


@pytest.mark.parametrize("said", [b"", b"nothing of TLS"])
def test_who_leaves_before_it_is_let_in_takes_nobody_along(tmp_path: Path, said: bytes) -> None:
    """With TLS, whether or not it said something before it reset its connection."""
    tls = Certificates(tmp_path / "tls", time.time, [], []).context
    busy, gone = threading.Event(), threading.Event()

    def be_busy() -> None:
        busy.set()
        gone.wait(PATIENCE)

    with full_server(tls) as (port, loop):
        loop.call_soon(be_busy)
        assert busy.wait(PATIENCE)
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            client.sendall(said)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.set()
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
            assert client.recv(1) == b""


def test_who_finds_no_room_is_told_so_whole() -> None:
    """Without TLS, and before it has said anything."""
    with (
        full_server() as (port, _),
        socket.create_connection(("127.0.0.1", port), PATIENCE) as client,
        client.makefile("rb") as answer,
    ):
        head, _, body = answer.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"Content-Length: %d\r\n" % len(body) in head


def test_it_waits_until_there_are_descriptors_again(keys: Keys, caplog: pytest.LogCaptureFixture) -> None:
    """Without any left it takes hardly any time and writes one line; whoever waits is then served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    clients = [socket.socket() for _ in range(5)]
    with keys.site(Mode.HERE) as site, caplog.at_level(logging.ERROR):
        assert site.get("/dispositivos").status == 200
        with os.scandir("/proc/self/fd") as descriptors:
            highest = max(int(each.name) for each in descriptors)
        spare = [os.open("/dev/null", os.O_RDONLY)]
        while spare[-1] < highest:
            spare.append(os.open("/dev/null", os.O_RDONLY))
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (spare[-1] + 1, hard))
            for client in clients:
                client.settimeout(PATIENCE)
                client.connect(("127.0.0.1", site.server.port))
                client.sendall(b"GET /dispositivos HTTP/1.0\r\n\r\n")
            wait_until(lambda: "connection_not_accepted" in caplog.text, PATIENCE)
            began = site.loop.run(_processor_time(), PATIENCE)
            clients[-1].settimeout(3 * EXHAUSTED_S)
            with pytest.raises(TimeoutError):
                clients[-1].recv(1)
            taken = site.loop.run(_processor_time(), PATIENCE) - began
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in spare:
                os.close(descriptor)
        for client in clients:
            client.settimeout(PATIENCE)
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")
            client.close()
    assert taken < EXHAUSTED_S
    assert caplog.text.count("connection_not_accepted") == 1


async def _processor_time() -> float:
    return time.thread_time()
