"""The small steps by which PostgreSQL is kept in order, as :mod:`persistence.storage.upkeep` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from persistence.forms.deed_rows import Share
from persistence.forms.rows import OVER
from persistence.forms.summaries import DAILY, HOURLY, Aggregate, Cell, summary_row
from persistence.postgres.connection import Connection
from persistence.postgres.log_parts import LogParts
from persistence.postgres.logbook import trim_deeds
from persistence.postgres.metrics import add_metrics, metric_ids
from persistence.postgres.notices import trim_notices
from persistence.postgres.removals import sweep
from persistence.postgres.statements import changed, fetch, insert_many

_COLUMNS: Final = ("metrica_id", "inicio", "n", "suma", "minimo", "maximo", "primero", "ultimo")
_TYPES: Final = ("bigint", "bigint", "bigint", "float8", "float8", "float8", "bigint", "bigint")
_OR_ADD: Final = """
    ON CONFLICT (metrica_id, inicio) DO UPDATE SET
    n = known.n + excluded.n, suma = known.suma + excluded.suma,
    minimo = least(known.minimo, excluded.minimo), maximo = greatest(known.maximo, excluded.maximo),
    primero = least(known.primero, excluded.primero), ultimo = greatest(known.ultimo, excluded.ultimo)
"""
_IS_THERE: Final = "SELECT 1 FROM dispositivos WHERE id = %s"
_ROLLED_UP: Final = "SELECT n FROM resumidos WHERE dispositivo_id = %s"
_NOTE_ROLLED_UP: Final = """
    INSERT INTO resumidos (dispositivo_id, n) VALUES (%s, %s)
    ON CONFLICT (dispositivo_id) DO UPDATE SET n = excluded.n
"""
_METERED: Final = "SELECT n FROM contadores WHERE dispositivo_id = %s"
_NOTE_METERED: Final = """
    INSERT INTO contadores (dispositivo_id, n, estado) VALUES (%s, %s, %s)
    ON CONFLICT (dispositivo_id) DO UPDATE SET n = excluded.n, estado = excluded.estado
"""
_OR_ADD_USED: Final = "ON CONFLICT (dispositivo_id, inicio) DO UPDATE SET kwh = known.kwh + excluded.kwh"
_DROP_USED_AHEAD: Final = "DELETE FROM energia_horas WHERE dispositivo_id = %s AND inicio > %s"
_DROP_USED: Final = "DELETE FROM energia_horas WHERE dispositivo_id = %s AND inicio <= %s"
_DROP_ROWS: Final = """
    DELETE FROM estado_log WHERE dispositivo_id = %s AND n <= %s
    AND n <= (SELECT n FROM resumidos WHERE dispositivo_id = %s)
"""
_OF_DEVICE: Final = "metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = %s)"
_DROP_SUMMARIES: Final = f"DELETE FROM {{}} WHERE inicio <= %s AND {_OF_DEVICE}"
_DROP_SUMMARIES_FROM: Final = f"DELETE FROM {{}} WHERE inicio >= %s AND {_OF_DEVICE}"
_HOURS_BEGIN: Final = """
    UPDATE resumidos SET horas_desde = greatest(horas_desde, %s) WHERE dispositivo_id = %s
"""
_FORGET_METRICS: Final = """
    DELETE FROM metricas WHERE dispositivo_id = %s
    AND NOT EXISTS (SELECT 1 FROM resumen_horas WHERE metrica_id = metricas.id)
    AND NOT EXISTS (SELECT 1 FROM resumen_dias WHERE metrica_id = metricas.id)
"""
_MARK_AHEAD: Final = """
    UPDATE estado_log SET hora_dudosa = true
    WHERE dispositivo_id = %s AND n BETWEEN %s AND %s AND timestamp > %s AND NOT hora_dudosa
"""
_ADD_UP_DAY: Final = f"""
    INSERT INTO resumen_dias (metrica_id, inicio, n, suma, minimo, maximo, primero, ultimo)
    SELECT metrica_id, %s, sum(n), sum(suma), min(minimo), max(maximo), min(primero), max(ultimo)
    FROM resumen_horas WHERE inicio >= %s AND {_OF_DEVICE} GROUP BY metrica_id
