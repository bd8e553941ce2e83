"""A device's metrics over time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from web.devices import DeviceHandler
from web.errors import Problem
from web.services import Statistics
from web.wire import iso

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
# Points of one answer, and about so many where nobody says how far apart they are to be.
MAX_POINTS: Final = 2_000
POINTS: Final = 200
MAX_STEP: Final = 3_650 * DAY
# Moments outside are taken for these: there was no device yet, and there is none of us any more.
FIRST: Final = 10 * DAY
LAST: Final = 100_000_000_000

_STEP: Final = re.compile(r"([0-9]{1,9})([smhd]?)")
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": HOUR, "d": DAY}
_EPOCH: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
# In a query string a plus stands for a space.
_BARE_OFFSET: Final = re.compile(r"(T.*) (?=[0-9]{2}:?[0-9]{2}$)")
_IN_AN_HOUR: Final = tuple(step for step in range(1, HOUR) if HOUR % step == 0)
_IN_A_DAY: Final = tuple(hours * HOUR for hours in range(1, 24) if 24 % hours == 0)
# Those that are easy to read off an axis.
_ROUND: Final = (1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, *_IN_A_DAY)


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since the epoch; ``since`` is before ``until``."""

    since: float
    until: float

    def step(self, points: int) -> int:
        """The shortest that makes no more than so many points of it."""
        # The first and the last of them may lie in it in part only.
        return possible_step((self.until - self.since) / (points - 2))

    def round_step(self) -> int:
        """One that is easy to read off an axis, for about :data:`POINTS` points."""
        step = self.step(POINTS)
        return next((each for each in _ROUND if each >= step), step)


def possible_step(seconds: float) -> int:
    """The shortest of at least ``seconds`` that divides an hour, divides a day into hours, or is of days."""
    short = next((step for step in (*_IN_AN_HOUR, *_IN_A_DAY) if step >= seconds), None)
    return math.ceil(seconds / DAY) * DAY if short is None else short


def step_text(step: int) -> str:
    """As it is written in a query: ``90s``, ``5m``, ``1h``, ``7d``."""
    unit = next(unit for unit in ("d", "h", "m", "s") if step % _UNITS[unit] == 0)
    return f"{step // _UNITS[unit]}{unit}"


def moment(text: str) -> float:
    """Seconds since the epoch, of such or of ISO 8601, local unless it says otherwise.

    Raises ``ValueError`` or ``OverflowError``.
    """
    if _EPOCH.fullmatch(text):
        return float(text)
    return datetime.fromisoformat(_BARE_OFFSET.sub(r"\1+", text)).timestamp()


class DeviceStatistics(DeviceHandler):
    async def get(self, device_id: str) -> None:
        number = self.known(int(device_id)).device.id
        metric = self.get_query_argument("metric", "", strip=False)
        if not metric:
            names = await self.read(partial(self.services.queries.metrics, number))
            self.answer({"dispositivo_id": number, "metricas": list(names)})
            return
        span = self._span()
        asked = self._step(span)
        step = asked or span.round_step()
        found = await self._read(number, metric, span, step)
        if found.rows_missing and asked is None and step < HOUR:
            step = HOUR
            found = await self._read(number, metric, span, step)
        if found.rows_missing:
            raise _too_many_rows(found.rows_missing, step)
        about = {"dispositivo_id": number, "metric": metric, "metricas": list(found.metrics)}
        self.answer(about | statistics_json(span, step, found))

    async def _read(self, number: int, metric: str, span: Span, step: int) -> Statistics:
        return await self.read(
            partial(self.services.queries.statistics, number, metric, span.since, span.until, step)
        )

    def _span(self) -> Span:
        until = self._moment("hasta", self.services.access.clock.now())
        since = self._moment("desde", until - DAY)
        if since >= until:
            raise Problem(400, "desde no es anterior a hasta; usa un intervalo que empiece antes de acabar.")
        return Span(since, until)

    def _moment(self, name: str, default: float) -> float:
        text = self.get_query_argument(name, "")
        try:
            at = moment(text) if text else default
        except (ValueError, OverflowError):
            example = "2026-01-31T12:00:00Z, o segundos desde 1970"
            raise Problem(400, f"{name}={text:.40} no se entiende; usa una hora como {example}.") from None
        return min(max(at, FIRST), LAST)

    def _step(self, span: Span) -> int | None:
        """What is asked for, made possible; ``None`` if nothing is."""
        text = self.get_query_argument("paso", "")
        if not text:
            return None
        match = _STEP.fullmatch(text)
        seconds = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 0 < seconds <= MAX_STEP:
            raise Problem(400, f"paso={text:.40} no se entiende; usa segundos, o algo como 5m, 1h o 7d.")
        step, shortest = possible_step(seconds), span.step(MAX_POINTS)
        if step < shortest:
            fitting = f"usa paso={step_text(shortest)} o más, o un intervalo menor"
            raise Problem(400, f"Con ese paso saldrían más de {MAX_POINTS} puntos; {fitting}.")
        return step


def statistics_json(span: Span, step: int, found: Statistics) -> dict[str, Any]:
    return {
        "desde": iso(found.begin),
        "hasta": iso(span.until),
        "paso": step,
        "total_n": sum(point.n for point in found.points),
        "data": [
            {
                "inicio": iso(point.begin),
                "n": point.n,
                "media": point.mean,
                "min": point.low,
                "max": point.high,
            }
            for point in found.points
        ],
    }


def _too_many_rows(count: int, step: int) -> Problem:
    if step < HOUR:
        return Problem(400, f"Habría que leer {count} informes; usa paso=1h o más, o un intervalo menor.")
    return Problem(503, f"Quedan {count} informes por resumir; inténtalo de nuevo en unos minutos.")
