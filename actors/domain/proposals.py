"""What a proposal rests on, and what becomes of the device that takes it. Pure."""

from __future__ import annotations

from typing import Final

from actors.domain.findings import Finding, KeptFinding
from actors.domain.model import SCHEDULED, Change, Device, Json, JsonObject
from actors.domain.refusals import Refusal, Refused
from actors.domain.schedule import ScheduleError, alike, check, has_schedule

_WINDOWS: Final = "horarios"


def basis_of(finding: Finding, configuration: JsonObject) -> JsonObject:
    """What the finding's proposal rests on, of the ``configuration`` that it was concluded from."""
    names = () if finding.proposal is None else finding.proposal.rests_on
    return {name: configuration[name] for name in names if name in configuration}


def applied(kept: KeptFinding, device: Device) -> Device | Refused:
    """The device once it has what the finding proposes, or why it cannot take that.

    Whatever the proposal rests on has to be as it was, or to be as proposed already; of what is, nothing
    changes.
    """
    proposal = kept.finding.proposal
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
    if changes.get("modo") == SCHEDULED and not has_schedule({**now, **changes}):
        # Its schedule has gone since, or an older version proposed this without looking.
        return Refused(Refusal.PROPOSAL_INVALID, {"path": _WINDOWS})
    return device.after_change(Change(configuration=changes))


def _has_moved(name: str, kept: KeptFinding, now: JsonObject) -> bool:
    return kept.basis is None or not _agree(name, kept.basis.get(name), now.get(name))


def _agree(name: str, one: Json, other: Json) -> bool:
    """Windows are the same if their times are, however they are written."""
    return bool(one == other) or (name == _WINDOWS and alike(one, other))
