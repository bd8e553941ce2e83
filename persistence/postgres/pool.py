"""A few connections for those who read, or write for a moment, on whatever thread they are."""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from actors.domain.status import Hindrance
from persistence.postgres.connection import Connection, Server, connect
from persistence.postgres.faults import explaining
from persistence.storage.faults import UnusableDatabase

MOST: Final = 4
# For how long somebody waits for one, s.
PATIENCE: Final = 10.0


class Pool:
    """At most ``most`` connections, made when they are needed, the last used first.

    One that the server has ended meanwhile, as at a restart, is not lent again.
    """

    def __init__(
        self,
        server: Server,
        most: int = MOST,
        patience: float = PATIENCE,
        opened: Callable[[Server], Connection] = connect,
    ) -> None:
        self.server = server
        self._opened = opened
        self._patience = patience
        self._free = threading.Semaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One for the caller alone. Whatever it has left open is undone.

        Raises :class:`UnusableDatabase`, of the statements within too.
        """
        if not self._free.acquire(timeout=self._patience):
            raise UnusableDatabase(
                f"La base de datos {self.server.where} está ocupada: no ha quedado ninguna conexión libre.",
                Hindrance.BUSY,
            )
        try:
            with explaining(self.server.where):
                lent = self._take()
                try:
                    yield lent
                finally:
                    self._put_back(lent)
        finally:
            self._free.release()

    def close(self) -> None:
        """Those that are lent are closed when they come back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                found = self._idle.pop() if self._idle else None
            if found is None:
                return self._opened(self.server)
            if _is_quiet(found):
                return found
            found.close()

    def _put_back(self, lent: Connection) -> None:
        if not lent.closed and lent.pgconn.transaction_status:
            lent.close()  # in the middle of something
        with self._lock:
            if not lent.closed and not self._closed:
                self._idle.append(lent)
                return
        lent.close()


def _is_quiet(connection: Connection) -> bool:
    """Nothing is said by a server that has not been asked, unless it ends the connection."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
