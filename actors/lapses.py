"""Readings of one device that are over by themselves, unless they are told anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from actors.domain.model import JsonObject
from actors.domain.profile import Lapse
from actors.runtime.clock import Clock

# Sums of seconds differ in their last digits; a microsecond is more than that, and soon enough.
ROUNDING: Final = 1e-6


class Lapses:
    """``ring`` is called on any thread once some may be over, and so leads to :meth:`over` by a message."""

    def __init__(self, clock: Clock, ring: Callable[[], object]) -> None:
        self._clock = clock
        self._ring = ring
        self._ends: dict[str, float] = {}
        """By name, in monotonic time."""
        self._rings_at: float | None = None

    def hear(self, told: JsonObject, lapses: Mapping[str, Lapse]) -> None:
        """These were told just now: their time begins anew, or has ended."""
        if lapses:
            for name in told.keys() & lapses.keys():
                self._ends.pop(name, None)
            self.expect(told, lapses, 0.0)

    def expect(self, present: JsonObject, lapses: Mapping[str, Lapse], elapsed: float) -> None:
        """Those of ``present`` whose time does not run yet have been so for ``elapsed`` seconds."""
        for name in present.keys() & lapses.keys() - self._ends.keys():
            if present[name] is not lapses[name].value:
                self._ends[name] = self._clock.monotonic() + max(0.0, lapses[name].seconds - elapsed)
        self._ring_in_time()

    def over(self) -> frozenset[str]:
        """Names whose time has run out; each is told once."""
        now = self._clock.monotonic() + ROUNDING
        if self._rings_at is None or now < self._rings_at:
            return frozenset()  # a timer that an earlier end has overtaken
        self._rings_at = None
        found = frozenset(name for name, end in self._ends.items() if end <= now)
        for name in found:
            del self._ends[name]
        self._ring_in_time()
        return found

    def _ring_in_time(self) -> None:
        """One timer for all of them, which finds out by itself that it was too early."""
        first = min(self._ends.values(), default=None)
        if first is not None and (self._rings_at is None or first < self._rings_at):
            self._rings_at = first
            self._clock.call_later(first - self._clock.monotonic(), self._ring)
