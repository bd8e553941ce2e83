"""The clock of the house: the machine's, as far as it is to be believed.

A machine's clock may be ahead for a minute, or stand in 1970 until a time server answers. Whatever is
stamped then would be wrong for good, so the clock on the wall is judged at each look: against the time
since the machine was started, which nobody sets; against what the log says; and against the date of this
release, before which nobody can have started it.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.runtime.clock import Clock, Timer

RELEASED: Final = 1_793_491_200.0
"""When this version was made, seconds since the epoch: 2026-11-01."""

# What a time server corrects in one step stays below it, and so does what anybody would notice.
JUMP_S: Final = 300.0
# A machine may be behind by a time zone when it is set up.
ZONES_S: Final = 86_400.0
# The longest silence before a start after which the clock is believed at once.
SILENCE_S: Final = 7 * 86_400.0
# How long another time has to last until it is believed: an error is mostly mended sooner. To go back
# makes what is stored a thing of the future, so that takes longer.
FORWARD_S: Final = 3_600.0
BACK_S: Final = 86_400.0
# What the clock may be behind the newest of what is stored.
BEHIND_S: Final = 3_600.0
# After so long a time server would have answered.
SETTLING_S: Final = 900.0
MOST_LINES: Final = 8

# Nobody begins with a version that old, so the year is likelier to be wrong.
OUTDATED_S: Final = 4 * 365 * 86_400.0


class HouseClock:
    """Implements :class:`actors.runtime.clock.Clock` on top of ``machine``'s; all calls may come from any
    thread.

    While another time is in doubt, :meth:`now` goes on from the one that was believed. Where none was
    yet, it is what the machine says, but never before all that is known.
    """

    def __init__(self, machine: Clock, released: float = RELEASED) -> None:
        self._machine = machine
        self._released = released
        self._lock = threading.Lock()
        self._heard: float | None = None
        self._begin()

    # -- what the others see -------------------------------------------------------------------

    def now(self) -> float:
        with self._lock:
            wall, boot = self._machine.now(), self._machine.since_boot()
            self._look(wall, boot)
            if self._doubt is None:
                return wall
            if self._line is not None:
                return self._line + boot
            if wall < self._released - ZONES_S:
                return max(self._released, self._heard or 0.0) + boot - self._began
            return wall

    @property
    def doubt(self) -> ClockDoubt | None:
        """Why the time of the last look is in doubt; ``None`` if it is not."""
        return self._doubt

    @property
    def is_outdated(self) -> bool:
        """Whether this version is so old, by the clock, that the clock should be looked at."""
        return self.now() > self._released + OUTDATED_S

    def monotonic(self) -> float:
        return self._machine.monotonic()

    def since_boot(self) -> float:
        return self._machine.since_boot()

    def call_later(self, delay: float, action: Callable[[], object]) -> Timer:
        return self._machine.call_later(delay, action)

    def compare(self, heard: float | None) -> None:
        """Before the start: the newest believable moment in the log, seconds since the epoch."""
        with self._lock:
            self._heard = heard
            self._begin()

    # -- judging -------------------------------------------------------------------------------

    def _begin(self) -> None:
        wall, boot = self._machine.now(), self._machine.since_boot()
        self._began = boot
        self._offset = wall - boot
        self._line: float | None = None
        """What the wall clock was ahead of the time since the boot when it was last believed."""
        self._taken_at = boot
        """When that line was taken."""
        self._lines: deque[float] = deque(maxlen=MOST_LINES)
        """All that were believed since the start, newest first: to go back to one is no surprise."""
        self._doubt: ClockDoubt | None = None
        self._until = 0.0
        self._judge(wall, boot, self._heard)

    def _look(self, wall: float, boot: float) -> None:
        offset = wall - boot
        if abs(offset - self._offset) > JUMP_S:
            self._judge_jump(wall, boot, offset)
        elif self._doubt is not None and boot >= self._until:
            self._believe(offset, boot)
        self._offset = offset
        if self._doubt is None:
            # So that small corrections do not add up to a jump.
            self._line = self._lines[0] = offset

    def _judge_jump(self, wall: float, boot: float, offset: float) -> None:
        line = self._line
        if line is None:
            self._judge(wall, boot, self._heard)
        elif any(abs(offset - known) <= JUMP_S for known in self._lines):
            self._believe(offset, boot)
        elif wall >= self._released - ZONES_S and self._is_correction(boot, offset - line):
            # From there on; of a new house, whose log says nothing, what it has seen itself.
            known = line + self._began if self._heard is None and offset > line else self._heard
            self._judge(wall, boot, known)
        else:
            lasts = FORWARD_S if offset > line else BACK_S
            until = boot + lasts if wall >= self._released - ZONES_S else math.inf
            self._doubt_it(ClockDoubt(Doubt.JUMPED, offset - line), until)

    def _is_correction(self, boot: float, jump: float) -> bool:
        """A time server sets clocks right soon after the machine starts; and people soon after the system."""
        return boot < SETTLING_S if jump > 0 else boot - self._taken_at < FORWARD_S

    def _judge(self, wall: float, boot: float, known: float | None) -> None:
        """By ``known``, a moment at the start or before it."""
        ahead = 0.0 if known is None else wall - (known + boot - self._began)
        if wall < self._released - ZONES_S:
            self._doubt_it(ClockDoubt(Doubt.BEFORE_RELEASE), math.inf)
        elif ahead < -BEHIND_S:
            self._doubt_it(ClockDoubt(Doubt.BEHIND), boot + BACK_S)
        elif ahead > SILENCE_S:
            self._doubt_it(ClockDoubt(Doubt.SILENT_BEFORE_START), boot + FORWARD_S)
        else:
            self._believe(wall - boot, boot)

    def _doubt_it(self, why: ClockDoubt, until: float) -> None:
        self._doubt, self._until = why, until

    def _believe(self, offset: float, boot: float) -> None:
        line, self._line, self._doubt = self._line, offset, None
        if line is None or abs(offset - line) > JUMP_S:
            self._taken_at = boot
            self._lines.appendleft(offset)
