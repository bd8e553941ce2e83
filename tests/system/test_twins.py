"""A copy of DATA_DIR on the same broker: the later one steps back, and the first one loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.brokers import Device, Mosquitto, wait_until
from tests.system.backend import Installation, run_to_end
from tests.web.site import PATIENCE

pytestmark = pytest.mark.broker

SERIAL = "TMP0GEMELO"
STATE = f"dispositivos/{SERIAL}/estado"


@pytest.fixture
def copied(mosquitto_home: Installation, mosquitto: Mosquitto, tmp_path: Path) -> Installation:
    """Another house with the data of the first one, which has run once."""
    with mosquitto_home.backend() as backend:
        backend.until_health_is(200)
    (tmp_path / "copia").mkdir()
    shutil.copytree(mosquitto_home.data, tmp_path / "copia" / "instance")
    return Installation(tmp_path / "copia", mosquitto)


def test_the_later_one_says_so_and_ends(
    mosquitto_home: Installation, mosquitto: Mosquitto, copied: Installation, tmp_path: Path
) -> None:
    """In one line, with status 2, without a report of the first one lost or its connection cut."""
    with mosquitto_home.backend() as first, Device(mosquitto.port) as device:
        first.until_health_is(200)
        for _ in range(2):
            ended = run_to_end(
                tmp_path,
                "run",
                data_dir=copied.data,
                backend_port=0,
                mqtt_broker_url="127.0.0.1",
                mqtt_broker_port=mosquitto.port,
            )
            assert ended.returncode == 2
            assert "otro sistema con la misma identidad" in ended.stderr.splitlines()[-1]
        for number in range(100):
            device.publish(STATE, f'{{"boot":"a","seq":{number}}}')
        wait_until(lambda: first.logged(SERIAL) == 100, PATIENCE)
        assert first.said == []


def test_one_that_was_killed_or_frozen_holds_nobody_up(mosquitto_home: Installation) -> None:
    """After a kill at once; a frozen one is waited for 1.5 s, and then it is its session that goes."""
    with mosquitto_home.backend() as killed:
        killed.until_health_is(200)
        killed.kill()
    with mosquitto_home.backend() as second:
        second.until_health_is(200)
        assert second.said == []


def test_a_frozen_one_loses_its_session(mosquitto_home: Installation, copied: Installation) -> None:
    with mosquitto_home.backend() as frozen:
        frozen.until_health_is(200)
        os.kill(frozen.pid, signal.SIGSTOP)
        with copied.backend() as second:
            second.until_health_is(200)
            frozen.kill()


def test_two_that_could_not_ask_settle_it(
    mosquitto_home: Installation, mosquitto: Mosquitto, copied: Installation
) -> None:
    """Begun while the broker was away; the later one is 503 before long, and the first one has everything."""
    mosquitto.stop()
    with (
        mosquitto_home.backend() as first,
        copied.backend() as later,
        device_at_a_new_broker(mosquitto) as device,
    ):
        began = time.monotonic()
        wait_until(lambda: any("broker_has_our_twin" in line for line in later.said), 60)
        first.until_health_is(200)
        assert time.monotonic() - began < 60
        for number in range(100):
            device.publish(STATE, f'{{"boot":"a","seq":{number}}}')
        wait_until(lambda: first.logged(SERIAL) == 100, PATIENCE)
        assert later.ask("GET", "/salud").status == 503
        assert not any("broker_has_our_twin" in line for line in first.said)
        assert later.logged(SERIAL) == 0


def device_at_a_new_broker(mosquitto: Mosquitto) -> Device:
    mosquitto.start()
    return Device(mosquitto.port)
