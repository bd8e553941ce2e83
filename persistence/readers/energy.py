"""What devices have used: the hours that are added up, and what the newest rows of their logs add to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.domain.energy import EnergySource
from actors.domain.read_models import Consumption
from persistence.database.energy_rows import ROWS_TO_METER, Metering, meter_of
from persistence.database.local_time import LocalTime
from persistence.database.rows import json_text
from persistence.database.schema import sqlite3

# Rows read one by one for one answer, of a device: 5 ms of a processor.
ROWS_MAX: Final = 600

_METERS: Final = """
    SELECT d.id, d.registros, coalesce(c.n, 0), coalesce(c.sustituido_tras, 0),
           CAST(coalesce(c.estado, '') AS BLOB)
    FROM dispositivos AS d LEFT JOIN contadores AS c ON c.dispositivo_id = d.id
    WHERE d.id IN (SELECT value FROM json_each(?)) ORDER BY d.id
"""
_METERED: Final = "SELECT dispositivo_id FROM contadores WHERE n > 0"
_FIRST: Final = """
    SELECT min((SELECT min(inicio) FROM energia_horas WHERE dispositivo_id = value)) FROM json_each(?)
"""
_HOURS: Final = """
    SELECT dispositivo_id, inicio, kwh FROM energia_horas
    WHERE dispositivo_id IN (SELECT value FROM json_each(?)) AND inicio >= ? AND inicio < ?
"""


def read_metered(connection: sqlite3.Connection) -> frozenset[int]:
    """The devices of which anything is added up, whatever they report now."""
    return frozenset(device_id for (device_id,) in connection.execute(_METERED))


def read_consumption(
    connection: sqlite3.Connection, local: LocalTime, devices: Sequence[int], since: float, until: float
) -> Consumption:
    """Of these devices, by the hours that begin at ``since <= time < until``.

    A month of 20 devices takes 20 ms. ``connection`` is inside a transaction, so that no row counts twice or
    not at all.
    """
    asked = json_text(list(devices))
    [first] = connection.execute(_FIRST, [asked]).fetchone()
    begins = set() if first is None else {first}
    hours = connection.execute(_HOURS, (asked, since, until)).fetchall()
    sources: dict[int, EnergySource] = {}
    uncounted = 0
    for device_id, newest, metered, replaced_after, state in connection.execute(_METERS, [asked]).fetchall():
        metering = Metering(meter_of(state), metered, replaced_after, local)
        if newest - metered > ROWS_MAX:
            uncounted += newest - metered
        else:
            for row in connection.execute(ROWS_TO_METER, (device_id, metered, newest, ROWS_MAX)):
                metering.take(row)
            begins |= metering.hours.keys()
            hours += [(device_id, *each) for each in metering.hours.items() if since <= each[0] < until]
        if (selection := metering.meter.selection) is not None:
            sources[device_id] = selection.source
    return Consumption(hours, sources, min(begins, default=None), uncounted)
