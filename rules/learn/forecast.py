"""Whether windows are a habit or only picked out of chance: chance has no memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rules.base.settings import LearnSettings
from rules.learn.estimate import lit_bins
from rules.learn.habit import Ages, WeeklyHabit
from rules.learn.windows import chance, latest_habit, runs_of

# Windows must stand out from the time between them by this share of the time.
CONTRAST: Final = 0.3
# Chance at which so many right days are no coincidence. Asked daily, so it has to be small.
FORETOLD: Final = 1e-5


def foretells(habit: WeeklyHabit, ages: Ages, settings: LearnSettings) -> bool:
    """Whether what every other week shows is also found in the weeks between, and the other way round.

    Windows must be right beyond chance, and so must the gaps between them.
    """
    windows, gaps = _Forecast(), _Forecast()
    for shown, hidden in ((ages[::2], ages[1::2]), (ages[1::2], ages[::2])):
        bins = lit_bins(habit.week(shown), settings, b"")
        week = habit.week(hidden)
        for was_on, was_seen, lit in zip(week.on, week.seen, bins, strict=True):
            (windows if lit else gaps).add_time(was_on, was_seen)
        for run in runs_of(bins, settings):
            windows.add_days(habit.days_on(run.first, run.bins, hidden))
        for run in runs_of(bytes(1 - lit for lit in bins), settings):
            gaps.add_days([not was_on for was_on in habit.days_on(run.first, run.bins, hidden)])
    return (
        windows.share - gaps.share >= CONTRAST
        and chance(windows.right, windows.days, gaps.share) < FORETOLD
        and chance(gaps.right, gaps.days, 1 - windows.share) < FORETOLD
    )


class _Forecast:
    """How windows, or gaps, that were found in some weeks did in others."""

    def __init__(self) -> None:
        self._on = self._seen = 0.0
        self.right = self.days = 0

    def add_time(self, on: float, seen: float) -> None:
        self._on += on
        self._seen += seen

    def add_days(self, right: Sequence[bool]) -> None:
        seen, of = latest_habit(right, 0.5)
        self.right += seen
        self.days += of

    @property
    def share(self) -> float:
        """Of the time, how much it was on."""
        return self._on / self._seen if self._seen else 0.5
