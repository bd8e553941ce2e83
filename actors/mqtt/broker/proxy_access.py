"""What is known at the embedded broker's door: where it is, who has a login, and what each may do."""

from __future__ import annotations

import logging
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.domain.unserved import Trouble
from actors.mqtt.broker.acl import Rights, can_log_in, rights_of_device
from actors.mqtt.broker.credentials import Logins, fits
from actors.mqtt.broker.grants import NAME
from actors.mqtt.broker.packets import HARMLESS, PUBLISH, SUBSCRIBE, Breach, Connect, Packet

logger = logging.getLogger(__name__)

_SHOWN: Final = 80
# Between two lines about the same login that sends too fast, s.
_SLOWED_TOLD: Final = 60.0
# What a login may send at once: three hours of a report each five seconds, kept while the network was away.
BURST: Final = 2000
# How fast that goes, so that the others' reports are not behind all of it in the backend's line: a small
# machine stores 1,000 a second. And how many may come in one moment.
BURST_PER_SECOND: Final = 500.0
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Door:
    """Where devices come in, and by what.

    ``logins`` is the password file. ``certificate``, with its chain, and ``key`` are PEM files; without
    them passwords cross the network in the clear. ``shared_topic``: may devices use the one for all?
    ``per_second`` is how many messages each may send, on average; 0: any.
    """

    host: str
    port: int
    logins: Path
    certificate: Path | None = None
    key: Path | None = None
    shared_topic: bool = True
    per_second: float = 0.0

    @property
    def from_here(self) -> tuple[str, int]:
        """Where this machine itself reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port

    def listen(self) -> socket.socket:
        """``::`` takes IPv4 too. Raises ``OSError``."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        return socket.create_server((self.host, self.port), family=family, dualstack_ipv6=self.host == "::")


class Bucket:
    """Lets ``most`` messages pass at once, and then ``per_second`` on average."""

    def __init__(self, most: float, per_second: float, now: float) -> None:
        self._most = most
        self._per_second = per_second
        self._left = most
        self._at = now

    def take(self, now: float) -> float:
        """Another message has come: for how many seconds no more may."""
        self._left = min(self._most, self._left + (now - self._at) * self._per_second) - 1
        self._at = now
        return max(0.0, -self._left / self._per_second)


class Pace:
    """How fast one login may publish: a burst, which does not come all at once, and then so many a second."""

    def __init__(self, per_second: float, now: float) -> None:
        self.per_second: Final = per_second
        self._average = Bucket(BURST, per_second, now)
        self._at_once = Bucket(_AT_ONCE, max(BURST_PER_SECOND, per_second), now)
        self._told_at = float("-inf")
        self._slowed = False

    def wait(self, now: float) -> float:
        """Another message has come: how many seconds nothing more is to be read."""
        average, at_once = self._average.take(now), self._at_once.take(now)
        self._slowed = average > 0
        return max(average, at_once)

    def is_news(self, now: float) -> bool:
        """Whether it is to be said that its burst is spent: once in a while, however long that lasts."""
        if not self._slowed or now - self._told_at < _SLOWED_TOLD:
            return False
        self._told_at = now
        return True


class TlsFiles:
    """A server's TLS context for certificate and key as the files now have them."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._seen = self._times()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """The last that could be read: files that are being replaced may not fit for a moment."""
        try:
            if (found := self._times()) != self._seen:
                self._context = self._load()
                self._seen = found
        except OSError as error:
            logger.debug("mqtt_certificate_unusable error=%s", error)
        return self._context

    def _times(self) -> tuple[int, int]:
        return self._certificate.stat().st_mtime_ns, self._key.stat().st_mtime_ns

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Without a password to hand, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(self._certificate, self._key, password="")
        return context


@dataclass(frozen=True, slots=True)
class Stranger:
    """Who has not come in."""

    address: str
    user: str = "-"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who came in by a login."""

    address: str
    user: str
    kept: str
    """What was kept of its password when it came in."""
    rights: Rights

    def check(self, packet: Packet) -> None:
        """:class:`Breach` for what it may not send."""
        if packet.kind == PUBLISH:
            self.check_publishing(packet.topic())
        elif packet.first == SUBSCRIBE:
            for asked in packet.filters():
                if not self.rights.may_read(_text(asked)):
                    raise Breach(f"subscribes to {_shown(asked)}", Trouble.FORBIDDEN)
        elif packet.first not in HARMLESS:
            raise Breach(f"sends a packet of kind {packet.first:#x}")

    def check_publishing(self, topic: bytes) -> None:
        if not self.rights.may_publish(_text(topic)):
            raise Breach(f"publishes on {_shown(topic)}", Trouble.FORBIDDEN)


class GuestList:
    """Who may come in: those of the password file as it now is."""

    def __init__(self, logins: Path, shared_topic: bool) -> None:
        self._logins = Logins(logins)
        self._shared_topic = shared_topic
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, str] = {}

    def secure(self) -> None:
        """Look at what logins may do, and have a copy of it, before anybody comes."""
        try:
            if not self._logins.secure():
                logger.warning("mqtt_grants_damaged path=%s", self._logins.path.with_name(NAME))
        except OSError as error:
            logger.warning("mqtt_grants_without_copy error=%s", error.strerror)

    def admit(self, connect: Connect, address: str) -> Guest:
        """Raises :class:`Breach` for a login that does not fit, or a last will on another's topic."""
        user = connect.user.decode(errors="backslashreplace")
        kept = self._current().get(user)
        if kept is None or not fits(connect.password, kept):
            raise Breach(f"no such login {_shown(connect.user)}", Trouble.NO_LOGIN)
        if not can_log_in(user):
            raise Breach(f"no device's login {_shown(connect.user)}", Trouble.NO_LOGIN)
        guest = Guest(address, user, kept, self._rights_of(user))
        if connect.will_topic is not None:
            guest.check_publishing(connect.will_topic)
        return guest

    def _rights_of(self, user: str) -> Rights:
        """Read at each login, which costs far less than to check its password."""
        try:
            grant = self._logins.grants().get(user)
        except OSError as error:
            raise Breach(f"what it may do cannot be read: {error.strerror}", Trouble.NO_RIGHTS) from None
        if grant is None or grant.rights is None:
            return rights_of_device(user, self._shared_topic)
        if grant.is_lost:
            raise Breach(f"{NAME} is damaged: what {_shown(user.encode())} may do is lost", Trouble.NO_RIGHTS)
        return grant.rights

    def still_knows(self, guest: Guest) -> bool:
        """Whether the login that ``guest`` came in by is as it was then."""
        return self._current().get(guest.user) == guest.kept

    def _current(self) -> dict[str, str]:
        try:
            found = self._logins.path.stat()
            if (seen := (found.st_mtime_ns, found.st_ino)) != self._seen:
                self._known = self._logins.read()
                self._seen = seen
        except OSError as error:
            if self._known:
                logger.warning("mqtt_logins_unreadable error=%s", error.strerror)
            self._known, self._seen = {}, None
        return self._known


def _text(topic: bytes) -> str:
    try:
        return topic.decode()
    except UnicodeDecodeError:
        raise Breach(f"a topic that is no UTF-8: {_shown(topic)}") from None


def _shown(text: bytes) -> str:
    return repr(text[:_SHOWN])[1:]
