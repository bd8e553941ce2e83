"""Backends at the brokers' edge, and brokers, ended with the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.mqtt.bridge import Resume
from actors.mqtt.broker.mosquitto_config import Tls
from tests.brokers import ScriptedBroker, require_mosquitto
from tests.mqtt.backend import Backend, Start
from tests.mqtt.guarded import GuardedMosquitto, make_pair
from tests.stage import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def start(clock: FakeClock) -> Iterator[Start]:
    """Starts backends, and ends them with the test."""
    with ExitStack() as stack:

        def start_one(
            port: int,
            *,
            client_id: str = "backend",
            max_in_flight: int = 100,
            keepalive: int = 60,
            resume: Resume | None = None,
        ) -> Backend:
            backend = Backend(port, clock, client_id, max_in_flight, keepalive, resume)
            stack.callback(backend.stop)
            backend.bridge.start("127.0.0.1", backend.port)
            return backend

        yield start_one


@pytest.fixture
def script() -> Iterator[ScriptedBroker]:
    broker = ScriptedBroker()
    yield broker
    broker.close()


@pytest.fixture
def pair(tmp_path: Path) -> Tls:
    return make_pair(tmp_path / "tls")


@pytest.fixture
def guarded(tmp_path: Path, pair: Tls) -> Iterator[GuardedMosquitto]:
    require_mosquitto()
    broker = GuardedMosquitto(tmp_path, pair)
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
