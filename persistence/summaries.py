"""What becomes of the log's rows when they are rolled up: a row an hour and a row a day of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from actors.model import Json, JsonObject
from actors.readings import flattened, number_of, switch_of
from persistence.local_time import LocalTime
from persistence.rows import Row, json_object
from persistence.store import Store

# What one device can make of the tables. The first names that it sends are its metrics; one is
# forgotten, and makes room for another, with its last day's row.
METRICS_MAX: Final = 128
NAME_MAX: Final = 200
# A greater value is no reading; so sums stay finite.
LARGEST: Final = 1e290
SWITCHED_ON: Final = "encendido"

HOURLY: Final = "resumen_horas"
DAILY: Final = "resumen_dias"
_COLUMNS: Final = "metrica_id, inicio, n, suma, minimo, maximo, primero, ultimo"
_OR_ADD: Final = """
    ON CONFLICT (metrica_id, inicio) DO UPDATE SET n = n + excluded.n, suma = suma + excluded.suma,
    minimo = min(minimo, excluded.minimo), maximo = max(maximo, excluded.maximo),
    primero = min(primero, excluded.primero), ultimo = max(ultimo, excluded.ultimo)
"""
_IS_THERE: Final = "SELECT 1 FROM dispositivos WHERE id = ?"
_ROLLED_UP: Final = "SELECT n FROM resumidos WHERE dispositivo_id = ?"
_NOTE_ROLLED_UP: Final = """
    INSERT INTO resumidos (dispositivo_id, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = excluded.n
"""
_METRIC_IDS: Final = "SELECT nombre, id FROM metricas WHERE dispositivo_id = ?"


@dataclass(slots=True)
class Tally:
    """What is kept of many readings."""

    n: int
    total: float
    low: float
    high: float
    first: int
    """The lowest number of the rows that they stood in."""
    last: int

    @classmethod
    def of(cls, value: float, row: int) -> Tally:
        return cls(1, value, value, value, row, row)

    @property
    def mean(self) -> float:
        return self.total / self.n

    def take(self, more: Tally) -> None:
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
    """Every number and truth value of a row by its :func:`actors.readings.metric_name`; truth is 1.

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


@dataclass(frozen=True, slots=True)
class RollUp:
    """Adds the device's rows ``after < n <= upto`` to its hours and days; they are added once or never.

    A step for :meth:`persistence.store.Store.tidy`.
    """

    device_id: int
    after: int
    upto: int
    hours: Mapping[Cell, Tally] = field(repr=False)
    days: Mapping[Cell, Tally] = field(repr=False)

    def __call__(self, store: Store) -> int:
        """The rows dealt with; none where others than those up to ``after`` are rolled up, nor of a
        device that has gone since they were read."""
        execute = store.database.conn.execute
        if execute(_IS_THERE, [self.device_id]).fetchone() is None:
            return 0
        known = execute(_ROLLED_UP, [self.device_id]).fetchone()
        if (known[0] if known else 0) != self.after:
            return 0
        ids = dict(execute(_METRIC_IDS, [self.device_id]).fetchall())
        missing = {metric for metric, _ in self.hours} - ids.keys()
        if missing:
            store.insert(
                "INSERT INTO metricas (dispositivo_id, nombre)",
                [(self.device_id, metric) for metric in sorted(missing)],
            )
            ids = dict(execute(_METRIC_IDS, [self.device_id]).fetchall())
        for table, tallies in ((HOURLY, self.hours), (DAILY, self.days)):
            rows = [_summary_row(ids[metric], begin, each) for (metric, begin), each in tallies.items()]
            store.insert(f"INSERT INTO {table} ({_COLUMNS})", rows, _OR_ADD)
        execute(_NOTE_ROLLED_UP, [self.device_id, self.upto])
        return self.upto - self.after


def _summary_row(metric_id: int, begin: int, tally: Tally) -> Row:
    return (metric_id, begin, tally.n, tally.total, tally.low, tally.high, tally.first, tally.last)


def roll_up(
    device_id: int,
    after: int,
    upto: int,
    rows: Iterable[RawRow],
    names: MetricNames,
    local: LocalTime,
    most_cells: int,
) -> RollUp:
    """The step for ``rows``, which are all those there are ``after < n <= upto``, oldest first.

    It ends early with the row that makes more than ``most_cells`` hours of metrics. Rows at no known
    moment are counted nowhere.
    """
    hours: dict[Cell, Tally] = {}
    for row in rows:
        if local.knows(row.at):
            hour = local.hour(row.at)
            for metric, value in row.readings.items():
                if (known := hours.get((metric, hour))) is not None:
                    known.take_value(value, row.n)
                elif names.admit(metric):
                    hours[metric, hour] = Tally.of(value, row.n)
        if len(hours) > most_cells:
            upto = row.n
            break
    days: dict[Cell, Tally] = {}
    for (metric, hour), tally in hours.items():
        day = metric, local.day(hour)
        if day in days:
            days[day].take(tally)
        else:
            days[day] = replace(tally)
    return RollUp(device_id, after, upto, hours, days)
