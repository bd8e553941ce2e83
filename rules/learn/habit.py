"""The model of rule 3: how often a device is on at each time of the week, learned online.

A River classifier, so that it can stand wherever River takes one: ``learn_one`` with a weight in
seconds, ``predict_proba_one`` with the share of the time it was on. It remembers eight weeks day by
day, in two bytes a bin; a day counts half as much as one two weeks younger. Days rather than sums are
kept because people are to be told on how many of them a window was seen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence, Set
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, compress, groupby
from operator import add
from typing import Any, Final, TypeAlias

from river import base

from actors.domain.model import JsonObject
from rules.base.memory import DamagedState, Fields
from rules.learn.held_signal import Stretch

WEEKS: Final = 8
SPAN_DAYS: Final = 7 * WEEKS
DAY_MINUTES: Final = 1440
# Half as much after two weeks: new habits outweigh old ones in the third.
FADING: Final = 0.5**0.5
# What one whole bin counts in a day's byte. A bin repeated by daylight saving saturates at 255.
FULL: Final = 250
Ages: TypeAlias = Sequence[int]
"""Weeks by how long ago they are, 0 the newest."""

# Of a bin on a day: from this share on it was on.
MOSTLY: Final = 0.5
# Days that a bin must have been seen to say anything.
LEAST_SEEN: Final = 0.5

# A habit is weekly: so many days on which nobody switched anything on are no part of any. Nobody was there.
ABSENCE_DAYS: Final = 7

# What people switch is off for so long at a time on a day.
REST_MINUTES: Final = 300

EVERY_AGE: Final = tuple(range(WEEKS))

_WEIGHTS: Final = tuple(FADING**age / FULL for age in range(WEEKS))


@lru_cache(maxsize=1_024)
def _weighed(weeks: tuple[int, ...]) -> float:
    """Days seen, recent ones counting more, of what was seen of a bin in each week: mostly all of it."""
    seen = 0.0
    for weight, week in zip(_WEIGHTS, weeks, strict=False):
        seen += weight * week
    return seen


def weekday_of(day: int) -> int:
    """Of an ordinal as of :meth:`datetime.date.toordinal`; Monday is 0."""
    return (day + 6) % 7


@dataclass(frozen=True, slots=True)
class Week:
    """For each bin of the week, days on and days seen, recent days counting more."""

    on: Sequence[float]
    leaning: Sequence[float]
    """Between ``on`` and the days on which it was mostly on: a window that begins in the middle of a
    bin is no doubt about the day."""
    seen: Sequence[float]

    def share(self, at: int) -> float:
        """Of the time seen, how much it was on; 0 if that was too little to say."""
        return self.on[at] / self.seen[at] if self.seen[at] >= LEAST_SEEN else 0.0


@dataclass(frozen=True, slots=True)
class Stay:
    """From when to when it was on on a day, in minutes after the midnight with which that begins."""

    start: float
    end: float

    @property
    def lasted(self) -> bool:
        """Whether it was on at all."""
        return self.end > self.start


class WeeklyHabit(base.Classifier):
    """Features to learn from: ``day`` (a date's ordinal) and ``minute`` of the day; target: on or off.

    Features to predict from: ``weekday`` (Monday is 0) and ``minute``.
    """

    def __init__(self, bin_minutes: int = 30) -> None:
        self.bin_minutes = bin_minutes
        self.bins = DAY_MINUTES // bin_minutes
        self._absent = 0
        """Days, of those remembered, on which nobody was there, though nobody said so."""
        self._away: frozenset[int] = frozenset()
        """Ordinals of those on which people said so, if only of a part of the day."""
        self._elsewhere: Set[int] = frozenset()
        """Ordinals of those on which somebody switched something else in the house."""
        self._newest = 0
        self._oldest = 0
        """Ordinals of the newest and of the very first day; 0 before there is any."""
        self._on = bytearray(SPAN_DAYS * self.bins)
        self._off = bytearray(SPAN_DAYS * self.bins)

    def learn_one(self, x: dict[Any, Any], y: Any, w: float = 60.0) -> None:
        """``w`` seconds of ``y`` within one bin. Days older than what is remembered teach nothing."""
        day = x["day"]
        if day > self._newest:
            self._turn_to(day)
        elif day <= self._newest - SPAN_DAYS:
            return
        at = day % SPAN_DAYS * self.bins + x["minute"] // self.bin_minutes
        bins = self._on if y else self._off
        bins[at] = min(255, bins[at] + round(w * FULL / (60 * self.bin_minutes)))

    def learn_stretch(self, stretch: Stretch) -> None:
        when = {"day": stretch.day, "minute": stretch.minute}
        if stretch.on_s:
            self.learn_one(when, True, stretch.on_s)
        if stretch.off_s:
            self.learn_one(when, False, stretch.off_s)

    def _turn_to(self, day: int) -> None:
        empty = bytes(self.bins)
        for fresh in range(max(self._newest + 1, day - SPAN_DAYS + 1), day + 1):
            row = slice(fresh % SPAN_DAYS * self.bins, (fresh % SPAN_DAYS + 1) * self.bins)
            self._on[row] = self._off[row] = empty
        # Of what was before a gap as long as that nothing is remembered: a silence, or a clock in 1970.
        self._oldest = self._oldest if day - self._newest < SPAN_DAYS else day
        self._newest = day

    @property
    def newest(self) -> int:
        """The ordinal of the newest day that taught anything; 0 if none did."""
        return self._newest

    @property
    def days(self) -> int:
        """Since the first day that taught anything, both included; more than are remembered, in time.

        Those on which nobody was there do not count.
        """
        since = self._newest - self._oldest + 1
        return since - self._absent - len(self._away) if self._newest else 0

    def without(self, away: Iterable[range], elsewhere: Set[int] = frozenset()) -> WeeklyHabit:
        """The same, but that nothing was seen in these bins, which are counted on from day to day: bin 3 of
        the day with the ordinal ``n`` is ``n * bins + 3``. Somebody was at home on the days ``elsewhere``.
        """
        lived = copy(self)
        lived._on, lived._off = bytearray(self._on), bytearray(self._off)
        oldest = max(self._oldest, self._newest - SPAN_DAYS + 1)
        days = set()
        for stretch in away:
            first = max(stretch.start, oldest * self.bins)
            for at in range(first, min(stretch.stop, (self._newest + 1) * self.bins)):
                lived._on[at % len(self._on)] = lived._off[at % len(self._off)] = 0
                days.add(at // self.bins)
        lived._away = frozenset(days)
        lived._elsewhere = elsewhere
        return lived

    def leave_out_absences(self) -> None:
        """Forget the days of each stretch in which nobody was there. Today, which is not over, is in none."""
        runs = self._unused_runs()
        # What is used once a week, and was not used once, is no absence yet.
        least = max(ABSENCE_DAYS, 2 * (_usual(runs) + 1))
        absences = [run for run in runs if len(run) >= least]
        self._absent = sum(map(len, absences))
        for day in chain.from_iterable(absences):
            row = slice(day % SPAN_DAYS * self.bins, (day % SPAN_DAYS + 1) * self.bins)
            self._off[row] = bytes(self.bins)

    @property
    def is_absent(self) -> bool:
        """Whether nobody may have been there of late: up to yesterday it was off for longer than ever."""
        *_, latest = runs = self._unused_runs()
        return len(latest) > _usual(runs)

    def _unused_runs(self) -> list[range]:
        """Of the days remembered, those in a row on which nothing was switched on, here or in the house, and
        of which nobody said that they were away; the last run ends yesterday.
        """
        runs = []
        begins = max(self._oldest, self._newest - SPAN_DAYS + 1)
        for day in range(begins, self._newest):
            if self._was_on(day) or day in self._away or day in self._elsewhere:
                runs.append(range(begins, day))
                begins = day + 1
        return [*runs, range(begins, self._newest)]

    def predict_proba_one(self, x: dict[Any, Any], **_: Any) -> dict[Any, float]:
        """Of a time of which nothing is known, on and off are equally likely."""
        week = self.week()
        at = x["weekday"] * self.bins + x["minute"] // self.bin_minutes
        share = week.share(at) if week.seen[at] >= LEAST_SEEN else 0.5
        return {True: share, False: 1 - share}

    def week(self, ages: Ages = EVERY_AGE) -> Week:
        """``ages`` are the weeks to look at, 0 the newest; the first of them counts most."""
        on = [0.0] * (7 * self.bins)
        leaning = [0.0] * (7 * self.bins)
        seen: list[float] = []
        for weekday in range(7):
            rows = [self._row(weekday, age) for age in ages]
            seconds = [map(add, self._on[row], self._off[row]) for row in rows]
            seen += map(_weighed, zip(*seconds, strict=True)) if rows else [0.0] * self.bins
            midnight = weekday * self.bins
            for weight, row in zip(_WEIGHTS, rows, strict=False):
                was_on, was_off = self._on[row], self._off[row]
                for at in compress(range(self.bins), was_on):
                    lit, dark = was_on[at], was_off[at]
                    mostly = lit + dark if lit > dark else 0
                    on[midnight + at] += weight * lit
                    leaning[midnight + at] += weight * (lit + mostly) / 2
        return Week(on, leaning, seen)

    def _row(self, weekday: int, age: int) -> slice:
        """Where the newest day of one weekday is kept, or the one ``age`` weeks before it."""
        newest = self._newest - (weekday_of(self._newest) - weekday) % 7
        row = (newest - 7 * age) % SPAN_DAYS * self.bins
        return slice(row, row + self.bins)

    def days_on(self, start: int, bins: int, ages: Ages = EVERY_AGE) -> list[bool]:
        """Whether it was on for most of ``bins`` bins from bin ``start`` of the week, newest day first.

        Only of days on which most of that time was seen. A window may run into the next day.
        """
        return [on * 2 > seen for on, seen in self._on_and_seen(start, bins, ages)]

    def days_with(self, start: int, bins: int) -> list[bool]:
        """As :meth:`days_on`, whether it was on at all."""
        return [on > 0 for on, _ in self._on_and_seen(start, bins, EVERY_AGE)]

    def _on_and_seen(self, start: int, bins: int, ages: Ages) -> Iterator[tuple[int, int]]:
        weekday, first = divmod(start, self.bins)
        newest = self._newest - (weekday_of(self._newest) - weekday) % 7
        if newest + (first + bins - 1) // self.bins > self._newest:
            newest -= 7  # not over yet
        for day in (newest - 7 * age for age in ages):
            if day <= self._newest - SPAN_DAYS:
                break
            cells = [(day * self.bins + first + n) % len(self._on) for n in range(bins)]
            on = sum(self._on[cell] for cell in cells)
            seen = on + sum(self._off[cell] for cell in cells)
            if seen * 2 >= bins * FULL:
                yield on, seen

    def days_switched(self) -> Set[int]:
        """Ordinals of the days on which people may have switched it on: on which it rested, too."""
        return {day for day in self.remembered if self._was_on(day) and self._rested(day)}

    def never_rests(self, days: range) -> bool:
        """Whether it was on on some of these days, and on none of them off for as long as people sleep: such
        a device, as a refrigerator, nobody switches.
        """
        used = [day for day in days if day in self.remembered and self._was_on(day)]
        return bool(used) and not any(map(self._rested, used))

    def _was_on(self, day: int) -> bool:
        midnight = day % SPAN_DAYS * self.bins
        return self._on.count(0, midnight, midnight + self.bins) < self.bins

    def _rested(self, day: int) -> bool:
        row = slice(day % SPAN_DAYS * self.bins, (day % SPAN_DAYS + 1) * self.bins)
        # Of what was not seen nobody knows whether it was off.
        busy = bytes(
            lit if lit or dark else 1 for lit, dark in zip(self._on[row], self._off[row], strict=True)
        )
        return bytes(REST_MINUTES // self.bin_minutes) in busy

    @property
    def remembered(self) -> range:
        """The ordinals of the days that something may be known of."""
        return range(max(self._oldest, self._newest - SPAN_DAYS + 1), self._newest + 1)

    def stay_on(self, day: int, within: range) -> Stay | None:
        """The longest one of a day, of the bins in ``within``, which are counted on from its midnight.

        ``None`` if not all of them were seen.
        """
        shares = [self._share(day * self.bins + at) for at in within]
        seen = [0.0, *(share for share in shares if share is not None), 0.0]
        if len(seen) < len(within) + 2:
            return None
        first = last = at = 0
        for lit, run in groupby(seen, lambda share: share >= MOSTLY):
            length = len(list(run))
            if lit and length > last - first:
                first, last = at, at + length
            at += length
        if not first:
            return Stay(0.0, 0.0)
        # A bin at an edge, and the one just beyond it, count by how much of them is on.
        before, after = (
            sum(seen[first - 1 : first + 1]),
            seen[last] + (seen[last - 1] if last > first + 1 else 0),
        )
        origin = within.start - 1
        start, end = origin + first + 1 - before, origin + max(last - 1, first + 1) + after
        return Stay(start * self.bin_minutes, end * self.bin_minutes)

    def _share(self, at: int) -> float | None:
        """Of the time seen of a bin, counted on from day to day, how much it was on; ``None`` if that was too
        little to say."""
        if at // self.bins not in self.remembered:
            return None
        on, off = self._on[at % len(self._on)], self._off[at % len(self._off)]
        return on / (on + off) if 2 * (on + off) >= FULL else None

    def contrast(self, bins: bytes, age: int) -> float | None:
        """How much more of the time it was on in ``bins`` (1 or 0 each) than beside them in that week.

        ``None`` if too little was seen of either to tell.
        """
        inside_on = inside = on = seen = 0
        for weekday in range(7):
            row = self._row(weekday, age)
            lit = bins[weekday * self.bins : (weekday + 1) * self.bins]
            row_on, row_off = self._on[row], self._off[row]
            inside_on += (lit_on := sum(compress(row_on, lit)))
            inside += lit_on + sum(compress(row_off, lit))
            on += (row_on_sum := sum(row_on))
            seen += row_on_sum + sum(row_off)
        if min(inside, seen - inside) < FULL:
            return None
        return inside_on / inside - (on - inside_on) / (seen - inside)

    def _oldest_remembered(self) -> int:
        """The first day that anything is known of; 0 if nothing is."""
        for day in range(max(1, self._newest - SPAN_DAYS + 1), self._newest + 1):
            row = slice(day % SPAN_DAYS * self.bins, (day % SPAN_DAYS + 1) * self.bins)
            if any(self._on[row]) or any(self._off[row]):
                return day
        return 0

    def state(self) -> JsonObject:
        return {
            "bin_minutes": self.bin_minutes,
            "newest": self._newest,
            "oldest": self._oldest,
            "on": base64.b64encode(self._on).decode(),
            "off": base64.b64encode(self._off).decode(),
        }

    @classmethod
    def from_state(cls, bin_minutes: int, state: Fields) -> WeeklyHabit:
        """Raises :class:`rules.base.memory.DamagedState`, also for another number of minutes a bin."""
        made = cls(state.whole("bin_minutes", bin_minutes, bin_minutes))
        made._newest = state.whole("newest", 0, 10_000_000)
        made._oldest = state.whole("oldest", 0, made._newest)
        made._on = _bytes_of(state.text("on"), len(made._on))
        made._off = _bytes_of(state.text("off"), len(made._off))
        made._oldest = max(made._oldest, made._oldest_remembered())
        return made


def _usual(runs: Sequence[range]) -> int:
    """Days in a row that a device is not used anyway, of all such runs but the last, which goes on."""
    return max((len(run) for run in runs[:-1] if len(run) < ABSENCE_DAYS), default=0)


def _bytes_of(text: str, length: int) -> bytearray:
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise DamagedState(f"habit: {error}") from None
    if len(decoded) != length:
        raise DamagedState(f"habit: {len(decoded)} bytes where {length} belong")
    return bytearray(decoded)
