"""A short name for what a finding says, equal for two that say the same."""

from __future__ import annotations

import hashlib
import json

from actors.domain.model import Json


def fingerprint(said: Json) -> str:
    """Sixteen hexadecimal digits, whatever the order of the keys."""
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
