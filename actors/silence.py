"""How long one device may be silent yet, and the timer by which it is found out."""

from __future__ import annotations

import math
from collections.abc import Callable

from actors.domain.model import Device
from actors.domain.patience import Patience
from actors.lapses import ROUNDING
from actors.runtime.clock import Clock


class Silence:
    """``ring`` is called on any thread once the device may have been silent too long, and so leads to
    :meth:`is_over` by a message. All times here are monotonic.

    There is one timer, armed lazily: a report only says when it came, and the timer that rings too early
    starts again for what is left. What the device is allowed is worked out then, and not at each report.
    """

    __slots__ = (
        *("_at_least", "_clock", "_grace", "_heard_at", "_patience"),
        *("_ring", "_rings_at", "_spared_until", "connected_until"),
    )

    def __init__(self, clock: Clock, patience: Patience, grace: float, ring: Callable[[], object]) -> None:
        """``grace`` is for how many seconds a device is spared that nobody could hear before."""
        self._clock = clock
        self._patience = patience
        self._at_least = 0.0
        """Seconds that it is allowed now, however its rhythm changes."""
        self._grace = grace
        self._ring = ring
        self._heard_at = 0.0
        self._spared_until = 0.0
        self._rings_at: float | None = None
        self.connected_until = 0.0
        """Its connection is believed to live until then; for ever, once it has said so."""

    def hear(self, device: Device) -> None:
        """It has spoken just now. Where the timer rings before anybody can lose patience, all else is left to
        that: 0.5 µs."""
        self._heard_at = now = self._clock.monotonic()
        self._spared_until = 0.0
        if self._rings_at is None or self._rings_at > now + self._at_least:
            self._arm(device, now)

    def expect(self, device: Device) -> None:
        """It was heard by somebody before, or is allowed another silence from now on."""
        self._at_least = 0.0
        patience = self._patience.with_device(device)
        if device.online and patience is not None:
            now = self._clock.monotonic()
            # Bounded, as the clock on the wall may have jumped.
            elapsed = max(self._clock.now() - (device.seen_at or 0.0), 0.0)
            self._heard_at = now - min(elapsed, patience)
            self._spared_until = now + self._grace
            self._arm(device, now)

    def is_over(self, device: Device) -> bool:
        """Whether it was silent too long."""
        now = self._clock.monotonic() + ROUNDING
        if self._rings_at is None or now < self._rings_at:
            return False  # a timer that an earlier end has overtaken
        self._rings_at = None
        end = self._end(device) if device.online else None
        if end is None or end <= now:
            return end is not None
        self._start_timer(end, now)
        return False

    def _end(self, device: Device) -> float | None:
        """Of its patience; ``None`` where something else tells when it is gone: the end of its connection, or
        its family.
        """
        patience = self._patience.with_device(device)
        if patience is None:
            return None
        self._at_least = min(patience, self._patience.shortest)
        end = max(self._heard_at + patience, self._spared_until)
        if device.patience is not None or device.orders is not None:
            return end
        return None if self.connected_until == math.inf else max(end, self.connected_until)

    def _arm(self, device: Device, now: float) -> None:
        end = self._end(device)
        if end is not None and (self._rings_at is None or end < self._rings_at):
            self._start_timer(end, now)

    def _start_timer(self, end: float, now: float) -> None:
        self._rings_at = end
        self._clock.call_later(end - now, self._ring)
