"""Homes for the system: with the broker that comes with it, with Mosquitto in its place, and beside one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brokers import Mosquitto, require_mosquitto
from tests.system.backend import Installation


@pytest.fixture
def plain_home(tmp_path: Path) -> Installation:
    """The backend starts its own broker."""
    return Installation(tmp_path)


@pytest.fixture
def mosquitto_home(tmp_path: Path, mosquitto: Mosquitto) -> Installation:
    return Installation(tmp_path, mosquitto)


@pytest.fixture
def mosquitto_child_home(tmp_path: Path) -> Installation:
    """The backend starts a Mosquitto."""
    require_mosquitto()
    return Installation(tmp_path, mqtt_embedded="mosquitto")


@pytest.fixture(params=["plain_home", "mosquitto_child_home"])
def embedded_home(request: pytest.FixtureRequest) -> Installation:
    """Each of those whose broker ends with the backend."""
    chosen: Installation = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(params=["plain_home", "mosquitto_child_home", "mosquitto_home"])
def home(request: pytest.FixtureRequest) -> Installation:
    """Each of the brokers that the project supports."""
    chosen: Installation = request.getfixturevalue(request.param)
    return chosen
