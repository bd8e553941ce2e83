"""Adding rows of the log to the summaries of their hour and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from persistence.database.local_time import LocalTime
from persistence.database.rows import Row
from persistence.database.summaries import DAILY, HOURLY, Aggregate, Cell, MetricNames, RawRow
from persistence.writer.store import Store

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


@dataclass(frozen=True, slots=True)
class RollUp:
    """Adds the device's rows ``after < n <= upto`` to its hours and days; they are added once or never.

    A step for :meth:`persistence.writer.store.Store.tidy`.
    """

    device_id: int
    after: int
    upto: int
    hours: Mapping[Cell, Aggregate] = field(repr=False)
    days: Mapping[Cell, Aggregate] = field(repr=False)

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


def _summary_row(metric_id: int, begin: int, tally: Aggregate) -> Row:
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
    hours: dict[Cell, Aggregate] = {}
    for row in rows:
        if local.knows(row.at):
            hour = local.hour(row.at)
            for metric, value in row.readings.items():
                if (known := hours.get((metric, hour))) is not None:
                    known.take_value(value, row.n)
                elif names.admit(metric):
                    hours[metric, hour] = Aggregate.of(value, row.n)
        if len(hours) > most_cells:
            upto = row.n
            break
    days: dict[Cell, Aggregate] = {}
    for (metric, hour), tally in hours.items():
        day = metric, local.day(hour)
        if day in days:
            days[day].take(tally)
        else:
            days[day] = replace(tally)
    return RollUp(device_id, after, upto, hours, days)
