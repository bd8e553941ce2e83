"""The things behind the simulated devices: what each kind would measure at this hour, under these orders.

Pure but for their own memory: randomness and local time are given. Readings follow the sun and the
people of an ordinary house, so that the rules have days and nights to learn from.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import ClassVar, Final

from actors.domain.model import JsonObject

# After a longer pause everything has settled anyway.
_MAX_STEP_S: Final = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What the configuration asks of the appliance at one moment. ``None`` where it asks nothing."""

    on: bool
    position: float | None = None
    speed: float | None = None
    locked: bool | None = None
    setpoint: float | None = None
    brightness: float | None = None
    """Per cent."""
    white: float | None = None
    """Its temperature in kelvin."""
    color: str | None = None
    """``#rrggbb``."""


@dataclass(frozen=True, slots=True)
class Moment:
    local: datetime
    seconds: float
    """Since the moment before."""
    orders: Orders

    @property
    def hour(self) -> float:
        return self.local.hour + self.local.minute / 60 + self.local.second / 3600

    @property
    def daylight(self) -> float:
        """From 0 at night to 1 at 13:00."""
        return max(0.0, math.sin(math.pi * (self.hour - 6.5) / 13))

    @property
    def bustle(self) -> float:
        """How busy the house is, from 0 to 1: mornings and evenings, and weekends all day."""
        if self.local.weekday() >= 5:
            return 0.6 if 9 <= self.hour < 23 else 0.05
        if 7 <= self.hour < 9:
            return 0.7
        if 18 <= self.hour < 23:
            return 0.9
        return 0.1 if 9 <= self.hour < 18 else 0.03


class AutocorrelatedNoise:
    """Noise that wanders around zero: standard deviation ``spread``, forgetting in ``memory_s``."""

    def __init__(self, random: Random, spread: float, memory_s: float) -> None:
        self._random = random
        self._spread = spread
        self._memory_s = memory_s
        self._value = random.gauss(0, spread)

    def after(self, seconds: float) -> float:
        kept = math.exp(-seconds / self._memory_s)
        self._value = self._value * kept + self._random.gauss(0, self._spread * math.sqrt(1 - kept * kept))
        return self._value


def _towards(value: float, target: float, seconds: float, time_constant_s: float) -> float:
    return target + (value - target) * math.exp(-seconds / time_constant_s)


