"""Which rules there are, and by which events of ``/stream/ai`` each tells what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OFFLINE: Final = "ai_offline"
BACK_ONLINE: Final = "ai_back_online"
EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "extremos": ("ai_anomaly",),
    "misconfig": ("ai_misconfig",),
    "learn": ("ai_suggest",),
    "offline": (OFFLINE, BACK_ONLINE),
    "alarma": ("ai_alarm",),
    "clima": ("ai_weather",),
}
"""By the rule's name on the wire."""
ENDS: Final[Mapping[str, str]] = {BACK_ONLINE: OFFLINE}
"""Events that only say that the episode is over which another one has told of: to clients of the original,
which know no episodes."""
