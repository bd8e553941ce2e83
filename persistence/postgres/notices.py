"""What people are told of findings, as rows of PostgreSQL's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from actors.domain.findings import KeptFinding
from actors.domain.notices import Notice, Occurrence
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
from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch, insert_many

_NOTED_AGAIN: Final = "ON CONFLICT (evento_id) DO UPDATE SET cambios = por_avisar.cambios + 1"
_DECIDED: Final = "DELETE FROM por_avisar WHERE evento_id = %s AND cambios = %s"
_OF_KEY: Final = "momento = %s AND sobre = %s AND persona_id = %s AND canal_id = %s"
# Not of a device that has gone since it was decided.
_MAKE: Final = f"""
    INSERT INTO avisos ({NOTICE_COLUMNS}) SELECT {", ".join(["%s"] * 16)}
    WHERE %s::bigint IS NULL OR EXISTS (SELECT 1 FROM dispositivos WHERE id = %s)
    ON CONFLICT (momento, sobre, persona_id, canal_id) DO NOTHING
"""
_CHANGE: Final = f"""
    UPDATE avisos SET gravedad = %s, titulo = %s, texto = %s, no_antes = %s, estado = %s,
        intentos = %s, cambiado_en = %s, quiza = %s, fallo = %s, dicho = %s
    WHERE {_OF_KEY} AND {UNFINISHED_TEXT}
"""
_ONE: Final = f"SELECT {NOTICE_COLUMNS} FROM avisos WHERE {_OF_KEY}"
# Of which more may come: of what lasts, and of what has changed since it was decided.
_MAY_GO_ON: Final = """
    momento IN ('inicio', 'fin') AND (
        EXISTS (SELECT 1 FROM por_avisar WHERE evento_id = sobre)
        OR EXISTS (SELECT 1 FROM eventos_ia WHERE id = sobre AND episodio IS NOT NULL AND hasta IS NULL)
    )
"""
_EXCESS: Final = f"""
    SELECT id FROM avisos WHERE NOT {UNFINISHED_TEXT} AND NOT ({_MAY_GO_ON})
    ORDER BY id DESC LIMIT %s OFFSET {MOST_KEPT}
"""
TOO_MANY: Final = f"SELECT (SELECT count(*) FROM avisos) > {MOST_KEPT} AND EXISTS ({_EXCESS})"
_TRIM: Final = f"DELETE FROM avisos WHERE id IN ({_EXCESS})"
_RECALL: Final = f"SELECT {NOTICE_COLUMNS} FROM avisos WHERE {UNFINISHED_TEXT} OR ({_MAY_GO_ON}) ORDER BY id"
_OCCURRENCES: Final = f"""
    SELECT {", ".join(f"e.{column}" for column in FINDING_COLUMNS)}, d.serial_number,
        d.nombre, d.habitacion_id, h.nombre, p.cambios
    FROM por_avisar AS p JOIN eventos_ia AS e ON e.id = p.evento_id
    JOIN dispositivos AS d ON d.id = e.dispositivo_id
    LEFT JOIN habitaciones AS h ON h.id = d.habitacion_id ORDER BY p.evento_id LIMIT %s
"""
_DROP_ORPHANS: Final = """
    DELETE FROM por_avisar WHERE NOT EXISTS (
        SELECT 1 FROM eventos_ia AS e JOIN dispositivos AS d ON d.id = e.dispositivo_id
        WHERE e.id = evento_id
    )
"""
_DROP: Final = "DELETE FROM por_avisar WHERE evento_id = ANY(%s)"
_NEWEST: Final = f"SELECT {NOTICE_COLUMNS} FROM avisos WHERE persona_id = %s ORDER BY id DESC LIMIT %s"


def note_findings(connection: Connection, findings: Iterable[KeptFinding]) -> None:
    """It is to be decided whom these are told, in the transaction that keeps them."""
    # One told of twice counts twice, which one statement must not say of one row.
    rounds: list[dict[int, int]] = []
    for kept in findings:
        for one in rounds:
            if kept.id not in one:
                one[kept.id] = 1
                break
        else:
            rounds.append({kept.id: 1})
    for one in rounds:
        columns, types = ("evento_id", "cambios"), ("bigint", "bigint")
        insert_many(connection, "por_avisar", columns, types, one.items(), _NOTED_AGAIN)


def write_notices(
    connection: Connection,
    made: Sequence[Notice],
    changed_ones: Sequence[Notice],
    decided: Sequence[tuple[int, int]],
) -> Sequence[Notice]:
    """As they then are, in the transaction of whoever calls; one that is finished stays as it was.

    One whose device is gone is left out.
    """
    for notice in (*made, *changed_ones):
        row = notice_row(notice)
        changed(connection, _CHANGE, *row[4:7], *row[9:], *row[:4])
    for notice in made:
        row = notice_row(notice)
        changed(connection, _MAKE, *row, notice.device_id, notice.device_id)
    for each in decided:
        changed(connection, _DECIDED, *each)
    rows = (fetch(connection, _ONE, *notice_key(each.key)) for each in (*made, *changed_ones))
    return list(undamaged(notice_of, (row[0] for row in rows if row)))


def trim_notices(connection: Connection, most: int) -> int:
    """Delete what is beyond :data:`MOST_KEPT`, at most ``most`` rows; how many it were."""
    return changed(connection, _TRIM, most)


def read_unfinished(connection: Connection) -> Sequence[Notice]:
    """Those that are unfinished, and those of which more may come; damaged ones are passed over."""
    return list(undamaged(notice_of, fetch(connection, _RECALL)))


def read_occurrences(connection: Connection) -> tuple[Sequence[Occurrence], bool]:
    """The oldest :data:`MOST_OCCURRENCES`, and whether there are more; what is undecided of what is gone, or
    damaged, is dropped.
    """
    changed(connection, _DROP_ORPHANS)
    rows = fetch(connection, _OCCURRENCES, MOST_OCCURRENCES + 1)
    told = rows[:MOST_OCCURRENCES]
    occurrences = list(undamaged(occurrence_of, told))
    whole = {each.kept.id for each in occurrences}
    changed(connection, _DROP, [number for number, *_ in told if number not in whole])
    return occurrences, len(rows) > MOST_OCCURRENCES


def newest_notices(connection: Connection, person_id: int, limit: int) -> list[Notice]:
    return list(undamaged(notice_of, fetch(connection, _NEWEST, person_id, limit)))
