"""How open the house is: what whoever builds it decides, before anybody calls."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from actors.runtime.clock import Clock, SystemClock
from config import Settings, is_loopback
from web.identity.endpoint import Endpoint
from web.identity.hosts import Hosts
from web.security.accounts import Accounts
from web.security.defences import Proxies

logger = logging.getLogger(__name__)

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
    ca_pem: bytes = b""
    """The house's own root certificate, if it has one."""


def access_of(
    settings: Settings, accounts: Accounts, endpoint: Endpoint, hosts: Hosts, clock: Clock
) -> Access:
    """How open the settings make it. Raises :class:`NobodyCanEnter`."""
    if needs_people(settings, accounts):
        raise NobodyCanEnter(
            "Nadie tiene acceso todavía: crea la primera persona con «.venv/bin/python run_system.py setup»"
            " (o, sin ninguna protección, AUTH_MODE=abierto)."
        )
    mode = mode_of(settings.auth_mode, settings.backend_host, settings.trusted_proxies)
    if mode is Mode.OPEN:
        logger.warning("open_to_everybody host=%s auth_mode=%s", settings.backend_host, WIDE_OPEN)
    return Access(
        mode=mode,
        accounts=accounts,
        clock=clock,
        hosts=hosts,
        proxies=Proxies(settings.trusted_proxies),
        cors_origins=frozenset(settings.cors_origins),
        public_url=settings.public_backend_url,
        ca_fingerprint=endpoint.ca_fingerprint,
        ca_pem=endpoint.ca_pem,
    )


def mode_of(auth_mode: str, host: str, proxies: Sequence[str]) -> Mode:
    """What AUTH_MODE means where the server listens on ``host``.

    Left empty it is open to this machine while nobody else can reach it; a proxy is somebody else's way.
    """
    if auth_mode == WIDE_OPEN:
        return Mode.OPEN
    if auth_mode == TOKENS_ONLY or proxies or not is_loopback(host):
        return Mode.TOKENS
    return Mode.HERE


def needs_people(settings: Settings, accounts: Accounts) -> bool:
    """Whether nobody could enter, as there is nobody yet."""
    mode = mode_of(settings.auth_mode, settings.backend_host, settings.trusted_proxies)
    return mode is Mode.TOKENS and not accounts.people()
