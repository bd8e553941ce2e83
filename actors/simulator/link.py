"""The connection of one simulated device, driven from outside: a paho client without a thread."""

from __future__ import annotations

import logging
import selectors
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from actors.mqtt.protocol.client import RECONNECTS, jittered
from actors.mqtt.protocol.payloads import (
    OFFLINE,
    ONLINE,
    configuration_topic,
    presence_topic,
    receipt_topic,
    state_topic,
)
from actors.runtime.clock import Clock
from actors.simulator.device import Outgoing, SimulatedDevice

logger = logging.getLogger(__name__)

KEEPALIVE_S: Final = 60
# paho pings when asked to look; a quarter of the keepalive is well within the broker's patience.
_LOOK_AFTER_S: Final = KEEPALIVE_S / 4
# paho connects blocking, so a host that swallows packets holds up all devices for so long at a time.
_CONNECT_TIMEOUT_S: Final = 3.0
# Read at once of what nobody wants to know any more, bytes.
_UNREAD: Final = 65_536


@dataclass(frozen=True, slots=True)
class Address:
    """Where the devices connect to, and how; an empty ``username`` means none.

    A device that ``logins`` knows, by its serial number, has the password there.
    """

    host: str
    port: int
    username: str
    password: str
    logins: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    def introduce(self, client: Client, serial: str) -> None:
        """Before it connects."""
        if serial in self.logins:
            client.username_pw_set(serial, self.logins[serial])
        elif self.username:
            client.username_pw_set(self.username, self.password)
        if self.tls is not None:
            client.tls_set_context(self.tls)


