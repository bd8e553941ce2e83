"""Lamps that people switch by the sun, by the clock, or at random, at 40 degrees north; drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from actors.domain.model import ACTIVE, INACTIVE, Device, Report
from actors.domain.sun import Sun, SunEvent
from rules.learn.rule import LearnRule
from rules.learn.sunlight import follows
from rules.learn.timetable import DAY
from tests.households import MADRID
from tests.rules.given import learn_settings

SUN: Final = Sun(40.0, -3.7, MADRID)

Habit: TypeAlias = Callable[[int], tuple[float, float]]
"""From when to when it is on, in minutes of the day with this ordinal, if nobody is early or late."""


def after_dusk(day: int) -> tuple[float, float]:
    """From half an hour after sunset to 23:00."""
    return sunset(day) + 30, 23 * 60


def for_an_hour_after_dusk(day: int) -> tuple[float, float]:
    return sunset(day) + 30, sunset(day) + 105


def until_daylight(day: int) -> tuple[float, float]:
    """From 06:00 to half an hour after sunrise."""
    rises = SUN.minute(SunEvent.SUNRISE, day)
    assert rises is not None
    return 6 * 60, rises + 30


def at_seven(day: int) -> tuple[float, float]:  # noqa: ARG001
    """From 19:00 to 23:00, whatever the sun does."""
    return 19 * 60, 23 * 60


def sunset(day: int) -> float:
    sets = SUN.minute(SunEvent.SUNSET, day)
    assert sets is not None
    return sets


def switched(
    habit: Habit, seed: int, starts: datetime, days: int, off: float = 10.0
) -> Iterator[tuple[float, bool]]:
    """``(seconds since the epoch, on)`` of a lamp that tells its changes, each up to ``off`` minutes off."""
    chance = random.Random(seed)
    yield starts.timestamp(), False
    for day in range(starts.toordinal(), starts.toordinal() + days):
        midnight = datetime.fromordinal(day).replace(tzinfo=MADRID)
        for minute, on in zip(habit(day), (True, False), strict=True):
            yield (midnight + timedelta(minutes=minute + chance.uniform(-off, off))).timestamp(), on


@dataclass(frozen=True, slots=True)
class Year:
    """What became of a lamp's suggestions."""

    found: int | None
    """Days until one followed the sun; ``None`` where none has."""
    worst: float
    """How far an end of what was suggested last has been from what people do, minutes: of what follows the
    sun, or of the clock's where nothing ever did."""
    suggestions: int


def year(habit: Habit, seed: int, month: int) -> Year:
    """Of a lamp that is new on the third of that month."""
    starts = datetime(2025, month, 3, tzinfo=MADRID)
    rule = LearnRule(learn_settings(), MADRID, lambda _: None, sun=SUN)
    found, worst, suggestions = None, {True: 0.0, False: 0.0}, 0
    for at, on in switched(habit, seed, starts, 365):
        state = ACTIVE if on else INACTIVE
        device = Device(id=1, serial="LGT0SUN", claimed=True, state=state)
        suggestions += len(rule.observe(device, Report(device.serial, at, state), at))
        day = SUN.day(at)
        by_sun = bool(follows(rule._told))
        if by_sun and found is None:
            found = day - starts.toordinal()
        for window in rule._told:
            now = window.moved_to(day, SUN)
            ends = now.start % DAY, now.start % DAY + now.length
            errors = [abs(end - true) for end, true in zip(ends, habit(day), strict=True)]
            worst[by_sun] = max(worst[by_sun], *errors)
    return Year(found, worst[found is not None], suggestions)
