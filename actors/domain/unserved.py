"""Clients that the embedded broker cannot serve, and why."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Trouble(Enum):
    MQTT_5 = auto()
    MQTT_3_1 = auto()
    SPACES = auto()
    """In a topic."""
    TOO_LARGE = auto()
    """A message."""
    DISK_FULL = auto()
    """As much of it as the broker may take."""
    QUEUE_FULL = auto()
    """Of messages that wait for it."""
    NO_LOGIN = auto()
    """Or a wrong one, where one is asked for."""
    NO_RIGHTS = auto()
    """What its login may do cannot be read any more, so it may do nothing."""
    FORBIDDEN = auto()
    """A topic that its login may not publish or read."""
    SLOWED = auto()
    """It publishes more than its login may, so the rest waits at its own end."""


class Unserved(NamedTuple):
    client: str
    """Its identifier, its login, or its address."""
    trouble: Trouble
