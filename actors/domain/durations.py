"""Lengths of time, in seconds."""

from typing import Final

HOUR_S: Final = 3_600
DAY_S: Final = 24 * HOUR_S
