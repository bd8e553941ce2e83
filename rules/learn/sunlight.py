"""Which ends of a habit's windows follow the sun rather than the clock, and how much better they fit it.

Over eight weeks sunset moves by up to an hour and more, and daylight saving moves it by another on the wall.
So the days themselves tell: an end follows the sun where it lies closer, day by day, to a time after sunset
or sunrise than to one of the clock. Where the sun hardly moves both fit, and the clock is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Final

from actors.domain.sun import FARTHEST, Sun, SunEvent, SunTime
from rules.base.settings import LearnSettings
from rules.learn.habit import Stay, WeeklyHabit, weekday_of
from rules.learn.timetable import DAY, SunFit, Timetable, Window, same_time
from rules.learn.windows import latest_habit

# Days on which an end was seen, of all windows of its kind: less is an anecdote.
LEAST_DAYS: Final = 21
# How much more likely the days must be by the sun than by the clock, as a natural logarithm: 60,000 to 1. It
# is asked each week of each end, and chance alone makes 1,000 to 1 of three weeks once in a thousand looks.
FOUND: Final = 11.0
# The same of an end whose other end follows the sun: 400 to 1.
LIKEWISE: Final = 6.0
# The same of what was found before: the clock must be as much likelier for it to be believed again.
HELD: Final = -FOUND
# Of a weekday, the days that show whether it still has its window.
LATEST: Final = 3
# A time is not known better than this, minutes: devices report each few minutes, schedules have whole ones.
EXACT: Final = 1.0
# How far the sun may have carried a window in eight weeks, minutes, an hour of it by daylight saving.
ASTRAY: Final = 120


def follows(timetable: Timetable) -> Set[SunEvent]:
    """Which of the sun's events some ends follow."""
    ends = (end for window in timetable for end in (window.start_by, window.end_by))
    return {end.time.event for end in ends if end is not None}


def by_the_sun(
    timetable: Timetable, habit: WeeklyHabit, sun: Sun, settings: LearnSettings, told: Timetable = ()
) -> Timetable:
    """The same windows, those that follow the sun as they are on the habit's newest day.

    What was ``told`` to follow it is not lost when the sun, or daylight saving, has carried it from where the
    weeks before had it.
    """
    today = habit.newest
    moved = [window.moved_to(today, sun) for window in told if window.start_by or window.end_by]
    carried = [window for window in moved if not any(window.is_like(found) for found in timetable)]
    windows: list[Window] = []
    left = [*timetable, *carried]
    while left:
        alike = [window for window in left if same_time(left[0], window)]
        left = [window for window in left if window not in alike]
        held = next((window for window in moved if same_time(alike[0], window)), None)
        fitted = _Alike(alike, habit, sun, settings).fitted(held)
        windows += [window for window in alike if window not in carried] if fitted is None else fitted
    return tuple(sorted(windows))


