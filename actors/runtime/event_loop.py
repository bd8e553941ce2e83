"""The people's edge runs on one asyncio loop, in a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")


class LoopThread:
    """An asyncio loop that exists, and takes callbacks, before its thread runs it.

    So those who are started before the web server can already hold :meth:`call_soon`: what they
    schedule is done, in order, once :meth:`start` has been called.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Call ``callback`` on the loop; any thread may ask. After :meth:`stop` nothing happens."""
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop is closed, and whoever tells it so late is not at fault
            logger.debug("told_a_closed_loop callback=%r", callback)

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        """Call ``callback`` after ``delay`` seconds. On the loop only."""
        self._loop.call_later(delay, callback)

    def time(self) -> float:
        """Monotonic seconds; any thread may ask."""
        return self._loop.time()

    def start(self) -> None:
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], timeout: float) -> T:
        """Run ``work`` on the loop and wait for what comes of it; never called on the loop itself.

        Raises what ``work`` raises, or :class:`TimeoutError` after ``timeout`` seconds.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def stop(self, timeout: float) -> None:
        """End the loop and wait up to ``timeout`` seconds for its thread."""
        if self._thread.is_alive():
            self.call_soon(self._loop.stop)
            self._thread.join(timeout)
        elif not self._loop.is_closed():
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(_cancel_the_others())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()


async def _cancel_the_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
