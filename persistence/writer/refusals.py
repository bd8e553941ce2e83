"""What becomes of a message that cannot be stored."""

from __future__ import annotations

import json
from typing import TypeAlias

from actors.domain.model import DeadLetter, Json, LogEntry
from actors.messages import (
    BrokerForgot,
    EndEpisodes,
    EndUnwatched,
    Keep,
    KeepAbsences,
    KeepAnnouncement,
    KeepConclusion,
    KeepDeadLetter,
    KeepEnergyPlan,
    KeepNotices,
    KeepRooms,
    KeepSeen,
    RecallMemory,
    Remove,
    Replace,
    Settle,
)

Refusable: TypeAlias = (
    Keep
    | KeepAnnouncement
    | KeepDeadLetter
    | KeepConclusion
    | EndEpisodes
    | EndUnwatched
    | KeepNotices
    | KeepRooms
    | KeepAbsences
    | KeepEnergyPlan
    | KeepSeen
    | Settle
    | RecallMemory
    | Remove
    | Replace
    | BrokerForgot
)


def refusal(message: Refusable, at: float, why: Exception) -> DeadLetter:
    """A dead letter for what could not be stored, made of nothing that could not be stored."""
    reason = f"No se pudo guardar: {why}"
    match message:
        case KeepDeadLetter(letter) | Keep(refused=(letter, _)):
            return DeadLetter(at, _storable(letter.topic), letter.payload, _storable(letter.reason))
        case Keep(device, LogEntry(parameters=parameters)):
            topic, payload = f"dispositivos/{device.serial}/estado", _printed(parameters)
        case Keep(device) | Replace(device):
            topic, payload = f"dispositivos/{device.serial}/configuracion", _printed(device.configuration)
        case KeepAnnouncement(dialect, group, key, announced):
            topic, payload = f"anuncios/{dialect}/{group}/{key}", announced
        case KeepConclusion(findings) as concluded:
            topic, payload = _place(*concluded.about), _printed([each.details for each, _ in findings])
        case RecallMemory(device_id, rule):
            topic, payload = _place(device_id, rule), b""
        case KeepRooms(rooms):
            topic, payload = "habitaciones", _printed({**rooms.names})
        case KeepAbsences(absences):
            topic, payload = "ausencias", _printed([[each.since, each.until] for each in absences.said])
        case KeepEnergyPlan(plan):
            topic, payload = "energia", _printed([each.price for each in plan.tariffs])
        case KeepNotices(made, changed):
            topic, payload = "avisos", _printed([notice.title for notice in [*made, *changed]])
        case EndEpisodes() | EndUnwatched() | KeepSeen() | Settle() | Remove() | BrokerForgot():
            topic, payload = "", b""
    return DeadLetter(at, _storable(topic), payload, _storable(reason))


def _place(device_id: int, rule: str) -> str:
    """Stands in a dead letter where others have their topic; it is no topic of the broker."""
    return f"ia/{device_id}/{rule}"


def _storable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


def _printed(value: Json) -> bytes:
    try:
        return json.dumps(value, default=dict).encode()
    except (TypeError, ValueError, RecursionError):
        return b""