def _number(told: JsonObject, name: str, otherwise: float) -> float:
    value = told.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on the thing beside its QR code, in Spanish."""

    name: str
    model: str
    description: str


class Appliance(ABC):
    """One thing that can be read; a clock that is set back makes no time pass."""

    label: ClassVar[Label]

    def __init__(self, random: Random) -> None:
        self.random = random
        self._last: float | None = None

    def read(self, local: datetime, at: float, orders: Orders) -> JsonObject:
        """The ``parametros`` of a report; ``at`` is by a clock that knows no time zone, in seconds."""
        seconds = 0.0 if self._last is None else at - self._last
        self._last = at
        return self.step(Moment(local, min(max(seconds, 0.0), _MAX_STEP_S), orders))

    def is_active(self, orders: Orders) -> bool:
        """Whether the device calls itself ``activo`` under these orders."""
        return orders.on

    def resume(self, told: JsonObject) -> None:  # noqa: B027
        """Go on from what it told last: a counter counts on, and a room is as warm as it was."""

    @abstractmethod
    def step(self, now: Moment) -> JsonObject: ...


class Lamp(Appliance):
    label = Label("Luz", "L-01", "Bombilla regulable")

    WATTS: Final = 9.0

    def step(self, now: Moment) -> JsonObject:
        brightness = self._brightness(now) if now.orders.on else 0
        shown = {"temp_color": now.orders.white, "color": now.orders.color}
        return {
            "brillo": brightness,
            "consumo_w": round(self.WATTS * brightness / 100 + 0.3, 2),
            **{name: value for name, value in shown.items() if value is not None},
        }

    @staticmethod
    def _brightness(now: Moment) -> float:
        """By itself it is as bright as the people of the house like it."""
        if now.orders.brightness is None:
            return 100 if now.bustle > 0.5 else 60
        return now.orders.brightness


class Sprinkler(Appliance):
    label = Label("Riego", "R-01", "Válvula de riego con caudalímetro")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._flow = AutocorrelatedNoise(random, 0.4, 300)
        self._moisture = random.uniform(25, 40)

    def resume(self, told: JsonObject) -> None:
        self._moisture = _number(told, "humedad_suelo", self._moisture)

    def step(self, now: Moment) -> JsonObject:
        target, time_constant = (70.0, 1200.0) if now.orders.on else (20.0, 40 * 3600.0)
        self._moisture = _towards(self._moisture, target, now.seconds, time_constant)
        flow = 8 + self._flow.after(now.seconds) if now.orders.on else 0.0
        return {"caudal_lpm": round(flow, 2), "humedad_suelo": round(self._moisture, 1)}


class Blind(Appliance):
    label = Label("Persiana", "P-01", "Motor de persiana")

    def is_active(self, orders: Orders) -> bool:
        return self._position(orders) > 0

    def step(self, now: Moment) -> JsonObject:
        return {"posicion": self._position(now.orders)}

    @staticmethod
    def _position(orders: Orders) -> float:
        if orders.position is None:
            return 100 if orders.on else 0
        return orders.position


class Fan(Appliance):
    label = Label("Ventilador", "V-01", "Ventilador de techo")

    WATTS: Final = 45.0

    def is_active(self, orders: Orders) -> bool:
        return self._speed(orders) > 0

    def step(self, now: Moment) -> JsonObject:
        speed = self._speed(now.orders)
        power = self.WATTS * (speed / 100) ** 2 * self.random.uniform(0.97, 1.03) + 0.5
        return {"velocidad": speed, "consumo_w": round(power, 1)}

    @staticmethod
    def _speed(orders: Orders) -> float:
        if orders.speed is None:
            return 60 if orders.on else 0
        return orders.speed


class Door(Appliance):
    """On means locked; only what is not locked is ever open."""

    label = Label("Puerta", "D-01", "Cerradura con sensor de apertura")

    def is_active(self, orders: Orders) -> bool:
        return self._locked(orders)

    def step(self, now: Moment) -> JsonObject:
        locked = self._locked(now.orders)
        return {"abierta": not locked and self.random.random() < 0.2 * now.bustle, "bloqueada": locked}

    @staticmethod
    def _locked(orders: Orders) -> bool:
        return orders.on if orders.locked is None else orders.locked


class Thermometer(Appliance):
    """Out of use it measures the house; with a set point and switched on it heats or cools to it."""

    label = Label("Termómetro", "T-01", "Termostato con sensor de humedad")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._drift = AutocorrelatedNoise(random, 0.3, 3600)
        self._damp = AutocorrelatedNoise(random, 4, 7200)
        self._room: float | None = None

    def resume(self, told: JsonObject) -> None:
        self._room = _number(told, "temperatura", 20.0)

    def step(self, now: Moment) -> JsonObject:
        natural = 19.5 + 3.5 * math.sin(math.pi * (now.hour - 9) / 12)
        target = now.orders.setpoint if now.orders.on and now.orders.setpoint is not None else natural
        self._room = natural if self._room is None else _towards(self._room, target, now.seconds, 900)
        temperature = self._room + self._drift.after(now.seconds)
        humidity = min(95.0, max(15.0, 85 - 1.8 * temperature + self._damp.after(now.seconds)))
        return {"temperatura": round(temperature, 1), "humedad": round(humidity, 1)}


class Camera(Appliance):
    label = Label("Cámara", "C-01", "Cámara de vigilancia")

    ASLEEP: Final = 0.05
    """As busy as a house is in which nobody passes by."""

    def step(self, now: Moment) -> JsonObject:
        if not now.orders.on:
            return {"grabando": False, "movimiento": False, "flujo_kbps": 0}
        moving = self.random.random() < 0.5 * (now.bustle - self.ASLEEP)
        kbps = self.random.uniform(900, 1500) if moving else self.random.uniform(150, 300)
        return {"grabando": True, "movimiento": moving, "flujo_kbps": round(kbps)}


class Plug(Appliance):
    label = Label("Enchufe", "E-01", "Enchufe con medidor de consumo")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._rating = random.choice((60.0, 120.0, 350.0, 900.0))
        self._load = AutocorrelatedNoise(random, 0.06, 600)
        self._energy_kwh = 0.0

    def resume(self, told: JsonObject) -> None:
        self._energy_kwh = _number(told, "energia_kwh", 0.0)

    def step(self, now: Moment) -> JsonObject:
        power = self._rating * max(0.0, 0.85 + self._load.after(now.seconds)) if now.orders.on else 0.0
        self._energy_kwh += power * now.seconds / 3.6e6
        return {"consumo_w": round(power, 1), "energia_kwh": round(self._energy_kwh, 4)}


class Meter(Appliance):
    """Of the whole house: a refrigerator that comes and goes, and what people use."""

    label = Label("Contador", "M-01", "Contador eléctrico de la casa")

    STANDBY_W: Final = 140.0
    REFRIGERATOR_W: Final = 90.0
    PEOPLE_W: Final = 900.0
    READS_KWH: Final = 12_400.0
    """When it was first looked at."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._use = AutocorrelatedNoise(random, 0.25, 1800)
        self._energy_kwh = self.READS_KWH

    def resume(self, told: JsonObject) -> None:
        self._energy_kwh = _number(told, "energia_kwh", self.READS_KWH)

    def step(self, now: Moment) -> JsonObject:
        people = self.PEOPLE_W * now.bustle * max(0.1, 1 + self._use.after(now.seconds))
        cooling = self.REFRIGERATOR_W if now.local.minute % 30 < 12 else 0.0
        power = self.STANDBY_W + cooling + people
        self._energy_kwh += power * now.seconds / 3.6e6
        return {"consumo_w": round(power), "energia_kwh": round(self._energy_kwh, 3)}