"""
_DROP_DEEDS: Final = "DELETE FROM diario WHERE id <= %s"
_DROP_FINDINGS: Final = f"DELETE FROM eventos_ia WHERE id <= %s AND {OVER}"


class PostgresTidying:
    """By the connection that writes."""

    def __init__(self, connection: Connection, parts: LogParts) -> None:
        self._connection = connection
        self._parts = parts

    def add_summaries(
        self,
        device_id: int,
        after: int,
        upto: int,
        hours: Mapping[Cell, Aggregate],
        days: Mapping[Cell, Aggregate],
    ) -> int:
        if not self._goes_on(_ROLLED_UP, device_id, after):
            return 0
        ids = metric_ids(self._connection, device_id)
        if missing := {metric for metric, _ in hours} - ids.keys():
            add_metrics(self._connection, device_id, sorted(missing))
            ids = metric_ids(self._connection, device_id)
        for table, tallies in ((HOURLY, hours), (DAILY, days)):
            rows = [summary_row(ids[metric], begin, each) for (metric, begin), each in tallies.items()]
            insert_many(self._connection, f"{table} AS known", _COLUMNS, _TYPES, rows, _OR_ADD)
        changed(self._connection, _NOTE_ROLLED_UP, device_id, upto)
        return upto - after

    def add_used(self, device_id: int, after: int, upto: int, hours: Mapping[int, float], meter: str) -> int:
        if not self._goes_on(_METERED, device_id, after):
            return 0
        rows = [(device_id, begin, kwh) for begin, kwh in hours.items()]
        columns, types = ("dispositivo_id", "inicio", "kwh"), ("bigint", "bigint", "float8")
        insert_many(self._connection, "energia_horas AS known", columns, types, rows, _OR_ADD_USED)
        changed(self._connection, _NOTE_METERED, device_id, upto, meter)
        return upto - after

    def _goes_on(self, progress: str, device_id: int, after: int) -> bool:
        """Whether the device is there, and what is added up of it ends there."""
        if not fetch(self._connection, _IS_THERE, device_id):
            return False
        known = fetch(self._connection, progress, device_id)
        return bool((known[0][0] if known else 0) == after)

    def drop_part(self, part: int, /) -> int:
        return self._parts.drop(part)

    def drop_rows(self, device_id: int, upto: int) -> int:
        return changed(self._connection, _DROP_ROWS, device_id, upto, device_id)

    def mark_ahead(self, device_id: int, first: int, last: int, after: float) -> int:
        return changed(self._connection, _MARK_AHEAD, device_id, first, last, after)

    def drop_hours(self, device_id: int, upto: int, before: int) -> int:
        changed(self._connection, _HOURS_BEGIN, before, device_id)
        return changed(self._connection, _DROP_SUMMARIES.format(HOURLY), upto, device_id)

    def drop_days(self, device_id: int, upto: int) -> int:
        dropped = changed(self._connection, _DROP_SUMMARIES.format(DAILY), upto, device_id)
        changed(self._connection, _FORGET_METRICS, device_id)
        return dropped

    def drop_ahead(self, device_id: int, since: int, day: int) -> int:
        dropped = 0
        for table, begin in ((HOURLY, since), (DAILY, day)):
            dropped += changed(self._connection, _DROP_SUMMARIES_FROM.format(table), begin, device_id)
        changed(self._connection, _ADD_UP_DAY, day, day, device_id)
        changed(self._connection, _FORGET_METRICS, device_id)
        return dropped

    def drop_used(self, device_id: int, upto: int) -> int:
        return changed(self._connection, _DROP_USED, device_id, upto)

    def drop_used_ahead(self, device_id: int, after: float) -> int:
        return changed(self._connection, _DROP_USED_AHEAD, device_id, after)

    def drop_findings(self, upto: int) -> int:
        return changed(self._connection, _DROP_FINDINGS, upto)

    def drop_deeds(self, upto: int) -> int:
        return changed(self._connection, _DROP_DEEDS, upto)

    def trim_notices(self, most: int) -> int:
        return trim_notices(self._connection, most)

    def trim_deeds(self, share: Share, device_id: int, most: int) -> int:
        return trim_deeds(self._connection, share, device_id, most)

    def sweep(self, device_id: int) -> int:
        return sweep(self._connection, device_id)
