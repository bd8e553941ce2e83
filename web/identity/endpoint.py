"""How the house is known from outside: its names, the certificate that it shows, what it announces."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from actors.runtime.clock import Clock
from config import Settings, is_loopback
from web.identity.certificate_authority import as_certified, is_of_a_home
from web.identity.certificates import Certificates, GivenCertificate, UnusableCertificate
from web.identity.hosts import Hosts, host_of
from web.identity.mdns_announcer import Announcer, Service
from web.identity.network import Address, Network

logger = logging.getLogger(__name__)

# How often certificate, addresses and announced name are looked after, s.
LOOK_EVERY_S: Final = 15.0
# For a look that is under way when the end comes, s.
_LAST_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """What the settings want of it."""

    folder: Path
    """Of the house's own CA."""
    name: str
    """For mDNS, as ``smarthome.local``."""
    announced: bool
    own: bool
    """Whether the house makes a certificate, for the web or for MQTT."""
    tls: bool
    """Whether the web is served by TLS."""
    given: tuple[Path, Path] | None
    """A certificate of somebody else's making for the web, and its key."""
    public_name: str
    """A further name that clients use, as :func:`host_of` has it, or empty."""
    host: str
    """What the web server listens on."""

    def serves(self, address: Address) -> bool:
        """Whether the web can be reached by it; ``::`` takes IPv4 too, and loopback has a proxy before it."""
        if self.host == "0.0.0.0":
            return address.version == 4
        return self.host in ("::", str(address)) or is_loopback(self.host)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        given = settings.ssl_cert_path and settings.https
        return cls(
            folder=settings.data_dir / "tls",
            name=settings.mdns_name,
            announced=settings.announced,
            own=settings.mqtt_tls_enabled or (settings.https and not given),
            tls=settings.https,
            given=(Path(settings.ssl_cert_path), Path(settings.ssl_key_path)) if given else None,
            host=settings.backend_host,
            public_name=host_of(settings.public_backend_url) if settings.public_backend_url else "",
        )


class Endpoint:
    """Certificate and names, looked after by a thread of its own between :meth:`start` and :meth:`stop`."""

    def __init__(self, wishes: EndpointSettings, hosts: Hosts, clock: Clock) -> None:
        """Raises ``UnusableCertificate``. ``hosts`` learns the names, also those that change."""
        self._wishes = wishes
        self._hosts = hosts
        self._clock = clock
        self._announcer: Announcer | None = None
        self._own = (
            Certificates(wishes.folder, clock.now, self._names(), _addresses(), self._in_doubt)
            if wishes.own
            else None
        )
        self._given = None if wishes.given is None else GivenCertificate(*wishes.given, clock.now)
        self._tell_names()
        self._told_left_out: list[str] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="endpoint", daemon=True)

    def _in_doubt(self) -> bool:
        return self._clock.doubt is not None

    @property
    def context(self) -> ssl.SSLContext | None:
        """For the web server; ``None`` for one without TLS."""
        shown = self._given or self._own
        return None if shown is None or not self._wishes.tls else shown.context

    @property
    def ca_pem(self) -> bytes:
        """The house's own root certificate, if it has one."""
        return b"" if self._own is None else self._own.ca_pem

    @property
    def ca_fingerprint(self) -> str:
        """SHA-256, as phones show it, of what a client of the web has to trust, if that is our own."""
        shown = self._own if self._wishes.tls and self._given is None else None
        return "" if shown is None else shown.ca_fingerprint

    @property
    def left_out(self) -> list[str]:
        """Names of the house, as :func:`host_of` has them, that its own certificate does not hold.

        Nor does it hold public addresses, but nobody is sent to one who has not set it as a name.
        """
        if self._own is None:
            return []
        lacking = set(self._own.left_out)
        return sorted({name.lower() for name in self._names() if as_certified(name) in lacking})

    def start(self, services: Sequence[Service]) -> None:
        """Announce ``services``, if that is wished, and look after all from now on. Returns at once."""
        if self._wishes.announced:
            self._announcer = Announcer(self._clock, self._wishes.name, services, serves=self._wishes.serves)
            self._announcer.start()
        self._tell_left_out()
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye; within 5 s, and mostly half of one."""
        self._stopping.set()
        if self._announcer is not None:
            self._announcer.stop()
        if self._thread.is_alive():
            self._thread.join(_LAST_LOOK_S)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self._look()
            except UnusableCertificate as error:
                logger.error("certificate_unusable detail=%s", error)
            except Exception:
                logger.exception("endpoint_look_failed")

    def _look(self) -> None:
        self._tell_names()
        if self._own is not None:
            self._own.ensure(self._names(), _addresses())
            self._tell_left_out()
        if self._given is not None:
            self._given.refresh()

    def _tell_names(self) -> None:
        for name in self._names():
            self._hosts.add(name)

    def _tell_left_out(self) -> None:
        if self.left_out != self._told_left_out:
            self._told_left_out = self.left_out
            logger.warning("names_left_out names=%s", self._told_left_out)

    def _names(self) -> list[str]:
        announced = None if self._announcer is None else self._announcer.host
        names = [self._wishes.name, announced, self._wishes.public_name, socket.gethostname()]
        return [name for name in names if name]


def _addresses() -> frozenset[Address]:
    try:
        return Network.present().addresses
    except OSError as error:
        logger.warning("addresses_unknown error=%r", error)
        return frozenset()


def broker_host(settings: Settings) -> str:
    """Where devices in the house reach the embedded broker."""
    return _seen(settings.mqtt_bind_host, settings)


def _seen(host: str, settings: Settings) -> str:
    """How others see who listens on ``host``: every address is one of the machine's."""
    if host not in ("0.0.0.0", "::"):
        return host
    private = sorted(
        each for each in _addresses() if each.version == 4 and each.is_private and is_of_a_home(each)
    )
    return str(private[0]) if private else settings.mdns_name


def public_url(settings: Settings, port: int) -> str:
    """Where clients in the house reach it: as configured, or else by an address of the machine."""
    if settings.public_backend_url:
        return settings.public_backend_url
    host = _seen(settings.backend_host, settings)
    scheme = "https" if settings.https else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
