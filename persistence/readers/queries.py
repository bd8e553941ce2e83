"""What may be read while the writer writes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import tzinfo
from pathlib import Path
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
from persistence.database.absence_rows import read_absences
from persistence.database.energy_rows import read_plan
from persistence.database.logbook_rows import read_logbook, read_seen
from persistence.database.notice_rows import newest_notices
from persistence.database.room_rows import read_rooms
from persistence.database.schema import BUSY_TIMEOUT_S, sqlite3, telling_faults
from persistence.database.timestamps import heard_at
from persistence.forms.local_time import LocalTime
from persistence.forms.rows import FINDINGS, kept_finding, log_entry, undamaged_log_entry
from persistence.readers.due import SqliteDue
from persistence.readers.history import SqliteHistory, first_heard
from persistence.readers.meters import SqliteMeters, read_metered
from persistence.storage.consumption import read_consumption, read_sums
from persistence.storage.statistics import read_metrics, read_statistics

_LOG_BOUNDS: Final = """
    SELECT (SELECT min(n) FROM estado_log WHERE dispositivo_id = :device),
           (SELECT max(n) FROM estado_log WHERE dispositivo_id = :device)
"""
_LOG_PAGE: Final = """
    SELECT dispositivo_id, n, timestamp, estado, parametros, boot, seq, hora_dudosa FROM estado_log
    WHERE dispositivo_id = ? AND n BETWEEN ? AND ? ORDER BY n DESC
"""
_OF_A_TIME: Final = "dispositivo_id = :device AND timestamp >= :since AND timestamp < :until"
_LOG_COUNT: Final = f"SELECT count(*) FROM estado_log WHERE {_OF_A_TIME}"
_LOG_SEARCH: Final = f"""
    SELECT dispositivo_id, n, timestamp, estado, parametros, boot, seq, hora_dudosa FROM estado_log
    WHERE {_OF_A_TIME} AND n < :before ORDER BY n DESC LIMIT :limit OFFSET :skipped
"""
_REJECTED: Final = """
    SELECT id, recibido_en, topic, payload, motivo FROM rechazados
    WHERE id < ? ORDER BY id DESC LIMIT ?
"""
_LOG_RANGE: Final = """
    SELECT dispositivo_id, n, timestamp, estado, CAST(parametros AS BLOB), boot, seq, hora_dudosa
    FROM estado_log
    WHERE dispositivo_id = ? AND n > ? AND n <= ? AND timestamp >= ? AND timestamp < ? ORDER BY n LIMIT ?
"""
# Rows of a removed device may still lie there; where there are none, nobody pays for the question.
_ANY_REMOVED: Final = "SELECT 1 FROM olvidados LIMIT 1"
_NOT_REMOVED: Final = "dispositivo_id NOT IN (SELECT dispositivo_id FROM olvidados)"
_ONE_FINDING: Final = f"{FINDINGS} WHERE e.id = ?"
# What is skipped is counted off in an index alone; only the rows of the page are looked up.
_FINDING_PAGE: Final = f"""
    {FINDINGS} WHERE e.id IN (SELECT id FROM eventos_ia {{where}} ORDER BY id DESC LIMIT ? OFFSET ?)
    ORDER BY e.id DESC
"""
# Among the newest, as what acts does so at once.
_UNDECIDED: Final = f"""
    {FINDINGS} WHERE e.id IN (SELECT id FROM eventos_ia ORDER BY id DESC LIMIT 1000)
    AND e.decision = 'abierto' AND e.creado_en >= ? ORDER BY e.id
"""
_AFTER_THE_LAST_ID: Final = 2**63 - 1
_SERIALS: Final = "SELECT serial_number FROM dispositivos ORDER BY id"
_FIND: Final = """
    SELECT id, serial_number FROM dispositivos WHERE serial_number = ? COLLATE NOCASE
    ORDER BY serial_number <> ?, id
