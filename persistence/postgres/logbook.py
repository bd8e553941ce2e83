"""The house's logbook, and what people have seen of the findings, as rows of PostgreSQL's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from actors.domain.findings import Seen
from actors.domain.logbook import Act, Deed, KeptDeed, WantedDeeds
from actors.domain.read_models import LogbookPage
from persistence.forms.deed_rows import DEED_COLUMNS, Share, deed_row, undamaged_deed
from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch, insert_many, last_number, note_number

_TYPES: Final = (*("bigint", "bigint", "float8", "text", "text", "bigint", "text", "text", "bigint", "text"),)
# Of a device that is gone nothing is told any more, whatever still lies there.
_PAGE: Final = """
    SELECT b.id, b.dispositivo_id, b.creado_en, b.hecho, b.origen, b.persona_id, b.nombre, b.regla,
        b.evento_id, convert_to(b.cambios, 'UTF8')
    FROM diario AS b WHERE {} ORDER BY b.id DESC LIMIT %s
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
    FROM people WHERE people.id IS NOT NULL ORDER BY 2
"""
_THERE: Final = "EXISTS (SELECT 1 FROM dispositivos WHERE id = b.dispositivo_id)"
# Of whatever kind: as long as there are no more, no share is full.
_COUNT: Final = "SELECT count(*) FROM diario"
_COUNT_OF_EACH: Final = """
    SELECT dispositivo_id, count(*) FROM diario WHERE hecho = ANY(%s) GROUP BY dispositivo_id
"""
_TRIM: Final = """
    DELETE FROM diario WHERE id IN (
        SELECT id FROM diario WHERE hecho = ANY(%s) AND dispositivo_id = %s ORDER BY id LIMIT %s
    )
"""
_SEE: Final = """
    INSERT INTO vistos (persona_id, hasta)
    SELECT %s, least(%s, ultimo) FROM secuencias WHERE tabla = 'eventos_ia'
    ON CONFLICT (persona_id) DO UPDATE SET hasta = greatest(vistos.hasta, excluded.hasta)
"""
_SEEN: Final = "SELECT hasta FROM vistos WHERE persona_id = %s"


def keep_deeds(connection: Connection, deeds: Sequence[Deed]) -> Sequence[KeptDeed]:
    """With the ids that follow the last one ever given, in the transaction of whoever calls."""
    last = last_number(connection, "diario")
    kept = [KeptDeed(number, deed) for number, deed in enumerate(deeds, start=last + 1)]
    insert_many(connection, "diario", DEED_COLUMNS.split(", "), _TYPES, map(deed_row, kept))
    note_number(connection, "diario", last + len(kept))
    return kept


def deeds_of(connection: Connection, share: Share) -> Mapping[int, int]:
    """How many each device has in it, if it may be full."""
    if fetch(connection, _COUNT)[0][0] <= share.most:
        return {}
    return dict(fetch(connection, _COUNT_OF_EACH, _words(share)))


def trim_deeds(connection: Connection, share: Share, device_id: int, most: int) -> int:
    """Delete the oldest ``most`` that the device has there; how many it were."""
    return changed(connection, _TRIM, _words(share), device_id, most)


def _words(share: Share) -> list[str]:
    return [act.value for act in share.acts]


def read_logbook(connection: Connection, wanted: WantedDeeds, limit: int) -> LogbookPage:
    """The newest ``limit`` entries that are wanted, newest first.

    A damaged one is passed over, with a warning.
    """
    conditions = {
        "b.dispositivo_id = ANY(%s)": None if wanted.devices is None else list(wanted.devices),
        "b.persona_id = %s": wanted.person,
        "b.creado_en >= %s": wanted.since,
        "b.creado_en < %s": wanted.until,
        "b.hecho <> %s": None if wanted.readings else Act.READING.value,
        "b.id < %s": wanted.before,
    }
    given = {condition: value for condition, value in conditions.items() if value is not None}
    query = _PAGE.format(" AND ".join([_THERE, *given]))
    rows = fetch(connection, query, *given.values(), limit + 1)
    entries = [entry for row in rows[:limit] if (entry := undamaged_deed(row)) is not None]
    following = rows[limit - 1][0] if len(rows) > limit else None
    return LogbookPage(entries, following, dict(fetch(connection, _PEOPLE)))


def keep_seen(connection: Connection, seen: Seen) -> Seen:
    """What the person has seen by then, in the transaction of whoever calls: never less than before, nor
    more than there are."""
    changed(connection, _SEE, seen.person, seen.upto)
    return read_seen(connection, seen.person)


def read_seen(connection: Connection, person: int) -> Seen:
    found = fetch(connection, _SEEN, person)
    return Seen(person, found[0][0] if found else 0)
