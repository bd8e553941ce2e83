"""A quantity whose level is judged: the readings of a gauge, or a counter's rate by the hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from actors.domain.durations import HOUR_S
from actors.domain.findings import Bounds
from actors.domain.model import JsonObject
from rules.base.memory import Fields
from rules.base.settings import ExtremesSettings
from rules.extremes.daily_range import DailyRange
from rules.extremes.drift import Drift
from rules.extremes.excursion import Motive, Verdict
from rules.extremes.fence import Fence
from rules.extremes.part import Part
from rules.extremes.rhythm import Rhythm
from rules.extremes.sentinels import Sentinels
from rules.extremes.stillness import Stillness

HISTORY: Final = "hist"
UNBOUND: Final = Bounds(None, None, HISTORY)

SlotOf = Callable[[int], int]
"""The hour of the week, local time, of an hour since the epoch."""


class Level(Part):
    __slots__ = ("_count", "_hour", "_sum", "drift", "range", "rhythm", "sentinels", "stillness")
    kept = ("_count", "_hour", "_sum")

    def __init__(self) -> None:
        self.range = DailyRange()
        self.rhythm = Rhythm()
        self.drift = Drift()
        self.sentinels = Sentinels()
        self.stillness = Stillness()
        self._hour = -1
        self._sum = 0.0
        self._count = 0
        """The hour since the epoch that goes on, and the readings in it."""

    def read(
        self, settings: ExtremesSettings, slot_of: SlotOf, fence: Fence | None, at: float, value: float
    ) -> Verdict | None:
        """Judge what a sensor says, and learn from it."""
        usual, last = self.range.usual, self.sentinels.last
        if self.sentinels.is_held_back(value, usual):
            if value == self.sentinels.known:
                return Verdict(Motive.SENSOR, value, UNBOUND if fence is None else fence.bounds)
            return None if fence is None else fence.judge(value)
        self.stillness.take(at, last, value, usual is not None)
        return self.take(settings, slot_of, fence, at, value)

    def take(
        self, settings: ExtremesSettings, slot_of: SlotOf, fence: Fence | None, at: float, value: float
    ) -> Verdict | None:
        """Judge a value by ``fence``, and learn from it; what lies beyond what is usual is kept apart."""
        verdict = None if fence is None else fence.judge(value)
        usual = self.range.usual
        excluded = verdict is not None and (usual is None or not usual[0] <= value <= usual[1])
        self.range.take(settings, at, value, excluded)
        if not excluded:
            hour = int(at // HOUR_S)
            if hour != self._hour:
                self._end_hour(settings, slot_of)
                self._hour = hour
            self._sum += value
            self._count += 1
        return verdict

    def _end_hour(self, settings: ExtremesSettings, slot_of: SlotOf) -> None:
        if self._count:
            span, day = self.range.span, self._hour // 24
            self.rhythm.hour(slot_of(self._hour), self._sum / self._count, span)
            self.drift.take(day, self._sum, self._count, span, settings.ai_alert_tol_abs)
        self._sum, self._count = 0.0, 0

    @property
    def is_well(self) -> bool:
        """Whether :meth:`lasting` would say nothing."""
        return not (self.rhythm.off or self.stillness.stuck or self.drift.drifts)

    def lasting(self) -> Iterator[Verdict]:
        """What is wrong with the last hours or days."""
        if self.rhythm.off:
            low, high = self.rhythm.expected
            yield Verdict(Motive.HOUR, self.rhythm.mean, Bounds(low, high, HISTORY), self.rhythm.surprise)
        if self.stillness.stuck:
            yield Verdict(Motive.STUCK, self.sentinels.last, UNBOUND)
        if self.drift.drifts:
            begun = self.drift.begun_at
            yield Verdict(Motive.DRIFT, self.drift.level, Bounds(begun, begun, HISTORY))

    def state(self) -> JsonObject:
        return {
            **super().state(),
            "range": self.range.state(),
            "rhythm": self.rhythm.state(),
            "drift": self.drift.state(),
            "sentinels": self.sentinels.state(),
            "stillness": self.stillness.state(),
        }

    def restore(self, state: Fields) -> None:
        super().restore(state)
        self.range.restore(state.fields("range"))
        self.rhythm.restore(state.fields("rhythm"))
        self.drift.restore(state.fields("drift"))
        self.sentinels.restore(state.fields("sentinels"))
        self.stillness.restore(state.fields("stillness"))
