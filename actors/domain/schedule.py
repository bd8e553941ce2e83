"""The weekly schedules in a device's configuration: checked, parsed, and asked what they say at a moment.

Everything here is pure and speaks local wall-clock time: a window from 22:00 to 06:00 begins at 22:00
on the wall, whatever daylight saving does in between. The key names are those of the configuration.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from typing import Final, Generic, TypeAlias, TypeVar

from actors.domain.by_hand import UNTIL, moment_of
from actors.domain.model import MANUAL, SCHEDULED, Json, JsonObject
from actors.domain.readings import OFF_WORDS, ON_WORDS
from actors.domain.sun import SunTime
from actors.domain.sun_windows import END, RESTS, START, SUN, rests

DAY: Final = 86_400
WEEK: Final = 7 * DAY

V = TypeVar("V")


class Misfit(Enum):
    """What a configuration is not. The value is what programs are told, and stays as it is; the web room has
    the words for people."""

    MODE = "schedule_mode"
    SWITCH = "schedule_switch"
    INTERVAL = "schedule_interval"
    NO_SCHEDULE = "schedule_form"
    NO_WINDOW = "schedule_window"
    WINDOW_PART_MISSING = "schedule_window_part_missing"
    NO_DAYS = "schedule_days"
    NO_SUN_TIME = "schedule_sun"
    NO_EVENTS = "schedule_events"
    NO_EVENT_LIST = "schedule_event_list"
    NO_EVENT = "schedule_event"
    TIME_TWICE = "schedule_time_repeated"
    NO_DAY = "schedule_day"
    NO_TIME = "schedule_time"
    NO_NUMBER = "schedule_number"
    OUT_OF_RANGE = "schedule_out_of_range"
    NO_DURATION = "schedule_duration"
    NO_SWITCH_WORD = "schedule_switch_word"
    NO_LOCK_WORD = "schedule_lock_word"
    NO_MOMENT = "schedule_moment"
    NO_CHOICE = "control_choice"
    NO_COLOR = "control_color"
    NO_TEXT = "control_text"
    NO_SUCH_CONTROL = "control_missing"


class ScheduleError(ValueError):
    """A configuration that does not fit: ``path`` to the fault, why, and what that is about."""

    def __init__(self, path: str, why: Misfit, **about: str | float) -> None:
        super().__init__(" ".join([f"{path}:", why.value, *map(str, about.values())]))
        self.path = path
        self.why = why
        self.about = {"path": path, **about}


def second_of_week(local: datetime) -> int:
    """Seconds since Monday 00:00 on the wall."""
    return local.weekday() * DAY + local.hour * 3600 + local.minute * 60 + local.second


def _first_after(edges: Iterable[int], after: datetime) -> datetime | None:
    """The first moment strictly after ``after`` at one of the seconds of the week, if there are any."""
    second = second_of_week(after)
    waits = [(edge - second) % WEEK or WEEK for edge in edges]
    return after.replace(microsecond=0) + timedelta(seconds=min(waits)) if waits else None


@dataclass(frozen=True, slots=True)
class WeeklyWindows:
    """When something is on. ``spans`` are half-open seconds of the week, sorted, apart, split at its end."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, windows: Iterable[tuple[int, int]]) -> WeeklyWindows:
        """From ``(start, length)`` in seconds; windows may overlap and run past the end of the week."""
        pieces: list[tuple[int, int]] = []
        for start, length in windows:
            end = start + length
            pieces.append((start, min(end, WEEK)))
            if end > WEEK:
                pieces.append((0, end - WEEK))
        merged: list[tuple[int, int]] = []
        for start, end in sorted(pieces):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return cls(tuple(merged))

    def active_at(self, local: datetime) -> bool:
        second = second_of_week(local)
        before = bisect_right(self.spans, (second, WEEK))
        return before > 0 and second < self.spans[before - 1][1]

    def next_change(self, after: datetime) -> datetime | None:
        """When it next goes on or off; ``None`` if it never does."""
        # A span that ends with the week and one that begins with it are one: their edges cancel out.
        edges = {start for start, _ in self.spans} ^ {end % WEEK for _, end in self.spans}
        return _first_after(edges, after)


