"""Whether the clock on the wall is to be believed when it says that something is old."""

from __future__ import annotations

from typing import Final

from actors.domain.clock_doubt import ClockDoubt, Doubt
from actors.runtime.clock import Clock

# What the two clocks may differ by between two looks; what a time server corrects stays below.
JUMP_S: Final = 3_600.0
# How long both have to agree before the one on the wall is believed again.
AGREED_S: Final = 86_400.0


class ClockWatch:
    """Compares the clock on the wall with the one that only goes forward, at each :meth:`look`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._boot = clock.now(), clock.since_boot()
        self._doubt: ClockDoubt | None = None
        self._doubted_until = 0.0

    def doubt(self, why: ClockDoubt) -> None:
        """Do not believe the clock before it has run evenly for a day."""
        self._doubt = why
        self._doubted_until = self._clock.since_boot() + AGREED_S

    def look(self) -> ClockDoubt | None:
        """Why the clock on the wall is not to be believed; ``None`` when it is."""
        wall, boot = self._clock.now(), self._clock.since_boot()
        jump = (wall - self._wall) - (boot - self._boot)
        self._wall, self._boot = wall, boot
        if abs(jump) > JUMP_S:
            self.doubt(ClockDoubt(Doubt.JUMP_WITHIN_A_DAY, jump))
        elif boot >= self._doubted_until:
            self._doubt = None
        return self._doubt
