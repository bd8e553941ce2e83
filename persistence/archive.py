"""All that lasts, in one folder: who writes it, who reads it, who looks after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any, Final, Self

import pykka

from actors.domain.absences import Absences
from actors.domain.findings import KeptFinding
from actors.domain.model import Device
from actors.domain.read_models import StoredAnnouncements
from actors.domain.status import MaintenanceStatus, WriterStatus
from actors.messages import ForgetUnheard, LookAtFiles
from actors.ports import CommandSink, FindingSink
from actors.runtime.dispatch import ThreadPool, Threads, tell_if_alive
from actors.runtime.house_clock import HouseClock
from actors.runtime.process import expect_memory
from actors.runtime.supervision import FailureRegistry
from config import Settings
from persistence.engines import Engine, OnDemand
from persistence.forms.local_time import LocalTime
from persistence.maintenance.actor import MaintenanceActor
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.log_reader import LogReaderActor
from persistence.storage.ports import Queries, Store
from persistence.writer.actor import WriterActor

FAREWELLS: Final = "olvidar"
# How old, in seconds, a conclusion may be that is still carried out.
UNAPPLIED_S: Final = 3_600.0
"""The folder for :class:`persistence.removal_queue.RemovalQueue`."""
# Addresses that a house takes beside its devices: most are what the C library sets apart for each thread.
MEMORY: Final = 640 * 1024 * 1024
# A list of spans of numbers takes eight times its text, all else not much more than that.
MEMORY_PER_BYTE: Final = 2
# How soon it is told that its files have gone, s; a commit looks by itself.
LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class ArchiveSettings:
    """How much is kept, and how long."""

    retention: Retention
    rejected: int
    """Refused messages."""
    backups: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        retention = Retention(
            rows=settings.retencion_dias,
            hours=settings.retencion_horas_dias,
            days=settings.retencion_diaria_dias,
            findings=settings.retencion_eventos_dias,
            unclaimed=settings.olvidar_no_reclamados_dias,
            by_serial=settings.retencion_por_dispositivo,
        )
        return cls(retention, settings.rechazados_max, settings.copias_max)


class Archive:
    """The database, the three actors that work on it, and a thread for each.

    A thread each, since the writer's connection is bound to the thread that opens it, and reading or
    backing up a month of log must stall nobody.
    """

    writer: pykka.ActorRef[WriterActor]
    log_reader: pykka.ActorRef[LogReaderActor]
    maintenance: pykka.ActorRef[MaintenanceActor]
    backups: OnDemand

    def __init__(
        self,
        engine: Engine,
        keeping: ArchiveSettings,
        zone: tzinfo,
        clock: HouseClock,
        threads: Callable[[str, int], Threads] = ThreadPool,
        first: Callable[[Store, float], object] = lambda *_: None,
    ) -> None:
        """Opens the database of ``engine`` once, having mended it if need be, and holds ``clock`` against it.
        Before that ``first`` is given what it has opened, and the time.

        Days begin in ``zone``. Each actor runs on one of its own of ``threads``.

        Raises ``UnusableDatabase``, and ``MemoryError`` where the devices do not fit.
        """
        self._engine = engine
        self._keeping = keeping
        self._clock = clock
        self._zone = zone
        self.recovery = engine.recover(clock.now())
        with closing(engine.open(keeping.rejected)) as store:
            first(store, clock.now())
            clock.compare(store.heard_at(clock.now()))
            now = clock.now()
            expect_memory(MEMORY + MEMORY_PER_BYTE * store.devices_size)
            known = store.devices()
            # While the time is in doubt it may be this that is behind.
            believed = clock.doubt is None
            self._devices: Sequence[Device] = store.seen(known, now) if believed else known
            self.absences: Absences = store.absences()
            """Those that people had said by the start."""
            self._announcements = StoredAnnouncements(store.announcements(), store.forgotten())
            self.instance = store.instance_id
        self.queries: Queries = engine.queries(zone)
        self.writer_status = WriterStatus()
        self.maintenance_status = MaintenanceStatus()
        self._disk = threads("writer", 1)
        self._reading = threads("log_reader", 1)
        self._upkeep = threads("maintenance", 1)

    def hand_over(self) -> Sequence[Device]:
        """The devices as they were stored, in the order of their ids; for once, as they do not stay so."""
        devices, self._devices = self._devices, ()
        return devices

    def announcements(self) -> StoredAnnouncements:
        """What devices of other makes had said of themselves; for once, as the devices."""
        announcements, self._announcements = self._announcements, StoredAnnouncements()
        return announcements

    def unapplied(self) -> Sequence[KeptFinding]:
        """What rules have concluded that is to be applied at once, where the last stop came before that."""
        return self.queries.unapplied(self._clock.now() - UNAPPLIED_S)

    def employ(
        self,
        commands: CommandSink,
        events: FindingSink,
        failure_registry: FailureRegistry,
        forget: Callable[[ForgetUnheard], object] = lambda _: None,
    ) -> None:
        """Make the actors; :meth:`start` has them work. ``forget`` tells whoever knows the devices."""
        self.writer = WriterActor.start(
            self._disk,
            partial(self._engine.reopen, self._keeping.rejected),
            self._clock,
            commands,
            events,
            self.writer_status,
            failure_registry,
        )
        self.log_reader = LogReaderActor.start(self._reading, self.queries, self._clock, failure_registry)
        self.maintenance = MaintenanceActor.start(
            self._upkeep,
            self._clock,
            self.writer,
            Upkeep(self.queries, LocalTime(self._zone), self._keeping.retention),
            self._engine.backups(self._keeping.backups),
            self.maintenance_status,
            failure_registry,
            forget,
        )
        self.backups = self._engine.on_demand(self._clock, self.maintenance)

    def start(self) -> None:
        for threads in (self._disk, self._reading, self._upkeep):
            threads.start()
        self._look_at_files()

    def _look_at_files(self) -> None:
        """In an idle house too it is soon told that the database has gone."""
        if tell_if_alive(self.writer, LookAtFiles()):
            self._clock.call_later(LOOK_EVERY_S, self._look_at_files)

    def stop(self, patience: float, last_commit: float) -> None:
        """End reading and upkeep, for at most ``patience`` s each, then the writer, for ``last_commit`` s."""
        others: list[tuple[pykka.ActorRef[Any], Threads, float]] = [
            (self.maintenance, self._upkeep, patience),
            (self.log_reader, self._reading, patience),
            (self.writer, self._disk, last_commit),
        ]
        for actor, threads, seconds in others:
            actor.stop(block=False)
            threads.stop(seconds)
        self.queries.close()

    @property
    def alive(self) -> bool:
        """Whether the threads and all three actors live."""
        actors = (self.writer, self.log_reader, self.maintenance)
        return self._threads_live and all(actor.is_alive() for actor in actors)

    @property
    def _threads_live(self) -> bool:
        return self._disk.alive and self._reading.alive and self._upkeep.alive
