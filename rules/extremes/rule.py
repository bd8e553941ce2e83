"""Rule 1, ``extremos``: a reading beyond what its kind of device, or its own history, makes plausible.

Only numbers at the top level of ``parametros`` are metrics: neither booleans nor what is nested. Within the
rule a metric goes by the name that the device gives it, and outside by
:func:`actors.domain.readings.metric_name`.

The limits table bounds a metric from the first reading. History joins in when it has enough readings
and covers :data:`SETTLE_S`, since a few hours say nothing of a day. A reading beyond the bounds does
not enter the history that should catch it. It is kept apart, and let in when it turns out to be no
anomaly but a new level: when on :data:`PERSIST_DAYS` days of readings in a row at least
:data:`PERSIST_SHARE` of them were beyond the bounds.

An anomaly begins with the first reading beyond the bounds and ends where the readings have come back, once
they have stayed for ``AI_ALERT_COOLDOWN_S``: so nobody hears of a metric more often than that, and a value
that swings about its bound is one anomaly.

What percentile bounds cannot see: a value that sticks inside its bounds, a drift slow enough to take
the percentiles along, a wrong value at the wrong time of day; and a load that is normal but rarer
than the outer percentiles (a kettle) lies beyond them by definition.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from actors.domain.findings import Bounds, Finding, Severity
from actors.domain.model import Device, JsonObject, Report
from actors.domain.readings import metric_name, number_of
from rules.base.memory import Fields, seal, unseal
from rules.base.settings import ExtremesSettings
from rules.base.tables import Limit
from rules.extremes.excursion import Excursion
from rules.extremes.quantiles import LARGEST, Histogram, MovingHistogram

NAME: Final = "extremos"
ANOMALY: Final = "ai_anomaly"

DAY_S: Final = 86_400.0
# Two of every hour of the day before history is believed; half the window where that is less.
SETTLE_S: Final = 2 * DAY_S
PERSIST_DAYS: Final = 3
PERSIST_SHARE: Final = 0.05
# As many as one report can hold; what a device names beyond them is not watched.
MAX_METRICS: Final = 64
# Bounds are looked up anew when the history has changed by this share, or by so many readings.
REFRESH_SHARE: Final = 0.001
REFRESH_READINGS: Final = 16
# Readings between two savings: storing a state costs as much as reading 200 rows of the log again.
SAVE_EVERY: Final = 2_000

_STATE_VERSION: Final = 2
# Without excursions: when a metric was last told of stood there instead.
_FORMER_VERSION: Final = 1
_NO_LIMIT: Final = Limit(None, None)


@dataclass(frozen=True, slots=True)
class Fence:
    """``low`` and ``high`` are infinite where there is no bound; ``tolerance`` widens both."""

    low: float
    high: float
    tolerance: float
    source: str

    def excludes(self, value: float) -> bool:
        return value < self.low - self.tolerance or value > self.high + self.tolerance

    @property
    def bounds(self) -> Bounds:
        return Bounds(_shown(self.low), _shown(self.high), self.source)


class _Metric:
    """One metric's history, what was kept apart from it, and the bounds that follow."""

    __slots__ = (
        "day",
        "fence",
        "history",
        "outside",
        "persisting",
        "seen",
        "since",
        "usual",
        "usual_total",
    )

    def __init__(self, history: MovingHistogram, at: float) -> None:
        self.history = history
        self.since = at
        self.usual: tuple[float, float] | None = None
        """What history made plausible when it was last looked up, and how many readings it had then."""
        self.usual_total = -1
        self.fence: Fence | None = None
        """What follows from that and the limits table."""
        self.day = math.floor(at / DAY_S)
        self.seen = 0
        self.outside = Histogram()
        """Readings today, and those of them beyond the bounds."""
        self.persisting: list[Histogram] = []
        """What was beyond the bounds on the days before today on which that was much."""

    @property
    def is_outdated(self) -> bool:
        """Whether the history has changed enough since it was last looked up."""
        total = self.history.all.total
        return abs(total - self.usual_total) >= max(REFRESH_READINGS, REFRESH_SHARE * total)

    def is_ahead(self, at: float) -> bool:
        """Whether its history begins, or its days go on, later than ``at``."""
        tomorrow = math.floor(at / DAY_S) + 1
        return self.since > at + DAY_S or self.day > tomorrow or self.history.newest > at + DAY_S

    def take(self, at: float, value: float, excluded: bool) -> None:
        day = math.floor(at / DAY_S)
        if day > self.day:
            self._close_day(at)
            self.day = day
        self.seen += 1
        if excluded:
            self.outside.add(value)
        else:
            self.history.add(at, value)

    def _close_day(self, at: float) -> None:
        if self.outside.total < max(1.0, PERSIST_SHARE * self.seen):
            self.persisting.clear()
        else:
            self.persisting.append(self.outside)
        if len(self.persisting) == PERSIST_DAYS:
            for readings in self.persisting:
                self.history.merge(at, readings)
            self.persisting.clear()
        if self.outside.total:
            self.outside = Histogram()
        self.seen = 0

    def state(self) -> JsonObject:
        return {
            "since": self.since,
            "usual": None if self.usual is None else list(self.usual),
            "usual_total": self.usual_total,
            "day": self.day,
            "seen": self.seen,
            "history": self.history.state(),
            "outside": self.outside.state(),
            "persisting": [readings.state() for readings in self.persisting],
        }

    @classmethod
    def from_state(cls, window: float, state: Fields) -> _Metric:
        made = cls(MovingHistogram.from_state(window, state.fields("history")), state.number("since"))
        made.usual = state.optional_pair("usual")
        made.usual_total = state.whole("usual_total", -1, 2**62)
        made.day = state.whole("day", -(2**40), 2**40)
        made.seen = state.whole("seen", 0, 2**62)
        made.outside = Histogram.from_state(state.fields("outside"))
        made.persisting = [Histogram.from_state(readings) for readings in state.objects("persisting")]
        return made


