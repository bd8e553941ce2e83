"""The actor that keeps the house in order: rolls the log up, lets go what is old, has backups made."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final, TypeAlias

import pykka

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.domain.read_models import Backup
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import Hindrance, MaintenanceStatus, StorageTrouble
from actors.messages import ForgetUnheard, Tidied, Tidy
from actors.runtime.clock import Clock, Timer
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor
from persistence.backup.backups import BackupFailed, Kind
from persistence.database.integrity_check import Damaged, is_damage
from persistence.database.schema import sqlite3
from persistence.forms.local_time import AHEAD_S
from persistence.maintenance.clock_watch import ClockWatch
from persistence.maintenance.metering import AddUsed
from persistence.maintenance.retention import MarkAhead
from persistence.maintenance.roll_up import RollUp
from persistence.maintenance.upkeep import ROWS_ROLLED_UP, Step, Upkeep
from persistence.storage.faults import StorageFault, hindrance_of

logger = logging.getLogger(__name__)

# After a step, so many times as long as it took goes by before the next one.
REST: Final = 9.0
SHORTEST_REST_S: Final = 0.05
IDLE_S: Final = 60.0
# A device is rolled up when it has enough rows for a step, and so often whatever it has: each time
# rewrites a page for each of its metrics.
ENOUGH_ROWS: Final = ROWS_ROLLED_UP
# Whoever asks for consumption reads the rows that are not added up yet, one by one.
ENOUGH_TO_METER: Final = 50
FULL_ROUND_S: Final = 3_600.0
# The writer may be waiting for its disk, or may have died.
ANSWER_WITHIN_S: Final = 600.0

# The longest silence before a start after which the clock is believed at once.
SILENCE_S: Final = 7 * 86_400.0
FIRST_BACKUP_S: Final = 600.0
BACKUP_EVERY_S: Final = 86_400.0
BACKUP_RETRY_S: Final = 3_600.0


@dataclass(frozen=True, slots=True)
class Backups:
    """How backups are made. Called on maintenance's thread, which that may hold up for minutes."""

    make: Callable[[float, Kind], Backup]
    """Make one as of now, in seconds since the epoch; whatever it raises says why there is none."""
    newest_at: Callable[[float, Iterable[Kind]], float | None]
    """When the newest one of these was made, but none from after now; both in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class BackUp:
    """Somebody wants a backup, named after ``at``, seconds since the epoch.

    ``reply`` is called on maintenance's thread, and is told what is there, or why it is not.
    """

    at: float
    reply: Callable[[Backup | Refused], None]


@dataclass(frozen=True, slots=True)
class _Look:
    """The time has come to look for something to do."""


@dataclass(frozen=True, slots=True)
class _Answered:
    step: Step
    tidied: Tidied


ToMaintenance: TypeAlias = BackUp | _Look | _Answered


class MaintenanceActor(SupervisedActor):
    """Has the writer do one small step after the other, a tenth of the time at most.

    It wants a thread of its own, which reading and backups keep busy.
    """

    part: ClassVar[Part] = Part.MAINTENANCE

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        writer: pykka.ActorRef[Any],
        upkeep: Upkeep,
        backups: Backups | None,
        status: MaintenanceStatus,
        failure_registry: FailureRegistry | None = None,
        forget: Callable[[ForgetUnheard], object] = lambda _: None,
    ) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self._writer = writer
        self._upkeep = upkeep
        self._backups = backups
        self._status = status
        self._forget = forget
        self._watch = ClockWatch(clock)
        self._unheard: ClockDoubt | None = None
        self._latest = clock.now()
        self._backup_due = 0.0
        self._full_round_due = 0.0
        self._round: Iterator[Step] = self._steps()
        self._awaited: Step | None = None
        self._planned_s = 0.0
        self._timer: Timer | None = None

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        now = self._clock.now()
        try:
            last_sign = self._upkeep.last_sign()
        except StorageFault as error:
            logger.warning("upkeep_failed error=%r", error)
            last_sign = 0.0
        if last_sign is not None and now - last_sign > SILENCE_S:
            self._watch.doubt(ClockDoubt(Doubt.SILENCE_WITHIN_A_DAY))
        if self._backups is not None:
            self._backup_due = self._clock.since_boot() + self._until_first_backup(self._backups, now)
        self._look_in(IDLE_S)

    def on_receive(self, message: ToMaintenance) -> None:
        match message:
            case _Look():
                self._look()
            case _Answered(step, tidied) if step is self._awaited:
                self._count(step, tidied)
            case BackUp(at, reply) if self._backups is not None:
                reply(self._back_up(self._backups, at, Kind.ON_DEMAND))

    def on_fault(self, error: BaseException) -> None:  # noqa: ARG002
        self._begin_anew()
        self._look_in(IDLE_S)

    def on_stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look_in(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_later(delay, partial(tell_if_alive, self.actor_ref, _Look()))

    # -- steps -------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._awaited is not None:
            logger.warning("tidy_unanswered step=%r", self._awaited)
            self._begin_anew()
        self._status.deletion_paused = self._doubt() or self._unheard
        self._notice_setting_back()
        if self._backups is not None and self._clock.since_boot() >= self._backup_due:
            made = self._back_up(self._backups, self._clock.now(), Kind.DAILY)
            next_in = BACKUP_RETRY_S if isinstance(made, Refused) else BACKUP_EVERY_S
            self._backup_due = self._clock.since_boot() + next_in
        step = self._next_step()
        if step is None:
            self._begin_anew()
            self._look_in(IDLE_S)
        else:
            self._awaited = step
            self._look_in(ANSWER_WITHIN_S)
            tell_if_alive(self._writer, Tidy(step, partial(self._answered, step)))

    def _answered(self, step: Step, tidied: Tidied) -> None:
        tell_if_alive(self.actor_ref, _Answered(step, tidied))

    def _count(self, step: Step, tidied: Tidied) -> None:
        self._awaited = None
        if not tidied.rows:
            # What was read is not what there is, or it could not be changed.
            self._begin_anew()
            self._look_in(IDLE_S)
            return
        if isinstance(step, RollUp):
            self._status.rolled_up += tidied.rows
        elif isinstance(step, MarkAhead):
            self._status.marked += tidied.rows
        elif not isinstance(step, AddUsed):
            self._status.deleted += tidied.rows
        self._look_in(max(SHORTEST_REST_S, REST * (self._planned_s + tidied.took_s)))

    def _begin_anew(self) -> None:
        self._awaited = None
        self._round = self._steps()

    def _next_step(self) -> Step | None:
        began = self._clock.monotonic()
        try:
            with self._upkeep.reading():
                return next(self._round, None)
        except StorageFault as error:
            logger.warning("upkeep_failed error=%r", error)
            return None
        finally:
            self._planned_s = self._clock.monotonic() - began

    def _steps(self) -> Iterator[Step]:
        """One round, read as it goes on; nothing of it is read before its first step is asked for."""
        full = self._clock.since_boot() >= self._full_round_due
        if full and self._clock.doubt is None:
            # First, so that they are not rolled up.
            yield from self._upkeep.marks(self._clock.now())
        yield from self._upkeep.sweeps()
        yield from self._upkeep.trims()
        yield from self._upkeep.roll_ups(1 if full else ENOUGH_ROWS)
        yield from self._upkeep.meterings(1 if full else ENOUGH_TO_METER)
        if full:
            heard = self._upkeep.speaks_for(self._clock.now())
            self._unheard = None if heard else ClockDoubt(Doubt.SILENT_BEFORE_LAST_DAY)
            if heard:
                self._forget_unheard()
                yield from self._upkeep.corrections(self._believed_now)
                yield from self._upkeep.deletions(self._believed_now)
            self._full_round_due = self._clock.since_boot() + FULL_ROUND_S

    def _forget_unheard(self) -> None:
        if (now := self._believed_now()) is not None:
            for farewell in self._upkeep.unheard(now):
                self._forget(farewell)

    def _believed_now(self) -> float | None:
        return self._clock.now() if self._doubt() is None else None

    def _doubt(self) -> ClockDoubt | None:
        return self._watch.look() or self._clock.doubt

    def _notice_setting_back(self) -> None:
        now, latest = self._clock.now(), self._latest
        self._latest = now
        if now < latest - AHEAD_S:
            self._upkeep.search_anew()
            self._full_round_due = self._clock.since_boot()
            self._begin_anew()

    # -- backups -----------------------------------------------------------------------------

    def _until_first_backup(self, backups: Backups, now: float) -> float:
        self._status.last_backup_at = backups.newest_at(now, Kind)
        newest = backups.newest_at(now, [Kind.DAILY])
        return FIRST_BACKUP_S if newest is None else max(FIRST_BACKUP_S, newest + BACKUP_EVERY_S - now)

    def _back_up(self, backups: Backups, at: float, kind: Kind) -> Backup | Refused:
        """The backups' border: whatever they fail with, maintenance has other things to do as well."""
        try:
            made = backups.make(at, kind)
        except Exception as error:
            # What is told in words needs no traceback.
            unforeseen = None if isinstance(error, BackupFailed) else error
            logger.error("backup_failed error=%s", error, exc_info=unforeseen)
            cause = error.__cause__ or error
            self._status.backup_error = StorageTrouble(str(error), _hindrance(cause))
            return Refused(_why(cause))
        self._status.last_backup_at, self._status.backup_error = made.made_at, None
        return made


def _hindrance(error: BaseException) -> Hindrance | None:
    damaged = isinstance(error, Damaged) or (isinstance(error, sqlite3.Error) and is_damage(error))
    return Hindrance.DAMAGED if damaged else hindrance_of(error)


_WHY: Final = {Hindrance.NO_SPACE: Refusal.BACKUP_NO_SPACE, Hindrance.DAMAGED: Refusal.BACKUP_DAMAGED}


def _why(error: BaseException) -> Refusal:
    hindrance = _hindrance(error)
    return Refusal.BACKUP_FAILED if hindrance is None else _WHY.get(hindrance, Refusal.BACKUP_FAILED)
