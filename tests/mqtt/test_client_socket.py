"""The socket under the MQTT client, and the other end of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from actors.mqtt.protocol.client import BufferedSocket
from tests.brokers import PATIENCE


def test_a_broker_that_trickles_holds_up_nobody_who_leaves() -> None:
    """It says something all the time, and never closes: the silence that is waited for never comes."""
    ours, theirs = socket.socketpair()
    left = threading.Event()

    def trickle() -> None:
        with suppress(OSError):
            while not left.wait(0.01):
                theirs.send(b"x")

    def leave() -> None:
        BufferedSocket(ours).read_out(0.5, 0.1)

    threads = [threading.Thread(target=each, daemon=True) for each in (trickle, leave)]
    with ours, theirs:
        for thread in threads:
            thread.start()
        threads[1].join(PATIENCE)
        gone = not threads[1].is_alive()
        left.set()
        threads[0].join(PATIENCE)
    assert gone


def test_what_a_broker_has_yet_to_say_is_read_until_it_closes() -> None:
    """Or it would be cut off before it has read what we sent last."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.send(b"last")
        theirs.send(b"y" * 100_000)
        reader = threading.Thread(
            target=BufferedSocket(ours).read_out, args=(PATIENCE, PATIENCE), daemon=True
        )
        reader.start()
        found = b""
        while more := theirs.recv(1 << 16):
            found += more
        assert found == b"last"
        assert reader.is_alive(), "it waits for the broker to close"
        theirs.shutdown(socket.SHUT_WR)
        reader.join(PATIENCE)
        assert not reader.is_alive()
