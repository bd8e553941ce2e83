"""The house's logbook, and what people have seen of the findings, as rows of their tables."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from actors.domain.findings import Seen
from actors.domain.logbook import Act, Deed, KeptDeed, WantedDeeds
from actors.domain.read_models import LogbookPage
from persistence.database.inserting import insert_many
from persistence.database.schema import sqlite3
from persistence.forms.deed_rows import DEED_COLUMNS, Share, deed_row, undamaged_deed
from persistence.forms.rows import json_text

logger = logging.getLogger(__name__)

_INSERT: Final = f"INSERT INTO diario ({DEED_COLUMNS})"
_LAST_ID: Final = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'diario'"
_ENTRIES: Final = """
    SELECT b.id, b.dispositivo_id, b.creado_en, b.hecho, b.origen, b.persona_id, b.nombre, b.regla,
        b.evento_id, CAST(b.cambios AS BLOB) FROM diario AS b
"""
# Of a device that is gone nothing is told any more, whatever still lies there. By the key, newest first: what
# is asked for of one device or person has an index that gives it in that order.
_PAGE: Final = f"{_ENTRIES} WHERE {{}} ORDER BY b.id DESC LIMIT :limit"
# Of several devices the newest of each: all that a restless one has would be sorted for nothing.
_PAGE_OF_DEVICES: Final = f"""
    {_ENTRIES} WHERE b.id IN (
        SELECT c.id FROM json_each(:devices) AS d JOIN diario AS c ON c.id IN (
            SELECT b.id FROM diario AS b WHERE b.dispositivo_id = d.value AND {{}}
            ORDER BY b.id DESC LIMIT :limit
        )
    ) ORDER BY b.id DESC LIMIT :limit
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
# Of whatever kind, in 1 ms: as long as there are no more, no share is full.
_COUNT: Final = "SELECT count(*) FROM diario"
_COUNT_OF_EACH: Final = """
    SELECT dispositivo_id, count(*) FROM diario WHERE hecho IN (SELECT value FROM json_each(?))
    GROUP BY dispositivo_id
"""
_TRIM: Final = """
    DELETE FROM diario WHERE id IN (
        SELECT id FROM diario WHERE hecho IN (SELECT value FROM json_each(?)) AND dispositivo_id = ?
        ORDER BY id LIMIT ?
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


def deeds_of(connection: sqlite3.Connection, share: Share) -> Mapping[int, int]:
    """How many each device has in it, if it may be full: 200,000 are counted in 15 to 37 ms."""
    if connection.execute(_COUNT).fetchone()[0] <= share.most:
        return {}
    return dict(connection.execute(_COUNT_OF_EACH, [_words(share)]).fetchall())


def trim_deeds(connection: sqlite3.Connection, share: Share, device_id: int, most: int) -> int:
    """Delete the oldest ``most`` that the device has there; how many it were."""
    return int(connection.execute(_TRIM, (_words(share), device_id, most)).rowcount)


def _words(share: Share) -> str:
    return json_text([act.value for act in share.acts])


def read_logbook(connection: sqlite3.Connection, wanted: WantedDeeds, limit: int) -> LogbookPage:
    """The newest ``limit`` entries that are wanted, newest first.

    A damaged one is passed over, with a warning.
    """
    conditions = {
        "b.persona_id = :person": wanted.person,
        "b.creado_en >= :since": wanted.since,
        "b.creado_en < :until": wanted.until,
        "b.id < :before": wanted.before,
        # By its word, as there is an index of the others.
        f"b.hecho <> '{Act.READING.value}'": None if wanted.readings else True,
    }
    named = [_THERE, *(condition for condition, value in conditions.items() if value is not None)]
    query = (_PAGE if wanted.devices is None else _PAGE_OF_DEVICES).format(" AND ".join(named))
    given = {
        "devices": json_text(wanted.devices or ()),
        "person": wanted.person,
        "since": wanted.since,
        "until": wanted.until,
        "before": wanted.before,
        "limit": limit + 1,
    }
    rows = connection.execute(query, given).fetchall()
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
