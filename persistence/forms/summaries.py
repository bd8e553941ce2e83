"""What becomes of the log's rows when they are rolled up: a row an hour and a row a day of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from actors.domain.model import Json, JsonObject
from actors.domain.readings import flattened, number_of, switch_of
from persistence.forms.rows import Row, json_object

# What one device can make of the tables. The first names that it sends are its metrics; one is
# forgotten, and makes room for another, with its last day's row.
METRICS_MAX: Final = 128
NAME_MAX: Final = 200
# A greater value is no reading; so sums stay finite.
LARGEST: Final = 1e290
SWITCHED_ON: Final = "encendido"

HOURLY: Final = "resumen_horas"
DAILY: Final = "resumen_dias"


@dataclass(slots=True)
class Aggregate:
    """What is kept of many readings."""

    n: int
    total: float
    low: float
    high: float
    first: int
    """The lowest number of the rows that they stood in."""
    last: int

    @classmethod
    def of(cls, value: float, row: int) -> Aggregate:
        return cls(1, value, value, value, row, row)

    @property
    def mean(self) -> float:
        return self.total / self.n

    def take(self, more: Aggregate) -> None:
        self.n += more.n
        self.total += more.total
        if more.low < self.low:
            self.low = more.low
        if more.high > self.high:
            self.high = more.high
        if more.first < self.first:
            self.first = more.first
        if more.last > self.last:
            self.last = more.last

    def take_value(self, value: float, row: int) -> None:
        """``row`` is none that came before those known."""
        self.n += 1
        self.total += value
        if value < self.low:
            self.low = value
        elif value > self.high:
            self.high = value
        self.last = row


Cell: TypeAlias = tuple[str, int]
"""A metric's name and when its hour or day begins."""


def summary_row(metric_id: int, begin: int, tally: Aggregate) -> Row:
    """In the order of the table's columns."""
    return (metric_id, begin, tally.n, tally.total, tally.low, tally.high, tally.first, tally.last)


class MetricNames:
    """The names that count as a device's metrics: those known, and new ones as long as there is room."""

    def __init__(self, known: Iterable[str]) -> None:
        self.known = set(known)

    def admit(self, name: str) -> bool:
        if name in self.known:
            return True
        if len(self.known) >= METRICS_MAX or len(name) > NAME_MAX:
            return False
        self.known.add(name)
        return True


def readings(state: bytes, parameters: JsonObject) -> dict[str, float]:
    """Every number and truth value of a row by its :func:`actors.domain.readings.metric_name`; truth is 1.

    ``encendido`` is what the state says, where it says it. Lists are no metrics, of whatever length
    they may be.
    """
    found = {}
    for name, value in flattened(parameters):
        if (measured := _measured(value)) is not None:
            found[name] = measured
    if (on := _switched_on(state, parameters)) is not None:
        found[SWITCHED_ON] = on
    return found


def reading(metric: str, state: bytes, parameters: JsonObject) -> float | None:
    """The one of :func:`readings`, several times as fast."""
    if metric == SWITCHED_ON:
        return readings(state, parameters).get(metric)
    if metric and "." not in metric and "\\" not in metric:
        return _measured(parameters.get(metric))
    return readings(state, parameters).get(metric)


def reading_by_former_name(metric: str, parameters: JsonObject) -> float | None:
    """Of a summary from when what has a point in its name went by that name as it stands."""
    return _measured(parameters.get(metric)) if "." in metric else None


def _measured(value: Json) -> float | None:
    if type(value) is bool:
        return float(value)
    number = number_of(value)
    return float(number) if number is not None and -LARGEST <= number <= LARGEST else None


def _switched_on(state: bytes, parameters: JsonObject) -> float | None:
    """By the state or, where that is about something else, a word for it in ``parametros.encendido``."""
    on = switch_of(state.decode(errors="replace"))
    if on is None and isinstance(told := parameters.get(SWITCHED_ON), str):
        on = switch_of(told)
    return None if on is None else float(on)


StoredRow: TypeAlias = tuple[int, float, bytes, bytes]
"""Of the log: number, timestamp, state and parameters, the last two as bytes."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row of the log as far as it is summarised."""

    n: int
    at: float
    readings: Mapping[str, float]


def raw_row(row: StoredRow) -> RawRow:
    """What is damaged in it counts as none."""
    n, at, state, parameters = row
    return RawRow(n, at, readings(state, json_object(parameters) or {}))
