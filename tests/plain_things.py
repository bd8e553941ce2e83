"""Plain things of a house for months, drawn from seeds: what they measure, and what goes wrong with them.

Each is what its owner would call quite normal, with weather, holidays, cloudy days and visitors; and each
has its own true anomalies, which can be left out to count what is told of a normal life.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from actors.domain.durations import DAY_S
from actors.domain.model import Json
from tests.households import MADRID

# Monday 2026-01-12 00:00 in Madrid.
STARTS: Final = datetime(2026, 1, 12, tzinfo=MADRID).timestamp()


@dataclass(frozen=True, slots=True)
class Planted:
    """A true anomaly, from ``begins`` to ``ends`` in days since the series began."""

    what: str
    begins: float
    ends: float

    @property
    def span(self) -> tuple[float, float]:
        """In seconds since the epoch."""
        return STARTS + self.begins * DAY_S, STARTS + self.ends * DAY_S


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in a thing's life. ``day`` counts from 0, with its fraction; hour and weekday are local."""

    at: float
    day: float
    hour: float
    weekday: int


@dataclass
class Life:
    """What a thing is drawn with."""

    rng: random.Random
    planted: Sequence[Planted]
    days: int
    away: tuple[float, float] = (math.inf, math.inf)
    """The days on which nobody was at home."""
    _weather: float = 0.0
    _clouds: float = 0.5
    kept: dict[str, float] = field(default_factory=dict)
    """What lasts from one reading to the next, by a name of the thing's own."""

    def now(self, what: str, moment: Moment) -> float | None:
        """How far into that anomaly it is, in days; ``None`` outside."""
        for each in self.planted:
            if each.what == what and each.begins <= moment.day < each.ends:
                return moment.day - each.begins
        return None

    def is_home(self, moment: Moment) -> bool:
        return not self.away[0] <= moment.day < self.away[1]

    def weather(self, step: float) -> float:
        """Degrees off the season; some days long. ``step`` is in days."""
        self._weather += -0.3 * self._weather * step + self.rng.gauss(0, 2.4) * math.sqrt(step)
        return self._weather

    def clouds(self, step: float) -> float:
        """From 0 to 1; some hours long."""
        self._clouds += 6 * (0.5 - self._clouds) * step + self.rng.gauss(0, 1.4) * math.sqrt(step)
        self._clouds = min(1.0, max(0.0, self._clouds))
        return self._clouds


Draw = Callable[[Life, Moment, float], Json]


@dataclass(frozen=True, slots=True)
class Thing:
    """``draw`` gives the reading of a moment, ``interval`` seconds after the one before."""

    name: str
    serial: str
    metric: str
    interval: float
    draw: Draw
    anomalies: tuple[Planted, ...] = ()
    holiday: bool = False
    """Whether three weeks of holiday show in it."""

    def readings(self, seed: int, days: int = 120, *, planted: bool = True) -> Iterator[tuple[float, Json]]:
        """``(seconds since the epoch, value)``, oldest first."""
        rng = random.Random(f"{self.name}{seed}")
        away = (60 + rng.random(), 81 + rng.random()) if self.holiday else (math.inf, math.inf)
        life = Life(rng, self.anomalies if planted else (), days, away)
        step = self.interval / DAY_S
        at = STARTS + rng.uniform(0, self.interval)
        while at < STARTS + days * DAY_S:
            local = datetime.fromtimestamp(at, MADRID)
            hour = local.hour + local.minute / 60 + local.second / 3600
            yield at, self.draw(life, Moment(at, (at - STARTS) / DAY_S, hour, local.weekday()), step)
            at += self.interval + rng.uniform(-0.02, 0.02) * self.interval


# -- cold ------------------------------------------------------------------------------------------


def _cooled(life: Life, moment: Moment, step: float, rest: float, swing: float) -> float:
    """A compressor that comes and goes, a door that is opened by day, and a defrosting each half day."""
    rng, kept = life.rng, life.kept
    phase = kept["phase"] = (kept.get("phase", rng.random()) + step * 24 * 60 / 47) % 1.0
    opened = kept.get("opened", 0.0) * math.exp(-step * 24 * 3)
    if 7 <= moment.hour < 23 and rng.random() < step * 24:
        opened += rng.uniform(0.5, 2.0)
    kept["opened"] = opened
    defrosting = 2.5 * max(0.0, 1 - abs((moment.day * 2) % 1 - 0.5) * 40)
    return rest + swing * (abs(2 * phase - 1) - 0.5) + opened + defrosting


def _warmed(rest: float, warm: float, hours: float, into: float) -> float:
    return (warm - rest) * (1 - math.exp(-into * 24 / hours))


