"""What devices have used, as an SQLite file has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from persistence.database.energy_rows import ROWS_TO_METER
from persistence.database.schema import sqlite3
from persistence.forms.energy_rows import MeteredRow
from persistence.forms.rows import json_text
from persistence.storage.consumption import MeterState

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


class SqliteMeters:
    """As :class:`persistence.storage.consumption.Meters` says, of a connection inside a transaction, so that
    no row counts twice or not at all.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def first_hour(self, devices: Sequence[int]) -> int | None:
        first: int | None = self._connection.execute(_FIRST, [json_text(list(devices))]).fetchone()[0]
        return first

    def hours(self, devices: Sequence[int], since: float, until: float) -> list[tuple[int, int, float]]:
        return self._connection.execute(_HOURS, (json_text(list(devices)), since, until)).fetchall()

    def states(self, devices: Sequence[int]) -> Sequence[MeterState]:
        return [MeterState(*row) for row in self._connection.execute(_METERS, [json_text(list(devices))])]

    def rows(self, device_id: int, after: int, upto: int, most: int) -> Iterable[MeteredRow]:
        yield from self._connection.execute(ROWS_TO_METER, (device_id, after, upto, most))


def read_metered(connection: sqlite3.Connection) -> frozenset[int]:
    """The devices of which anything is added up, whatever they report now."""
    return frozenset(device_id for (device_id,) in connection.execute(_METERED))
