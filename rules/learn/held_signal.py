"""What an on/off signal said between two messages: its value held in time, cut into bins of the day.

A value holds until the next message, so that time counts and not the number of messages; but not
across a gap, which teaches nothing. How long silence is normal is learned from the device: four times
its usual interval if it repeats itself, days if it only speaks when something changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from actors.domain.durations import DAY_S
from actors.domain.model import JsonObject
from rules.base.memory import Fields

EPOCH_DAY: Final = 719_163  # datetime.date(1970, 1, 1).toordinal()

# Usual intervals that a value may hold for; two messages may be lost and the third late.
PATIENCE: Final = 4
SHORTEST_PATIENCE_S: Final = 60.0
# A device that only speaks when something changes is believed for so long that it is still off, or
# on: what is used twice a week is off for four days, and little is meant to be on for more than one.
OFF_PATIENCE_S: Final = 4 * 86_400.0
ON_PATIENCE_S: Final = 86_400.0
# Below this share of messages that repeat the last value, a device speaks only on change.
REPEATS: Final = 0.25
# A changed value after this share of the usual interval came with a periodic message: the switch
# itself was, on average, half-way.
PERIODIC: Final = 0.75
_FADING: Final = 1 / 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was seen of one bin: seconds on and off from minute ``minute`` of the day ``day`` (an ordinal)."""

    day: int
    minute: int
    on_s: float
    off_s: float


class HeldSignal:
    """Bins are those of the wall clock in ``timezone``; ``bin_minutes`` divides 60."""

    __slots__ = (
        "_at",
        "_bin_s",
        "_day",
        "_minute",
        "_off_s",
        "_on",
        "_on_s",
        "_repeats",
        "_starts",
        "_timezone",
        "_until",
        "_usual",
    )

    def __init__(self, timezone: tzinfo, bin_minutes: int) -> None:
        self._timezone = timezone
        self._bin_s = bin_minutes * 60
        self._at: float | None = None
        self._on: bool | None = None
        self._usual = 0.0
        """Seconds between two messages that say the same."""
        self._repeats = 0.0
        """Share of messages that say the same as the one before."""
        self._starts = self._until = 0
        self._day = self._minute = 0
        self._on_s = self._off_s = 0.0
        """The bin that is being filled."""

    @property
    def on(self) -> bool | None:
        """What was said last."""
        return self._on

    def say(self, at: float, on: bool | None) -> list[Stretch]:
        """A message: the bins that are now complete. ``None`` is neither on nor off."""
        before, held = self._at, self._on
        self._at, self._on = at, on
        if before is None or held is None or on is None or at <= before:
            return []
        gap = at - before
        if held is on and gap <= SHORTEST_PATIENCE_S and self._starts <= before and at < self._until:
            self._note_repeat(gap)
            self._add(held, gap)
            return []
        return self._settle(before, at, held, on)

    def _settle(self, before: float, at: float, held: bool, on: bool) -> list[Stretch]:
        gap = at - before
        only_on_change = self._repeats < REPEATS
        usual = self._usual
        if held is on:
            self._note_repeat(gap)
        else:
            self._repeats -= _FADING * self._repeats
        if only_on_change:
            # One that speaks on change and says the same twice has been away in between.
            if held is on and gap > SHORTEST_PATIENCE_S:
                return []
            patience = ON_PATIENCE_S if held else OFF_PATIENCE_S
            return self._fill(before, min(at, before + patience), held)
        if gap > max(PATIENCE * usual, SHORTEST_PATIENCE_S):
            return []
        if held is on or gap < PERIODIC * usual:
            return self._fill(before, at, held)
        middle = (before + at) / 2
        return self._fill(before, middle, held) + self._fill(middle, at, on)

    def _note_repeat(self, gap: float) -> None:
        self._repeats += _FADING * (1 - self._repeats)
        if not self._usual:
            self._usual = gap
        self._usual += _FADING * (min(gap, PATIENCE * self._usual) - self._usual)

    def _fill(self, start: float, end: float, on: bool) -> list[Stretch]:
        done = []
        while start < end:
            if not self._starts <= start < self._until:
                if stretch := self._finished():
                    done.append(stretch)
                self._begin_bin(start)
            step = min(end, self._until)
            self._add(on, step - start)
            start = step
        return done

    def _add(self, on: bool, seconds: float) -> None:
        if on:
            self._on_s += seconds
        else:
            self._off_s += seconds

    def _finished(self) -> Stretch | None:
        if not self._on_s and not self._off_s:
            return None
        stretch = Stretch(self._day, self._minute, self._on_s, self._off_s)
        self._on_s = self._off_s = 0.0
        return stretch

    def _begin_bin(self, at: float) -> None:
        # In whole seconds, lest rounding should make a bin of no length.
        second = math.floor(at)
        offset = datetime.fromtimestamp(second, self._timezone).utcoffset()
        days, into_day = divmod(second + (round(offset.total_seconds()) if offset else 0), DAY_S)
        into_bin = into_day % self._bin_s
        self._day = days + EPOCH_DAY
        self._minute = (into_day - into_bin) // 60
        self._starts = second - into_bin
        self._until = self._starts + self._bin_s

    def state(self) -> JsonObject:
        return {
            "at": self._at,
            "on": self._on,
            "usual": self._usual,
            "repeats": self._repeats,
            "starts": self._starts,
            "day": self._day,
            "minute": self._minute,
            "on_s": self._on_s,
            "off_s": self._off_s,
        }

    @classmethod
    def from_state(cls, timezone: tzinfo, bin_minutes: int, state: Fields) -> HeldSignal:
        """Raises :class:`rules.base.memory.DamagedState`."""
        made = cls(timezone, bin_minutes)
        made._at = state.optional_number("at")
        made._on = state.optional_flag("on")
        made._usual = state.number("usual", 0)
        made._repeats = state.number("repeats", 0, 1)
        made._starts = state.whole("starts", -(2**50), 2**50)
        made._until = made._starts + made._bin_s
        made._day = state.whole("day", 0, 10_000_000)
        made._minute = state.whole("minute", 0, 1439)
        made._on_s = state.number("on_s", 0)
        made._off_s = state.number("off_s", 0)
        return made
