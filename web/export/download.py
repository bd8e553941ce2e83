"""What every download has in common: made on threads of its own, as far as the client takes it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from tornado.iostream import StreamClosedError

from web.http.handler import Handler
from web.http.services import Services
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Sent at a time, each within the time that a stalled client has: a phone takes it over the worst of Wi-Fi.
CHUNK: Final = 64 * 1024
BUSY_S: Final = 15
# Between two reads. Without it who waits for the interpreter gets it after 5 ms, and each answer to
# somebody else takes some of these.
PAUSE_S: Final = 0.0005


class Abandoned(Exception):
    """The client has gone."""


class Download(Handler):
    """No further than the client takes it, and no more once that is gone."""

    def initialize(self, services: Services) -> None:
        super().initialize(services)
        self._gone = threading.Event()
        self._closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def on_connection_close(self) -> None:
        super().on_connection_close()
        self._gone.set()
        self._closed.set_result(None)

    def go_on(self) -> None:
        """Called before each read, not on the loop, which has the interpreter meanwhile."""
        if self._gone.wait(PAUSE_S):
            raise Abandoned

    async def in_turn(self, send: Callable[[], Awaitable[None]]) -> None:
        """Have it sent, unless as many are under way as there may be."""
        under_way = self.services.exporting
        if len(under_way) >= self.services.limits.exports:
            raise Problem(Fault.TOO_MANY_EXPORTS, retry_after=BUSY_S, count=len(under_way))
        under_way.add(self)
        try:
            await send()
        except (Abandoned, StreamClosedError):
            pass
        finally:
            self._gone.set()
            under_way.discard(self)

    async def send(self, chunks: Iterator[bytes], announce: Callable[[], None]) -> None:
        """Whatever the first of them takes: until there is one, nothing is announced."""
        chunk = await self.work(partial(next, chunks, b""))
        announce()
        try:
            while chunk:
                for begin in range(0, len(chunk), CHUNK):
                    await self._push(chunk[begin : begin + CHUNK])
                chunk = await self.work(partial(next, chunks, b""))
        except BaseException:
            # Or what was sent until now would end like a whole file.
            self.connection.close()
            raise

    async def _push(self, data: bytes) -> None:
        self.write(data)
        sent = self.flush()
        # Not cancelled when it takes too long: Tornado logs a traceback for each such write.
        either = asyncio.FIRST_COMPLETED
        await asyncio.wait([sent, self._closed], timeout=self.services.limits.stall, return_when=either)
        if self._gone.is_set():
            raise Abandoned
        if not sent.done():
            logger.info("client_stalled address=%s", self.request.remote_ip)
            raise Abandoned
        sent.result()

    async def work(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.services.exports, work)