class CircuitBreaker:
    """Keeps the fleet from storming a broker that is away: after a failure all wait, then one tries."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._random = Random()
        self._closes_at = 0.0
        self._retry_s = 0.0

    def failed(self, monotonic: float, error: object) -> None:
        if monotonic < self._closes_at:
            return  # another device has met the same failure
        if not self._retry_s:
            logger.warning(
                "connection_lost host=%s port=%d error=%s", self._address.host, self._address.port, error
            )
        self._retry_s = RECONNECTS.longer_than(self._retry_s)
        self._closes_at = monotonic + jittered(self._retry_s)

    def worked(self) -> None:
        if self._retry_s:
            logger.info("connection_back host=%s port=%d", self._address.host, self._address.port)
        self._retry_s = 0.0

    def next_try(self, monotonic: float) -> float:
        return max(monotonic, self._closes_at) + self._random.random()

    def allows(self, monotonic: float) -> bool:
        return monotonic >= self._closes_at


class Link:
    """One device and its connection.

    Each connection has a new paho client, so that only the device decides what is sent again.
    """

    def __init__(
        self,
        device: SimulatedDevice,
        address: Address,
        circuit: CircuitBreaker,
        selector: selectors.BaseSelector,
        clock: Clock,
        local: Callable[[float], datetime],
    ) -> None:
        self.device = device
        self.due = 0.0
        """Monotonic time of the next thing to do."""
        self.connected = False
        self.sent = self.resent = self.receipted = 0
        self._address = address
        self._circuit = circuit
        self._selector = selector
        self._clock = clock
        self._local = local
        self._client: Client | None = None
        self._ending: socket.socket | None = None
        """Of the connection that has just been ended, until the broker has read to its end."""
        self._connect_at = self._look_at = self._poll_at = 0.0

    # -- called by the simulator -------------------------------------------------------------

    def attend(self, events: int) -> None:
        """Do what the socket is ready for and what is due, and set :attr:`due` for the next time."""
        if self._client is not None and events & selectors.EVENT_READ:
            _read(self._client)
        now = self._clock.monotonic()
        if self._client is None and now >= self._connect_at:
            self._connect(now)
        if self._client is not None and now >= self._look_at:
            self._look_at = now + _LOOK_AFTER_S
            self._client.loop_misc()
        if now >= self._poll_at:
            self._poll(now)
        self._flush()
        self.due = min(self._poll_at, self._connect_at if self._client is None else self._look_at)

    def leave(self) -> None:
        """Say goodbye and disconnect, as far as that goes without waiting; :meth:`linger` waits."""
        client = self._client
        if client is not None and self.connected and (sock := client.socket()) is not None:
            client.on_disconnect = None
            # QoS 0, as paho holds back what is more while twenty reports wait for their acknowledgement.
            client.publish(presence_topic(self.device.serial), OFFLINE, qos=0, retain=True)
            # paho closes its own at once. What lay unread in it would make a reset of the end, by which the
            # broker loses the farewell.
            self._ending = socket.socket(fileno=socket.dup(sock.fileno()))
            client.disconnect()
            with suppress(OSError):  # the broker was first
                self._ending.shutdown(socket.SHUT_WR)
        self.abandon()

    def linger(self, until: float) -> None:
        """After :meth:`leave`: wait until the broker has closed, or the monotonic clock is at ``until``."""
        ending, self._ending = self._ending, None
        if ending is None:
            return
        with ending, suppress(OSError):  # out of time, or closed all the same
            while (left := until - self._clock.monotonic()) > 0:
                ending.settimeout(left)
                if not ending.recv(_UNREAD):
                    return

    def abandon(self) -> None:
        """Cut the connection, if it still stands; the next one is tried in a while."""
        client, self._client = self._client, None
        self.connected = False
        self._connect_at = self.due = self._circuit.next_try(self._clock.monotonic())
        if client is not None and (sock := client.socket()) is not None:
            client.on_socket_close = None
            self._selector.unregister(sock)
            sock.close()

    # -- connection --------------------------------------------------------------------------

    def _connect(self, now: float) -> None:
        if not self._circuit.allows(now):
            self._connect_at = self._circuit.next_try(now)
            return
        serial = self.device.serial
        client = Client(CallbackAPIVersion.VERSION2, client_id=serial, clean_session=True)
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.will_set(presence_topic(serial), OFFLINE, qos=1, retain=True)
        self._address.introduce(client, serial)
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = self._on_socket_close
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client
        self._look_at = now + _LOOK_AFTER_S
        try:
            client.connect(self._address.host, self._address.port, KEEPALIVE_S)
        except OSError as error:
            self._lost(error)

    def _lost(self, error: object) -> None:
        self._circuit.failed(self._clock.monotonic(), error)
        self._client = None
        self.connected = False
        self._connect_at = self._circuit.next_try(self._clock.monotonic())

    def _flush(self) -> None:
        """Write what waits; what the socket has no room for is written when it has."""
        if self._client is not None and self._client.want_write():
            self._client.loop_write()
        if self._client is None or (sock := self._client.socket()) is None:
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        if self._selector.get_key(sock).events != events:
            self._selector.modify(sock, events, self)

    def _on_socket_open(self, _client: Client, _userdata: Any, sock: Any) -> None:
        self._selector.register(sock, selectors.EVENT_READ, self)

    def _on_socket_close(self, _client: Client, _userdata: Any, sock: Any) -> None:
        self._selector.unregister(sock)

    def _on_connect(
        self, client: Client, _userdata: Any, _flags: ConnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        if reason.is_failure:
            # The broker closes, and on_disconnect follows, which knows less about the reason.
            self._circuit.failed(self._clock.monotonic(), reason)
            return
        self._circuit.worked()
        self.connected = True
        serial = self.device.serial
        client.subscribe([(configuration_topic(serial), 1), (receipt_topic(serial), 1)])
        client.publish(presence_topic(serial), ONLINE, qos=1, retain=True)
        now = self._clock.monotonic()
        for outgoing in self.device.outbox.unsettled():
            self._send(client, outgoing, now)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: Any,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _: Properties | None,
    ) -> None:
        self._lost(reason)

    # -- traffic -----------------------------------------------------------------------------

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic == receipt_topic(self.device.serial):
            self.receipted += self.device.take_receipt(bytes(message.payload))
        elif message.payload:
            self.device.obey(bytes(message.payload))
            self._poll_at = 0.0

    def _local_time(self, at: float) -> datetime:
        zone = self.device.zone
        return self._local(at) if zone is None else datetime.fromtimestamp(at, zone).replace(tzinfo=None)

    def _poll(self, now: float) -> None:
        local = self._local_time(self._clock.now())
        outgoing = self.device.poll(local, now)
        if self.connected and (client := self._client) is not None:
            for overdue in self.device.outbox.overdue(now):
                self._send(client, overdue, now)
            if outgoing is not None:
                self._send(client, outgoing, now)
        self._poll_at = now + self.device.wait(local, now)

    def _send(self, client: Client, outgoing: Outgoing, now: float) -> None:
        client.publish(state_topic(self.device.serial), outgoing.payload, qos=1)
        if outgoing.sent_at is None:
            self.sent += 1
        else:
            self.resent += 1
        outgoing.sent_at = now


def _read(client: Client) -> None:
    client.loop_read()
    # What TLS has decrypted already no selector announces.
    while isinstance(sock := client.socket(), ssl.SSLSocket) and sock.pending():
        client.loop_read()
