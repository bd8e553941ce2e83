"""A device's metrics over time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import ClassVar, Final

from actors.domain.people import Role
from actors.domain.read_models import Point, Statistics
from web.routes.devices import DeviceHandler
from web.schemas.answers import PointJson, StatisticsJson
from web.schemas.operations import Operation
from web.schemas.query import Anything, Parameter
from web.schemas.serializers import iso
from web.schemas.validators import Schema
from web.texts.faults import Fault
from web.texts.problem import Problem

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
# The longest way to write a moment has 35 characters.
_LONGEST: Final = 40
_EPOCH: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
# In a query string a plus stands for a space. This takes the square of a text's length.
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


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds since the epoch, between :data:`FIRST` and :data:`LAST`."""

    @property
    def schema(self) -> Schema:
        epoch = {"type": "string", "pattern": f"^{_EPOCH.pattern}$"}
        return {"anyOf": [{"type": "string", "format": "date-time"}, epoch]}

    def parse(self, text: str, name: str) -> float:
        try:
            if len(text) > _LONGEST:
                raise ValueError
            return min(max(moment(text), FIRST), LAST)
        except (ValueError, OverflowError):
            raise Problem(Fault.PARAMETER_NO_MOMENT, name=name, given=text) from None


@dataclass(frozen=True, slots=True)
class Step:
    """Seconds, made such as are possible."""

    @property
    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{_STEP.pattern}$"}

    def parse(self, text: str, name: str) -> int:
        match = _STEP.fullmatch(text)
        seconds = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 0 < seconds <= MAX_STEP:
            raise Problem(Fault.PARAMETER_NO_STEP, name=name, given=text)
        return possible_step(seconds)


METRIC: Final = Parameter(
    "metric", Anything(), "", "El nombre de una medida; sin él se responde con los que hay.", "temp"
)
SINCE: Final = Parameter[float | None](
    "desde", Moment(), None, "Por defecto, un día antes de hasta; ha de ser anterior.", "2026-01-30T12:00:00Z"
)
UNTIL: Final = Parameter[float | None]("hasta", Moment(), None, "Por defecto, ahora.", "2026-01-31T12:00:00Z")
STEP: Final = Parameter[int | None](
    "paso",
    Step(),
    None,
    f"Segundos entre puntos, o 5m, 1h, 7d; que no salgan más de {MAX_POINTS} y sea menos de diez años.",
    "1h",
)


class DeviceStatistics(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Una medida de un dispositivo a lo largo del tiempo",
            role=Role.READER,
            english="a metric over time",
            query=(METRIC, SINCE, UNTIL, STEP),
            answer=StatisticsJson,
            refusals=(404, 503),
        )
    }

    async def get(self, device_id: str) -> None:
        number = self.known(int(device_id)).device.id
        metric, asked, span = self.asked(METRIC), self.asked(STEP), self._span()
        if not metric:
            known = await self.read(partial(self.services.queries.metrics, number))
            names: StatisticsJson = {"dispositivo_id": number, "metricas": list(known)}
            if (first := await self.read(partial(self.services.queries.first_heard, number))) is not None:
                names["desde"] = iso(first)
            self.answer(names)
            return
        step = span.round_step() if asked is None else _fitting(asked, span)
        found = await self._read(number, metric, span, step)
        if found.rows_missing and asked is None and step < HOUR:
            step = HOUR
            found = await self._read(number, metric, span, step)
        if found.rows_missing:
            raise too_many_rows(found.rows_missing, step)
        told: StatisticsJson = {
            "dispositivo_id": number,
            "metric": metric,
            "metricas": list(found.metrics),
            "desde": iso(found.begin),
            "hasta": iso(span.until),
            "paso": step,
            "total_n": sum(point.n for point in found.points),
            "data": [point_json(point) for point in found.points],
        }
        self.answer(told)

    async def _read(self, number: int, metric: str, span: Span, step: int) -> Statistics:
        return await self.read(
            partial(self.services.queries.statistics, number, metric, span.since, span.until, step)
        )

    def _span(self) -> Span:
        until = self.asked(UNTIL)
        until = self.services.access.clock.now() if until is None else until
        since = self.asked(SINCE)
        since = until - DAY if since is None else since
        if since >= until:
            raise out_of_order()
        return Span(since, until)


def out_of_order() -> Problem:
    return Problem(Fault.OUT_OF_ORDER)


def _fitting(step: int, span: Span) -> int:
    shortest = span.step(MAX_POINTS)
    if step < shortest:
        raise Problem(Fault.TOO_MANY_POINTS, most=MAX_POINTS, step=step_text(shortest))
    return step


def point_json(point: Point) -> PointJson:
    return {
        "inicio": iso(point.begin),
        "n": point.n,
        "media": point.mean,
        "min": point.low,
        "max": point.high,
    }


def too_many_rows(count: int, step: int) -> Problem:
    if step < HOUR:
        return Problem(Fault.TOO_MANY_ROWS, count=count)
    return Problem(Fault.NOT_SUMMARISED, count=count)
