"""Holding history against rule 1, in the background and on request."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final

import pykka

from actors.domain.durations import DAY_S
from actors.domain.findings import Finding, ScanFailure
from actors.domain.model import JsonObject, LogEntry, Report
from actors.domain.readings import metric_name
from actors.domain.rule import Rule, RuleFactory
from actors.messages import LogRead, ReadLog, ScanHistory
from actors.ports import EventSink, ScanNews
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor

logger = logging.getLogger(__name__)

ANOMALY: Final = "ai_anomaly"
PROGRESS: Final = "ai_progress"
DONE: Final = "ai_done"
# Searches that may wait for their turn; whoever asks for more has forgotten the first ones.
MOST_WAITING: Final = 16


class _Scan:
    """One search as it goes on."""

    def __init__(self, wanted: ScanHistory, rule: Rule, now: float) -> None:
        # The rule only looks at claimed devices; who asks for a search may ask it of any.
        self.device = replace(wanted.device, claimed=True)
        self.wanted = wanted
        self.rule = rule
        self.begins = now - wanted.days * DAY_S
        self.readings = 0
        self.anomalies = 0
        self._lasting: dict[str, Finding] = {}
        """By their keys, those that are not over by what was read so far."""

    def read(self, entry: LogEntry) -> list[Finding]:
        """The anomalies that are over by this row; those of before the days asked for only teach."""
        parameters = {
            name: value for name, value in entry.parameters.items() if metric_name(name) == self.wanted.metric
        }
        if not parameters:
            return []
        if entry.at < self.begins:
            self.rule.learn(entry.at, entry.state, parameters)
            return []
        self.readings += 1
        report = Report(self.device.serial, entry.at, entry.state, parameters)
        over: list[Finding] = []
        for finding in self.rule.observe(self.device, report, entry.at):
            episode = finding.episode
            if episode is not None:
                self._lasting[episode.key] = finding
            if episode is None or not episode.lasts:
                over.append(finding if episode is None else self._lasting.pop(episode.key))
        self.anomalies += len(over)
        return over

    def end(self) -> list[Finding]:
        """Those that last where there is nothing more to be read."""
        self.anomalies += len(self._lasting)
        return [*self._lasting.values()]


@dataclass(frozen=True, slots=True)
class _Page:
    """The log reader's answer to that search."""

    scan: _Scan
    read: LogRead


class ScannerActor(SupervisedActor):
    """One search at a time, a page of the log at a time; what it finds is announced and not kept.

    A search that it fails over is told to be done, with the error, and the next one begins.
    """

    part: ClassVar[Part] = Part.SCANNER

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        log_reader: pykka.ActorRef[Any],
        events: EventSink,
        extremes: RuleFactory,
        window_days: float,
        failure_registry: FailureRegistry | None = None,
    ) -> None:
        """``window_days`` is how much history the rule goes by."""
        super().__init__(dispatcher, clock, failure_registry)
        self._log_reader = log_reader
        self._events = events
        self._extremes = extremes
        self._window = window_days * DAY_S
        self._queue: deque[ScanHistory] = deque()
        self._wanted: ScanHistory | None = None
        """The search that goes on, or is about to."""
        self._scan: _Scan | None = None

    def on_receive(self, message: object) -> None:
        match message:
            case ScanHistory():
                self._accept(message)
            case _Page(scan, read):
                if scan is self._scan:
                    self._read(scan, read.entries, read.more)
            case _:
                super().on_receive(message)

    def after_burst(self) -> None:
        if self._scan is None and self._queue:
            self._begin(self._queue.popleft())

    def on_fault(self, error: BaseException) -> None:  # noqa: ARG002
        if isinstance(self.handling, ScanHistory):
            self._end_without_search(self.handling, ScanFailure.FAILED)
        elif self._wanted is not None:
            wanted, self._wanted, self._scan = self._wanted, None, None
            self._end_without_search(wanted, ScanFailure.FAILED)

    def _accept(self, wanted: ScanHistory) -> None:
        if len(self._queue) == MOST_WAITING:
            logger.warning("scan_refused serial=%s waiting=%d", wanted.device.serial, MOST_WAITING)
            self._end_without_search(wanted, ScanFailure.TOO_MANY_WAIT)
            return
        self._queue.append(wanted)

    def _end_without_search(self, wanted: ScanHistory, why: ScanFailure) -> None:
        nothing = {"days": wanted.days, "readings": 0, "anomalies": 0}
        self._events.scan_told(_news(wanted, DONE, self._clock.now(), nothing, why))

    def _begin(self, wanted: ScanHistory) -> None:
        self._wanted = wanted
        now = self._clock.now()
        self._scan = _Scan(wanted, self._extremes.start(wanted.device, None, now).rule, now)
        self._tell_listeners(self._scan, PROGRESS, {"progress": 0})
        self._read_on(self._scan, 0)

    def _read_on(self, scan: _Scan, after: int) -> None:
        since = scan.begins - self._window
        tell_if_alive(
            self._log_reader,
            ReadLog(scan.device.id, after, scan.device.reports, since, partial(self._hear, scan)),
        )

    def _hear(self, scan: _Scan, read: LogRead) -> None:
        tell_if_alive(self.actor_ref, _Page(scan, read))

    def _read(self, scan: _Scan, entries: Sequence[LogEntry], more: bool) -> None:
        for entry in entries:
            for finding in scan.read(entry):
                self._tell_of(scan, finding)
        if more:
            last = entries[-1].n
            self._tell_listeners(scan, PROGRESS, {"progress": 100 * last // scan.device.reports})
            self._read_on(scan, last)
            return
        for finding in scan.end():
            self._tell_of(scan, finding)
        self._tell_listeners(
            scan, DONE, {"days": scan.wanted.days, "readings": scan.readings, "anomalies": scan.anomalies}
        )
        self._wanted = self._scan = None

    def _tell_of(self, scan: _Scan, finding: Finding) -> None:
        episode = finding.episode
        at = finding.at if episode is None else episode.since
        details = {**finding.details, "severity": finding.severity.value}
        news = _news(scan.wanted, ANOMALY, at, details)
        self._events.scan_told(replace(news, episode=episode))

    def _tell_listeners(self, scan: _Scan, event: str, details: JsonObject) -> None:
        self._events.scan_told(_news(scan.wanted, event, self._clock.now(), details))


def _news(
    wanted: ScanHistory, event: str, at: float, details: JsonObject, failure: ScanFailure | None = None
) -> ScanNews:
    about = {"metric": wanted.metric, **details}
    return ScanNews(event, wanted.device.id, wanted.device.serial, at, about, failure)
