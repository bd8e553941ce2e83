"""The web server: its routes, its limits, its start and its end."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pykka
from tornado.web import Application, RequestHandler

from actors.domain.status import Hindrance, StorageTrouble, WeatherStatus, WriterStatus
from actors.ports import NoticeDesk
from actors.runtime.event_loop import LoopThread
from actors.runtime.time_zone import Zone
from config import Settings
from web.export.energy import EnergyExport
from web.export.route import DeviceExport
from web.http.handler import Handler, UnknownPath
from web.http.health import Health
from web.http.metrics import RequestTimes
from web.http.services import Backups, Limits, Logins, NoLogins, Queries, Services
from web.live.hub import EventHub
from web.openapi import Description, described, path_of
from web.page.files import Index, Page, PageFile, shipped
from web.routes.absences import AllAbsences, EndedAbsence, OneAbsence
from web.routes.auth import Myself, Pairing, Session, StreamTickets
from web.routes.backups import AllBackups
from web.routes.bounds import DeviceBounds
from web.routes.devices import (
    AcceptedDefinition,
    AllDevices,
    Claims,
    OneDevice,
    ReleasedDevice,
    ReplacedDevice,
    StoppedDevice,
    UnclaimedDevices,
)
from web.routes.energy import HouseEnergy
from web.routes.findings import (
    AppliedFinding,
    DismissedFinding,
    DismissedFindings,
    Findings,
    HistoryScans,
    SeenFindings,
)
from web.routes.log import DeviceLog
from web.routes.logbook import Logbook
from web.routes.logins import AllLogins, LoginFamilies, OneLogin
from web.routes.notifications import (
    AllChannels,
    Browsers,
    ChannelTrial,
    Notifications,
    OneChannel,
    Outbox,
)
from web.routes.overview import Metrics, RejectedMessages, RootCertificate, SystemHealth
from web.routes.people import AllPeople, AllTokens, Audit, OnePerson, OneToken, PairingCodes
from web.routes.rooms import AllRooms, OneRoom
from web.routes.settings_in_force import SettingsInForce
from web.routes.statistics import DeviceStatistics
from web.routes.streams import DeviceStream, FindingStream, HouseStream
from web.routes.tariffs import Tariffs
from web.routes.weather import HouseWeather
from web.security.access import Access
from web.security.authenticator import Authenticator
from web.security.connections import Connections, Server
from web.security.open_streams import OpenStreams

logger = logging.getLogger(__name__)

ROUTES: Final[list[tuple[str, type[Handler]]]] = [
    (r"/", Index),
    (r"/pagina/(.+)", PageFile),
    (r"/dispositivos/?", AllDevices),
    (r"/dispositivos/no-reclamados/?", UnclaimedDevices),
    (r"/dispositivos/reclamar/?", Claims),
    (r"/dispositivos/([0-9]{1,18})/?", OneDevice),
    (r"/dispositivos/([0-9]{1,18})/soltar/?", ReleasedDevice),
    (r"/dispositivos/([0-9]{1,18})/sustituir/?", ReplacedDevice),
    (r"/dispositivos/([0-9]{1,18})/parar/?", StoppedDevice),
    (r"/dispositivos/([0-9]{1,18})/definicion/aceptar/?", AcceptedDefinition),
    (r"/dispositivos/([0-9]{1,18})/logs/?", DeviceLog),
    (r"/dispositivos/([0-9]{1,18})/estadisticas/?", DeviceStatistics),
    (r"/dispositivos/([0-9]{1,18})/exportar/?", DeviceExport),
    (r"/dispositivos/([0-9]{1,18})/limites/?", DeviceBounds),
    (r"/energia/?", HouseEnergy),
    (r"/energia/exportar/?", EnergyExport),
    (r"/energia/tarifas/?", Tariffs),
    (r"/habitaciones/?", AllRooms),
    (r"/habitaciones/([0-9]{1,18})/?", OneRoom),
    (r"/casa/ausencia/?", AllAbsences),
    (r"/casa/ausencia/([0-9]{1,18})/?", OneAbsence),
    (r"/casa/ausencia/([0-9]{1,18})/acabar/?", EndedAbsence),
    (r"/stream/dispositivos/?", DeviceStream),
    (r"/stream/ai/?", FindingStream),
    (r"/stream/casa/?", HouseStream),
    (r"/diario/?", Logbook),
    (r"/ai/vistos/?", SeenFindings),
    (r"/ai/eventos/?", Findings),
    (r"/ai/eventos/descartar/?", DismissedFindings),
    (r"/ai/eventos/([0-9]{1,18})/aplicar/?", AppliedFinding),
    (r"/ai/eventos/([0-9]{1,18})/descartar/?", DismissedFinding),
    (r"/ai/anomaly/?", HistoryScans),
    (r"/openapi\.json", Description),
    (r"/salud/?", SystemHealth),
    (r"/metrics", Metrics),
    (r"/meteo/?", HouseWeather),
    (r"/ca\.pem", RootCertificate),
    (r"/diagnostico/rechazados/?", RejectedMessages),
    (r"/ajustes/?", SettingsInForce),
    (r"/copias/?", AllBackups),
    (r"/mqtt/familias/?", LoginFamilies),
    (r"/mqtt/accesos/?", AllLogins),
    (r"/mqtt/accesos/([^/]{1,200})/?", OneLogin),
    (r"/auth/emparejar/?", Pairing),
    (r"/auth/sesion/?", Session),
    (r"/auth/yo/?", Myself),
    (r"/auth/ticket/?", StreamTickets),
    (r"/auth/codigos/?", PairingCodes),
    (r"/usuarios/?", AllPeople),
    (r"/usuarios/([0-9]{1,18})/?", OnePerson),
    (r"/tokens/?", AllTokens),
    (r"/tokens/([0-9]{1,18})/?", OneToken),
    (r"/auditoria/?", Audit),
    (r"/notificaciones/?", Notifications),
    (r"/notificaciones/canales/?", AllChannels),
    (r"/notificaciones/canales/([0-9]{1,18})/?", OneChannel),
    (r"/notificaciones/canales/([0-9]{1,18})/prueba/?", ChannelTrial),
    (r"/notificaciones/navegador/?", Browsers),
    (r"/notificaciones/avisos/?", Outbox),
]

# Connections beside the streams.
SPARE_CONNECTIONS: Final = 100
# Descriptors of the process that are no connections to here: databases, broker, exports, mDNS.
OTHER_DESCRIPTORS: Final = 120
FEWEST_CONNECTIONS: Final = 16
MAX_HEADER: Final = 16 * 1024
# Connections that wait to be accepted: all phones of a house coming back at once.
BACKLOG: Final = 128


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
        backups: Backups,
        settings: Settings,
        health: Callable[[], Health],
        writer: WriterStatus,
        zone: Zone,
        host: str,
        port: int,
        version: str,
        limits: Limits | None = None,
        access: Access | None = None,
        tls: ssl.SSLContext | None = None,
        page: Page | None = None,
        scratch: Path | None = None,
        logins: Logins | None = None,
        notices: NoticeDesk | None = None,
        hindrance: Callable[[BaseException], Hindrance | None] = lambda _: None,
        weather: WeatherStatus | None = None,
        program: str = "iot-backend",
        labels: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Without ``access``, open to this machine's programs and without people; without ``tls``, HTTP;
        without ``page``, with the one that comes with it; without ``logins``, devices have none. ``program``
        is how the machine's console calls the system; ``labels`` are the codes on those of simulated devices,
        by serial number."""
        limits = limits or Limits()
        access = access or Access()
        self._loop = loop
        self._host = host
        self._port = port
        self._tls = tls
        self._page = page or shipped()
        self._disk = ThreadPoolExecutor(2, thread_name_prefix="web-disk")
        # Of its own, so that a revocation does not wait for a slow page of a log.
        self._ledger = ThreadPoolExecutor(1, thread_name_prefix="web-accounts")
        self._passwords = ThreadPoolExecutor(2, thread_name_prefix="web-passwords")
        # One alone: who sends much waits for others who do, and the loop for one thread at most.
        self._calculations = ThreadPoolExecutor(1, thread_name_prefix="web-calculations")
        self._exports = ThreadPoolExecutor(limits.exports, thread_name_prefix="web-exports")
        connections = _most_connections(limits)
        # Where there are few, half of them are for streams, which never give way to what is no stream.
        streams = max(connections - SPARE_CONNECTIONS, connections // 2)
        open_streams = OpenStreams(min(limits.clients, streams))
        self._request_times = RequestTimes({handler: path_of(pattern) for pattern, handler in ROUTES})
        self._services = Services(
            loop=loop,
            hub=hub,
            directory=directory,
            scanner=scanner,
            queries=queries,
            backups=backups,
            settings=settings,
            health=health,
            writer=writer,
            zone=zone,
            hindrance=hindrance,
            disk=self._disk,
            passwords=self._passwords,
            calculations=self._calculations,
            exports=self._exports,
            scratch=scratch,
            logins=logins or NoLogins(),
            notices=notices,
            access=access,
            authenticator=Authenticator(
                access, self._ledger, open_streams, (lambda: None) if notices is None else notices.refresh
            ),
            connections=Connections(connections),
            open_streams=open_streams,
            limits=limits,
            version=version,
            request_times=self._request_times,
            weather=weather or WeatherStatus(""),
            program=program,
            labels=labels,
        )
        self._server: Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, known after :meth:`start` if any free one was asked for."""
        return self._port

    @property
    def accounts_trouble(self) -> StorageTrouble | None:
        """Why people and tokens cannot be read, if they cannot; any thread may ask."""
        return self._services.authenticator.trouble

    @property
    def url(self) -> str:
        """Where a program on this machine finds it."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port}"

    def start(self) -> None:
        """Listen. Raises :class:`OSError` if the address cannot be had."""
        self._services.authenticator.load()
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listener = socket.create_server(
            (self._host, self._port), family=family, backlog=BACKLOG, dualstack_ipv6=self._host == "::"
        )
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
        for threads in (self._disk, self._ledger, self._passwords, self._calculations, self._exports):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, listener: socket.socket) -> None:
        limits, access = self._services.limits, self._services.access
        application = Application(
            [(path, handler, {"services": self._services}) for path, handler in ROUTES],
            default_handler_class=UnknownPath,
            default_handler_args={"services": self._services},
            log_function=self._note,
            access=access,
            description=described(ROUTES, self._services.version),
            page=self._page,
        )
        self._server = Server(
            application,
            ssl_options=self._tls,
            xheaders=False,
            max_header_size=MAX_HEADER,
            # Handler keeps the limit itself, for an answer that says so; Tornado's is a bare 400.
            max_body_size=2**63,
            body_timeout=limits.body,
            idle_connection_timeout=limits.idle,
        )
        self._server.connections = self._services.connections
        self._server.add_socket(listener)
        self._watch = asyncio.create_task(self._services.authenticator.keep_current())

    def _note(self, handler: RequestHandler) -> None:
        request = handler.request
        self._request_times.count(handler)
        logger.debug(
            "request status=%d method=%s path=%s ms=%.1f",
            handler.get_status(),
            request.method,
            request.path,
            1000 * request.request_time(),
        )

    async def _close(self, server: Server) -> None:
        server.stop()
        self._watch.cancel()
        await self._services.open_streams.end_all(patience=0.5)
        await self._services.authenticator.settle()
        await server.close_all_connections()


def _most_connections(limits: Limits) -> int:
    """So many that none takes a descriptor from what else the process does."""
    room = max(FEWEST_CONNECTIONS, limits.descriptors - OTHER_DESCRIPTORS)
    return min(limits.clients + SPARE_CONNECTIONS, room)
