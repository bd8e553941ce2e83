"""How long a device may be silent before it counts as offline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from actors.domain.kinds import sort_of
from actors.domain.model import Device
from actors.domain.readings import number_of

# Intervals that may pass: two reports may be lost and the third late.
INTERVALS: Final = 3
LONGEST_S: Final = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Patience:
    """What the house allows a device of which nobody has said more: ``least`` seconds, or by its kind those
    of ``by_kind``; 0 is any silence.
    """

    least: float
    by_kind: Mapping[str, float] = field(default_factory=dict)

    @property
    def shortest(self) -> float:
        """Nobody of whom nothing else was said is allowed less, s."""
        return min((self.least, *self.by_kind.values()))

    def with_device(self, device: Device) -> float | None:
        """Seconds; ``None`` for any silence.

        What people have said of the device itself comes first, then what its family tells, then its own
        interval, declared or learned; but by that it never has less than the house allows.
        """
        if device.patience is not None:
            return device.patience or None
        if device.orders is not None:
            return None if device.profile is None else device.profile.patience
        least = self.by_kind.get(sort_of(device)[0], self.least) if self.by_kind else self.least
        if not least:
            return None
        interval = interval_of(device)
        return least if interval is None else max(least, min(INTERVALS * interval, LONGEST_S))


def interval_of(device: Device) -> float | None:
    """The seconds between two of its reports: those that were declared, else as they were learned."""
    declared = number_of(device.configuration.get("intervalo_envio"))
    return device.rhythm.interval if declared is None or declared <= 0 else declared
