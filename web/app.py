"""The web server: its routes, its limits, its start and its end."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import orjson
import pykka
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler

from web.audience import Audience
from web.base import Handler, UnknownPath
from web.devices import AllDevices, Claims, DeviceLog, OneDevice, UnclaimedDevices
from web.errors import Problem
from web.findings import AppliedFinding, DismissedFinding, Findings, HistoryScans
from web.health import Health
from web.hub import EventHub
from web.loop import LoopThread
from web.overview import Index, RejectedMessages, SystemHealth
from web.services import Limits, Queries, Services
from web.streams import DeviceStream, FindingStream

logger = logging.getLogger(__name__)

ROUTES: Final[list[tuple[str, type[Handler]]]] = [
    (r"/", Index),
    (r"/dispositivos/?", AllDevices),
    (r"/dispositivos/no-reclamados/?", UnclaimedDevices),
    (r"/dispositivos/reclamar/?", Claims),
    (r"/dispositivos/([0-9]{1,18})/?", OneDevice),
    (r"/dispositivos/([0-9]{1,18})/logs/?", DeviceLog),
    (r"/stream/dispositivos/?", DeviceStream),
    (r"/stream/ai/?", FindingStream),
    (r"/ai/eventos/?", Findings),
    (r"/ai/eventos/([0-9]{1,18})/aplicar/?", AppliedFinding),
    (r"/ai/eventos/([0-9]{1,18})/descartar/?", DismissedFinding),
    (r"/ai/anomaly/?", HistoryScans),
    (r"/salud/?", SystemHealth),
    (r"/diagnostico/rechazados/?", RejectedMessages),
]

# Connections beside the streams. All of them stay below 1,024 descriptors, past which paho's
# select() no longer connects.
SPARE_CONNECTIONS: Final = 100
MAX_HEADER: Final = 16 * 1024
# Connections that wait to be accepted: all phones of a house coming back at once.
BACKLOG: Final = 128
# A phone that has left the house says nothing; its connection ends when this much time has passed
# without a sign that what it was sent arrived. The kernel's own patience is a quarter of an hour.
VANISHED_MS: Final = 30_000


class WebServer:
    """Serves people. ``loop`` is the one that the hub was given; it runs from :meth:`start` on."""

    def __init__(
        self,
        *,
        loop: LoopThread,
        hub: EventHub,
        directory: pykka.ActorRef[Any],
        scanner: pykka.ActorRef[Any],
        queries: Queries,
        health: Callable[[], Health],
        host: str,
        port: int,
        version: str,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self._loop = loop
        self._host = host
        self._port = port
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="web-disk")
        self._services = Services(
            loop=loop,
            hub=hub,
            directory=directory,
            scanner=scanner,
            queries=queries,
            health=health,
            disk=self._disk,
            audience=Audience(limits.clients),
            limits=limits,
            version=version,
        )
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, known after :meth:`start` if any free one was asked for."""
        return self._port

    @property
    def url(self) -> str:
        """Where a program on this machine finds it."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    def start(self) -> None:
        """Listen. Raises :class:`OSError` if the address cannot be had."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        listener.setblocking(False)
        self._port = listener.getsockname()[1]
        self._loop.start()
        self._loop.run(self._serve(listener), timeout=10)
        logger.info("web_listening url=%s", self.url)

    def stop(self) -> None:
        """Take no more requests, end the streams and the loop; within 2 s."""
        if self._server is not None:
            try:
                self._loop.run(self._close(self._server), timeout=1)
            except TimeoutError:
                logger.warning("web_connections_cut")
            self._server = None
        self._loop.stop(timeout=1)
        self._disk.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, listener: socket.socket) -> None:
        limits = self._services.limits
        application = Application(
            [(path, handler, {"services": self._services}) for path, handler in ROUTES],
            default_handler_class=UnknownPath,
            default_handler_args={"services": self._services},
            log_function=_log_request,
            # No page of another site may change anything; who is no browser sends no Origin and may.
            cross_origin_protection=True,
        )
        self._server = _Server(
            application,
            xheaders=False,
            max_header_size=MAX_HEADER,
            # Handler keeps the limit itself, for an answer that says so; Tornado's is a bare 400.
            max_body_size=2**63,
            body_timeout=limits.body,
            idle_connection_timeout=limits.idle,
        )
        self._server.max_connections = limits.clients + SPARE_CONNECTIONS
        self._server.add_socket(listener)

    async def _close(self, server: HTTPServer) -> None:
        server.stop()
        await self._services.audience.dismiss(patience=0.5)
        await server.close_all_connections()


class _Server(HTTPServer):
    """Tornado's, with a limit to its connections."""

    max_connections = SPARE_CONNECTIONS
    _open = 0

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        if self._open >= self.max_connections:
            stream.write(_full()).add_done_callback(lambda _: stream.close())
            return
        self._open += 1
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            stream.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self._open -= 1
        super().on_close(server_conn)


def _full() -> bytes:
    problem = Problem(503, "Hay demasiadas conexiones; cierra alguna o inténtalo más tarde.")
    body = orjson.dumps({"error": problem.title, "detalle": problem.detail})
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json; charset=utf-8\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
    )


def _log_request(handler: RequestHandler) -> None:
    request = handler.request
    logger.debug(
        "request status=%d method=%s path=%s ms=%.1f",
        handler.get_status(),
        request.method,
        request.path,
        1000 * request.request_time(),
    )
