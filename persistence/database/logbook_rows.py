"""The house's logbook, and what people have seen of the findings, as rows of their tables."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from actors.domain.findings import Seen
from actors.domain.logbook import Act, Deed, KeptDeed, WantedDeeds
from actors.domain.read_models import LogbookPage
from persistence.database.inserting import insert_many
from persistence.database.schema import sqlite3
from persistence.forms.deed_rows import DEED_COLUMNS, MOST_KEPT, deed_row, undamaged_deed
from persistence.forms.rows import json_text

logger = logging.getLogger(__name__)

_INSERT: Final = f"INSERT INTO diario ({DEED_COLUMNS})"
_LAST_ID: Final = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'diario'"
# Of a device that is gone nothing is told any more, whatever still lies there. By the key, newest first: what
# is asked for of one device or person has an index that gives it in that order.
_PAGE: Final = """
    SELECT b.id, b.dispositivo_id, b.creado_en, b.hecho, b.origen, b.persona_id, b.nombre, b.regla,
        b.evento_id, CAST(b.cambios AS BLOB)
    FROM diario AS b WHERE {} ORDER BY b.id DESC LIMIT ?
"""
# From one person to the next by the index: to group them would read all that each of them has done.
_PEOPLE: Final = """
    WITH RECURSIVE people (id) AS (
        SELECT min(persona_id) FROM diario WHERE persona_id IS NOT NULL
        UNION ALL
        SELECT (SELECT min(persona_id) FROM diario WHERE persona_id > people.id) FROM people
        WHERE people.id IS NOT NULL
    )
    SELECT id, (SELECT nombre FROM diario WHERE persona_id = people.id ORDER BY id DESC LIMIT 1) AS nombre
    FROM people WHERE people.id IS NOT NULL ORDER BY nombre
"""
_THERE: Final = "EXISTS (SELECT 1 FROM dispositivos WHERE id = b.dispositivo_id)"
# They are counted, as many in 1 ms, since ids have gaps: a restored house goes on from far ahead. Where no id
# is that high there is nothing to count.
TOO_MANY: Final = f"""
    SELECT coalesce((SELECT max(id) FROM diario), 0) > {MOST_KEPT}
        AND (SELECT count(*) FROM diario) > {MOST_KEPT}
"""
_TRIM: Final = f"""
    DELETE FROM diario WHERE id IN (
        SELECT id FROM diario ORDER BY id LIMIT max(0, min(?, (SELECT count(*) FROM diario) - {MOST_KEPT}))
    )
"""
_SEE: Final = """
    INSERT INTO vistos (persona_id, hasta) VALUES (
        :person,
        min(:upto, coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'eventos_ia'), 0))
    )
    ON CONFLICT (persona_id) DO UPDATE SET hasta = max(hasta, excluded.hasta)
"""
_SEEN: Final = "SELECT hasta FROM vistos WHERE persona_id = ?"


def keep_deeds(connection: sqlite3.Connection, deeds: Sequence[Deed]) -> Sequence[KeptDeed]:
    """With the ids that follow the last one ever given, in the transaction of whoever calls."""
    last = connection.execute(_LAST_ID).fetchone()[0] or 0
    kept = [KeptDeed(number, deed) for number, deed in enumerate(deeds, start=last + 1)]
    insert_many(connection, _INSERT, map(deed_row, kept))
    return kept


def trim_deeds(connection: sqlite3.Connection, most: int) -> int:
    """Delete what is beyond :data:`MOST_KEPT`, at most ``most`` rows; how many it were."""
    return int(connection.execute(_TRIM, [most]).rowcount)


def read_logbook(connection: sqlite3.Connection, wanted: WantedDeeds, limit: int) -> LogbookPage:
    """The newest ``limit`` entries that are wanted, newest first.

    A damaged one is passed over, with a warning.
    """
    conditions = {
        "b.dispositivo_id IN (SELECT value FROM json_each(?))": (
            None if wanted.devices is None else json_text(wanted.devices)
        ),
        "b.persona_id = ?": wanted.person,
        "b.creado_en >= ?": wanted.since,
        "b.creado_en < ?": wanted.until,
        "b.hecho <> ?": None if wanted.readings else Act.READING.value,
        "b.id < ?": wanted.before,
    }
    given = {condition: value for condition, value in conditions.items() if value is not None}
    query = _PAGE.format(" AND ".join([_THERE, *given]))
    rows = connection.execute(query, (*given.values(), limit + 1)).fetchall()
    entries = [entry for row in rows[:limit] if (entry := undamaged_deed(row)) is not None]
    following = rows[limit - 1][0] if len(rows) > limit else None
    return LogbookPage(entries, following, dict(connection.execute(_PEOPLE).fetchall()))


def keep_seen(connection: sqlite3.Connection, seen: Seen) -> Seen:
    """What the person has seen by then, in the transaction of whoever calls: never less than before, nor
    more than there are."""
    connection.execute(_SEE, {"person": seen.person, "upto": seen.upto})
    return read_seen(connection, seen.person)


def read_seen(connection: sqlite3.Connection, person: int) -> Seen:
    found = connection.execute(_SEEN, [person]).fetchone()
    return Seen(person, 0 if found is None else found[0])
