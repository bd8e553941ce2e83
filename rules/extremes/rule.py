"""Rule 1, ``extremos``: what a metric says is not what its kind, people, or its own history make plausible.

Only numbers at the top level of ``parametros`` are metrics: neither booleans nor what is nested. Within the
rule a metric goes by the name that the device gives it, and outside by
:func:`actors.domain.readings.metric_name`.

What a metric is decides how it is judged: a gauge by its level, a counter by its rate, and a state or an
identifier not at all. What is wrong is an episode, from the first reading on until all has been well for a
while. Of one metric three may last at a time, of the tracks below: a sensor that fails now and then must not
hide that its room is cold, and a slow drift not that the door stands open.

What it cannot see: a slow drift of what wanders anyway, and a wrong value that is usual at that hour.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final

from actors.domain.durations import DAY_S, HOUR_S
from actors.domain.findings import Bounds, Finding
from actors.domain.metrics import UNDECIDED, MetricChoice, unit_of
from actors.domain.model import Device, JsonObject, Report
from actors.domain.readings import metric_name, number_of
from rules.base.memory import DamagedState, Fields, seal, unseal
from rules.base.settings import ExtremesSettings
from rules.base.tables import Limit
from rules.extremes.excursion import Excursion, Motive, Verdict
from rules.extremes.fence import bounds_of, fence_of
from rules.extremes.metric import NO_LIMIT, Metric
from rules.extremes.part import one_for_equals

NAME: Final = "extremos"
ANOMALY: Final = "ai_anomaly"

# As many as one report can hold; what a device names beyond them is not watched.
MAX_METRICS: Final = 64
# Beyond this a number is no measurement, and would not fit where means are kept.
LARGEST: Final = 1e30
# Readings between two savings: storing a state costs as much as reading 200 rows of the log again.
SAVE_EVERY: Final = 2_000

# What may last at a time, and which motives belong to it; behind the keys of its episodes.
_TRACKS: Final = {
    Motive.LIMIT: "",
    Motive.HISTORY: "",
    Motive.HOUR: "",
    Motive.SENSOR: "/sensor",
    Motive.STUCK: "/sensor",
    Motive.DRIFT: "/deriva",
}
_STATE_VERSION: Final = 4


class ExtremesRule:
    """``limits`` are those of the device's kind, by metric; ``device`` is it as it is at the start."""

    name: Final = NAME

    __slots__ = (
        "_about",
        "_choices",
        "_excursions",
        "_hour",
        "_limits",
        "_metrics",
        "_profile",
        "_settings",
        "_slot",
        "_timezone",
        "_unsaved",
        "_wake_in",
    )

    def __init__(
        self,
        settings: ExtremesSettings,
        limits: Mapping[str, Limit],
        timezone: tzinfo = UTC,
        device: Device | None = None,
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._timezone = timezone
        self._choices: Mapping[str, MetricChoice] = {} if device is None else device.limits
        self._profile = None if device is None else device.profile
        """Which has the units of its metrics."""
        self._metrics: dict[str, Metric] = {}
        self._excursions: dict[tuple[str, str], Excursion] = {}
        """By metric and track, those that last."""
        self._about = 0, ""
        """The id and serial number of the device."""
        self._unsaved = 0
        self._wake_in: float | None = None
        self._hour = self._slot = -1
        """The hour since the epoch that was last asked for, and which hour of the week that is."""

    # -- what the host calls -----------------------------------------------------------------

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        self._about = device.id, device.serial
        found: list[Finding] = []
        if device.limits is not self._choices or device.profile is not self._profile:
            found += self._hear(at, device)
        if report is not None and report.parameters and not report.retained and device.claimed:
            found += self._read(at, report.parameters, report.doubtful)
        self._plan(at)
        return found

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:  # noqa: ARG002
        """Take in a row of the log; rows come oldest first. Concludes nothing, but knows what lasts."""
        self._read(at, parameters, doubtful=False)
        self._excursions = {key: known.told(-math.inf) for key, known in self._excursions.items()}

    def wake(self, at: float) -> Sequence[Finding]:
        found = [each for key in [*self._excursions] for each in self._end_if_over(at, key)]
        self._plan(at)
        return found

    @property
    def wake_in(self) -> float | None:
        """Nobody need say anything more for an anomaly to be over."""
        return self._wake_in

    @property
    def lasting(self) -> Collection[str]:
        return [_key(*key, known) for key, known in self._excursions.items()]

    def let_go(self, keys: Collection[str]) -> None:
        self._excursions = {
            key: known for key, known in self._excursions.items() if _key(*key, known) not in keys
        }

    def dismiss(self, details: JsonObject) -> None:
        """A reading proposes nothing that could be dismissed."""

    def is_ahead(self, at: float) -> bool:
        return any(metric.is_ahead(self._settings, at, DAY_S) for metric in self._metrics.values())

    def take_over(self, decisions: ExtremesRule) -> None:
        """There are none."""

    @property
    def save_due(self) -> bool:
        """Whether so much was learned since the last :meth:`state` that reading it again would show."""
        return self._unsaved >= SAVE_EVERY

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """What a reading is held to, tolerance apart; a metric of the table need not be known yet."""
        found = {name: metric.bounds for name, metric in self._metrics.items()}
        if len(found) < MAX_METRICS:
            for name in self._limits.keys() - found.keys():
                fence = fence_of(self._settings, self._limits[name], self._choice(name), None)
                found[name] = bounds_of(fence, self._limits[name], None, None)
        return {metric_name(name): each for name, each in sorted(found.items()) if each is not None}

    # -- readings ----------------------------------------------------------------------------

    def _read(self, at: float, parameters: JsonObject, doubtful: bool) -> list[Finding]:
        found: list[Finding] = []
        for name, given in parameters.items():
            number = number_of(given)
            if number is None or not -LARGEST <= number <= LARGEST:
                continue
            metric = self._metrics.get(name) or self._new(name, at)
            if metric is None:
                continue
            if doubtful:
                verdicts = metric.glance(float(number))
            else:
                self._unsaved += 1
                verdicts = metric.read(self._settings, self._slot_of, at, float(number))
            if verdicts or self._excursions:
                found += self._follow(at, name, verdicts)
        return found

    def _new(self, name: str, at: float) -> Metric | None:
        if len(self._metrics) == MAX_METRICS:
            return None
        # Boards of one kind use the same names.
        name = sys.intern(name)
        made = Metric(metric_name(name), self._limits.get(name, NO_LIMIT), at)
        made.decide(self._settings, self._choice(name), self._unit(name))
        self._metrics[name] = made
        return made

    def _choice(self, name: str) -> MetricChoice:
        return self._choices.get(metric_name(name), UNDECIDED)

    def _unit(self, name: str) -> str:
        told = metric_name(name)
        return ("" if self._profile is None else self._profile.units.get(told, "")) or unit_of(told)

    def _hear(self, at: float, device: Device) -> Iterator[Finding]:
        """Of what people have decided, or of the units that the device has told.

        What lasts of a metric that is now muted, or something else than it was, is over.
        """
        self._choices, self._profile = device.limits, device.profile
        for name, metric in self._metrics.items():
            before = metric.nature
            metric.decide(self._settings, self._choice(name), self._unit(name))
            if metric.choice.muted or metric.nature is not before:
                for key in [key for key in self._excursions if key[0] == name]:
                    yield self._finding(at, key, self._excursions.pop(key), at).silenced()

    def _slot_of(self, hour: int) -> int:
        if hour != self._hour:
            local = datetime.fromtimestamp(hour * HOUR_S, self._timezone)
            self._hour, self._slot = hour, local.weekday() * 24 + local.hour
        return self._slot

    # -- what lasts while something is wrong -------------------------------------------------

    def _follow(self, at: float, name: str, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
        """What a reading says of its metric's anomalies."""
        by_track: dict[str, Verdict] = {}
        for verdict in verdicts:
            by_track.setdefault(_TRACKS[verdict.motive], verdict)
        for track, verdict in by_track.items():
            yield from self._go_on(at, (name, track), verdict)
        for key in [key for key in self._excursions if key[0] == name and key[1] not in by_track]:
            self._excursions[key] = self._excursions[key].come_back(at)
            yield from self._end_if_over(at, key)

    def _go_on(self, at: float, key: tuple[str, str], verdict: Verdict) -> Iterator[Finding]:
        yield from self._end_if_over(at, key)
        before = self._excursions.get(key)
        if before is None:
            now = Excursion.begun(at, verdict)
        else:
            now = before.gone_on(at, verdict)
            if not now.is_news_to(before, at, self._every):
                self._excursions[key] = now
                return
            now = now.told(at)
        self._excursions[key] = now
        yield self._finding(at, key, now, None)

    def _end_if_over(self, at: float, key: tuple[str, str]) -> Iterator[Finding]:
        known = self._excursions.get(key)
        if known is not None and known.left(at, self._settings.ai_alert_cooldown_s) == 0:
            del self._excursions[key]
            yield self._finding(at, key, known, known.back_at)

    @property
    def _every(self) -> float:
        """Seconds between two updates of what lasts: an hour, or as often as the original told it."""
        each = self._settings.ai_alert_cooldown_s if self._settings.ai_alert_repeat else 0.0
        return min(each, HOUR_S) if each else HOUR_S

    def _finding(self, at: float, key: tuple[str, str], known: Excursion, until: float | None) -> Finding:
        return Finding(
            *(NAME, ANOMALY, *self._about, at, known.details(metric_name(key[0]))),
            severity=known.worst.severity,
            episode=known.episode(_key(*key, known), until),
        )

    def _plan(self, at: float) -> None:
        if not self._excursions:
            self._wake_in = None
            return
        calm = self._settings.ai_alert_cooldown_s
        lefts = [each.left(at, calm) for each in self._excursions.values()]
        self._wake_in = min((left for left in lefts if left is not None), default=None)

    # -- what is remembered ------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = 0
        body: JsonObject = {
            "window_days": self._settings.ai_hist_window_days,
            "metrics": {name: metric.state() for name, metric in self._metrics.items()},
            "excursions": [
                {"metric": name, "track": track, **known.state()}
                for (name, track), known in self._excursions.items()
            ],
        }
        return seal(NAME, _STATE_VERSION, body)

    def restore(self, state: JsonObject) -> None:
        """Know what was written; raises :class:`DamagedState`, also for another ``AI_HIST_WINDOW_DAYS``."""
        body = Fields(NAME, one_for_equals(unseal(NAME, _STATE_VERSION, state).values, {}))
        days = self._settings.ai_hist_window_days
        body.whole("window_days", days, days)
        for name, known in body.fields("metrics").items():
            made = self._new(name, 0.0)
            if made is None:
                raise DamagedState(f"{NAME}: too many metrics")
            made.restore(self._settings, known)
        for lasting in body.objects("excursions"):
            self._excursions[_track_of(lasting)] = Excursion.from_state(lasting)

    @classmethod
    def from_state(
        cls,
        settings: ExtremesSettings,
        limits: Mapping[str, Limit],
        state: JsonObject,
        timezone: tzinfo = UTC,
        device: Device | None = None,
    ) -> ExtremesRule:
        """Raises :class:`DamagedState`."""
        made = cls(settings, limits, timezone, device)
        made.restore(state)
        return made


def _key(name: str, track: str, known: Excursion) -> str:
    return f"{metric_name(name)}@{known.since:.3f}{track}"


def _track_of(state: Fields) -> tuple[str, str]:
    track = state.text("track")
    if track not in _TRACKS.values():
        raise DamagedState(f"{NAME}: track {track!r:.40}")
    return state.text("metric"), track
