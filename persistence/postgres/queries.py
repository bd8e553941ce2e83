"""What may be read from PostgreSQL while the writer writes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from typing import Final

from actors.domain.absences import Absences
from actors.domain.energy_report import Stretch, SummedConsumption
from actors.domain.findings import KeptFinding, Seen, Wanted
from actors.domain.logbook import WantedDeeds
from actors.domain.model import DeadLetter, LogEntry
from actors.domain.notices import Notice
from actors.domain.read_models import (
    Consumption,
    FindingPage,
    LogbookPage,
    LogPage,
    Rejected,
    Statistics,
)
from actors.domain.rooms import Rooms
from actors.domain.tariffs import EnergyPlan
from actors.messages import Removal
from persistence.forms.local_time import LocalTime
from persistence.forms.rows import FINDINGS, kept_finding, log_entry, undamaged_log_entry
from persistence.postgres.belongings import read_absences, read_plan, read_rooms
from persistence.postgres.connection import Connection, Server
from persistence.postgres.due import PostgresDue
from persistence.postgres.history import PostgresHistory, PostgresMeters, first_heard
from persistence.postgres.logbook import read_logbook, read_seen
from persistence.postgres.notices import newest_notices
from persistence.postgres.pool import Pool
from persistence.postgres.statements import changed, fetch
from persistence.postgres.timestamps import heard_at
from persistence.storage.consumption import read_consumption, read_sums
from persistence.storage.ports import AFTER_THE_LAST_ID
from persistence.storage.statistics import read_metrics, read_statistics

_LOG_BOUNDS: Final = "SELECT min(n), max(n) FROM estado_log WHERE dispositivo_id = %s"
_LOG_COLUMNS: Final = "dispositivo_id, n, timestamp, estado, parametros, boot, seq, hora_dudosa"
_LOG_PAGE: Final = f"""
    SELECT {_LOG_COLUMNS} FROM estado_log WHERE dispositivo_id = %s AND n BETWEEN %s AND %s ORDER BY n DESC
"""
_OF_A_TIME: Final = "dispositivo_id = %s AND timestamp >= %s AND timestamp < %s"
_LOG_COUNT: Final = f"SELECT count(*) FROM estado_log WHERE {_OF_A_TIME}"
_LOG_SEARCH: Final = f"""
    SELECT {_LOG_COLUMNS} FROM estado_log
    WHERE {_OF_A_TIME} AND n < %s ORDER BY n DESC LIMIT %s OFFSET %s
"""
_LOG_RANGE: Final = """
    SELECT dispositivo_id, n, timestamp, estado, convert_to(parametros, 'UTF8'), boot, seq, hora_dudosa
    FROM estado_log
    WHERE dispositivo_id = %s AND n > %s AND n <= %s AND timestamp >= %s AND timestamp < %s
    ORDER BY n LIMIT %s
"""
_REJECTED: Final = """
    SELECT id, recibido_en, topic, payload, motivo FROM rechazados
    WHERE id < %s ORDER BY id DESC LIMIT %s
"""
# Rows of a removed device may still lie there; where there are none, nobody pays for the question.
_ANY_REMOVED: Final = "SELECT 1 FROM olvidados LIMIT 1"
_NOT_REMOVED: Final = "dispositivo_id NOT IN (SELECT dispositivo_id FROM olvidados)"
_ONE_FINDING: Final = f"{FINDINGS} WHERE e.id = %s"
# What is skipped is counted off in an index alone; only the rows of the page are looked up.
_FINDING_PAGE: Final = f"""
    {FINDINGS} WHERE e.id IN (SELECT id FROM eventos_ia {{where}} ORDER BY id DESC LIMIT %s OFFSET %s)
    ORDER BY e.id DESC
"""
# Among the newest, as what acts does so at once.
_UNDECIDED: Final = f"""
    {FINDINGS} WHERE e.id IN (SELECT id FROM eventos_ia ORDER BY id DESC LIMIT 1000)
    AND e.decision = 'abierto' AND e.creado_en >= %s ORDER BY e.id
"""
_METERED: Final = "SELECT dispositivo_id FROM contadores WHERE n > 0"
_SERIALS: Final = "SELECT serial_number FROM dispositivos ORDER BY id"
_FIND: Final = """
    SELECT id, serial_number FROM dispositivos WHERE lower(serial_number) = lower(%s)
    ORDER BY serial_number <> %s, id
