"""The actor that keeps what the others say, and says when it is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import ClassVar, Final, TypeAlias

from actors.dispatch import Dispatcher, PooledActor, tell_if_alive
from actors.messages import (
    Delivery,
    Keep,
    KeepConclusion,
    KeepDeadLetter,
    MemoryRecalled,
    Recall,
    Recalled,
    RecallMemory,
    RetryCommit,
    Settle,
    ToWriter,
)
from actors.model import Device, Refusal, Refused, RuleMemory
from actors.ports import Clock, CommandSink, EventSink, Timer
from persistence.refusals import Refusable, refusal
from persistence.schema import UnusableDatabase, sqlite3
from persistence.store import Batch, MemoryKey, Saved, Store

logger = logging.getLogger(__name__)

FIRST_RETRY_S: Final = 0.25
LONGEST_RETRY_S: Final = 30.0

ToKeep: TypeAlias = Refusable | Recall

# The fault lies in a value: storing it again would fail again.
ROW_FAULTS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    TypeError,
    ValueError,
    OverflowError,
    RecursionError,
)
# The fault lies in the disk, the file or the memory: it may be gone the next time.
STORAGE_FAULTS: Final = (UnusableDatabase, sqlite3.Error, MemoryError)


@dataclass(slots=True)
class WriterStatus:
    """How the writer is doing. The writer alone sets it; any thread may read it."""

    healthy: bool = True
    last_error: str | None = None
    """Of the last commit that failed, also when later ones have succeeded."""
    queued: int = 0
    """Messages taken from the inbox and not on disk yet."""
    commits: int = 0
    rows: int = 0
    """Messages that commits have dealt with."""


class WriterActor(PooledActor):
    """Keeps what it is told in as few transactions as the load allows.

    Whatever lies in the inbox goes into one transaction: when idle, each message at once; when
    busy, thousands together. What has to follow, follows only when it is on disk.

    After a fault of the storage it begins again with a newly opened store: what a failed commit or
    rollback has left of the old connection is not to be built upon, nor is a disk that has gone.

    It wants a thread of its own: the connection is bound to the thread that opens it.
    """

    burst: ClassVar[int] = 2000

    def __init__(
        self,
        dispatcher: Dispatcher,
        open_store: Callable[[], Store],
        clock: Clock,
        commands: CommandSink,
        events: EventSink,
        status: WriterStatus,
    ) -> None:
        super().__init__(dispatcher)
        self._open_store = open_store
        self._clock = clock
        self._commands = commands
        self._events = events
        self._status = status
        self._store: Store | None = None
        self._instance: str | None = None
        self._waiting: list[ToKeep] = []
        self._retry: Timer | None = None
        self._retry_s = FIRST_RETRY_S

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        self._commit()

    def on_receive(self, message: ToWriter) -> None:
        if isinstance(message, RetryCommit):
            self._retry = None
        else:
            self._waiting.append(message)

    def after_burst(self) -> None:
        if self._retry is None and (self._waiting or not self._status.healthy):
            self._commit()
        self._status.queued = len(self._waiting)

    def on_stop(self) -> None:
        self._commit()
        if self._waiting:
            logger.error("stopped_without_keeping messages=%d", len(self._waiting))
        self._close()

    def on_death(self, error: BaseException) -> None:
        self._status.healthy = False
        self._status.last_error = repr(error)
        self._close()

    def _close(self) -> None:
        if self._store is None:
            return
        try:
            self._store.close()
        except sqlite3.Error as error:
            logger.warning("close_failed error=%r", error)
        self._store = None

    # -- the commit --------------------------------------------------------------------------

    def _commit(self) -> None:
        try:
            self._keep_oldest(self._opened(), len(self._waiting))
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
                raise UnusableDatabase(f"La base de datos es otra: {found} en vez de {self._instance}.")
            self._instance = found
        return self._store

    def _keep_oldest(self, store: Store, count: int) -> None:
        """Keep that many messages at once; where a value is at fault, in halves until it is alone."""
        messages = self._waiting[:count]
        if not messages:
            return
        try:
            saved = store.save(_batch(messages, self._clock.now()))
        except ROW_FAULTS as error:
            if count == 1:
                self._refuse(store, messages[0], error)
            else:
                self._keep_oldest(store, count // 2)
                self._keep_oldest(store, count - count // 2)
            return
        self._kept(messages)
        self._follow_up(messages, saved)

    def _refuse(self, store: Store, message: ToKeep, why: Exception) -> None:
        if isinstance(message, Recall):
            self._ask_again(message, why)
        else:
            self._keep_refused(store, message, why)

    def _ask_again(self, recall: Recall, why: Exception) -> None:
        """Nothing but the device answers it; until that can be had, the others need not wait for it."""
        del self._waiting[:1]
        logger.warning("recall_put_off serial=%r retry_s=%.1f error=%r", recall.serial, LONGEST_RETRY_S, why)
        self._clock.call_later(LONGEST_RETRY_S, partial(tell_if_alive, self.actor_ref, recall))

    def _keep_refused(self, store: Store, message: Refusable, why: Exception) -> None:
        logger.warning("message_refused kind=%s error=%r", type(message).__name__, why)
        letter = refusal(message, self._clock.now(), why)
        try:
            store.save(Batch(letters=[letter]))
        except ROW_FAULTS as error:
            # A refusal holds nothing that could be refused, so it is the storage that is at fault.
            raise sqlite3.DatabaseError(str(error)) from error
        self._kept([message])
        self._settle([message])
        match message:
            case Keep(reply=reply) if reply is not None:
                self._call(reply, Refused(Refusal.UNAVAILABLE, letter.reason))
            case RecallMemory(to=to):
                self._call(to, MemoryRecalled(None))

    def _kept(self, messages: Sequence[ToKeep]) -> None:
        del self._waiting[: len(messages)]
        self._status.commits += 1
        self._status.rows += len(messages)

    def _postpone(self, error: BaseException) -> None:
        if self._status.healthy:
            logger.error("commit_failed messages=%d error=%r", len(self._waiting), error)
        self._status.healthy = False
        self._status.last_error = str(error)
        self._close()
        self._retry = self._clock.call_later(
            self._retry_s, lambda: tell_if_alive(self.actor_ref, RetryCommit())
        )
        self._retry_s = min(LONGEST_RETRY_S, 2 * self._retry_s)

    def _recovered(self) -> None:
        if not self._status.healthy:
            logger.info("commit_recovered rows=%d", self._status.rows)
        self._status.healthy = True
        self._retry_s = FIRST_RETRY_S

    # -- what follows it ---------------------------------------------------------------------

    def _follow_up(self, messages: Sequence[ToKeep], saved: Saved) -> None:
        """Acknowledge, announce and answer what is on disk, in order of arrival."""
        self._settle(messages)
        for (serial, boot), device in _receipts(messages).items():
            seq = device.boot(boot).receipt
            if seq is not None:
                self._call(self._commands.publish_receipt, serial, boot, seq)
        findings = iter(saved.findings)
        memories: dict[MemoryKey, RuleMemory] = {}
        for message in messages:
            match message:
                case Keep(device, publish=publish, reply=reply):
                    if publish:
                        self._call(
                            self._commands.publish_configuration,
                            device.serial,
                            device.version,
                            device.configuration,
                        )
                    if reply is not None:
                        self._call(reply, device)
                case KeepConclusion(concluded, _, memory):
                    for finding in islice(findings, len(concluded)):
                        self._call(self._events.finding_made, finding)
                    memories[memory.device_id, memory.rule] = memory
                case Recall(serial, to):
                    self._call(to, Recalled(saved.recalled[serial]))
                case RecallMemory(device_id, rule, to_rule):
                    key = device_id, rule
                    self._call(to_rule, MemoryRecalled(memories.get(key) or saved.memory(key)))

    def _settle(self, messages: Sequence[ToKeep]) -> None:
        if deliveries := _deliveries(messages):
            self._call(self._commands.settle, deliveries)

    def _call(self, neighbour: Callable[..., object], *arguments: object) -> None:
        """The neighbours' border: one that fails must not take along what the others wait for."""
        try:
            neighbour(*arguments)
        except Exception:
            logger.exception("follow_up_failed neighbour=%r", neighbour)


