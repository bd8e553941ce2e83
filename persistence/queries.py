"""What may be read while the writer writes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from actors.model import DeadLetter, Finding, LogEntry
from persistence.schema import BUSY_TIMEOUT_S, sqlite3

_LOG_BOUNDS: Final = """
    SELECT (SELECT min(n) FROM estado_log WHERE dispositivo_id = :device),
           (SELECT max(n) FROM estado_log WHERE dispositivo_id = :device)
"""
_LOG_PAGE: Final = """
    SELECT dispositivo_id, n, timestamp, estado, parametros, boot, seq FROM estado_log
    WHERE dispositivo_id = ? AND n BETWEEN ? AND ? ORDER BY n DESC
"""
_REJECTED: Final = """
    SELECT id, recibido_en, topic, payload, motivo FROM rechazados
    WHERE id < ? ORDER BY id DESC LIMIT ?
"""
_FINDINGS: Final = """
    SELECT e.id, e.regla, e.evento, e.dispositivo_id, d.serial_number, e.creado_en, e.datos
    FROM eventos_ia AS e JOIN dispositivos AS d ON d.id = e.dispositivo_id
    WHERE e.id < ? {of_device} ORDER BY e.id DESC LIMIT ?
"""
_AFTER_THE_LAST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of a device's log, newest first."""

    page: int
    """Counted from 1."""
    per_page: int
    total: int
    """Rows from the oldest to the newest number. One that went to the dead letters instead still
    counts, and leaves its page a row short: numbering is what makes every page equally near."""
    entries: Sequence[LogEntry]

    @property
    def pages(self) -> int:
        return -(-self.total // self.per_page)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A dead letter as it is stored; a greater ``id`` is newer."""

    id: int
    letter: DeadLetter


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """A finding as it is stored; a greater ``id`` is newer."""

    id: int
    finding: Finding


class Queries:
    """Reads of the database at ``path``, which a :class:`persistence.store.Store` has made.

    Each call may come from any thread and raises ``sqlite3.Error`` (of ``persistence.schema``) when
    the file cannot be read. It opens a connection of its own, which takes 0.2 ms and leaves nothing
    open in the caller's thread; opened read-only, it never checkpoints, which is the writer's alone.
    """

    def __init__(self, path: Path) -> None:
        self._uri = path.absolute().as_uri() + "?mode=ro"

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        """Page ``page``, from 1, of ``per_page`` rows, newest first; empty past the end."""
        with closing(self._connect()) as connection:
            oldest, newest = connection.execute(_LOG_BOUNDS, {"device": device_id}).fetchone()
            if newest is None:
                return LogPage(page, per_page, 0, ())
            last = newest - (page - 1) * per_page
            if last < oldest:
                return LogPage(page, per_page, newest - oldest + 1, ())
            rows = connection.execute(_LOG_PAGE, (device_id, last - per_page + 1, last)).fetchall()
        return LogPage(page, per_page, newest - oldest + 1, [_entry(row) for row in rows])

    def rejected(self, limit: int, before: int = _AFTER_THE_LAST_ID) -> list[Rejected]:
        """At most ``limit`` dead letters, newest first, those older than the one numbered ``before``."""
        with closing(self._connect()) as connection:
            rows = connection.execute(_REJECTED, (before, limit)).fetchall()
        return [Rejected(row[0], DeadLetter(*row[1:])) for row in rows]

    def findings(self, limit: int, before: int = _AFTER_THE_LAST_ID) -> list[KeptFinding]:
        """At most ``limit`` findings, newest first, those older than the one numbered ``before``."""
        return self._findings(_FINDINGS.format(of_device=""), (before, limit))

    def findings_of(self, device_id: int, limit: int, before: int = _AFTER_THE_LAST_ID) -> list[KeptFinding]:
        """As :meth:`findings`, of one device."""
        statement = _FINDINGS.format(of_device="AND e.dispositivo_id = ?")
        return self._findings(statement, (before, device_id, limit))

    def _findings(self, statement: str, values: Sequence[int]) -> list[KeptFinding]:
        with closing(self._connect()) as connection:
            rows = connection.execute(statement, values).fetchall()
        return [_kept_finding(row) for row in rows]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, timeout=BUSY_TIMEOUT_S)


def _entry(row: tuple[Any, ...]) -> LogEntry:
    device_id, n, at, state, parameters, boot, seq = row
    return LogEntry(device_id, n, at, state, orjson.loads(parameters), boot, seq)


def _kept_finding(row: tuple[Any, ...]) -> KeptFinding:
    number, rule, event, device_id, serial, at, details = row
    return KeptFinding(number, Finding(rule, event, device_id, serial, at, orjson.loads(details)))
