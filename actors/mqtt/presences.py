"""Who is there, of the devices that say so themselves or by their last will."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from actors.messages import Presence
from actors.mqtt.gathering import NOBODYS
from actors.runtime.clock import Clock, Timer

WILL_S: Final = 15.0
"""For which a device's going offline has to last before it counts."""


class Presences:
    """``ring`` is called with the serial number of a device that has been gone for :data:`WILL_S`, on any
    thread, and so leads to :meth:`will_is_due` by a message. ``tell`` hears what the directory is to know.
    """

    def __init__(
        self, clock: Clock, ring: Callable[[str], object], tell: Callable[[Presence], object]
    ) -> None:
        self._clock = clock
        self._ring = ring
        self._tell = tell
        self._wills: dict[str, Timer] = {}
        self._offline: set[str] = set()

    def said_offline(self, serial: str) -> None:
        """Brokers publish wills late, and devices come back at once: what lasts is told."""
        if serial not in self._wills and serial not in self._offline:
            self._wills[serial] = self._clock.call_later(WILL_S, partial(self._ring, serial))

    def will_is_due(self, serial: str) -> None:
        """Unless it has come back meanwhile."""
        if self._wills.pop(serial, None) is not None:
            self._offline.add(serial)
            self._tell(Presence(serial, False, self._clock.now(), False, NOBODYS))

    def said_online(self, serial: str, at: float) -> None:
        self._return(serial)
        self._tell(Presence(serial, True, at, False, NOBODYS))

    def spoke(self, serial: str, at: float) -> None:
        """Of something else: whoever was gone is there."""
        if self._return(serial):
            self._tell(Presence(serial, True, at, False, NOBODYS))

    def _return(self, serial: str) -> bool:
        """Whether it was told to be gone."""
        if (will := self._wills.pop(serial, None)) is not None:
            will.cancel()
        if serial not in self._offline:
            return False
        self._offline.remove(serial)
        return True

    def is_gone(self, serial: str) -> bool:
        """Whether it was last said to be, if only just now."""
        return serial in self._wills or serial in self._offline

    def forget(self, serial: str) -> None:
        self._return(serial)
