"""An MQTT broker of our own, for houses that have none: a server on loopback, and its door, if it has one."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from actors.domain.unserved import Unserved
from actors.mqtt.broker.child import HUNG_AFTER, PING_EVERY, BrokerUnavailable, Child, EndedAtOnce, Program
from actors.mqtt.broker.notices import Notices
from actors.mqtt.broker.proxy_access import Door
from actors.mqtt.broker.proxy_process import arguments
from actors.mqtt.protocol.client import subscribe_once
from actors.runtime.listening import why_closed

__all__ = ("BrokerUnavailable", "EmbeddedBroker", "Server")

logger = logging.getLogger(__name__)

# Where the door's process finds our modules, from wherever we were started.
_ROOT: Final = Path(__file__).resolve().parents[3]
# Ports that were free when we looked may be somebody else's when the server wants them.
_STARTS: Final = 3


class Server(Program, Protocol):
    """A broker that can be run as a child, on loopback."""

    port: int

    @property
    def notices(self) -> Notices:
        """Of clients that it cannot serve."""

    def oldest(self, client_id: str, now: float) -> float:
        """For how long, s, this client's oldest message waits to be acknowledged. May raise ``OSError``."""

    def limit(self, client_id: str) -> None:
        """This client has subscribed: see that it is not sent more than its session has room for."""

    def knows(self, client_id: str) -> bool:
        """Whether this client has a session that outlives the server."""

    def found(self, client_id: str) -> None:
        """It has one from now on."""

    def choose_port(self) -> None:
        """See that :attr:`port` is a free one; raises :class:`BrokerUnavailable`."""

    def close(self) -> None:
        """It has ended, for good."""

    def resume(self, client_id: str) -> None:
        """See that what waits for this client to acknowledge comes first when it connects.

        Raises ``OSError`` while that cannot be done.
        """


class EmbeddedBroker:
    """``server`` as a child, and its door as another. Both keep their ports over restarts.

    ``ping_every`` and ``hung_after`` are :class:`Child`'s.
    """

    def __init__(
        self,
        server: Server,
        door: Door | None = None,
        *,
        ping_every: float = PING_EVERY,
        hung_after: float = HUNG_AFTER,
    ) -> None:
        self._server = server
        self._door = door
        self._new_child = partial(Child, server, ping_every=ping_every, hung_after=hung_after)
        self._child = self._new_child()
        self._proxy: Child | None = None

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def door(self) -> Door | None:
        return self._door

    @property
    def pid(self) -> int | None:
        """Of the server, for people who look for it."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether devices can connect."""
        return self._child.alive and (self._proxy is None or self._proxy.alive)

    @property
    def unserved(self) -> Sequence[Unserved]:
        """Clients that it cannot serve, the newest last."""
        return self._server.notices.told

    def oldest(self, client_id: str, now: float) -> float:
        """As :meth:`Server.oldest`; 0 where it cannot be told."""
        try:
            return self._server.oldest(client_id, now)
        except OSError:
            return 0.0
        except Exception:  # an answer of another shape than we know
            logger.debug("broker_not_understood", exc_info=True)
            return 0.0

    def found_session(self, client_id: str, topics: Sequence[str]) -> None:
        """Before :meth:`start`: nobody can publish before this client is sure to hear of it.

        Where there is no session yet the server runs for a moment on a port that nobody knows.
        :class:`BrokerUnavailable` if it cannot.
        """
        if self._server.knows(client_id):
            return
        port, self._server.port = self._server.port, 0
        self._server.choose_port()
        hidden = Child(self._server)
        hidden.start()
        try:
            subscribe_once(self._server.port, client_id, topics)
            self._server.found(client_id)
        except OSError as error:
            logger.warning("session_not_made error=%s", error)
        finally:
            hidden.stop()
            self._server.port = port

    def start(self) -> None:
        """Start it and wait until this machine can connect; :class:`BrokerUnavailable` if it never can."""
        if self._door is not None:
            self._door = _openable(self._door)
        port = self._server.port
        for left in reversed(range(_STARTS)):
            self._server.port = port
            self._server.choose_port()
            self._child = self._new_child()
            try:
                self._child.start()
                return
            except EndedAtOnce:
                if not left:
                    raise

    def limit(self, client_id: str) -> None:
        """As :meth:`Server.limit`, where it can be."""
        try:
            self._server.limit(client_id)
        except OSError as error:
            logger.warning("broker_not_limited error=%s", error)

    def open_door(self) -> None:
        """Let devices of the house in, if they may. :class:`BrokerUnavailable` where that cannot be."""
        if self._door is not None:
            self._proxy = Child(_DoorProgram(self._door, self._server.port, self._server.notices))
            try:
                self._proxy.start()
            except BrokerUnavailable:
                self.stop()
                raise

    def stop(self) -> None:
        """End it; when this returns the ports are free."""
        if self._proxy is not None:
            self._proxy.stop()
        self._child.stop()
        self._server.close()

    def resume(self, client_id: str) -> None:
        """As :meth:`Server.resume`."""
        self._server.resume(client_id)


class _DoorProgram:
    name: Final = "door"

    def __init__(self, door: Door, port: int, notices: Notices) -> None:
        self._notices = notices
        self._door = door
        self._port = port
        self.place: Final = f"{door.host}:{door.port}"

    def prepare(self) -> Sequence[str]:
        os.environ["PYTHONPATH"] = os.pathsep.join(
            dict.fromkeys(filter(None, (str(_ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep))))
        )
        options = arguments(self._door, ("127.0.0.1", self._port))
        return sys.executable, "-P", "-m", "actors.mqtt.broker.proxy_process", options

    def answers(self, patience: float) -> bool:
        try:
            socket.create_connection(self._door.from_here, patience).close()
        except OSError:
            return False
        return True

    def settle_in(self) -> None:
        """It needs nothing."""

    def hear(self, line: str) -> int:
        self._notices.note_of_door(line)
        return logging.WARNING if line.startswith("WARNING ") else logging.INFO


def _openable(door: Door) -> Door:
    """The same, its port known."""
    setting = "MQTT_BROKER_PORT" if door.certificate is None else "MQTT_TLS_PORT"
    try:
        with door.listen() as probe:
            return replace(door, port=probe.getsockname()[1])
    except OSError as error:
        raise BrokerUnavailable(
            f"el bróker MQTT incluido no puede abrir {door.host}:{door.port}: "
            f"{why_closed(error, 'MQTT_BIND_HOST', setting)}."
        ) from None
