"""Whether a device can be set to what people ask of it."""

from __future__ import annotations

from typing import Final

from actors.domain.json_values import Json, JsonObject
from actors.domain.profile import Control, Form, Profile
from actors.domain.schedule import Misfit, ScheduleError

# Of some devices of other makes; what one of these has no control for is nothing that it can be told.
_STANDARD: Final = frozenset(
    {"brillo", "temp_color", "color", "inclinacion", "posicion", "velocidad"}
    | {"encendido", "bloqueada", "temp_objetivo", "modo_clima"}
)


def check_controls(configuration: JsonObject, profile: Profile | None) -> None:
    """Raise :class:`ScheduleError` for what the device cannot take.

    One without a profile is of our own protocol, whose boards have always been told whatever they understand.
    """
    if profile is None:
        return
    for name, value in configuration.items():
        if name in profile.controls:
            _check(name, value, profile.controls[name])
        elif name in _STANDARD:
            has = ", ".join(sorted(profile.controls)) or "-"
            raise ScheduleError(name, Misfit.NO_SUCH_CONTROL, controls=has)


def check_values(configuration: JsonObject, profile: Profile | None) -> None:
    """The same of those values alone that it has a control for: a label is printed for many devices."""
    controls = {} if profile is None else profile.controls
    for name in controls.keys() & configuration.keys():
        _check(name, configuration[name], controls[name])


def _check(name: str, value: Json, control: Control) -> None:
    if control.takes(value):
        return
    given = f"{value!r:.40}"
    match control.form:
        case Form.SWITCH:
            raise ScheduleError(name, Misfit.SWITCH, value=given)
        case Form.NUMBER:
            raise ScheduleError(name, Misfit.OUT_OF_RANGE, value=given, low=control.low, high=control.high)
        case Form.CHOICE:
            raise ScheduleError(name, Misfit.NO_CHOICE, value=given, words=", ".join(control.choices))
        case Form.COLOR:
            raise ScheduleError(name, Misfit.NO_COLOR, value=given)
        case Form.TEXT:
            raise ScheduleError(name, Misfit.NO_TEXT, value=given)
