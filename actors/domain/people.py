"""Who may call: people, their roles, their tokens, and what is written down of what they do."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from actors.domain.refusals import Refusal
from actors.domain.status import Hindrance


class Role(Enum):
    """What a person may do; the value is the word for it on the wire and on disk."""

    READER = "lectura"
    MEMBER = "miembro"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        return _RANKS[self] >= _RANKS[needed]


_RANKS: Final = {role: rank for rank, role in enumerate(Role)}


class TokenKind(Enum):
    APP = "app"
    SESSION = "sesion"
    """A browser's: it comes in a cookie and always expires."""


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    role: Role
    has_password: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, which is not the secret."""

    id: int
    person_id: int
    owner: str
    name: str
    kind: TokenKind
    created_at: float
    used_at: float | None
    """To the minute or so."""
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was just made: the one time that its secret is known."""

    token: Token
    role: Role
    secret: str


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A code that was just made, to be typed once, by a person or by their app."""

    text: str
    person: Person
    expires_at: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, and by which token; by none where the system is open."""

    name: str
    role: Role
    token: Token | None


@dataclass(frozen=True, slots=True)
class TokenList:
    """All tokens that may call, as of one generation of the accounts."""

    generation: int
    callers: Mapping[bytes, Caller]
    """By the fingerprint of the secret."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who did something, and from which address; from none at the machine's own console."""

    name: str
    address: str


CONSOLE: Final = Author("consola", "")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was done, in a few words of Spanish: what, and to what."""

    author: Author
    what: str
    about: str


@dataclass(frozen=True, slots=True)
class KeptAuditEntry:
    """An act as it is stored; a greater ``id`` is newer."""

    id: int
    at: float
    act: AuditEntry


class PeopleError(Exception):
    """What cannot be done with these accounts: why, and what that is about."""

    def __init__(self, why: Refusal, **about: str | int) -> None:
        super().__init__(f"{why.value} {about}")
        self.why = why
        self.about = about


class Unreadable(Exception):
    """The disk does not give or take what it should. Its text is one line for people, in Spanish."""

    def __init__(self, text: str, hindrance: Hindrance) -> None:
        super().__init__(text)
        self.hindrance = hindrance
        """The same for those whom no path concerns."""


class NoSuch(PeopleError):
    """The person or token is not there."""


class Conflict(PeopleError):
    """It would leave the accounts as they must not be."""


def fingerprint(secret: str) -> bytes:
    """What is stored of a secret of so many random bits that none of its bytes can be guessed from it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


# Marks of direction and the choice between two looks of a sign: U+200C, 200E, 200F, 061C, FE0E, FE0F.
_UNSEEN: Final = re.compile("[\u200c\u200e\u200f\u061c\ufe0e\ufe0f]")


def key_of(name: str) -> str:
    """Equal for names that people take for the same."""
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", name)).casefold()
