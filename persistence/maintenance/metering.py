"""Adding what rows of the log tell of consumption to its hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from persistence.storage.upkeep import TidiedStore


@dataclass(frozen=True, slots=True)
class AddUsed:
    """Adds what the device's rows ``after < n <= upto`` tell of; they are added once or never."""

    device_id: int
    after: int
    upto: int
    hours: Mapping[int, float] = field(repr=False)
    """kWh by when the hour begins, seconds since the epoch."""
    meter: str = field(repr=False)
    """What is known after them, as it is stored."""

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.add_used(self.device_id, self.after, self.upto, self.hours, self.meter)


@dataclass(frozen=True, slots=True)
class DropUsed:
    """Hours of consumption up to the one that begins at ``upto``."""

    device_id: int
    upto: int

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_used(self.device_id, self.upto)


@dataclass(frozen=True, slots=True)
class DropUsedAhead:
    """Hours of consumption that begin after ``after``, which a clock that was ahead has made."""

    device_id: int
    after: float
    """Seconds since the epoch."""

    def __call__(self, store: TidiedStore) -> int:
        return store.tidying.drop_used_ahead(self.device_id, self.after)
