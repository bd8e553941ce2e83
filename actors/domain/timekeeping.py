"""What a timetable asks for at a moment, and when it next asks for something else, by a zone's rules.

A timetable speaks of the clock on the wall. Where that clock skips an hour, what was to happen in it
happens when it is over; where it repeats one, what has happened in it does not happen again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from actors.domain.model import Device, Json, JsonObject
from actors.domain.packed import packed
from actors.domain.schedule import Timetable, parse
from actors.domain.sun import Sun
from actors.domain.sun_windows import in_sunlight

ON: Final = "encendido"
POSITION: Final = "posicion"
SPEED: Final = "velocidad"
LOCKED: Final = "bloqueada"
SETPOINT: Final = "temp_objetivo"
MINUTES: Final = "duracion_min"

_SECOND: Final = timedelta(seconds=1)
# Edges tried for one that lies ahead: all those of an hour that the clock repeats, and far more.
_MOST_EDGES: Final = 10_000


def settings_at(timetable: Timetable, at: float, zone: tzinfo) -> dict[str, Json]:
    """What is to be at ``at``, seconds since the epoch, by names of the configuration.

    Of watering the minutes that are left, too, so that a device that can ends it by itself.
    """
    local = _on_the_wall(at, zone)
    asked: dict[str, Json] = {}
    for name, channel in (
        (POSITION, timetable.position),
        (SPEED, timetable.speed),
        (LOCKED, timetable.lock),
        (SETPOINT, timetable.setpoint),
    ):
        if channel is not None and (value := channel.value_at(local)) is not None:
            asked[name] = value
    if timetable.power is not None:
        asked[ON] = timetable.power.active_at(local)
    if timetable.watering is not None:
        watering = timetable.watering.active_at(local)
        asked[ON] = asked.get(ON, False) or watering
        if watering and (ends := timetable.watering.next_change(local)) is not None:
            asked[MINUTES] = max(1, round((ends - local).total_seconds() / 60))
    return asked


def next_edge(timetable: Timetable, after: float, zone: tzinfo) -> float | None:
    """The first moment after ``after`` at which it says how something is to be; ``None`` if it never does.

    Both in seconds since the epoch.
    """
    local: datetime | None = _on_the_wall(after, zone)
    for _ in range(_MOST_EDGES):
        if local is None or (local := timetable.next_event(local)) is None:
            return None
        at = _first_moment(local, zone)
        if at > after:
            return at
    return None


def after_midnight(device: Device, sun: Sun, at: float) -> Device:
    """The device on the day in which ``at`` lies, seconds since the epoch: what of its schedule follows the
    sun has moved, and what was carried out until now does not come again for that.
    """
    before = device.configuration
    configuration = in_sunlight(before, before, sun, sun.day(at))
    if configuration is before:
        return device
    done = device.scheduled_at
    if done is not None and not _missed(before, done, at, sun.zone):
        done = at
    return replace(device, configuration=packed(configuration), version=device.version + 1, scheduled_at=done)


def _missed(configuration: JsonObject, since: float, at: float, zone: tzinfo) -> bool:
    """Whether it has said anything in between."""
    edge = next_edge(parse(configuration), since, zone)
    return edge is not None and edge <= at


def _on_the_wall(at: float, zone: tzinfo) -> datetime:
    """Naive; in an hour that the clock repeats, its end: all that was to happen in it has happened."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone)
    naive = local.replace(tzinfo=None, fold=0)
    if not local.fold:
        return naive
    # The last second before the clock was set back, seen from there.
    turned = _turn(at - _repeated(local).total_seconds(), at, zone)
    return datetime.fromtimestamp(turned, UTC).astimezone(zone).replace(tzinfo=None, fold=0)


def _repeated(local: datetime) -> timedelta:
    """By how much the clock was set back before this moment of the second time round."""
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    return timedelta() if first is None or second is None else first - second


def _first_moment(wall: datetime, zone: tzinfo) -> float:
    """The first moment at which the clock on the wall shows ``wall`` or, if it skips that, a later time."""
    early = wall.replace(tzinfo=zone, fold=0)
    at = early.timestamp()
    shown = datetime.fromtimestamp(at, UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    if shown == wall:
        return at
    # In a skipped hour the offset from before it leads to a moment after it, and the one from after it to
    # one before it.
    other = wall.replace(tzinfo=zone, fold=1).timestamp()
    return _turn(min(at, other), max(at, other), zone) + _SECOND.total_seconds()


def _turn(before: float, after: float, zone: tzinfo) -> float:
    """The last whole second, of those from ``before`` to ``after``, that has the offset of ``before``."""
    low, high = int(before), int(after)
    offset = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset:
            low = middle
        else:
            high = middle
    return float(low)


def _offset(at: int, zone: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
