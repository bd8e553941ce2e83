"""What is kept, as rows of its tables; devices apart, which are :mod:`persistence.writer.store`'s alone."""

from __future__ import annotations

import logging
from typing import Any, Final, TypeAlias

import orjson

from actors.domain.findings import (
    Decision,
    Episode,
    Finding,
    KeptFinding,
    Proposal,
    RuleMemory,
    Severity,
)
from actors.domain.model import Json, JsonObject, LogEntry
from actors.domain.packed import LARGE, Packed, encoded
from persistence.forms.old_findings import proposal_in, severity_of

logger = logging.getLogger(__name__)

Row: TypeAlias = tuple[Any, ...]

DECISION_TEXTS: Final = {
    Decision.OPEN: "abierto",
    Decision.APPLIED: "aplicado",
    Decision.DISMISSED: "descartado",
}
# Beside the finding's own fields.
_PROPOSAL: Final = "propuesta"
_SEVERITY: Final = "severity"
_ACTS: Final = "actua"
_DECISIONS: Final = {text: decision for decision, text in DECISION_TEXTS.items()}


def json_text(value: Json) -> str:
    return encoded(value).decode()


def json_object(text: bytes) -> JsonObject | None:
    """``None`` for what is no JSON object.

    Bytes, since the sqlite3 module fails for the whole statement over text that is no UTF-8.
    """
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if str(error).startswith("Not enough memory"):
            raise MemoryError from None  # which is no damage, to be written back as nothing
        return None
    return found if isinstance(found, dict) else None


def held_object(text: bytes) -> JsonObject | None:
    """As :func:`json_object`, of what is kept in memory."""
    found = json_object(text)
    return found if found is None or len(text) <= LARGE else Packed(text)


def json_texts(text: bytes) -> list[str] | None:
    """``None`` for what is no JSON list of texts."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, list) and all(isinstance(each, str) for each in found) else None


# -- the log -------------------------------------------------------------------------------------


def log_row(entry: LogEntry) -> Row:
    """In the order of the table's columns."""
    return (
        entry.device_id,
        entry.n,
        entry.at,
        entry.state,
        json_text(entry.parameters),
        entry.boot,
        entry.seq,
        entry.doubtful,
    )


def log_entry(row: Row) -> LogEntry:
    device_id, n, at, state, parameters, boot, seq, doubtful = row
    return LogEntry(device_id, n, at, state, orjson.loads(parameters), boot, seq, bool(doubtful))


def undamaged_log_entry(row: Row) -> LogEntry:
    """As :func:`log_entry`, of a row with its parameters as bytes: damaged ones count as none."""
    device_id, n, at, state, text, boot, seq, doubtful = row
    parameters = json_object(text)
    if parameters is None:
        logger.warning("log_row_damaged device=%d n=%d", device_id, n)
    return LogEntry(device_id, n, at, state, parameters or {}, boot, seq, bool(doubtful))


# -- findings ------------------------------------------------------------------------------------

FINDING_COLUMNS: Final = (
    *("id", "dispositivo_id", "regla", "evento", "creado_en", "datos", "base", "decision"),
    *("episodio", "desde", "hasta", "veces", "pico", "actualizado_en"),
)
FINDING_CHANGES: Final = ("datos", "base", "desde", "hasta", "veces", "pico", "actualizado_en")
# What lasts stays, or its next news would have it begin once more.
OVER: Final = "(episodio IS NULL OR hasta IS NOT NULL)"
FINDINGS: Final = f"""
    SELECT {", ".join(f"e.{column}" for column in FINDING_COLUMNS)}, d.serial_number
    FROM eventos_ia AS e JOIN dispositivos AS d ON d.id = e.dispositivo_id
"""


def finding_row(kept: KeptFinding) -> Row:
    """In the order of :data:`FINDING_COLUMNS`."""
    finding = kept.finding
    return (
        kept.id,
        finding.device_id,
        finding.rule,
        finding.event,
        finding.at,
        finding_text(finding),
        json_text(kept.basis),
        DECISION_TEXTS[kept.decision],
        *_episode_cells(finding),
    )


def finding_changes(kept: KeptFinding) -> Row:
    """What an episode's later finding changes, in the order of :data:`FINDING_CHANGES`."""
    _key, *changes = _episode_cells(kept.finding)
    return (finding_text(kept.finding), json_text(kept.basis), *changes)


def _episode_cells(finding: Finding) -> Row:
    episode = finding.episode
    if episode is None:
        return (None,) * 6
    peak = json_text(episode.peak)
    return (episode.key, episode.since, episode.until, episode.count, peak, finding.at)


def finding_text(finding: Finding) -> str:
    """Its own fields, how much it matters, and what it proposes."""
    fields = {**finding.details, _SEVERITY: finding.severity.value}
    if finding.acts:
        fields[_ACTS] = True
    proposal = finding.proposal
    if proposal is None:
        return json_text(fields)
    told = {"configuracion": proposal.configuration, "depende_de": sorted(proposal.rests_on)}
    return json_text({**fields, _PROPOSAL: told})


def kept_finding(row: Row) -> KeptFinding:
    """From a row of :data:`FINDINGS`."""
    number, device_id, rule, event, made_at, details, basis, decision, *cells, serial = row
    key, since, until, count, peak, updated_at = cells
    fields = orjson.loads(details)
    finding = Finding(
        rule,
        event,
        device_id,
        serial,
        made_at if key is None else updated_at,
        fields,
        proposal=_take_proposal(rule, fields),
        severity=_take_severity(rule, fields),
        acts=fields.pop(_ACTS, False) is True,
        episode=None if key is None else Episode(key, since, until, count, orjson.loads(peak)),
    )
    first_at = None if finding.at == made_at else made_at
    resting = None if basis is None else orjson.loads(basis)
    return KeptFinding(number, finding, resting, _DECISIONS[decision], first_at)


def _take_proposal(rule: str, fields: dict[str, Json]) -> Proposal | None:
    """Out of ``fields``, where it stood beside the finding's own."""
    match fields.pop(_PROPOSAL, None):
        case {"configuracion": dict(configuration), "depende_de": [*names]} if all(
            isinstance(name, str) for name in names
        ):
            return Proposal(configuration, frozenset(names))
        case _:
            return proposal_in(rule, fields)


def _take_severity(rule: str, fields: dict[str, Json]) -> Severity:
    try:
        return Severity(fields.pop(_SEVERITY))
    except (KeyError, ValueError):
        return severity_of(rule)


# -- memories ------------------------------------------------------------------------------------


def memory_row(memory: RuleMemory, at: float) -> Row:
    """In the order of the table's columns."""
    return (memory.device_id, memory.rule, memory.upto, json_text(memory.state), at)


def undamaged_memory(row: Row) -> RuleMemory | None:
    """From a row with its state as bytes; ``None``, with a warning, if that is no JSON object."""
    device_id, rule, upto, text = row
    state = json_object(text)
    if state is None:
        logger.warning("memory_damaged device=%d rule=%s bytes=%d", device_id, rule, len(text))
        return None
    return RuleMemory(device_id, rule, upto, state)