def _batch(messages: Iterable[ToKeep], at: float) -> Batch:
    batch = Batch(at)
    for message in messages:
        match message:
            case Keep(device, entry, decided=decided):
                batch.devices[device.id] = device
                if entry is not None:
                    batch.entries.append(entry)
                if decided is not None:
                    number, decision = decided
                    batch.decisions[number] = decision
            case KeepDeadLetter(letter):
                batch.letters.append(letter)
            case KeepConclusion(findings, mark, memory):
                batch.findings += [(finding, mark) for finding in findings]
                batch.memories[memory.device_id, memory.rule] = memory
            case Recall(serial):
                batch.recalled.append(serial)
            case RecallMemory(device_id, rule):
                batch.remembered.append((device_id, rule))
    return batch


def _deliveries(messages: Iterable[ToKeep]) -> list[Delivery]:
    return [
        message.delivery
        for message in messages
        if isinstance(message, Keep | KeepDeadLetter | Settle) and message.delivery is not None
    ]


def _receipts(messages: Iterable[ToKeep]) -> dict[tuple[str, str], Device]:
    """By serial and boot, the last state of the device: one receipt tells of all before it."""
    last: dict[tuple[str, str], Device] = {}
    for message in messages:
        match message:
            case Keep(device, entry) if entry is not None and entry.boot is not None:
                last[device.serial, entry.boot] = device
            case Settle(_, (device, boot)):
                last[device.serial, boot] = device
    return last
