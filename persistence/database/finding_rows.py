"""Findings as rows of their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.domain.findings import Episode, Finding, KeptFinding
from persistence.database.inserting import insert_many
from persistence.database.schema import sqlite3
from persistence.forms.rows import (
    FINDING_CHANGES,
    FINDING_COLUMNS,
    FINDINGS,
    finding_changes,
    finding_row,
    json_text,
    kept_finding,
)
from persistence.storage.batch import MemoryKey

_INSERT: Final = f"INSERT INTO eventos_ia ({', '.join(FINDING_COLUMNS)})"
_UPDATE: Final = f"UPDATE eventos_ia SET {', '.join(f'{name} = ?' for name in FINDING_CHANGES)} WHERE id = ?"
_LAST_ID: Final = "SELECT max(seq) FROM sqlite_sequence WHERE name = 'eventos_ia'"
_ONE_EPISODE: Final = f"{FINDINGS} WHERE e.dispositivo_id = ? AND e.regla = ? AND e.episodio = ?"
# Named, since a planner without statistics takes the index of all findings of the device.
_LASTING: Final = """
    SELECT id FROM eventos_ia INDEXED BY eventos_ia_que_duran WHERE episodio IS NOT NULL AND hasta IS NULL
"""
_OF_DEVICE: Final = f"{FINDINGS} WHERE e.id IN ({_LASTING} AND dispositivo_id = ?) ORDER BY e.id"
_UNWATCHED: Final = f"""
    {FINDINGS} WHERE e.id IN ({_LASTING})
    AND (NOT d.reclamado OR e.regla NOT IN (SELECT value FROM json_each(?))) ORDER BY e.id
"""
_OF_RULES: Final = f"""
    {FINDINGS} WHERE e.id IN (
        {_LASTING} AND (dispositivo_id, regla) IN
        (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))
    ) ORDER BY e.id
"""


class SqliteFindings:
    """As :class:`persistence.storage.conclusions.Findings` says."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def last_id(self) -> int:
        return int(self._connection.execute(_LAST_ID).fetchone()[0] or 0)

    def insert(self, kept: Sequence[KeptFinding]) -> None:
        insert_many(self._connection, _INSERT, map(finding_row, kept))

    def update(self, kept: KeptFinding) -> None:
        self._connection.execute(_UPDATE, (*finding_changes(kept), kept.id))

    def known(self, finding: Finding, episode: Episode) -> KeptFinding | None:
        given = finding.device_id, finding.rule, episode.key
        return next(iter(self._found(_ONE_EPISODE, *given)), None)

    def of_device(self, device_id: int) -> Sequence[KeptFinding]:
        return self._found(_OF_DEVICE, device_id)

    def unwatched(self, rules: frozenset[str]) -> Sequence[KeptFinding]:
        return self._found(_UNWATCHED, json_text(sorted(rules)))

    def lasting(self, rules: Sequence[MemoryKey]) -> Sequence[Finding]:
        return [kept.finding for kept in self._found(_OF_RULES, json_text(rules))]

    def _found(self, query: str, *given: object) -> list[KeptFinding]:
        return [kept_finding(row) for row in self._connection.execute(query, given).fetchall()]
