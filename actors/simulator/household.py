"""The demonstration's home: its devices and rooms, what people do there, and what has gone wrong lately.

Pure. :func:`life` tells the weeks that lie behind one of its devices, and :func:`simulated` has the same
devices go on from there.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from operator import attrgetter
from random import Random
from typing import Final, NamedTuple

import orjson

from actors.domain.model import SCHEDULED, Change, Device, JsonObject, Report
from actors.domain.schedule import parse
from actors.simulator.device import KINDS, SimulatedDevice, factory_configuration, fleet

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0
WEEKS: Final = 6
# Between two reports of the weeks behind, and of the last hour, of which each card has a line. What people do
# and what goes wrong is told when it happens.
EVERY_S: Final = 1_200.0
LATELY_EVERY_S: Final = 60.0
LATELY_S: Final = 4_000.0
# Of the present.
INTERVAL_S: Final = 10.0
# Until a device has carried out what it was told.
OBEYS_AFTER_S: Final = 1.0
# As long as a house waits for a device that it hears all the time: AI_R4_OFFLINE_SECS.
MISSED_AFTER_S: Final = 120.0

PEOPLE: Final = ("Ana", "Luis")
"""Who lives there; the first of them looks after the house."""
EVERY_DAY: Final = tuple(range(7))


@dataclass(frozen=True, slots=True)
class Habit:
    """When people switch a device on and off, in hours of the clock on the wall."""

    days: tuple[int, ...]
    """Of the week, from Monday, which is 0."""
    begins: float
    ends: float
    wanders: float = 0.15
    """Hours that either is early or late, as a standard deviation."""
    kept: float = 1.0
    """The share of those days on which they do."""
    by: str = ""
    """Which of :data:`PEOPLE`; empty by the device's own switch."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """What was wrong with a device, so many days ago, at an hour of the clock on the wall."""

    days_ago: int
    hour: float
    lasts: float
    """Seconds."""
    readings: JsonObject | None = None
    """What it told instead; ``None`` where it was silent."""

    def span(self, now: float, zone: tzinfo) -> tuple[float, float]:
        """From when until when, in seconds since the epoch."""
        begins = _midnight(now, zone) + timedelta(hours=self.hour - 24 * self.days_ago)
        return begins.timestamp(), begins.timestamp() + self.lasts


@dataclass(frozen=True, slots=True)
class Furnishing:
    """One device of the home."""

    serial: str
    name: str
    room: str
    configuration: JsonObject = field(default_factory=dict)
    habits: tuple[Habit, ...] = ()
    mishap: Mishap | None = None
    days: float = WEEKS * 7
    """Since it came to the house."""

    @property
    def set_up(self) -> JsonObject:
        """Its configuration as people have made it when they claimed it."""
        return {**factory_configuration(INTERVAL_S), **self.configuration}


def _scheduled(**channels: object) -> JsonObject:
    return {"modo": SCHEDULED, **channels}


def _windows(*windows: tuple[tuple[str, ...], str, str]) -> list[JsonObject]:
    return [{"dias": list(days), "inicio": begins, "fin": ends} for days, begins, ends in windows]


_WORKDAYS: Final = ("lunes", "martes", "miercoles", "jueves", "viernes")
_READING: Final = _windows(
    (_WORKDAYS, "07:00", "08:30"), (("todos",), "19:00", "23:30"), (("sabado",), "22:00", "02:00")
)
_COFFEE: Final = _windows((_WORKDAYS, "07:00", "09:00"), (("sabado", "domingo"), "09:30", "11:30"))
_WASHING: Final = _windows((("todos",), "23:30", "01:00"))
_WARMTH: Final = [["07:00", 21], ["09:00", 18.5], ["17:30", 21.5], ["23:00", 18]]
_WATERING: Final = {day: [["06:30", 60]] for day in ("lunes", "jueves", "sabado")}
_LOCKING: Final = {"diario": [["07:00", False], ["22:30", True]]}
_OFF: Final = {"encendido": False}

SALON, LAMP, CEILING, CAMERA = "TMP0SALON001", "LGT0LECTURA1", "LGT0TECHO001", "CAM0PORTAL01"

