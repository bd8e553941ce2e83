"""Adding what rows of the log tell of consumption to its hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from persistence.writer.store import Store

_IS_THERE: Final = "SELECT 1 FROM dispositivos WHERE id = ?"
_METERED: Final = "SELECT n FROM contadores WHERE dispositivo_id = ?"
_NOTE_METERED: Final = """
    INSERT INTO contadores (dispositivo_id, n, estado) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET n = excluded.n, estado = excluded.estado
"""
_OR_ADD: Final = "ON CONFLICT (dispositivo_id, inicio) DO UPDATE SET kwh = kwh + excluded.kwh"
_DROP_AHEAD: Final = "DELETE FROM energia_horas WHERE dispositivo_id = ? AND inicio > ?"
_DROP_OLD: Final = "DELETE FROM energia_horas WHERE dispositivo_id = ? AND inicio <= ?"


@dataclass(frozen=True, slots=True)
class AddUsed:
    """Adds what the device's rows ``after < n <= upto`` tell of; they are added once or never.

    A step for :meth:`persistence.writer.store.Store.tidy`.
    """

    device_id: int
    after: int
    upto: int
    hours: Mapping[int, float] = field(repr=False)
    """kWh by when the hour begins, seconds since the epoch."""
    meter: str = field(repr=False)
    """What is known after them, as it is stored."""

    def __call__(self, store: Store) -> int:
        """The rows dealt with; none where others than those up to ``after`` are, or the device has gone."""
        execute = store.database.conn.execute
        if execute(_IS_THERE, [self.device_id]).fetchone() is None:
            return 0
        known = execute(_METERED, [self.device_id]).fetchone()
        if (known[0] if known else 0) != self.after:
            return 0
        rows = [(self.device_id, begin, kwh) for begin, kwh in self.hours.items()]
        store.insert("INSERT INTO energia_horas (dispositivo_id, inicio, kwh)", rows, _OR_ADD)
        execute(_NOTE_METERED, [self.device_id, self.upto, self.meter])
        return self.upto - self.after


@dataclass(frozen=True, slots=True)
class DropUsed:
    """Hours of consumption up to the one that begins at ``upto``."""

    device_id: int
    upto: int

    def __call__(self, store: Store) -> int:
        return int(store.database.conn.execute(_DROP_OLD, [self.device_id, self.upto]).rowcount)


@dataclass(frozen=True, slots=True)
class DropUsedAhead:
    """Hours of consumption that begin after ``after``, which a clock that was ahead has made."""

    device_id: int
    after: float
    """Seconds since the epoch."""

    def __call__(self, store: Store) -> int:
        return int(store.database.conn.execute(_DROP_AHEAD, [self.device_id, self.after]).rowcount)
