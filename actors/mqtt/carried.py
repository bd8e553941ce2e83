"""Orders that were handed to the broker, until it says that it has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from paho.mqtt.client import MQTTMessageInfo

Lost: TypeAlias = Callable[[], object]
"""Called where what was sent may have been lost, at most once, on any thread."""


class Carried:
    """What has no receipt when the connection ends may have reached the broker, or not: whoever has sent it
    is told, and sends it again if the device has not done it. Any thread may call.

    Nothing of paho's is called under the lock: it holds locks of its own while it tells of a receipt.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections = 0
        self._orders: dict[int, tuple[int, Lost]] = {}
        """The order's own number and its sender, by the message's identifier."""
        self._numbers = 0

    @property
    def connection(self) -> int:
        """To be asked for before sending."""
        return self._connections

    def sent(self, connection: int, messages: Sequence[MQTTMessageInfo], lost: Lost) -> bool:
        """Whether that connection, by which they went out, has not ended meanwhile."""
        with self._lock:
            if connection != self._connections:
                return False
            self._numbers += 1
            self._orders.update((each.mid, (self._numbers, lost)) for each in messages)
        for each in messages:
            if each.is_published():  # confirmed before we knew its identifier
                self.confirmed(each.mid)
        return True

    def confirmed(self, mid: int) -> None:
        with self._lock:
            self._orders.pop(mid, None)

    def abandon(self) -> Iterable[Lost]:
        """The connection has ended: whose orders were under way by it."""
        with self._lock:
            lost = dict(self._orders.values())
            self._orders.clear()
            self._connections += 1
        return lost.values()
