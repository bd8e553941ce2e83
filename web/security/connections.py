"""The connections: how many there may be, and which give way when there is no room for another."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import socket
from collections import Counter
from enum import IntEnum
from typing import Any, Final, cast

import orjson
from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream, SSLIOStream

from web.security.bans import network_of
from web.security.open_streams import Holder
from web.texts.faults import Fault
from web.texts.languages import Language
from web.texts.problem import Problem

# A phone that has left the house says nothing; its connection ends when this much time has passed
# without a sign that what it was sent arrived. The kernel's own patience is a quarter of an hour.
VANISHED_MS: Final = 30_000
# What can be wrong with this machine, and not with the one connection that is about to come in.
EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
# Until it is tried again: meanwhile the connection waits in the kernel.
EXHAUSTED_S: Final = 0.5
# Between two lines in the log.
QUIET_S: Final = 60.0

logger = logging.getLogger(__name__)


class Standing(IntEnum):
    """What a connection has shown of itself; one of a lower standing gives way first."""

    SILENT = 0
    """Not a whole request, or one of another site's page."""
    STRANGER = 1
    """A request, and not that its sender may call."""
    KNOWN = 2
    """Somebody who may."""
    STREAM = 3
    """A live stream, which keeps its connection: an open stream."""


class Connections:
    """Counts the open connections. Used on the loop only.

    Where there is no room, one gives way: of the lowest standing that there is, of the holder that has the
    most of these, the one that has been quiet longest. So whoever opens hundreds of connections pushes out
    their own, and a newcomer has the time it takes to send a request.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        # Each dict in the order of when its connections last sent a request.
        self._held: dict[Standing, dict[IOStream, Holder]] = {standing: {} for standing in Standing}

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def enter(self, stream: IOStream, address: str) -> bool:
        """Whether there is room for it, if need be for another's."""
        if len(self) >= self._most and not self._make_room():
            return False
        self._held[Standing.SILENT][stream] = network_of(address)
        return True

    def _make_room(self) -> bool:
        giving_way = (self._held[standing] for standing in Standing if standing is not Standing.STREAM)
        held = next(filter(None, giving_way), None)
        if held is None:
            return False
        [(crowd, _)] = Counter(held.values()).most_common(1)
        quietest = next(stream for stream, holder in held.items() if holder == crowd)
        del held[quietest]
        quietest.close()
        return True

    def heard(self, stream: IOStream, standing: Standing, holder: Holder) -> None:
        """The client has sent a request, by which it has this standing, unless it had a higher one."""
        before = next((each for each in Standing if stream in self._held[each]), None)
        if before is None:
            return  # it is gone
        holder_before = self._held[before].pop(stream)
        if standing < before:
            standing, holder = before, holder_before
        self._held[standing][stream] = holder

    def stream_ended(self, stream: IOStream) -> None:
        if stream in self._held[Standing.STREAM]:
            self._held[Standing.KNOWN][stream] = self._held[Standing.STREAM].pop(stream)

    def leave(self, stream: IOStream) -> None:
        for held in self._held.values():
            held.pop(stream, None)


class Server(HTTPServer):
    """Tornado's, with a limit to its connections, and with patience where the machine has no room for one."""

    connections: Connections
    _accepting: asyncio.Task[None]
    _told_at = -math.inf

    def add_socket(self, socket: socket.socket) -> None:
        """Take connections in from it, which does not block."""
        self._accepting = asyncio.create_task(self._accept_all(socket))

    def stop(self) -> None:
        """Take no more in."""
        self._accepting.cancel()
        super().stop()

    async def _accept_all(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                try:
                    connection, address = await loop.sock_accept(listener)
                except OSError as error:  # ECONNABORTED and the like are of a client that has gone already
                    if error.errno in EXHAUSTED:
                        self._log_failure(error)
                        await asyncio.sleep(EXHAUSTED_S)
                else:
                    self._take_in(connection, address)
                await asyncio.sleep(0)  # in a flood of connections too, the others get their turn

    def _take_in(self, connection: socket.socket, address: tuple[Any, ...]) -> None:
        try:
            connection.getpeername()  # fails for a client that has gone already, as TLS would
            self._handle_connection(connection, address)
        except OSError:  # of this connection alone
            connection.close()

    def _log_failure(self, error: OSError) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._told_at + QUIET_S:
            self._told_at = now
            logger.error("connection_not_accepted error=%s open=%d", error, len(self.connections))

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if not self.connections.enter(stream, str(address[0])):
            # Closed at once: who must first be waited for, for a handshake say, would be in no table.
            if not isinstance(stream, SSLIOStream):
                stream.write(_full())  # which a new connection's buffer has room for
            stream.close()
            return
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self.connections.leave(cast(HTTP1ServerConnection, server_conn).stream)
        super().on_close(server_conn)


def _full() -> bytes:
    """In Spanish, as nobody has said yet what they would rather read."""
    body = orjson.dumps(Problem(Fault.TOO_MANY_CONNECTIONS).json(Language.SPANISH))
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    )