HOME: Final = (
    Furnishing(SALON, "Termostato del salón", "Salón", _scheduled(horarios_temp={"diario": _WARMTH})),
    Furnishing(LAMP, "Lámpara de leer", "Salón", _scheduled(horarios=_READING, brillo=70, color="#ffb46b")),
    # Not so long in the house: its timetable has just been learned.
    Furnishing(
        CEILING, "Luz del techo", "Salón", _OFF, (Habit(EVERY_DAY, 19.5, 23.25, by="Luis"),), days=16.4
    ),
    Furnishing(
        "SHD0SALON001",
        "Persiana del salón",
        "Salón",
        _scheduled(horarios_pos={"diario": [["08:00", 100], ["14:00", 40], ["17:00", 100], ["21:30", 0]]}),
    ),
    Furnishing(
        "FAN0SALON001",
        "Ventilador de techo",
        "Salón",
        _scheduled(horarios_speed={"diario": [["14:00", 40], ["16:30", 0]]}),
    ),
    Furnishing("CO20SALON001", "Aire del salón", "Salón"),
    Furnishing("SND0SALON001", "Ruido del salón", "Salón"),
    Furnishing("PLG0CAFE0002", "Cafetera", "Cocina", _scheduled(horarios=_COFFEE)),
    Furnishing("PLG0LAVADO04", "Lavadora", "Cocina", _scheduled(horarios=_WASHING)),
    Furnishing(
        "SMK0COCINA01",
        "Humo de la cocina",
        "Cocina",
        mishap=Mishap(6, 20.7, 1_200, {"humo": 38.4, "humo_detectado": True}),
    ),
    Furnishing(
        "TMP0DORMIT01",
        "Clima del dormitorio",
        "Dormitorio",
        _OFF,
        mishap=Mishap(1, 18.1, 1, {"temperatura": 47.9, "humedad": 51.3}),
    ),
    Furnishing("CO20DORMIT01", "Aire del dormitorio", "Dormitorio"),
    Furnishing(
        "LGT0MESILLA1",
        "Luz de la mesilla",
        "Dormitorio",
        {**_OFF, "brillo": 30},
        (Habit(tuple(range(5)), 22, 23, 1.4, 0.7, "Ana"), Habit((5, 6), 22.5, 24, 1.4, 0.7)),
    ),
    Furnishing("DRL0CALLE001", "Puerta de la calle", "Entrada", _scheduled(horarios_lock=_LOCKING)),
    Furnishing(CAMERA, "Cámara del portal", "Entrada", mishap=Mishap(1, 3.5, 5 * HOUR_S)),
    Furnishing("MOV0PASILLO1", "Movimiento del pasillo", "Entrada"),
    Furnishing("MTR0CASA0001", "Contador de la casa", "Entrada"),
    Furnishing("RGD0CESPED01", "Riego del césped", "Patio y jardín", _scheduled(horarios_riego=_WATERING)),
    Furnishing("LUX0PATIO001", "Luz del patio", "Patio y jardín"),
)
MAINS: Final = ("MTR0CASA0001",)
"""Devices that count what the whole house uses."""
NEW: Final = ("LGT0NUEVA001", "PLG0NUEVO002")
"""Devices that have come just now, to be claimed."""


# -- what lies behind ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Silence:
    """The device has not been heard for so long that it is missed."""


@dataclass(frozen=True, slots=True)
class Happening:
    at: float
    """Seconds since the epoch."""
    what: Report | Change | Silence
    by: str = ""
    """Who has asked for the change."""


class _Step(NamedTuple):
    at: float
    asked: JsonObject | None = None
    """How it is set then; ``None`` where it merely reports."""
    by: str = ""
    """As of a habit."""


def life(device: Furnishing, until: float, zone: tzinfo) -> Iterator[Happening]:
    """What happened to the device from when it came until ``until``, in order of time.

    The same each time for the same moment and zone.
    """
    simulated = SimulatedDevice(device.serial, Random(device.serial), INTERVAL_S)
    _tell(simulated, device.set_up, 1)
    return _lived(device, simulated, Random(f"life of {device.serial}"), until, zone)


def meanwhile(
    device: Furnishing, known: Device, people: Container[str], until: float, zone: tzinfo
) -> Iterator[Happening]:
    """The same of a device that the house knows: from when it was last heard, six weeks at most, as it has
    been set since it came.

    Nothing goes wrong with it. What ``people`` who still live there have the habit of they do, unless they
    have given the device a schedule.
    """
    since = max(until - WEEKS * 7 * DAY_S, until if known.seen_at is None else known.seen_at)
    is_scheduled = known.configuration.get("modo") == SCHEDULED
    habits = tuple(each for each in device.habits if not is_scheduled and (not each.by or each.by in people))
    gone_on = replace(
        device,
        configuration=known.configuration,
        habits=habits,
        mishap=None,
        days=max(0.0, until - since) / DAY_S,
    )
    return _lived(gone_on, _as_it_was(known), Random(f"life of {device.serial} since {since}"), until, zone)


