"""What a rule may do by itself, where a person has allowed it: to have its own proposal applied."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import pykka

from actors.domain.findings import Decision, KeptFinding
from actors.domain.logbook import Cause, Origin
from actors.domain.model import Device
from actors.domain.refusals import Refusal, Refused
from actors.messages import ApplyFinding
from actors.runtime.backoff import Backoff
from actors.runtime.clock import Clock
from actors.runtime.dispatch import tell_if_alive

logger = logging.getLogger(__name__)

BY_RULE: Final = Origin(Cause.RULE)
NOT_NOW: Final = (Refusal.QUARANTINED, Refusal.FAILED, Refusal.NOT_STORED)
AGAIN: Final = Backoff(10.0, 600.0)
# Over some two hours; an advice is not worth more.
MOST_TRIES: Final = 16


class Applier:
    """Has the directory apply what acts, once that is on disk: as if a person had taken the proposal, and
    marked as such. ``unapplied`` are those that a stop came before."""

    def __init__(
        self, clock: Clock, directory: pykka.ActorRef[Any], unapplied: Iterable[KeptFinding]
    ) -> None:
        self._clock = clock
        self._directory = directory
        for finding in unapplied:
            self._apply(finding)

    def hear(self, finding: KeptFinding) -> None:
        if finding.finding.acts and finding.begins and finding.decision is Decision.OPEN:
            self._apply(finding)

    def _apply(self, finding: KeptFinding, tries: int = 1) -> None:
        tell_if_alive(
            self._directory, ApplyFinding(finding, partial(self._conclude, finding, tries), BY_RULE)
        )

    def _conclude(self, finding: KeptFinding, tries: int, answer: Device | Refused) -> None:
        """What people have changed since is left to them; what could not be done now is tried again."""
        if not isinstance(answer, Refused):
            return
        logger.warning("advice_refused why=%s about=%s", answer.why.value, dict(answer.about))
        if answer.why in NOT_NOW and tries < MOST_TRIES:
            self._clock.call_later(AGAIN.after(tries), partial(self._apply, finding, tries + 1))