class ExtremesRule:
    """``limits`` are those of this device's kind, by metric."""

    name: Final = NAME

    __slots__ = (
        "_about",
        "_excursions",
        "_limits",
        "_metrics",
        "_settings",
        "_settle",
        "_unsaved",
        "_wake_in",
        "_window",
    )

    def __init__(self, settings: ExtremesSettings, limits: Mapping[str, Limit]) -> None:
        self._settings = settings
        self._limits = limits
        self._window = settings.ai_hist_window_days * DAY_S
        self._settle = min(SETTLE_S, self._window / 2)
        self._metrics: dict[str, _Metric] = {}
        self._excursions: dict[str, Excursion] = {}
        """By metric, those that last."""
        self._about = 0, ""
        """The id and serial number of the device."""
        self._unsaved = 0
        self._wake_in: float | None = None

    # -- what the host calls -----------------------------------------------------------------

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        self._about = device.id, device.serial
        self._plan(at)
        if report is None or report.retained or not report.parameters or not device.claimed:
            return ()
        found: list[Finding] = []
        for metric, value in report.parameters.items():
            if (number := number_of(value)) is not None and abs(number) <= LARGEST:
                fence = self._judge(at, metric, float(number), report)
                if fence is not None or metric in self._excursions:
                    found += self._follow(at, metric, float(number), fence)
        self._plan(at)
        return found

    def wake(self, at: float) -> Sequence[Finding]:
        found = [each for name in [*self._excursions] for each in self._end_if_over(at, name)]
        self._plan(at)
        return found

    @property
    def wake_in(self) -> float | None:
        """Nobody need say anything more for an anomaly to be over."""
        return self._wake_in

    @property
    def lasting(self) -> Collection[str]:
        return [each.episode(metric_name(name), None).key for name, each in self._excursions.items()]

    def let_go(self, keys: Collection[str]) -> None:
        self._excursions = {
            name: each
            for name, each in self._excursions.items()
            if each.episode(metric_name(name), None).key not in keys
        }

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:  # noqa: ARG002
        """Take in a row of the log; rows come oldest first. Concludes nothing."""
        for name, value in parameters.items():
            if (number := number_of(value)) is not None and abs(number) <= LARGEST:
                self._take(at, name, float(number))

    def dismiss(self, details: JsonObject) -> None:
        """A reading proposes nothing that could be dismissed."""

    def is_ahead(self, at: float) -> bool:
        return any(metric.is_ahead(at) for metric in self._metrics.values())

    def take_over(self, decisions: ExtremesRule) -> None:
        """There are none."""

    @property
    def save_due(self) -> bool:
        """Whether so much was learned since the last :meth:`state` that reading it again would show."""
        return self._unsaved >= SAVE_EVERY

    def bounds(self, at: float) -> Mapping[str, Bounds]:
        """What a reading at ``at`` is held to, tolerance apart; the table's metrics need not be known yet."""
        names = set(self._metrics)
        if len(names) < MAX_METRICS:
            names |= self._limits.keys()
        fences = {name: self._fence(name, at) for name in sorted(names)}
        found = {metric_name(name): fence.bounds for name, fence in fences.items() if fence is not None}
        return {name: each for name, each in found.items() if (each.low, each.high) != (None, None)}

    # -- one reading -------------------------------------------------------------------------

    def _judge(self, at: float, name: str, value: float, report: Report) -> Fence | None:
        """The fence that the reading is beyond, if it is; at a doubtful time it teaches nothing."""
        if not report.doubtful:
            return self._take(at, name, value)
        fence = self._metrics[name].fence if name in self._metrics else None
        return fence if fence is not None and fence.excludes(value) else None

    # -- what lasts while readings are beyond the bounds -------------------------------------

    def _follow(self, at: float, name: str, value: float, fence: Fence | None) -> Iterator[Finding]:
        """What a reading says of its metric's anomaly: ``fence`` is what it is beyond, if it is."""
        yield from self._end_if_over(at, name)
        before = self._excursions.get(name)
        if fence is not None:
            bounds = fence.bounds
            now = Excursion.begun(at, value, bounds) if before is None else before.gone_on(value, bounds)
            self._excursions[name] = now
            yield self._finding(at, name, now, None)
        elif before is not None:
            self._excursions[name] = before.come_back(at)
            yield from self._end_if_over(at, name)

    def _end_if_over(self, at: float, name: str) -> Iterator[Finding]:
        known = self._excursions.get(name)
        if known is not None and known.left(at, self._settings.ai_alert_cooldown_s) == 0:
            del self._excursions[name]
            yield self._finding(at, name, known, known.back_at)

    def _finding(self, at: float, name: str, known: Excursion, until: float | None) -> Finding:
        metric = metric_name(name)
        about = (*self._about, at, known.details(metric))
        episode = known.episode(metric, until)
        return Finding(NAME, ANOMALY, *about, severity=Severity.MEDIUM, episode=episode)

    def _plan(self, at: float) -> None:
        calm = self._settings.ai_alert_cooldown_s
        lefts = [each.left(at, calm) for each in self._excursions.values()]
        self._wake_in = min((left for left in lefts if left is not None), default=None)

    # -- one reading -------------------------------------------------------------------------

    def _take(self, at: float, name: str, value: float) -> Fence | None:
        """Put the reading where it belongs; the fence is returned if it is beyond it."""
        self._unsaved += 1
        metric = self._metrics.get(name)
        if metric is None:
            if len(self._metrics) == MAX_METRICS:
                return None
            metric = self._metrics[name] = _Metric(MovingHistogram(self._window), at)
            metric.fence = self._fused(name, None)
        if metric.is_outdated:
            metric.usual, metric.usual_total = self._usual(metric, at), metric.history.all.total
            metric.fence = self._fused(name, metric.usual)
        fence = metric.fence
        excluded = fence is not None and fence.excludes(value)
        metric.take(at, value, excluded)
        return fence if excluded else None

    # -- fences ------------------------------------------------------------------------------

    def _fence(self, name: str, at: float) -> Fence | None:
        """What :meth:`_take` would judge by."""
        metric = self._metrics.get(name)
        if metric is None:
            return self._fused(name, None)
        return self._fused(name, self._usual(metric, at)) if metric.is_outdated else metric.fence

    def _fused(self, name: str, usual: tuple[float, float] | None) -> Fence | None:
        """The tighter of the table's and the history's bound, each way."""
        limit = self._limits.get(name, _NO_LIMIT)
        low = -math.inf if limit.low is None else limit.low
        high = math.inf if limit.high is None else limit.high
        sources = [] if limit is _NO_LIMIT else ["limits"]
        if usual is not None:
            sources.append("hist")
            # A history that lies wholly beyond the limits tightens nothing.
            if usual[0] <= high and usual[1] >= low:
                low, high = max(low, usual[0]), min(high, usual[1])
        if not sources:
            return None
        span = high - low if math.isfinite(high - low) else 0.0
        tolerance = max(self._settings.ai_alert_tol_abs, self._settings.ai_alert_tol_frac * span)
        return Fence(low, high, tolerance, "+".join(sources))

    def _usual(self, metric: _Metric, at: float) -> tuple[float, float] | None:
        """What history makes plausible, once there is enough of it."""
        history = metric.history
        if history.all.total < self._settings.ai_hist_min_points:
            return None
        if at - max(metric.since, history.begins) < self._settle:
            return None
        low = history.all.quantile(self._settings.ai_hist_pmin / 100)
        high = history.all.quantile(self._settings.ai_hist_pmax / 100)
        padding = self._settings.ai_hist_pad_frac * (high - low) + self._settings.ai_hist_pad_abs
        return low - padding, high + padding

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = 0
        metrics = {name: metric.state() for name, metric in self._metrics.items()}
        excursions = {name: known.state() for name, known in self._excursions.items()}
        body = {"window": self._window, "metrics": metrics, "excursions": excursions}
        return seal(NAME, _STATE_VERSION, body)

    @classmethod
    def from_state(
        cls, settings: ExtremesSettings, limits: Mapping[str, Limit], state: JsonObject
    ) -> ExtremesRule:
        """Raises :class:`rules.base.memory.DamagedState`, also for another ``AI_HIST_WINDOW_DAYS``."""
        made = cls(settings, limits)
        former = isinstance(state, Mapping) and state.get("version") == _FORMER_VERSION
        body = unseal(NAME, _FORMER_VERSION if former else _STATE_VERSION, state)
        body.number("window", made._window, made._window)
        for name, metric in body.fields("metrics").items():
            known = made._metrics[name] = _Metric.from_state(made._window, metric)
            known.fence = made._fused(name, known.usual)
        if not former:
            excursions = body.fields("excursions").items()
            made._excursions = {name: Excursion.from_state(known) for name, known in excursions}
        return made


def _shown(bound: float) -> float | None:
    """To six digits, more than the percentiles are worth; ``None`` for no bound."""
    return float(f"{bound:.6g}") if math.isfinite(bound) else None
