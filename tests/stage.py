"""A stage on which the real actors can be driven step by step: a clock and a dispatcher to hand."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from actors.runtime.dispatch import PooledActor


class FakeAlarm:
    def __init__(self, action: Callable[[], object]) -> None:
        self.action: Callable[[], object] | None = action

    def cancel(self) -> None:
        self.action = None


class FakeClock:
    """Time that passes when told to. Implements :class:`actors.runtime.clock.Clock`."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._wall_offset = now
        self._monotonic = 0.0
        self._asleep = 0.0
        self._alarms: list[tuple[float, int, FakeAlarm]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._wall_offset + self.since_boot()

    @property
    def doubt(self) -> None:
        return None

    def monotonic(self) -> float:
        return self._monotonic

    def since_boot(self) -> float:
        return self._monotonic + self._asleep

    def call_later(self, delay: float, action: Callable[[], object]) -> FakeAlarm:
        alarm = FakeAlarm(action)
        heapq.heappush(self._alarms, (self._monotonic + delay, next(self._order), alarm))
        return alarm

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back; no time passes."""
        self._wall_offset += seconds

    def sleep(self, seconds: float) -> None:
        """The machine is asleep for so long: no timer moves."""
        self._asleep += seconds

    def next_due(self) -> float | None:
        """When the next alarm goes off, in monotonic time."""
        return self._alarms[0][0] if self._alarms else None

    def advance_to(self, monotonic: float) -> None:
        """Let time pass without ringing; :meth:`ring` rings what is due."""
        self._monotonic = max(self._monotonic, monotonic)

    def ring(self) -> None:
        """Set off all that is due."""
        while self._alarms and self._alarms[0][0] <= self._monotonic:
            _, _, alarm = heapq.heappop(self._alarms)
            if alarm.action is not None:
                alarm.action()


class Stage:
    """A dispatcher that moves only when told to, one actor's turn at a time.

    Implements :class:`actors.runtime.dispatch.Threads`, without any.
    """

    alive = True

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._ready: list[PooledActor] = []

    def submit(self, actor: PooledActor) -> None:
        self._ready.append(actor)

    def start(self) -> None: ...

    def stop(self, timeout: float) -> None:  # noqa: ARG002
        self.settle()

    @property
    def waiting(self) -> int:
        return len(self._ready)

    @property
    def idle(self) -> bool:
        return not self._ready

    def step(self, choice: int = 0) -> None:
        """Let one of the actors that have mail take a turn: ``choice`` modulo their number."""
        self._ready.pop(choice % len(self._ready)).take_turn()

    def settle(self) -> None:
        """Let all of them go on until nobody has mail."""
        while not self.idle:
            self.step()

    def wait(self, seconds: float) -> None:
        """Let time pass, each alarm going off in its turn with everything settled in between."""
        end = self.clock.monotonic() + seconds
        self.settle()
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            self.clock.ring()
            self.settle()
        self.clock.advance_to(end)
