"""Numbers by which a sensor says that it has none: -127, 85, 65535, a 0 beside a steady signal.

The well-known ones count from the first time, anything else once it has come back :data:`TIMES` times to
the last digit: each time alone, and far from all that was read before and after.
"""

from __future__ import annotations

import math
from typing import Final

from rules.extremes.part import Part

FAMOUS: Final = frozenset(
    (-127.0, 85.0, 65535.0, 65534.0, 32767.0, 32768.0, -32768.0, 9999.0, -9999.0, 999.0, -999.0, 4294967295.0)
)
TIMES: Final = 3
# Far is so many times as far as all else reaches, and by more than this share of the larger of the two.
REACHES: Final = 4.0
SHARE: Final = 0.5
# Plain readings before anything but the well-known can be far from them.
LEAST_PLAIN: Final = 30
# So many in a row are no fault of a moment.
ROW: Final = 3

# The lowest and the highest of nothing.
_LOWEST: Final = math.inf
_HIGHEST: Final = -math.inf


class Sentinels(Part):
    """``known`` is the last one that was found out, NaN if none was."""

    __slots__ = ("_high", "_low", "_plain", "_row", "_suspect", "_times", "known", "last")
    kept = __slots__

    def __init__(self) -> None:
        self.last = math.nan
        """The last plain reading."""
        self._low = _LOWEST
        self._high = _HIGHEST
        """How far plain readings went while nothing was known to be usual."""
        self._plain = 0
        """Plain readings, up to :data:`LEAST_PLAIN`."""
        self._suspect = math.nan
        self._times = 0
        self._row = 0
        self.known = math.nan

    def is_held_back(self, value: float, usual: tuple[float, float] | None) -> bool:
        """Whether ``value`` is not to be learned from. Where it is, :attr:`known` says if that is certain."""
        if usual is not None and usual[0] <= value <= usual[1]:
            self._row = 0
            self.last = value
            self._low, self._high = _LOWEST, _HIGHEST
            return False
        if value in FAMOUS or value == self.known:
            if self._is_far(value, usual) or self.last != self.last:
                self.known = value if self.last == self.last else self.known
                return True
        elif self._is_suspect(value, usual):
            return True
        self._note(value)
        return False

    def _note(self, value: float) -> None:
        self.last = value
        self._row = 0
        self._plain = min(self._plain + 1, LEAST_PLAIN)
        if value < self._low:
            self._low = value
        if value > self._high:
            self._high = value

    def _reach(self, usual: tuple[float, float] | None) -> float:
        return self._high - self._low if usual is None else usual[1] - usual[0]

    def _is_far(self, value: float, usual: tuple[float, float] | None) -> bool:
        away = abs(value - self.last)
        return away > REACHES * self._reach(usual) and away > SHARE * max(abs(value), abs(self.last))

    def _is_suspect(self, value: float, usual: tuple[float, float] | None) -> bool:
        reach = self._reach(usual)
        if self._plain < LEAST_PLAIN or reach <= 0 or not self._is_far(value, usual):
            return False
        if value != self._suspect:
            # Two that differ are a signal that goes there.
            alone = self._row == 0
            self._suspect, self._times, self._row = value, 1, 1
            return alone
        self._times += self._row == 0
        self._row += 1
        if self._row > ROW:
            return False
        if self._times >= TIMES:
            self.known = value
        return True
