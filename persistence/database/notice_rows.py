"""What people are told of findings, as rows of its tables."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from actors.domain.findings import KeptFinding
from actors.domain.notices import Notice, Occurrence
from persistence.database.schema import sqlite3
from persistence.forms.notice_rows import (
    MOST_KEPT,
    MOST_OCCURRENCES,
    NOTICE_COLUMNS,
    UNFINISHED_TEXT,
    notice_key,
    notice_of,
    notice_row,
    occurrence_of,
    undamaged,
)
from persistence.forms.rows import FINDING_COLUMNS

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

_NOTE: Final = """
    INSERT INTO por_avisar (evento_id, cambios) VALUES (?, 1)
    ON CONFLICT (evento_id) DO UPDATE SET cambios = cambios + 1
"""
_DECIDED: Final = "DELETE FROM por_avisar WHERE evento_id = ? AND cambios = ?"
# Not of a device that has gone since it was decided.
_MAKE: Final = f"""
    INSERT INTO avisos ({NOTICE_COLUMNS}) SELECT {", ".join(f"?{place}" for place in range(1, 17))}
    WHERE ?8 IS NULL OR EXISTS (SELECT 1 FROM dispositivos WHERE id = ?8)
    ON CONFLICT (momento, sobre, persona_id, canal_id) DO NOTHING
"""
_CHANGE: Final = f"""
    UPDATE avisos SET gravedad = ?5, titulo = ?6, texto = ?7, no_antes = ?10, estado = ?11,
        intentos = ?12, cambiado_en = ?13, quiza = ?14, fallo = ?15, dicho = ?16
    WHERE momento = ?1 AND sobre = ?2 AND persona_id = ?3 AND canal_id = ?4 AND {UNFINISHED_TEXT}
"""
_ONE: Final = f"""
    SELECT {NOTICE_COLUMNS} FROM avisos WHERE momento = ? AND sobre = ? AND persona_id = ? AND canal_id = ?
"""
# Of which more may come: of what lasts, and of what has changed since it was decided.
_MAY_GO_ON: Final = """
    momento IN ('inicio', 'fin') AND (
        EXISTS (SELECT 1 FROM por_avisar WHERE evento_id = sobre)
        OR EXISTS (SELECT 1 FROM eventos_ia WHERE id = sobre AND episodio IS NOT NULL AND hasta IS NULL)
    )
"""
_EXCESS: Final = f"""
    SELECT id FROM avisos WHERE NOT {UNFINISHED_TEXT} AND NOT ({_MAY_GO_ON})
    ORDER BY id DESC LIMIT ? OFFSET {MOST_KEPT}
"""
TOO_MANY: Final = f"SELECT (SELECT count(*) FROM avisos) > {MOST_KEPT} AND EXISTS ({_EXCESS})"
_TRIM: Final = f"DELETE FROM avisos WHERE id IN ({_EXCESS})"
_RECALL: Final = f"SELECT {NOTICE_COLUMNS} FROM avisos WHERE {UNFINISHED_TEXT} OR ({_MAY_GO_ON}) ORDER BY id"
_OCCURRENCES: Final = f"""
    SELECT {", ".join(f"e.{column}" for column in FINDING_COLUMNS)}, d.serial_number,
        d.nombre, d.habitacion_id, h.nombre, p.cambios
    FROM por_avisar AS p JOIN eventos_ia AS e ON e.id = p.evento_id
    JOIN dispositivos AS d ON d.id = e.dispositivo_id
    LEFT JOIN habitaciones AS h ON h.id = d.habitacion_id ORDER BY p.evento_id LIMIT ?
"""
_DROP_ORPHANS: Final = """
    DELETE FROM por_avisar WHERE NOT EXISTS (
        SELECT 1 FROM eventos_ia AS e JOIN dispositivos AS d ON d.id = e.dispositivo_id
        WHERE e.id = evento_id
    )
"""
_DROP: Final = "DELETE FROM por_avisar WHERE evento_id = ?"
_NEWEST: Final = f"SELECT {NOTICE_COLUMNS} FROM avisos WHERE persona_id = ? ORDER BY id DESC LIMIT ?"


def note_findings(connection: sqlite3.Connection, findings: Iterable[KeptFinding]) -> None:
    """It is to be decided whom these are told, in the transaction that keeps them."""
    connection.executemany(_NOTE, [(kept.id,) for kept in findings])


def write_notices(
    connection: sqlite3.Connection,
    made: Sequence[Notice],
    changed: Sequence[Notice],
    decided: Sequence[tuple[int, int]],
) -> Sequence[Notice]:
    """As they then are, in the transaction of whoever calls; one that is finished stays as it was.

    One whose device is gone is left out.
    """
    connection.executemany(_CHANGE, map(notice_row, [*made, *changed]))
    connection.executemany(_MAKE, map(notice_row, made))
    connection.executemany(_DECIDED, decided)
    rows = (connection.execute(_ONE, notice_key(each.key)).fetchone() for each in [*made, *changed])
    return list(undamaged(notice_of, (row for row in rows if row is not None)))


def trim_notices(connection: sqlite3.Connection, most: int) -> int:
    """Delete what is beyond :data:`MOST_KEPT`, at most ``most`` rows; how many it were."""
    return int(connection.execute(_TRIM, [most]).rowcount)


def read_unfinished(connection: sqlite3.Connection) -> Sequence[Notice]:
    """Those that are unfinished, and those of which more may come; damaged ones are passed over."""
    return list(undamaged(notice_of, connection.execute(_RECALL)))


def read_occurrences(connection: sqlite3.Connection) -> tuple[Sequence[Occurrence], bool]:
    """The oldest :data:`MOST_OCCURRENCES`, and whether there are more; what is undecided of what is gone, or
    damaged, is dropped.
    """
    connection.execute(_DROP_ORPHANS)
    rows = connection.execute(_OCCURRENCES, [MOST_OCCURRENCES + 1]).fetchall()
    told = rows[:MOST_OCCURRENCES]
    occurrences = list(undamaged(occurrence_of, told))
    whole = {each.kept.id for each in occurrences}
    connection.executemany(_DROP, [(number,) for number, *_ in told if number not in whole])
    return occurrences, len(rows) > MOST_OCCURRENCES


def newest_notices(connection: sqlite3.Connection, person_id: int, limit: int) -> list[Notice]:
    return list(undamaged(notice_of, connection.execute(_NEWEST, (person_id, limit))))
