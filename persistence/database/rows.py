"""What is kept, as rows of its tables; devices apart, which are :mod:`persistence.writer.store`'s alone."""

from __future__ import annotations

import logging
from typing import Any, Final, TypeAlias

import orjson

from actors.domain.findings import Decision, Finding, KeptFinding, Proposal, RuleMemory
from actors.domain.model import Json, JsonObject, LogEntry
from actors.domain.packed import LARGE, Packed, encoded
from persistence.database.old_findings import proposal_in

logger = logging.getLogger(__name__)

Row: TypeAlias = tuple[Any, ...]

DECISION_TEXTS: Final = {
    Decision.OPEN: "abierto",
    Decision.APPLIED: "aplicado",
    Decision.DISMISSED: "descartado",
}
# Beside the finding's own fields.
_PROPOSAL: Final = "propuesta"
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


def finding_row(kept: KeptFinding) -> Row:
    """In the order in which the store inserts them."""
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
    )


def finding_text(finding: Finding) -> str:
    """Its own fields, and what it proposes."""
    proposal = finding.proposal
    if proposal is None:
        return json_text(finding.details)
    told = {"configuracion": proposal.configuration, "depende_de": sorted(proposal.rests_on)}
    return json_text({**finding.details, _PROPOSAL: told})


def _finding_of(
    rule: str, event: str, device_id: int, serial: str, at: float, fields: dict[str, Json]
) -> Finding:
    proposal: Proposal | None
    match fields.pop(_PROPOSAL, None):
        case {"configuracion": dict(configuration), "depende_de": [*names]} if all(
            isinstance(name, str) for name in names
        ):
            proposal = Proposal(configuration, frozenset(names))
        case _:
            proposal = proposal_in(rule, fields)
    return Finding(rule, event, device_id, serial, at, fields, proposal=proposal)


def kept_finding(row: Row) -> KeptFinding:
    """From the same columns with the device's serial number after them."""
    number, device_id, rule, event, at, details, basis, decision, serial = row
    finding = _finding_of(rule, event, device_id, serial, at, orjson.loads(details))
    return KeptFinding(number, finding, None if basis is None else orjson.loads(basis), _DECISIONS[decision])


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
