"""What a rule may do by itself, where a person has allowed it: to have its own proposal applied."""

from __future__ import annotations

import logging
from typing import Any

import pykka

from actors.domain.findings import Decision, KeptFinding
from actors.domain.model import Device
from actors.domain.refusals import Refused
from actors.messages import ApplyFinding, Removal
from actors.ports import EventSink, ScanNews
from actors.runtime.dispatch import tell_if_alive

logger = logging.getLogger(__name__)


class ApplyingSink:
    """An :class:`actors.ports.EventSink` that has the directory apply what acts, once that is on disk: as if
    a person had taken the proposal, and marked as such."""

    def __init__(self, events: EventSink) -> None:
        self._events = events
        self._directory: pykka.ActorRef[Any] | None = None

    def attach(self, directory: pykka.ActorRef[Any]) -> None:
        self._directory = directory

    def finding_made(self, finding: KeptFinding) -> None:
        self._events.finding_made(finding)
        untouched = finding.begins and finding.decision is Decision.OPEN
        if finding.finding.acts and untouched and self._directory is not None:
            tell_if_alive(self._directory, ApplyFinding(finding, _note_refusal))

    def device_updated(self, device: Device) -> None:
        self._events.device_updated(device)

    def device_removed(self, removal: Removal) -> None:
        self._events.device_removed(removal)

    def scan_told(self, news: ScanNews) -> None:
        self._events.scan_told(news)


def _note_refusal(answer: Device | Refused) -> None:
    if isinstance(answer, Refused):
        logger.warning("advice_refused why=%s about=%s", answer.why.value, dict(answer.about))
