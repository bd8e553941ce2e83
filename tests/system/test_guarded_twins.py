"""Looking for a twin where the broker knows everybody by login, and each login is one session."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.mqtt.broker.acl import BACKEND
from tests.brokers import Device, Login, wait_until
from tests.mqtt.guarded import HERE, GuardedMosquitto
from tests.system.backend import Backend, Installation
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

STATE = f"dispositivos/{HERE}/estado"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedMosquitto]:
    (tmp_path / "broker").mkdir()
    broker = GuardedMosquitto(tmp_path / "broker", None)
    broker.start()
    yield broker
    broker.stop()


def backend_of(home: Installation, broker: GuardedMosquitto) -> Backend:
    return home.backend(mqtt_username=BACKEND, mqtt_password=broker.written.passwords[BACKEND])


def test_a_start_costs_nothing_that_the_broker_has_kept(guarded: GuardedMosquitto, tmp_path: Path) -> None:
    """Whoever asks for a twin has the backend's login, and must not take its session, nor empty it."""
    home = Installation(tmp_path, guarded)
    login = Login(HERE, guarded.written.passwords[HERE], None)
    with backend_of(home, guarded) as backend, Device(guarded.port, login=login) as device:
        device.publish(STATE, '{"boot":"a","seq":1}')
        wait_until(lambda: backend.logged(HERE) == 1, PATIENCE)
    with Device(guarded.port, login=login) as device:
        device.publish(STATE, '{"boot":"a","seq":2}')
    with backend_of(home, guarded) as backend:
        wait_until(lambda: backend.logged(HERE) == 2, PATIENCE)
        assert not backend.said


def test_of_two_that_cannot_ask_the_later_one_steps_back(guarded: GuardedMosquitto, tmp_path: Path) -> None:
    """It says so in one line and is 503; the first one goes on, and has what is reported from then on."""
    home = Installation(tmp_path, guarded)
    with backend_of(home, guarded) as backend:
        backend.until_health_is(200)
    shutil.copytree(home.data, tmp_path / "copia" / "instance")
    login = Login(HERE, guarded.written.passwords[HERE], None)
    with backend_of(home, guarded) as first:
        first.until_health_is(200)
        # As a house that has run for a while: its own connection is not a short one.
        wait_until(lambda: first.ask("GET", "/salud").json["activo_s"] > 7, PATIENCE)
        with (
            backend_of(Installation(tmp_path / "copia", guarded), guarded) as later,
            Device(guarded.port, login=login) as device,
        ):
            wait_until(lambda: any("broker_session_taken" in line for line in later.said), 60)
            first.until_health_is(200)
            for number in range(20):
                device.publish(STATE, f'{{"boot":"a","seq":{number}}}')
            wait_until(lambda: first.logged(HERE) == 20, PATIENCE)
            assert later.ask("GET", "/salud").status == 503
            assert not any("broker_session_taken" in line for line in first.said)
