"""Which rules there are, and the events of ``/stream/ai`` by which each tells what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "extremos": ("ai_anomaly",),
    "misconfig": ("ai_misconfig",),
    "learn": ("ai_suggest",),
    "offline": ("ai_offline", "ai_back_online"),
    "alarma": ("ai_alarm",),
    "clima": ("ai_weather",),
}
"""By the rule's name on the wire."""
