"""What was done to a device, and who or what did it: the house's logbook.

An entry is a :class:`Deed`. It is made of two states of a device by the device's actor, and is kept in the
transaction that keeps the later one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from actors.domain.metrics import UNDECIDED, MetricChoice
from actors.domain.model import Device, Json, JsonObject, same
from actors.domain.profile import SETTLING_S

# Of a value as JSON, in characters: of what is longer, as a week's schedule is, only the name is kept.
LONGEST: Final = 200
CONFIGURATION: Final = "configuracion."
PARAMETERS: Final = "parametros."
LIMITS: Final = "limites."
# Told in a row and not done yet, of one thing: more are a slider that somebody drags.
MOST_WISHES: Final = 8


class Cause(Enum):
    """Who or what has done something; the value is the word for it on the wire and on disk."""

    PERSON = "persona"
    CLIENT = "cliente"
    """Another program that commands the house's devices over MQTT, as Home Assistant does."""
    SCHEDULE = "horario"
    RULE = "regla"
    DEVICE = "aparato"
    """Its own switch, or whatever else sets it without us."""
    SYSTEM = "sistema"
    UNKNOWN = "desconocido"


@dataclass(frozen=True, slots=True)
class Origin:
    cause: Cause
    person: int | None = None
    """Their id; ``None`` where the house has no people."""
    name: str = ""
    """What the person, or the program, was called then."""
    rule: str = ""
    """Whose proposal was carried out, by itself or by the person; empty where it was nobody's."""
    finding: int | None = None
    """The id of the finding that proposed it."""


UNKNOWN: Final = Origin(Cause.UNKNOWN)
BY_SCHEDULE: Final = Origin(Cause.SCHEDULE)
BY_DEVICE: Final = Origin(Cause.DEVICE)
BY_SYSTEM: Final = Origin(Cause.SYSTEM)


class Act(Enum):
    """What was done; the value is the word for it on the wire and on disk."""

    CHANGED = "cambio"
    """It is to be otherwise, or is called otherwise."""
    REPORTED = "informado"
    """It says that it is otherwise, and nobody here has asked for that."""
    READING = "lectura"
    """It has noticed something: a reading that is true or false, or a state in words."""
    CLAIMED = "reclamado"
    RELEASED = "soltado"
    REPLACED = "sustituido"
    ACCEPTED = "aceptado"
    """Its orders go to the place that it has named meanwhile."""
    STOPPED = "parado"
    """It was told to halt."""


class Shift(NamedTuple):
    before: Json
    after: Json


Shifts: TypeAlias = Mapping[str, Shift | None]
"""By what has changed, as ``configuracion.encendido`` or ``nombre``; ``None`` for values too long to keep."""


@dataclass(frozen=True, slots=True)
class Deed:
    device_id: int
    at: float
    """Seconds since the epoch."""
    act: Act
    origin: Origin
    shifts: Shifts = field(default_factory=dict)

    @property
    def turned(self) -> bool | str | None:
        """What became of the one thing that tells all: the switch, a reading that is true or false, or the
        state in words. ``None`` where no single one does.
        """
        shift = self.shifts.get(f"{CONFIGURATION}encendido")
        if shift is None and len(self.shifts) == 1:
            [shift] = self.shifts.values()
        after = None if shift is None else shift.after
        is_word = isinstance(after, str) and self.act is Act.READING
        return after if isinstance(after, bool) or is_word else None


@dataclass(frozen=True, slots=True)
class KeptDeed:
    """As it is stored; a greater ``id`` is newer."""

    id: int
    deed: Deed


@dataclass(frozen=True, slots=True)
class WantedDeeds:
    """Which entries somebody looks for; ``None`` is any."""

    devices: tuple[int, ...] | None = None
    person: int | None = None
    since: float | None = None
    until: float | None = None
    readings: bool = True
    """Whether what devices have noticed is among them."""
    before: int | None = None
    """Only those with a lower id."""


def done(before: Device, after: Device, act: Act, origin: Origin, at: float) -> Deed | None:
    """What a command has come to; ``None`` if that is nothing."""
    shifts = {} if act is not Act.CHANGED else commanded(before, after)
    if act is Act.CHANGED and not shifts:
        return None
    return Deed(after.id, at, act, origin, shifts)


