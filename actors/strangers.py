"""Devices that nobody has claimed: how many there may be, and which gives way to a newcomer."""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from collections.abc import Set
from typing import Final

from actors.domain.status import StrangersStatus
from actors.runtime.clock import Clock

logger = logging.getLogger(__name__)

# Where nothing else is said.
MAX_UNCLAIMED: Final = 500
# Such a device gives way to a newcomer once it was silent for so long, s. If more than there may be all keep
# speaking, those that came first stay: else each would push out the next, with a row made and one removed
# for each report.
QUIET_S: Final = 120.0
# A flood of strangers makes thousands give way; the log tells of it once a minute.
TELL_EVERY_S: Final = 60.0


class Strangers:
    """By serial number, the one not heard for longest first. ``status`` counts those that found no room."""

    def __init__(self, status: StrangersStatus, clock: Clock) -> None:
        self.status = status
        self._clock = clock
        self._heard_at: OrderedDict[str, float] = OrderedDict()
        """On the monotonic clock."""
        self._gave_way = _Tally()
        self._turned_away = _Tally()

    def __contains__(self, serial: str) -> bool:
        return serial in self._heard_at

    @property
    def serials(self) -> Set[str]:
        return self._heard_at.keys()

    def hear(self, serial: str) -> None:
        """It has spoken, or is one more of them."""
        self._heard_at[serial] = self._clock.monotonic()
        self._heard_at.move_to_end(serial)

    def forget(self, serial: str) -> None:
        """It is claimed, or gone; one that is none of them may be named too."""
        self._heard_at.pop(serial, None)

    @property
    def has_room(self) -> bool:
        """For a newcomer."""
        if len(self._heard_at) < max(self.status.most, 1):
            return True
        heard_at = next(iter(self._heard_at.values()))
        return heard_at + QUIET_S <= self._clock.monotonic()

    def admit(self, serial: str) -> str | None:
        """One more; where that is too many, the one that gives way, which is none of them any more."""
        self.hear(serial)
        if len(self._heard_at) <= self.status.most:
            return None
        oldest, _ = self._heard_at.popitem(last=False)
        self.status.gave_way += 1
        if count := self._gave_way.add(self._clock.monotonic()):
            logger.warning("unclaimed_gave_way devices=%d most=%d", count, self.status.most)
        return oldest

    def turn_away(self) -> bool:
        """One has spoken for whom there is no room; whether that is to be told of."""
        self.status.turned_away += 1
        count = self._turned_away.add(self._clock.monotonic())
        if count:
            logger.warning("unclaimed_wait messages=%d most=%d", count, self.status.most)
        return bool(count)


class _Tally:
    """What may happen by the thousand, and is told of once in a while."""

    def __init__(self) -> None:
        self._untold = 0
        self._told_at = -math.inf

    def add(self, now: float) -> int:
        """Once more; how often since it was told of last, if it is to be told of now, else 0."""
        self._untold += 1
        if now < self._told_at + TELL_EVERY_S:
            return 0
        count, self._untold, self._told_at = self._untold, 0, now
        return count
