"""Logins at the broker for devices, as people and programs are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OWN: Final = "propia"
"""The family of devices that speak this system's own protocol; their login is their serial number."""


@dataclass(frozen=True, slots=True)
class LoginFamily:
    """Of which devices can have a login. A gateway speaks for many devices."""

    name: str
    title: str
    is_gateway: bool = False


@dataclass(frozen=True, slots=True)
class KeptLogin:
    """One that there is; ``made_at`` is in seconds since 1970, where that is known."""

    user: str
    family: str
    made_at: float | None


@dataclass(frozen=True, slots=True)
class Server:
    """Where devices reach the broker. ``foreign``: it is somebody else's, and so are its logins."""

    host: str
    port: int
    tls: bool = False
    foreign: bool = False
    here_only: bool = False
    """Whether only programs of this machine reach it."""


@dataclass(frozen=True, slots=True)
class Account:
    """As whom, and ``topic`` is what the device calls itself in its topics."""

    user: str
    password: str
    topic: str


@dataclass(frozen=True, slots=True)
class Setup:
    """What to type into the device's settings, in the words of its own pages."""

    where: str
    """Empty where that is the device's own program."""
    text: str
    """Ready to copy."""


@dataclass(frozen=True, slots=True)
class NewLogin:
    """``account`` has the password, which nobody will see again."""

    family: str
    server: Server
    account: Account
    setup: Setup