@dataclass(frozen=True, slots=True)
class _End:
    """One end of all windows of a kind, day by day."""

    days: Sequence[int]
    """Ordinals; an end past midnight is of the day that it falls on."""
    minutes: Sequence[float]
    """After that midnight."""
    past_midnight: int
    """Days from the one that the window begins on to the one that it usually ends on."""

    @classmethod
    def of(cls, edges: Sequence[tuple[int, float]]) -> _End:
        """From days on which windows begin, and minutes after that midnight."""
        later = round(fmean(minute // DAY for _, minute in edges))
        return cls([day + later for day, _ in edges], [minute - later * DAY for _, minute in edges], later)

    def fit(self, sun: Sun, step: int, held: SunFit | None, least: float) -> SunFit | None:
        """What it follows of the sun, ``None`` where the clock is as good; ``held`` is what it did before."""
        clock = _spread(self.minutes)
        fits = [fit for event in SunEvent if (fit := self._fit_to(event, sun, step, clock, held)) is not None]
        best = min(fits, key=lambda fit: fit.spread, default=None)
        if best is None:
            return None
        # Of two tales of the same days the likelier one, by Laplace, who minds a stray day less than Gauss.
        likelier = len(self.days) * math.log(clock / best.spread)
        is_held = held is not None and held.time.event is best.time.event
        return best if likelier > (HELD if is_held else least) else None

    def _fit_to(
        self, event: SunEvent, sun: Sun, step: int, clock: float, held: SunFit | None
    ) -> SunFit | None:
        after = []
        for day, minute in zip(self.days, self.minutes, strict=True):
            if (there := sun.minute(event, day)) is None:
                return None
            after.append(minute - there)
        minutes = round(median(after) / step) * step
        if held is not None and held.time.event is event and abs(median(after) - held.time.minutes) <= step:
            minutes = held.time.minutes
        return SunFit(SunTime(event, minutes), _spread(after), clock) if abs(minutes) <= FARTHEST else None

    def minute(self, fit: SunFit | None, day: int, sun: Sun, step: int, held: int | None) -> int | None:
        """When it is for a window that begins on this day: by the clock in the middle of all days, or as it
        was ``held`` to be, which is about the same.
        """
        later = self.past_midnight * DAY
        if fit is not None:
            there = sun.minute(fit.time.event, day)
            return None if there is None else round(there) + fit.time.minutes + later
        middle = median(self.minutes) + later
        return held if held is not None and abs(middle - held) <= step else round(middle / step) * step


class _Alike:
    """Windows of about the same time on several weekdays, which show together what one alone does not."""

    def __init__(
        self, windows: Sequence[Window], habit: WeeklyHabit, sun: Sun, settings: LearnSettings
    ) -> None:
        self._windows = windows
        self._today = habit.newest
        self._sun = sun
        self._thresh = settings.ai_r3_prob_thresh
        self._step = settings.ai_r3_round_to_min or 1
        self._stays = {window: _stays(window, habit) for window in windows}

    def fitted(self, held: Window | None) -> Sequence[Window] | None:
        """``None`` where none of their ends follows the sun; ``held`` is one of them as it was before."""
        stays = [(day, stay) for days in self._stays.values() for day, stay in days if stay.lasted]
        if len(stays) < LEAST_DAYS:
            return None
        start = _End.of([(day, stay.start) for day, stay in stays])
        end = _End.of([(day, stay.end) for day, stay in stays])
        before = (None, None) if held is None else (held.start_by, held.end_by)
        least = FOUND
        for _ in range(2):
            start_by = start.fit(self._sun, self._step, before[0], least)
            end_by = end.fit(self._sun, self._step, before[1], least)
            if start_by is None and end_by is None:
                return None
            least = LIKEWISE
        held_start = None if held is None else held.start % DAY
        held_end = None if held is None else held.start % DAY + held.length
        begins = start.minute(start_by, self._today, self._sun, self._step, held_start)
        ends = end.minute(end_by, self._today, self._sun, self._step, held_end)
        if begins is None or ends is None or not 0 < ends - begins <= DAY:
            return None
        return [
            replace(
                self._with_evidence(window),
                start=window.weekday * DAY + begins % DAY,
                length=ends - begins,
                start_by=start_by,
                end_by=end_by,
            )
            for window in self._windows
            if self._is_lived(window)
        ]

    def _is_lived(self, window: Window) -> bool:
        """Whether it was, on most of the latest days."""
        latest = [stay.lasted for _, stay in self._stays[window][:LATEST]]
        return 2 * sum(latest) > len(latest)

    def _with_evidence(self, window: Window) -> Window:
        """On how many days it was seen, wherever the sun had carried it."""
        seen, of = latest_habit([stay.lasted for _, stay in self._stays[window]], self._thresh)
        return replace(window, seen=seen, of=of)


def _stays(window: Window, habit: WeeklyHabit) -> Sequence[tuple[int, Stay]]:
    """Of each day that may have had the window and was seen, the newest first."""
    begins = (window.start % DAY - ASTRAY) // habit.bin_minutes
    ends = -((window.start % DAY + window.length + ASTRAY) // -habit.bin_minutes)
    days = (day for day in reversed(habit.remembered) if weekday_of(day) == window.weekday)
    found = ((day, habit.stay_on(day, range(begins, ends))) for day in days)
    return [(day, stay) for day, stay in found if stay is not None]


def _spread(values: Sequence[float]) -> float:
    """Minutes that they are away from the middle one, on average."""
    middle = median(values)
    return max(EXACT, fmean(abs(value - middle) for value in values))
