"""A metric beyond its bounds, for as long as that lasts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Self

from actors.domain.findings import Bounds, Episode
from actors.domain.model import JsonObject
from rules.base.memory import Fields


@dataclass(frozen=True, slots=True)
class Excursion:
    """From the first reading beyond the bounds on. Times are seconds since the epoch."""

    since: float
    count: int
    """Readings beyond them."""
    value: float
    """The last of these."""
    bounds: Bounds
    """What that was held to."""
    peak: float
    excess: float
    """The one that was farthest beyond them, and how far."""
    back_at: float | None = None
    """Since when all readings are within them again."""

    @classmethod
    def begun(cls, at: float, value: float, bounds: Bounds) -> Self:
        return cls(at, 1, value, bounds, value, _excess(value, bounds))

    def gone_on(self, value: float, bounds: Bounds) -> Excursion:
        excess = _excess(value, bounds)
        peak, farthest = (value, excess) if excess > self.excess else (self.peak, self.excess)
        return Excursion(self.since, self.count + 1, value, bounds, peak, farthest)

    def come_back(self, at: float) -> Excursion:
        return self if self.back_at is not None else replace(self, back_at=at)

    def left(self, at: float, calm: float) -> float | None:
        """Seconds until it is over, which it is once ``calm`` seconds have gone by within the bounds.

        0 if it is, also where the clock has been set back; ``None`` while readings are beyond them.
        """
        if self.back_at is None:
            return None
        gone_by = at - self.back_at
        return calm - gone_by if 0 <= gone_by < calm else 0.0

    def episode(self, metric: str, until: float | None) -> Episode:
        return Episode(f"{metric}@{self.since}", self.since, until, self.count, _plain(self.peak))

    def details(self, metric: str) -> JsonObject:
        """As they go on the wire."""
        held_to = self.bounds
        bounds: JsonObject = {"min": held_to.low, "max": held_to.high, "source": held_to.source}
        return {"metric": metric, "value": _plain(self.value), "bounds": bounds}

    def state(self) -> JsonObject:
        return asdict(self)

    @classmethod
    def from_state(cls, state: Fields) -> Self:
        bounds = state.fields("bounds")
        return cls(
            since=state.number("since"),
            count=state.whole("count", 1, 2**62),
            value=state.number("value"),
            bounds=Bounds(
                bounds.optional_number("low"), bounds.optional_number("high"), bounds.text("source")
            ),
            peak=state.number("peak"),
            excess=state.number("excess"),
            back_at=state.optional_number("back_at"),
        )


def _plain(value: float) -> float:
    """As devices write it: 200, not 200.0."""
    return int(value) if value.is_integer() else value


def _excess(value: float, bounds: Bounds) -> float:
    """How far beyond the nearer bound."""
    below = 0.0 if bounds.low is None else bounds.low - value
    above = 0.0 if bounds.high is None else value - bounds.high
    return max(below, above)
