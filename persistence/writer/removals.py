"""How a device leaves: its row at once, and with it all that can be read; the rest in small steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.model import Device
from actors.messages import Removal
from persistence.database.schema import sqlite3
from persistence.storage.batch import RemovedDevice

# Rows of a step: some 2 ms of the writer's.
ROWS_SWEPT: Final = 1_000

_NOTE_REMOVED: Final = """
    INSERT INTO olvidados (dispositivo_id, serial_number)
    SELECT id, serial_number FROM dispositivos WHERE id = ?
"""
_NOTE_REPLACED: Final = "INSERT INTO olvidados (dispositivo_id, serial_number) VALUES (?, ?)"
_NOTE_OTHER_HARDWARE: Final = """
    INSERT INTO contadores (dispositivo_id, sustituido_tras) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET sustituido_tras = excluded.sustituido_tras
"""
_RENAME: Final = "UPDATE dispositivos SET serial_number = ? WHERE id = ?"
_REMOVE: Final = "DELETE FROM dispositivos WHERE id = ?"
_FORGET_NOTICES: Final = "DELETE FROM avisos WHERE dispositivo_id = ?"
_BROKER_FORGOT: Final = "UPDATE olvidados SET en_broker = 0 WHERE dispositivo_id = ?"
_GHOSTS: Final = """
    SELECT dispositivo_id, serial_number, serial_number IN (SELECT serial_number FROM dispositivos)
    FROM olvidados WHERE en_broker ORDER BY dispositivo_id
"""
# Each deletes at most so many rows, oldest first. A metric's name goes once nothing is told of it.
_SWEEPS: Final = (
    """
    DELETE FROM estado_log WHERE dispositivo_id = :device AND n IN
    (SELECT n FROM estado_log WHERE dispositivo_id = :device ORDER BY n LIMIT :most)
    """,
    """
    DELETE FROM eventos_ia WHERE id IN
    (SELECT id FROM eventos_ia WHERE dispositivo_id = :device ORDER BY id LIMIT :most)
    """,
    """
    DELETE FROM energia_horas WHERE dispositivo_id = :device AND inicio IN
    (SELECT inicio FROM energia_horas WHERE dispositivo_id = :device ORDER BY inicio LIMIT :most)
    """,
    """
    DELETE FROM diario WHERE id IN
    (SELECT id FROM diario WHERE dispositivo_id = :device ORDER BY id LIMIT :most)
    """,
)
_SWEEPS_OF_METRIC: Final = (
    *(
        f"""
        DELETE FROM {table} WHERE metrica_id = :metric AND inicio IN
        (SELECT inicio FROM {table} WHERE metrica_id = :metric ORDER BY inicio LIMIT :most)
        """
        for table in ("resumen_horas", "resumen_dias")
    ),
)
_FIRST_METRIC: Final = "SELECT id FROM metricas WHERE dispositivo_id = ? LIMIT 1"
_LAST_OF_ALL: Final = (
    "DELETE FROM resumidos WHERE dispositivo_id = ?",
    "DELETE FROM memoria_reglas WHERE dispositivo_id = ?",
    "DELETE FROM contadores WHERE dispositivo_id = ?",
)
_DONE: Final = "DELETE FROM olvidados WHERE dispositivo_id = ? AND NOT en_broker"


def remove_device(connection: sqlite3.Connection, removal: Removal) -> None:
    """In the transaction of whoever calls. What few rows there are go too; more wait for their sweep."""
    connection.execute(_NOTE_REMOVED, [removal.device_id])
    connection.execute(_REMOVE, [removal.device_id])
    connection.execute(_FORGET_NOTICES, [removal.device_id])
    sweep(connection, removal.device_id)


def replace_hardware(connection: sqlite3.Connection, device: Device, removal: Removal) -> None:
    """Give ``device`` its new serial number, whose row goes; all else of that row, when it is removed."""
    connection.execute(_NOTE_REPLACED, [removal.device_id, removal.serial])
    connection.execute(_REMOVE, [removal.device_id])
    # By its own count: what it has said just before may lie in the same transaction, and not in its row yet.
    connection.execute(_NOTE_OTHER_HARDWARE, [device.id, device.reports])
    connection.execute(_RENAME, [device.serial, device.id])


def sweep(connection: sqlite3.Connection, device_id: int) -> int:
    """Delete about :data:`ROWS_SWEPT` rows of what is left of a removed device; how many it were."""
    left = ROWS_SWEPT
    given = {"device": device_id, "metric": None, "most": left}
    for statement in _SWEEPS:
        left -= connection.execute(statement, {**given, "most": left}).rowcount
    while left > 0 and (metric := connection.execute(_FIRST_METRIC, [device_id]).fetchone()):
        for statement in _SWEEPS_OF_METRIC:
            left -= connection.execute(statement, {**given, "metric": metric[0], "most": left}).rowcount
        if left > 0:
            left -= connection.execute("DELETE FROM metricas WHERE id = ?", metric).rowcount
    if left > 0:
        for statement in _LAST_OF_ALL:
            connection.execute(statement, [device_id])
        left -= connection.execute(_DONE, [device_id]).rowcount
    return ROWS_SWEPT - left


def note_forgotten(connection: sqlite3.Connection, device_ids: Iterable[int]) -> None:
    """The broker retains nothing of these."""
    for device_id in device_ids:
        connection.execute(_BROKER_FORGOT, [device_id])
        sweep(connection, device_id)


def read_ghosts(connection: sqlite3.Connection) -> list[RemovedDevice]:
    rows = connection.execute(_GHOSTS).fetchall()
    return [RemovedDevice(Removal(device_id, serial), bool(reborn)) for device_id, serial, reborn in rows]
