"""How findings are kept: each once, and an episode as one that is brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from actors.domain.findings import Decision, Episode, Finding, KeptFinding
from actors.domain.model import JsonObject
from actors.messages import EndEpisodes, EndUnwatched
from persistence.database.rows import (
    FINDING_CHANGES,
    FINDING_COLUMNS,
    FINDINGS,
    Row,
    finding_changes,
    finding_row,
    json_text,
    kept_finding,
)
from persistence.database.schema import sqlite3

Conclusion: TypeAlias = tuple[Finding, JsonObject] | EndEpisodes | EndUnwatched
"""A finding with what its proposal rests on; or the end, from outside, of whatever lasts."""

Insert: TypeAlias = Callable[[str, Iterable[Row]], None]

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


def keep_conclusions(
    connection: sqlite3.Connection, insert: Insert, conclusions: Sequence[Conclusion]
) -> list[Sequence[KeptFinding]]:
    """What is to be told of each, in the transaction of whoever calls.

    That is nothing where an episode says no more than is known of it, or has been dismissed and goes on.
    Findings are numbered from the last id ever given: of many rows in one statement SQLite tells one id only.
    """
    last = connection.execute(_LAST_ID).fetchone()[0] or 0
    told: list[Sequence[KeptFinding]] = []
    rows: list[Row] = []
    for conclusion in conclusions:
        if not isinstance(conclusion, tuple) or conclusion[0].episode is not None:
            # What it is about may be among them.
            insert(_INSERT, rows)
            rows.clear()
        match conclusion:
            case EndEpisodes(device_id, at):
                told.append(_end(connection, _OF_DEVICE, device_id, at))
            case EndUnwatched(rules, at):
                told.append(_end(connection, _UNWATCHED, json_text(sorted(rules)), at))
            case (finding, basis):
                if finding.episode is not None and (known := _known(connection, finding, finding.episode)):
                    told.append(_update(connection, known, finding, finding.episode, basis))
                    continue
                last += 1
                kept = KeptFinding(last, finding, basis)
                rows.append(finding_row(kept))
                told.append((kept,))
    insert(_INSERT, rows)
    return told


def read_lasting(connection: sqlite3.Connection, rules: Sequence[tuple[int, str]]) -> list[Finding]:
    """The episodes that last, of these devices and rules."""
    return [kept_finding(row).finding for row in connection.execute(_OF_RULES, [json_text(rules)])]


def _known(connection: sqlite3.Connection, finding: Finding, episode: Episode) -> KeptFinding | None:
    found = connection.execute(_ONE_EPISODE, (finding.device_id, finding.rule, episode.key)).fetchone()
    return None if found is None else kept_finding(found)


def _update(
    connection: sqlite3.Connection, known: KeptFinding, finding: Finding, episode: Episode, basis: JsonObject
) -> Sequence[KeptFinding]:
    before = known.finding
    if before.episode is None or not episode.is_newer_than(before.episode, finding.at, before.at):
        return ()
    kept = KeptFinding(known.id, finding, basis, known.decision, known.at, before.at)
    connection.execute(_UPDATE, (*finding_changes(kept), kept.id))
    return () if kept.decision is Decision.DISMISSED and episode.lasts else (kept,)


def _end(connection: sqlite3.Connection, which: str, given: int | str, at: float) -> Sequence[KeptFinding]:
    ended: list[KeptFinding] = []
    for row in connection.execute(which, [given]).fetchall():
        known = kept_finding(row)
        finding = known.finding.ended(at)
        ended.append(replace(known, finding=finding, first_at=known.at, before=known.finding.at))
        connection.execute(_UPDATE, (*finding_changes(ended[-1]), known.id))
    return ended
