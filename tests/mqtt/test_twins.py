"""What a broker says to the question for a twin, and what it does not say because it is slow."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from actors.mqtt.twins import Identity, Unaskable, Way, living_twin

WHO = Identity("iot-backend-test", 1_000.0)
ANYHOW = Way("", "", None)

CONNECT, PUBLISH, SUBSCRIBE = 0x10, 0x32, 0x82
ALL = (CONNECT, PUBLISH, SUBSCRIBE)


def read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (more := connection.recv(count - len(found))):
            raise ConnectionResetError
        found += more
    return found


def answer(kind: int, body: bytes) -> bytes:
    if kind == CONNECT:
        return b"\x20\x02\x00\x00"
    if kind == SUBSCRIBE:
        return b"\x90\x05" + body[:2] + b"\x80\x80\x80"
    topic = int.from_bytes(body[:2], "big")
    return b"\x40\x02" + body[2 + topic :][:2]


def serve(connection: socket.socket, answered: tuple[int, ...]) -> None:
    """All packets here are short, so their length is one byte."""
    with connection, suppress(OSError):
        while True:
            kind, length = read(connection, 2)
            body = read(connection, length)
            if kind in answered:
                connection.sendall(answer(kind, body))


@contextmanager
def broker(*answered: tuple[int, ...]) -> Iterator[int]:
    """It allows nothing, and answers these packets of its clients, one after the other; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            for each in answered:
                with suppress(OSError):
                    serve(listener.accept()[0], each)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("answered", [[()], [(CONNECT,), ()], [ALL, (CONNECT,)], [ALL, (CONNECT, SUBSCRIBE)]])
def test_one_that_is_slow_is_asked_another_time(answered: list[tuple[int, ...]]) -> None:
    with broker(*answered) as port:
        assert living_twin(WHO, ANYHOW, "127.0.0.1", port) is None


def test_one_that_takes_the_question_and_does_not_hand_it_on_cannot_be_asked() -> None:
    with broker(ALL, ALL) as port, pytest.raises(Unaskable):
        living_twin(WHO, ANYHOW, "127.0.0.1", port)
