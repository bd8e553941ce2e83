"""Rule 3, ``learn``: what people switch when, and a timetable suggested from it.

The model is :class:`rules.learn.habit.WeeklyHabit`; the windows in it are found once a day. A suggestion is
made when it differs enough from the last one, from one that was dismissed and, in mode ``horario``,
from the schedule that the device has.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from typing import Final, TypeAlias

from actors.domain.absences import Absence
from actors.domain.findings import Bounds, Finding, Proposal
from actors.domain.house import House
from actors.domain.model import SCHEDULED, Device, JsonObject, Report
from actors.domain.readings import switch_of
from actors.domain.sun import Sun
from rules.base.memory import DamagedState, Fields, seal, unseal
from rules.base.settings import LearnSettings
from rules.learn.estimate import Bins, Estimate, estimate_of
from rules.learn.forecast import foretells
from rules.learn.habit import WeeklyHabit
from rules.learn.held_signal import HeldSignal
from rules.learn.sunlight import by_the_sun, follows
from rules.learn.timetable import (
    WEEK,
    Span,
    SunFit,
    Timetable,
    Window,
    as_horarios,
    difference,
    minutes,
    read_suggested,
    suggested,
)
from rules.learn.windows import MIN_DAYS, windows_of

NAME: Final = "learn"
SUGGEST: Final = "ai_suggest"
_WATERING: Final = "horarios_riego"

Planned: TypeAlias = Callable[[JsonObject], Iterable[Span] | None]
"""When a configuration's own schedule has the device on; ``None`` if it has no such schedule."""

# Windows are looked for in the first hour of the day, of each device at a second of its own: a campus
# of devices would otherwise think at midnight all at once.
SPREAD_S: Final = 3600
# Every weekday twice: less would suggest the days that were seen and leave out the others.
LEAST_DAYS: Final = 14
# What was dismissed stays away until at least this much of it is different.
DISMISSED_DIFF: Final = 0.1
AHEAD_DAYS: Final = 7
# Whether a habit follows the sun is looked at once a week, as that costs as much as all else; where it does,
# daily.
SUN_DAYS: Final = 7
# Days by which it is known whether a device rests at times, as one that people switch does; two weeks, since
# what is used once in one may be skipped once.
RESTED_DAYS: Final = 14

_STATE_VERSION: Final = 1


class Replay(Enum):
    """Which rows of the log a rule that starts is to be given with :meth:`LearnRule.learn`."""

    NONE = "none"
    NEWER = "newer"
    """Those that came after its stored state."""
    ALL = "all"


