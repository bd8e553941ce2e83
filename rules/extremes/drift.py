"""A level that creeps, a little each day, further than days that only wander would take it."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from rules.extremes.part import Part

WEEK: Final = 7
DAYS: Final = 4 * WEEK
# Days at either end, and in the middle, whose middle value is compared.
ENDS: Final = 5
# How many times the way that a random walk of such steps would go. The largest steps do not count.
SURPRISE: Final = 4.0
KEPT_STEPS: Final = 0.8
# And how much of a middling day's span.
SPAN_SHARE: Final = 0.25
# What creeps is on its way in the middle; what has stepped is not.
ON_ITS_WAY: Final = (0.2, 0.8)
# It goes on while it is as surprising as this share of what it took to begin.
GOING_ON: Final = 0.6


class Drift(Part):
    """The means of the last days that had readings."""

    __slots__ = ("_count", "_day", "_means", "_sum", "begun_at", "drifts", "level")
    kept = __slots__

    def __init__(self) -> None:
        self._means = array("f")
        self._day = 0
        self._sum = 0.0
        self._count = 0
        self.drifts = False
        self.begun_at = 0.0
        self.level = 0.0
        """Where it was at the beginning of a drift, and where it is."""

    def take(self, day: int, total: float, count: int, span: float, smallest: float) -> None:
        """Take in ``count`` readings of a day since the epoch, which come to ``total``.

        ``span`` is a middling day's, and ``smallest`` the least change that matters.
        """
        if day > self._day:
            if self._count:
                self._close(span, smallest)
            self._day = day
        self._sum += total
        self._count += count

    def _close(self, span: float, smallest: float) -> None:
        # Made anew, as one that grows takes a quarter more.
        means = self._means = array("f", [*self._means[1 - DAYS :], self._sum / self._count])
        self._sum, self._count = 0.0, 0
        if len(means) < DAYS:
            return
        first, last = _middle(means[:ENDS]), _middle(means[-ENDS:])
        gone = last - first
        if abs(gone) <= max(smallest, SPAN_SHARE * span):
            self.drifts = False
            return
        bar = SURPRISE * wandered(means) * (GOING_ON if self.drifts else 1.0)
        half = (_middle(means[(DAYS - ENDS) // 2 : (DAYS + ENDS) // 2]) - first) / gone
        on_its_way = self.drifts or ON_ITS_WAY[0] <= half <= ON_ITS_WAY[1]
        self.drifts = on_its_way and abs(gone) > bar
        if self.drifts:
            self.begun_at, self.level = first, last

    def is_sound(self) -> bool:
        return len(self._means) <= DAYS and self._count >= 0


def wandered(means: Sequence[float]) -> float:
    """How far days that differ like these may well go, each weekday's own level apart."""
    usual = [sum(means[n::WEEK]) / len(means[n::WEEK]) for n in range(WEEK)]
    apart = [mean - usual[n % WEEK] for n, mean in enumerate(means)]
    steps = sorted(abs(b - a) for a, b in pairwise(apart))
    kept = steps[: int(KEPT_STEPS * len(steps))]
    return 1.25 * sum(kept) / len(kept) * math.sqrt(len(means) - ENDS)


def _middle(values: array[float]) -> float:
    return sorted(values)[len(values) // 2]
