"""A TCP proxy between a browser and the server, which can be cut and mended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.web.site import PATIENCE

_CHUNK = 65_536


class Proxy:
    """While it is not cut, listens on a free port of 127.0.0.1 and hands everything on to ``target``."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def aim(self, target: int) -> None:
        """Hand on to another port from the next connection on."""
        self._target = target

    def mend(self) -> None:
        """Listen, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = int(self._listener.getsockname()[1])
        self._begin(self._accept, self._listener)

    def cut(self) -> None:
        """End all connections and refuse new ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            # What waits in accept() is woken by a shutdown only.
            _close(listener)
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            _close(end)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with self._lock:
                if self._listener is not listener:
                    _close(near)
                    _close(far)
                    return
                self._ends |= {near, far}
            self._begin(_hand_on, near, far)
            self._begin(_hand_on, far, near)

    def _begin(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE)


def _hand_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either end may go at any time
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    _close(source)
    _close(sink)


def _close(end: socket.socket) -> None:
    """Also for the thread that waits on it."""
    with suppress(OSError):  # its other end was faster
        end.shutdown(socket.SHUT_RDWR)
    end.close()
