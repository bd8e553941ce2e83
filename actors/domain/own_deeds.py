"""What a device tells the logbook by its own word, and whose doing that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from actors.domain.logbook import (
    BY_DEVICE,
    BY_SCHEDULE,
    CONFIGURATION,
    Act,
    Deed,
    Expectations,
    Origin,
    Shifts,
)
from actors.domain.model import SCHEDULED, Device, JsonObject, same
from actors.domain.noticing import Noticing
from actors.domain.schedule import ScheduleError, parse
from actors.domain.timekeeping import LOCKED, ON, POSITION, SPEED, next_edge, settings_at

# A device's own clock may differ from ours by so much, and its report may take as long.
PUNCTUAL_S: Final = 90.0


class OwnWord:
    """What is remembered of a device to know what is news of what it says."""

    __slots__ = ("expected", "noticing")

    def __init__(self, device: Device) -> None:
        self.expected = Expectations(device)
        self.noticing = Noticing()


def own_deeds(
    before: Device, after: Device, at: float, known: OwnWord, origin: Callable[[Shifts], Origin]
) -> Sequence[Deed]:
    """What a device that has become ``after`` by its own word tells the logbook. ``origin`` says whose doing
    it is that it is otherwise than it was asked to be."""
    if not (before.claimed and before.reports):
        return ()
    own = known.expected.reported(before, after, at)
    readings = known.noticing.news(before, after, at)
    if not (own or readings):
        return ()
    deeds = [Deed(after.id, at, Act.READING, BY_DEVICE, each) for each in readings]
    return [Deed(after.id, at, Act.REPORTED, origin(own), own), *deeds] if own else deeds


def own_origin(device: Device, at: float, zone: tzinfo, shifts: Shifts) -> Origin:
    """By itself it does what its schedule asks for; all else somebody has done at it."""
    return BY_SCHEDULE if _keeps_to(device, shifts, at, zone) else BY_DEVICE


def _keeps_to(device: Device, shifts: Shifts, at: float, zone: tzinfo) -> bool:
    """Whether that is what the schedule that the device keeps by itself has asked for a moment ago."""
    if device.configuration.get("modo") != SCHEDULED:
        return False
    try:
        timetable = parse(device.configuration)
    except ScheduleError:
        return False
    edge = next_edge(timetable, at - PUNCTUAL_S, zone)
    if edge is None or edge > at + PUNCTUAL_S:
        return False
    asked = _with_switch(settings_at(timetable, max(at, edge), zone))
    told = {name.removeprefix(CONFIGURATION): shift.after for name, shift in shifts.items() if shift}
    return bool(told) and all(name in asked and same(asked[name], value) for name, value in told.items())


def _with_switch(asked: JsonObject) -> JsonObject:
    """What is moved or locked says by its switch, too, that it is: a blind is on while it is open at all."""
    moved = next((name for name in (POSITION, SPEED, LOCKED) if name in asked), None)
    return asked if moved is None else {ON: bool(asked[moved]), **asked}
