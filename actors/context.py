"""What every device actor, and every rule actor of a device, is given of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any

import pykka

from actors.domain.patience import Patience
from actors.domain.rule import RuleFactory
from actors.domain.sun import Sun
from actors.ports import CommandSink, DeviceSink
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher
from actors.runtime.supervision import FailureRegistry


@dataclass(frozen=True, slots=True)
class ActorContext:
    dispatcher: Dispatcher
    clock: Clock
    writer: pykka.ActorRef[Any]
    log_reader: pykka.ActorRef[Any]
    events: DeviceSink
    commands: CommandSink
    rules: Mapping[str, RuleFactory]
    patience: Patience
    """With devices that are silent."""
    startup_grace: float
    """Seconds that a device has to report in the first time, since nobody could hear it before."""
    timekeeper: pykka.ActorRef[Any] | None = None
    """Who keeps the schedules of devices that do not; without one nobody does."""
    sun: Sun | None = None
    """As it is seen from the house, where that is known."""
    failure_registry: FailureRegistry = field(default_factory=FailureRegistry)
    stored_presence: float = 0.0
    """Seconds for which an ``online`` that the broker has retained is believed; 0 where it may be older than
    the broker."""
    claim_window: float = 0.0
    """Seconds after its start in which a device without a code can be claimed; 0 is always."""
    zone: tzinfo = UTC
    """Of the house: devices keep their schedules by it."""
