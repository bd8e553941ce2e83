"""When nobody is at home, as people have said it: what that is, and how it changes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, TypeAlias

from actors.domain.refusals import Refusal, Refused

# Rule 3 remembers eight weeks; what ended before that changes nothing any more.
KEPT_S: Final = 60 * 86_400.0
# Of those that are kept, and those to come; beyond this something makes them by itself.
MAX_ABSENCES: Final = 100


@dataclass(frozen=True, slots=True)
class Absence:
    """Times in seconds since the epoch."""

    id: int
    since: float
    until: float | None = None
    """``None`` as long as nobody knows."""

    def lasts(self, at: float) -> bool:
        return self.since <= at < self._end

    def meets(self, other: Absence) -> bool:
        """Whether both last at some time."""
        return self.since < other._end and other.since < self._end

    @property
    def _end(self) -> float:
        return math.inf if self.until is None else self.until


@dataclass(frozen=True, slots=True)
class Absences:
    """All that are kept; no two of them meet."""

    said: tuple[Absence, ...] = ()
    """In order of time."""
    last_id: int = 0
    """The last one that was ever given: none is given twice."""

    def after(self, change: AbsenceChange, at: float) -> tuple[Absences, Absence] | Refused:
        """The absences as they are then, without what ended long before ``at``, and the one that is
        different."""
        match change:
            case SayAbsence(since, until):
                absence = Absence(self.last_id + 1, at if since is None else since, until)
                return self._with(absence, at)
            case MoveAbsence(number, since, until) if self._of(number) is not None:
                return self._with(Absence(number, since, until), at)
            case EndAbsence(number) if (lasting := self._of(number)) is not None:
                return self._with(Absence(number, lasting.since, min(at, lasting._end)), at)
            case WithdrawAbsence(number) if (withdrawn := self._of(number)) is not None:
                return Absences(self._but(number, at), self.last_id), withdrawn
        return Refused(Refusal.NO_SUCH_ABSENCE, {"id": change.absence_id})

    def _with(self, absence: Absence, at: float) -> tuple[Absences, Absence] | Refused:
        if absence.until is not None and absence.until <= absence.since:
            return Refused(Refusal.ABSENCE_ENDS_FIRST)
        others = self._but(absence.id, at)
        if len(others) >= MAX_ABSENCES:
            return Refused(Refusal.TOO_MANY_ABSENCES, {"most": MAX_ABSENCES})
        for other in others:
            if other.meets(absence):
                return Refused(Refusal.ABSENCES_MEET, {"id": other.id})
        said = tuple(sorted((*others, absence), key=lambda each: each.since))
        return Absences(said, max(self.last_id, absence.id)), absence

    def _of(self, number: int) -> Absence | None:
        return next((each for each in self.said if each.id == number), None)

    def _but(self, number: int, at: float) -> tuple[Absence, ...]:
        """Those that are kept beside this one."""
        kept = (each for each in self.said if each.until is None or each.until > at - KEPT_S)
        return tuple(each for each in kept if each.id != number)


@dataclass(frozen=True, slots=True)
class SayAbsence:
    since: float | None
    """``None`` is now."""
    until: float | None


@dataclass(frozen=True, slots=True)
class MoveAbsence:
    """It was, or is to be, at another time."""

    absence_id: int
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class EndAbsence:
    """People are back."""

    absence_id: int


@dataclass(frozen=True, slots=True)
class WithdrawAbsence:
    """People were there after all, or are not going to leave."""

    absence_id: int


AbsenceChange: TypeAlias = SayAbsence | MoveAbsence | EndAbsence | WithdrawAbsence
