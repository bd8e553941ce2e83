"""What people are told of findings, as rows of its tables."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

from actors.domain.findings import KeptFinding, Severity
from actors.domain.notices import UNFINISHED, Hitch, Moment, Notice, NoticeKey, NoticeState, Occurrence
from persistence.database.rows import FINDING_COLUMNS, kept_finding
from persistence.database.schema import sqlite3

logger = logging.getLogger(__name__)

_T = TypeVar("_T")

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
# Not of a device that has gone since it was decided.
_MAKE: Final = f"""
    INSERT INTO avisos ({_COLUMNS}) SELECT {", ".join(f"?{place}" for place in range(1, 17))}
    WHERE ?8 IS NULL OR EXISTS (SELECT 1 FROM dispositivos WHERE id = ?8)
    ON CONFLICT (momento, sobre, persona_id, canal_id) DO NOTHING
"""
_CHANGE: Final = f"""
    UPDATE avisos SET gravedad = ?5, titulo = ?6, texto = ?7, no_antes = ?10, estado = ?11,
        intentos = ?12, cambiado_en = ?13, quiza = ?14, fallo = ?15, dicho = ?16
    WHERE momento = ?1 AND sobre = ?2 AND persona_id = ?3 AND canal_id = ?4 AND {_UNFINISHED}
"""
_ONE: Final = f"""
    SELECT {_COLUMNS} FROM avisos WHERE momento = ? AND sobre = ? AND persona_id = ? AND canal_id = ?
"""
# Of which more may come: of what lasts, and of what has changed since it was decided.
_MAY_GO_ON: Final = """
    momento IN ('inicio', 'fin') AND (
        EXISTS (SELECT 1 FROM por_avisar WHERE evento_id = sobre)
        OR EXISTS (SELECT 1 FROM eventos_ia WHERE id = sobre AND episodio IS NOT NULL AND hasta IS NULL)
    )
"""
_EXCESS: Final = f"""
    SELECT id FROM avisos WHERE NOT {_UNFINISHED} AND NOT ({_MAY_GO_ON})
    ORDER BY id DESC LIMIT ? OFFSET {MOST_KEPT}
"""
TOO_MANY: Final = f"SELECT (SELECT count(*) FROM avisos) > {MOST_KEPT} AND EXISTS ({_EXCESS})"
_TRIM: Final = f"DELETE FROM avisos WHERE id IN ({_EXCESS})"
_RECALL: Final = f"SELECT {_COLUMNS} FROM avisos WHERE {_UNFINISHED} OR ({_MAY_GO_ON}) ORDER BY id"
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
_NEWEST: Final = f"SELECT {_COLUMNS} FROM avisos WHERE persona_id = ? ORDER BY id DESC LIMIT ?"


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
    connection.executemany(_CHANGE, map(_row, [*made, *changed]))
    connection.executemany(_MAKE, map(_row, made))
    connection.executemany(_DECIDED, decided)
    rows = (connection.execute(_ONE, _key(each.key)).fetchone() for each in [*made, *changed])
    return list(_undamaged(_notice, (row for row in rows if row is not None)))


def trim_notices(connection: sqlite3.Connection, most: int) -> int:
    """Delete what is beyond :data:`MOST_KEPT`, at most ``most`` rows; how many it were."""
    return int(connection.execute(_TRIM, [most]).rowcount)


def read_unfinished(connection: sqlite3.Connection) -> Sequence[Notice]:
    """Those that are unfinished, and those of which more may come; damaged ones are passed over."""
    return list(_undamaged(_notice, connection.execute(_RECALL)))


def read_occurrences(connection: sqlite3.Connection) -> tuple[Sequence[Occurrence], bool]:
    """The oldest :data:`MOST_OCCURRENCES`, and whether there are more; what is undecided of what is gone, or
    damaged, is dropped.
    """
    connection.execute(_DROP_ORPHANS)
    rows = connection.execute(_OCCURRENCES, [MOST_OCCURRENCES + 1]).fetchall()
    told = rows[:MOST_OCCURRENCES]
    occurrences = list(_undamaged(_occurrence, told))
    whole = {each.kept.id for each in occurrences}
    connection.executemany(_DROP, [(number,) for number, *_ in told if number not in whole])
    return occurrences, len(rows) > MOST_OCCURRENCES


def newest_notices(connection: sqlite3.Connection, person_id: int, limit: int) -> list[Notice]:
    return list(_undamaged(_notice, connection.execute(_NEWEST, (person_id, limit))))


def _undamaged(read: Callable[[Sequence[Any]], _T], rows: Iterable[Sequence[Any]]) -> Iterator[_T]:
    """But for those that cannot be read, with a warning: one of them must not silence the others."""
    for row in rows:
        try:
            found = read(row)
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            logger.warning("notice_row_damaged about=%r error=%r", row[:4], error)
        else:
            yield found


def _occurrence(row: Sequence[Any]) -> Occurrence:
    *finding, name, room_id, room, changes = row
    in_room = room_id if room is not None else None
    return Occurrence(kept_finding(tuple(finding)), name, in_room, room or "", changes)


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
