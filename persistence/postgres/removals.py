"""How a device leaves: its row at once, and with it all that can be read; the rest in small steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.model import Device
from actors.messages import Removal
from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch
from persistence.storage.batch import RemovedDevice

# Rows of a step.
ROWS_SWEPT: Final = 1_000

_NOTE_REMOVED: Final = """
    INSERT INTO olvidados (dispositivo_id, serial_number)
    SELECT id, serial_number FROM dispositivos WHERE id = %s
"""
_NOTE_REPLACED: Final = "INSERT INTO olvidados (dispositivo_id, serial_number) VALUES (%s, %s)"
_NOTE_OTHER_HARDWARE: Final = """
    INSERT INTO contadores (dispositivo_id, sustituido_tras) VALUES (%s, %s)
    ON CONFLICT (dispositivo_id) DO UPDATE SET sustituido_tras = excluded.sustituido_tras
"""
_RENAME: Final = "UPDATE dispositivos SET serial_number = %s WHERE id = %s"
_REMOVE: Final = "DELETE FROM dispositivos WHERE id = %s"
_FORGET_NOTICES: Final = "DELETE FROM avisos WHERE dispositivo_id = %s"
_BROKER_FORGOT: Final = "UPDATE olvidados SET en_broker = false WHERE dispositivo_id = %s"
_GHOSTS: Final = """
    SELECT dispositivo_id, serial_number, serial_number IN (SELECT serial_number FROM dispositivos)
    FROM olvidados WHERE en_broker ORDER BY dispositivo_id
"""
# Each deletes at most so many rows, oldest first: the column that numbers them stands beside its table.
_NUMBERED: Final = (("estado_log", "n"), ("eventos_ia", "id"), ("energia_horas", "inicio"), ("diario", "id"))
_SWEEP: Final = """
    DELETE FROM {0} WHERE dispositivo_id = %s AND {1} IN
    (SELECT {1} FROM {0} WHERE dispositivo_id = %s ORDER BY {1} LIMIT %s)
"""
_SWEEP_METRIC: Final = """
    DELETE FROM {0} WHERE metrica_id = %s AND inicio IN
    (SELECT inicio FROM {0} WHERE metrica_id = %s ORDER BY inicio LIMIT %s)
"""
_FIRST_METRIC: Final = "SELECT id FROM metricas WHERE dispositivo_id = %s ORDER BY id LIMIT 1"
_LAST_OF_ALL: Final = (
    "DELETE FROM resumidos WHERE dispositivo_id = %s",
    "DELETE FROM memoria_reglas WHERE dispositivo_id = %s",
    "DELETE FROM contadores WHERE dispositivo_id = %s",
)
_DONE: Final = "DELETE FROM olvidados WHERE dispositivo_id = %s AND NOT en_broker"


def remove_device(connection: Connection, removal: Removal) -> None:
    """In the transaction of whoever calls. What few rows there are go too; more wait for their sweep."""
    for statement in (_NOTE_REMOVED, _REMOVE, _FORGET_NOTICES):
        changed(connection, statement, removal.device_id)
    sweep(connection, removal.device_id)


def replace_hardware(connection: Connection, device: Device, removal: Removal) -> None:
    """Give ``device`` its new serial number, whose row goes; all else of that row, when it is removed."""
    changed(connection, _NOTE_REPLACED, removal.device_id, removal.serial)
    changed(connection, _REMOVE, removal.device_id)
    # By its own count: what it has said just before may lie in the same transaction, and not in its row yet.
    changed(connection, _NOTE_OTHER_HARDWARE, device.id, device.reports)
    changed(connection, _RENAME, device.serial, device.id)


def sweep(connection: Connection, device_id: int) -> int:
    """Delete about :data:`ROWS_SWEPT` rows of what is left of a removed device; how many it were."""
    left = ROWS_SWEPT
    for table, number in _NUMBERED:
        left -= changed(connection, _SWEEP.format(table, number), device_id, device_id, left)
    while left > 0 and (metric := fetch(connection, _FIRST_METRIC, device_id)):
        number = metric[0][0]
        for table in ("resumen_horas", "resumen_dias"):
            left -= changed(connection, _SWEEP_METRIC.format(table), number, number, left)
        if left > 0:
            left -= changed(connection, "DELETE FROM metricas WHERE id = %s", number)
    if left > 0:
        for statement in _LAST_OF_ALL:
            changed(connection, statement, device_id)
        left -= changed(connection, _DONE, device_id)
    return ROWS_SWEPT - left


def note_forgotten(connection: Connection, device_ids: Iterable[int]) -> None:
    """The broker retains nothing of these."""
    for device_id in device_ids:
        changed(connection, _BROKER_FORGOT, device_id)
        sweep(connection, device_id)


def read_ghosts(connection: Connection) -> list[RemovedDevice]:
    return [
        RemovedDevice(Removal(device_id, serial), bool(reborn))
        for device_id, serial, reborn in fetch(connection, _GHOSTS)
    ]
