"""What the handlers are given to work with."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import pykka

from actors.domain.absences import Absences
from actors.domain.energy_report import Stretch, SummedConsumption
from actors.domain.findings import KeptFinding, Seen, Wanted
from actors.domain.logbook import WantedDeeds
from actors.domain.logins import KeptLogin, LoginFamily, NewLogin, Server
from actors.domain.model import LogEntry
from actors.domain.read_models import (
    Backup,
    Consumption,
    FindingPage,
    LogbookPage,
    LogPage,
    Rejected,
    Statistics,
)
from actors.domain.refusals import Refusal, Refused
from actors.domain.rooms import Rooms
from actors.domain.status import Hindrance, WeatherStatus, WriterStatus
from actors.domain.tariffs import EnergyPlan
from actors.ports import NoticeDesk
from actors.runtime.event_loop import LoopThread
from actors.runtime.time_zone import Zone
from config import Settings
from web.http.health import Health
from web.http.metrics import RequestTimes
from web.live.hub import EventHub
from web.security.access import Access
from web.security.authenticator import Authenticator
from web.security.connections import Connections
from web.security.open_streams import OpenStreams


class Queries(Protocol):
    """What is read from the disk, newest first; called on pooled threads."""

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        """Page ``page``, from 1."""

    def log_search(
        self, device_id: int, since: float, until: float, before: int, page: int, per_page: int, /
    ) -> LogPage:
        """Page ``page`` of the rows of a time that are numbered below ``before``."""

    def log_range(
        self, device_id: int, after: int, upto: int, since: float, limit: int, /, *, until: float
    ) -> Sequence[LogEntry]:
        """The first ``limit`` rows numbered ``after < n <= upto``, of a time, oldest first."""

    def metrics(self, device_id: int, /) -> Sequence[str]:
        """The names of the device's metrics."""

    def first_heard(self, device_id: int, /) -> float | None:
        """The moment from which on anything is kept of it."""

    def statistics(self, device_id: int, metric: str, since: float, until: float, step: int, /) -> Statistics:
        """A point each ``step`` seconds, which divide an hour, divide a day into hours, or are of days."""

    def rejected(self, limit: int, before: int) -> Sequence[Rejected]:
        """Those older than the one numbered ``before``."""

    def findings(self, page: int, per_page: int, wanted: Wanted) -> FindingPage:
        """Page ``page``, from 1, of those that are wanted."""

    def logbook(self, wanted: WantedDeeds, limit: int) -> LogbookPage:
        """At most so many entries, newest first."""

    def seen(self, person: int) -> Seen:
        """What this person has looked at."""

    def rooms(self) -> Rooms:
        """Those of the house."""

    def absences(self) -> Absences:
        """Those that people have said."""

    def consumption(self, devices: Sequence[int], since: float, until: float, /) -> Consumption:
        """Of these devices, by the hours that begin at ``since <= time < until``."""

    def summed_consumption(
        self,
        devices: Sequence[int],
        mains: Collection[int],
        stretches: Sequence[Stretch],
        since: float,
        until: float,
        /,
    ) -> SummedConsumption:
        """Of these devices ``since <= time < until``, summed up in the stretches."""

    def metered(self) -> frozenset[int]:
        """The ids of devices that have told what they use."""

    def energy_plan(self) -> EnergyPlan:
        """What people have said of prices and meters."""

    def finding(self, number: int) -> KeptFinding | None:
        """The one with this id, if there is one."""


class Backups(Protocol):
    def newest_first(self) -> Sequence[Backup] | Refused:
        """Those that there are, and the one that was asked for and is being made; waits for the disk."""

    def make(self, reply: Callable[[Backup | Refused], None], /) -> Backup | Refused | None:
        """Have one made, on the loop; ``None`` if one that was asked for is still being made.

        ``reply`` is called once, perhaps on another thread and much later.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and counts that keep one client from costing the others."""

    clients: int = 200
    """Open streams; more get 503."""
    descriptors: int = 1024
    """That the process may have open, for connections and all else."""
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
    exports: int = 2
    """Downloads of a log or summary at a time; more get 503."""


class Logins(Protocol):
    """Of devices at the broker. Calls wait for the disk, and raise ``OSError``."""

    @property
    def server(self) -> Server:
        """The broker, as devices reach it at this moment."""

    def families(self) -> Sequence[LoginFamily]:
        """Of which there can be logins."""

    def known(self) -> Sequence[KeptLogin]:
        """Those that there are, by name."""

    def add(self, family: str, user: str, topic: str = "", serials: Iterable[str] = ()) -> NewLogin | Refused:
        """One for a device that calls itself ``topic`` in its topics, or ``user`` if that is empty.
        ``serials`` are those of known devices, as they are spelled."""

    def take_away(self, user: str) -> Refused | None:
        """``None`` if it is none any more."""

    def withdraw(self, serial: str) -> Callable[[], object]:
        """Has a device log in no more, if it could; what is returned takes that back."""


class NoLogins:
    """Where devices have none."""

    server: Final = Server("", 0, foreign=True)

    def families(self) -> Sequence[LoginFamily]:
        return ()

    def known(self) -> Sequence[KeptLogin]:
        return ()

    def add(self, *_: object) -> Refused:
        return Refused(Refusal.FOREIGN_BROKER, {"host": ""})

    def take_away(self, _user: str) -> Refused:
        return Refused(Refusal.FOREIGN_BROKER, {"host": ""})

    def withdraw(self, _serial: str) -> Callable[[], object]:
        return lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the handlers work with."""

    loop: LoopThread
    hub: EventHub
    directory: pykka.ActorRef[Any]
    scanner: pykka.ActorRef[Any]
    """Takes :class:`actors.messages.ScanHistory`."""
    queries: Queries
    backups: Backups
    settings: Settings
    """Those in force."""
    health: Callable[[], Health]
    writer: WriterStatus
    """As it is at any moment: the writer itself sets it."""
    zone: Zone
    """That of the house."""
    hindrance: Callable[[BaseException], Hindrance | None]
    """What hinders the disk, where that is what an error comes to."""
    disk: Executor
    passwords: Executor
    """Where password hashes are made, which takes tens of milliseconds of a whole processor."""
    calculations: Executor
    """Where large bodies are read and checked, which takes up to 60 ms of a whole processor."""
    exports: Executor
    """Where downloads are made, which takes minutes at most."""
    scratch: Path | None
    """For files that live as long as a request; ``None`` is where the system has such."""
    logins: Logins
    notices: NoticeDesk | None
    access: Access
    authenticator: Authenticator
    connections: Connections
    open_streams: OpenStreams
    limits: Limits
    version: str
    request_times: RequestTimes
    weather: WeatherStatus
    """As it is at any moment."""
    program: str
    """How the machine's console calls the system."""
    labels: Mapping[str, str]
    """By serial number, the claim codes on the labels of devices that are not there."""
    checking: set[Future[bool]] = field(default_factory=set)
    """Passwords that are being checked, or wait to be. Used on the loop only."""
    deciding: set[int] = field(default_factory=set)
    """Findings that are being decided on at this moment. Used on the loop only."""
    exporting: set[object] = field(default_factory=set)
    """Requests whose downloads are being made or sent. Used on the loop only."""
