"""Set by hand for a while: until when, as it stands in a device's configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from actors.domain.json_values import Json

UNTIL: Final = "manual_hasta"
"""When a device in mode ``manual`` goes back to its schedule, ISO 8601 with its zone."""
_LONGEST: Final = 40


def moment_of(value: Json) -> float | None:
    """Seconds since the epoch; ``None`` of what is no moment."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    try:
        told = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if told.tzinfo is None else told.timestamp()
