"""What a broker retains of devices that are gone, on its way out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable


class RetainedClearing:
    """Which empty messages are out that have the broker retain nothing, and which of them come back to us.

    The writer's thread sends, the network thread hears. What was not confirmed on its connection is asked
    for again on the next one. Nothing of paho's is called in here: it holds locks of its own while it
    tells of a confirmation.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[int, int] = {}
        """Whose message it is, by its identifier."""
        self._unconfirmed: Counter[int] = Counter()
        """How many are, by device."""
        self._echoes: Counter[str] = Counter()

    def begin(self, device_id: int, messages: int, heard: Iterable[str]) -> None:
        """So many will be sent; those on topics that we hear ourselves come back to us."""
        with self._lock:
            self._unconfirmed[device_id] = messages
            self._echoes.update(heard)

    def sent(self, device_id: int, mid: int) -> None:
        with self._lock:
            self._owners[mid] = device_id

    def confirm(self, mid: int) -> int | None:
        """Whose last message that was, if it was one."""
        with self._lock:
            device_id = self._owners.pop(mid, None)
            if device_id is None:
                return None
            self._unconfirmed[device_id] -= 1
            if self._unconfirmed[device_id]:
                return None
            del self._unconfirmed[device_id]
            return device_id

    def expects(self, topic: str) -> bool:
        """Whether an empty message on ``topic`` is one of ours, which it then no longer is."""
        with self._lock:
            if topic not in self._echoes:
                return False
            self._echoes[topic] -= 1
            if not self._echoes[topic]:
                del self._echoes[topic]
            return True

    def abandon(self) -> None:
        """The connection is gone; what it has carried may still come back to us by the next one."""
        with self._lock:
            self._owners.clear()
            self._unconfirmed.clear()