def _lived(
    device: Furnishing, simulated: SimulatedDevice, random: Random, until: float, zone: tzinfo
) -> Iterator[Happening]:
    configuration, version = device.set_up, simulated.version
    mishap = device.mishap
    missed = False
    wrong = (until, until) if mishap is None else mishap.span(until, zone)
    for at, asked, by in _steps(device, random, until, zone):
        if mishap is not None and wrong[0] <= at < wrong[1]:
            if mishap.readings is None:
                if not missed:
                    yield Happening(at + MISSED_AFTER_S, Silence())
                missed = True
                continue
            yield Happening(
                at, Report(device.serial, at, simulated.measure(_local(at, zone), at)[0], mishap.readings)
            )
            continue
        if asked is not None:
            configuration, version = {**configuration, **asked}, version + 1
            _tell(simulated, configuration, version)
            if by:
                yield Happening(at, Change(configuration=asked), by)
                at += OBEYS_AFTER_S
        state, readings = simulated.measure(_local(at, zone), at)
        yield Happening(at, Report(device.serial, at, state, readings))


def _steps(device: Furnishing, random: Random, until: float, zone: tzinfo) -> list[_Step]:
    begins = until - device.days * DAY_S
    first = begins - begins % EVERY_S + EVERY_S + random.uniform(1, 20)
    steps = [_Step(first + n * EVERY_S) for n in range(int((until - first) / EVERY_S) + 1)]
    steps += [_Step(until - ago * LATELY_EVERY_S - 1) for ago in range(int(LATELY_S / LATELY_EVERY_S))]
    steps += [_Step(at) for at in _edges(device.set_up, begins, until, zone)]
    steps += _switched(device.habits, random, begins, until, zone)
    if device.mishap is not None:
        steps += [_Step(at) for at in device.mishap.span(until, zone)]
    return sorted((step for step in steps if begins <= step.at < until), key=attrgetter("at"))


def _edges(configuration: JsonObject, begins: float, until: float, zone: tzinfo) -> Iterator[float]:
    """When the device carries out its schedule."""
    timetable = parse(configuration)
    local: datetime | None = _local(begins, zone)
    while local is not None and (local := timetable.next_change(local)) is not None:
        at = local.replace(tzinfo=zone).timestamp()
        if at >= until:
            return
        yield at + OBEYS_AFTER_S


def _switched(
    habits: Iterable[Habit], random: Random, begins: float, until: float, zone: tzinfo
) -> Iterator[_Step]:
    midnight = _midnight(begins, zone)
    for day in range(int((until - begins) / DAY_S) + 2):
        today = midnight + timedelta(days=day)
        for habit in habits:
            if today.weekday() not in habit.days or random.random() >= habit.kept:
                continue
            on, off = (hour + random.gauss(0, habit.wanders) for hour in (habit.begins, habit.ends))
            yield _Step((today + timedelta(hours=on)).timestamp(), {"encendido": True}, habit.by)
            off = max(off, on + 0.1)
            yield _Step((today + timedelta(hours=off)).timestamp(), {"encendido": False}, habit.by)


def _tell(simulated: SimulatedDevice, configuration: JsonObject, version: int) -> None:
    simulated.obey(orjson.dumps({"version": version, "configuracion": configuration}))


def _midnight(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _local(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


# -- the present ---------------------------------------------------------------------------------


def simulated(stored: Iterable[Device]) -> list[SimulatedDevice]:
    """Those that live in a house where these devices are known: the home's own, going on from what each has
    told last, and the new ones; in any other house one of each kind.
    """
    told = {device.serial: device for device in stored}
    if not any(each.serial in told for each in HOME):
        return fleet(len(KINDS))
    devices = []
    for serial in (*(each.serial for each in HOME), *NEW):
        known = told.get(serial)
        devices.append(
            SimulatedDevice(serial, Random(serial), INTERVAL_S) if known is None else _as_it_was(known)
        )
    return devices


def _as_it_was(known: Device) -> SimulatedDevice:
    """As a board that keeps what it was told through a power cut."""
    device = SimulatedDevice(known.serial, Random(known.serial), INTERVAL_S)
    _tell(device, known.configuration, known.version)
    device.resume(known.parameters)
    return device