"""
_HAS: Final = "SELECT 1 FROM dispositivos WHERE id = %s"
_ANY: Final = Wanted()


class PostgresQueries:
    """As :class:`persistence.storage.ports.Queries` says, by a few connections that all share."""

    def __init__(self, server: Server, zone: tzinfo | None = None) -> None:
        self._pool = Pool(server)
        self._local = LocalTime(zone)

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """All of one moment, and nothing that is written."""
        with self._pool.connection() as connection, connection.transaction():
            changed(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        with self._reading() as connection:
            oldest, newest = fetch(connection, _LOG_BOUNDS, device_id)[0]
            if newest is None:
                return LogPage(page, per_page, 0, ())
            last = newest - (page - 1) * per_page
            if last < oldest:
                return LogPage(page, per_page, newest - oldest + 1, ())
            rows = fetch(connection, _LOG_PAGE, device_id, last - per_page + 1, last)
        return LogPage(page, per_page, newest - oldest + 1, [log_entry(row) for row in rows])

    def log_search(
        self, device_id: int, since: float, until: float, before: int, page: int, per_page: int
    ) -> LogPage:
        with self._reading() as connection:
            if since == -math.inf and until == math.inf:
                oldest, newest = fetch(connection, _LOG_BOUNDS, device_id)[0]
                total = 0 if newest is None else newest - oldest + 1
            else:
                [[total]] = fetch(connection, _LOG_COUNT, device_id, since, until)
            given = (device_id, since, until, before, per_page, (page - 1) * per_page)
            rows = fetch(connection, _LOG_SEARCH, *given)
        return LogPage(page, per_page, total, [log_entry(row) for row in rows])

    def log_range(
        self, device_id: int, after: int, upto: int, since: float, limit: int, *, until: float = math.inf
    ) -> list[LogEntry]:
        with self._reading() as connection:
            rows = fetch(connection, _LOG_RANGE, device_id, after, upto, since, until, limit)
        return [undamaged_log_entry(row) for row in rows]

    def rejected(self, limit: int, before: int = AFTER_THE_LAST_ID) -> list[Rejected]:
        with self._reading() as connection:
            rows = fetch(connection, _REJECTED, before, limit)
        return [Rejected(number, DeadLetter(*letter)) for number, *letter in rows]

    def findings(self, page: int, per_page: int, wanted: Wanted = _ANY) -> FindingPage:
        conditions = {
            "dispositivo_id = %s": wanted.device_id,
            "regla = %s": wanted.rule,
            "creado_en >= %s": wanted.since,
            "creado_en < %s": wanted.until,
        }
        given = {condition: value for condition, value in conditions.items() if value is not None}
        skipped = (page - 1) * per_page
        with self._reading() as connection:
            found = [*given]
            if fetch(connection, _ANY_REMOVED):
                found.append(_NOT_REMOVED)
            where = f"WHERE {' AND '.join(found)}" if found else ""
            [[total]] = fetch(connection, f"SELECT count(*) FROM eventos_ia {where}", *given.values())
            rows = (
                fetch(connection, _FINDING_PAGE.format(where=where), *given.values(), per_page, skipped)
                if skipped < total
                else []
            )
        return FindingPage(page, per_page, total, [kept_finding(row) for row in rows])

    def finding(self, number: int) -> KeptFinding | None:
        if number > AFTER_THE_LAST_ID:
            return None
        with self._reading() as connection:
            rows = fetch(connection, _ONE_FINDING, number)
        return kept_finding(rows[0]) if rows else None

    def unapplied(self, since: float) -> list[KeptFinding]:
        with self._reading() as connection:
            found = [kept_finding(row) for row in fetch(connection, _UNDECIDED, since)]
        return [kept for kept in found if kept.finding.acts]

    def metrics(self, device_id: int) -> Sequence[str]:
        with self._reading() as connection:
            return read_metrics(PostgresHistory(connection, device_id), self._local)

    def first_heard(self, device_id: int) -> float | None:
        with self._reading() as connection:
            return first_heard(connection, device_id)

    def statistics(self, device_id: int, metric: str, since: float, until: float, step: int) -> Statistics:
        with self._reading() as connection:
            history = PostgresHistory(connection, device_id)
            return read_statistics(history, self._local, metric, since, until, step)

    def notices(self, person_id: int, limit: int) -> list[Notice]:
        with self._reading() as connection:
            return newest_notices(connection, person_id, limit)

    def logbook(self, wanted: WantedDeeds, limit: int) -> LogbookPage:
        with self._reading() as connection:
            return read_logbook(connection, wanted, limit)

    def seen(self, person: int) -> Seen:
        with self._reading() as connection:
            return read_seen(connection, person)

    def rooms(self) -> Rooms:
        with self._reading() as connection:
            return read_rooms(connection)

    def absences(self) -> Absences:
        with self._reading() as connection:
            return read_absences(connection)

    def consumption(self, devices: Sequence[int], since: float, until: float) -> Consumption:
        with self._reading() as connection:
            return read_consumption(PostgresMeters(connection), self._local, devices, since, until)

    def summed_consumption(
        self,
        devices: Sequence[int],
        mains: Collection[int],
        stretches: Sequence[Stretch],
        since: float,
        until: float,
    ) -> SummedConsumption:
        with self._reading() as connection:
            return read_sums(PostgresMeters(connection), self._local, devices, mains, stretches, since, until)

    def metered(self) -> frozenset[int]:
        with self._reading() as connection:
            return frozenset(device_id for (device_id,) in fetch(connection, _METERED))

    def energy_plan(self) -> EnergyPlan:
        with self._reading() as connection:
            return read_plan(connection)

    def heard_at(self, now: float) -> float | None:
        with self._reading() as connection:
            return heard_at(connection, now)

    def serials(self) -> list[str]:
        with self._reading() as connection:
            return [serial for (serial,) in fetch(connection, _SERIALS)]

    def find(self, serial: str) -> Removal | None:
        with self._reading() as connection:
            found = fetch(connection, _FIND, serial, serial)
        return Removal(*found[0]) if found else None

    def has(self, device_id: int) -> bool:
        with self._reading() as connection:
            return bool(fetch(connection, _HAS, device_id))

    def due(self) -> PostgresDue:
        """What there is to tidy up."""
        return PostgresDue(self._reading)
