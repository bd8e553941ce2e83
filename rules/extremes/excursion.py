"""What is wrong with a metric, for as long as that lasts."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import Final, Self

from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.findings import Bounds, Episode, Severity
from actors.domain.model import JsonObject
from rules.base.memory import DamagedState, Fields

# What has lasted for long is over only after as long a calm, up to this.
MOST_CALM_S: Final = DAY_S
# A sensor that fails now and then has not recovered because of two good days.
SENSOR_CALM_S: Final = 3 * DAY_S
# Hours are judged one by one, and one good one between two is no end.
HOUR_CALM_S: Final = 6 * HOUR_S


class Motive(Enum):
    """Why a reading is told; the value as on the wire. From the least to the most pressing."""

    DRIFT = "deriva"
    STUCK = "fijo"
    HOUR = "hora"
    SENSOR = "sensor"
    HISTORY = "historia"
    LIMIT = "limite"


_CALMS: Final = {Motive.SENSOR: SENSOR_CALM_S, Motive.HOUR: HOUR_CALM_S}
_PRESSING: Final = {motive: n for n, motive in enumerate(Motive)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a reading, or with the last hours or days of them."""

    motive: Motive
    value: float
    bounds: Bounds
    excess: float = 0.0
    """How far off, to tell what is worse: in widths of the bounds, or whatever the motive has."""

    @property
    def severity(self) -> Severity:
        if self.motive is Motive.LIMIT:
            return Severity.HIGH
        if self.motive is Motive.HISTORY:
            return Severity.HIGH if self.excess >= 1 else Severity.MEDIUM
        return Severity.LOW


@dataclass(frozen=True, slots=True)
class Excursion:
    """From the first thing that was wrong on. Times are seconds since the epoch."""

    since: float
    count: int
    """Readings that something was wrong with, or that came while it was."""
    worst: Verdict
    """The most pressing, and of these the one that was farthest off."""
    last_at: float
    back_at: float | None = None
    """Since when all is well again."""
    told_at: float = 0.0

    @classmethod
    def begun(cls, at: float, verdict: Verdict) -> Self:
        return cls(at, 1, verdict, at, told_at=at)

    def gone_on(self, at: float, verdict: Verdict) -> Excursion:
        worst = verdict if _is_worse(verdict, self.worst) else self.worst
        return replace(self, count=self.count + 1, worst=worst, last_at=max(at, self.last_at), back_at=None)

    def come_back(self, at: float) -> Excursion:
        return self if self.back_at is not None else replace(self, back_at=at)

    def is_news_to(self, before: Excursion, at: float, every: float) -> bool:
        """Whether it says so much more than when it was last told: that it is worse, or has gone on for
        another ``every`` seconds.
        """
        return self.worst is not before.worst or not 0 <= at - self.told_at < every

    def calm(self, least: float) -> float:
        """For how many seconds all must be well until it is over; at least ``least`` of them."""
        wanted = max(least, _CALMS.get(self.worst.motive, 0.0))
        return max(wanted, min(self.last_at - self.since, MOST_CALM_S))

    def left(self, at: float, least: float) -> float | None:
        """Seconds until it is over: 0 if it is, or the clock was set back; ``None`` while it goes on."""
        if self.back_at is None:
            return None
        calm, gone_by = self.calm(least), at - self.back_at
        return calm - gone_by if 0 <= gone_by < calm else 0.0

    def told(self, at: float) -> Excursion:
        return replace(self, told_at=at)

    def episode(self, key: str, until: float | None) -> Episode:
        return Episode(key, self.since, until, self.count, self.worst.value)

    def details(self, metric: str) -> JsonObject:
        """As they go on the wire."""
        bounds = self.worst.bounds
        return {
            "metric": metric,
            "value": self.worst.value,
            "bounds": {"min": bounds.low, "max": bounds.high, "source": bounds.source},
            "motivo": self.worst.motive.value,
        }

    def state(self) -> JsonObject:
        worst = self.worst
        return {
            "since": self.since,
            "count": self.count,
            "last_at": self.last_at,
            "back_at": self.back_at,
            "told_at": None if self.told_at == -math.inf else self.told_at,
            "motive": worst.motive.value,
            "value": worst.value,
            "excess": worst.excess,
            **asdict(worst.bounds),
        }

    @classmethod
    def from_state(cls, state: Fields) -> Self:
        try:
            motive = Motive(state.text("motive"))
        except ValueError as error:
            raise DamagedState(str(error)) from None
        bounds = Bounds(state.optional_number("low"), state.optional_number("high"), state.text("source"))
        return cls(
            since=state.number("since"),
            count=state.whole("count", 1, 2**62),
            worst=Verdict(motive, state.number("value"), bounds, state.number("excess")),
            last_at=state.number("last_at"),
            back_at=state.optional_number("back_at"),
            told_at=-math.inf if state.is_null("told_at") else state.number("told_at"),
        )


def _is_worse(verdict: Verdict, than: Verdict) -> bool:
    return (_PRESSING[verdict.motive], verdict.excess) > (_PRESSING[than.motive], than.excess)
