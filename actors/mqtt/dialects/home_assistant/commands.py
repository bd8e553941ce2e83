"""Where orders may go: a device says so itself, and may not send them where others listen."""

from __future__ import annotations

import re
from typing import Final

from actors.mqtt.dialects.home_assistant.announcement import Entity, Malformed

_UNFIT: Final = re.compile(r"[+#\x00-\x1f\x7f]|^/*$|^\$")
_CLOSED: Final = ("dispositivos", "iot", "homeassistant", "tasmota/discovery")
"""Prefixes of this house and of announcements."""
MAX_TOPIC: Final = 256


def commanded(entity: Entity, name: str) -> str:
    """The topic of this name, empty where there is none. Raises :class:`Malformed` if it is not allowed."""
    topic = entity.topic(name)
    if topic and not may_be_told(topic):
        raise Malformed(f"no se ordena nada por {topic[:80]!r}")
    return topic


def may_be_told(topic: str) -> bool:
    """Whether orders may go there, as far as the topic itself tells."""
    if len(topic) > MAX_TOPIC or _UNFIT.search(topic):
        return False
    return not any(f"{topic}/".startswith(f"{prefix}/") for prefix in _CLOSED)
