"""What is looked at before anything else: under which name we were called, and by way of whom."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest

from config import is_loopback

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Of every answer. JSON is never to be shown as a page, framed, guessed at, or loaded by other sites' pages.
# No Strict-Transport-Security: it would lock a household out of the name when TLS is turned off again, and
# what it protects, the cookie and the token, is sent by TLS alone anyway.
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PREFLIGHT_LIFE_S: Final = 600
FORWARDED: Final = ("X-Forwarded-For", "Forwarded")

# Proxies of ours that may stand one behind the other.
MOST_HOPS: Final = 16

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,254})(:[0-9]{1,5})?")


def plain(address: str) -> Address:
    """An address without zone, and in its IPv4 form if it is an IPv4 one in disguise."""
    known = ipaddress.ip_address(address.partition("%")[0])
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return mapped or known


class Hosts:
    """The names that we answer to. A page that had its own name pointed at us is so refused (DNS rebinding).

    Beside ``names`` and ``localhost`` these are the address that the client has in fact connected to, so
    that a change of addresses needs no telling, and its ``sslip.io`` forms.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {"localhost"}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """From any thread."""
        self._names.add(name.rstrip(".").lower())

    def allow(self, host: str | None, connected_to: str) -> bool:
        """Whether a ``Host`` header is one of ours. A browser always sends one."""
        if host is None:
            return True
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].rstrip(".").lower()
        return name in self._names or is_loopback(name.strip("[]")) or name in _names_of(connected_to)


@functools.lru_cache(maxsize=64)
def _names_of(address: str) -> tuple[str, ...]:
    known = plain(address)
    if isinstance(known, ipaddress.IPv6Address):
        return f"[{known}]", f"{str(known).replace(':', '-')}.sslip.io"
    return str(known), f"{known}.sslip.io", f"{str(known).replace('.', '-')}.sslip.io"


def host_of(url: str) -> str:
    """The name in a URL as it stands in a ``Host`` header, without port."""
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


class Proxies:
    """The reverse proxies whose word on whom they speak for is taken."""

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._networks: list[Network] = [ipaddress.ip_network(network, strict=False) for network in networks]

    def unwrap(self, request: HTTPServerRequest) -> None:
        """Give the request its client's address and scheme, if a trusted proxy names them.

        The client is the last address named that is not a trusted proxy's: what stands before that one
        is the client's own word.
        """
        if not self._networks or not self._trusted(request.remote_ip):
            return
        named_last = request.headers.get("X-Forwarded-For", "").rsplit(",", MOST_HOPS)[-MOST_HOPS:]
        for named in reversed(named_last):
            try:
                client = str(plain(named.strip()))
            except ValueError:
                break
            request.remote_ip = client
            if not self._trusted(client):
                break
        scheme = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        if scheme in ("http", "https"):
            request.protocol = scheme

    def _trusted(self, address: str | None) -> bool:
        known = plain(address or "0.0.0.0")
        return any(known in network for network in self._networks)


def is_forwarded(request: HTTPServerRequest) -> bool:
    """Whether somebody stands between us and the client, or pretends to."""
    return any(name in request.headers for name in FORWARDED)


def is_foreign(request: HTTPServerRequest, origins: frozenset[str]) -> bool:
    """Whether a browser asks for a page of another site, which is none of ``origins``.

    Browsers say by ``Sec-Fetch-Site`` for whom they ask, if they hold our address for a secure one, which
    127.0.0.1 is; else by ``Origin``, where something is changed or the page wants to read the answer.
    Programs say nothing.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin in origins:
        return False
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.rpartition("://")[2].lower() != request.host.lower()


def is_link(request: HTTPServerRequest) -> bool:
    """Whether somebody has followed a link here, in the browser's window and not in a frame."""
    headers = request.headers
    # The page's service worker passes the request on, and then its destination is empty.
    shown = headers.get("Sec-Fetch-Dest") in ("document", "empty")
    return shown and headers.get("Sec-Fetch-Mode") == "navigate" and request.method in ("GET", "HEAD")


def cors_headers(request: HTTPServerRequest, origins: frozenset[str], allowed: str) -> dict[str, str]:
    """What a page of another origin is told: nothing, unless its origin was configured."""
    if not origins:
        return {}
    origin = request.headers.get("Origin", "")
    if origin not in origins:
        return {"Vary": "Origin"}
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": "ETag, Link, Retry-After, X-Total-Count",
        "Vary": "Origin",
    }
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        headers["Access-Control-Allow-Methods"] = allowed
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match, Last-Event-ID"
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_LIFE_S)
    return headers
