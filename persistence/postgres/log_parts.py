"""The log's parts, one for each week, so that what is old goes at once and not row by row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch

WEEK_S: Final = 7 * 86_400
# A row that claims to be of a time further from now than this goes into the rest, which has no end.
WEEKS_BEFORE: Final = 60
WEEKS_AFTER: Final = 1
_REST: Final = "estado_log_resto"
_PREFIX: Final = "estado_log_s"

_PARTS: Final = """
    SELECT child.relname FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS child ON child.oid = i.inhrelid
    WHERE i.inhparent = 'estado_log'::regclass
"""
# Nothing is to be made of its rows any more, and none that is younger has come before one of them: a clock
# that was back for a while makes nothing old.
_IS_ALL_OLD: Final = """
    SELECT NOT EXISTS (
        SELECT 1 FROM (SELECT dispositivo_id, max(n) AS ultimo FROM {part} GROUP BY dispositivo_id) AS p
        WHERE p.ultimo > coalesce((SELECT n FROM resumidos WHERE dispositivo_id = p.dispositivo_id), 0)
        OR (
            p.dispositivo_id = ANY(%s)
            AND p.ultimo > coalesce((SELECT n FROM contadores WHERE dispositivo_id = p.dispositivo_id), 0)
        )
        OR EXISTS (
            SELECT 1 FROM estado_log AS l WHERE l.dispositivo_id = p.dispositivo_id
            AND l.n < p.ultimo AND l.timestamp >= %s
        )
    )
"""


class LogParts:
    """Which parts there are, as the one who writes knows them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._weeks = frozenset(weeks(connection))

    def make_room(self, stamps: Iterable[float], now: float) -> None:
        """Have a part for each of these moments, in a transaction of its own.

        What lay in the rest for want of it comes along.
        """
        first, last = max(0, _week(now) - WEEKS_BEFORE), _week(now) + WEEKS_AFTER
        near = (at for at in stamps if first * WEEK_S <= at < (last + 1) * WEEK_S)
        missing = {_week(at) for at in near} - self._weeks
        if missing:
            with self._connection.transaction():
                # One that was to be dropped is still there if its transaction went back.
                for week in sorted(missing - set(weeks(self._connection))):
                    self._make(week)
            self._weeks |= missing

    def _make(self, week: int) -> None:
        since, until = float(week * WEEK_S), float((week + 1) * WEEK_S)
        part = name_of(week)
        changed(self._connection, f"CREATE TABLE {part} (LIKE estado_log INCLUDING ALL)")
        moved = f"DELETE FROM {_REST} WHERE timestamp >= %s AND timestamp < %s RETURNING *"
        moving = f"WITH moved AS ({moved}) INSERT INTO {part} SELECT * FROM moved"
        changed(self._connection, moving, since, until)
        bounds = f"FOR VALUES FROM ({since!r}) TO ({until!r})"
        changed(self._connection, f"ALTER TABLE estado_log ATTACH PARTITION {part} {bounds}")

    def drop(self, week: int) -> int:
        """How many rows go with it, in the transaction of whoever calls."""
        part = name_of(week)
        if week not in weeks(self._connection):
            return 0
        rows = int(fetch(self._connection, f"SELECT count(*) FROM {part}")[0][0])
        changed(self._connection, f"DROP TABLE {part}")
        self._weeks -= {week}
        return rows


def weeks(connection: Connection) -> list[int]:
    """Those that there are parts of, counted from the epoch, the oldest first."""
    names = [str(name) for (name,) in fetch(connection, _PARTS)]
    return sorted(int(name.removeprefix(_PREFIX)) for name in names if name.startswith(_PREFIX))


def old_weeks(connection: Connection, before: float, metered: Iterable[int]) -> list[int]:
    """Those that ended before then of which nothing is to be made any more; ``metered`` are the devices of
    which consumption is added up.
    """
    told = list(metered)
    found = []
    for week in weeks(connection):
        until = float((week + 1) * WEEK_S)
        if until > before or not fetch(connection, _IS_ALL_OLD.format(part=name_of(week)), told, until)[0][0]:
            break
        found.append(week)
    return found


def name_of(week: int) -> str:
    return f"{_PREFIX}{week}"


def _week(at: float) -> int:
    return int(at // WEEK_S)
