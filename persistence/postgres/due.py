"""What there is to tidy up in PostgreSQL, as it is read beside the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from actors.messages import Removal
from persistence.forms.deed_rows import Share
from persistence.forms.energy_rows import MeteredRow
from persistence.forms.rows import OVER, Row
from persistence.forms.summaries import StoredRow
from persistence.postgres.connection import Connection
from persistence.postgres.history import ROWS_TO_METER
from persistence.postgres.log_parts import WEEK_S, old_weeks
from persistence.postgres.logbook import deeds_of
from persistence.postgres.metrics import all_metrics, metric_ids
from persistence.postgres.notices import TOO_MANY
from persistence.postgres.statements import fetch, telling_faults
from persistence.storage.upkeep import Logged, Stamp

_DEVICES: Final = """
    SELECT d.id, d.serial_number, d.registros, coalesce(r.n, 0), coalesce(c.n, 0)
    FROM dispositivos AS d LEFT JOIN resumidos AS r ON r.dispositivo_id = d.id
    LEFT JOIN contadores AS c ON c.dispositivo_id = d.id ORDER BY d.id
"""
_METER: Final = """
    SELECT sustituido_tras, convert_to(estado, 'UTF8') FROM contadores WHERE dispositivo_id = %s
"""
_OLDEST_USED: Final = """
    SELECT inicio FROM energia_horas WHERE dispositivo_id = %s AND inicio < %s ORDER BY inicio LIMIT %s
"""
_USED_AHEAD: Final = "SELECT 1 FROM energia_horas WHERE dispositivo_id = %s AND inicio > %s LIMIT 1"
_NEXT_ROWS: Final = """
    SELECT n, timestamp, convert_to(estado, 'UTF8'), convert_to(parametros, 'UTF8') FROM estado_log
    WHERE dispositivo_id = %s AND n > %s AND n <= %s AND NOT hora_dudosa ORDER BY n LIMIT %s
"""
_ROWS_AHEAD: Final = """
    SELECT n FROM estado_log
    WHERE dispositivo_id = %s AND n > %s AND n <= %s AND timestamp > %s AND NOT hora_dudosa
    ORDER BY n LIMIT %s
"""
_OLDEST_ROWS: Final = """
    SELECT n, timestamp FROM estado_log WHERE dispositivo_id = %s AND n <= %s ORDER BY n LIMIT %s
"""
_NEXT_BELIEVABLE: Final = """
    SELECT n, timestamp FROM estado_log
    WHERE dispositivo_id = %s AND n > %s AND n <= %s AND timestamp <= %s ORDER BY n LIMIT 1
"""
_OLDEST_FINDINGS: Final = f"SELECT id, creado_en FROM eventos_ia WHERE {OVER} ORDER BY id LIMIT %s"
_OLDEST_DEEDS: Final = "SELECT id, creado_en FROM diario ORDER BY id LIMIT %s"
_OLDEST_SUMMARIES: Final = """
    SELECT inicio FROM {} WHERE inicio < %s
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = %s) ORDER BY inicio LIMIT %s
"""
_NEWEST_SUMMARIES: Final = """
    SELECT inicio FROM {} WHERE inicio >= %s
    AND metrica_id IN (SELECT id FROM metricas WHERE dispositivo_id = %s) ORDER BY inicio DESC LIMIT %s
"""
_SPOKEN: Final = "SELECT 1 FROM resumen_horas WHERE inicio >= %s AND inicio < %s LIMIT 1"
# Of rows that no summary tells of, since nothing was measured or their time is in doubt.
_REPORTED: Final = """
    SELECT 1 FROM estado_log WHERE timestamp >= %s AND timestamp < %s AND NOT hora_dudosa LIMIT 1
"""
_REPORTED_BEFORE: Final = "SELECT 1 FROM estado_log WHERE timestamp < %s LIMIT 1"
_REMOVED: Final = "SELECT dispositivo_id FROM olvidados ORDER BY dispositivo_id"
_LEFT_OF: Final = """
    SELECT EXISTS (SELECT 1 FROM estado_log WHERE dispositivo_id = d.id)
        OR EXISTS (SELECT 1 FROM eventos_ia WHERE dispositivo_id = d.id)
        OR EXISTS (SELECT 1 FROM diario WHERE dispositivo_id = d.id)
        OR EXISTS (SELECT 1 FROM metricas WHERE dispositivo_id = d.id)
        OR EXISTS (SELECT 1 FROM energia_horas WHERE dispositivo_id = d.id)
        OR EXISTS (SELECT 1 FROM olvidados WHERE dispositivo_id = d.id AND NOT en_broker)
    FROM (SELECT %s::bigint AS id) AS d
"""
_UNHEARD: Final = """
    SELECT id, serial_number FROM dispositivos AS d
    WHERE NOT reclamado AND NOT en_linea AND coalesce(
        visto_en,
        (SELECT timestamp FROM estado_log WHERE dispositivo_id = d.id ORDER BY n DESC LIMIT 1),
        0
    ) < %s
