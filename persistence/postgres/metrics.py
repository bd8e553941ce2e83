"""Which metrics are added up of a device, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from persistence.postgres.connection import Connection
from persistence.postgres.statements import fetch, insert_many

_IDS: Final = "SELECT nombre, id FROM metricas WHERE dispositivo_id = %s ORDER BY id"
_ALL: Final = "SELECT dispositivo_id, nombre FROM metricas"
# PostgreSQL has no room for the letter of no code, and names that differ have to stay so. A metric's name is
# already written with this sign before what would be read otherwise, and never before this letter.
_NONE: Final = r"\u"
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)


def metric_ids(connection: Connection, device_id: int) -> dict[str, int]:
    """In the order in which they were first heard of."""
    return {_name(cell): number for cell, number in fetch(connection, _IDS, device_id)}


def all_metrics(connection: Connection) -> Sequence[tuple[int, str]]:
    """Of all devices, each with the device's id."""
    return [(device_id, _name(cell)) for device_id, cell in fetch(connection, _ALL)]


def add_metrics(connection: Connection, device_id: int, names: Iterable[str]) -> None:
    rows = [(device_id, name.replace("\0", _NONE)) for name in names]
    insert_many(connection, "metricas", ("dispositivo_id", "nombre"), ("bigint", "text"), rows)


def _name(cell: str) -> str:
    return _ESCAPED.sub(_plain, cell) if _NONE in cell else cell


def _plain(found: re.Match[str]) -> str:
    return "\0" if found[0] == _NONE else found[0]
