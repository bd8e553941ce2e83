"""How the notifier hears that there are findings."""

from __future__ import annotations

from typing import Any

import pykka

from actors.domain.findings import KeptFinding
from actors.domain.model import Device
from actors.messages import DeviceGone, FindingKept, Removal
from actors.ports import EventSink, ScanNews
from actors.runtime.dispatch import tell_if_alive


class NoticingSink:
    """An :class:`actors.ports.EventSink` that tells a notifier, once it is met, of findings on disk and
    of devices that go, too.
    """

    def __init__(self, events: EventSink) -> None:
        self._events = events
        self._notifier: pykka.ActorRef[Any] | None = None

    def attach(self, notifier: pykka.ActorRef[Any]) -> None:
        self._notifier = notifier

    def device_updated(self, device: Device) -> None:
        self._events.device_updated(device)

    def device_removed(self, removal: Removal) -> None:
        self._events.device_removed(removal)
        if self._notifier is not None:
            tell_if_alive(self._notifier, DeviceGone(removal.device_id))

    def finding_made(self, finding: KeptFinding) -> None:
        self._events.finding_made(finding)
        if self._notifier is not None:
            tell_if_alive(self._notifier, FindingKept())

    def scan_told(self, news: ScanNews) -> None:
        self._events.scan_told(news)
