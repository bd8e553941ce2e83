"""What was not understood of whom: kept as a dead letter once, then counted, and told beside the device."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

# Of one device; further ones count as the last of them.
MAX_REASONS: Final = 8
MAX_SUBJECTS: Final = 2_000
MAX_REASON: Final = 200
"""Characters that are kept."""
# Until the same is kept as a dead letter again, s.
AGAIN_S: Final = 3_600.0
_OTHERS: Final = "otros mensajes que no se entienden"


@dataclass(slots=True)
class _Complaint:
    kept_at: float
    count: int = 0


@dataclass(slots=True)
class _Subject:
    complaints: dict[str, _Complaint] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    is_kept: bool
    """Whether it becomes a dead letter."""
    is_told: bool
    """Whether what stands beside the device is otherwise now."""


class Complaints:
    """By subject: a serial number, or the name of a dialect where no device is known."""

    def __init__(self) -> None:
        self._subjects: OrderedDict[str, _Subject] = OrderedDict()

    def add(self, subject: str, reason: str, now: float) -> Verdict:
        """``now`` is monotonic. Told at the first, the tenth, the hundredth … of a reason."""
        known = self._subjects.setdefault(subject, _Subject()).complaints
        self._subjects.move_to_end(subject)
        if len(self._subjects) > MAX_SUBJECTS:
            self._subjects.popitem(last=False)
        reason = reason[:MAX_REASON]
        if reason not in known and len(known) >= MAX_REASONS - 1:
            reason = _OTHERS
        complaint = known.get(reason)
        if complaint is None:
            complaint = known[reason] = _Complaint(now)
        is_kept = complaint.count == 0 or now - complaint.kept_at >= AGAIN_S
        if is_kept:
            complaint.kept_at = now
        complaint.count += 1
        return Verdict(is_kept, is_told=str(complaint.count).strip("0") == "1")

    def notes(self, subject: str) -> tuple[str, ...]:
        """For people, in Spanish."""
        known = self._subjects.get(subject)
        if known is None:
            return ()
        return tuple(
            reason if complaint.count == 1 else f"{reason} ({complaint.count} veces)"
            for reason, complaint in known.complaints.items()
        )

    def forget(self, subject: str) -> None:
        self._subjects.pop(subject, None)
