"""A paho client that goes to the operating system less often.

Every system call lets go of the interpreter's lock, and under load getting it back takes a turn of
each other busy thread. paho makes five of them for each message received and two for each
acknowledgement; the two classes here make one for many. Taking in and acknowledging QoS 1 reports
on 2 cores: 155 µs of processor time a message become 55, and beside a thread that never rests 2,100
messages a second become 5,700.

What is relied upon of paho's insides is relied upon in this file alone: ``_create_socket``,
``_create_socket_connection``, ``_host``, ``_sock``, ``_sock_close``, ``_packet_queue``, ``_packet_read``,
``_reset_sockets``, ``_thread``, ``_thread_main``, ``_handle_on_message`` with ``_in_callback_mutex`` and
``_userdata``, and of its timing ``_ping_t``, ``_last_bytes_received`` with ``_msgtime_mutex``, ``time_func``,
``_reconnect_wait`` and ``_reconnect_delay`` with ``_reconnect_delay_mutex``.
"""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import uniform
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from actors.runtime.backoff import Backoff

logger = logging.getLogger(__name__)

# What Linux has in a socket's buffer at most times is less; a larger one would only cost memory.
CHUNK: Final = 64 * 1024
# Packets handled before acknowledgements, pings and the socket get their turn again: about 5 ms.
MAX_PACKETS: Final = 256

_PUBACK: Final = 0x40
_ACKNOWLEDGEMENT: Final = struct.Struct("!BBH")
# Long enough for a broker in the same house, short enough for an orderly end.
_CONNECT_TIMEOUT: Final = 2.0
# Until the network is tried again, doubling: short for a broker's restart, long for a night without
# one. Each wait is up to half longer or shorter, so that who lost a broker together does not come
# back to it together.
RECONNECTS: Final = Backoff(1, 30)
JITTER: Final = 0.5
# How long the network thread waits for room before it looks at the connection again.
_HELD_BACK: Final = 0.25
# For the broker to read the last that we sent and to close the connection, s: a silence, and altogether.
_READ_OUT: Final = 0.5
_READ_OUT_MOST: Final = 1.0


class BufferedSocket:
    """A socket read :data:`CHUNK` bytes at a time, however few are asked for."""

    def __init__(self, sock: socket.socket) -> None:
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

    def read_out(self, silence: float, most: float) -> None:
        """Send no more, and wait until the other side has read all and closes: ``silence`` s for it to say
        anything, ``most`` s altogether.
        """
        ends = paho.time_func() + most
        with suppress(OSError):
            self._sock.settimeout(silence)
            self._sock.shutdown(socket.SHUT_WR)
            while self._sock.recv(CHUNK) and paho.time_func() < ends:
                pass


