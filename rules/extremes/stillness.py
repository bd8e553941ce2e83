"""A value that sticks: the same to the last digit, for much longer than it has ever been.

What a metric rests at, 0 W or a light's 0 at night, it may rest at for weeks: a value held for long on
several days is no sensor that hangs.
"""

from __future__ import annotations

import math
from typing import Final

from actors.domain.durations import DAY_S
from rules.extremes.part import Part

# A run is told from here on, and when it is so many times the longest before.
LEAST_S: Final = 6 * 3_600.0
LEAST_READINGS: Final = 12
LONGER: Final = 4.0
# A value held for so long, on so many days, is one that the metric rests at.
REST_S: Final = 3_600.0
REST_DAYS: Final = 3
# How much of a metric's readings must bring another value for its stillness to be a surprise.
LIVELY: Final = 0.3


class Stillness(Part):
    __slots__ = (
        "_changes",
        "_count",
        "_day",
        "_longest",
        "_readings",
        "_rest",
        "_rest_days",
        "_since",
        "stuck",
    )
    kept = __slots__

    def __init__(self) -> None:
        self._since = 0.0
        self._count = 0
        self._longest = 0.0
        self._rest = math.nan
        self._rest_days = 0
        self._day = -1
        self._readings = 0
        self._changes = 0
        self.stuck = False

    def take(self, at: float, last: float, value: float, settled: bool) -> None:
        """A reading, and the ``last`` one before it, which is NaN of the first."""
        self._readings += 1
        if value != last:
            if last == last:
                self._end(at, last)
            self._since, self._count = at, 1
            return
        self._count += 1
        if self.stuck or not settled or self._count < LEAST_READINGS or value == 0:
            return
        held = at - self._since
        if held < max(LEAST_S, LONGER * self._longest) or self._rests_at(value):
            return
        self.stuck = self._changes >= LIVELY * (self._readings - self._count)

    def _rests_at(self, value: float) -> bool:
        return value == self._rest and self._rest_days >= REST_DAYS

    def _end(self, at: float, last: float) -> None:
        held = at - self._since
        self._changes += 1
        if held >= REST_S:
            self._note_rest(math.floor(at / DAY_S), last)
        if held and not self.stuck and not self._rests_at(last):
            self._longest = max(0.999 * self._longest, held)
        self.stuck = False

    def _note_rest(self, day: int, value: float) -> None:
        if value != self._rest:
            self._rest_days -= 1
            if self._rest_days < 0:
                self._rest, self._rest_days, self._day = value, 1, day
        elif day != self._day:
            self._rest_days, self._day = min(self._rest_days + 1, 30), day