def commanded(before: Device, after: Device) -> Shifts:
    """What people can ask for, where it has changed."""
    facts = (
        ("nombre", before.name, after.name),
        ("tipo", before.type, after.type),
        ("modelo", before.model, after.model),
        ("descripcion", before.description, after.description),
        ("habitacion_id", before.room, after.room),
        ("paciencia_s", before.patience, after.patience),
    )
    described = {name: shift_of(was, now) for name, was, now in facts if was != now}
    limits = {
        f"{LIMITS}{name}": shift_of(
            *(_choice(each.get(name, UNDECIDED)) for each in (before.limits, after.limits))
        )
        for name in sorted({*before.limits, *after.limits})
        if before.limits.get(name) != after.limits.get(name)
    }
    return {**described, **limits, **configured(before, after)}


def configured(before: Device, after: Device) -> Shifts:
    """What is to be otherwise than before."""
    was, now = before.configuration, after.configuration
    return {f"{CONFIGURATION}{name}": shift_of(was.get(name), now.get(name)) for name in _changed(was, now)}


def _changed(was: JsonObject, now: JsonObject) -> Sequence[str]:
    if was is now:
        return ()
    names = sorted({*was, *now})
    return [name for name in names if name not in was or name not in now or not same(was[name], now[name])]


class Expectations:
    """What a device of our own protocol was told and has not done yet: when it says that it has, that is the
    answer, and nobody's doing. One of another make has its orders (:mod:`actors.domain.orders`) for that.

    What it was told before a start is known from how it differs from what it is to be.
    """

    def __init__(self, device: Device) -> None:
        differences = device.differences or {}
        self._wishes: dict[str, tuple[Json, ...]] = {
            name: (each.desired,) for name, each in differences.items()
        }
        """By name in the configuration what it was told since it last did as told, oldest first."""
        self._told_at = -math.inf
        self._is_looked_through = False
        """Whether what it does by now was crossed off, once it had had its time, and nothing is new since."""

    def tell(self, before: Device, after: Device, at: float) -> None:
        """From ``at`` on it is to be as ``after`` says."""
        told, reported = after.configuration, after.reported
        for name in _changed(before.configuration, told):
            earlier = self._wishes.get(name, ())[1 - MOST_WISHES :]
            is_so = not earlier and name in reported and same(reported[name], told.get(name))
            if not is_so:
                self._wishes[name] = (*earlier, told.get(name))
                self._told_at = at
                self._is_looked_through = False

    def reported(self, before: Device, after: Device, at: float) -> Shifts:
        """What the device has said at ``at`` to be otherwise, and nobody here has asked for."""
        was, now = before.reported, after.reported
        settled = at >= self._told_at + SETTLING_S
        if was is now and (self._is_looked_through or not (settled and self._wishes)):
            return {}
        self._is_looked_through = settled
        changed: Sequence[str] = ()
        # What it never does is waited for at each of its reports, and nearly all say what was said before.
        if was is not now:
            changed = [name for name in now if name in was and not same(was[name], now[name])]
        pending = after.orders.pending if after.orders is not None else frozenset()
        own = [
            name
            for name in changed
            if not (name in pending or self._does(name, now[name]) or (name in self._wishes and not settled))
        ]
        if settled and self._wishes:
            done = [name for name in self._wishes if name in now and same(self._wishes[name][-1], now[name])]
            for name in done:
                del self._wishes[name]
        return {f"{CONFIGURATION}{name}": shift_of(was[name], now[name]) for name in own}

    def _does(self, name: str, told: Json) -> bool:
        """Whether that is what it was told; what it was told before that is over then."""
        wishes = self._wishes.get(name, ())
        for place, wish in enumerate(wishes):
            if same(wish, told):
                if rest := wishes[place + 1 :]:
                    self._wishes[name] = rest
                else:
                    del self._wishes[name]
                return True
        return False


def _choice(choice: MetricChoice) -> Json:
    if choice == UNDECIDED:
        return None
    nature = None if choice.nature is None else choice.nature.value
    return {"min": choice.low, "max": choice.high, "silenciada": choice.muted, "naturaleza": nature}


def shift_of(before: Json, after: Json) -> Shift | None:
    """``None`` where that is too long to keep."""
    shift = Shift(before, after)
    return shift if len(json.dumps(shift, default=dict)) <= LONGEST else None
