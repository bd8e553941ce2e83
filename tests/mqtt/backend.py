"""A bridge whose neighbours, directory and writer, are the test itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Protocol, TypeVar

import pykka

from actors.messages import BrokerConnected, BrokerLost, Delivery, KeepDeadLetter, Reported
from actors.mqtt.bridge import Bridge, Resume
from actors.mqtt.protocol import payloads
from actors.runtime.time_zone import UTC_ZONE
from tests.brokers import PATIENCE, ScriptedBroker
from tests.stage import FakeClock

SERIAL = "TMP0603IF1WD"
STATE = payloads.state_topic(SERIAL)

M = TypeVar("M")


class Ear(pykka.ThreadingActor):
    """Keeps what it is told."""

    def __init__(self, heard: SimpleQueue[object]) -> None:
        super().__init__()
        self._heard = heard

    def on_receive(self, message: object) -> None:
        self._heard.put(message)


class Backend:
    """Hears what the bridge tells, and settles what it is told to."""

    def __init__(
        self,
        port: int,
        clock: FakeClock,
        client_id: str,
        max_in_flight: int,
        keepalive: int,
        resume: Resume | None = None,
    ) -> None:
        self.told: SimpleQueue[object] = SimpleQueue()
        self.kept: SimpleQueue[object] = SimpleQueue()
        self.directory = Ear.start(self.told)
        self.writer = Ear.start(self.kept)
        self.port = port
        self.bridge = Bridge(
            keepalive=keepalive,
            username="",
            password="",
            client_id=client_id,
            clock=clock,
            zone=UTC_ZONE,
            max_in_flight=max_in_flight,
            resume=resume,
        )
        self.bridge.attach(self.directory, self.writer)

    def next(self, kind: type[M], patience: float = PATIENCE) -> M:
        """What the directory or, of dead letters, the writer is told next; the end of a connection, which
        others have brought about, only where that is asked for.
        """
        heard = self.kept if kind is KeepDeadLetter else self.told
        message = heard.get(timeout=patience)
        if isinstance(message, BrokerLost) and kind is not BrokerLost:
            message = heard.get(timeout=patience)
        assert isinstance(message, kind)
        return message

    def deliveries(self, count: int) -> list[Delivery]:
        """Those of the next reports."""
        return [self.next(Reported).delivery for _ in range(count)]

    def settle(self, *deliveries: Delivery) -> None:
        self.bridge.settle(deliveries)

    def stop(self) -> None:
        self.bridge.close()
        self.directory.stop(timeout=PATIENCE)
        self.writer.stop(timeout=PATIENCE)


class Start(Protocol):
    def __call__(
        self,
        port: int,
        *,
        client_id: str = ...,
        max_in_flight: int = ...,
        keepalive: int = ...,
        resume: Resume | None = ...,
    ) -> Backend: ...


@contextmanager
def connected(backend: Backend) -> Iterator[None]:
    """As ``with``, for what must happen on a connection that stands."""
    backend.next(BrokerConnected)
    assert backend.bridge.wait_until_heard(PATIENCE)
    yield


def greet(script: ScriptedBroker, backend: Backend) -> None:
    script.accept()
    script.grant()
    with connected(backend):
        pass
