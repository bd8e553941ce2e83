"""Host names: which ones the server answers to."""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from config import is_loopback

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
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