@dataclass(frozen=True, slots=True)
class WeeklyEvents(Generic[V]):
    """What something is set to, and when. ``events`` are ``(second of the week, value)``, sorted by time."""

    events: tuple[tuple[int, V], ...]

    def value_at(self, local: datetime) -> V | None:
        """The value of the latest event, last week's if need be; ``None`` if there are none."""
        if not self.events:
            return None
        before = bisect_right(self.events, second_of_week(local), key=lambda event: event[0])
        return self.events[before - 1][1]

    def next_change(self, after: datetime) -> datetime | None:
        """When the value next becomes another one; ``None`` if it never does."""
        return _first_after((second for second, _ in self._changes()), after)

    def next_event(self, after: datetime) -> datetime | None:
        """When the next event is, also one of the value that is there already; ``None`` if there are none."""
        return _first_after((second for second, _ in self.events), after)

    def windows_of(self, value: V) -> WeeklyWindows:
        """The times at which the value is ``value``."""
        ring = (*self.events, *((second + WEEK, at) for second, at in self.events[:1]))
        return WeeklyWindows.of(
            (second, until - second) for (second, at), (until, _) in pairwise(ring) if at == value
        )

    def _changes(self) -> Iterator[tuple[int, V]]:
        for (_, old), (second, new) in pairwise((*self.events[-1:], *self.events)):
            if new != old:
                yield second, new


Channel: TypeAlias = WeeklyWindows | WeeklyEvents[float] | WeeklyEvents[bool]


