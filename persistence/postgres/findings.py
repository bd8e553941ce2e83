"""Findings as rows of their table in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.domain.findings import Episode, Finding, KeptFinding
from persistence.forms.rows import (
    FINDING_CHANGES,
    FINDING_COLUMNS,
    FINDINGS,
    finding_changes,
    finding_row,
    kept_finding,
)
from persistence.postgres.connection import Connection
from persistence.postgres.statements import changed, fetch, insert_many, last_number, note_number
from persistence.storage.batch import MemoryKey

TABLE: Final = "eventos_ia"
_TYPES: Final = (
    *("bigint", "bigint", "text", "text", "float8", "text", "text", "text"),
    *("text", "float8", "float8", "bigint", "text", "float8"),
)
_UPDATE: Final = f"UPDATE {TABLE} SET {', '.join(f'{name} = %s' for name in FINDING_CHANGES)} WHERE id = %s"
_ONE_EPISODE: Final = f"{FINDINGS} WHERE e.dispositivo_id = %s AND e.regla = %s AND e.episodio = %s"
_LASTING: Final = "e.episodio IS NOT NULL AND e.hasta IS NULL"
_OF_DEVICE: Final = f"{FINDINGS} WHERE {_LASTING} AND e.dispositivo_id = %s ORDER BY e.id"
_UNWATCHED: Final = f"""
    {FINDINGS} WHERE {_LASTING} AND (NOT d.reclamado OR NOT e.regla = ANY(%s)) ORDER BY e.id
"""
_OF_RULES: Final = f"""
    {FINDINGS} WHERE {_LASTING}
    AND (e.dispositivo_id, e.regla) IN (SELECT * FROM unnest(%s::bigint[], %s::text[])) ORDER BY e.id
"""


class PostgresFindings:
    """As :class:`persistence.storage.conclusions.Findings` says."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_id(self) -> int:
        return last_number(self._connection, TABLE)

    def insert(self, kept: Sequence[KeptFinding]) -> None:
        if kept:
            insert_many(self._connection, TABLE, FINDING_COLUMNS, _TYPES, map(finding_row, kept))
            note_number(self._connection, TABLE, kept[-1].id)

    def update(self, kept: KeptFinding) -> None:
        changed(self._connection, _UPDATE, *finding_changes(kept), kept.id)

    def known(self, finding: Finding, episode: Episode) -> KeptFinding | None:
        given = finding.device_id, finding.rule, episode.key
        return next(iter(self._found(_ONE_EPISODE, *given)), None)

    def of_device(self, device_id: int) -> Sequence[KeptFinding]:
        return self._found(_OF_DEVICE, device_id)

    def unwatched(self, rules: frozenset[str]) -> Sequence[KeptFinding]:
        return self._found(_UNWATCHED, sorted(rules))

    def lasting(self, rules: Sequence[MemoryKey]) -> Sequence[Finding]:
        devices, names = [device_id for device_id, _ in rules], [name for _, name in rules]
        return [kept.finding for kept in self._found(_OF_RULES, devices, names)]

    def _found(self, query: str, *given: object) -> list[KeptFinding]:
        return [kept_finding(row) for row in fetch(self._connection, query, *given)]
