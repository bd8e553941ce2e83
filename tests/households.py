"""Generated households: what people really do, and what their devices report of it.

A household is a weekly routine, a way of reporting and a share of noise. Noise ``p`` makes the signal
wrong for that share of the time, in spells of some twenty minutes: half of what is missing from the
routine are windows left out altogether, and starts and ends wander by ``p`` hours. All is drawn from
one seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

MADRID: Final = ZoneInfo("Europe/Madrid")
DAY: Final = 1440
SPELL_MIN: Final = 20.0

Windows = list[tuple[int, int]]
"""``(start, length)`` in minutes of the week."""


@dataclass(frozen=True)
class Household:
    seed: int
    routine: Windows
    noise: float = 0.0
    interval: float = 300.0
    """Seconds between reports, about; 0 for a device that only reports a change."""
    gaps: list[tuple[int, int]] = field(default_factory=list)
    """``(day, days)`` from the start without a report."""
    starts: datetime = datetime(2025, 2, 17, tzinfo=MADRID)
    """A Monday; six weeks from it pass the start of summer time."""

    def reports(self, days: int) -> Iterator[tuple[float, bool]]:
        """``(seconds since the epoch, on)``, oldest first."""
        rng = random.Random(self.seed)
        switches = list(_switches(self, rng, days))
        epoch = self.starts.timestamp()
        ends = self._at(days * DAY)
        gaps = [(self._at(day * DAY), self._at((day + length) * DAY)) for day, length in self.gaps]
        said = (
            ((at, on) for at, on in switches)
            if not self.interval
            else _sampled(switches, rng, epoch, ends, self.interval)
        )
        for at, on in said:
            if not any(begin <= at < end for begin, end in gaps):
                yield at, on

    def _at(self, minute: float) -> float:
        """The moment at which the clock on the wall has moved on by ``minute`` since the start."""
        days, rest = divmod(minute, DAY)
        return (self.starts + timedelta(days=days, minutes=rest)).timestamp()


def bins_of(windows: Windows) -> list[bool]:
    """The half-hours of the week that are mostly within a window."""
    lit = [0] * (7 * DAY)
    for start, length in windows:
        for minute in range(start, start + length):
            lit[minute % (7 * DAY)] = 1
    return [sum(lit[at : at + 30]) > 15 for at in range(0, 7 * DAY, 30)]


def overlap(one: list[bool], other: list[bool]) -> float:
    """Intersection over union; 1 for two that are empty."""
    union = sum(a or b for a, b in zip(one, other, strict=True))
    return sum(a and b for a, b in zip(one, other, strict=True)) / union if union else 1.0


# -- routines ------------------------------------------------------------------------------------


def routine(rng: random.Random) -> Windows:
    """One of the kinds of routine that households have."""
    return rng.choice((_weekdays, _two_windows, _weekend, _overnight, _watering, _every_day))(rng)


def _weekdays(rng: random.Random) -> Windows:
    return _on_days(range(5), [_window(rng, 6, 9)]) + _on_days((5, 6), [_window(rng, 10, 13)])


def _two_windows(rng: random.Random) -> Windows:
    return _on_days(range(5), [_window(rng, 5, 9), _window(rng, 17, 20)])


def _weekend(rng: random.Random) -> Windows:
    return _on_days((5, 6), [_window(rng, 9, 12), _window(rng, 18, 21)])


def _overnight(rng: random.Random) -> Windows:
    days = rng.choice(((4, 5), range(7), range(5)))
    start, _ = _window(rng, 21, 23)
    return _on_days(days, [(start, rng.randrange(150, 420, 10))])


def _watering(rng: random.Random) -> Windows:
    one, other = rng.sample(range(7), 2)
    return _on_days((one, other), [_window(rng, 6, 8)]) + _on_days((one,), [_window(rng, 18, 20)])


def _every_day(rng: random.Random) -> Windows:
    return _on_days(range(7), [_window(rng, 7, 20)])


def _window(rng: random.Random, earliest: int, latest: int) -> tuple[int, int]:
    """In steps of ten minutes, so that no half-hour is exactly half within."""
    return rng.randrange(earliest * 60, latest * 60, 10), rng.randrange(40, 200, 10)


def _on_days(days: tuple[int, ...] | range, windows: Windows) -> Windows:
    return [(day * DAY + start, length) for day in days for start, length in windows]


# -- what happens ----------------------------------------------------------------------------------


def _switches(household: Household, rng: random.Random, days: int) -> Iterator[tuple[float, bool]]:
    """When the device is switched, the state at the start first."""
    noise = household.noise
    edges: list[tuple[float, int]] = []
    for week in range(days // 7 + 2):
        for start, length in household.routine:
            if rng.random() < noise / 2:
                continue
            begin = (week - 1) * 7 * DAY + start + rng.gauss(0, 60) * noise
            edges += [(begin, 1), (max(begin + 1, begin + length + rng.gauss(0, 60) * noise), -1)]
    wrong = list(_spells(rng, days, noise)) if noise else []
    levels = sorted([(at, step, 0) for at, step in edges] + [(at, 0, step) for at, step in wrong])
    on = wanted = flipped = 0
    said: bool | None = None
    for at, step, flip in levels:
        wanted, flipped = wanted + step, flipped + flip
        on = (wanted > 0) != (flipped > 0 and (wanted == 0 or rng.random() < 0.5))
        if at >= 0 and said is None:
            yield household.starts.timestamp(), False
            said = False
        if 0 <= at < days * DAY and bool(on) is not said:
            said = bool(on)
            yield household._at(at), said


def _spells(rng: random.Random, days: int, share: float) -> Iterator[tuple[float, int]]:
    """Beginnings (1) and ends (-1) of spells that take up ``share`` of the time."""
    at = 0.0
    while at < days * DAY:
        at += rng.expovariate(share / (SPELL_MIN * (1 - share)))
        yield at, 1
        at += rng.expovariate(1 / SPELL_MIN)
        yield at, -1


def at_random(seed: int, days: int, mean_on: float, mean_off: float) -> Iterator[tuple[float, bool]]:
    """On and off for times without any pattern, means in minutes; one report a switch."""
    rng = random.Random(seed)
    at = Household(seed, []).starts.timestamp()
    end = at + days * DAY * 60
    on = False
    while at < end:
        yield at, on
        at += 60 * rng.expovariate(1 / (mean_on if on else mean_off))
        on = not on


def _sampled(
    switches: list[tuple[float, bool]], rng: random.Random, begin: float, end: float, interval: float
) -> Iterator[tuple[float, bool]]:
    """The state about every ``interval``; a device that sleeps between reports drifts by up to 5 %."""
    at, on, upcoming = begin + rng.random() * interval, False, 0
    while at < end:
        while upcoming < len(switches) and switches[upcoming][0] <= at:
            on = switches[upcoming][1]
            upcoming += 1
        yield at, on
        at += interval * rng.uniform(0.95, 1.05)
