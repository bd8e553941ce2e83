"""What the handlers are given to work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol

import pykka

from actors.model import DeadLetter, KeptFinding, LogEntry
from web.audience import Audience
from web.health import Health
from web.hub import EventHub
from web.loop import LoopThread


class Page(Protocol):
    @property
    def page(self) -> int: ...
    @property
    def per_page(self) -> int: ...
    @property
    def total(self) -> int: ...
    @property
    def pages(self) -> int: ...


class LogPage(Page, Protocol):
    @property
    def entries(self) -> Sequence[LogEntry]: ...


class FindingPage(Page, Protocol):
    @property
    def rows(self) -> Sequence[KeptFinding]: ...


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

    def findings(
        self, page: int, per_page: int, device_id: int | None = None, rule: str | None = None
    ) -> FindingPage:
        """Page ``page``, from 1, of all findings or of those of a device, a rule, or both."""

    def finding(self, number: int) -> KeptFinding | None:
        """The one with this id, if there is one."""


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
    scanner: pykka.ActorRef[Any]
    """Takes :class:`actors.messages.ScanHistory`."""
    queries: Queries
    health: Callable[[], Health]
    disk: Executor
    audience: Audience
    limits: Limits
    version: str
    deciding: set[int] = field(default_factory=set)
    """Findings that are being decided on at this moment. Used on the loop only."""
