"""What is looked at before anything else: under which name we were called, and by way of whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from tornado.httputil import HTTPServerRequest

from web.identity.hosts import plain

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

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
