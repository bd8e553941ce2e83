"""How long what is kept, and how what is older goes, a little at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from persistence.database.logbook_rows import trim_deeds
from persistence.database.notice_rows import trim_notices
from persistence.database.summaries import DAILY, HOURLY
from persistence.database.timestamps import AHEAD_S
from persistence.writer.removals import sweep
from persistence.writer.store import Store

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
# What lasts stays, or its next news would have it begin once more.
OVER: Final = "(episodio IS NULL OR hasta IS NOT NULL)"
_DROP_DEEDS: Final = "DELETE FROM diario WHERE id <= ?"
_DROP_FINDINGS: Final = f"DELETE FROM eventos_ia WHERE id <= ? AND {OVER}"


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that things are kept for; 0 is for ever.

    Hours are kept at least as long as the rows that they were made of, and days as long as hours.
    """

    rows: int = 35
    hours: int = 730
    days: int = 3_650
    findings: int = 365
    """Of the logbook, too."""
    unclaimed: int = 7
    """Of silence, for devices that nobody has claimed."""
    by_serial: tuple[tuple[str, int], ...] = ()
    """Days of rows for the serial numbers that begin so, where the longest beginning counts."""

    def rows_of(self, serial: str) -> int:
        fitting = [(len(prefix), days) for prefix, days in self.by_serial if serial.startswith(prefix)]
        return max(fitting)[1] if fitting else self.rows

    def hours_of(self, serial: str) -> int:
        return _longer(self.rows_of(serial), self.hours)

    def days_of(self, serial: str) -> int:
        return _longer(self.hours_of(serial), self.days)


def _longer(one: int, other: int) -> int:
    return 0 if 0 in (one, other) else max(one, other)


def last_aged(stamps: Iterable[tuple[int, float]], cutoff: float, now: float) -> int | None:
    """The number of the last of ``stamps``, in order of arrival, that goes; ``None`` if none does.

    What is older than ``cutoff`` goes as far as nothing younger has come before it: a clock that was
    back for a while makes nothing old. A stamp from the future says nothing; it goes when something
    old has come after it.
    """
    last = None
    for n, at in stamps:
        if at < cutoff:
            last = n
        elif at <= now + AHEAD_S:
            break
    return last


# -- the steps, each for persistence.writer.store.Store.tidy ----------------------------------------------


@dataclass(frozen=True, slots=True)
class DropRows:
    """Rows of the log up to ``upto``, of those that are rolled up."""

    device_id: int
    upto: int

    def __call__(self, store: Store) -> int:
        given = {"device": self.device_id, "upto": self.upto}
        return int(store.database.conn.execute(_DROP_ROWS, given).rowcount)


@dataclass(frozen=True, slots=True)
class MarkAhead:
    """Rows ``first`` to ``last`` as far as they are stamped later than ``after``: their time is in doubt."""

    device_id: int
    first: int
    last: int
    after: float
    """Seconds since the epoch."""

    def __call__(self, store: Store) -> int:
        given = (self.device_id, self.first, self.last, self.after)
        return int(store.database.conn.execute(_MARK_AHEAD, given).rowcount)


@dataclass(frozen=True, slots=True)
class DropHours:
    """Hours up to the one that begins at ``upto``; none before ``before`` is to be read any more.

    From then on the days tell of that time, so the two never tell of it twice, however many steps
    it takes until the hours are gone.
    """

    device_id: int
    upto: int
    before: int

    def __call__(self, store: Store) -> int:
        execute = store.database.conn.execute
        execute(_HOURS_BEGIN, {"device": self.device_id, "before": self.before})
        given = {"device": self.device_id, "upto": self.upto}
        return int(execute(_DROP_SUMMARIES.format(HOURLY), given).rowcount)


@dataclass(frozen=True, slots=True)
class DropDays:
    """Days up to the one that begins at ``upto``, and the names of metrics that nothing is left of."""

    device_id: int
    upto: int

    def __call__(self, store: Store) -> int:
        execute = store.database.conn.execute
        given = {"device": self.device_id, "upto": self.upto}
        dropped = int(execute(_DROP_SUMMARIES.format(DAILY), given).rowcount)
        execute(_FORGET_METRICS, {"device": self.device_id})
        return dropped


@dataclass(frozen=True, slots=True)
class DropAhead:
    """Summaries from ``since`` on, which a clock that was ahead has made. ``day`` is the day of that moment,
    and holds what is left of its hours then.
    """

    device_id: int
    since: int
    day: int

    def __call__(self, store: Store) -> int:
        execute = store.database.conn.execute
        dropped = 0
        for table, since in ((HOURLY, self.since), (DAILY, self.day)):
            given = {"device": self.device_id, "since": since}
            dropped += int(execute(_DROP_SUMMARIES_FROM.format(table), given).rowcount)
        execute(_ADD_UP_DAY, {"device": self.device_id, "day": self.day})
        execute(_FORGET_METRICS, {"device": self.device_id})
        return dropped


@dataclass(frozen=True, slots=True)
class DropFindings:
    """Findings up to the one with this id, but for episodes that last."""

    upto: int

    def __call__(self, store: Store) -> int:
        return int(store.database.conn.execute(_DROP_FINDINGS, [self.upto]).rowcount)


@dataclass(frozen=True, slots=True)
class DropDeeds:
    """Entries of the logbook up to the one with this id."""

    upto: int

    def __call__(self, store: Store) -> int:
        return int(store.database.conn.execute(_DROP_DEEDS, [self.upto]).rowcount)


@dataclass(frozen=True, slots=True)
class Sweep:
    """As :func:`sweep`; a step for :meth:`persistence.writer.store.Store.tidy`."""

    device_id: int

    def __call__(self, store: Store) -> int:
        return sweep(store.database.conn, self.device_id)


@dataclass(frozen=True, slots=True)
class TrimNotices:
    """At most so many of those that are too many."""

    most: int

    def __call__(self, store: Store) -> int:
        return trim_notices(store.database.conn, self.most)


@dataclass(frozen=True, slots=True)
class TrimDeeds:
    """The same of the logbook."""

    most: int

    def __call__(self, store: Store) -> int:
        return trim_deeds(store.database.conn, self.most)
