"""The rate of a counter, by the hour: what it rose by, through how long it was watched."""

from __future__ import annotations

import math
from typing import Final

from actors.domain.durations import HOUR_S
from rules.extremes.part import Part

# A counter that was silent for longer tells nothing of its rate meanwhile.
MOST_GAP_S: Final = 26 * HOUR_S
# An hour of which less was seen is not judged.
LEAST_SEEN_S: Final = 900.0


class Counting(Part):
    __slots__ = ("_at", "_hour", "_rise", "_seen", "_total", "beyond")
    kept = __slots__

    def __init__(self) -> None:
        self._at = math.nan
        self._total = 0.0
        """The last reading, and when it came."""
        self.beyond = math.nan
        """The rate of the last hour, if it was not plausible; that lasts until the next one."""
        self._hour = 0
        self._rise = 0.0
        self._seen = 0.0
        """The hour since the epoch that goes on, what it rose by, and for how many seconds it was watched."""

    def take(self, at: float, total: float) -> tuple[float, float] | None:
        """When an hour is over: its middle, in seconds since the epoch, and its rate, in units an hour."""
        before, self._at = self._at, at
        risen, self._total = total - self._total, total
        if not 0 <= at - before <= MOST_GAP_S or risen < 0:
            # The first one, a clock that was set, a long silence, or a counter that began anew.
            return None
        ended = self._ended(int(at // HOUR_S))
        self._rise += risen
        self._seen += at - before
        return ended

    def _ended(self, hour: int) -> tuple[float, float] | None:
        if hour == self._hour:
            return None
        rate = self._rise / self._seen * HOUR_S if self._seen >= LEAST_SEEN_S else None
        middle = (self._hour + 0.5) * HOUR_S
        self._hour, self._rise, self._seen = hour, 0.0, 0.0
        return None if rate is None else (middle, rate)
