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
# Pairs of hours of a week, hours of a day, how far off each hour of a day usually is.
_DAY: Final = PAIRS
_SPREAD: Final = PAIRS + HOURS
_SIZE: Final = PAIRS + 2 * HOURS

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


class Rhythm(Part):
    __slots__ = (
        "_bar",
        "_hours",
        "_risen",
        "_sum",
        "_table",
        "_usual",
        "expected",
        "mean",
        "off",
    )
    kept = __slots__

    def __init__(self) -> None:
        self._table = array("f", [math.nan]) * _SIZE
        self._hours = 0
        self._usual = 0.0
        self._sum = 0.0
        self._bar = 0.0
        self._risen = 0.0
        self.off = False
        """Whether the last hour was not as usual."""
        self.expected = (0.0, 0.0)
        """Between what its mean was to lie."""
        self.mean = 0.0

    def hour(self, slot: int, mean: float, span: float) -> None:
        """Take in the mean of an hour; ``slot`` counts from Monday 0:00, local time.

        ``span`` is that of a middling day, in the metric's unit.
        """
        self.mean = mean
        hour = slot % HOURS
        day = self._table[_DAY + hour]
        scale = self._scale(hour, span)
        if day == day:
            self._judge(mean, *self._foretold(slot, hour), scale)
        self._learn(slot, hour, mean, scale)

    def _foretold(self, slot: int, hour: int) -> tuple[float, float]:
        """The lowest and highest that may well be: of the day's and the week's, an hour early or late."""
        table = self._table
        near = [
            *(table[_DAY + (hour + n) % HOURS] for n in (-1, 0, 1)),
            *(table[(slot + n) // 2 % PAIRS] for n in (-1, 0, 1)),
        ]
        known = [each for each in near if each == each]
        return min(known), max(known)

    def _scale(self, hour: int, span: float) -> float:
        table = self._table
        spreads = [table[_SPREAD + (hour + n) % HOURS] for n in (-1, 0, 1)]
        known = [each for each in spreads if each == each]
        return 1.25 * max(known, default=0.0) + FLOOR_SHARE * span

    def _judge(self, mean: float, low: float, high: float, scale: float) -> None:
        away = mean - high if mean > high else mean - low if mean < low else 0.0
        off = away / scale if scale else math.copysign(MOST_AN_HOUR, away) if away else 0.0
        self._sum = LEFT * self._sum + min(MOST_AN_HOUR, max(-MOST_AN_HOUR, off))
        self.expected = low, high
        size = abs(self._sum)
        bar = max(LEAST_SUM, BEYOND_LATE * self._bar, BEYOND_USUAL * self._usual)
        bar *= 1 + YOUNG_HOURS / (self._hours + 1)
        if self.off:
            self.off = size > bar / 2 and abs(off) > 1
        else:
            self.off = self._hours >= LEAST_HOURS and size > bar
        self._raise_bar(size)

    def _raise_bar(self, size: float) -> None:
        self._bar *= BAR_LEFT
        if self.off:
            self._risen = 0.0
            return
        self._usual += USUAL_WEIGHT * (size - self._usual)
        if size > CALM_SUM:
            self._risen = max(self._risen, size)
        elif self._risen:
            self._bar, self._risen = max(self._bar, self._risen if self._hours >= 3 * HOURS else 0), 0.0

    @property
    def surprise(self) -> float:
        """How far off the last hours were, in the units of the module's text."""
        return abs(self._sum)

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
