"""What every device actor, and every rule actor of a device, is given of the world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pykka

from actors.dispatch import Dispatcher
from actors.ports import Clock, CommandSink, EventSink, RuleFactory
from actors.supervision import Casebook


@dataclass(frozen=True, slots=True)
class Surroundings:
    dispatcher: Dispatcher
    clock: Clock
    writer: pykka.ActorRef[Any]
    historian: pykka.ActorRef[Any]
    events: EventSink
    commands: CommandSink
    rules: Mapping[str, RuleFactory]
    offline_after: float
    """Seconds of silence after which a device counts as offline."""
    startup_grace: float
    """Seconds that a device has to report in the first time, since nobody could hear it before."""
    casebook: Casebook = field(default_factory=Casebook)
    claim_window: float = 0.0
    """Seconds after its start in which a device without a code can be claimed; 0 is always."""
