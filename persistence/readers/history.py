"""A device's log and summaries, as an SQLite file has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from persistence.database.schema import sqlite3
from persistence.forms.summaries import Aggregate, StoredRow
from persistence.storage.statistics import Progress

_PROGRESS: Final = """
    SELECT coalesce((SELECT n FROM resumidos WHERE dispositivo_id = :device), 0),
           coalesce((SELECT horas_desde FROM resumidos WHERE dispositivo_id = :device), 0),
           coalesce((SELECT min(n) FROM estado_log WHERE dispositivo_id = :device), 1 << 62),
           coalesce((SELECT max(n) FROM estado_log WHERE dispositivo_id = :device), 0)
"""
_METRICS: Final = "SELECT nombre, id FROM metricas WHERE dispositivo_id = ? ORDER BY id"
_FIRST_ROW: Final = """
    SELECT timestamp FROM estado_log WHERE dispositivo_id = ? AND NOT hora_dudosa ORDER BY n LIMIT 1
"""
_FIRST_DAY: Final = """
    SELECT min((SELECT min(inicio) FROM resumen_dias WHERE metrica_id = m.id)) FROM metricas AS m
    WHERE m.dispositivo_id = ? AND (SELECT coalesce(min(n), 2) FROM estado_log WHERE dispositivo_id = ?) > 1
"""
_SUMMARIES: Final = """
    SELECT inicio, n, suma, minimo, maximo, primero, ultimo FROM {}
    WHERE metrica_id = ? AND inicio >= ? AND inicio < ? ORDER BY inicio
"""
_ROWS: Final = """
    SELECT n, timestamp, CAST(estado AS BLOB), CAST(parametros AS BLOB) FROM estado_log
    WHERE dispositivo_id = ? AND n >= ? AND n <= ? AND NOT hora_dudosa ORDER BY n
"""


class SqliteHistory:
    """As :class:`persistence.storage.statistics.History` says, of a connection inside a transaction."""

    def __init__(self, connection: sqlite3.Connection, device_id: int) -> None:
        self._connection = connection
        self._device_id = device_id
        found = connection.execute(_PROGRESS, {"device": device_id}).fetchone()
        self.progress = Progress(*map(int, found))

    def metrics(self) -> Mapping[str, int]:
        return dict(self._connection.execute(_METRICS, [self._device_id]).fetchall())

    def rows(self, first: int, last: int) -> Iterable[StoredRow]:
        yield from self._connection.execute(_ROWS, (self._device_id, first, last))

    def summaries(
        self, table: str, metric_id: int, since: float, until: float
    ) -> Iterable[tuple[int, Aggregate]]:
        for begin, *columns in self._connection.execute(_SUMMARIES.format(table), (metric_id, since, until)):
            yield begin, Aggregate(*columns)


def first_heard(connection: sqlite3.Connection, device_id: int) -> float | None:
    """The moment, in seconds since the epoch, from which on anything is kept of what the device has told: its
    first report, or where that is gone the day that it was of."""
    row = connection.execute(_FIRST_ROW, [device_id]).fetchone()
    [day] = connection.execute(_FIRST_DAY, [device_id, device_id]).fetchone()
    return min((each for each in (row and row[0], day) if each is not None), default=None)
