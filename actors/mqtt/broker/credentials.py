"""Logins at a broker, kept as Mosquitto keeps them: ``user:$7$iterations$salt$hash``, a line each.

Our own door to the embedded broker reads the same file, so a device keeps its login when a house moves
from one broker to the other. A password is shown when it is made, and nowhere kept.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

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


class Logins:
    """The password file at ``path``, which need not be there yet. Calls raise ``OSError``."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path

    def read(self) -> dict[str, str]:
        """Users and what is kept of their passwords; those made with ``mosquitto_passwd`` too."""
        try:
            lines = self.path.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return {}
        return {user: kept for user, colon, kept in (line.partition(":") for line in lines) if colon}

    def complete(self, users: Iterable[str]) -> dict[str, str]:
        """Give those who have none a password; users and passwords of these."""
        known = self.read()
        made = {user: secrets.token_hex(_PASSWORD_BYTES) for user in users if user not in known}
        if made:
            self._write(known | {user: hashed(password) for user, password in made.items()})
        return made

    def renew(self, user: str) -> str:
        """A new password for ``user``, who may be new; the old one serves no more."""
        password = secrets.token_hex(_PASSWORD_BYTES)
        self._write(self.read() | {user: hashed(password)})
        return password

    def remove(self, user: str) -> bool:
        """Whether there was such a user, at least in other letter case."""
        known = self.read()
        if known.pop(spelled(user, known), None) is None:
            return False
        self._write(known)
        return True

    def withdraw(self, user: str) -> Callable[[], None]:
        """Remove ``user``, if there; whoever finds that it has to stay calls what is returned."""
        known = self.read()
        name = spelled(user, known)
        kept = known.get(name)
        self.remove(user)

        def put_back() -> None:
            now = self.read()
            if kept is not None and name not in now:  # else somebody has given it another password since
                self._write(now | {name: kept})

        return put_back

    def _write(self, known: Mapping[str, str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
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


def replace(path: Path, text: str, mode: int) -> None:
    """Write the file whole or not at all; it is never open to more than ``mode`` says."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
