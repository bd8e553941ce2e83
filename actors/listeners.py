"""Whoever wants to hear of devices and findings beside the people's edge."""

from __future__ import annotations

from collections.abc import Callable

from actors.domain.findings import KeptFinding
from actors.domain.logbook import KeptDeed
from actors.domain.model import Device
from actors.messages import Removal
from actors.ports import EventSink


class Listeners:
    """Implements :class:`actors.ports.DeviceSink` and :class:`actors.ports.FindingSink`: tells the people's
    edge, and then each who has asked for it, in the order in which they did.

    They ask before the actors begin to work; what they are is called from any thread, and returns at once.
    """

    def __init__(self, edge: EventSink) -> None:
        self._of_updates: list[Callable[[Device], object]] = [edge.device_updated]
        self._of_removals: list[Callable[[Removal], object]] = [edge.device_removed]
        self._of_findings: list[Callable[[KeptFinding], object]] = [edge.finding_made]
        self._edge = edge

    def hear_of_updates(self, listener: Callable[[Device], object]) -> None:
        self._of_updates.append(listener)

    def hear_of_removals(self, listener: Callable[[Removal], object]) -> None:
        self._of_removals.append(listener)

    def hear_of_findings(self, listener: Callable[[KeptFinding], object]) -> None:
        self._of_findings.append(listener)

    def device_updated(self, device: Device) -> None:
        for tell in self._of_updates:
            tell(device)

    def device_removed(self, removal: Removal) -> None:
        for tell in self._of_removals:
            tell(removal)

    def finding_made(self, finding: KeptFinding) -> None:
        for tell in self._of_findings:
            tell(finding)

    def deed_kept(self, kept: KeptDeed) -> None:
        """To the people's edge alone."""
        self._edge.deed_kept(kept)