"""
_HAS: Final = "SELECT 1 FROM dispositivos WHERE id = ?"
_ANY: Final = Wanted()


class Queries:
    """Reads of the database at ``path``, which a :class:`persistence.writer.store.Store` has made.

    Days begin and end in ``zone``, by default the system's.

    Each call may come from any thread and raises :class:`persistence.storage.faults.StorageFault` when the
    file cannot be read. It opens a connection of its own, which takes 0.2 ms and leaves nothing
    open in the caller's thread; opened read-only, it never checkpoints, which is the writer's alone.
    """

    def __init__(self, path: Path, zone: tzinfo | None = None) -> None:
        self._uri = path.absolute().as_uri() + "?mode=ro"
        self._local = LocalTime(zone)

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        """Page ``page``, from 1, of ``per_page`` rows, newest first; empty past the end."""
        with self._reading() as connection:
            oldest, newest = connection.execute(_LOG_BOUNDS, {"device": device_id}).fetchone()
            if newest is None:
                return LogPage(page, per_page, 0, ())
            last = newest - (page - 1) * per_page
            if last < oldest:
                return LogPage(page, per_page, newest - oldest + 1, ())
            rows = connection.execute(_LOG_PAGE, (device_id, last - per_page + 1, last)).fetchall()
        return LogPage(page, per_page, newest - oldest + 1, [log_entry(row) for row in rows])

    def log_search(
        self, device_id: int, since: float, until: float, before: int, page: int, per_page: int
    ) -> LogPage:
        """Page ``page`` of the rows of a time that are numbered below ``before``, newest first.

        ``total`` counts those of the time. All rows of the device are read for that, 0.15 s for a million
        of them, and once more up to the page's last: 0.3 s in all where it is among the oldest. Of all time,
        from minus infinity to infinity, they are counted by their numbers, as in :class:`LogPage`.
        """
        given = {"device": device_id, "since": since, "until": until, "before": before}
        with self._reading() as connection:
            if since == -math.inf and until == math.inf:
                oldest, newest = connection.execute(_LOG_BOUNDS, given).fetchone()
                total = 0 if newest is None else newest - oldest + 1
            else:
                (total,) = connection.execute(_LOG_COUNT, given).fetchone()
            given |= {"limit": per_page, "skipped": (page - 1) * per_page}
            rows = connection.execute(_LOG_SEARCH, given).fetchall()
        return LogPage(page, per_page, total, [log_entry(row) for row in rows])

    def rejected(self, limit: int, before: int = _AFTER_THE_LAST_ID) -> list[Rejected]:
        """At most ``limit`` dead letters, newest first, those older than the one numbered ``before``."""
        with self._reading() as connection:
            rows = connection.execute(_REJECTED, (before, limit)).fetchall()
        return [Rejected(number, DeadLetter(*letter)) for number, *letter in rows]

    def log_range(
        self, device_id: int, after: int, upto: int, since: float, limit: int, *, until: float = math.inf
    ) -> list[LogEntry]:
        """The first ``limit`` rows numbered ``after < n <= upto``, ``since <= time < until``, oldest first.

        Rows of other times are read and passed over, 0.11 s for a million of them: the clock may have
        been set, so their numbers do not tell where they end. A row whose parameters are damaged comes
        with none, and a warning.
        """
        given = (device_id, after, upto, since, until, limit)
        with self._reading() as connection:
            rows = connection.execute(_LOG_RANGE, given).fetchall()
        return [undamaged_log_entry(row) for row in rows]

    def findings(self, page: int, per_page: int, wanted: Wanted = _ANY) -> FindingPage:
        """Page ``page``, from 1, of ``per_page`` findings, newest first; empty past the end.

        Counting and skipping walk an index: of a million findings the first page takes 7 ms (of one
        device in 20, 2 ms; of one rule in two, 33 ms) and the last one 104 ms. A range of time has an
        index for one device: of 100,000 findings a day's of one in 20 take 0.6 ms, a year's 3 ms. That
        of the whole house is read through, in 11 ms.
        """
        conditions = {
            "dispositivo_id = ?": wanted.device_id,
            "regla = ?": wanted.rule,
            "creado_en >= ?": wanted.since,
            "creado_en < ?": wanted.until,
        }
        given = {condition: value for condition, value in conditions.items() if value is not None}
        skipped = (page - 1) * per_page
        with self._reading() as connection:
            connection.execute("BEGIN")
            removed = connection.execute(_ANY_REMOVED).fetchone() is not None
            named = [*given, _NOT_REMOVED] if removed else [*given]
            where = f"WHERE {' AND '.join(named)}" if named else ""
            (total,) = connection.execute(
                f"SELECT count(*) FROM eventos_ia {where}", (*given.values(),)
            ).fetchone()
            if skipped >= total:
                return FindingPage(page, per_page, total, ())
            rows = connection.execute(
                _FINDING_PAGE.format(where=where), (*given.values(), per_page, skipped)
            ).fetchall()
        return FindingPage(page, per_page, total, [kept_finding(row) for row in rows])

    def metrics(self, device_id: int) -> Sequence[str]:
        """As :func:`persistence.storage.statistics.read_metrics`."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            return read_metrics(SqliteHistory(connection, device_id), self._local)

    def first_heard(self, device_id: int) -> float | None:
        """As :func:`persistence.readers.history.first_heard`."""
        with self._reading() as connection:
            return first_heard(connection, device_id)

    def statistics(self, device_id: int, metric: str, since: float, until: float, step: int) -> Statistics:
        """As :func:`persistence.storage.statistics.read_statistics`."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            history = SqliteHistory(connection, device_id)
            return read_statistics(history, self._local, metric, since, until, step)

    def notices(self, person_id: int, limit: int) -> list[Notice]:
        """At most so many of the person's own, newest first."""
        with self._reading() as connection:
            return newest_notices(connection, person_id, limit)

    def logbook(self, wanted: WantedDeeds, limit: int) -> LogbookPage:
        """As :func:`persistence.database.logbook_rows.read_logbook`."""
        with self._reading() as connection:
            return read_logbook(connection, wanted, limit)

    def seen(self, person: int) -> Seen:
        """What this person has looked at; 0 is the house without people."""
        with self._reading() as connection:
            return read_seen(connection, person)

    def rooms(self) -> Rooms:
        with self._reading() as connection:
            return read_rooms(connection)

    def unapplied(self, since: float) -> list[KeptFinding]:
        """What was to be applied at once, was concluded from then on, and has not been."""
        with self._reading() as connection:
            found = [kept_finding(row) for row in connection.execute(_UNDECIDED, [since])]
        return [kept for kept in found if kept.finding.acts]

    def absences(self) -> Absences:
        with self._reading() as connection:
            return read_absences(connection)

    def consumption(self, devices: Sequence[int], since: float, until: float) -> Consumption:
        """As :func:`persistence.storage.consumption.read_consumption`."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            return read_consumption(SqliteMeters(connection), self._local, devices, since, until)

    def summed_consumption(
        self,
        devices: Sequence[int],
        mains: Collection[int],
        stretches: Sequence[Stretch],
        since: float,
        until: float,
    ) -> SummedConsumption:
        """As :func:`persistence.storage.consumption.read_sums`."""
        with self._reading() as connection:
            connection.execute("BEGIN")
            return read_sums(SqliteMeters(connection), self._local, devices, mains, stretches, since, until)

    def metered(self) -> frozenset[int]:
        """As :func:`persistence.readers.meters.read_metered`."""
        with self._reading() as connection:
            return read_metered(connection)

    def energy_plan(self) -> EnergyPlan:
        with self._reading() as connection:
            return read_plan(connection)

    def heard_at(self, now: float) -> float | None:
        """As :func:`persistence.database.timestamps.heard_at`."""
        with self._reading() as connection:
            return heard_at(connection, now)

    def finding(self, number: int) -> KeptFinding | None:
        """The finding with this id, if there is one."""
        if number > _AFTER_THE_LAST_ID:
            return None
        with self._reading() as connection:
            row = connection.execute(_ONE_FINDING, (number,)).fetchone()
        return None if row is None else kept_finding(row)

    def serials(self) -> list[str]:
        """Of all devices, in the order of their ids."""
        with self._reading() as connection:
            return [serial for (serial,) in connection.execute(_SERIALS)]

    def find(self, serial: str) -> Removal | None:
        """The device of this serial number, or else one whose is spelled otherwise."""
        with self._reading() as connection:
            found = connection.execute(_FIND, (serial, serial)).fetchone()
        return None if found is None else Removal(*found)

    def has(self, device_id: int) -> bool:
        """Whether there is this device."""
        with self._reading() as connection:
            return connection.execute(_HAS, (device_id,)).fetchone() is not None

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with telling_faults(), closing(self.connect()) as connection:
            yield connection

    def close(self) -> None:
        """Nothing is open between two questions."""

    def due(self) -> SqliteDue:
        """What there is to tidy up."""
        return SqliteDue(self.connect)

    def connect(self) -> sqlite3.Connection:
        """A connection of the calling thread's, which closes it."""
        return sqlite3.connect(self._uri, uri=True, timeout=BUSY_TIMEOUT_S)
