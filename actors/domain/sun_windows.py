"""Windows of a schedule whose ends follow the sun, as ``"sol": {"inicio": "ocaso+30"}`` beside their times.

``inicio`` and ``fin`` are always times of the clock, those of today, so that whoever knows nothing of the sun
reads the schedule like any other; ``sol`` says which of them are set anew each day. On a day on which the sun
does not rise or set, or leaves nothing of a window, it rests: ``"descansa": true``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from actors.domain.json_values import Json, JsonObject
from actors.domain.sun import DAY_MINUTES, Sun, SunTime

SCHEDULE: Final = "horarios"
SUN: Final = "sol"
RESTS: Final = "descansa"
START: Final = "inicio"
END: Final = "fin"
_CLOCK: Final = re.compile(r"[0-9]{2}:[0-9]{2}")
# Minutes that the sun moves in half a year: a time of the clock that is farther away was no time of it.
_STRANGE: Final = 240


def follows_sun(configuration: JsonObject) -> bool:
    entries = configuration.get(SCHEDULE)
    return isinstance(entries, list) and any(_is_sunlit(entry) for entry in entries)


def rests(entry: Json) -> bool:
    """Whether the sun leaves nothing of this window today."""
    return _is_sunlit(entry) and entry[SUN].get(RESTS) is True


def by_the_clock(configuration: JsonObject) -> JsonObject:
    """As devices are told it, who know the clock alone: today's windows."""
    if not follows_sun(configuration):
        return configuration
    windows = [
        {name: value for name, value in entry.items() if name != SUN} if _is_sunlit(entry) else entry
        for entry in configuration[SCHEDULE]
        if not rests(entry)
    ]
    return {**configuration, SCHEDULE: windows}


def in_sunlight(configuration: JsonObject, before: JsonObject, sun: Sun, day: int) -> JsonObject:
    """With the times that the sun gives the windows on the day with this ordinal.

    An end that has followed the sun ``before``, and now comes with another time of the clock, was set by hand
    by somebody who knows nothing of the sun: it follows it no more.
    """
    if not follows_sun(configuration):
        return configuration
    stood = {(*end, entry[end[0]]) for entry, end in _ends(before)}
    known = {end for _, end in _ends(before)}
    windows = []
    for entry in configuration[SCHEDULE]:
        if _is_sunlit(entry):
            left = {
                end: told
                for end, told in entry[SUN].items()
                if end == RESTS or (end, told) not in known or (end, told, entry[end]) in stood
            }
            windows.append(_today({**entry, SUN: left}, sun, day))
        else:
            windows.append(entry)
    return configuration if windows == configuration[SCHEDULE] else {**configuration, SCHEDULE: windows}


def _ends(configuration: JsonObject) -> Iterator[tuple[JsonObject, tuple[str, str]]]:
    """Each window that follows the sun with each of its ends that does: which, and what it follows."""
    if follows_sun(configuration):
        for entry in filter(_is_sunlit, configuration[SCHEDULE]):
            for end in (START, END):
                if end in entry[SUN]:
                    yield entry, (end, entry[SUN][end])


def _is_sunlit(entry: Json) -> bool:
    """Whether it is a window with something of the sun in it: what a device tells, nobody has checked."""
    return (
        isinstance(entry, Mapping)
        and isinstance(entry.get(SUN), Mapping)
        and all(isinstance(value, str) or end == RESTS for end, value in entry[SUN].items())
        and all(isinstance(entry.get(end), str) and _CLOCK.fullmatch(entry[end]) for end in (START, END))
    )


def _today(entry: JsonObject, sun: Sun, day: int) -> JsonObject:
    times = {end: time for end in (START, END) if (time := SunTime.read(entry[SUN].get(end, ""))) is not None}
    plain = {name: value for name, value in entry.items() if name != SUN}
    if not times:
        return plain
    told: JsonObject = {end: str(time) for end, time in times.items()}
    now = {end: _minute(time, sun, day) for end, time in times.items()}
    if None in now.values():
        return {**plain, SUN: {**told, RESTS: True}}
    was = {end: _read(entry[end]) for end in (START, END)}
    start, end = (was[name] if (minute := now.get(name)) is None else minute for name in (START, END))
    later, longer = _way(start - was[START]), _way(end - was[END])
    length = (end - start) % DAY_MINUTES or DAY_MINUTES
    if max(abs(later), abs(longer)) <= _STRANGE:
        length = ((was[END] - was[START]) % DAY_MINUTES or DAY_MINUTES) + longer - later
    if not 0 < length <= DAY_MINUTES:
        return {**plain, SUN: {**told, RESTS: True}}
    clock = {
        name: f"{minute // 60:02}:{minute % 60:02}" for name, minute in now.items() if minute is not None
    }
    return {**plain, **clock, SUN: told}


def _minute(time: SunTime, sun: Sun, day: int) -> int | None:
    """Within the day, which a window begins on: in the north a sun may set after midnight."""
    minute = sun.minute(time.event, day)
    return None if minute is None else min(max(round(minute) + time.minutes, 0), DAY_MINUTES - 1)


def _read(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _way(minutes: int) -> int:
    """The shorter one round the clock."""
    return (minutes + DAY_MINUTES // 2) % DAY_MINUTES - DAY_MINUTES // 2
