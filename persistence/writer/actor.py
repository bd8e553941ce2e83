"""The actor that keeps what the others say, and says when it is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import ClassVar, Final, TypeAlias

from actors.domain.findings import KeptFinding, RuleMemory
from actors.domain.notices import Notice
from actors.domain.refusals import Refusal, Refused
from actors.domain.status import Hindrance, StorageTrouble, WriterStatus
from actors.messages import (
    EndEpisodes,
    EndUnwatched,
    Keep,
    KeepAbsences,
    KeepConclusion,
    KeepEnergyPlan,
    KeepNotices,
    KeepRooms,
    KeepSeen,
    LookAtFiles,
    MemoryRecalled,
    NoticesKept,
    Recall,
    Recalled,
    RecallMemory,
    RecallNotices,
    RecallOccurrences,
    RecallRemoved,
    RecallRooms,
    Remove,
    Replace,
    RetryCommit,
    Tidied,
    Tidy,
    ToWriter,
)
from actors.ports import CommandSink, FindingSink
from actors.runtime.clock import Clock, Timer
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import WINDOW, FailureRegistry, Part, SupervisedActor, one_line
from persistence.storage.batch import Batch, MemoryKey, Saved, Unsettled
from persistence.storage.faults import RETRIES, RowFault, StorageFault, UnusableDatabase, hindrance_of
from persistence.storage.ports import Store
from persistence.writer.batches import ToKeep, batch_of, deliveries_of, receipts_of
from persistence.writer.refusals import Refusable, refusal

logger = logging.getLogger(__name__)

# Upkeep waits so long for a moment in which nothing has to be kept; then that waits, some milliseconds.
TIDY_PATIENCE_S: Final = 1.0

OLDER: Final = (
    "La base de datos es una copia más vieja que la que había: para el sistema y usa «restore», "
    "que sabe volver a una copia."
)
NEWER: Final = (
    "Otro ha escrito en la base de datos mientras este sistema no podía: para el otro y reinicia este."
)

# Nothing but what they ask for answers them.
Recalling: TypeAlias = Recall | RecallNotices | RecallOccurrences | RecallRooms | RecallRemoved
# The fault lies in a value: storing it again would fail again.
ROW_FAULTS: Final = (
    RowFault,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)
# The fault lies in the disk, the file or the memory: it may be gone the next time.
STORAGE_FAULTS: Final = (StorageFault, OSError, MemoryError)


@dataclass(frozen=True, slots=True)
class _InDoubt:
    """Of which messages, the oldest that wait, only the disk knows whether they are kept."""

    found: Unsettled
    messages: Sequence[ToKeep]
    follow_up: Callable[[Sequence[ToKeep], Saved], None]
    """What is to follow if they are."""


class WriterActor(SupervisedActor):
    """Keeps what it is told in as few transactions as the load allows.

    Whatever lies in the inbox goes into one transaction: when idle, each message at once; when
    busy, thousands together. What has to follow, follows only when it is on disk.

    After a fault of the storage it begins again with a newly opened store: what a failed commit or
    rollback has left of the old connection is not to be built upon, nor is a disk that has gone.

    A fault that is neither the storage's nor known to be a value's makes it restart, with everything
    waiting. If that happens again within a minute, the message at fault is found and refused as if it
    held a value that cannot be stored; where no refusal can be stored either, everything waits on.

    It wants a thread of its own: the connection is bound to the thread that opens it.
    """

    burst: ClassVar[int] = 2000
    part: ClassVar[Part] = Part.WRITER

    def __init__(
        self,
        dispatcher: Dispatcher,
        open_store: Callable[[], Store],
        clock: Clock,
        commands: CommandSink,
        events: FindingSink,
        status: WriterStatus,
        failure_registry: FailureRegistry | None = None,
    ) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self._open_store = open_store
        self._commands = commands
        self._events = events
        self._status = status
        self._store: Store | None = None
        self._instance: str | None = None
        self._commits: int | None = None
        self._waiting: list[ToKeep] = []
        self._in_doubt: _InDoubt | None = None
        self._retry: Timer | None = None
        self._retry_s = 0.0
        self._isolates_until = 0.0
        self._tidying: Tidy | None = None
        self._tidy_by = 0.0

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        self._commit()

    def on_receive(self, message: ToWriter) -> None:
        if isinstance(message, RetryCommit):
            self._retry = None
        elif isinstance(message, LookAtFiles):
            self._look_at_files()
        elif isinstance(message, Tidy):
            self._tidying, self._tidy_by = message, self._clock.monotonic() + TIDY_PATIENCE_S
        else:
            self._waiting.append(message)

    def after_burst(self) -> None:
        if self._retry is None and (self._waiting or not self._status.healthy):
            self._commit()
        if self._tidying is not None and self._status.healthy:
            self._tidy(self._tidying)
        self._status.queued = len(self._waiting)

    def on_stop(self) -> None:
        try:
            self._commit()
        finally:
            if self._waiting:
                logger.error("stopped_without_keeping messages=%d", len(self._waiting))
            self._close()

    def on_death(self, error: BaseException) -> None:  # noqa: ARG002
        self._close()

    def on_fault(self, error: BaseException) -> None:
        if isinstance(self.handling, ToKeep):
            # Nothing but joining the others can have failed.
            self._waiting.append(self.handling)
        self._status.healthy = False
        self._status.last_error = StorageTrouble(one_line(error))
        self._status.queued = len(self._waiting)
        self._isolates_until = self._clock.monotonic() + WINDOW
        tidying, self._tidying = self._tidying, None
        if tidying is not None:
            self._call(tidying.to, Tidied(None, 0.0))
        self._close()

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is None:
            return
        try:
            store.close()
        except (StorageFault, OSError) as error:
            logger.warning("close_failed error=%r", error)

    # -- the commit --------------------------------------------------------------------------

    def _commit(self) -> None:
        try:
            self._opened()
            self._keep_oldest(len(self._waiting))
        except STORAGE_FAULTS as error:
            self._postpone(error)
        else:
            self._recovered()

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
            found = self._store.instance_id
            # Where a disk has gone, its empty mount point would do for a new database.
            if self._instance not in (None, found):
                raise UnusableDatabase(
                    f"La base de datos es otra: {found} en vez de {self._instance}.", Hindrance.ANOTHER
                )
            self._instance = found
            # Nor would a backup that somebody has moved there: devices hold numbers that it does not know.
            self._refuse_others(self._store.commits)
            self._find_out(self._store)
            self._commits = self._store.commits
        return self._store

    def _refuse_others(self, commits: int) -> None:
        """Whether it is as we left it: of what another has written since, nobody here knows."""
        if self._commits is None:
            return
        if commits < self._commits:
            raise UnusableDatabase(OLDER, Hindrance.ANOTHER)
        if commits > (self._commits if self._in_doubt is None else self._in_doubt.found.commit):
            raise UnusableDatabase(NEWER, Hindrance.ANOTHER)

    def _find_out(self, store: Store) -> None:
        """Stored again, what is there already would be taken for something that cannot be stored."""
        doubt, self._in_doubt = self._in_doubt, None
        if doubt is not None and store.commits >= doubt.found.commit:
            self._kept(store, doubt.messages)
            doubt.follow_up(doubt.messages, doubt.found.saved)

    def _look_at_files(self) -> None:
        """Whether what was opened still lies where it was, which an idle house would learn too late."""
        if self._store is None:
            return
        try:
            self._store.check_in_place()
        except UnusableDatabase as error:
            self._postpone(error)

    def _keep_oldest(self, count: int) -> None:
        """Keep that many messages at once; where one is at fault, in halves until it is alone."""
        messages = self._waiting[:count]
        if not messages:
            return
        try:
            store = self._opened()
            saved = store.save(batch_of(messages, self._clock.now()))
        except Unsettled as unsettled:
            self._in_doubt = _InDoubt(unsettled, messages, self._follow_up)
            raise unsettled.cause from None
        except ROW_FAULTS as error:
            self._halve(messages, error)
        except STORAGE_FAULTS:
            raise
        except BaseException as error:
            now = self._clock.monotonic()
            if now >= self._isolates_until:
                raise
            logger.exception("save_failed messages=%d", count)
            self._isolates_until = now + WINDOW
            self._close()
            self._halve(messages, RuntimeError(one_line(error)))
        else:
            self._kept(store, messages)
            self._follow_up(messages, saved)

    def _halve(self, messages: Sequence[ToKeep], why: Exception) -> None:
        half = len(messages) // 2
        if half:
            self._keep_oldest(half)
            self._keep_oldest(len(messages) - half)
        elif isinstance(messages[0], Recalling):
            self._ask_again(messages[0], why)
        else:
            self._keep_refused(messages[0], why)

    def _ask_again(self, recall: Recalling, why: Exception) -> None:
        """Nothing but what is recalled answers it; until that can be had, the others need not wait."""
        del self._waiting[:1]
        serial = recall.serial if isinstance(recall, Recall) else None
        logger.warning("recall_put_off serial=%r retry_s=%.1f error=%r", serial, RETRIES.longest, why)
        self._clock.call_later(RETRIES.longest, partial(tell_if_alive, self.actor_ref, recall))

    def _keep_refused(self, message: Refusable, why: Exception) -> None:
        logger.warning("message_refused kind=%s error=%r", type(message).__name__, why)
        letter = refusal(message, self._clock.now(), why)
        refuse = partial(self._answer_refused, why)
        try:
            store = self._opened()
            saved = store.save(Batch(letters=[letter]))
        except Unsettled as unsettled:
            self._in_doubt = _InDoubt(unsettled, [message], refuse)
            raise unsettled.cause from None
        except ROW_FAULTS as error:
            # A refusal holds nothing that could be refused, so it is the storage that is at fault.
            raise StorageFault(str(error)) from error
        self._kept(store, [message])
        refuse([message], saved)

    def _answer_refused(self, why: Exception, messages: Sequence[ToKeep], _saved: Saved) -> None:
        """What follows once the refusal of a message, the only one, is on disk."""
        self._settle(messages)
        match messages[0]:
            case (Keep(reply=reply) | Remove(reply=reply) | Replace(reply=reply)) | (
                (KeepRooms(reply=reply) | KeepAbsences(reply=reply))
                | (KeepEnergyPlan(reply=reply) | KeepSeen(to=reply))
            ) if reply is not None:
                self._call(reply, Refused(Refusal.NOT_STORED, {"error": str(why)}))
            case RecallMemory(to=to):
                self._call(to, MemoryRecalled(None))
            case KeepNotices(to=tell):
                self._call(tell, NoticesKept(None))

    def _kept(self, store: Store, messages: Sequence[ToKeep]) -> None:
        self._commits = store.commits
        del self._waiting[: len(messages)]
        self._status.commits += 1
        self._status.rows += len(messages)

    def _postpone(self, error: BaseException) -> None:
        if self._status.healthy:
            logger.error("commit_failed messages=%d error=%r", len(self._waiting), error)
        self._status.healthy = False
        self._status.hindrance = hindrance_of(error)
        self._status.last_error = StorageTrouble(str(error), self._status.hindrance)
        self._close()
        self._retry_s = RETRIES.longer_than(self._retry_s)
        self._retry = self._clock.call_later(
            self._retry_s, lambda: tell_if_alive(self.actor_ref, RetryCommit())
        )

    def _recovered(self) -> None:
        if not self._status.healthy:
            logger.info("commit_recovered rows=%d", self._status.rows)
        self._status.healthy = True
        self._status.hindrance = None
        self._retry_s = 0.0

    # -- upkeep ------------------------------------------------------------------------------

    def _tidy(self, tidy: Tidy) -> None:
        began = self._clock.monotonic()
        if not self.actor_inbox.empty() and began < self._tidy_by:
            return
        rows = None
        try:
            rows = self._opened().tidy(tidy.step)
        except ROW_FAULTS as error:
            logger.warning("tidy_failed step=%r error=%r", tidy.step, error)
        except STORAGE_FAULTS as error:
            self._postpone(error)
        self._tidying = None
        self._call(tidy.to, Tidied(rows, self._clock.monotonic() - began))

    # -- what follows it ---------------------------------------------------------------------

    def _follow_up(self, messages: Sequence[ToKeep], saved: Saved) -> None:
        """Acknowledge, announce and answer what is on disk, in order of arrival."""
        self._settle(messages)
        self._call(self._publish_receipts, messages)
        findings, notices = iter(saved.findings), iter(saved.notices)
        deeds, seen = iter(saved.deeds), iter(saved.seen)
        memories: dict[MemoryKey, RuleMemory] = {}
        for message in messages:
            match message:
                case Keep() if not message.is_followed:
                    continue  # as nearly all are
                case Keep(deeds=told) | Replace(deeds=told) if told:
                    for kept in islice(deeds, len(told)):
                        self._call(self._events.deed_kept, kept)
                case KeepSeen(to=to):
                    self._call(to, next(seen))
            self._call(self._follow, message, saved, findings, notices, memories)

    def _publish_receipts(self, messages: Sequence[ToKeep]) -> None:
        for (serial, boot), device in receipts_of(messages).items():
            seq = device.boot(boot).receipt
            if seq is not None:
                self._call(self._commands.publish_receipt, serial, boot, seq)

    def _follow(
        self,
        message: ToKeep,
        saved: Saved,
        findings: Iterator[Sequence[KeptFinding]],
        notices: Iterator[Sequence[Notice]],
        memories: dict[MemoryKey, RuleMemory],
    ) -> None:
        """``findings`` and ``notices``: those that no message before has taken; ``memories``: theirs."""
        match message:
            case Keep(device, publish=publish, reply=reply, order=order):
                if publish:
                    configuration = device.serial, device.version, device.configuration
                    self._call(self._commands.publish_configuration, *configuration)
                if order is not None:
                    self._call(self._commands.order, order)
                if reply is not None:
                    self._call(reply, device)
            case KeepConclusion(concluded, memory):
                self._announce(islice(findings, len(concluded)))
                if memory is not None:
                    memories[memory.device_id, memory.rule] = memory
            case EndEpisodes() | EndUnwatched():
                self._announce(islice(findings, 1))
            case Recall(serial, to):
                self._call(to, Recalled(saved.recalled[serial]))
            case Remove(removal, answer_removed, clears_broker=clears):
                if clears:
                    self._call(self._commands.forget_device, removal, reborn=False)
                if answer_removed is not None:
                    self._call(answer_removed, removal)
            case Replace(device, removal, answer_replaced):
                self._call(self._commands.forget_device, removal, reborn=False)
                if device.orders is None:
                    configuration = device.serial, device.version, device.configuration
                    self._call(self._commands.publish_configuration, *configuration)
                self._call(answer_replaced, device)
            case RecallRemoved():
                for ghost in saved.removed:
                    self._call(self._commands.forget_device, ghost.removal, reborn=ghost.reborn)
            case KeepNotices(to=to_notifier):
                self._call(to_notifier, NoticesKept(next(notices)))
            case RecallNotices(to_notifier):
                self._call(to_notifier, saved.unfinished)
            case RecallOccurrences(to_notifier):
                self._call(to_notifier, saved.occurrences)
            case KeepRooms(_, room, answer):
                self._call(answer, room)
            case KeepAbsences(_, absence, answer_absence):
                self._call(answer_absence, absence)
            case KeepEnergyPlan(plan, answer_plan):
                self._call(answer_plan, plan)
            case RecallRooms(tell):
                self._call(tell, saved.rooms)
            case RecallMemory(device_id, rule, to_rule):
                key = device_id, rule
                memory = memories.get(key) or saved.memory(key)
                self._call(to_rule, MemoryRecalled(memory, saved.episodes(key)))

    def _announce(self, findings: Iterable[Sequence[KeptFinding]]) -> None:
        for finding in chain.from_iterable(findings):
            self._call(self._events.finding_made, finding)

    def _settle(self, messages: Sequence[ToKeep]) -> None:
        if deliveries := deliveries_of(messages):
            self._call(self._commands.settle, deliveries)

    def _call(self, neighbour: Callable[..., object], *arguments: object, **named: object) -> None:
        """The neighbours' border: one that fails must not take along what the others wait for."""
        try:
            neighbour(*arguments, **named)
        except BaseException:
            logger.exception("follow_up_failed neighbour=%r", neighbour)
