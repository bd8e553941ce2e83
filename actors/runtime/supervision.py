"""What becomes of an actor that fails: when it goes on, when it is given up for a while, who can tell.

An actor restarts after 0.1 s, doubling. One that fails five times within a minute is in quarantine:
out of service, and shown as such, until it is tried again after a longer while. Failing once in the
minute after that takes it back there.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import ClassVar, Final

from actors.runtime.backoff import Backoff
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher, RestingActor

logger = logging.getLogger(__name__)

# So many failures within so many seconds are one too many.
MOST_FAILURES: Final = 5
WINDOW: Final = 60.0
# Until a device or a rule in quarantine is tried again. The others live on without it.
LONGEST_DELAY: Final = 300.0
RESTARTS: Final = Backoff(0.1, LONGEST_DELAY)
# Until the same of an actor that there is one of, and that everybody's mail waits for.
CORE_DELAY: Final = 30.0
ERROR_TEXT: Final = 200


class Part(Enum):
    DEVICE = auto()
    RULE = auto()
    DIRECTORY = auto()
    WRITER = auto()
    LOG_READER = auto()
    SCANNER = auto()
    MAINTENANCE = auto()
    TIMEKEEPER = auto()
    TRANSLATOR = auto()
    EXPORTER = auto()
    WEATHER = auto()
    NOTIFIER = auto()


@dataclass(frozen=True, slots=True)
class Name:
    """Which actor; ``serial`` and ``rule`` where there are many of its part."""

    part: Part
    serial: str = ""
    rule: str = ""

    @property
    def is_core(self) -> bool:
        """Whether nothing works without it."""
        return self.part not in (Part.DEVICE, Part.RULE, Part.WEATHER, Part.NOTIFIER)


@dataclass(frozen=True, slots=True)
class Restart:
    delay: float
    """Seconds until the actor goes on."""
    quarantined: bool
    failures: int
    """In all, of this actor."""


class RestartPolicy:
    """The failures of one actor, and what follows from each."""

    __slots__ = ("_failures", "_longest_delay", "_recent", "_released_at")

    def __init__(self, longest_delay: float = LONGEST_DELAY) -> None:
        """``longest_delay`` is what a quarantine lasts, in seconds."""
        self._longest_delay = longest_delay
        self._recent: tuple[float, ...] = ()
        self._released_at: float | None = None
        self._failures = 0

    def after_failure(self, monotonic: float) -> Restart:
        self._failures += 1
        self._recent = (*[at for at in self._recent if monotonic - at <= WINDOW], monotonic)
        relapsed = self._released_at is not None and monotonic - self._released_at <= WINDOW
        if not relapsed and len(self._recent) < MOST_FAILURES:
            return Restart(RESTARTS.after(len(self._recent)), False, self._failures)
        self._recent = ()
        self._released_at = monotonic + self._longest_delay
        return Restart(self._longest_delay, True, self._failures)


@dataclass(frozen=True, slots=True)
class Quarantined:
    name: Name
    since: float
    """Seconds since the epoch."""
    failures: int
    """In all, since the start."""
    error: str
    """The last one."""


class FailureRegistry:
    """Who has failed, and who is in quarantine. Any thread may write it and read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._quarantined: dict[Name, Quarantined] = {}
        self._failures: Counter[Part] = Counter()

    def note(self, name: Name, restart: Restart, error: str, at: float) -> None:
        """It has failed, at wall-clock time ``at``. Who fails in quarantine has been there all the while."""
        with self._lock:
            self._failures[name.part] += 1
            if restart.quarantined:
                before = self._quarantined.get(name)
                since = at if before is None else before.since
                self._quarantined[name] = Quarantined(name, since, restart.failures, error)

    def release(self, name: Name) -> None:
        with self._lock:
            self._quarantined.pop(name, None)

    @property
    def quarantined(self) -> Sequence[Quarantined]:
        """Those that nothing works without first, then the longest there."""
        with self._lock:
            return sorted(self._quarantined.values(), key=lambda case: (not case.name.is_core, case.since))

    def failures(self, *parts: Part) -> int:
        """Of all actors of these parts, since the start."""
        with self._lock:
            return sum(self._failures[part] for part in parts)


def one_line(error: BaseException) -> str:
    """The error in one line that is not too long, whatever its own ``repr`` does."""
    try:
        return repr(error)[:ERROR_TEXT]
    except Exception:
        logger.exception("error_without_repr kind=%s", type(error).__name__)
        return type(error).__name__


class SupervisedActor(RestingActor):
    """An actor that there is one of, and that outlives its failures.

    After an exception (of any kind) it restarts in place, with the same reference and the same
    mailbox: :meth:`on_fault` settles what it was at, its mail waits out the delay, and it goes on with
    the next message. ``on_start`` is called until it has succeeded once. A stop is not kept waiting.
    """

    part: ClassVar[Part]

    def __init__(
        self, dispatcher: Dispatcher, clock: Clock, failure_registry: FailureRegistry | None
    ) -> None:
        super().__init__(dispatcher)
        self._clock = clock
        self._failure_registry = FailureRegistry() if failure_registry is None else failure_registry
        self._restart_policy = RestartPolicy(CORE_DELAY)
        self._quarantined = False

    def on_fault(self, error: BaseException) -> None:
        """Called after ``error``, before the rest: leave nothing half done, and nobody without an answer.

        :attr:`handling` is the message that it was at, ``None`` in ``on_start`` and ``after_burst``. An
        exception in here is logged, and what it left undone stays so.
        """

    def _live(self) -> None:
        super()._live()
        if self._quarantined:
            self._quarantined = False
            self._failure_registry.release(Name(self.part))
            logger.info("quarantine_left actor=%s", self.part.name)

    def _fail(self, error: BaseException) -> None:
        if self.actor_stopped.is_set() or (self.actor_inbox.asks_to_stop() and not self._started):
            super()._fail(error)
            return
        restart = self._restart_policy.after_failure(self._clock.monotonic())
        self._quarantined = self._quarantined or restart.quarantined
        self._failure_registry.note(Name(self.part), restart, one_line(error), self._clock.now())
        handling = type(self.handling).__name__
        at_work = self.part.name, handling, restart.delay
        logger.error("actor_failed actor=%s handling=%s restart_s=%.1f", *at_work, exc_info=error)
        try:
            self.on_fault(error)
        except BaseException:
            logger.exception("on_fault_failed actor=%s", self.part.name)
        self.handling = None
        self._rest()
        self._clock.call_later(restart.delay, self._go_on)
