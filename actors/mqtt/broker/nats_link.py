"""The embedded nats-server's own protocol, as far as it is asked and told what MQTT has no words for.

A request is answered or is given up; the connection is made when it is first needed, and anew when it
was lost.
"""

from __future__ import annotations

import json
import socket
import threading
from typing import IO, Any, Final

_TIMEOUT: Final = 2.0
_INBOX: Final = "_INBOX.iot"


class NoAnswer(OSError):
    """The server did not answer, or refused; the text says what it said."""


class NatsLink:
    """Requests to the server at ``port`` of this machine, one at a time, from any thread."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._port = port
        self._login = {"user": user, "pass": password}
        self._socket: socket.socket | None = None
        self._stream: IO[bytes] | None = None
        self._asked = 0
        self._lock = threading.Lock()

    def ask(self, subject: str, body: object = None) -> Any:
        """The answer, from JSON. Raises :class:`NoAnswer`."""
        payload = b"" if body is None else json.dumps(body).encode()
        with self._lock:
            try:
                answer = self._ask(subject, payload)
            except (OSError, ValueError) as error:
                self._drop()
                raise NoAnswer(f"{subject}: {error}") from None
        if isinstance(answer, dict) and (refused := answer.get("error")):
            raise NoAnswer(f"{subject}: {refused.get('description', refused)}")
        return answer

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, subject: str, payload: bytes) -> Any:
        sock, stream = self._connected()
        self._asked += 1
        inbox = f"{_INBOX}.{self._asked}"
        sock.sendall(b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), inbox.encode(), len(payload), payload))
        while True:
            kind, *words = self._line(stream).split()
            if kind == b"PING":
                sock.sendall(b"PONG\r\n")
            elif kind in (b"MSG", b"HMSG"):
                said = stream.read(int(words[-1]) + 2)
                if words[0] == inbox.encode():  # else the answer to a question that was given up
                    if kind == b"HMSG":
                        raise ValueError(said.decode(errors="replace").strip())
                    return json.loads(said)
            elif kind == b"-ERR":
                raise ValueError(b" ".join(words).decode(errors="replace"))

    def _connected(self) -> tuple[socket.socket, IO[bytes]]:
        if self._socket is None or self._stream is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), _TIMEOUT)
            self._stream = self._socket.makefile("rb")
            self._line(self._stream)  # INFO
            hello = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True}
            greeting = json.dumps({**hello, "lang": "python", "version": "1", **self._login}).encode()
            self._socket.sendall(b"CONNECT %b\r\nSUB %b.* 1\r\n" % (greeting, _INBOX.encode()))
        return self._socket, self._stream

    @staticmethod
    def _line(stream: IO[bytes]) -> bytes:
        line = stream.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the connection was closed")
        return line

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._stream = None
