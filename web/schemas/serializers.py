"""From the model to JSON: the one place that knows the Spanish names of what goes out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from actors.domain.alarms import signs_of
from actors.domain.findings import Decision, Episode, KeptFinding, Proposal
from actors.domain.kinds import sort_of
from actors.domain.logbook import KeptDeed
from actors.domain.model import DeadLetter, Device, Difference, Json, LogEntry
from actors.domain.profile import Control, Form
from actors.domain.rule_events import EVENTS
from actors.ports import ScanNews
from web.schemas.answers import (
    AlarmJson,
    ControlJson,
    DecisionWord,
    DeedJson,
    DeviceJson,
    DifferenceJson,
    ForeignJson,
    LetterJson,
    LogJson,
    ProposalJson,
    ShiftJson,
)
from web.texts.scan_words import SCAN_FAILURES

# The ten that every client knows, in the contract's order.
TEN: Final = (
    "id",
    "serial_number",
    "nombre",
    "tipo",
    "modelo",
    "descripcion",
    "estado",
    "parametros",
    "configuracion",
    "reclamado",
)
# Those that stand after them; like some of the ten, they are not for people to change.
ADDED: Final = (
    "en_linea",
    "visto_en",
    "kind",
    "capability",
    "version",
    "sincronizado",
    "diferencias",
    "lecturas_no_validas",
    "arranque_repetido",
    "alarmas",
    "edicion",
)

# Of devices of other makes alone; not for people to change either.
FOREIGN: Final = (
    "familia",
    "firmware",
    "unidades",
    "ordenes",
    "puede_parar",
    "notas",
    "definicion_pendiente",
)

_DIGEST: Final = re.compile(rb'("codigo_sha256"\s*:\s*")[^"]*')

EPISODE: Final = "ai_episode"
RULES: Final = tuple(EVENTS)
DECISIONS: Final[Mapping[Decision, DecisionWord]] = {
    Decision.OPEN: "abierto",
    Decision.APPLIED: "aplicado",
    Decision.DISMISSED: "descartado",
}


def iso(at: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond, with ``Z``."""
    second, fraction = divmod(at, 1)
    return f"{_iso_second(int(second))}.{int(fraction * 1000):03}Z"


def local_iso(at: float) -> str:
    """The same on the clock of this house, with its offset."""
    return on_the_wall(at).isoformat(timespec="milliseconds")


def on_the_wall(at: float) -> datetime:
    """A moment by the clock of this house."""
    return datetime.fromtimestamp(at, UTC).astimezone()


@lru_cache(maxsize=64)
def _iso_second(second: int) -> str:
    """Most events are of this very second; so the rest of :func:`iso` takes 1 µs, and this part 3."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def device_json(device: Device) -> DeviceJson:
    """The ten keys in their order, then those added here."""
    kind, capability = sort_of(device)
    differences = device.differences
    told: DeviceJson = {
        "id": device.id,
        "serial_number": device.serial,
        "nombre": device.name,
        "tipo": device.type,
        "modelo": device.model,
        "descripcion": device.description,
        "estado": device.state,
        "parametros": device.parameters,
        "configuracion": device.configuration,
        "reclamado": device.claimed,
        "en_linea": device.online,
        "visto_en": None if device.seen_at is None else iso(device.seen_at),
        "kind": kind,
        "capability": capability,
        "version": device.version,
        "sincronizado": None if differences is None else not differences,
        "diferencias": {} if not differences else _differences_json(differences),
        "lecturas_no_validas": list(device.invalid),
        "arranque_repetido": device.reuses_boot,
        "habitacion_id": device.room,
        "paciencia_s": device.patience,
        "edicion": device.edition,
    }
    if alarms := _alarms_json(device):
        told["alarmas"] = alarms
    return told if device.orders is None else {**told, **_of_another_make(device)}


def _alarms_json(device: Device) -> dict[str, AlarmJson]:
    return {sign.metric: {"peligro": sign.hazard.value, "activa": sign.alarmed} for sign in signs_of(device)}


def _of_another_make(device: Device) -> ForeignJson:
    profile = device.profile
    return {
        "familia": "" if profile is None else profile.family,
        "firmware": "" if profile is None else profile.software,
        "unidades": {} if profile is None else profile.units,
        "ordenes": {}
        if profile is None
        else {name: _control_json(control) for name, control in profile.controls.items()},
        "puede_parar": device.can_stop,
        "notas": () if profile is None else profile.notes,
        "definicion_pendiente": device.awaits_consent,
    }


@lru_cache(maxsize=1024)
def _control_json(control: Control) -> ControlJson:
    match control.form:
        case Form.NUMBER:
            return {
                "forma": control.form.value,
                "min": control.low,
                "max": control.high,
                "paso": control.step,
            }
        case Form.CHOICE:
            return {"forma": control.form.value, "opciones": control.choices}
        case _:
            return {"forma": control.form.value}


def _differences_json(differences: Mapping[str, Difference]) -> dict[str, DifferenceJson]:
    return {name: {"deseado": each.desired, "informado": each.reported} for name, each in differences.items()}


def finding_json(kept: KeptFinding) -> dict[str, Any]:
    """The event's own fields among those that every event of the rules has, and the id to decide on it by."""
    finding = kept.finding
    return {
        "event": finding.event,
        "rule": finding.rule,
        "dispositivo_id": finding.device_id,
        "serial_number": finding.serial,
        **finding.details,
        "severity": finding.severity.value,
        **_times(kept.at),
        "evento_id": kept.id,
        **_proposal_json(finding.proposal),
        **_episode_json(finding.episode),
        **({} if finding.episode is None else {"actualizado": iso(finding.at)}),
    }


