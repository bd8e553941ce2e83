"""The one place that asks the time, and that waits for it."""

from __future__ import annotations

import heapq
import itertools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Protocol

from actors.domain.clock_doubt import ClockDoubt
from actors.runtime.time_zone import Zone

logger = logging.getLogger(__name__)


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    """The one place that knows the time. All calls may come from any thread."""

    def now(self) -> float:
        """Wall-clock time, seconds since the epoch. May jump; for showing and storing only."""

    @property
    def doubt(self) -> ClockDoubt | None:
        """Why what :meth:`now` last said is not to be believed; ``None`` if it is."""

    def monotonic(self) -> float:
        """Seconds that only ever go forward, while the machine is awake; for waiting for somebody.

        Who was to speak meanwhile could not be heard while it slept.
        """

    def since_boot(self) -> float:
        """The same, and asleep as well, where the system counts that; for what grows old by itself."""

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        """Call ``action``, which must be quick (a ``tell``), after ``delay`` seconds."""


def set_zone(zone: Zone) -> None:
    """Have what asks the C library, in this process and its children, go by ``zone`` too."""
    os.environ["TZ"] = zone.iana or zone.posix
    if hasattr(time, "tzset"):
        time.tzset()


def since_boot() -> float:
    """Linux and macOS stand still in time.monotonic() while the machine sleeps; Windows does not."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


class _Alarm:
    __slots__ = ("action",)

    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None


class SystemClock:
    """The machine's clock, with one thread for all timers. Implements :class:`actors.runtime.clock.Clock`."""

    def __init__(self) -> None:
        self._alarms: list[tuple[float, int, _Alarm]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def now(self) -> float:
        return time.time()

    @property
    def doubt(self) -> ClockDoubt | None:
        return None

    def monotonic(self) -> float:
        return time.monotonic()

    def since_boot(self) -> float:
        return since_boot()

    def call_later(self, delay: float, action: Callable[[], object]) -> _Alarm:
        alarm = _Alarm(action)
        due = time.monotonic() + delay
        with self._changed:
            heapq.heappush(self._alarms, (due, next(self._order), alarm))
            if self._alarms[0][2] is alarm:
                self._changed.notify()
        return alarm

    def _run(self) -> None:
        while (action := self._next_due()) is not None:
            try:
                action()
            except Exception:
                logger.exception("timer_failed action=%s", action)

    def _next_due(self) -> Callable[[], object] | None:
        """Wait for the next alarm; ``None`` once stopped."""
        with self._changed:
            while not self._stopped:
                if not self._alarms:
                    self._changed.wait()
                    continue
                due, _, alarm = self._alarms[0]
                delay = due - time.monotonic()
                if delay > 0 and alarm.action is not None:
                    self._changed.wait(delay)
                    continue
                heapq.heappop(self._alarms)
                if alarm.action is not None:
                    return alarm.action
        return None
