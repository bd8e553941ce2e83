"""Why the time is not to be believed at present; the web room has the words for people."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Doubt(Enum):
    # -- of the house's clock
    BEFORE_RELEASE = auto()
    """The date is one before this version was made."""
    BEHIND = auto()
    """It is behind the newest of what is stored."""
    SILENT_BEFORE_START = auto()
    """For so long that the clock may be ahead."""
    JUMPED = auto()
    # -- of it only where something is to be deleted for being old
    JUMP_WITHIN_A_DAY = auto()
    SILENCE_WITHIN_A_DAY = auto()
    """Less than a day ago the system started after a long silence."""
    SILENT_BEFORE_LAST_DAY = auto()
    """The newest day of data comes after a week without any."""


class ClockDoubt(NamedTuple):
    why: Doubt
    jump: float = 0.0
    """By how much, s, where it has jumped."""
