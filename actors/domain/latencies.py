"""How long things took, counted by length: cheap enough to be done for each report."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

# Seconds, each the longest that its count takes in: from what a message takes on an idle machine to what
# makes people call a system broken.
BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Latencies:
    """A histogram since the start. One thread at a time counts; any may read."""

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0
        """Seconds, of all of them."""

    def count(self, seconds: float) -> None:
        """Less than nothing, which a clock may say, counts as nothing."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        if seconds > 0:
            self.total += seconds

    @property
    def counts(self) -> tuple[int, ...]:
        """How many were at most as long as each of :data:`BOUNDS` and longer than the one before; last, the
        longer ones."""
        return tuple(self._counts)
