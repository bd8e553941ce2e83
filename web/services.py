"""What the handlers are given to work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol

import pykka

from actors.model import DeadLetter, LogEntry
from web.audience import Audience
from web.health import Health
from web.hub import EventHub
from web.loop import LoopThread


class LogPage(Protocol):
    @property
    def total(self) -> int: ...
    @property
    def pages(self) -> int: ...
    @property
    def entries(self) -> Sequence[LogEntry]: ...


class Rejected(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def letter(self) -> DeadLetter: ...


class Queries(Protocol):
    """What is read from the disk, newest first; called on pooled threads."""

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        """Page ``page``, from 1."""

    def rejected(self, limit: int, before: int) -> Sequence[Rejected]:
        """Those older than the one numbered ``before``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and counts that keep one client from costing the others."""

    clients: int = 200
    """Open streams; more get 503."""
    ping: float = 15.0
    """Between two pings; the contract says at most 25."""
    stall: float = 10.0
    """A client that has not taken what it was sent within this time is closed."""
    reply: float = 10.0
    """For an actor, or the disk, to answer."""
    body: float = 10.0
    """For a client to send a body."""
    idle: float = 60.0
    """For a client to send its next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers work with."""

    loop: LoopThread
    hub: EventHub
    directory: pykka.ActorRef[Any]
    queries: Queries
    health: Callable[[], Health]
    disk: Executor
    audience: Audience
    limits: Limits
    version: str
