"""What devices have used, as an SQLite file has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from actors.domain.energy_report import Stretch, StretchUsed
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
# Where an hour's price stands among those of the week, of as many bytes each; the epoch was a Thursday.
_WIDTH: Final = 24
_SUM: Final = f"""
    SELECT total(kwh), total(kwh * CAST(
        substr(:prices, (((inicio + :ahead) / 3600 + 72) % 168) * {_WIDTH} + 1, {_WIDTH}) AS REAL
    )) FROM energia_horas WHERE dispositivo_id = :device AND inicio >= :begin AND inicio < :end
    GROUP BY dispositivo_id
"""
_SUM_AT_ONE_PRICE: Final = """
    SELECT total(kwh), total(kwh) * :price
    FROM energia_horas WHERE dispositivo_id = :device AND inicio >= :begin AND inicio < :end
    GROUP BY dispositivo_id
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

    def sums(self, devices: Sequence[int], stretches: Sequence[Stretch]) -> list[StretchUsed]:
        asked = [_sum_of(stretch) for stretch in stretches]
        return [
            StretchUsed(device_id, n, *used)
            for device_id in devices
            for n, (query, given) in enumerate(asked)
            for used in self._connection.execute(query, {**given, "device": device_id})
        ]

    def states(self, devices: Sequence[int]) -> Sequence[MeterState]:
        return [MeterState(*row) for row in self._connection.execute(_METERS, [json_text(list(devices))])]

    def rows(self, device_id: int, after: int, upto: int, most: int) -> Iterable[MeteredRow]:
        yield from self._connection.execute(ROWS_TO_METER, (device_id, after, upto, most))


def _sum_of(stretch: Stretch) -> tuple[str, dict[str, object]]:
    given = {"begin": stretch.begin, "end": stretch.end}
    prices = stretch.prices or (0.0,)
    if len({*prices}) == 1:
        return _SUM_AT_ONE_PRICE, {**given, "price": prices[0]}
    text = b"".join(repr(price).encode().ljust(_WIDTH) for price in prices)
    return _SUM, {**given, "prices": text, "ahead": stretch.ahead}


def read_metered(connection: sqlite3.Connection) -> frozenset[int]:
    """The devices of which anything is added up, whatever they report now."""
    return frozenset(device_id for (device_id,) in connection.execute(_METERED))
