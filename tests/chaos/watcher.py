"""A person at the live view: hears all that a stream says, and when."""

from __future__ import annotations

import threading
import time
from typing import Self

from tests.brokers import PATIENCE, wait_until
from tests.system.backend import Backend


class Watcher:
    """Listens to the devices' stream on a thread of its own, until the stream or the ``with`` block ends."""

    def __init__(self, backend: Backend) -> None:
        self.heard_at = 0.0
        """When the last event came, on the monotonic clock."""
        self.delays: list[float] = []
        """Of each report that says when it was sent (``parametros.t``, Unix time): s until it came."""
        self._stream = backend.listen()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for event in self._stream:
                self.heard_at = time.monotonic()
                sent = event.data.get("parametros", {}).get("t")
                if sent is not None:
                    self.delays.append(time.time() - sent)
        except (OSError, ValueError):
            pass  # the stream was closed, or cut in the middle of an event

    def until_heard_after(self, moment: float, patience: float = 2 * PATIENCE) -> None:
        wait_until(lambda: self.heard_at > moment, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Wakes the thread, which closing alone would not.
        self._stream.socket.shutdown(2)
        self._thread.join(PATIENCE)
        self._stream.close()
