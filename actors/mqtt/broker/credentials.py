"""Logins at a broker, kept as Mosquitto keeps them: ``user:$7$iterations$salt$hash``, a line each.

Our own door to the embedded broker reads the same file, so a device keeps its login when a house moves
from one broker to the other. A password is shown when it is made, and nowhere kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from actors.mqtt.broker.grants import Grant, Grants
from actors.mqtt.broker.whole_files import one_at_a_time, replace

# What mosquitto_passwd takes. More would only slow the brokers down: nobody guesses 128 random bits.
_ITERATIONS: Final = 101
# Each try of a login costs the door so many, at most 60 ms.
_MOST_ITERATIONS: Final = 100_000
_SALT_BYTES: Final = 12  # Mosquitto 2.0.11 takes no other
_PASSWORD_BYTES: Final = 16
_OWNER_ONLY: Final = 0o600


def hashed(password: str) -> str:
    """``$7$…``: PBKDF2 with SHA-512 under a new salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"$7${_ITERATIONS}${_base64(salt)}${_base64(_pbkdf2(password.encode(), salt, _ITERATIONS))}"


def fits(password: bytes, kept: str) -> bool:
    """Whether ``kept`` is of this password; what is written in another way fits none."""
    try:
        _, kind, iterations, salt, digest = kept.split("$")
        rounds = int(iterations)
        wanted = base64.b64decode(digest, validate=True)
        if kind != "7" or not 0 < rounds <= _MOST_ITERATIONS:
            return False
        return hmac.compare_digest(_pbkdf2(password, base64.b64decode(salt, validate=True), rounds), wanted)
    except (ValueError, binascii.Error):
        return False


def _pbkdf2(password: bytes, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", password, salt, iterations)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _as_it_was(grant: Grant | None) -> Grant | None:
    return grant


class Logins:
    """The password file at ``path``, which need not be there yet, and what is known of each login beside it.

    One changes them at a time, whatever process it is in. Calls raise ``OSError``.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self._grants = Grants(path)

    def read(self) -> dict[str, str]:
        """Users and what is kept of their passwords; those made with ``mosquitto_passwd`` too."""
        try:
            lines = self.path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        return {user: kept for user, colon, kept in (line.partition(":") for line in lines) if colon}

    def grants(self) -> dict[str, Grant]:
        """By login; those of whom nothing is known are not in it, and have what a device of our own has."""
        return self._grants.read(self.read())

    def secure(self) -> bool:
        """Have a copy of what they may do; whether that is whole."""
        with one_at_a_time(self.path):
            return self._grants.make_copy()

    def complete(self, users: Iterable[str]) -> dict[str, str]:
        """Give those who have none a password; users and passwords of these."""
        with one_at_a_time(self.path):
            known = self.read()
            made = {user: secrets.token_hex(_PASSWORD_BYTES) for user in users if user not in known}
            if made:
                self._write(known | {user: hashed(password) for user, password in made.items()})
            return made

    def renew(self, user: str, grant: Callable[[Grant | None], Grant | None] = _as_it_was) -> str:
        """A new password for ``user``, who may be new; the old one serves no more.

        ``grant`` tells what is known of the login from now on, by what was known before.
        """
        with one_at_a_time(self.path):
            return self._renew(user, grant(self._mended().get(user)))

    def add(self, user: str, grant: Grant) -> str | None:
        """The password of a login that is new; ``None`` if there is one of this name, in any letter case."""
        with one_at_a_time(self.path):
            known = self.read()
            return None if spelled(user, known) in known else self._renew(user, grant)

    def _renew(self, user: str, grant: Grant | None) -> str:
        password = secrets.token_hex(_PASSWORD_BYTES)
        if grant is not None:
            # First what it may, so that it never comes in with another's rights.
            self._grants.write(self._mended() | {user: grant})
        self._write(self.read() | {user: hashed(password)})
        return password

    def remove(self, user: str) -> bool:
        """Whether there was such a user, at least in other letter case. What it was granted goes too."""
        with one_at_a_time(self.path):
            return self._remove(user) is not None

    def withdraw(self, user: str) -> Callable[[], None]:
        """Remove ``user``, if there; whoever finds that it has to stay calls what is returned."""
        with one_at_a_time(self.path):
            taken = self._remove(user)

        def put_back() -> None:
            if taken is not None:
                with one_at_a_time(self.path):
                    self._put_back(*taken)

        return put_back

    def _remove(self, user: str) -> tuple[str, str | None, Grant | None] | None:
        """Name, password as it was kept, and grant of the one that is there no more, if it was."""
        known, grants = self.read(), self._mended()
        name = spelled(user, known, grants)
        kept, grant = known.pop(name, None), grants.pop(name, None)
        if kept is not None:
            self._write(known)
        if grant is not None:
            self._grants.write(grants)
        return None if kept is None and grant is None else (name, kept, grant)

    def _put_back(self, name: str, kept: str | None, grant: Grant | None) -> None:
        now = self.read()
        if name in now:
            return  # somebody has given it another password since
        if grant is not None:
            self._grants.write(self._mended() | {name: grant})
        if kept is not None:
            self._write(now | {name: kept})

    def _mended(self) -> dict[str, Grant]:
        return self._grants.read_for_writing(self.read())

    def _write(self, known: Mapping[str, str]) -> None:
        replace(self.path, lines_of(known), _OWNER_ONLY)


def spelled(serial: str, *known: Iterable[str]) -> str:
    """As it stands in the first of those that know it; what differs in letter case alone is one device's."""
    for each in known:
        names = list(each)
        if serial in names:
            return serial
        if (found := next((name for name in names if name.lower() == serial.lower()), None)) is not None:
            return found
    return serial


def lines_of(logins: Mapping[str, str]) -> str:
    return "".join(f"{user}:{kept}\n" for user, kept in logins.items())
