"""What a broker says to the question for a twin, and what it does not say because it is slow."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from actors.mqtt import twins
from actors.mqtt.twins import BrokerAccess, Identity, Unaskable, living_twin
from actors.runtime.backoff import Backoff
from tests.brokers import PATIENCE

WHO = Identity("iot-backend-test", 1_000.0)
ANYHOW = BrokerAccess("", "", None)

CONNECT, PUBLISH, SUBSCRIBE = 0x10, 0x32, 0x82
# As CONNECT, with a session that is there already.
RESUMED = 0x1F
ALL = (CONNECT, PUBLISH, SUBSCRIBE)


def read(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        if not (more := connection.recv(count - len(found))):
            raise ConnectionResetError
        found += more
    return found


def answer(kind: int, body: bytes) -> bytes:
    if kind in (CONNECT, RESUMED):
        return b"\x20\x02" + bytes([kind == RESUMED, 0])
    if kind == SUBSCRIBE:
        return b"\x90\x05" + body[:2] + b"\x80\x80\x80"
    topic = int.from_bytes(body[:2], "big")
    return b"\x40\x02" + body[2 + topic :][:2]


def serve(connection: socket.socket, answered: tuple[int, ...], came: list[tuple[bytes, bool]]) -> None:
    """All packets here are short, so their length is one byte."""
    with connection, suppress(OSError):
        while True:
            kind, length = read(connection, 2)
            body = read(connection, length)
            if kind == CONNECT:
                came.append((body[12:], not body[7] & 2))
                kind = RESUMED if RESUMED in answered else CONNECT
            if kind in answered:
                connection.sendall(answer(kind, body))


@contextmanager
def broker(*answered: tuple[int, ...], came: list[tuple[bytes, bool]] | None = None) -> Iterator[int]:
    """It allows nothing, and answers these packets of its clients, one after the other; the port.

    ``came`` is told of each what it calls itself, and whether it asks for a lasting session.
    """
    noted = [] if came is None else came
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            for each in answered:
                with suppress(OSError):
                    serve(listener.accept()[0], each, noted)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.fixture(autouse=True)
def _clears_up_soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """And does so within the test."""
    monkeypatch.setattr(twins, "_CLEAR_UP", Backoff(0.01, 0.01))
    yield
    assert all_cleared_up()


def all_cleared_up() -> bool:
    under_way = [thread for thread in threading.enumerate() if thread.name == "mqtt-sessions"]
    for thread in under_way:
        thread.join(PATIENCE)
    return not any(thread.is_alive() for thread in under_way)


@pytest.mark.parametrize("answered", [[()], [(CONNECT,), ()], [ALL, (CONNECT,)], [ALL, (CONNECT, SUBSCRIBE)]])
def test_one_that_is_slow_is_asked_another_time(answered: list[tuple[int, ...]]) -> None:
    with broker(*answered) as port:
        assert living_twin(WHO, ANYHOW, "127.0.0.1", port) is None


def test_one_that_takes_the_question_and_does_not_hand_it_on_cannot_be_asked() -> None:
    with broker(ALL, ALL) as port, pytest.raises(Unaskable):
        living_twin(WHO, ANYHOW, "127.0.0.1", port)


def test_the_session_that_a_slow_broker_may_have_made_is_removed() -> None:
    """Once it answers, and says that a session is its client's alone."""
    came: list[tuple[bytes, bool]] = []
    with broker((), (CONNECT,), (CONNECT,), (CONNECT,), came=came) as port:
        assert living_twin(WHO, ANYHOW, "127.0.0.1", port) is None
        assert all_cleared_up()
    (first, _), (probe, _) = came[:2]
    assert came == [(first, True), (probe, True), (first, False), (probe, False)]
    assert first != probe


def test_a_session_that_all_of_a_login_share_is_not_emptied() -> None:
    """A slow broker turns out to go by logins: what is kept there for the backend stays."""
    came: list[tuple[bytes, bool]] = []
    with broker((), (RESUMED,), came=came) as port:
        assert living_twin(WHO, ANYHOW, "127.0.0.1", port) is None
        assert all_cleared_up()
    assert [lasting for _, lasting in came] == [True, True]


def test_no_session_is_left_where_the_broker_answers() -> None:
    """The next client, by the same name, begins and ends with a clean one."""
    came: list[tuple[bytes, bool]] = []
    with broker(ALL, ALL, came=came) as port, pytest.raises(Unaskable):
        living_twin(WHO, ANYHOW, "127.0.0.1", port)
    (name, _), _ = came
    assert came == [(name, True), (name, False)]