def _fridge(life: Life, moment: Moment, step: float) -> Json:
    value = _cooled(life, moment, step, 4.2, 1.6)
    if (into := life.now("puerta abierta", moment)) is not None:
        value += _warmed(4.2, 19, 0.7, into)
    if (into := life.now("averiada a 19 °C", moment)) is not None:
        value = 19 + life.rng.gauss(0, 0.2) - (15 * math.exp(-into * 24 / 2))
    if (into := life.now("deriva", moment)) is not None:
        value += 0.12 * into
    return round(value + life.rng.gauss(0, 0.05), 1)


def _freezer(life: Life, moment: Moment, step: float) -> Json:
    value = _cooled(life, moment, step, -18.5, 2.4)
    if (into := life.now("apagado", moment)) is not None:
        value += _warmed(-18.5, 17, 14, into)
    return round(value + life.rng.gauss(0, 0.05), 2)


# -- outside ---------------------------------------------------------------------------------------


def _sun(moment: Moment) -> float:
    """Height over the horizon, up to about 0.9; the days grow."""
    daylight = 9.6 + moment.day * 0.04
    x = (moment.hour - 13.2) / daylight * 2
    return max(0.0, 1 - x * x) * (0.5 + moment.day * 0.0033)


def _balcony(life: Life, moment: Moment, step: float) -> Json:
    cloudy = life.clouds(step)
    value = 6 + moment.day * 0.11 + life.weather(step) + 3 * math.sin((moment.hour - 9) / 24 * 2 * math.pi)
    # The morning sun falls on it.
    value += 16 * _sun(moment) * (1 - cloudy) * (1 if moment.hour < 14 else 0.35)
    warmed = life.kept["warmed"] = life.kept.get("warmed", value) + (
        value - life.kept.get("warmed", value)
    ) * (1 - math.exp(-step * 24 * 2))
    if life.now("pegado", moment) is not None:
        return life.kept["stuck"]
    life.kept["stuck"] = round(warmed + life.rng.gauss(0, 0.06), 1)
    return life.kept["stuck"]


def _light(life: Life, moment: Moment, step: float) -> Json:
    cloudy = life.clouds(step)
    value = 62_000 * _sun(moment) * (1 - 0.92 * cloudy) * life.rng.uniform(0.93, 1.0)
    if life.now("pegado", moment) is not None:
        return life.kept["stuck"]
    if value > 1_000:
        life.kept["stuck"] = round(value)
    return round(value)


# -- the house -------------------------------------------------------------------------------------


def _door(life: Life, moment: Moment, step: float) -> Json:
    kept = life.kept
    if kept.get("open", 0.0) > 0:
        kept["open"] -= step
        return 1
    if life.is_home(moment) and 7 <= moment.hour < 23 and life.rng.random() < step * 10:
        kept["open"] = life.rng.expovariate(1 / 0.002)
    return 0


def _motion(life: Life, moment: Moment, _step: float) -> Json:
    awake = 7 <= moment.hour < 23.5 if moment.weekday < 5 else moment.hour >= 9 or moment.hour < 1
    return int(life.is_home(moment) and life.rng.random() < (0.3 if awake else 0.01))


def _energy(life: Life, moment: Moment, step: float) -> Json:
    rng, kept = life.rng, life.kept
    kilowatts = 0.12 + 0.1 * (int(moment.at / 1_500) % 2)
    if life.is_home(moment):
        for begins, ends, load in ((7, 9, 0.6), (13, 15, 0.9), (19, 23.5, 0.7)):
            if begins <= moment.hour < ends:
                kilowatts += load * rng.uniform(0.3, 1.7)
    today = int(moment.day)
    if kept.get("day") != today:
        kept["day"] = today
        kept["charge"] = rng.uniform(2, 5) if life.is_home(moment) and rng.random() < 0.4 else 0.0
    if 1 <= moment.hour < 1 + kept["charge"]:
        kilowatts += 3.6
    if life.now("consumo oculto", moment) is not None:
        kilowatts += 0.8
    if 47.4 <= moment.day < 47.4 + step:
        kept["total"] = 0.0
    kept["total"] = kept.get("total", 1_234.0) + kilowatts * step * 24
    return round(kept["total"], 2)


def _class_room(life: Life, moment: Moment, step: float) -> Json:
    rng, kept = life.rng, life.kept
    today = int(moment.day)
    if kept.get("day") != today:
        kept["day"] = today
        feast = rng.random() < 0.03
        kept["pupils"] = 0 if moment.weekday >= 5 or feast or 78 <= moment.day < 88 else rng.randint(18, 28)
    present = kept["pupils"] if 9 <= moment.hour < 14 and not 11 <= moment.hour < 11.5 else 0
    if life.now("sin ventilar", moment) is not None:
        present = 120
    elif moment.hour >= 8 and rng.random() < step * 12:
        kept["window"] = rng.uniform(1.2, 3.0)
    aired = kept.get("window", 2.0) if present and present < 100 else 0.8
    target = 420 + present * 46 / aired
    level = kept.get("level", 420.0)
    kept["level"] = level + (target - level) * (1 - math.exp(-step * 24 * aired))
    return round(kept["level"] + rng.gauss(0, 8))


