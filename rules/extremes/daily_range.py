"""How far a metric goes in a day, and what follows: the range that a reading is held to.

It keeps the highest and the lowest of each of :data:`PARTS` parts of the window, not how often a value
was read: what comes once a day, a kettle, is as usual as what is always there.
"""

from __future__ import annotations

import math
from array import array
from typing import Final

from rules.base.settings import ExtremesSettings
from rules.extremes.part import Part, are_numbers

DAY_S: Final = 86_400.0
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
        "_first",
        "_highs",
        "_lows",
        "_newest",
        "_outside",
        "_persisting",
        "_seen",
        "points",
        "span",
        "usual",
    )
    kept = __slots__

    def __init__(self) -> None:
        self._newest = 0
        """The number since the epoch of the part that goes on, which is the last one."""
        self._ends = -math.inf
        """When it will be over."""
        self._lows = array("f")
        self._highs = array("f")
        """NaN for a part without readings."""
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
        return self._newest * part_s(settings)

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
        if not value >= self._lows[-1]:
            self._lows[-1] = value
        if not value <= self._highs[-1]:
            self._highs[-1] = value
        return ended

    def _begin(self, settings: ExtremesSettings, number: int, at: float) -> None:
        """Close the part that went on."""
        if self._lows:
            self._close(number)
        else:
            self._first, self._newest = at, number - 1
        gone = min(number - self._newest, PARTS + 1)
        for parts in (self._lows, self._highs):
            parts.extend([_NAN] * (gone - 1))
            del parts[: max(0, len(parts) - PARTS)]
        self._look_up(settings, number, at)
        # Made anew, as one that grows takes a quarter more.
        self._lows = array("f", [*self._lows, _NAN])
        self._highs = array("f", [*self._highs, _NAN])
        self._newest, self._ends = number, (number + 1) * part_s(settings)
        self._seen = self._outside = 0
        self._beyond = _NONE

    def _close(self, number: int) -> None:
        self._hold_back()
        if self._outside >= max(1.0, PERSIST_SHARE * self._seen):
            self._persisting = (*self._persisting, (float(self._newest), *self._beyond))
        self._persisting = tuple(each for each in self._persisting if each[0] >= number - PERSIST_AMONG)
        if len(self._persisting) >= PERSIST_PARTS:
            for _, low, high in self._persisting:
                self._lows[-1] = low if not self._lows[-1] <= low else self._lows[-1]
                self._highs[-1] = high if not self._highs[-1] >= high else self._highs[-1]
            self._persisting = ()

    def _hold_back(self) -> None:
        """What came close to the bounds on a day on which others went beyond them is no new extreme."""
        low, high = self._beyond
        before = [each for each in self._highs[:-1] if each == each]
        if high > self._highs[-1] and before:
            self._highs[-1] = min(self._highs[-1], max(before))
        before = [each for each in self._lows[:-1] if each == each]
        if low < self._lows[-1] and before:
            self._lows[-1] = max(self._lows[-1], min(before))

    def _look_up(self, settings: ExtremesSettings, number: int, at: float) -> None:
        """What the parts before ``number`` make plausible."""
        lows = sorted([low for low in self._lows if low == low], reverse=True)
        highs = sorted([high for high in self._highs if high == high])
        if not highs:
            self.usual = None
            return
        last = len(highs) - 1
        low = lows[math.ceil((1 - settings.ai_hist_pmin / 100) * last)]
        high = highs[math.ceil(settings.ai_hist_pmax / 100 * last)]
        self.span = max(0.0, highs[last // 2] - lows[last // 2])
        oldest = next(n for n, high in enumerate(self._highs) if high == high)
        begins = max(self._first, (number - len(self._highs) + oldest) * part_s(settings))
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
            len(self._lows) == len(self._highs) <= PARTS + 1
            and bool(self._lows) is (self._ends > -math.inf)
            and all(are_numbers(pair, 2) for pair in pairs)
            and all(isinstance(each, tuple) and are_numbers(each, 3) for each in self._persisting)
        )


def part_s(settings: ExtremesSettings) -> float:
    return settings.ai_hist_window_days * DAY_S / PARTS