def _episode_json(episode: Episode | None) -> dict[str, Json]:
    if episode is None:
        return {}
    return {
        "episodio": episode.key,
        "desde": iso(episode.since),
        "hasta": None if episode.until is None else iso(episode.until),
        "pico": episode.peak,
        "veces": episode.count,
    }


def episode_json(kept: KeptFinding) -> dict[str, Any]:
    """As :func:`finding_json`, of one that was told before: the name of its first event stands beside."""
    return {**finding_json(kept), "event": EPISODE, "episodio_de": kept.finding.event}


def _proposal_json(proposal: Proposal | None) -> dict[str, ProposalJson]:
    if proposal is None:
        return {}
    return {"propuesta": {"configuracion": proposal.configuration, "depende_de": sorted(proposal.rests_on)}}


def scan_json(news: ScanNews) -> dict[str, Any]:
    """As :func:`finding_json`, but that nothing is kept that could be decided on."""
    rule = {"rule": "extremos"} if news.event == "ai_anomaly" else {}
    return {
        "event": news.event,
        **rule,
        "dispositivo_id": news.device_id,
        "serial_number": news.serial,
        **news.details,
        **_episode_json(news.episode),
        **({} if news.failure is None else {"error": SCAN_FAILURES[news.failure]}),
        **_times(news.at),
    }


def _times(at: float) -> dict[str, str]:
    return {"ts_local": local_iso(at), "ts_utc": iso(at)}


def log_json(entry: LogEntry) -> LogJson:
    said: LogJson = {"estado": entry.state, "parametros": entry.parameters, "timestamp": iso(entry.at)}
    return {**said, "hora_dudosa": True} if entry.doubtful else said


def deed_json(kept: KeptDeed) -> DeedJson:
    """What everybody may know: what has changed and to whom it is owed, and of values only how the one thing
    has turned that the entry is about."""
    deed, origin = kept.deed, kept.deed.origin
    told: DeedJson = {
        "id": kept.id,
        "ts": iso(deed.at),
        "dispositivo_id": deed.device_id,
        "hecho": deed.act.value,
        "origen": origin.cause.value,
        "persona_id": origin.person,
        "nombre": origin.name,
        "cambios": list(deed.shifts),
        "paso_a": deed.turned,
    }
    if origin.rule:
        told["regla"] = origin.rule
    if origin.finding is not None:
        told["evento_id"] = origin.finding
    return told


def whole_deed_json(kept: KeptDeed) -> DeedJson:
    """With the values, from what to what."""
    shifts = kept.deed.shifts
    values: dict[str, ShiftJson] = {
        name: {"antes": shift.before, "despues": shift.after} for name, shift in shifts.items() if shift
    }
    return {**deed_json(kept), "valores": values}


def rejected_json(letter: DeadLetter) -> LetterJson:
    """The payload as text; bytes that are not UTF-8 are written ``\\xNN``, and of a digest nothing."""
    payload = _DIGEST.sub(rb"\1...", letter.payload)
    return {
        "recibido_en": iso(letter.at),
        "topic": letter.topic,
        "motivo": letter.reason,
        "bytes": len(letter.payload),
        "payload": payload.decode("utf-8", "backslashreplace"),
    }
