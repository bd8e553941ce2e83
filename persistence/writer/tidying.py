"""The small steps by which an SQLite file is kept in order, as :mod:`persistence.storage.upkeep` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from persistence.database.inserting import insert_many
from persistence.database.logbook_rows import trim_deeds
from persistence.database.notice_rows import trim_notices
from persistence.database.schema import sqlite3
from persistence.forms.deed_rows import Share
from persistence.forms.rows import OVER
from persistence.forms.summaries import DAILY, HOURLY, Aggregate, Cell, summary_row
from persistence.writer.removals import sweep

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
_METERED: Final = "SELECT n FROM contadores WHERE dispositivo_id = ?"
_NOTE_METERED: Final = """
    INSERT INTO contadores (dispositivo_id, n, estado) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET n = excluded.n, estado = excluded.estado
"""
_OR_ADD_USED: Final = "ON CONFLICT (dispositivo_id, inicio) DO UPDATE SET kwh = kwh + excluded.kwh"
_DROP_USED_AHEAD: Final = "DELETE FROM energia_horas WHERE dispositivo_id = ? AND inicio > ?"
_DROP_USED: Final = "DELETE FROM energia_horas WHERE dispositivo_id = ? AND inicio <= ?"
_DROP_ROWS: Final = """
    DELETE FROM estado_log WHERE dispositivo_id = :device AND n <= :upto
    AND n <= (SELECT n FROM resumidos WHERE dispositivo_id = :device)
"""
_DROP_SUMMARIES: Final = """
    DELETE FROM {} WHERE inicio <= :upto
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = :device)
"""
_HOURS_BEGIN: Final = """
    UPDATE resumidos SET horas_desde = max(horas_desde, :before) WHERE dispositivo_id = :device
"""
_FORGET_METRICS: Final = """
    DELETE FROM metricas WHERE dispositivo_id = :device
    AND NOT EXISTS (SELECT 1 FROM resumen_horas WHERE metrica_id = metricas.id)
    AND NOT EXISTS (SELECT 1 FROM resumen_dias WHERE metrica_id = metricas.id)
"""
_MARK_AHEAD: Final = """
    UPDATE estado_log SET hora_dudosa = 1
    WHERE dispositivo_id = ? AND n BETWEEN ? AND ? AND timestamp > ? AND NOT hora_dudosa
"""
_DROP_SUMMARIES_FROM: Final = """
    DELETE FROM {} WHERE inicio >= :since
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = :device)
"""
_ADD_UP_DAY: Final = """
    INSERT INTO resumen_dias (metrica_id, inicio, n, suma, minimo, maximo, primero, ultimo)
    SELECT metrica_id, :day, sum(n), sum(suma), min(minimo), max(maximo), min(primero), max(ultimo)
    FROM resumen_horas WHERE inicio >= :day
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = :device) GROUP BY metrica_id
"""
_DROP_DEEDS: Final = "DELETE FROM diario WHERE id <= ?"
_DROP_FINDINGS: Final = f"DELETE FROM eventos_ia WHERE id <= ? AND {OVER}"


class SqliteTidying:
    """By the connection that writes."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_summaries(
        self,
        device_id: int,
        after: int,
        upto: int,
        hours: Mapping[Cell, Aggregate],
        days: Mapping[Cell, Aggregate],
    ) -> int:
        execute = self._connection.execute
        if not self._goes_on(_ROLLED_UP, device_id, after):
            return 0
        ids = dict(execute(_METRIC_IDS, [device_id]).fetchall())
        missing = {metric for metric, _ in hours} - ids.keys()
        if missing:
            named = [(device_id, metric) for metric in sorted(missing)]
            insert_many(self._connection, "INSERT INTO metricas (dispositivo_id, nombre)", named)
            ids = dict(execute(_METRIC_IDS, [device_id]).fetchall())
        for table, tallies in ((HOURLY, hours), (DAILY, days)):
            rows = [summary_row(ids[metric], begin, each) for (metric, begin), each in tallies.items()]
            insert_many(self._connection, f"INSERT INTO {table} ({_COLUMNS})", rows, _OR_ADD)
        execute(_NOTE_ROLLED_UP, [device_id, upto])
        return upto - after

    def add_used(self, device_id: int, after: int, upto: int, hours: Mapping[int, float], meter: str) -> int:
        if not self._goes_on(_METERED, device_id, after):
            return 0
        rows = [(device_id, begin, kwh) for begin, kwh in hours.items()]
        into = "INSERT INTO energia_horas (dispositivo_id, inicio, kwh)"
        insert_many(self._connection, into, rows, _OR_ADD_USED)
        self._connection.execute(_NOTE_METERED, [device_id, upto, meter])
        return upto - after

    def _goes_on(self, progress: str, device_id: int, after: int) -> bool:
        """Whether the device is there, and what is added up of it ends there."""
        if self._connection.execute(_IS_THERE, [device_id]).fetchone() is None:
            return False
        known = self._connection.execute(progress, [device_id]).fetchone()
        return bool((known[0] if known else 0) == after)

    def drop_part(self, _part: int, /) -> int:
        return 0

    def drop_rows(self, device_id: int, upto: int) -> int:
        return self._changed(_DROP_ROWS, {"device": device_id, "upto": upto})

    def mark_ahead(self, device_id: int, first: int, last: int, after: float) -> int:
        return self._changed(_MARK_AHEAD, device_id, first, last, after)

    def drop_hours(self, device_id: int, upto: int, before: int) -> int:
        self._changed(_HOURS_BEGIN, {"device": device_id, "before": before})
        return self._changed(_DROP_SUMMARIES.format(HOURLY), {"device": device_id, "upto": upto})

    def drop_days(self, device_id: int, upto: int) -> int:
        dropped = self._changed(_DROP_SUMMARIES.format(DAILY), {"device": device_id, "upto": upto})
        self._changed(_FORGET_METRICS, {"device": device_id})
        return dropped

    def drop_ahead(self, device_id: int, since: int, day: int) -> int:
        dropped = 0
        for table, begin in ((HOURLY, since), (DAILY, day)):
            given = {"device": device_id, "since": begin}
            dropped += self._changed(_DROP_SUMMARIES_FROM.format(table), given)
        self._changed(_ADD_UP_DAY, {"device": device_id, "day": day})
        self._changed(_FORGET_METRICS, {"device": device_id})
        return dropped

    def drop_used(self, device_id: int, upto: int) -> int:
        return self._changed(_DROP_USED, device_id, upto)

    def drop_used_ahead(self, device_id: int, after: float) -> int:
        return self._changed(_DROP_USED_AHEAD, device_id, after)

    def drop_findings(self, upto: int) -> int:
        return self._changed(_DROP_FINDINGS, upto)

    def drop_deeds(self, upto: int) -> int:
        return self._changed(_DROP_DEEDS, upto)

    def trim_notices(self, most: int) -> int:
        return trim_notices(self._connection, most)

    def trim_deeds(self, share: Share, device_id: int, most: int) -> int:
        return trim_deeds(self._connection, share, device_id, most)

    def sweep(self, device_id: int) -> int:
        return sweep(self._connection, device_id)

    def _changed(self, statement: str, *given: object) -> int:
        named = given[0] if given and isinstance(given[0], dict) else given
        return int(self._connection.execute(statement, named).rowcount)
