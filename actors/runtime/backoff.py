"""How long to wait before trying again what has failed: twice as long each time, up to a bound. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Far more than it takes from any first wait to any longest one, and within what a float holds.
_MOST_DOUBLINGS: Final = 64


@dataclass(frozen=True, slots=True)
class Backoff:
    """In seconds, from the ``first`` wait to the ``longest``."""

    first: float
    longest: float

    def after(self, failures: int) -> float:
        """The wait after so many failures in a row, at least one."""
        return min(self.longest, self.first * 2.0 ** min(failures - 1, _MOST_DOUBLINGS))

    def longer_than(self, waited: float) -> float:
        """The wait that follows one of ``waited`` seconds; 0 for none yet."""
        return min(self.longest, max(self.first, 2.0 * waited))