@dataclass(frozen=True, slots=True)
class Timetable:
    """All schedules of a device. ``None`` where the configuration has no such channel."""

    power: WeeklyWindows | None = None
    position: WeeklyEvents[float] | None = None
    """Of a blind, per cent open."""
    speed: WeeklyEvents[float] | None = None
    """Of a fan, per cent."""
    lock: WeeklyEvents[bool] | None = None
    """``True`` is locked."""
    watering: WeeklyWindows | None = None
    setpoint: WeeklyEvents[float] | None = None
    """Of a thermostat, degrees Celsius."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        every = (self.power, self.position, self.speed, self.lock, self.watering, self.setpoint)
        return tuple(channel for channel in every if channel is not None)

    @property
    def is_empty(self) -> bool:
        """Whether none of the channels ever says anything."""
        return not any(
            channel.spans if isinstance(channel, WeeklyWindows) else channel.events
            for channel in self.channels
        )

    def next_change(self, after: datetime) -> datetime | None:
        """When the first of the channels next changes; ``None`` if none ever does."""
        changes = [channel.next_change(after) for channel in self.channels]
        return min((change for change in changes if change is not None), default=None)

    def next_event(self, after: datetime) -> datetime | None:
        """When one of the channels next says how it is to be, which somebody may have set otherwise since."""
        events = [
            channel.next_change(after) if isinstance(channel, WeeklyWindows) else channel.next_event(after)
            for channel in self.channels
        ]
        return min((event for event in events if event is not None), default=None)


# -- from the configuration ----------------------------------------------------------------------

_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

# Of a day's name, with all its accents as letters of their own. To put accents in order takes the square of
# how many there are: 0.9 s for 64 KiB.
_LONGEST_DAY: Final = 40
DAYS: Final = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
ENGLISH_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY: Final = ("todos", "all", "diario", "daily")
_WHOLE_WEEK: Final = tuple(range(7))
_DAYS: Final[Mapping[str, tuple[int, ...]]] = {
    **{name: (day,) for names in (DAYS, ENGLISH_DAYS) for day, name in enumerate(names)},
    **dict.fromkeys(EVERY_DAY, _WHOLE_WEEK),
}
LOCKED_WORDS: Final = ("lock", "locked", "bloquear", "bloqueado", "bloqueada", "cerrar")
UNLOCKED_WORDS: Final = ("unlock", "unlocked", "desbloquear", "desbloqueado", "desbloqueada", "abrir")
_SWITCH: Final[Mapping[str, bool]] = {**dict.fromkeys(ON_WORDS, True), **dict.fromkeys(OFF_WORDS, False)}
_LOCK: Final[Mapping[str, bool]] = {
    **dict.fromkeys(LOCKED_WORDS, True),
    **dict.fromkeys(UNLOCKED_WORDS, False),
}

_ABSENT: Final = object()


def check(configuration: JsonObject) -> None:
    """Raise :class:`ScheduleError` unless all keys of ``configuration`` known here hold what they should.

    Keys that are not there, or not known, are not faults.
    """
    parse(configuration)
    if "modo" in configuration and configuration["modo"] not in (MANUAL, SCHEDULED):
        raise ScheduleError("modo", Misfit.MODE, value=f"{configuration['modo']!r:.40}")
    if "encendido" in configuration and not isinstance(configuration["encendido"], bool):
        raise ScheduleError("encendido", Misfit.SWITCH, value=f"{configuration['encendido']!r:.40}")
    if UNTIL in configuration and moment_of(configuration[UNTIL]) is None:
        raise ScheduleError(UNTIL, Misfit.NO_MOMENT, value=f"{configuration[UNTIL]!r:.40}")
    if "intervalo_envio" in configuration:
        seconds = _number(configuration["intervalo_envio"], "intervalo_envio")
        if seconds <= 0:
            raise ScheduleError("intervalo_envio", Misfit.INTERVAL, value=f"{seconds!r:.40}")


def parse(configuration: JsonObject) -> Timetable:
    """The schedules in ``configuration``; raises :class:`ScheduleError`."""
    return Timetable(
        power=_power(configuration),
        position=_channel(configuration, "horarios_pos", _between(0, 100)),
        speed=_channel(configuration, "horarios_speed", _between(0, 100)),
        lock=_channel(configuration, "horarios_lock", _one_of(_LOCK, Misfit.NO_LOCK_WORD)),
        watering=_watering(configuration),
        setpoint=_channel(configuration, "horarios_temp", _between(-50, 100)),
    )


def has_schedule(configuration: JsonObject) -> bool:
    """Whether mode ``horario`` would have anything to go by."""
    try:
        return not parse(configuration).is_empty
    except ScheduleError:
        return False


def _power(configuration: JsonObject) -> WeeklyWindows | None:
    value = configuration.get("horarios", _ABSENT)
    if value is _ABSENT:
        return None
    if isinstance(value, Mapping):
        reader = _one_of(_SWITCH, Misfit.NO_SWITCH_WORD)
        return WeeklyEvents(tuple(_events(value, "horarios", reader))).windows_of(True)
    if not isinstance(value, list):
        raise ScheduleError("horarios", Misfit.NO_SCHEDULE)
    return WeeklyWindows.of(
        window for n, entry in enumerate(value) for window in _window(entry, f"horarios[{n}]")
    )


def _window(entry: Json, path: str) -> Iterator[tuple[int, int]]:
    """One ``(start, length)`` a day. An end equal to the start is the same time a day later."""
    if not isinstance(entry, Mapping):
        raise ScheduleError(path, Misfit.NO_WINDOW)
    if missing := [key for key in ("dias", "inicio", "fin") if key not in entry]:
        raise ScheduleError(f"{path}.{missing[0]}", Misfit.WINDOW_PART_MISSING)
    names = entry["dias"]
    if not isinstance(names, list) or not names:
        raise ScheduleError(f"{path}.dias", Misfit.NO_DAYS)
    days = {day for n, name in enumerate(names) for day in _day(name, f"{path}.dias[{n}]")}
    start = _time(entry["inicio"], f"{path}.inicio")
    # Only as an end can midnight be written as the end of the day before.
    end = DAY if entry["fin"] == "24:00" else _time(entry["fin"], f"{path}.fin")
    _check_sun(entry, path)
    if not rests(entry):
        for day in days:
            yield day * DAY + start, (end - start) % DAY or DAY


def _check_sun(entry: JsonObject, path: str) -> None:
    told = entry.get(SUN, {})
    if not isinstance(told, Mapping) or not set(told) <= {START, END, RESTS}:
        raise ScheduleError(f"{path}.{SUN}", Misfit.NO_SUN_TIME, value=f"{told!r:.40}")
    for end, time in told.items():
        if end != RESTS and (not isinstance(time, str) or SunTime.read(time) is None):
            raise ScheduleError(f"{path}.{SUN}.{end}", Misfit.NO_SUN_TIME, value=f"{time!r:.40}")


def alike(one: Json, other: Json) -> bool:
    """Whether two values of ``horarios`` say the same, however they write it; of what follows the sun today's
    time does not count.
    """
    try:
        return _meant(one) == _meant(other)
    except ScheduleError:
        return False


def _meant(horarios: Json) -> tuple[WeeklyWindows | None, frozenset[tuple[Json, ...]]]:
    power = _power({"horarios": horarios})
    if not isinstance(horarios, list):
        return power, frozenset()
    plain = [entry for entry in horarios if not entry.get(SUN)]
    followed = {
        (day, *((end, entry[SUN].get(end, entry[end])) for end in (START, END)))
        for entry in horarios
        if entry.get(SUN)
        for name in entry["dias"]
        for day in _day(name, "")
    }
    return _power({"horarios": plain}), frozenset(followed)


def _watering(configuration: JsonObject) -> WeeklyWindows | None:
    minutes = _channel(configuration, "horarios_riego", _minutes)
    if minutes is None:
        return None
    return WeeklyWindows.of((start, max(1, round(length * 60))) for start, length in minutes.events)


def _channel(configuration: JsonObject, key: str, reader: Callable[[Json, str], V]) -> WeeklyEvents[V] | None:
    value = configuration.get(key, _ABSENT)
    if value is _ABSENT:
        return None
    return WeeklyEvents(tuple(_events(value, key, reader)))


def _events(value: Json, path: str, reader: Callable[[Json, str], V]) -> list[tuple[int, V]]:
    """``(second of the week, value)``, sorted; a named day's event replaces that of every day."""
    if not isinstance(value, Mapping):
        raise ScheduleError(path, Misfit.NO_EVENTS)
    named = [
        (_day(name, f"{path}.{name:.40}"), f"{path}.{name:.40}", events) for name, events in value.items()
    ]
    found: dict[int, V] = {}
    for days, where, events in sorted(named, key=lambda entry: -len(entry[0])):
        for time, setting in _of_one_day(events, where, reader).items():
            found.update((day * DAY + time, setting) for day in days)
    return sorted(found.items(), key=lambda event: event[0])