class Client(paho.Client):
    """An MQTT 3.1.1 client with a session that lasts and acknowledgements given by hand.

    ``wait_for_room`` is asked before each packet is read, and waits as long as it is told, s; while it
    says no nothing is read, so that the broker keeps the rest, and the connection lives on: what is
    queued goes out, pings too. ``tls``, if given, is how the broker is verified.
    """

    def __init__(
        self,
        client_id: str,
        before_connecting: Callable[[], None],
        wait_for_room: Callable[[float], bool],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self.suppress_exceptions = True
        self.connect_timeout = _CONNECT_TIMEOUT
        self._before_connecting = before_connecting
        self._wait_for_room = wait_for_room
        self._tls = tls
        self._held_back = False
        self._leaving = threading.Event()

    @property
    def running(self) -> bool:
        """Whether the network thread lives; ``is_connected`` stays true when it has died."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, host: str, port: int, keepalive: int) -> None:
        """Start the network thread, on a new connection; also after it has died."""
        self.connect_async(host, port, keepalive)
        self._reset_sockets(sockpair_only=True)
        self._leaving.clear()
        self.loop_start()

    def disconnect(
        self, reasoncode: ReasonCode | None = None, properties: Properties | None = None
    ) -> MQTTErrorCode:
        self._leaving.set()
        return super().disconnect(reasoncode, properties)

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
        # Nothing meant for the last connection gets into the next. paho would send again what was not
        # acknowledged, after ``on_connect`` and so, perhaps, after what is newer.
        self._before_connecting()
        self.drop_out_messages()
        return super().reconnect()

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        for _ in range(MAX_PACKETS):
            result = super().loop_read(max_packets)
            if result or self._held_back:
                break
            if not isinstance(self._sock, BufferedSocket) or not self._sock.pending():
                break
        return result

    def loop_misc(self) -> MQTTErrorCode:
        if not self._held_back:
            return super().loop_misc()
        # Held back, the broker's answers to our pings lie unread, so its silence proves nothing.
        self._held_back = False
        with self._msgtime_mutex:
            self._last_bytes_received = paho.time_func()
        result = super().loop_misc()
        self._ping_t = 0.0
        return result

    def _packet_read(self) -> MQTTErrorCode:
        # Whatever is under way, the broker's greeting is heard: without it there are no pings.
        self._held_back = self.is_connected() and not self._wait_for_room(_HELD_BACK)
        if self._held_back:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        return super()._packet_read()

    def _handle_on_message(self, message: paho.MQTTMessage) -> None:
        """Straight to who hears all. paho would first look for others that hear by topic, 2 of its 10 µs."""
        if self.on_message is not None:
            with self._in_callback_mutex:
                self.on_message(self, self._userdata, message)

    def _reconnect_wait(self) -> None:
        with self._reconnect_delay_mutex:
            # paho forgets it at each greeting.
            delay = RECONNECTS.longer_than(self._reconnect_delay or 0.0)
            self._reconnect_delay = int(delay)
            wait = jittered(delay)
        self._leaving.wait(wait)

    def _sock_close(self) -> None:
        """What a broker has not read of one connection when the next one comes is lost to it."""
        if self._leaving.is_set() and isinstance(self._sock, BufferedSocket):
            self._sock.read_out(_READ_OUT, _READ_OUT_MOST)
        super()._sock_close()

    def _create_socket(self) -> BufferedSocket:
        sock = self._create_socket_connection()
        return BufferedSocket(sock if self._tls is None else self._secured(sock, self._tls))

    def _secured(self, sock: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        # paho's own way to TLS leaves the connection open where the handshake fails.
        secured = tls.wrap_socket(sock, server_hostname=self._host, do_handshake_on_connect=False)
        try:
            secured.settimeout(_CONNECT_TIMEOUT)
            secured.do_handshake()
        except OSError:
            secured.close()
            raise
        return secured

    def _thread_main(self) -> Any:
        try:
            super()._thread_main()
        except Exception:
            logger.exception("mqtt_thread_died")


def subscribe_once(port: int, client_id: str, topics: Sequence[str], patience: float = 10.0) -> None:
    """Make this client a session at the broker on this machine, and leave. Raises ``OSError``."""
    subscribed = threading.Event()
    # Should there be a session after all, what waits in it stays unacknowledged.
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
    )

    def subscribe(*_: object) -> None:
        client.subscribe([(topic, 1) for topic in topics])

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        if not subscribed.wait(patience):
            raise TimeoutError("the broker confirms no subscription")
    finally:
        client.disconnect()
        client.loop_stop()


def tls_for_broker(*authorities: Path) -> ssl.SSLContext:
    """Trusts these CAs, PEM files, or without any those of the system; host names are checked.

    Raises ``OSError``, of which ``ssl.SSLError`` is one, for a file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for authority in authorities:
        context.load_verify_locations(authority)
    if not authorities:
        context.load_default_certs()
    return context


def jittered(seconds: float) -> float:
    """``seconds``, up to :data:`JITTER` of it longer or shorter."""
    return seconds * uniform(1 - JITTER, 1 + JITTER)
