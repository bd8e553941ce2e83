"""The house's own things in PostgreSQL: rooms, absences, what it pays, what devices announce."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.domain.absences import Absence, Absences
from actors.domain.read_models import MAX_ANNOUNCED_BYTES, MAX_ANNOUNCEMENTS, StoredAnnouncement
from actors.domain.rooms import Rooms
from actors.domain.tariffs import EnergyPlan
from persistence.forms.energy_rows import plan_of, plan_text
from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch, insert_many, last_number, note_number

_PLAN: Final = "SELECT valor FROM sistema WHERE clave = 'energia'"
_KEEP_PLAN: Final = """
    INSERT INTO sistema VALUES ('energia', %s) ON CONFLICT (clave) DO UPDATE SET valor = excluded.valor
"""
_ANNOUNCED: Final = "SELECT dialecto, grupo, clave, contenido FROM anuncios ORDER BY orden"
_DROP_ANNOUNCED: Final = """
    DELETE FROM anuncios WHERE dialecto = %s AND md5(grupo) = md5(%s) AND md5(clave) = md5(%s)
"""
_ANNOUNCE: Final = """
    INSERT INTO anuncios (dialecto, grupo, clave, contenido, visto_en) VALUES (%s, %s, %s, %s, %s)
"""
_SIZE: Final = "SELECT count(*), coalesce(sum(length(contenido)), 0) FROM anuncios"
_DROP_OLDEST: Final = """
    DELETE FROM anuncios WHERE orden IN (
        SELECT orden FROM (
            SELECT orden, row_number() OVER newest_first AS place,
                sum(length(contenido)) OVER newest_first AS bytes
            FROM anuncios WINDOW newest_first AS (ORDER BY orden DESC)
        ) AS counted WHERE place > %s OR bytes > %s
    )
"""


def read_rooms(connection: Connection) -> Rooms:
    """All that there are."""
    names: dict[int, str] = dict(fetch(connection, "SELECT id, nombre FROM habitaciones ORDER BY id"))
    return Rooms(names, last_number(connection, "habitaciones"))


def write_rooms(connection: Connection, rooms: Rooms) -> None:
    """These and no others, in the transaction of whoever calls."""
    changed(connection, "DELETE FROM habitaciones")
    insert_many(connection, "habitaciones", ("id", "nombre"), ("bigint", "text"), rooms.names.items())
    note_number(connection, "habitaciones", max(rooms.names, default=0))


def read_absences(connection: Connection) -> Absences:
    rows = fetch(connection, "SELECT id, desde, hasta FROM ausencias ORDER BY desde")
    return Absences(tuple(Absence(*row) for row in rows), last_number(connection, "ausencias"))


def write_absences(connection: Connection, absences: Absences) -> None:
    """These and no others, in the transaction of whoever calls."""
    rows = [(each.id, each.since, each.until) for each in absences.said]
    changed(connection, "DELETE FROM ausencias")
    columns, types = ("id", "desde", "hasta"), ("bigint", "float8", "float8")
    insert_many(connection, "ausencias", columns, types, rows)
    note_number(connection, "ausencias", max((each.id for each in absences.said), default=0))


def read_plan(connection: Connection) -> EnergyPlan:
    found = fetch(connection, _PLAN)
    return plan_of(found[0][0]) if found else EnergyPlan()


def write_plan(connection: Connection, plan: EnergyPlan) -> None:
    """In the transaction of whoever calls."""
    changed(connection, _KEEP_PLAN, plan_text(plan))


def read_announcements(connection: Connection) -> list[StoredAnnouncement]:
    """All that there are, in the order in which they were heard last."""
    return [StoredAnnouncement(*row) for row in fetch(connection, _ANNOUNCED)]


def write_announcements(
    connection: Connection, announcements: Iterable[StoredAnnouncement], at: float
) -> None:
    """In the transaction of whoever calls. An empty one removes what was kept; those that are too many, or
    too long, have the ones that were not heard for longest removed.
    """
    for told in announcements:
        key = told.dialect, told.group, told.key
        changed(connection, _DROP_ANNOUNCED, *key)
        if told.payload:
            changed(connection, _ANNOUNCE, *key, told.payload, at)
    rows, size = fetch(connection, _SIZE)[0]
    if rows > MAX_ANNOUNCEMENTS or size > MAX_ANNOUNCED_BYTES:
        changed(connection, _DROP_OLDEST, MAX_ANNOUNCEMENTS, MAX_ANNOUNCED_BYTES)
