"""What is usual at this hour of this day of the week, and when an hour is not.

Robust exponential smoothing (Gelper, Fried and Croux, 2010) of the hours' means, twice: by the hour of the
day and by the hour of the week. Whichever has foretold better of late is believed. An hour that comes some
time early or late is no surprise: it is held to what lies between the hour before and the hour after.

How far off an hour is, in units of how far off that hour of the day usually is, is added up with what is
left of the hours before. That sum is told when it is beyond all that it was in the last weeks: a metric
that is wild each Sunday raises its own bar.
"""

from __future__ import annotations

import math
from array import array
from typing import Final

from rules.extremes.part import Part, are_numbers

HOURS: Final = 24
# The week is kept by pairs of hours.
PAIRS: Final = 7 * HOURS // 2
# Pairs of hours of a week, hours of a day, how far off each hour of a day usually is; then what each is held
# to: the sum, what it usually is, the bar, and how far the sum has risen since it was last calm.
_DAY: Final = PAIRS
_SPREAD: Final = PAIRS + HOURS
_SUM: Final = PAIRS + 2 * HOURS
_USUAL: Final = _SUM + 1
_BAR: Final = _SUM + 2
_RISEN: Final = _SUM + 3
_SIZE: Final = _SUM + 4

# Hours known before one is judged: a week, less the gaps that there may be.
LEAST_HOURS: Final = 7 * HOURS
# What a new value weighs once there are as many as it takes.
DAY_WEIGHT: Final = 1 / 10
WEEK_WEIGHT: Final = 1 / 5
SPREAD_WEIGHT: Final = 1 / 12
SPREAD_DOWN: Final = 1 / 60
USUAL_WEIGHT: Final = 1 / 100
BEYOND_USUAL: Final = 4.0
# A surprise moves what is usual by no more than so many spreads.
HUBER: Final = 3.0
# What is left of the sum an hour later, and what one hour can add.
LEFT: Final = 0.85
MOST_AN_HOUR: Final = 15.0
# The sum that is told at the earliest, and how far it must be beyond those of late.
LEAST_SUM: Final = 7.0
BEYOND_LATE: Final = 1.3
# What few days make usual takes more to be surprised by: twice as much when there were so many hours.
YOUNG_HOURS: Final = 3 * HOURS
# What the sum came to raises the bar once it is down here again.
CALM_SUM: Final = 2.0
# A bar that was raised comes down again: by half in three weeks.
BAR_LEFT: Final = 0.5 ** (1 / (21 * HOURS))
# Differences below this share of a middling day's span are no surprise.
FLOOR_SHARE: Final = 0.03

_NOTHING: Final = (0.0, 0.0)


class Rhythm(Part):
    __slots__ = (
        "_hours",
        "_table",
        "expected",
        "mean",
        "off",
    )
    kept = __slots__

    def __init__(self) -> None:
        self._table = array("f", [math.nan]) * _SUM + array("f", [0.0]) * (_SIZE - _SUM)
        self._hours = 0
        self.off = False
        """Whether the last hour was not as usual."""
        self.expected = _NOTHING
        """Between what its mean was to lie, if it was not."""
        self.mean = 0.0
        """What it was then."""

    def hour(self, slot: int, mean: float, span: float) -> None:
        """Take in the mean of an hour; ``slot`` counts from Monday 0:00, local time.

        ``span`` is that of a middling day, in the metric's unit.
        """
        hour = slot % HOURS
        day = self._table[_DAY + hour]
        scale = self._scale(hour, span)
        if day == day:
            self._judge(mean, *self._foretold(slot, hour), scale)
        self.mean = mean if self.off else 0.0
        self._learn(slot, hour, mean, scale)

    def _foretold(self, slot: int, hour: int) -> tuple[float, float]:
        """The lowest and highest that may well be: of the day's and the week's, an hour early or late."""
        table = self._table
        near = (
            table[_DAY + (hour - 1) % HOURS],
            table[_DAY + hour],
            table[_DAY + (hour + 1) % HOURS],
            table[(slot - 1) // 2 % PAIRS],
            table[(slot + 1) // 2 % PAIRS],
        )
        known = [each for each in near if each == each]
        return min(known), max(known)

    def _scale(self, hour: int, span: float) -> float:
        table = self._table
        before, after = (hour - 1) % HOURS, (hour + 1) % HOURS
        spreads = table[_SPREAD + before], table[_SPREAD + hour], table[_SPREAD + after]
        known = [each for each in spreads if each == each]
        return 1.25 * max(known, default=0.0) + FLOOR_SHARE * span

    def _judge(self, mean: float, low: float, high: float, scale: float) -> None:
        away = mean - high if mean > high else mean - low if mean < low else 0.0
        off = away / scale if scale else math.copysign(MOST_AN_HOUR, away) if away else 0.0
        table = self._table
        table[_SUM] = LEFT * table[_SUM] + min(MOST_AN_HOUR, max(-MOST_AN_HOUR, off))
        size = abs(table[_SUM])
        bar = max(LEAST_SUM, BEYOND_LATE * table[_BAR], BEYOND_USUAL * table[_USUAL])
        bar *= 1 + YOUNG_HOURS / (self._hours + 1)
        if self.off:
            self.off = size > bar / 2 and abs(off) > 1
        else:
            self.off = self._hours >= LEAST_HOURS and size > bar
        self.expected = (low, high) if self.off else _NOTHING
        self._raise_bar(size)

    def _raise_bar(self, size: float) -> None:
        table = self._table
        table[_BAR] *= BAR_LEFT
        if self.off:
            table[_RISEN] = 0.0
            return
        table[_USUAL] += USUAL_WEIGHT * (size - table[_USUAL])
        if size > CALM_SUM:
            table[_RISEN] = max(table[_RISEN], size)
        elif table[_RISEN]:
            if self._hours >= 3 * HOURS:
                table[_BAR] = max(table[_BAR], table[_RISEN])
            table[_RISEN] = 0.0

    @property
    def surprise(self) -> float:
        """How far off the last hours were, in the units of the module's text."""
        return abs(self._table[_SUM])

    def is_sound(self) -> bool:
        return len(self._table) == _SIZE and self._hours >= 0 and are_numbers(self.expected, 2)

    def _learn(self, slot: int, hour: int, mean: float, scale: float) -> None:
        table = self._table
        days = self._hours // HOURS + 1
        self._hours += 1
        most = HUBER * scale if self._hours >= LEAST_HOURS and scale else math.inf
        day, week, spread = table[_DAY + hour], table[slot // 2], table[_SPREAD + hour]
        if day == day:
            error = min(abs(mean - day), abs(mean - week) if week == week else math.inf, most)
            weight = max(SPREAD_WEIGHT if error > spread else SPREAD_DOWN, 1 / days)
            table[_SPREAD + hour] = error if spread != spread else spread + weight * (error - spread)
        table[_DAY + hour] = mean if day != day else day + max(DAY_WEIGHT, 1 / days) * _held(mean - day, most)
        table[slot // 2] = mean if week != week else week + WEEK_WEIGHT * _held(mean - week, most)


def _held(value: float, most: float) -> float:
    return min(most, max(-most, value))
