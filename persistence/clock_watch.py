"""Whether the clock on the wall is to be believed when it says that something is old."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from actors.house_clock import SILENCE_S
from actors.model import Device
from actors.ports import Clock
from persistence.retention import AHEAD_S
from persistence.schema import sqlite3

# What the two clocks may differ by between two looks; what a time server corrects stays below.
JUMP_S: Final = 3_600.0
# How long both have to agree before the one on the wall is believed again.
AGREED_S: Final = 86_400.0

# The newest row of each device, of those whose time is not in doubt; a few steps back in the key.
_NEWEST: Final = """
    SELECT max((
        SELECT timestamp FROM estado_log WHERE dispositivo_id = d.id AND NOT hora_dudosa
        ORDER BY n DESC LIMIT 1
    )) FROM dispositivos AS d
"""
_AROUND: Final = """
    SELECT max(timestamp) FILTER (WHERE timestamp <= :now), min(timestamp) FILTER (WHERE timestamp > :now)
    FROM estado_log WHERE NOT hora_dudosa
"""
_SEEN: Final = """
    SELECT timestamp FROM estado_log
    WHERE dispositivo_id = ? AND timestamp <= ? AND NOT hora_dudosa ORDER BY n DESC LIMIT 1
"""


def heard_at(connection: sqlite3.Connection, now: float) -> float | None:
    """The newest moment in the log that is to be believed, seconds since the epoch.

    Rows from after ``now`` are of a clock that was ahead if there is a gap of a week before them, and
    the house was heard in the week before now. Else it is ``now`` that is behind.
    """
    (newest,) = connection.execute(_NEWEST).fetchone()
    if newest is None or newest <= now + AHEAD_S:
        return None if newest is None else float(newest)
    before, after = connection.execute(_AROUND, {"now": now + AHEAD_S}).fetchone()
    was_ahead = before is not None and now - before <= SILENCE_S < after - now
    return float(before if was_ahead else newest)


def seen(connection: sqlite3.Connection, devices: Iterable[Device], now: float) -> list[Device]:
    """The devices, each of them last seen when it was heard before ``now``, if it was seen after it."""
    ahead = now + AHEAD_S
    return [
        replace(device, seen_at=next((at for (at,) in connection.execute(_SEEN, (device.id, ahead))), None))
        if device.seen_at is not None and device.seen_at > ahead
        else device
        for device in devices
    ]


class ClockWatch:
    """Compares the clock on the wall with the one that only goes forward, at each :meth:`look`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._boot = clock.now(), clock.since_boot()
        self._doubt: str | None = None
        self._doubted_until = 0.0

    def doubt(self, why: str) -> None:
        """Do not believe the clock before it has run evenly for a day."""
        self._doubt = f"{why}; no se borra nada hasta que el reloj lleve un día en hora."
        self._doubted_until = self._clock.since_boot() + AGREED_S

    def look(self) -> str | None:
        """Why the clock on the wall is not to be believed, in Spanish; ``None`` when it is."""
        wall, boot = self._clock.now(), self._clock.since_boot()
        jump = (wall - self._wall) - (boot - self._boot)
        self._wall, self._boot = wall, boot
        if abs(jump) > JUMP_S:
            self.doubt(f"El reloj ha saltado {jump:+.0f} s")
        elif boot >= self._doubted_until:
            self._doubt = None
        return self._doubt
