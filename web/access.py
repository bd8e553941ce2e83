"""How open the house is: what whoever builds it decides, before anybody calls."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from actors.clock import SystemClock
from actors.ports import Clock
from web.accounts import Accounts
from web.defences import Hosts, Proxies

# Values of AUTH_MODE beside the empty one.
TOKENS_ONLY: Final = "tokens"
WIDE_OPEN: Final = "abierto"


class Mode(Enum):
    HERE = "open to the programs of this machine"
    TOKENS = "by token only"
    OPEN = "open to whoever reaches it"


class NobodyCanEnter(Exception):
    """The system would let nobody in. Its text is one line for people, in Spanish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may call and how. Without ``accounts`` there are no people, and no token is good."""

    mode: Mode = Mode.HERE
    accounts: Accounts | None = None
    clock: Clock = field(default_factory=SystemClock)
    hosts: Hosts = field(default_factory=Hosts)
    proxies: Proxies = field(default_factory=Proxies)
    cors_origins: frozenset[str] = frozenset()
    public_url: str = ""
    """Where clients reach us, if that was configured."""
    ca_fingerprint: str = ""
    """SHA-256 in hexadecimal of the root certificate that a client is to trust, if it is our own."""


def mode_of(auth_mode: str, host: str, proxies: Sequence[str]) -> Mode:
    """What AUTH_MODE means where the server listens on ``host``.

    Left empty it is open to this machine while nobody else can reach it; a proxy is somebody else's way.
    """
    if auth_mode == WIDE_OPEN:
        return Mode.OPEN
    if auth_mode == TOKENS_ONLY or proxies or not is_loopback(host):
        return Mode.TOKENS
    return Mode.HERE


def check_somebody_can_enter(mode: Mode, people: int) -> None:
    """Raises :class:`NobodyCanEnter`."""
    if mode is Mode.TOKENS and not people:
        raise NobodyCanEnter(
            "Nadie tiene acceso todavía: crea la primera persona con «python run_system.py setup»"
            " (o, sin ninguna protección, AUTH_MODE=abierto)."
        )


@functools.lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
