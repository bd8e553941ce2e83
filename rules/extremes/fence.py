"""What a reading is held to: what people, the table, and history make of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from actors.domain.findings import Bounds, Span
from actors.domain.metrics import MetricChoice, Nature
from rules.base.settings import ExtremesSettings
from rules.base.tables import Limit
from rules.extremes.excursion import Motive, Verdict

UNBOUND: Final = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Fence:
    """``low`` and ``high`` are infinite where there is no bound."""

    low: float
    high: float
    low_edge: float
    high_edge: float
    """Beyond these, which are the bounds and what is tolerated, a reading is told."""
    limit_edges: tuple[float, float]
    """The same of what people and the table say, history apart."""
    source: str

    @property
    def bounds(self) -> Bounds:
        return Bounds(shown(self.low), shown(self.high), self.source)

    def judge(self, value: float) -> Verdict | None:
        if self.low_edge <= value <= self.high_edge:
            return None
        low, high = self.limit_edges
        motive = Motive.HISTORY if low <= value <= high else Motive.LIMIT
        away = value - self.high if value > self.high else self.low - value
        width = self.high - self.low
        return Verdict(motive, value, self.bounds, away / width if 0 < width < math.inf else away)


def fence_of(
    settings: ExtremesSettings, table: Limit, choice: MetricChoice, usual: tuple[float, float] | None
) -> Fence | None:
    """A person's bound stands for that side. Else it is the tighter of the table's and the history's; but
    a history that lies wholly beyond the table's limits tightens nothing. ``None`` where nothing bounds.
    """
    low = -math.inf if table.low is None else table.low
    high = math.inf if table.high is None else table.high
    sources = ["limits"] if (table.low, table.high) != (None, None) else []
    limited = low, high
    if usual is not None:
        sources.append("hist")
        if usual[0] <= high and usual[1] >= low:
            low, high = max(low, usual[0]), min(high, usual[1])
    tolerance = _tolerance(settings, low, high)
    low_edge, high_edge = low - tolerance, high + tolerance
    limit_edges = (limited[0] - tolerance, limited[1] + tolerance) if sources[:1] == ["limits"] else UNBOUND
    if choice.low is not None:
        low = low_edge = choice.low
        limit_edges = choice.low, limit_edges[1]
    if choice.high is not None:
        high = high_edge = choice.high
        limit_edges = limit_edges[0], choice.high
    if (choice.low, choice.high) != (None, None):
        sources.insert(0, "person")
    if not sources:
        return None
    return Fence(low, high, low_edge, high_edge, limit_edges, "+".join(sources))


def bounds_of(
    fence: Fence | None, table: Limit, usual: tuple[float, float] | None, learned: Nature | None
) -> Bounds | None:
    """A fence as it is shown, with what table and history say; ``None`` if there is nothing to show."""
    known = None if fence is None else fence.bounds
    if known is None or (known.low, known.high) == (None, None):
        return None if learned is None else Bounds(None, None, "", nature=learned)
    limited = None if (table.low, table.high) == (None, None) else Span(table.low, table.high)
    history = None if usual is None else Span(shown(usual[0]), shown(usual[1]))
    return replace(known, table=limited, history=history, nature=learned)


def _tolerance(settings: ExtremesSettings, low: float, high: float) -> float:
    span = high - low if math.isfinite(high - low) else 0.0
    return max(settings.ai_alert_tol_abs, settings.ai_alert_tol_frac * span)


def shown(bound: float) -> float | None:
    """To six digits, more than history is worth; ``None`` for no bound."""
    return float(f"{bound:.6g}") if math.isfinite(bound) else None
