"""Who keeps the schedules of the devices that cannot: one actor for all of them.

It also tells every device when the time is over for which people have set it by hand. Devices of our own
protocol keep their schedules by themselves, unless they say that they do not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import partial
from typing import ClassVar, Final

from actors.domain.schedule import ScheduleError, Timetable, parse
from actors.domain.timekeeping import next_edge, settings_at
from actors.messages import DayBegun, FollowSun, ResumeDue, Scheduled, ScheduleDue, SetByHand
from actors.runtime.clock import Clock, Timer
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor

logger = logging.getLogger(__name__)

# A timer counts while the machine is awake; the clock on the wall may be set, and goes on while it sleeps.
# So it is looked at as often as this, s, and an edge comes at most that late after such a jump.
LOOK_S: Final = 30.0


@dataclass(slots=True)
class _Kept:
    """A device's timetable, and when something is to be done about it."""

    to: Callable[[ScheduleDue], object]
    timetable: Timetable
    next_at: float | None
    """When it next asks for something else, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class _LookAgain:
    """The time has come to look which of them are due."""


class TimekeeperActor(SupervisedActor):
    """Tells the directory what a device's schedule asks for, at each change of that; and those whose
    schedules follow the sun when a day begins, at most :data:`LOOK_S` late.

    After an outage, or where the clock has jumped, it tells only what is due at present, once. What a person
    has set otherwise meanwhile stands until the schedule's next change.
    """

    part: ClassVar[Part] = Part.TIMEKEEPER

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        zone: tzinfo,
        failure_registry: FailureRegistry | None = None,
    ) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self._zone = zone
        self._kept: dict[str, _Kept] = {}
        self._by_hand: dict[str, SetByHand] = {}
        self._sunlit: dict[str, Callable[[DayBegun], object]] = {}
        """By serial number, who is to be told when a day begins."""
        self._day: date | None = None
        """The one of which they were told."""
        self._timer: Timer | None = None

    def on_receive(self, message: object) -> None:
        match message:
            case Scheduled():
                self._take(message)
            case SetByHand(serial, _, until):
                self._by_hand.pop(serial, None)
                if until is not None:
                    self._by_hand[serial] = message
            case FollowSun(serial, None):
                self._sunlit.pop(serial, None)
            case FollowSun(serial, to) if to is not None:
                self._sunlit[serial] = to
                to(DayBegun(self._clock.now()))
            case _LookAgain():
                pass  # as after each burst
            case _:
                super().on_receive(message)

    def after_burst(self) -> None:
        self._tell_due()
        self._tell_day()
        self._wait()

    # -- timetables --------------------------------------------------------------------------

    def _take(self, news: Scheduled) -> None:
        self._kept.pop(news.serial, None)
        if news.configuration is None:
            return
        try:
            timetable = parse(news.configuration)
        except ScheduleError as error:
            # People's are checked when they set them, so a device has told it, or an older version kept it.
            logger.warning("schedule_unreadable serial=%s fault=%s", news.serial, error)
            return
        now = self._clock.now()
        due = now if news.since is None else next_edge(timetable, min(news.since, now), self._zone)
        self._kept[news.serial] = _Kept(news.to, timetable, due)

    def _tell_due(self) -> None:
        now = self._clock.now()
        for kept in self._kept.values():
            if kept.next_at is not None and kept.next_at <= now:
                kept.next_at = next_edge(kept.timetable, now, self._zone)
                kept.to(ScheduleDue(now, settings_at(kept.timetable, now, self._zone)))
        over = [held for held in self._by_hand.values() if held.until is not None and held.until <= now]
        for held in over:
            del self._by_hand[held.serial]
            held.to(ResumeDue(now))

    def _tell_day(self) -> None:
        now = self._clock.now()
        today = datetime.fromtimestamp(now, self._zone).date()
        if self._day not in (None, today):
            for to in self._sunlit.values():
                to(DayBegun(now))
        self._day = today

    def _wait(self) -> None:
        """Anew each time: to look through thousands of timetables takes less than a millisecond."""
        if self._timer is not None:
            self._timer.cancel()
        moments = (
            *(kept.next_at for kept in self._kept.values()),
            *(held.until for held in self._by_hand.values()),
        )
        ahead = [at for at in moments if at is not None]
        delay = LOOK_S if self._sunlit else None
        if ahead:
            delay = min(max(min(ahead) - self._clock.now(), 0.0), LOOK_S)
        look = partial(tell_if_alive, self.actor_ref, _LookAgain())
        self._timer = None if delay is None else self._clock.call_later(delay, look)
