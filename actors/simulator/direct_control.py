"""What a simulated device's configuration asks for in mode ``manual``: how far, fast, warm or long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from actors.domain.model import JsonObject
from actors.domain.profile import COLORED, KELVIN
from actors.simulator.appliances import Orders


class Light(TypedDict):
    """As :class:`actors.simulator.appliances.Orders` has it."""

    brightness: float | None
    white: float | None
    color: str | None


class DirectControl:
    """Remembers when what is to last ``duracion_min`` began."""

    def __init__(self, configuration: JsonObject) -> None:
        self._configuration = configuration
        self._ends_at: datetime | None = None
        self._over = False

    @property
    def ends_at(self) -> datetime | None:
        """Local time at which it switches itself off, once it was asked; ``None`` where it does not."""
        return None if self._over else self._ends_at

    def order(self, configuration: JsonObject, began_before: bool) -> None:
        """``began_before``: it may have been carried out already, so that nothing begins anew by it."""
        if _duration(configuration) != _duration(self._configuration):
            self._ends_at = None
            self._over = began_before
        self._configuration = configuration

    def orders_at(self, local: datetime) -> Orders:
        """``encendido`` is the main switch; of a lock ``bloqueada`` rules over it."""
        told = self._configuration
        on = told["encendido"] and not self._is_over(local)
        locked = told.get("bloqueada")
        return Orders(
            on,
            position=_number(told, "posicion", 0, 100) if on else None,
            speed=_number(told, "velocidad", 0, 100) if on else None,
            locked=locked if isinstance(locked, bool) else None,
            setpoint=_number(told, "temp_objetivo", -50, 100),
            **self.light,
        )

    @property
    def light(self) -> Light:
        """How it shines while it is on, whatever switches it."""
        told = self._configuration
        return {
            "brightness": _number(told, "brillo", 0, 100),
            "white": _number(told, "temp_color", KELVIN.low, KELVIN.high),
            "color": told["color"] if COLORED.takes(told.get("color")) else None,
        }

    def _is_over(self, local: datetime) -> bool:
        minutes = _duration(self._configuration)
        if minutes is None:
            return False
        if self._ends_at is None:
            self._ends_at = local + timedelta(minutes=minutes)
        self._over = self._over or local >= self._ends_at
        return self._over


def _duration(configuration: JsonObject) -> float | None:
    """Minutes for which it is to be on; ``None`` while it is off, or until it is told otherwise."""
    return _number(configuration, "duracion_min", 0, 1440) if configuration["encendido"] else None


def _number(configuration: JsonObject, name: str, least: float, most: float) -> float | None:
    """``None`` for what is none, or is beyond the bounds."""
    value = configuration.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
        return value
    return None
