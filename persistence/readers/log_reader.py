"""The actor that reads the log for those who must not wait."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final, TypeAlias

from actors.messages import LogRead, ReadLog
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor
from persistence.storage.faults import RETRIES, StorageFault
from persistence.storage.ports import Queries

logger = logging.getLogger(__name__)

# 7 ms to read and 1 MB to hold: no asker waits long for another, and a million rows are 500 turns.
MOST_ROWS: Final = 2_000


@dataclass(frozen=True, slots=True)
class _AskedAgain:
    """A question that could not be answered, after ``waited_s`` seconds."""

    question: ReadLog
    waited_s: float


Question: TypeAlias = ReadLog | _AskedAgain


class LogReaderActor(SupervisedActor):
    """Answers one question at a time, in order of arrival; who wants more rows asks again, behind the rest.

    A question that cannot be answered, as the file cannot be read, is put off, ever longer, until it
    can; the others need not wait for it. It wants a thread of its own, which its reads keep busy.
    """

    burst: ClassVar[int] = 1
    part: ClassVar[Part] = Part.LOG_READER

    def __init__(
        self,
        dispatcher: Dispatcher,
        queries: Queries,
        clock: Clock,
        failure_registry: FailureRegistry | None = None,
    ) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self._queries = queries

    def on_receive(self, message: Question) -> None:
        match message:
            case ReadLog():
                self._read(message, 0.0)
            case _AskedAgain(question, waited_s):
                self._read(question, waited_s)

    def on_fault(self, error: BaseException) -> None:
        """A question that is at fault each time must not be asked so often that it is the others' fault."""
        match self.handling:
            case (ReadLog() as question) | _AskedAgain(question):
                self._put_off(question, RETRIES.longest, error)

    def _read(self, question: ReadLog, waited_s: float) -> None:
        try:
            entries = self._queries.log_range(
                question.device_id, question.after, question.upto, question.since, MOST_ROWS + 1
            )
        except (StorageFault, MemoryError) as error:
            self._put_off(question, waited_s, error)
        except Exception as error:
            # A row that nobody has thought of is that question's border.
            logger.exception("question_failed device=%d", question.device_id)
            self._put_off(question, waited_s, error)
        else:
            self._hand_over(question, LogRead(entries[:MOST_ROWS], more=len(entries) > MOST_ROWS))

    def _hand_over(self, question: ReadLog, answer: LogRead) -> None:
        """The asker's border: one that fails must not take along what the others wait for."""
        try:
            question.to(answer)
        except Exception:
            logger.exception("answer_failed device=%d to=%r", question.device_id, question.to)

    def _put_off(self, question: ReadLog, waited_s: float, error: BaseException) -> None:
        if not waited_s:
            logger.warning("log_unreadable device=%d error=%r", question.device_id, error)
        wait_s = RETRIES.longer_than(waited_s)
        again = _AskedAgain(question, wait_s)
        self._clock.call_later(wait_s, partial(tell_if_alive, self.actor_ref, again))
