"""What a metric is, learned from its readings, where neither people nor its name say it."""

from __future__ import annotations

import math
from typing import Final

from actors.domain.metrics import Nature
from rules.extremes.part import Part, are_numbers

# Readings and rises before anything is concluded.
LEAST_READINGS: Final = 150
LEAST_RISES: Final = 30
# A counter that begins anew comes back to no more than this share of where it was.
RESET_SHARE: Final = 0.1
RESETS_SHARE: Final = 0.05
# Different values that are told apart.
MOST_VALUES: Final = 3
# A board that sends its counter twice, out of order, falls once or twice.
CERTAIN_FALLS: Final = 20


class Habits(Part):
    """How the values of one metric follow each other."""

    __slots__ = ("falls", "last", "readings", "resets", "rises", "values")
    kept = __slots__

    def __init__(self) -> None:
        self.values: tuple[float, ...] = ()
        """The different ones, until there are three."""
        self.readings = 0
        self.rises = 0
        self.falls = 0
        self.resets = 0
        self.last = math.nan

    def take(self, value: float) -> None:
        self.readings += 1
        last, self.last = self.last, value
        if value == last:
            return
        if len(self.values) < MOST_VALUES and value not in self.values:
            self.values = (*self.values, value)
        if last != last:
            return
        if value > last:
            self.rises += 1
        elif 0 <= value <= RESET_SHARE * last:
            self.resets += 1
        else:
            self.falls += 1

    def is_sound(self) -> bool:
        return len(self.values) <= MOST_VALUES and are_numbers(self.values, len(self.values))

    @property
    def is_certain(self) -> bool:
        """Whether it is a gauge, whatever may come."""
        many = self.readings >= LEAST_READINGS and self.falls >= CERTAIN_FALLS
        return many and len(self.values) == MOST_VALUES

    @property
    def nature(self) -> Nature | None:
        """``None`` while nothing can be said."""
        if self.readings < LEAST_READINGS:
            return None
        if len(self.values) == 2 and all(value in (0.0, 1.0) for value in self.values):
            return Nature.STATE
        if self.falls == 0 and self.rises >= LEAST_RISES and self.resets <= RESETS_SHARE * self.rises:
            return Nature.COUNTER
        return Nature.GAUGE
