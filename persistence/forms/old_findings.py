"""What findings of older versions propose, and how much they matter: it stood in other fields, or nowhere."""

from __future__ import annotations

from actors.domain.findings import Proposal, Severity
from actors.domain.model import SCHEDULED, Json, JsonObject


def severity_of(rule: str) -> Severity:
    """Of a finding that says nothing of it."""
    return Severity.MEDIUM if rule == "extremos" else Severity.INFO


def proposal_in(rule: str, details: JsonObject) -> Proposal | None:
    """``None`` where there is none, or what is stored has lost its shape."""
    match rule, details:
        case "misconfig", {"suggested_patch": {"configuracion": dict(patch)}} if patch:
            return Proposal(patch, frozenset(patch))
        case "learn", {"suggested_horarios": dict(by_day)} if (windows := _windows(by_day)) is not None:
            return Proposal({"modo": SCHEDULED, "horarios": windows}, frozenset({"horarios"}))
    return None


def _windows(by_day: JsonObject) -> list[Json] | None:
    """One entry for each window, with all the days that have it; ``None`` of what has another shape."""
    days_of: dict[tuple[str, str], list[str]] = {}
    for day, windows in by_day.items():
        if not isinstance(windows, list):
            return None
        for window in windows:
            match window:
                case {"inicio": str(start), "fin": str(end)}:
                    days_of.setdefault((start, end), []).append(day)
                case _:
                    return None
    return [{"dias": days, "inicio": start, "fin": end} for (start, end), days in days_of.items()]
