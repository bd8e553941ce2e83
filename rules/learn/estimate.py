"""From how often a device is on at each time of the week to where people mean it to be on.

The week is a picture of seven rows of bins, and a habit is a shape in it. Each bin votes by how far
the share of time on lies from the threshold, the more days it was seen the louder; its neighbours in
time and the same time of the other days have a say, so that a stray hour fades and a missed day is
filled in, but never against clear evidence (a mean-field estimate of an Ising model).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

from rules.base.settings import LearnSettings
from rules.learn.habit import EVERY_AGE, LEAST_SEEN, Ages, Week, WeeklyHabit

Bins: TypeAlias = bytes
"""For each bin of the week, 1 if a habit is to be on in it and 0 if not; or empty: nothing is known."""

# Log-odds for a day that was wholly on rather than at the threshold, per unit of share.
VOTE: Final = 6.0
# Log-odds that agreeing neighbours are worth: each of two in time, and the other six days together.
IN_TIME: Final = 0.6
OTHER_DAYS: Final = 1.5
# For what was on in the last estimate; keeps a bin at the threshold from flickering.
HYSTERESIS: Final = 0.5
SWEEPS: Final = 6
# Below this contrast a week does not show the same habit.
LASTING: Final = 0.25


@dataclass(frozen=True, slots=True)
class Estimate:
    """The weeks that the present habit has lasted for, what was seen in them, and the habit's bins."""

    ages: Ages
    week: Week
    bins: Bins


def estimate_of(habit: WeeklyHabit, settings: LearnSettings, held: Bins) -> Estimate:
    """``held`` are the bins of the last estimate."""
    ages = _lasting(habit, settings)
    week = habit.week(ages)
    return Estimate(ages, week, lit_bins(week, settings, held))


def lit_bins(week: Week, settings: LearnSettings, held: Bins) -> Bins:
    """Where the habit is to be on; ``held`` is where it was by the last estimate."""
    per_day = len(week.on) // 7
    thresh = settings.ai_r3_prob_thresh
    votes = [VOTE * (leaning - thresh * seen) for leaning, seen in zip(week.leaning, week.seen, strict=True)]
    if held:
        votes = [vote + HYSTERESIS * was for vote, was in zip(votes, held, strict=True)]
    mood = [math.tanh(vote / 2) for vote in votes]
    at_time = [sum(mood[time::per_day]) for time in range(per_day)]
    last = len(votes) - 1
    # The others cannot be talked round.
    open_to_say = [at for at, vote in enumerate(votes) if abs(vote) < 2 * IN_TIME + OTHER_DAYS]
    for _ in range(SWEEPS):
        for at in open_to_say:
            was, time = mood[at], at % per_day
            beside = mood[at - 1] + mood[at + 1 if at < last else 0]
            others = (at_time[time] - was) / 6
            mood[at] = now = math.tanh((votes[at] + IN_TIME * beside + OTHER_DAYS * others) / 2)
            at_time[time] += now - was
    return bytes(value > 0 and seen >= LEAST_SEEN for value, seen in zip(mood, week.seen, strict=True))


def _lasting(habit: WeeklyHabit, settings: LearnSettings) -> Ages:
    """The weeks, newest first, since the habit last changed: what the newest two show holds in them.

    A single week that is different is a holiday; two in a row are an older habit.
    """
    bins = lit_bins(habit.week(EVERY_AGE[:2]), settings, b"")
    different = 0
    for age in EVERY_AGE[2:]:
        contrast = habit.contrast(bins, age)
        if contrast is None:
            continue
        different = different + 1 if contrast < LASTING else 0
        if different == 2:
            return EVERY_AGE[: age - 1]
    return EVERY_AGE
