"""Homes for the system: with the broker that comes with it, and with Debian's Mosquitto."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.brokers import Mosquitto
from tests.system.backend import Home


@pytest.fixture
def plain_home(tmp_path: Path) -> Home:
    """The backend starts its own broker."""
    return Home(tmp_path)


@pytest.fixture
def mosquitto_home(tmp_path: Path, mosquitto: Mosquitto) -> Home:
    return Home(tmp_path, mosquitto)


@pytest.fixture(params=["plain_home", "mosquitto_home"])
def home(request: pytest.FixtureRequest) -> Home:
    """Each of the brokers that the project supports."""
    chosen: Home = request.getfixturevalue(request.param)
    return chosen
