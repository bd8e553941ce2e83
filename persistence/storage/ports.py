"""The house's database as those see it who write it, read it and look after it, whatever engine keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol

from actors.domain.absences import Absences
from actors.domain.energy_report import Stretch, SummedConsumption
from actors.domain.findings import KeptFinding, Seen, Wanted
from actors.domain.logbook import WantedDeeds
from actors.domain.model import Device, LogEntry
from actors.domain.notices import Notice
from actors.domain.read_models import (
    Consumption,
    FindingPage,
    LogbookPage,
    LogPage,
    Rejected,
    Statistics,
    StoredAnnouncement,
)
from actors.domain.rooms import Rooms
from actors.domain.tariffs import EnergyPlan
from actors.messages import Removal
from persistence.storage.batch import Batch, Saved
from persistence.storage.upkeep import Due, TidiedStore


class Store(TidiedStore, Protocol):
    """The one connection that writes, of the thread that opened it; no other backend can open one meanwhile.

    Opening it raises :class:`persistence.storage.faults.UnusableDatabase`. Every method raises
    :class:`persistence.storage.faults.StorageFault`.
    """

    @property
    def commits(self) -> int:
        """How many batches it has kept, ever: by which it is told from an older copy of it."""

    @property
    def instance_id(self) -> str:
        """Eight hexadecimal digits, made with the database and kept as long as it lasts."""

    @property
    def devices_size(self) -> int:
        """Bytes of what the devices have said and were told."""

    def devices(self) -> list[Device]:
        """All devices, in the order of their ids; what is damaged in a row is empty, with a warning."""

    def absences(self) -> Absences:
        """Those that people have said."""

    def announcements(self) -> list[StoredAnnouncement]:
        """What devices of other makes have said of themselves, in the order in which it was heard last."""

    def forgotten(self) -> list[str]:
        """The serial numbers of removed devices of which the broker may still retain something, but for those
        that there are again.
        """

    def heard_at(self, now: float) -> float | None:
        """The newest moment in the log that is to be believed, seconds since the epoch.

        Rows from after ``now`` are of a clock that was ahead if there is a gap of a week before them, and
        the house was heard in the week before now. Else it is ``now`` that is behind.
        """

    def seen(self, devices: Iterable[Device], now: float) -> list[Device]:
        """The devices, each of them last seen when it was heard before ``now``, if it was seen after it."""

    def recall(self, serial: str) -> Device:
        """The device as it is stored; its row is made if it has none."""

    def save(self, batch: Batch) -> Saved:
        """Keep all of ``batch`` in one transaction, or nothing of it if this raises.

        Raises :class:`persistence.storage.batch.Unsettled` where only the database, opened anew, tells
        whether it was kept. A value that JSON or the engine has no room for raises
        :class:`persistence.storage.faults.RowFault`, ``TypeError``, ``ValueError`` or ``OverflowError``.
        """

    def check_in_place(self) -> None:
        """Raise :class:`persistence.storage.faults.UnusableDatabase` if what was opened is not there any
        more, or is another one.
        """

    def tidy(self, step: Callable[[Any], int]) -> int:
        """Do a step of upkeep, all or nothing of it; the rows that it dealt with."""

    def close(self) -> None: ...


_ANY = Wanted()
AFTER_THE_LAST_ID = 2**63 - 1


class Queries(Protocol):
    """What may be read while the writer writes. Each call may come from any thread, and raises
    :class:`persistence.storage.faults.StorageFault`.

    Moments are seconds since the epoch. Days begin and end in the zone of the house.
    """

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        """Page ``page``, from 1, of ``per_page`` rows, newest first; empty past the end."""

    def log_search(
        self, device_id: int, since: float, until: float, before: int, page: int, per_page: int
    ) -> LogPage:
        """Page ``page`` of the rows of a time that are numbered below ``before``, newest first.

        ``total`` counts those of the time; of all time, from minus infinity to infinity, by their numbers.
        """

    def log_range(
        self, device_id: int, after: int, upto: int, since: float, limit: int, *, until: float = math.inf
    ) -> list[LogEntry]:
        """The first ``limit`` rows numbered ``after < n <= upto``, of that time, oldest first.

        A row whose parameters are damaged comes with none, and a warning.
        """

    def rejected(self, limit: int, before: int = AFTER_THE_LAST_ID) -> list[Rejected]:
        """At most ``limit`` dead letters, newest first, those older than the one numbered ``before``."""

    def findings(self, page: int, per_page: int, wanted: Wanted = _ANY) -> FindingPage:
        """Page ``page``, from 1, of ``per_page`` findings, newest first; empty past the end."""

    def finding(self, number: int) -> KeptFinding | None:
        """The finding with this id, if there is one."""

    def unapplied(self, since: float) -> list[KeptFinding]:
        """What was to be applied at once, was concluded from then on, and has not been."""

    def metrics(self, device_id: int) -> Sequence[str]:
        """As :func:`persistence.storage.statistics.read_metrics`."""

    def first_heard(self, device_id: int) -> float | None:
        """The moment from which on anything is kept of what the device has told: its first report, or where
        that is gone the day that it was of."""

    def statistics(self, device_id: int, metric: str, since: float, until: float, step: int) -> Statistics:
        """As :func:`persistence.storage.statistics.read_statistics`."""

    def notices(self, person_id: int, limit: int) -> list[Notice]:
        """At most so many of the person's own, newest first."""

    def logbook(self, wanted: WantedDeeds, limit: int) -> LogbookPage:
        """The newest ``limit`` entries that are wanted, newest first.

        A damaged one is passed over, with a warning.
        """

    def seen(self, person: int) -> Seen:
        """What this person has looked at; 0 is the house without people."""

    def rooms(self) -> Rooms: ...

    def absences(self) -> Absences: ...

    def consumption(self, devices: Sequence[int], since: float, until: float) -> Consumption:
        """As :func:`persistence.storage.consumption.read_consumption`."""

    def summed_consumption(
        self,
        devices: Sequence[int],
        mains: Collection[int],
        stretches: Sequence[Stretch],
        since: float,
        until: float,
    ) -> SummedConsumption:
        """Of these devices ``since <= time < until``, summed up in the stretches."""

    def metered(self) -> frozenset[int]:
        """The devices of which anything is added up, whatever they report now."""

    def energy_plan(self) -> EnergyPlan: ...

    def heard_at(self, now: float) -> float | None:
        """As :meth:`Store.heard_at`."""

    def serials(self) -> list[str]:
        """Of all devices, in the order of their ids."""

    def find(self, serial: str) -> Removal | None:
        """The device of this serial number, or else one whose is spelled otherwise."""

    def has(self, device_id: int) -> bool:
        """Whether there is this device."""

    def close(self) -> None:
        """Nothing more is asked."""

    def due(self) -> Due:
        """What there is to tidy up."""