class LearnRule:
    """``demo`` is a timetable to suggest instead of learning; an empty one suggests nothing.

    Without a ``sun`` all habits are the clock's.
    """

    name: Final = NAME
    wake_in: Final = None
    lasting: Final = ()

    __slots__ = (
        "_absences",
        "_demo",
        "_dismissed",
        "_elsewhere",
        "_events",
        "_habit",
        "_held",
        "_next_look",
        "_planned",
        "_scheduled",
        "_settings",
        "_signal",
        "_sun",
        "_sun_looked",
        "_switch_seen",
        "_timezone",
        "_told",
        "_told_at",
        "_unsaved",
        "switched_on",
    )

    def __init__(
        self,
        settings: LearnSettings,
        timezone: tzinfo,
        planned: Planned,
        demo: Timetable | None = None,
        sun: Sun | None = None,
    ) -> None:
        self._settings = settings
        self._timezone = timezone
        self._planned = planned
        self._demo = demo
        self._sun = sun
        self._sun_looked = 0
        """The ordinal of the day on which it was looked last whether windows follow the sun."""
        self._absences: tuple[Absence, ...] = ()
        self._elsewhere: Set[int] = frozenset()
        """The days on which people have switched something in the house."""
        self.switched_on = 0
        self._switch_seen = 0
        """The ordinal of the last day on which it was switched, by whomever."""
        self._scheduled = False
        self._habit = WeeklyHabit(settings.ai_r3_bin_minutes)
        self._signal = HeldSignal(timezone, settings.ai_r3_bin_minutes)
        self._events = 0
        self._unsaved = 0
        self._held: Bins = b""
        self._next_look = 0.0
        self._told: Timetable = ()
        self._told_at: float | None = None
        self._dismissed: Timetable = ()

    # -- what the host calls -----------------------------------------------------------------

    def hear(self, house: House, at: float) -> Sequence[Finding]:  # noqa: ARG002
        """What was learned stays, and is passed over: who was there after all has lost nothing."""
        self._absences = house.absences
        self._elsewhere = house.switched
        return ()

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        if not device.claimed or (report is not None and (report.retained or report.doubtful)):
            return ()
        on = _is_on(device.state, device.parameters)
        self._scheduled = device.configuration.get("modo") == SCHEDULED
        # Without a report nothing was said; but people may have switched it.
        if self._demo is None and (report is not None or on is not self._signal.on):
            self._take_in(at, on)
        if self._next_look - 2 * SPREAD_S * 24 < at < self._next_look:
            return ()
        self._next_look = self._look_after(device.serial, at)
        return self._consider(device, at)

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """Take in a row of the log; rows come oldest first. Concludes nothing."""
        self._take_in(at, _is_on(state, parameters))

    def let_go(self, keys: Collection[str]) -> None:
        """It has no episodes."""

    def dismiss(self, details: JsonObject) -> None:
        """A person does not want this suggestion. ``details`` are the finding's."""
        self._dismissed = tuple(read_suggested(details["suggested_horarios"]))

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It judges no reading."""
        return {}

    def is_ahead(self, at: float) -> bool:
        """By more than a week, since a few days more are soon made up for, and eight weeks are not."""
        return self._habit.newest > datetime.fromtimestamp(at, self._timezone).toordinal() + AHEAD_DAYS

    def take_over(self, decisions: LearnRule) -> None:
        """What was suggested, and what people did not want."""
        self._told, self._told_at = decisions._told, decisions._told_at
        self._dismissed = decisions._dismissed

    @property
    def save_due(self) -> bool:
        """Whether enough has been learned since the last :meth:`state` to be worth storing."""
        return self._unsaved >= self._settings.ai_r3_save_every_n

    # -- learning ----------------------------------------------------------------------------

    def _take_in(self, at: float, on: bool | None) -> None:
        if on is not None:
            self._events += 1
            self._unsaved += 1
            if on is not self._signal.on and self._signal.on is not None:
                self._note_people(at)
        for stretch in self._signal.say(at, on):
            self._habit.learn_stretch(stretch)

    def _note_people(self, at: float) -> None:
        """What a schedule switches, or what never rests, shows nobody."""
        day = datetime.fromtimestamp(at, self._timezone).toordinal()
        if day != self._switch_seen:
            self._switch_seen = day
            if not self._scheduled and not self._habit.never_rests(range(day - RESTED_DAYS, day)):
                self.switched_on = day

    def days_switched(self) -> Set[int]:
        return frozenset() if self._scheduled else self._habit.days_switched()

    def timetable(self) -> Timetable:
        """The windows as they now look, whether or not they are worth a suggestion."""
        if self._demo is not None:
            return self._demo
        lived = self._lived()
        windows = windows_of(lived, self._estimate(lived), self._settings)
        return (
            windows
            if self._sun is None
            else by_the_sun(windows, lived, self._sun, self._settings, self._told)
        )

    def _in_sunlight(self, windows: Timetable, lived: WeeklyHabit) -> Timetable:
        if self._sun is None or not (follows(self._told) or lived.newest - self._sun_looked >= SUN_DAYS):
            return windows
        self._sun_looked = lived.newest
        return by_the_sun(windows, lived, self._sun, self._settings, self._told)

    def _estimate(self, lived: WeeklyHabit) -> Estimate:
        return estimate_of(lived, self._settings, self._held)

    def _lived(self) -> WeeklyHabit:
        """What was learned while people were there."""
        lived = self._habit.without(map(self._bins_of, self._absences), self._elsewhere)
        lived.leave_out_absences()
        return lived

    def _bins_of(self, absence: Absence) -> range:
        """As :meth:`rules.learn.habit.WeeklyHabit.without` takes them, those of its beginning and end too."""
        if absence.until is None:
            return range(self._bin_of(absence.since), (self._habit.newest + 1) * self._habit.bins)
        return range(self._bin_of(absence.since), self._bin_of(absence.until) + 1)

    def _bin_of(self, at: float) -> int:
        local = datetime.fromtimestamp(at, self._timezone)
        minute = local.hour * 60 + local.minute
        return local.toordinal() * self._habit.bins + minute // self._habit.bin_minutes

    # -- suggesting --------------------------------------------------------------------------

    def _look_after(self, serial: str, at: float) -> float:
        midnight = datetime.fromtimestamp(at, self._timezone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return (midnight + timedelta(days=1)).timestamp() + zlib.crc32(serial.encode()) % SPREAD_S

    def _consider(self, device: Device, at: float) -> Sequence[Finding]:
        settings = self._settings
        if self._told_at is not None and 0 <= at - self._told_at < settings.ai_r3_cooldown_s:
            return ()
        if any(absence.lasts(at) for absence in self._absences):
            return ()
        timetable = self._worth_suggesting(device)
        if not timetable:
            return ()
        self._told = tuple(timetable)
        self._told_at = at
        details = {
            "suggested_horarios": suggested(timetable),
            "bin_minutes": settings.ai_r3_bin_minutes,
            "threshold": settings.ai_r3_prob_thresh,
        }
        # Not on the mode: what was learned is when the device is in use, whatever switches it.
        windows: JsonObject = {"horarios": as_horarios(timetable)}
        if device.configuration.get(_WATERING):
            windows = {**windows, _WATERING: {}}  # a device heeds both: the old times would go on
        proposal = Proposal({"modo": SCHEDULED, **windows}, rests_on=frozenset(windows))
        return (Finding(NAME, SUGGEST, device.id, device.serial, at, details, proposal=proposal),)

    def _worth_suggesting(self, device: Device) -> Timetable:
        if self._demo is not None:
            return self._demo if self._is_news(device, self._demo) else ()
        lived = self._lived()
        if self._events < self._settings.ai_r3_min_events or lived.days <= LEAST_DAYS:
            return ()
        if lived.is_absent:
            return ()
        estimate = self._estimate(lived)
        self._held = estimate.bins
        timetable = self._in_sunlight(windows_of(lived, estimate, self._settings), lived)
        if not self._is_news(device, timetable) or self._drops_what_is_used(device, timetable, lived):
            return ()
        return timetable if foretells(lived, estimate.ages, self._settings) else ()

    def _is_news(self, device: Device, timetable: Timetable) -> bool:
        """Whether it differs enough from what there is, what was suggested and what was dismissed."""
        if not timetable:
            return False
        settings = self._settings
        found = minutes(window.span for window in timetable)
        if device.configuration.get("modo") == SCHEDULED:
            planned = self._planned(device.configuration) if settings.ai_r3_audit_when_horario else None
            if planned is None or difference(found, minutes(planned)) < settings.ai_r3_diff_thresh:
                return False
        as_told = self._told and difference(found, self._now(self._told)) < settings.ai_r3_suggest_min_diff
        if as_told and follows(timetable) <= follows(self._told):
            return False
        enough = max(DISMISSED_DIFF, settings.ai_r3_suggest_min_diff)
        return not self._dismissed or difference(found, self._now(self._dismissed)) >= enough

    def _drops_what_is_used(self, device: Device, timetable: Timetable, lived: WeeklyHabit) -> bool:
        """Whether the schedule that is in force has times of which nothing is left, and which nobody has been
        seen to leave out on as many days as a window takes.
        """
        if device.configuration.get("modo") != SCHEDULED:
            return False
        found = minutes(window.span for window in timetable)
        size = self._settings.ai_r3_bin_minutes
        for start, length in self._planned(device.configuration) or ():
            if not found & minutes([(start, length)]):
                bins = -(-(start + length) // size) - start // size
                latest = lived.days_with(start // size, bins)[:MIN_DAYS]
                if any(latest) or len(latest) < MIN_DAYS:
                    return True
        return False

    def _now(self, timetable: Timetable) -> int:
        """Its minutes of the week as they are by now, since the sun goes on."""
        return minutes(window.moved_to(self._habit.newest, self._sun).span for window in timetable)

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = 0
        return seal(
            NAME,
            _STATE_VERSION,
            {
                "habit": self._habit.state(),
                "signal": self._signal.state(),
                "events": self._events,
                "held": self._held.hex(),
                "next_look": self._next_look,
                "told": [list(window.span) for window in self._told],
                "told_sun": _sun_of(self._told),
                "told_at": self._told_at,
                "dismissed": [list(window.span) for window in self._dismissed],
                "dismissed_sun": _sun_of(self._dismissed),
                "sun_looked": self._sun_looked,
            },
        )

    @classmethod
    def from_state(
        cls,
        settings: LearnSettings,
        timezone: tzinfo,
        planned: Planned,
        state: JsonObject,
        demo: Timetable | None = None,
        sun: Sun | None = None,
    ) -> LearnRule:
        """Raises :class:`rules.base.memory.DamagedState`, also for another ``AI_R3_BIN_MINUTES``."""
        made = cls(settings, timezone, planned, demo, sun)
        body = unseal(NAME, _STATE_VERSION, state)
        made._habit = WeeklyHabit.from_state(settings.ai_r3_bin_minutes, body.fields("habit"))
        made._signal = HeldSignal.from_state(timezone, settings.ai_r3_bin_minutes, body.fields("signal"))
        made._events = body.whole("events", 0, 2**62)
        made._held = body.bits("held", 7 * made._habit.bins)
        made._next_look = body.number("next_look", 0)
        made._told = _windows(body, "told")
        made._told_at = body.optional_number("told_at")
        made._dismissed = _windows(body, "dismissed")
        # What was stored before habits could follow the sun has none of it.
        made._sun_looked = body.whole("sun_looked", 0, 10_000_000) if "sun_looked" in body.values else 0
        return made


@dataclass(frozen=True, slots=True)
class Start:
    """A rule as it starts, what it still has to read, and what was wrong with its stored state."""

    rule: LearnRule
    replay: Replay
    damage: str | None = None


def start(
    settings: LearnSettings,
    timezone: tzinfo,
    planned: Planned,
    stored: JsonObject | None,
    demo: Timetable | None = None,
    sun: Sun | None = None,
) -> Start:
    """By ``AI_R3_RESET_ON_START`` and ``AI_R3_WARM_START``; a damaged state costs a replay of the log."""
    fresh = LearnRule(settings, timezone, planned, demo, sun)
    everything = Replay.ALL if settings.ai_r3_warm_start else Replay.NONE
    if stored is None or settings.ai_r3_reset_on_start:
        return Start(fresh, everything)
    try:
        rule = LearnRule.from_state(settings, timezone, planned, stored, demo, sun)
    except DamagedState as damage:
        return Start(fresh, everything, str(damage))
    return Start(rule, Replay.NEWER if settings.ai_r3_warm_start else Replay.NONE)


def _sun_of(timetable: Timetable) -> list[list[str]]:
    """What the ends of each window follow; empty where that is the clock, and where all of them do."""
    fits = [(window.start_by, window.end_by) for window in timetable]
    if not follows(timetable):
        return []
    return [["" if fit is None else str(fit.time) for fit in ends] for ends in fits]


def _windows(body: Fields, name: str) -> Timetable:
    spans = body.pairs(name, 0, WEEK)
    sun = body.array(f"{name}_sun") if f"{name}_sun" in body.values else []
    if not all(isinstance(ends, list) and len(ends) == 2 and {*map(type, ends)} == {str} for ends in sun):
        raise DamagedState(f"{NAME}: {name}_sun")
    if len(sun) not in (0, len(spans)):
        raise DamagedState(f"{NAME}: {name}_sun")
    return tuple(
        Window(start, length, start_by=SunFit.read(starts), end_by=SunFit.read(ends))
        for (start, length), (starts, ends) in zip(spans, sun or [("", "")] * len(spans), strict=True)
    )


def _is_on(state: str, parameters: JsonObject) -> bool | None:
    """What the state says or, where it is about something else, ``parametros.encendido``."""
    on = switch_of(state)
    return switch_of(parameters.get("encendido")) if on is None else on
