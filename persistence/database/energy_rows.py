"""What people have said of energy, as a row of its table."""

from __future__ import annotations

from typing import Final

from actors.domain.tariffs import EnergyPlan
from persistence.database.schema import sqlite3
from persistence.forms.energy_rows import plan_of, plan_text

ROWS_TO_METER: Final = """
    SELECT n, timestamp, CAST(estado AS BLOB), CAST(parametros AS BLOB), boot, seq FROM estado_log
    WHERE dispositivo_id = ? AND n > ? AND n <= ? AND NOT hora_dudosa ORDER BY n LIMIT ?
"""
_PLAN: Final = "SELECT valor FROM sistema WHERE clave = 'energia'"
_KEEP_PLAN: Final = "REPLACE INTO sistema VALUES ('energia', ?)"


def read_plan(connection: sqlite3.Connection) -> EnergyPlan:
    found = connection.execute(_PLAN).fetchone()
    return EnergyPlan() if found is None else plan_of(found[0])


def write_plan(connection: sqlite3.Connection, plan: EnergyPlan) -> None:
    """In the transaction of whoever calls."""
    connection.execute(_KEEP_PLAN, [plan_text(plan)])
