"""What a finding proposes, what that rests on, and what becomes of the device that takes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from actors.findings import Finding, KeptFinding
from actors.model import SCHEDULED, Change, Device, Json, JsonObject, Refusal, Refused
from actors.schedule import ScheduleError, WeeklyWindows, check, parse

_WINDOWS: Final = "horarios"


@dataclass(frozen=True, slots=True)
class Proposal:
    """``configuration`` is what is to be merged into the device's, key by key."""

    configuration: JsonObject
    rests_on: frozenset[str]
    """The names in it of which the rule has looked at what the device had there."""


def proposal_of(finding: Finding) -> Proposal | None:
    """``None`` where there is only something to be seen, or what is stored has lost the proposal's shape."""
    match finding.rule, finding.details:
        case "misconfig", {"suggested_patch": {"configuracion": dict(patch)}}:
            return Proposal(patch, frozenset(patch))
        case "learn", {"suggested_horarios": dict(by_day)} if (windows := _windows(by_day)) is not None:
            # Not on the mode: what was learned is when the device is in use, whatever switches it.
            return Proposal({"modo": SCHEDULED, _WINDOWS: windows}, frozenset({_WINDOWS}))
    return None


def basis_of(finding: Finding, configuration: JsonObject) -> JsonObject:
    """What the finding's proposal rests on, of the ``configuration`` that it was concluded from."""
    proposal = proposal_of(finding)
    names = () if proposal is None else proposal.rests_on
    return {name: configuration[name] for name in names if name in configuration}


def applied(kept: KeptFinding, device: Device) -> Device | Refused:
    """The device once it has what the finding proposes, or why it cannot take that.

    Whatever the proposal rests on has to be as it was, or to be as proposed already; of what is, nothing
    changes.
    """
    proposal = proposal_of(kept.finding)
    if proposal is None:
        return Refused(Refusal.NOTHING_PROPOSED, {"rule": kept.finding.rule})
    try:
        check(proposal.configuration)
    except ScheduleError as error:
        return Refused(Refusal.PROPOSAL_INVALID, {"path": error.path})
    now = device.configuration
    changes = {
        name: value
        for name, value in proposal.configuration.items()
        if not _agree(name, value, now.get(name))
    }
    moved = sorted(name for name in proposal.rests_on.intersection(changes) if _has_moved(name, kept, now))
    if moved:
        return Refused(Refusal.MOVED_ON, {"names": ", ".join(moved)})
    return device.after_change(Change(configuration=changes))


def _has_moved(name: str, kept: KeptFinding, now: JsonObject) -> bool:
    return kept.basis is None or not _agree(name, kept.basis.get(name), now.get(name))


def _agree(name: str, one: Json, other: Json) -> bool:
    """Windows are the same if their times are, however they are written."""
    if name != _WINDOWS or one == other:
        return bool(one == other)
    times = _times(one)
    return times is not None and times == _times(other)


def _times(horarios: Json) -> WeeklyWindows | None:
    try:
        return parse({_WINDOWS: horarios}).power
    except ScheduleError:
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
