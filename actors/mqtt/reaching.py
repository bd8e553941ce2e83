"""Who hears what is told to it now.

A broker that has just come back is there before its devices are, and an order goes to nobody until they
are. So whoever has spoken since the connection began is told, and whoever cannot be expected to speak is
given the time to come back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from actors.messages import Reachability

RETURN_S: Final = 0.2
"""From a device's first word until it is told: it may subscribe after it has said that it is there."""
SILENT_S: Final = 30.0
"""The same from the broker's return for one that neither speaks by itself nor answers."""


class Reaching:
    """``tell`` hears what the directory is to know. Times are of the monotonic clock, in seconds."""

    def __init__(self, tell: Callable[[Reachability], object]) -> None:
        self._tell = tell
        self._reached: set[str] = set()
        self._returning: OrderedDict[str, float] = OrderedDict()
        """Who has spoken, and when it can be told."""
        self._presumed: OrderedDict[str, float] = OrderedDict()

    def is_reached(self, serial: str) -> bool:
        return serial in self._reached

    def heard(self, serials: Iterable[str], now: float) -> None:
        for serial in serials:
            if serial not in self._reached:
                self._returning.setdefault(serial, now + RETURN_S)

    def presume(self, serial: str, now: float) -> None:
        if serial not in self._reached:
            self._presumed.setdefault(serial, now + SILENT_S)

    def lost(self, serial: str) -> None:
        """It is gone, or was said to be."""
        self._returning.pop(serial, None)
        self._presumed.pop(serial, None)
        if serial in self._reached:
            self._reached.remove(serial)
            self._tell(Reachability(serial, False))

    def lost_all(self) -> None:
        for serial in [*self._reached, *self._returning, *self._presumed]:
            self.lost(serial)

    @property
    def next_due(self) -> float | None:
        due = [next(iter(each.values())) for each in (self._returning, self._presumed) if each]
        return min(due, default=None)

    def tell_due(self, now: float) -> None:
        for waiting in (self._returning, self._presumed):
            while waiting and next(iter(waiting.values())) <= now:
                serial, _ = waiting.popitem(last=False)
                if serial not in self._reached:
                    self._reached.add(serial)
                    self._tell(Reachability(serial, True))
