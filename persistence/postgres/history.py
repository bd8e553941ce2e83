"""A device's log and summaries, and what devices have used, as PostgreSQL has them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from actors.domain.energy_report import Stretch, StretchUsed
from persistence.forms.energy_rows import MeteredRow
from persistence.forms.summaries import Aggregate, StoredRow
from persistence.postgres.connection import Connection
from persistence.postgres.metrics import metric_ids
from persistence.postgres.statements import fetch
from persistence.storage.consumption import MeterState
from persistence.storage.statistics import Progress

_PROGRESS: Final = """
    SELECT coalesce((SELECT n FROM resumidos WHERE dispositivo_id = d.id), 0),
           coalesce((SELECT horas_desde FROM resumidos WHERE dispositivo_id = d.id), 0),
           coalesce((SELECT min(n) FROM estado_log WHERE dispositivo_id = d.id), 1::bigint << 62),
           coalesce((SELECT max(n) FROM estado_log WHERE dispositivo_id = d.id), 0)
    FROM (SELECT %s::bigint AS id) AS d
"""
_FIRST_ROW: Final = """
    SELECT timestamp FROM estado_log WHERE dispositivo_id = %s AND NOT hora_dudosa ORDER BY n LIMIT 1
"""
_FIRST_DAY: Final = """
    SELECT min((SELECT min(inicio) FROM resumen_dias WHERE metrica_id = m.id)) FROM metricas AS m
    WHERE m.dispositivo_id = %s AND (SELECT coalesce(min(n), 2) FROM estado_log WHERE dispositivo_id = %s) > 1
"""
_SUMMARIES: Final = """
    SELECT inicio, n, suma, minimo, maximo, primero, ultimo FROM {}
    WHERE metrica_id = %s AND inicio >= %s AND inicio < %s ORDER BY inicio
"""
_ROWS: Final = """
    SELECT n, timestamp, convert_to(estado, 'UTF8'), convert_to(parametros, 'UTF8') FROM estado_log
    WHERE dispositivo_id = %s AND n >= %s AND n <= %s AND NOT hora_dudosa ORDER BY n
"""
ROWS_TO_METER: Final = """
    SELECT n, timestamp, convert_to(estado, 'UTF8'), convert_to(parametros, 'UTF8'), boot, seq
    FROM estado_log
    WHERE dispositivo_id = %s AND n > %s AND n <= %s AND NOT hora_dudosa ORDER BY n LIMIT %s
"""
_METERS: Final = """
    SELECT d.id, d.registros, coalesce(c.n, 0), coalesce(c.sustituido_tras, 0),
           convert_to(coalesce(c.estado, ''), 'UTF8')
    FROM dispositivos AS d LEFT JOIN contadores AS c ON c.dispositivo_id = d.id
    WHERE d.id = ANY(%s) ORDER BY d.id
"""
_FIRST_HOUR: Final = "SELECT min(inicio) FROM energia_horas WHERE dispositivo_id = ANY(%s)"
_HOURS: Final = """
    SELECT dispositivo_id, inicio, kwh FROM energia_horas
    WHERE dispositivo_id = ANY(%s) AND inicio >= %s AND inicio < %s
"""
# All stretches in one pass. Prices are those of the hours of a week, of one stretch after the other, as
# arrays of arrays are read cell by cell otherwise; the epoch was a Thursday.
_SUMS: Final = """
    SELECT dispositivo_id, tramo, sum(kwh), sum(kwh * precios[
        tramo * 168 + ((inicio + adelantos[tramo + 1]) / 3600 + 72) %% 168 + 1
    ]) FROM (
        SELECT dispositivo_id, inicio, kwh, width_bucket(inicio, %s::bigint[]) - 1 AS tramo
        FROM energia_horas WHERE dispositivo_id = ANY(%s) AND inicio >= %s AND inicio < %s
    ) AS horas, (SELECT %s::bigint[] AS adelantos, %s::float8[] AS precios) AS dado
    GROUP BY dispositivo_id, tramo
"""
_UNPRICED: Final = (0.0,) * (7 * 24)


class PostgresHistory:
    """As :class:`persistence.storage.statistics.History` says, of a connection inside a transaction."""

    def __init__(self, connection: Connection, device_id: int) -> None:
        self._connection = connection
        self._device_id = device_id
        self.progress = Progress(*map(int, fetch(connection, _PROGRESS, device_id)[0]))

    def metrics(self) -> Mapping[str, int]:
        return metric_ids(self._connection, self._device_id)

    def rows(self, first: int, last: int) -> Iterable[StoredRow]:
        return ((*row,) for row in fetch(self._connection, _ROWS, self._device_id, first, last))

    def summaries(
        self, table: str, metric_id: int, since: float, until: float
    ) -> Iterable[tuple[int, Aggregate]]:
        for begin, *cells in fetch(self._connection, _SUMMARIES.format(table), metric_id, since, until):
            yield begin, Aggregate(*cells)


class PostgresMeters:
    """As :class:`persistence.storage.consumption.Meters` says, of a connection inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def first_hour(self, devices: Sequence[int]) -> int | None:
        first: int | None = fetch(self._connection, _FIRST_HOUR, list(devices))[0][0]
        return first

    def hours(self, devices: Sequence[int], since: float, until: float) -> list[tuple[int, int, float]]:
        # Against a number that is not whole, no index tells where they lie.
        found = fetch(self._connection, _HOURS, list(devices), math.ceil(since), math.ceil(until))
        return [(device_id, begin, kwh) for device_id, begin, kwh in found]

    def sums(self, devices: Sequence[int], stretches: Sequence[Stretch]) -> list[StretchUsed]:
        if not stretches:
            return []
        begins, ahead = [each.begin for each in stretches], [each.ahead for each in stretches]
        prices = [float(price) for each in stretches for price in each.prices or _UNPRICED]
        given = (begins, list(devices), begins[0], stretches[-1].end, ahead, prices)
        return [StretchUsed(*row) for row in fetch(self._connection, _SUMS, *given)]

    def states(self, devices: Sequence[int]) -> Sequence[MeterState]:
        return [MeterState(*row) for row in fetch(self._connection, _METERS, list(devices))]

    def rows(self, device_id: int, after: int, upto: int, most: int) -> Iterable[MeteredRow]:
        found = fetch(self._connection, ROWS_TO_METER, device_id, after, upto, most)
        return ((*row,) for row in found)


def first_heard(connection: Connection, device_id: int) -> float | None:
    """As :meth:`persistence.storage.ports.Queries.first_heard`."""
    stamps = [at for (at,) in fetch(connection, _FIRST_ROW, device_id)]
    days = [day for (day,) in fetch(connection, _FIRST_DAY, device_id, device_id) if day is not None]
    return min([*stamps, *days], default=None)
