"""What rule 1 knows of one metric, and what it makes of the next reading."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from actors.domain.findings import Bounds
from actors.domain.metrics import UNDECIDED, MetricChoice, Nature, declared_nature, nature_of
from actors.domain.model import JsonObject
from rules.base.memory import DamagedState, Fields
from rules.base.settings import ExtremesSettings
from rules.base.tables import Limit
from rules.extremes.counting import Counting
from rules.extremes.excursion import Verdict
from rules.extremes.fence import Fence, bounds_of, fence_of
from rules.extremes.level import Level, SlotOf
from rules.extremes.nature import Habits

NO_LIMIT: Final = Limit(None, None)
# What is called an alarm may be a level: so much smoke.
_UNCERTAIN: Final = (None, Nature.ALARM)
_UNJUDGED: Final = (Nature.STATE, Nature.IDENTIFIER)
_SWITCHED: Final = (0.0, 1.0)
# Of these there is less than none only where something flows back, which then has been seen.
_FLOWS: Final = frozenset({"W", "kW", "VA", "kVA", "A", "mA", "l/min"})


class Metric:
    """``name`` as it is told outside; ``table`` and ``choice``: what the table and people say of it."""

    __slots__ = (
        "_fenced",
        "_name",
        "_table",
        "_unit",
        "choice",
        "counting",
        "fence",
        "habits",
        "learned",
        "level",
        "nature",
        "since",
    )

    def __init__(self, name: str, table: Limit, at: float) -> None:
        """Nothing is known of it until :meth:`decide`."""
        self.since = at
        self._name = name
        self._table = table
        self._unit = ""
        self.choice = UNDECIDED
        self.habits: Habits | None = Habits()
        """Until its name says what it is, or they that it is a gauge for good."""
        self.learned: Nature | None = None
        self.nature = Nature.GAUGE
        self.counting: Counting | None = None
        self.level = Level()
        self.fence: Fence | None = None
        self._fenced: tuple[float, float] | None = None
        """What history made plausible when the fence was put up."""

    def decide(self, settings: ExtremesSettings, choice: MetricChoice, unit: str) -> None:
        """People have decided something of it, or its unit has been told; no matter if nothing is new."""
        self.choice, self._unit = choice, unit
        if declared_nature(self._name, unit) not in _UNCERTAIN:
            self.habits = None
        self._see_nature()
        self._put_up_fence(settings)

    def _see_nature(self) -> None:
        """By people, else its name, else its readings; what was learned of another one is of no use."""
        known = nature_of(self.choice, self._name, self._unit, self.learned)
        self.nature = Nature.GAUGE if known is None else known[0]
        counts = self.nature is Nature.COUNTER
        if counts is (self.counting is None):
            self.level = Level()
            self.counting = Counting() if counts else None

    def _learn_nature(self, habits: Habits, value: float) -> None:
        habits.take(value)
        if habits.nature is not self.learned:
            self.learned = habits.nature
            self._see_nature()
        if habits.is_certain:
            self.habits = None

    def read(self, settings: ExtremesSettings, slot_of: SlotOf, at: float, value: float) -> Sequence[Verdict]:
        """What is wrong with it now that ``value`` was read at ``at``; learns from it."""
        if self.habits is not None:
            self._learn_nature(self.habits, value)
        nature = self.nature
        if nature in _UNJUDGED or (nature is Nature.ALARM and value in _SWITCHED):
            return ()
        level = self.level
        if self.counting is not None:
            verdict = self._count(self.counting, settings, slot_of, at, value)
        else:
            verdict = level.read(settings, slot_of, self.fence, at, value)
        if level.range.usual is not self._fenced:
            self._put_up_fence(settings)
        if self.choice.muted or (verdict is None and level.is_well):
            return ()
        return (*(() if verdict is None else (verdict,)), *level.lasting())

    def glance(self, value: float) -> Sequence[Verdict]:
        """What is wrong with it, learning nothing."""
        if self.choice.muted or self.nature in _UNJUDGED or self.fence is None:
            return ()
        verdict = self.fence.judge(value)
        return (*(() if verdict is None else (verdict,)), *self.level.lasting())

    def _count(
        self, counting: Counting, settings: ExtremesSettings, slot_of: SlotOf, at: float, total: float
    ) -> Verdict | None:
        """People's and the table's limits are the total's, history is the rate's."""
        verdict = None if self.fence is None else self.fence.judge(total)
        hour = counting.take(at, total)
        if hour is None and math.isnan(counting.beyond):
            return verdict
        fence = fence_of(settings, NO_LIMIT, UNDECIDED, self.level.range.usual)
        if hour is not None:
            rate = self.level.take(settings, slot_of, fence, *hour)
            counting.beyond = math.nan if rate is None else hour[1]
        else:
            rate = None if fence is None else fence.judge(counting.beyond)
        return verdict or rate

    def _put_up_fence(self, settings: ExtremesSettings) -> None:
        self._fenced = self.level.range.usual
        self.fence = fence_of(settings, self._table, self.choice, self._usual)

    @property
    def _usual(self) -> tuple[float, float] | None:
        """What history makes plausible: nothing below none of what has never flowed back."""
        usual = self.level.range.usual
        if usual is None or self.counting is not None:
            return None
        flows_on = self._unit in _FLOWS and self.level.range.lowest >= 0
        return (max(0.0, usual[0]), usual[1]) if flows_on else usual

    @property
    def bounds(self) -> Bounds | None:
        """What a reading is held to, tolerance apart; ``None`` if nothing bounds and nothing was learned."""
        return bounds_of(self.fence, self._table, self._usual, self.learned)

    def is_ahead(self, settings: ExtremesSettings, at: float, day: float) -> bool:
        """Whether it begins, or goes on, more than ``day`` seconds later than ``at``."""
        return max(self.since, self.level.range.newest(settings)) > at + day

    def state(self) -> JsonObject:
        return {
            "since": self.since,
            "learned": None if self.learned is None else self.learned.value,
            "habits": None if self.habits is None else self.habits.state(),
            "counting": None if self.counting is None else self.counting.state(),
            "level": self.level.state(),
        }

    def restore(self, settings: ExtremesSettings, state: Fields) -> None:
        """Become what was written; raises :class:`rules.base.memory.DamagedState`."""
        self.since = state.number("since")
        if not state.is_null("learned"):
            self.learned = _nature(state.text("learned"))
        if state.is_null("habits"):
            self.habits = None
        elif self.habits is not None:
            self.habits.restore(state.fields("habits"))
        self._see_nature()
        if self.counting is not None and not state.is_null("counting"):
            self.counting.restore(state.fields("counting"))
        self.level.restore(state.fields("level"))
        self._put_up_fence(settings)


def _nature(text: str) -> Nature:
    try:
        return Nature(text)
    except ValueError as error:
        raise DamagedState(str(error)) from None