class LightSensor(Appliance):
    label = Label("Sensor de luz", "S-01", "Luxómetro")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._clouds = AutocorrelatedNoise(random, 0.15, 1800)

    def step(self, now: Moment) -> JsonObject:
        sun = 700 * now.daylight * max(0.1, 1 + self._clouds.after(now.seconds))
        lamps = 150 if now.daylight < 0.2 and now.bustle > 0.5 else 2
        return {"luz_lux": round(sun + lamps, 1)}


class CarbonDioxideSensor(Appliance):
    label = Label("Sensor de CO₂", "S-02", "Medidor de calidad del aire")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._noise = AutocorrelatedNoise(random, 15, 600)
        self._ppm = 450.0

    def resume(self, told: JsonObject) -> None:
        self._ppm = _number(told, "co2_ppm", self._ppm)

    def step(self, now: Moment) -> JsonObject:
        self._ppm = _towards(self._ppm, 430 + 550 * now.bustle, now.seconds, 2400)
        return {"co2_ppm": round(self._ppm + self._noise.after(now.seconds))}


class SmokeSensor(Appliance):
    label = Label("Sensor de humo", "S-03", "Detector de humo")

    ALARM: Final = 15.0

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._haze = AutocorrelatedNoise(random, 0.6, 900)

    def step(self, now: Moment) -> JsonObject:
        cooking = 4 if now.bustle > 0.5 else 1
        haze = round(abs(cooking + self._haze.after(now.seconds)), 2)
        return {"humo": haze, "humo_detectado": haze >= self.ALARM}


class MotionSensor(Appliance):
    label = Label("Sensor de movimiento", "S-04", "Detector de presencia")

    def step(self, now: Moment) -> JsonObject:
        return {"movimiento": now.orders.on and self.random.random() < now.bustle}


class NoiseSensor(Appliance):
    label = Label("Sensor de ruido", "S-05", "Sonómetro")

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._noise = AutocorrelatedNoise(random, 2.5, 120)

    def step(self, now: Moment) -> JsonObject:
        return {"db": round(32 + 25 * now.bustle + self._noise.after(now.seconds), 1)}


APPLIANCES: Final[Mapping[str, type[Appliance]]] = {
    "luz": Lamp,
    "riego": Sprinkler,
    "persiana": Blind,
    "ventilador": Fan,
    "puerta": Door,
    "termometro": Thermometer,
    "camara": Camera,
    "enchufe": Plug,
    "sensor_luz": LightSensor,
    "sensor_co2": CarbonDioxideSensor,
    "sensor_humo": SmokeSensor,
    "sensor_mov": MotionSensor,
    "sensor_ruido": NoiseSensor,
    "contador": Meter,
}
