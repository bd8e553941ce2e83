"""Passwords: what they must be, and their hashes (argon2id). Each call costs tens of milliseconds."""

from __future__ import annotations

import functools
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 200
# OWASP's second choice: 19 MiB and two passes. Two at once fit beside everything else on a Raspberry Pi.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def fault_in(password: str) -> str | None:
    """What is wrong with a new password, in Spanish."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"la clave ha de tener de {SHORTEST} a {LONGEST} caracteres"
    return None


def hashed(password: str) -> str:
    return _HASHER.hash(_one_spelling(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether this is the password. Where none is stored it takes as long to say no."""
    try:
        return _HASHER.verify(stored or _nobodys(), _one_spelling(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def _one_spelling(password: str) -> bytes:
    """Keyboards differ in how they write an accented letter."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


@functools.cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_bytes(16))
