"""Homes for the system: with the broker that comes with it, with Mosquitto in its place, and beside one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brokers import Mosquitto, require_mosquitto
from tests.system.backend import Home


@pytest.fixture
def plain_home(tmp_path: Path) -> Home:
    """The backend starts its own broker."""
    return Home(tmp_path)


@pytest.fixture
def mosquitto_home(tmp_path: Path, mosquitto: Mosquitto) -> Home:
    return Home(tmp_path, mosquitto)


@pytest.fixture
def mosquitto_child_home(tmp_path: Path) -> Home:
    """The backend starts a Mosquitto."""
    require_mosquitto()
    return Home(tmp_path, mqtt_embedded="mosquitto")


@pytest.fixture(params=["plain_home", "mosquitto_child_home"])
def embedded_home(request: pytest.FixtureRequest) -> Home:
    """Each of those whose broker ends with the backend."""
    chosen: Home = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(params=["plain_home", "mosquitto_child_home", "mosquitto_home"])
def home(request: pytest.FixtureRequest) -> Home:
    """Each of the brokers that the project supports."""
    chosen: Home = request.getfixturevalue(request.param)
    return chosen
