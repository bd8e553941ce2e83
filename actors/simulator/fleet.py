"""Many simulated devices, each with its own connection and last will, on one thread.

A device needs a connection of its own for its last will, and with a paho thread for each, 200 devices
would be 200 threads. So paho's clients are driven from here: one selector waits for all sockets and
for the next moment at which a device has something to do. 200 devices that report every 5 s take 3 to
4 % of one core.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import selectors
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from actors.runtime.clock import Clock
from actors.simulator.device import SimulatedDevice
from actors.simulator.link import Address, CircuitBreaker, Link

logger = logging.getLogger(__name__)

# The longest that stop() waits for the thread to look up from an idle selector.
_PATIENCE_S: Final = 0.2
# For the broker to close all connections that are ended.
_CLOSING_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Counters:
    """``sent`` counts each report once, ``resent`` its repetitions; ``kept`` have no receipt yet."""

    connected: int
    sent: int
    resent: int
    receipted: int
    kept: int


class Simulator:
    """Runs the devices on a thread of its own between :meth:`start` and :meth:`stop`.

    Without a thread :meth:`turn` drives it step by step. ``local`` tells the wall-clock time at an
    epoch second, by which a device follows its schedule until it is told the house's zone. ``logins``
    has the passwords, by serial number, of devices that log in by themselves; the others share
    ``username``.
    """

    def __init__(
        self,
        host: str,
        port: int,
        devices: Sequence[SimulatedDevice],
        clock: Clock,
        username: str = "",
        password: str = "",
        local: Callable[[float], datetime] = datetime.fromtimestamp,
        logins: Mapping[str, str] = MappingProxyType({}),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        address = Address(host, port, username, password, logins, tls)
        circuit = CircuitBreaker(address)
        self._clock = clock
        # Not select(): that ends at 1,024 descriptors.
        self._selector = selectors.DefaultSelector()
        self._links = [Link(device, address, circuit, self._selector, clock, local) for device in devices]
        self._order = itertools.count()
        # A link stands there once more whenever its time changes; only the entry that agrees counts.
        self._agenda: list[tuple[float, int, Link]] = []
        self._times: dict[Link, float] = {}
        for link in self._links:
            self._schedule(link)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let every device say goodbye; returns when all connections are closed."""
        self._stopping.set()
        self._thread.join()

    @property
    def counters(self) -> Counters:
        return Counters(
            connected=sum(link.connected for link in self._links),
            sent=sum(link.sent for link in self._links),
            resent=sum(link.resent for link in self._links),
            receipted=sum(link.receipted for link in self._links),
            kept=sum(len(link.device.outbox) for link in self._links),
        )

    def turn(self, patience: float) -> None:
        """Attend to what is ready and due, after waiting for it for at most ``patience`` real seconds."""
        wait = self._agenda[0][0] - self._clock.monotonic() if self._agenda else patience
        for key, events in self._selector.select(max(0.0, min(patience, wait))):
            self._attend(key.data, events)
        now = self._clock.monotonic()
        while self._agenda and self._agenda[0][0] <= now:
            due, _, link = heapq.heappop(self._agenda)
            if due == self._times.get(link):
                del self._times[link]
                self._attend(link, 0)

    def close(self) -> None:
        """Disconnect all, with a goodbye; only where no thread runs."""
        for link in self._links:
            link.leave()
        until = self._clock.monotonic() + _CLOSING_S
        for link in self._links:
            link.linger(until)
        self._selector.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.turn(_PATIENCE_S)
        self.close()

    def _attend(self, link: Link, events: int) -> None:
        try:
            link.attend(events)
        except Exception:
            # One device's failure is not the others'.
            logger.exception("device_failed serial=%s", link.device.serial)
            link.abandon()
        self._schedule(link)

    def _schedule(self, link: Link) -> None:
        if self._times.get(link) != link.due:
            self._times[link] = link.due
            heapq.heappush(self._agenda, (link.due, next(self._order), link))
