"""The rules, ready to be started for any device. Implements :class:`actors.domain.rule.RuleFactory`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from actors.domain.alarms import warns
from actors.domain.durations import DAY_S
from actors.domain.findings import RuleMemory
from actors.domain.kinds import sort_of
from actors.domain.model import Device, JsonObject
from actors.domain.rule import Rule, RuleFactory, Start
from actors.domain.schedule import ScheduleError, parse
from actors.domain.sun import Sun
from rules import alarms, misconfig, offline, weather
from rules.base.memory import DamagedState
from rules.base.settings import LearnSettings, RulesSettings
from rules.base.tables import NO_ADVICE, Advice, Limits, Standards, WeatherTable, of_device
from rules.extremes import rule as extremes
from rules.learn import rule as learn
from rules.learn.habit import SPAN_DAYS
from rules.learn.timetable import Span, Timetable


@dataclass(frozen=True, slots=True)
class RuleStarter:
    """How one rule is started: anew, or from what it knew."""

    fresh: Callable[[Device], Rule]
    restored: Callable[[Device, JsonObject], Rule]
    """Raises :class:`rules.base.memory.DamagedState`."""
    watches_reports: bool
    log_s: float
    """How far back the log can teach it something, in seconds; 0 where it teaches nothing."""
    concerns: Callable[[Device], bool] = lambda _: True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        unread = 0 if self.log_s else device.reports
        damage = None
        if memory is not None:
            try:
                rule = self.restored(device, memory.state)
                return Start(rule, max(memory.upto, unread), at - self.log_s, resumes=True)
            except DamagedState as error:
                damage = str(error)
        return Start(self.fresh(device), unread, at - self.log_s, damage=damage)


@dataclass(frozen=True, slots=True)
class LearnStarter:
    """Rule 3, which has settings for what it starts from."""

    settings: LearnSettings
    timezone: tzinfo
    demo: Callable[[str], Timetable | None]
    """By serial, a timetable to suggest instead of learning."""
    sun: Sun | None = None
    watches_reports: bool = True

    def concerns(self, device: Device) -> bool:  # noqa: ARG002
        return True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:
        stored = None if memory is None else memory.state
        demo = self.demo(device.serial)
        begun = learn.start(self.settings, self.timezone, planned, stored, demo, self.sun)
        after = {
            learn.Replay.NONE: device.reports,
            learn.Replay.NEWER: 0 if memory is None else memory.upto,
            learn.Replay.ALL: 0,
        }
        resumes = begun.replay is learn.Replay.NEWER
        return Start(begun.rule, after[begun.replay], at - SPAN_DAYS * DAY_S, resumes, begun.damage)


def rulebook(
    settings: RulesSettings,
    limits: Limits,
    standards: Standards,
    timezone: tzinfo,
    demo: Callable[[str], Timetable | None],
    advice: WeatherTable = NO_ADVICE,
) -> Mapping[str, RuleFactory]:
    """By name."""
    return {
        extremes.NAME: RuleStarter(
            lambda device: extremes.ExtremesRule(
                settings, of_device(limits, device.serial, {}), timezone, device
            ),
            lambda device, state: extremes.ExtremesRule.from_state(
                settings, of_device(limits, device.serial, {}), state, timezone, device
            ),
            watches_reports=True,
            log_s=settings.ai_hist_window_days * DAY_S,
        ),
        misconfig.NAME: RuleStarter(
            lambda _: misconfig.MisconfigRule(settings, standards, advice),
            lambda _, state: misconfig.MisconfigRule.from_state(settings, standards, state, advice),
            watches_reports=False,
            log_s=0,
        ),
        learn.NAME: LearnStarter(
            settings, timezone, demo, None if settings.place is None else Sun(*settings.place, timezone)
        ),
        offline.NAME: RuleStarter(
            lambda _: offline.OfflineRule(settings, timezone),
            lambda _, state: offline.OfflineRule.from_state(settings, timezone, state),
            watches_reports=False,
            log_s=0,
        ),
        alarms.NAME: RuleStarter(
            lambda _: alarms.AlarmsRule(settings),
            lambda _, state: alarms.AlarmsRule.from_state(settings, state),
            watches_reports=True,
            log_s=0,
            concerns=warns,
        ),
        weather.NAME: RuleStarter(
            lambda device: weather.WeatherRule(_advice_for(device, advice)),
            lambda device, state: weather.WeatherRule.from_state(_advice_for(device, advice), state),
            watches_reports=False,
            log_s=0,
            concerns=lambda device: bool(_advice_for(device, advice)),
        ),
    }


def _advice_for(device: Device, advice: WeatherTable) -> Sequence[Advice]:
    return advice.get(sort_of(device)[0], ())


def planned(configuration: JsonObject) -> list[Span] | None:
    """When the configuration's own schedule has the device on, in minutes of the week."""
    try:
        timetable = parse(configuration)
    except ScheduleError:
        return None
    channels = [channel for channel in (timetable.power, timetable.watering) if channel is not None]
    if not channels:
        return None
    return [(start // 60, (end - start) // 60) for channel in channels for start, end in channel.spans]
