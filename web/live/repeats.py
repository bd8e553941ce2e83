"""Events of an episode that are told again while it lasts, for clients that know only its beginning."""

from __future__ import annotations

import math
from dataclasses import dataclass

from actors.domain.findings import KeptFinding

_SILENCE = "offline"


@dataclass(frozen=True, slots=True)
class Repeats:
    """How many seconds go by from one time to the next; 0: it is told once."""

    alerts_s: float = 0.0
    silences_s: float = 0.0
    """The same of rule 4, which has a setting of its own."""

    def is_due(self, kept: KeptFinding) -> bool:
        """Whether such a time has gone by since what was told before: so a restart repeats nothing."""
        finding = kept.finding
        every = self.silences_s if finding.rule == _SILENCE else self.alerts_s
        if kept.before is None or kept.ends or not every:
            return False
        return math.floor((finding.at - kept.at) / every) > math.floor((kept.before - kept.at) / every)
