"""What a device warns of now: which of its readings are alarms, and what each says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from actors.domain.kinds import sort_of
from actors.domain.metrics import Hazard, Nature, alarm_of, hazard_of, is_charge, words_in
from actors.domain.model import Device, Json, JsonObject
from actors.domain.readings import Names, flattened, switch_of

STATE: Final = "estado"
"""The metric under which what the device says of itself, and not a reading, is told."""

_SMOKE_SENSOR: Final = "sensor_humo"
# What only a detector may call so.
_PLAIN: Final = frozenset({"detected", "detectado", "detectada", "detection", "deteccion"})
# What a state may warn of; that of a boiler may well be "gas".
_IN_A_STATE: Final = (Hazard.FIRE, Hazard.SMOKE, Hazard.OTHER)


@dataclass(frozen=True, slots=True)
class Sign:
    """What one reading says: that there is alarm, that there is none, or (``None``) neither."""

    metric: str
    hazard: Hazard
    value: Json
    alarmed: bool | None


def signs_of(device: Device) -> Iterator[Sign]:
    """Of the state, where it says anything, and of each reading that is an alarm by its name or by people."""
    if (hazard := _hazard_of_state(device)) is not None:
        yield Sign(STATE, hazard, device.state, _said_by(device.state)[1])
    for name, value in _telling(device):
        if (hazard := hazard_in(device, name)) is not None:
            yield Sign(name, hazard, value, alarm_of(value, hazard))


def warns(device: Device) -> bool:
    """Whether it tells anything of either kind; of those that do not it is asked at each report."""
    return _hazard_of_state(device) is not None or any(
        is_charge(name) or hazard_in(device, name) is not None for name, _ in _telling(device)
    )


def charges_of(device: Device) -> Iterator[tuple[str, Json]]:
    """What its batteries have left, by metric."""
    for name, value in _telling(device):
        if is_charge(name) and hazard_in(device, name) is None:
            yield name, value


def _telling(device: Device) -> Sequence[tuple[str, Json]]:
    """The readings that may be any of these; of most devices none may, by their names, which are known."""
    limits = device.limits
    if not limits and not _any_may_tell(device.names):
        return ()
    readings = flattened({**device.parameters})
    return [(metric, value) for metric, value in readings if metric in limits or _may_tell(metric)]


@lru_cache(maxsize=4_096)
def _any_may_tell(names: Names) -> bool:
    """0.1 µs for 20 names that are known, where to look at each would take 40."""
    return any(_may_tell(metric) for metric, _ in flattened(_named(names)))


def _named(names: Names) -> JsonObject:
    """Readings of these names."""
    return {
        name: None if inner is None else _named(inner)
        for name, inner in ((each, None) if isinstance(each, str) else each for each in names)
    }


@lru_cache(maxsize=4_096)
def _may_tell(metric: str) -> bool:
    return hazard_of(metric) is not None or is_charge(metric) or _is_plain(metric)


def hazard_in(device: Device, name: str) -> Hazard | None:
    """What people say stands above the name; what a detector calls by no name is what it detects."""
    found = hazard_of(name)
    nature = device.limits[name].nature if name in device.limits else None
    if nature is not None:
        return (found or Hazard.OTHER) if nature is Nature.ALARM else None
    is_plain = found is Hazard.OTHER or (found is None and _is_plain(name))
    return Hazard.SMOKE if is_plain and _is_smoke_sensor(device) else found


@lru_cache(maxsize=4_096)
def _is_plain(name: str) -> bool:
    return _PLAIN.issuperset(words_in(name) or ("",))


def _is_smoke_sensor(device: Device) -> bool:
    """Of another make such a one may detect anything, and says what."""
    return device.profile is None and sort_of(device)[0] == _SMOKE_SENSOR


def _hazard_of_state(device: Device) -> Hazard | None:
    hazard, alarmed = _said_by(device.state)
    if alarmed is None:
        return None
    if hazard in _IN_A_STATE and hazard is not Hazard.OTHER:
        return hazard
    return Hazard.SMOKE if _is_smoke_sensor(device) else hazard if hazard in _IN_A_STATE else None


@lru_cache(maxsize=1_024)
def _said_by(state: str) -> tuple[Hazard | None, bool | None]:
    """What a state names, and whether it says that there is alarm. On and off are said of the switch."""
    return hazard_of(state), None if switch_of(state) is not None else alarm_of(state)
