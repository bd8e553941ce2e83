"""Live streams (Server-Sent Events): one coroutine a client, which waits, writes and is done."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Sequence
from itertools import chain
from typing import ClassVar, Final

from tornado.iostream import IOStream, StreamClosedError

from actors.domain.people import Role
from actors.domain.rule_events import EVENTS
from web.http.handler import Handler
from web.http.services import Services
from web.live.ring import EVERYTHING, Stream, Wanted, mark
from web.routes.devices import CLAIMED
from web.schemas.answers import EventJson
from web.schemas.operations import Media, Operation
from web.schemas.query import Anything, Parameter, Serial
from web.security.connections import Standing
from web.security.open_streams import OpenStream
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

OF_SERIAL: Final = Parameter[str | None]("serial", Serial(), None, "Solo los de este.", "LGT0AAAAAAAA")
LAST: Final = Parameter("last_event_id", Anything(), "", "Lo mismo que Last-Event-ID.")
LAST_HEADER: Final = Parameter(
    "Last-Event-ID", Anything(), "", "El id del último evento; se envía lo que vino después, o resync."
)
# What the kernel takes of us that the client has no room for. Left to itself it takes some 4 MB a
# client, and so nobody sees for a long time that the client has stopped reading.
UNSENT: Final = 16 * 1024


class StreamHandler(Handler):
    """Serves one stream. Each client's next write waits for its last one."""

    takes_ticket = True
    _client: IOStream

    def initialize(self, services: Services) -> None:
        super().initialize(services)
        self._stir = asyncio.Event()
        self._over = False

    async def head(self, *_path: str) -> None:
        self._set_stream_headers()

    async def follow(self, *feeds: tuple[Stream, Wanted]) -> None:
        """Send what is wanted of each stream until the client leaves, stalls, or the server stops."""
        last = self._last_event_id()
        open_streams = self.services.open_streams
        if not open_streams.has_room_for(self.held_by):
            raise Problem(Fault.TOO_MANY_STREAMS, own=open_streams.of(self.held_by))
        self._set_stream_headers()
        connection = self.connection
        self._client = connection.stream
        if self._client.closed():
            return
        # Or a small event waits for the client to acknowledge the one before: 40 ms.
        self._client.set_nodelay(True)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            self._client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
        self.services.connections.heard(self._client, Standing.STREAM, self.held_by)
        for stream, _ in feeds:
            stream.watchers.add(self._stir.set)
        try:
            with open_streams.counting(OpenStream(self.caller, self.held_by, self._leave, connection.close)):
                await self.flush()
                await self._serve(feeds, last)
        except StreamClosedError:
            pass
        except TimeoutError:
            logger.info("client_stalled address=%s", self.request.remote_ip)
            connection.close()
        finally:
            for stream, _ in feeds:
                stream.watchers.discard(self._stir.set)
            self.services.connections.stream_ended(self._client)

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._leave()

    def _leave(self) -> None:
        self._over = True
        self._stir.set()

    async def _serve(self, feeds: Sequence[tuple[Stream, Wanted]], last: str | None) -> None:
        loop = asyncio.get_running_loop()
        every = self.services.limits.ping
        places = {stream: stream.cursor(last) for stream, _ in feeds}
        await self._send(mark(b"hello", places.items()))
        ping = loop.call_later(every, self._stir.set)
        try:
            while not self._over:
                self._stir.clear()
                data = _news(feeds, places)
                if loop.time() >= ping.when():
                    data += mark(b"ping", places.items())
                    ping = loop.call_later(every, self._stir.set)
                if data:
                    await self._send(data)
                else:
                    await self._stir.wait()
        finally:
            ping.cancel()

    async def _send(self, data: bytes) -> None:
        """As a chunk of the response, made here: the layers that would make it cost 20 µs a client."""
        if self.request.version != "HTTP/1.0":
            data = b"%x\r\n%b\r\n" % (len(data), data)
        sent = self._client.write(data)
        if self._client.writing():  # it is, only when the client is slower than the stream
            # Not cancelled when it takes too long: Tornado logs a traceback for each such write.
            await asyncio.wait([sent], timeout=self.services.limits.stall)
            if not sent.done():
                raise TimeoutError
            sent.result()

    def _set_stream_headers(self) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")

    def _last_event_id(self) -> str | None:
        """A browser sends the header; who cannot set headers has the parameter."""
        header: str | None = self.request.headers.get("Last-Event-ID")
        return header or self.asked(LAST) or None


def _news(feeds: Sequence[tuple[Stream, Wanted]], places: dict[Stream, int]) -> bytes:
    """What goes out next, past which ``places`` are then. Who has missed something of one stream reads all
    anew: they are told so once."""
    if all(stream.reaches(places[stream]) for stream, _ in feeds):
        data = b""
        for stream, wanted in feeds:
            events, places[stream] = stream.since(places[stream], wanted)
            data += events
        return data
    for stream in places:
        places[stream] = stream.last
    return mark(b"resync", places.items())


class DeviceStream(StreamHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los cambios de los dispositivos, en directo",
            role=Role.READER,
            english="SSE of the devices",
            description=(
                "Eventos SSE: hello al entrar, ping cada 15 s, resync si hay que volver a leer la lista; los "
                "cambios no llevan event, y en data va el dispositivo."
            ),
            query=(OF_SERIAL, CLAIMED, LAST),
            headers=(LAST_HEADER,),
            answer=Media("text/event-stream", EventJson, "event: hello\ndata: {}\nid: 83e73bbd-0\n\n"),
        )
    }

    async def get(self) -> None:
        wanted = Wanted(self.asked(OF_SERIAL), self.asked(CLAIMED))
        await self.follow((self.services.hub.devices, wanted))


class FindingStream(StreamHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Lo que ven las reglas, en directo",
            role=Role.READER,
            english="SSE of the rules' findings",
            description=(
                "Eventos SSE: hello, ping y resync como los de los dispositivos; event dice qué es: "
                f"{', '.join(chain.from_iterable(EVENTS.values()))}, ai_progress o ai_done; "
                "ai_episode es lo que cambia de uno que dura, con todo lo que se sabe de él."
            ),
            query=(LAST,),
            headers=(LAST_HEADER,),
            answer=Media("text/event-stream", EventJson, "event: hello\ndata: {}\nid: 4c582799-0\n\n"),
        )
    }

    async def get(self) -> None:
        await self.follow((self.services.hub.findings, EVERYTHING))


class HouseStream(StreamHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Todo lo que pasa en la casa, en directo y por una sola conexión",
            role=Role.READER,
            english="SSE of the devices, the findings, the [logbook](#logbook) and what one has seen, in one",
            description=(
                "Los eventos de /stream/dispositivos y de /stream/ai, tal cual, y además diario (lo que se "
                "anota en él, sin valores) y visto (uno mismo ha visto los avisos hasta ese, quizá en otro "
                "aparato). Cada evento lleva el id de su parte; hello, ping y resync, los de todas las que "
                "haga falta, separados por comas: para seguir se mandan los últimos de cada una."
            ),
            query=(LAST,),
            headers=(LAST_HEADER,),
            answer=Media("text/event-stream", EventJson, "event: hello\ndata: {}\nid: 4c582799-0\n\n"),
        )
    }

    async def get(self) -> None:
        hub = self.services.hub
        mine = Wanted(person=self.viewer)
        await self.follow((hub.devices, EVERYTHING), (hub.findings, EVERYTHING), (hub.doings, mine))
