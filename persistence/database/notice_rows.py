"""What people are told of findings, as rows of its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from actors.domain.findings import KeptFinding, Severity
from actors.domain.notices import (
    UNFINISHED,
    Hitch,
    Moment,
    Notice,
    NoticeKey,
    NoticesRecalled,
    NoticeState,
    Occurrence,
    OccurrencesRecalled,
)
from persistence.database.rows import FINDING_COLUMNS, kept_finding
from persistence.database.schema import sqlite3

# Notices that are kept, finished ones included: some months of a house, at most 10 MiB.
MOST_KEPT: Final = 5_000
# Findings that are told of in one answer.
MOST_OCCURRENCES: Final = 200

_NOTE: Final = """
    INSERT INTO por_avisar (evento_id, cambios) VALUES (?, 1)
    ON CONFLICT (evento_id) DO UPDATE SET cambios = cambios + 1
"""
_DECIDED: Final = "DELETE FROM por_avisar WHERE evento_id = ? AND cambios = ?"
_COLUMNS: Final = (
    "momento, sobre, persona_id, canal_id, gravedad, titulo, texto, dispositivo_id, creado_en, no_antes,"
    " estado, intentos, cambiado_en, quiza, fallo, dicho"
)
_UNFINISHED: Final = "estado IN ({})".format(", ".join(sorted(f"'{state.value}'" for state in UNFINISHED)))
_WRITE: Final = f"""
    INSERT INTO avisos ({_COLUMNS}) VALUES ({", ".join("?" * 16)})
    ON CONFLICT (momento, sobre, persona_id, canal_id) DO UPDATE SET
        titulo = excluded.titulo, texto = excluded.texto, gravedad = excluded.gravedad,
        no_antes = excluded.no_antes, estado = excluded.estado, intentos = excluded.intentos,
        cambiado_en = excluded.cambiado_en, quiza = excluded.quiza, fallo = excluded.fallo,
        dicho = excluded.dicho
    WHERE avisos.{_UNFINISHED}
"""
_ONE: Final = f"""
    SELECT {_COLUMNS} FROM avisos WHERE momento = ? AND sobre = ? AND persona_id = ? AND canal_id = ?
"""
_OF_EPISODES: Final = """
    momento IN ('inicio', 'fin') AND sobre IN
        (SELECT id FROM eventos_ia WHERE episodio IS NOT NULL AND hasta IS NULL)
"""
_TRIM: Final = f"""
    DELETE FROM avisos WHERE id <= (SELECT max(id) FROM avisos) - ?
    AND NOT {_UNFINISHED} AND NOT ({_OF_EPISODES})
"""
_RECALL: Final = f"SELECT {_COLUMNS} FROM avisos WHERE {_UNFINISHED} OR ({_OF_EPISODES}) ORDER BY id"
_OCCURRENCES: Final = f"""
    SELECT {", ".join(f"e.{column}" for column in FINDING_COLUMNS)}, d.serial_number,
        d.nombre, d.habitacion_id, h.nombre, p.cambios
    FROM por_avisar AS p JOIN eventos_ia AS e ON e.id = p.evento_id
    JOIN dispositivos AS d ON d.id = e.dispositivo_id
    LEFT JOIN habitaciones AS h ON h.id = d.habitacion_id ORDER BY p.evento_id LIMIT ?
"""
_DROP_ORPHANS: Final = """
    DELETE FROM por_avisar WHERE evento_id NOT IN
        (SELECT e.id FROM eventos_ia AS e JOIN dispositivos AS d ON d.id = e.dispositivo_id)
"""
_NEWEST: Final = f"SELECT {_COLUMNS} FROM avisos WHERE persona_id = ? ORDER BY id DESC LIMIT ?"


def note_findings(connection: sqlite3.Connection, findings: Iterable[KeptFinding]) -> None:
    """It is to be decided whom these are told, in the transaction that keeps them."""
    connection.executemany(_NOTE, [(kept.id,) for kept in findings])


def write_notices(
    connection: sqlite3.Connection, notices: Sequence[Notice], decided: Sequence[tuple[int, int]]
) -> Sequence[Notice]:
    """As they then are, in the transaction of whoever calls; one that is finished stays as it was."""
    connection.executemany(_WRITE, map(_row, notices))
    connection.executemany(_DECIDED, decided)
    connection.execute(_TRIM, [MOST_KEPT])
    return [_notice(connection.execute(_ONE, _key(notice.key)).fetchone()) for notice in notices]


def read_unfinished(connection: sqlite3.Connection) -> NoticesRecalled:
    return NoticesRecalled([_notice(row) for row in connection.execute(_RECALL)])


def read_occurrences(connection: sqlite3.Connection) -> OccurrencesRecalled:
    """The oldest :data:`MOST_OCCURRENCES`; what is undecided of what is gone is dropped."""
    connection.execute(_DROP_ORPHANS)
    rows = connection.execute(_OCCURRENCES, [MOST_OCCURRENCES + 1]).fetchall()
    occurrences = [
        Occurrence(
            kept_finding(tuple(finding)), name, room_id if room is not None else None, room or "", changes
        )
        for *finding, name, room_id, room, changes in rows[:MOST_OCCURRENCES]
    ]
    return OccurrencesRecalled(occurrences, len(rows) > MOST_OCCURRENCES)


def newest_notices(connection: sqlite3.Connection, person_id: int, limit: int) -> list[Notice]:
    return [_notice(row) for row in connection.execute(_NEWEST, (person_id, limit))]


def _key(key: NoticeKey) -> tuple[str, int, int, int]:
    return key.moment.value, key.about, key.person_id, key.channel_id


def _row(notice: Notice) -> tuple[Any, ...]:
    return (
        *_key(notice.key),
        notice.severity.value,
        notice.title,
        notice.text,
        notice.device_id,
        notice.created_at,
        notice.due_at,
        notice.state.value,
        notice.tries,
        notice.changed_at,
        notice.is_perhaps_known,
        None if notice.hitch is None else notice.hitch.value,
        notice.said,
    )


def _notice(row: Sequence[Any]) -> Notice:
    (
        moment,
        about,
        person_id,
        channel_id,
        severity,
        title,
        text,
        device_id,
        created_at,
        due_at,
        state,
        *rest,
    ) = row
    tries, changed_at, is_perhaps_known, hitch, said = rest
    return Notice(
        key=NoticeKey(Moment(moment), about, person_id, channel_id),
        severity=Severity(severity),
        title=title,
        text=text,
        device_id=device_id,
        created_at=created_at,
        due_at=due_at,
        state=NoticeState(state),
        tries=tries,
        changed_at=changed_at,
        is_perhaps_known=bool(is_perhaps_known),
        hitch=None if hitch is None else Hitch(hitch),
        said=said,
    )
