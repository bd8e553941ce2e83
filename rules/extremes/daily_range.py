"""How far a metric goes in a day, and what follows: the range that a reading is held to.

It keeps the highest and the lowest of each of :data:`PARTS` parts of the window, not how often a value
was read: what comes once a day, a kettle, is as usual as what is always there.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Final

from actors.domain.durations import DAY_S
from rules.base.settings import ExtremesSettings
from rules.extremes.part import Part, are_numbers

# A part is a day with the default window of 30.
PARTS: Final = 30
# Two of every hour of the day before history is believed; half the window where that is less.
SETTLE_S: Final = 2 * DAY_S
# A new level is let in when it was there on so many of the last so many parts, a good while each.
PERSIST_PARTS: Final = 3
PERSIST_AMONG: Final = 14
PERSIST_SHARE: Final = 0.05
# Where the highest of the parts differ, by so many times the padding of that.
SPREAD_PADS: Final = 1.0
# What few parts make plausible is padded more: twice as much when there are so many.
YOUNG_PARTS: Final = 3.0

_NAN: Final = math.nan
# The lowest and the highest of nothing.
_NONE: Final = (math.inf, -math.inf)


class DailyRange(Part):
    """Lows and highs by part of the window, and what lay beyond them.

    ``usual`` is what the parts that are over make plausible, once there are enough of them.
    """

    __slots__ = (
        "_beyond",
        "_ends",
        "_extremes",
        "_first",
        "_outside",
        "_persisting",
        "_seen",
        "points",
        "span",
        "usual",
    )
    kept = __slots__

    def __init__(self) -> None:
        self._ends = -math.inf
        """When the part that goes on, the last one, will be over."""
        self._extremes = array("f")
        """The lowest and the highest of each part, by turns; NaN for a part without readings."""
        self._first = math.inf
        """When it began, seconds since the epoch."""
        self.points = 0
        """How many readings it holds, or held."""
        self._seen = 0
        self._outside = 0
        self._beyond = _NONE
        """Readings in the part that goes on, those beyond the range, and the lowest and highest of them."""
        self._persisting: tuple[tuple[float, float, float], ...] = ()
        """Parts of late in which much lay beyond: their numbers, and how far it went."""
        self.usual: tuple[float, float] | None = None
        self.span = 0.0
        """From the lowest to the highest of a middling part; 0 until a part is over."""

    def newest(self, settings: ExtremesSettings) -> float:
        """When the part that goes on began."""
        return self._ends - part_s(settings)

    @property
    def lowest(self) -> float:
        """Of the parts that are over; infinite where there is none."""
        return min((low for low in self._extremes[:-2:2] if low == low), default=math.inf)

    def take(self, settings: ExtremesSettings, at: float, value: float, excluded: bool) -> bool:
        """Put a reading where it belongs; whether a part has ended with it.

        ``at`` may be earlier than before: a clock was set back, and the newest part takes it.
        """
        ended = at >= self._ends
        if ended:
            self._begin(settings, math.floor(at / part_s(settings)), at)
        self._seen += 1
        if excluded:
            self._outside += 1
            low, high = self._beyond
            self._beyond = (min(low, value), max(high, value))
            return ended
        self.points += 1
        extremes = self._extremes
        if not value >= extremes[-2]:
            extremes[-2] = value
        if not value <= extremes[-1]:
            extremes[-1] = value
        return ended

    def _begin(self, settings: ExtremesSettings, number: int, at: float) -> None:
        """Close the part that went on."""
        gone = 1
        if self._extremes:
            newest = round(self._ends / part_s(settings)) - 1
            self._close(newest, number)
            gone = min(number - newest, PARTS + 1)
        else:
            self._first = at
        kept = [*self._extremes, *[_NAN] * (2 * gone - 2)][-2 * PARTS :]
        self._look_up(settings, kept[::2], kept[1::2], number, at)
        # Made anew, as one that grows takes a quarter more.
        self._extremes = array("f", [*kept, _NAN, _NAN])
        self._ends = (number + 1) * part_s(settings)
        self._seen = self._outside = 0
        self._beyond = _NONE

    def _close(self, newest: int, number: int) -> None:
        """Of the parts by number, ``newest`` is over, and ``number`` begins."""
        self._hold_back()
        if self._outside >= max(1.0, PERSIST_SHARE * self._seen):
            self._persisting = (*self._persisting, (float(newest), *self._beyond))
        self._persisting = tuple(each for each in self._persisting if each[0] >= number - PERSIST_AMONG)
        if len(self._persisting) >= PERSIST_PARTS:
            for _, low, high in self._persisting:
                if not self._extremes[-2] <= low:
                    self._extremes[-2] = low
                if not self._extremes[-1] >= high:
                    self._extremes[-1] = high
            self._persisting = ()

    def _hold_back(self) -> None:
        """What came close to the bounds on a day on which others went beyond them is no new extreme."""
        low, high = self._beyond
        extremes = self._extremes
        before = [each for each in extremes[1:-2:2] if each == each]
        if high > extremes[-1] and before:
            extremes[-1] = min(extremes[-1], max(before))
        before = [each for each in extremes[:-2:2] if each == each]
        if low < extremes[-2] and before:
            extremes[-2] = max(extremes[-2], min(before))

    def _look_up(
        self,
        settings: ExtremesSettings,
        all_lows: Sequence[float],
        all_highs: Sequence[float],
        number: int,
        at: float,
    ) -> None:
        """What the parts before ``number`` make plausible."""
        lows = sorted([low for low in all_lows if low == low], reverse=True)
        highs = sorted([high for high in all_highs if high == high])
        if not highs:
            self.usual = None
            return
        last = len(highs) - 1
        low = lows[math.ceil((1 - settings.ai_hist_pmin / 100) * last)]
        high = highs[math.ceil(settings.ai_hist_pmax / 100 * last)]
        self.span = max(0.0, highs[last // 2] - lows[last // 2])
        oldest = next(n for n, high in enumerate(all_highs) if high == high)
        begins = max(self._first, (number - len(all_highs) + oldest) * part_s(settings))
        settled = at - begins >= min(SETTLE_S, part_s(settings) * PARTS / 2)
        if not settled or self.points < settings.ai_hist_min_points:
            self.usual = None
            return
        share = settings.ai_hist_pad_frac * (1 + YOUNG_PARTS / len(highs))
        padding = share * (high - low) + settings.ai_hist_pad_abs
        spread = SPREAD_PADS * share
        self.usual = (
            low - padding - spread * max(0.0, lows[last // 2] - low),
            high + padding + spread * max(0.0, high - highs[last // 2]),
        )

    def is_sound(self) -> bool:
        pairs = (self._beyond, _NONE if self.usual is None else self.usual)
        return (
            len(self._extremes) % 2 == 0
            and len(self._extremes) <= 2 * (PARTS + 1)
            and bool(self._extremes) is (self._ends > -math.inf)
            and all(are_numbers(pair, 2) for pair in pairs)
            and all(isinstance(each, tuple) and are_numbers(each, 3) for each in self._persisting)
        )


def part_s(settings: ExtremesSettings) -> float:
    return settings.ai_hist_window_days * DAY_S / PARTS
