"""The embedded broker's door to the LAN: nobody comes in without a login, and each keeps to its topics.

The broker stays on loopback, and the LAN reaches this: it takes handshake and login, and passes packets on
that the login may send. Who oversteps is cut off, and the broker publishes its last will.

It runs in a process of its own, where a flood costs the backend neither its interpreter's lock nor its
file descriptors.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final, NoReturn

from actors.domain.unserved import Trouble
from actors.mqtt.broker.packets import NOT_AUTHORISED, PUBLISH, Breach, Connect, OtherVersion, read_packet
from actors.mqtt.broker.proxy_access import Door, Guest, GuestList, Pace, Stranger, TlsFiles

logger = logging.getLogger(__name__)

# Each takes three descriptors, with the broker's own end, of the 1,024 that a process usually has.
MOST_CLIENTS: Final = 300
# Connections whose login is not known yet: the boards of a house after a restart, each of which takes a
# second or two for its handshake. With the clients' descriptors and a dozen of the process's own it is 992.
MOST_STRANGERS: Final = 80
# For handshake and login together, s.
LOGIN_TIME: Final = 10.0
# How soon a login that is taken away ends a connection, s.
_LOGINS_LOOK: Final = 1.0
# With its login and last will; before a login, memory is not given away.
_LARGEST_CONNECT: Final = 16 * 1024
_CHUNK: Final = 64 * 1024
# Until a connection is tried again that the process had no descriptor for, s.
_NO_ROOM: Final = 1.0
# Between two lines in the log, s: whoever is outside cannot fill it.
_QUIET: Final = 1.0

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Serves ``door``; ``broker`` is where the broker listens.

    Raises ``OSError`` where the certificate cannot be used.
    """

    def __init__(self, door: Door, broker: tuple[str, int]) -> None:
        self._door = door
        self._broker = broker
        self._list = GuestList(door.logins, door.shared_topic)
        self._tls = TlsFiles(door.certificate, door.key) if door.certificate and door.key else None
        self._strangers: dict[asyncio.Task[None], IPv4Address | IPv6Network] = {}
        self._guests: dict[asyncio.Task[None], Guest] = {}
        self._paces: dict[str, Pace] = {}
        """By login."""
        self._told_at = float("-inf")
        self._untold = 0

    async def serve(self) -> NoReturn:
        """Raises ``OSError`` where the port cannot be had."""
        with self._door.listen() as listener:
            listener.setblocking(False)
            self._list.secure()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_logins())
                while True:
                    await self._accept(listener)

    async def _accept(self, listener: socket.socket) -> None:
        try:
            connection, address = await asyncio.get_running_loop().sock_accept(listener)
        except OSError as error:  # no descriptor is left, or the client has gone already
            self._log_refusal("mqtt_not_accepted", Stranger("-"), None, str(error))
            await asyncio.sleep(_NO_ROOM)
            return
        if len(self._strangers) >= MOST_STRANGERS:
            self._make_room()
        task = asyncio.create_task(self._receive(connection, address[0]))
        self._strangers[task] = network_of(address[0])
        task.add_done_callback(self._forget)
        await asyncio.sleep(0)  # under a flood of connections too, the others get their turn

    def _make_room(self) -> None:
        """The oldest of the network with the most strangers goes: who floods pushes out their own."""
        [(crowd, _)] = Counter(self._strangers.values()).most_common(1)
        oldest = next(task for task, network in self._strangers.items() if network == crowd)
        del self._strangers[oldest]
        oldest.cancel()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._strangers.pop(task, None)
        self._guests.pop(task, None)

    async def _watch_logins(self) -> None:
        while True:
            await asyncio.sleep(_LOGINS_LOOK)
            for task, guest in list(self._guests.items()):
                if not self._list.still_knows(guest):
                    task.cancel()

    # -- one connection --------------------------------------------------------------------------

    async def _receive(self, connection: socket.socket, address: str) -> None:
        try:
            async with asyncio.timeout(LOGIN_TIME) as patience, self._greeted(connection) as client:
                connect, guest = await self._ask(client, address)
                patience.reschedule(None)
                await self._pass_on(connect, guest, client)
        except* Breach as breaches:
            breach = breaches.exceptions[0]
            assert isinstance(breach, Breach)
            task = asyncio.current_task()
            who = self._guests[task] if task in self._guests else Stranger(address)
            self._log_refusal("mqtt_refused", who, breach.trouble, str(breach))
        except* (OSError, EOFError) as gone:
            logger.debug("mqtt_client_gone address=%s error=%r", address, gone.exceptions[0])

    @asynccontextmanager
    async def _greeted(self, connection: socket.socket) -> AsyncIterator[_Streams]:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)
        reader = asyncio.StreamReader(_CHUNK)
        protocol = asyncio.StreamReaderProtocol(reader)
        context = None if self._tls is None else self._tls.context()
        with connection:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
            try:
                yield reader, asyncio.StreamWriter(transport, protocol, reader, loop)
            finally:
                # What it has not taken by now it does not get: it could keep us waiting for ever.
                transport.abort()

    async def _ask(self, client: _Streams, address: str) -> tuple[Connect, Guest]:
        """Who it is and what it may do; it is a guest from now on."""
        reader, writer = client
        task = asyncio.current_task()
        assert task is not None
        try:
            connect = Connect.read(await read_packet(reader, _LARGEST_CONNECT))
            guest = self._list.admit(connect, address)
            if len(self._guests) >= MOST_CLIENTS:
                raise Breach(f"there are {MOST_CLIENTS} clients already")
        except OtherVersion as other:
            writer.write(other.answer)
            raise
        except Breach:
            writer.write(NOT_AUTHORISED)
            raise
        self._strangers.pop(task, None)
        self._guests[task] = guest
        return connect, guest

    async def _pass_on(self, connect: Connect, guest: Guest, client: _Streams) -> None:
        """Until either side ends it, which raises."""
        reader, writer = client
        from_broker, to_broker = await asyncio.open_connection(*self._broker)
        try:
            to_broker.write(connect.introduced())
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._inwards(reader, to_broker, guest))
                ways.create_task(_outwards(from_broker, writer))
        finally:
            to_broker.close()

    async def _inwards(
        self, reader: asyncio.StreamReader, to_broker: asyncio.StreamWriter, guest: Guest
    ) -> None:
        pace = self._pace_of(guest.user)
        while True:
            packet = await read_packet(reader, guest.rights.largest)
            guest.check(packet)
            to_broker.write(packet.head + packet.body)
            await to_broker.drain()
            if pace is None or packet.kind != PUBLISH:
                continue
            # Who floods waits at its own end of the network: nothing is lost, and nobody else delayed.
            now = asyncio.get_running_loop().time()
            if wait := pace.wait(now):
                if pace.is_news(now):
                    _log_trouble(
                        "mqtt_slowed", guest, Trouble.SLOWED, f"over {pace.per_second:g} a second", 0
                    )
                await asyncio.sleep(wait)

    def _pace_of(self, user: str) -> Pace | None:
        """The same for each connection of a login, or a new one would be another burst."""
        if not self._door.per_second:
            return None
        now = asyncio.get_running_loop().time()
        return self._paces.setdefault(user, Pace(self._door.per_second, now))

    def _log_refusal(self, event: str, who: Guest | Stranger, trouble: Trouble | None, reason: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at < _QUIET:
            self._untold += 1
            return
        _log_trouble(event, who, trouble, reason, self._untold)
        self._told_at = now
        self._untold = 0


def _log_trouble(
    event: str, who: Guest | Stranger, trouble: Trouble | None, reason: str, others: int
) -> None:
    """People hear of ``trouble`` by :class:`actors.mqtt.broker.notices.Notices`, which reads this."""
    told = "-" if trouble is None else trouble.name
    words = "%s trouble=%s user=%s address=%s reason=%s others=%d"
    logger.warning(words, event, told, who.user, who.address, reason, others)


async def _outwards(from_broker: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await from_broker.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    raise EOFError("the broker has closed the connection")


def network_of(address: str) -> IPv4Address | IPv6Network:
    """What counts as one host: an IPv4 address, or the /64 in which an IPv6 host picks its own."""
    known = ip_address(address.partition("%")[0])
    if isinstance(known, IPv4Address):
        return known
    return known.ipv4_mapped or IPv6Network((known, 64), strict=False)