def _of_one_day(events: Json, path: str, reader: Callable[[Json, str], V]) -> dict[int, V]:
    """Second of the day → value."""
    if not isinstance(events, list):
        raise ScheduleError(path, Misfit.NO_EVENT_LIST)
    found: dict[int, V] = {}
    for n, event in enumerate(events):
        if not isinstance(event, list) or len(event) != 2:
            raise ScheduleError(f"{path}[{n}]", Misfit.NO_EVENT)
        time = _time(event[0], f"{path}[{n}][0]")
        if time in found:
            raise ScheduleError(f"{path}[{n}][0]", Misfit.TIME_TWICE, value=repr(event[0]))
        found[time] = reader(event[1], f"{path}[{n}][1]")
    return found


def _day(name: Json, path: str) -> tuple[int, ...]:
    if isinstance(name, str) and len(name) <= _LONGEST_DAY:
        letters = unicodedata.normalize("NFD", name.strip().casefold())
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        if days := _DAYS.get(plain):
            return days
    raise ScheduleError(path, Misfit.NO_DAY, value=f"{name!r:.40}")


def _time(value: Json, path: str) -> int:
    """Seconds since midnight."""
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        return int(match[1]) * 3600 + int(match[2]) * 60
    raise ScheduleError(path, Misfit.NO_TIME, value=f"{value!r:.40}")


def _number(value: Json, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ScheduleError(path, Misfit.NO_NUMBER, value=f"{value!r:.40}")
    return value


def _between(low: float, high: float) -> Callable[[Json, str], float]:
    def read(value: Json, path: str) -> float:
        if not low <= _number(value, path) <= high:
            raise ScheduleError(path, Misfit.OUT_OF_RANGE, value=f"{value!r:.40}", low=low, high=high)
        return float(value)

    return read


def _minutes(value: Json, path: str) -> float:
    if not 0 < _number(value, path) <= 1440:
        raise ScheduleError(path, Misfit.NO_DURATION, value=f"{value!r:.40}")
    return float(value)


def _one_of(words: Mapping[str, bool], otherwise: Misfit) -> Callable[[Json, str], bool]:
    def read(value: Json, path: str) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and (known := words.get(value.strip().casefold())) is not None:
            return known
        raise ScheduleError(path, otherwise, value=f"{value!r:.40}")

    return read
