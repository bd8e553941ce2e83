"""Which of the log's timestamps are to be believed, as PostgreSQL has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from actors.domain.model import Device
from actors.runtime.house_clock import SILENCE_S
from persistence.forms.local_time import AHEAD_S
from persistence.postgres.connection import Connection
from persistence.postgres.statements import fetch

# The newest row of each device, of those whose time is not in doubt; a few steps back in the key.
_NEWEST: Final = """
    SELECT max(newest.timestamp) FROM dispositivos AS d CROSS JOIN LATERAL (
        SELECT timestamp FROM estado_log WHERE dispositivo_id = d.id AND NOT hora_dudosa
        ORDER BY n DESC LIMIT 1
    ) AS newest
"""
_AROUND: Final = """
    SELECT max(timestamp) FILTER (WHERE timestamp <= %s), min(timestamp) FILTER (WHERE timestamp > %s)
    FROM estado_log WHERE NOT hora_dudosa
"""
_SEEN: Final = """
    SELECT timestamp FROM estado_log
    WHERE dispositivo_id = %s AND timestamp <= %s AND NOT hora_dudosa ORDER BY n DESC LIMIT 1
"""


def heard_at(connection: Connection, now: float) -> float | None:
    """As :meth:`persistence.storage.ports.Store.heard_at`."""
    newest: float | None = fetch(connection, _NEWEST)[0][0]
    if newest is None or newest <= now + AHEAD_S:
        return newest
    before, after = fetch(connection, _AROUND, now + AHEAD_S, now + AHEAD_S)[0]
    was_ahead = before is not None and now - before <= SILENCE_S < after - now
    return float(before if was_ahead else newest)


def seen(connection: Connection, devices: Iterable[Device], now: float) -> list[Device]:
    """As :meth:`persistence.storage.ports.Store.seen`."""
    ahead = now + AHEAD_S
    return [
        replace(device, seen_at=next((at for (at,) in fetch(connection, _SEEN, device.id, ahead)), None))
        if device.seen_at is not None and device.seen_at > ahead
        else device
        for device in devices
    ]