"""
_LAST_SIGN: Final = "SELECT max(visto_en) FROM dispositivos"


class PostgresDue:
    """As :class:`persistence.storage.upkeep.Due` says."""

    part_s: Final = float(WEEK_S)

    def __init__(self, lend: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._lend = lend
        self._connection: Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """In one transaction, as of one moment."""
        with self._lend() as self._connection:
            try:
                yield
            finally:
                self._connection = None

    def devices(self) -> Sequence[Logged]:
        return [Logged(*row) for row in self._fetch(_DEVICES)]

    def metrics(self, device_id: int) -> Sequence[str]:
        with self._at_one_moment() as connection:
            return [*metric_ids(connection, device_id)]

    def all_metrics(self) -> Sequence[tuple[int, str]]:
        with self._at_one_moment() as connection:
            return all_metrics(connection)

    def next_rows(self, device_id: int, after: int, upto: int, most: int) -> Sequence[StoredRow]:
        found = self._fetch(_NEXT_ROWS, device_id, after, upto, most)
        return [(n, at, state, told) for n, at, state, told in found]

    def meter(self, device_id: int) -> tuple[int, bytes]:
        return next(((after, state) for after, state in self._fetch(_METER, device_id)), (0, b""))

    def rows_to_meter(self, device_id: int, after: int, upto: int, most: int) -> Sequence[MeteredRow]:
        found = self._fetch(ROWS_TO_METER, device_id, after, upto, most)
        return [(n, at, state, told, boot, seq) for n, at, state, told, boot, seq in found]

    def rows_ahead(self, device_id: int, after: int, upto: int, later: float, most: int) -> Sequence[int]:
        return self._column(_ROWS_AHEAD, device_id, after, upto, later, most)

    def oldest_rows(self, device_id: int, upto: int, most: int) -> Sequence[Stamp]:
        return self._stamps(_OLDEST_ROWS, device_id, upto, most)

    def next_believable(self, device_id: int, after: int, upto: int, now: float) -> Sequence[Stamp]:
        return self._stamps(_NEXT_BELIEVABLE, device_id, after, upto, now)

    def old_parts(self, before: float, metered: Sequence[int]) -> Sequence[int]:
        with self._at_one_moment() as connection:
            return old_weeks(connection, before, metered)

    def oldest_summaries(self, table: str, device_id: int, before: float, most: int) -> Sequence[int]:
        return self._column(_OLDEST_SUMMARIES.format(table), before, device_id, most)

    def newest_summaries(self, table: str, device_id: int, since: float, most: int) -> Sequence[int]:
        return self._column(_NEWEST_SUMMARIES.format(table), since, device_id, most)

    def oldest_used(self, device_id: int, before: float, most: int) -> Sequence[int]:
        return self._column(_OLDEST_USED, device_id, before, most)

    def has_used_after(self, device_id: int, after: float) -> bool:
        return bool(self._fetch(_USED_AHEAD, device_id, after))

    def oldest_findings(self, most: int) -> Sequence[Stamp]:
        return self._stamps(_OLDEST_FINDINGS, most)

    def oldest_deeds(self, most: int) -> Sequence[Stamp]:
        return self._stamps(_OLDEST_DEEDS, most)

    def too_many_notices(self) -> bool:
        return bool(self._fetch(TOO_MANY, 1)[0][0])

    def deeds_of(self, share: Share) -> Mapping[int, int]:
        with self._at_one_moment() as connection:
            return deeds_of(connection, share)

    def removed(self) -> Sequence[int]:
        return self._column(_REMOVED)

    def is_left_of(self, device_id: int) -> bool:
        return bool(self._fetch(_LEFT_OF, device_id)[0][0])

    def unheard(self, since: float) -> Sequence[Removal]:
        return [Removal(*row) for row in self._fetch(_UNHEARD, since)]

    def last_sign(self) -> float | None:
        found: float | None = self._fetch(_LAST_SIGN)[0][0]
        return found

    def spoken(self, since: float, until: float) -> bool:
        return bool(self._fetch(_SPOKEN, since, until))

    def reported(self, since: float, until: float) -> bool:
        return bool(self._fetch(_REPORTED, since, until))

    def reported_before(self, until: float) -> bool:
        return bool(self._fetch(_REPORTED_BEFORE, until))

    def _column(self, query: str, *given: object) -> list[int]:
        return [value for (value,) in self._fetch(query, *given)]

    def _stamps(self, query: str, *given: object) -> Sequence[Stamp]:
        return [(n, at) for n, at in self._fetch(query, *given)]

    def _fetch(self, query: str, *given: object) -> list[Row]:
        with self._at_one_moment() as connection:
            return fetch(connection, query, *given)

    @contextmanager
    def _at_one_moment(self) -> Iterator[Connection]:
        if self._connection is None:
            with self._lend() as connection:
                yield connection
            return
        # Within a savepoint, or what fails would take along all that is asked after it.
        with telling_faults(), self._connection.transaction():
            yield self._connection
