"""Logins for devices of other makes and their gateways: made, kept, and said how to use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.mqtt.broker.acl import LARGEST_OF_DEVICE, LARGEST_OF_GATEWAY, Rights, check_login
from actors.mqtt.broker.credentials import Logins
from actors.mqtt.broker.grants import Grant, Grants
from actors.mqtt.dialects.dialect import OURS
from actors.mqtt.dialects.registry import Prefixes, UnknownFamily
from actors.mqtt.families import FAMILIES, Account, Server, Setup
from actors.mqtt.protocol.filters import is_topic

# By which all of a family speak or are ordered: whoever were called so would speak for the others.
_SHARED: Final = ("cmnd", "esphome", "home", "homie", "shellies", "stat", "tele")


class NoTopic(ValueError):
    """What the device is said to be called in its topics cannot stand there; the message is that."""


@dataclass(frozen=True, slots=True)
class NewLogin:
    """``account`` has the password, which nobody will see again."""

    account: Account
    setup: Setup


class FamilyLogins:
    """Beside the password file ``logins``. Calls raise ``OSError``."""

    def __init__(self, logins: Path, prefixes: Prefixes, server: Server) -> None:
        self._logins = Logins(logins)
        self._grants = Grants(logins)
        self._prefixes = prefixes
        self.server: Final = server

    def make(self, family: str, user: str, topic: str = "") -> NewLogin:
        """A login limited to what one of ``family`` needs that calls itself ``topic``; ``user``, if empty.

        One of that name gets a new password and these rights. Raises :class:`UnknownFamily`,
        :class:`NoTopic`, and ``NoLogin`` for a name that none can have.
        """
        if family not in FAMILIES:
            raise UnknownFamily(family)
        check_login(user)
        topic = topic or user
        if not is_topic(topic) or len(topic) > 200 or self._is_taken(topic.split("/")[0]):
            raise NoTopic(topic)
        access = FAMILIES[family].access(topic, self._prefixes)
        largest = LARGEST_OF_GATEWAY if access.is_gateway else LARGEST_OF_DEVICE
        # First what it may, so that it never comes in with another's rights.
        self._grants.give(user, Grant(family, Rights(access.publish, access.read, largest)))
        account = Account(user, self._logins.renew(user), topic)
        return NewLogin(account, FAMILIES[family].setup(self.server, account))

    def _is_taken(self, level: str) -> bool:
        """Whether what begins so is ours, the broker's, a family's, or where others announce themselves."""
        taken = (
            *OURS,
            *_SHARED,
            *(prefix.split("/")[0] for prefix in (self._prefixes.home_assistant, self._prefixes.tasmota)),
        )
        return level.startswith("$") or level.lower() in taken

    def remove(self, user: str) -> bool:
        """Whether there was one."""
        there = self._logins.remove(user)
        return self._grants.withdraw(user) or there

    def known(self) -> dict[str, str]:
        """Families by login."""
        return {user: grant.family for user, grant in self._grants.read().items()}
