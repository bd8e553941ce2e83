"""How long to wait before a failed actor is started again."""

from __future__ import annotations

from typing import Final

FIRST_DELAY: Final = 0.1
LONGEST_DELAY: Final = 30.0
# An actor that has lived this long since its last failure has recovered.
HEALTHY_AFTER: Final = 60.0


class Backoff:
    """Doubling delays, forgotten after :data:`HEALTHY_AFTER` seconds without a failure."""

    __slots__ = ("_failed_at", "_failures")

    def __init__(self) -> None:
        self._failures = 0
        self._failed_at = 0.0

    def after_failure(self, monotonic: float) -> float:
        """Seconds to wait after a failure at ``monotonic``."""
        if monotonic - self._failed_at > HEALTHY_AFTER:
            self._failures = 0
        self._failed_at = monotonic
        self._failures += 1
        # 2**8 * 0.1 s is beyond the longest delay; the bound keeps the power small.
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self._failures - 1, 8))
