"""Messages on their way from the broker to the disk, in order of arrival and not too many at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import pykka

from actors.domain.latencies import Latencies
from actors.messages import Delivery

MAX_UNDERWAY: Final = 64 * 1024 * 1024
"""Bytes of payloads that are handed on and not yet on disk; the one that exceeds it is the last."""


class Intake:
    """The line of deliveries that are handed on and not yet on disk.

    The broker gets its acknowledgements in the order of arrival, as MQTT asks for, so one that is
    settled early waits for those before it. A connection's message identifiers mean nothing on the
    next connection, so nothing is acknowledged on another one than it came by.
    """

    def __init__(self, limit: int, acknowledge: Callable[[Sequence[int]], None]) -> None:
        self._limit = limit
        self._acknowledge = acknowledge
        self._line: deque[Delivery] = deque()
        self._came: deque[float] = deque()
        """When each of the line did, on the monotonic clock."""
        self._sizes: deque[int] = deque()
        """Of the payload of each."""
        self._bytes = 0
        self._unsettled: set[Delivery] = set()
        self._epoch = 0
        self._open = True
        self._stalled = False
        # Guards everything above, and is held while acknowledging: a new epoch waits for that.
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self.stalls = 0
        """How often a message had to wait for room."""
        self.latencies = Latencies()
        """From when a message came until it was on disk."""

    @property
    def in_flight(self) -> int:
        return len(self._line)

    @property
    def oldest_came(self) -> float | None:
        """When the oldest of them came, on the monotonic clock."""
        try:
            return self._came[0]
        except IndexError:
            return None

    @property
    def is_open(self) -> bool:
        return self._open

    @property
    def epoch(self) -> int:
        return self._epoch

    def begin_epoch(self) -> None:
        """Another connection begins: what the last one delivered will come again, or never."""
        with self._lock:
            self._epoch += 1

    def wait_for_room(self, timeout: float) -> bool:
        """Wait at most ``timeout`` s; whether the next message may come. Once closed any may, in vain."""
        if self._has_room():
            return True
        with self._room:
            if not self._stalled:
                self._stalled = True
                self.stalls += 1
            self._stalled = not self._room.wait_for(self._has_room, timeout)
            return not self._stalled

    def _has_room(self) -> bool:
        return (len(self._line) < self._limit and self._bytes < MAX_UNDERWAY) or not self._open

    def hand_on(
        self,
        delivery: Delivery,
        to: pykka.ActorRef[Any],
        message: object,
        now: float = 0.0,
        size: int = 0,
    ) -> bool:
        """Tell, where there is room; ``False`` once closed. Raises ``ActorDeadError``, told nobody.

        ``size`` is the payload's, in bytes.
        """
        with self._room:
            if not self._open:
                return False
            self._line.append(delivery)
            self._came.append(now)
            self._sizes.append(size)
            self._bytes += size
            self._unsettled.add(delivery)
            try:
                to.tell(message)
            except pykka.ActorDeadError:
                self._line.pop()
                self._came.pop()
                self._bytes -= self._sizes.pop()
                self._unsettled.discard(delivery)
                raise
            return True

    def settle(self, deliveries: Sequence[Delivery], now: float = 0.0) -> None:
        """These are on disk. Settling one twice does no harm."""
        with self._room:
            self._unsettled.difference_update(deliveries)
            self._acknowledge_settled(now)

    def _acknowledge_settled(self, now: float) -> None:
        mids = []
        while self._line and self._line[0] not in self._unsettled:
            first = self._line.popleft()
            self.latencies.count(now - self._came.popleft())
            self._bytes -= self._sizes.popleft()
            if first.qos and first.epoch == self._epoch:
                mids.append(first.mid)
        try:
            if mids:
                self._acknowledge(mids)
        finally:
            self._room.notify_all()

    def wait_until_empty(self, timeout: float) -> bool:
        """Wait at most ``timeout`` s; whether nothing is on its way to the disk any more."""
        with self._room:
            return self._room.wait_for(lambda: not self._line, timeout)

    def close(self) -> None:
        """Hand nothing on any more; whoever waits for room is sent away."""
        with self._room:
            self._open = False
            self._room.notify_all()
