"""From the bins of a habit to the windows that are suggested, with the evidence for each.

Runs of bins become windows, their edges finer than the bins. A window stays only if it was seen on
more days than chance would have it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Final

from rules.base.settings import LearnSettings
from rules.learn.estimate import Bins, Estimate
from rules.learn.habit import WeeklyHabit
from rules.learn.timetable import DAY, WEEK, Timetable, Window, same_time

# A bin is only split where the window stands out from the background by this share of the time.
CONTRAST: Final = 0.3
# Share of a bin at an edge below which it is background.
EDGE: Final = 0.15
# Chance at which a window is no coincidence; that they are not, together, is the forecast's to tell.
CHANCE: Final = 1e-3
# A window must have been seen on so many days.
MIN_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Run:
    """``bins`` bins from bin ``first`` of the week, round its end; at most a day."""

    first: int
    bins: int


def windows_of(habit: WeeklyHabit, estimate: Estimate, settings: LearnSettings) -> Timetable:
    """What the estimate suggests."""
    background = _background(estimate)
    found = []
    for run in runs_of(estimate.bins, settings):
        start, length = _edges(run, estimate, background, settings)
        days = habit.days_on(run.first, run.bins, estimate.ages)
        found.append(Window(start, length, *latest_habit(days, settings.ai_r3_prob_thresh)))
    windows = [window for window in found if _is_no_coincidence(window, found, background)]
    return fewest(windows, settings.ai_r3_max_windows_per_day)


def runs_of(bins: Bins, settings: LearnSettings) -> Iterator[Run]:
    """Runs of bins that are on, joined over gaps that are too small; one of more than a day is cut."""
    total = len(bins)
    if all(bins) or not any(bins):
        return
    per_day = total // 7
    for run in _joined(bins, settings.ai_r3_min_gap_bins):
        for first in range(run.first, run.first + run.bins, per_day):
            length = min(per_day, run.first + run.bins - first)
            if length >= settings.ai_r3_min_span_bins:
                yield Run(first % total, length)


def _joined(bins: Bins, min_gap: int) -> list[Run]:
    """Once round the week, from the start of a run; first bins may lie past the week's end."""
    total = len(bins)
    begin = next(at for at in range(total) if bins[at] and not bins[at - 1])
    around = bins[begin:] + bins[:begin]
    runs: list[Run] = []
    at = 0
    while (at := around.find(1, at)) >= 0:
        end = around.find(0, at)
        if runs and begin + at - (runs[-1].first + runs[-1].bins) < min_gap:
            runs[-1] = Run(runs[-1].first, begin + end - runs[-1].first)
        else:
            runs.append(Run(begin + at, end - at))
        at = end
    if len(runs) > 1 and begin + total - (runs[-1].first + runs[-1].bins) < min_gap:
        first = runs.pop(0)
        runs[-1] = Run(runs[-1].first, first.first + total + first.bins - runs[-1].first)
    return runs


def _background(estimate: Estimate) -> float:
    """How much of the time it is on outside the windows."""
    outside = bytes(1 - lit for lit in estimate.bins)
    seen = sum(compress(estimate.week.seen, outside))
    return sum(compress(estimate.week.on, outside)) / seen if seen else 0.0


def _edges(run: Run, estimate: Estimate, background: float, settings: LearnSettings) -> tuple[int, int]:
    """Start and length in minutes. A bin at an edge, or just beyond, counts by how much of it is on."""
    week, bins = estimate.week, estimate.bins
    total = len(bins)
    end = run.first + run.bins
    inner = range(run.first + 1, end - 1) if run.bins > 2 else range(run.first, end)
    level = max(week.share(at % total) for at in inner) - background

    def part(at: int) -> float:
        share = (week.share(at % total) - background) / level
        return min(share, 1.0) if share > EDGE else 0.0

    start, stop = float(run.first), float(end)
    if level >= CONTRAST:
        start += 1 - part(run.first)
        stop -= 1 - part(end - 1)
        # What is on just beyond belongs to this window, unless the next one has a claim to it too.
        if not bins[(run.first - 2) % total]:
            start -= part(run.first - 1)
        if not bins[(end + 1) % total]:
            stop += part(end)
    step = settings.ai_r3_round_to_min or 1
    first, last = (round(edge * settings.ai_r3_bin_minutes / step) * step for edge in (start, stop))
    return first % WEEK, min(max(last - first, step), DAY)


def latest_habit(days: Sequence[bool], thresh: float) -> tuple[int, int]:
    """Seen on how many of how many of the latest days: as many days as speak most for the window."""
    best, best_score, seen, score = (0, 0), 0.0, 0, 0.0
    for of, was_on in enumerate(days, 1):
        seen += was_on
        score += was_on - thresh
        if score >= best_score:
            best, best_score = (seen, of), score
    return best


def _is_no_coincidence(window: Window, windows: Sequence[Window], background: float) -> bool:
    """Whether so many days, with those of its like on other weekdays, are beyond chance."""
    if window.seen < MIN_DAYS:
        return False
    alike = [other for other in windows if same_time(window, other)]
    seen, of = sum(other.seen for other in alike), sum(other.of for other in alike)
    return chance(seen, of, background) < CHANCE


def chance(right: int, days: int, share: float) -> float:
    """That what happens on ``share`` of the days happens on ``right`` of ``days`` or more."""
    rate = min(max(share, 0.01), 0.99)
    return sum(math.comb(days, k) * rate**k * (1 - rate) ** (days - k) for k in range(right, days + 1))


def fewest(windows: Sequence[Window], per_day: int) -> Timetable:
    """At most ``per_day`` windows a day, those most surely seen; 0 is no limit."""
    kept: list[Window] = []
    for weekday in range(7):
        of_day = [window for window in windows if window.weekday == weekday]
        of_day.sort(key=lambda window: (window.confidence, window.length), reverse=True)
        kept += of_day[: per_day or None]
    return tuple(sorted(kept))
