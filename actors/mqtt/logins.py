"""Logins for devices and gateways, of other makes too: made, kept, and said how to use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from actors.domain.logins import OWN, Account, KeptLogin, LoginFamily, NewLogin, Server
from actors.domain.refusals import Refusal, Refused
from actors.mqtt.broker.acl import (
    BACKEND,
    LARGEST_OF_DEVICE,
    LARGEST_OF_GATEWAY,
    NoLogin,
    Rights,
    check_login,
)
from actors.mqtt.broker.credentials import Logins, spelled
from actors.mqtt.broker.grants import LOST, Grant
from actors.mqtt.dialects.dialect import OURS
from actors.mqtt.dialects.registry import Prefixes, UnknownFamily
from actors.mqtt.families import FAMILIES, own_setup
from actors.mqtt.topics.filters import is_topic

# By which all of a family speak or are ordered: whoever were called so would speak for the others.
_SHARED: Final = ("cmnd", "esphome", "home", "homie", "shellies", "stat", "tele")


class NoTopic(ValueError):
    """What the device is said to be called in its topics cannot stand there; the message is that."""


class DeviceLogins:
    """Those of the password file ``logins``, at the broker that ``server`` tells of. Calls raise ``OSError``.

    ``now`` is in seconds since 1970.
    """

    def __init__(
        self, logins: Path, prefixes: Prefixes, server: Callable[[], Server], now: Callable[[], float]
    ) -> None:
        self._logins = Logins(logins)
        self._prefixes = prefixes
        self._server = server
        self._now = now

    @property
    def server(self) -> Server:
        """As it is at this moment."""
        return self._server()

    def families(self) -> Sequence[LoginFamily]:
        """Devices of our own protocol first."""
        return [LoginFamily(OWN, ""), *(family.called(name) for name, family in FAMILIES.items())]

    def known(self) -> Sequence[KeptLogin]:
        """All but the backend's own, by name."""
        grants = self._logins.grants()
        unknown = Grant(OWN, None)
        return [
            KeptLogin(user, grant.family, grant.made_at)
            for user in sorted(self._logins.read(), key=str.lower)
            if user != BACKEND
            for grant in [grants.get(user, unknown)]
        ]

    def make(self, family: str, user: str, topic: str = "") -> NewLogin:
        """A login limited to what one of ``family`` needs that calls itself ``topic``; ``user``, if empty.

        One of that name gets a new password and these rights. Raises :class:`UnknownFamily`,
        :class:`NoTopic`, and ``NoLogin`` for a name that none can have.
        """
        user = spelled(user, self._logins.read())
        topic = topic or user
        grant = self._grant(family, user, topic)
        return self._told(family, Account(user, self._logins.renew(user, lambda _: grant), topic))

    def renew(self, user: str) -> str:
        """Another password for a login, which may do what it could; a device of ours has one from now on.

        So has one of whom nothing can be read any more: another make's is made anew, by :meth:`make`.
        """

        def now(before: Grant | None) -> Grant:
            if before is None or before == LOST:
                before = Grant(OWN, None)
            return replace(before, made_at=self._now())

        return self._logins.renew(check_login(user), now)

    def spelled(self, user: str, serials: Iterable[str]) -> str:
        """As it stands among the logins or, if it is none, among the ``serials`` of known devices."""
        return spelled(user, self._logins.read(), serials)

    def add(self, family: str, user: str, topic: str = "", serials: Iterable[str] = ()) -> NewLogin | Refused:
        """As :meth:`make`, of one that is new. ``serials`` are known devices', as they are spelled."""
        server = self.server
        if server.foreign:
            return Refused(Refusal.FOREIGN_BROKER, {"host": server.host})
        if family == OWN:
            user = spelled(user, serials)
        topic = topic or user
        try:
            grant = self._grant(family, user, topic)
        except UnknownFamily:
            return Refused(Refusal.UNKNOWN_FAMILY, {"families": ", ".join([OWN, *FAMILIES])})
        except NoLogin:
            return Refused(Refusal.LOGIN_UNUSABLE, {"user": user})
        except NoTopic:
            return Refused(Refusal.LOGIN_TOPIC_UNUSABLE, {"topic": topic})
        password = self._logins.add(user, grant)
        if password is None:
            return Refused(Refusal.LOGIN_TAKEN, {"user": user})
        return self._told(family, Account(user, password, topic))

    def take_away(self, user: str) -> Refused | None:
        """The login is none from now on, and whoever came in by it is cut off; ``None`` if that was done."""
        server = self.server
        if server.foreign:
            return Refused(Refusal.FOREIGN_BROKER, {"host": server.host})
        return None if self.remove(user) else Refused(Refusal.NO_SUCH_LOGIN, {"user": user})

    def remove(self, user: str) -> bool:
        """Whether there was one, in any letter case. The backend's own is no device's."""
        return user.lower() != BACKEND and self._logins.remove(user)

    def withdraw(self, serial: str) -> Callable[[], None]:
        """Remove that of a device, if there; whoever finds that it has to stay calls what is returned."""
        return self._logins.withdraw(serial)

    def _grant(self, family: str, user: str, topic: str) -> Grant:
        if family == OWN:
            check_login(user)
            return Grant(OWN, None, self._now())
        if family not in FAMILIES:
            raise UnknownFamily(family)
        check_login(user)
        if not is_topic(topic) or len(topic) > 200 or self._is_taken(topic.split("/")[0]):
            raise NoTopic(topic)
        access = FAMILIES[family].access(topic, self._prefixes)
        largest = LARGEST_OF_GATEWAY if access.is_gateway else LARGEST_OF_DEVICE
        return Grant(family, Rights(access.publish, access.read, largest), self._now())

    def _told(self, family: str, account: Account) -> NewLogin:
        server = self.server
        setup = own_setup if family == OWN else FAMILIES[family].setup
        return NewLogin(family, server, account, setup(server, account))

    def _is_taken(self, level: str) -> bool:
        """Whether what begins so is ours, the broker's, a family's, or where others announce themselves."""
        taken = (
            *OURS,
            *_SHARED,
            *(prefix.split("/")[0] for prefix in (self._prefixes.home_assistant, self._prefixes.tasmota)),
        )
        return level.startswith("$") or level.lower() in taken