def _kettle(life: Life, moment: Moment, step: float) -> Json:
    rng, kept = life.rng, life.kept
    if kept.get("on", 0.0) > 0:
        kept["on"] -= step
    else:
        busy = (
            3.0 if 7 <= moment.hour < 9 or 16 <= moment.hour < 18 else 0.3 if 9 <= moment.hour < 22 else 0.0
        )
        if life.is_home(moment) and rng.random() < busy / 2 * step * 24:
            kept["on"] = rng.uniform(2, 5) / 1_440
    on = kept.get("on", 0.0) > 0 or life.now("no se apaga", moment) is not None
    return round(rng.gauss(2_010, 12), 1) if on else 0.0


def _bathroom(life: Life, moment: Moment, step: float) -> Json:
    rng, kept = life.rng, life.kept
    wet = kept.get("wet", 0.0) * math.exp(-step * 24 / 0.6)
    showers = 0.9 if 6.8 <= moment.hour < 8.5 else 0.4 if 20 <= moment.hour < 22.5 else 0.01
    if life.is_home(moment) and rng.random() < showers * step * 24:
        wet = min(42.0, wet + rng.uniform(18, 38))
    kept["wet"] = wet
    value = 52 + 1.2 * life.weather(step) + wet
    if (into := life.now("fuga", moment)) is not None:
        value += _warmed(0, 40, 2, into)
    if life.now("pegado", moment) is not None:
        return kept["stuck"]
    kept["stuck"] = round(min(99.9, max(15.0, value + rng.gauss(0, 0.4))), 1)
    return kept["stuck"]


def _living_room(life: Life, moment: Moment, step: float) -> Json:
    heated = life.is_home(moment) and (
        6.5 <= moment.hour < 9 or 17 <= moment.hour < 23 or moment.weekday >= 5
    )
    target = 21 if heated and 6.5 <= moment.hour < 23 else 17
    outside = life.weather(step) * 0.15 + moment.day * 0.02
    if (into := life.now("ventana abierta", moment)) is not None:
        target = 7
    level = life.kept.get("level", 19.0)
    level += (target + outside - level) * (1 - math.exp(-step * 24 / (1.5 if target >= level else 4)))
    life.kept["level"] = level
    if (into := life.now("deriva", moment)) is not None:
        level += 0.2 * into
    return round(level + life.rng.gauss(0, 0.05), 1)


def _faulty(life: Life, moment: Moment, step: float) -> Json:
    value = _living_room(life, moment, step)
    drawn = life.rng.random()
    if life.now("sensor", moment) is not None and drawn < 0.065:
        return -127.0 if drawn < 0.06 else 85.0
    return value


THINGS: Final = (
    Thing(
        *("nevera", "TMP0NEVERA", "temperatura", 300, _fridge),
        (
            Planted("puerta abierta", 21.7, 21.8),
            Planted("averiada a 19 °C", 52.2, 54.5),
            Planted("deriva", 80, 120),
        ),
    ),
    Thing(
        *("congelador", "TMP0CONGEL", "temperatura", 300, _freezer),
        (Planted("apagado", 33.4, 34.3),),
    ),
    Thing(*("balcón", "TMP0BALCON", "temperatura", 300, _balcony), (Planted("pegado", 70.3, 72.4),)),
    Thing(*("luz al sol", "LUX0SOL", "luz_lux", 300, _light), (Planted("pegado", 71.5, 73.5),)),
    Thing(*("puerta", "DOR0PUERTA", "abierta", 300, _door), holiday=True),
    Thing(
        *("contador", "ENE0CONTADOR", "energia_kwh", 300, _energy),
        (Planted("consumo oculto", 95.0, 98.0),),
        holiday=True,
    ),
    Thing(
        *("aula", "CO20AULA", "co2_ppm", 300, _class_room),
        (Planted("sin ventilar", 30.42, 30.5), Planted("sin ventilar", 107.42, 107.5)),
    ),
    Thing(*("movimiento", "MOV0PASILLO", "movimiento", 300, _motion), holiday=True),
    Thing(
        *("hervidor", "PLG0HERVIDOR", "consumo_w", 120, _kettle),
        (Planted("no se apaga", 40.8, 40.95),),
        holiday=True,
    ),
    Thing(
        *("baño", "HUM0BANO", "humedad", 300, _bathroom),
        (Planted("fuga", 38.1, 39.0), Planted("pegado", 100.2, 102.0)),
        holiday=True,
    ),
    Thing(
        *("salón", "TMP0SALON", "temperatura", 300, _living_room),
        (Planted("ventana abierta", 28.05, 28.3), Planted("deriva", 85, 120)),
        holiday=True,
    ),
    Thing(
        *("termómetro con -127", "TMP0FALLO", "temperatura", 300, _faulty),
        (Planted("ventana abierta", 28.05, 28.3), Planted("sensor", 0, 120)),
    ),
)
