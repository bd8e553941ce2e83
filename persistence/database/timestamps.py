"""Which of the log's timestamps are to be believed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from actors.domain.model import Device
from actors.runtime.house_clock import SILENCE_S
from persistence.database.schema import sqlite3
from persistence.forms.local_time import AHEAD_S

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
