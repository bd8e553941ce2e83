"""What the web room needs of the accounts; :mod:`persistence.accounts.accounts` has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from actors.domain.people import (
    AuditEntry,
    Author,
    Issued,
    KeptAuditEntry,
    PairingCode,
    Person,
    Role,
    Token,
    TokenKind,
    TokenList,
)


class Accounts(Protocol):
    """Waits for the disk, so it is called on pooled threads. Raises
    :class:`actors.domain.people.PeopleError`."""

    def generation(self) -> int:
        """A number that changes whenever :meth:`roll` does."""

    def roll(self) -> TokenList:
        """Everybody who may call."""

    def people(self) -> Sequence[Person]: ...

    def person_named(self, name: str) -> Person: ...

    def password_of(self, name: str) -> tuple[Person, str] | None:
        """The person of that name and the hash of their password, if there are both."""

    def tokens(self, person_id: int | None = None) -> Sequence[Token]:
        """All that can still be used, newest first, or those of one person."""

    def acts(self, limit: int, before: int) -> Sequence[KeptAuditEntry]:
        """Newest first, those older than the one numbered ``before``."""

    def add_person(self, name: str, role: Role, password: str | None, by: Author) -> Person:
        """``password`` is its hash."""

    def change_person(
        self, person_id: int, *, name: str | None, role: Role | None, password: str | None, by: Author
    ) -> Person:
        """What is ``None`` stays."""

    def remove_person(self, person_id: int, by: Author) -> None: ...

    def issue(
        self, person_id: int, name: str, kind: TokenKind, lifetime: float | None, by: Author
    ) -> Issued: ...

    def revoke(self, token_id: int, owner: int | None, by: Author) -> None:
        """With an ``owner``, only if it is theirs."""

    def make_code(self, person_id: int, by: Author) -> PairingCode: ...

    def redeem(
        self, code: str, name: str, kind: TokenKind, lifetime: float | None, address: str
    ) -> Issued | None:
        """``None`` for a code that is not good, or no longer."""

    def note(self, *acts: AuditEntry) -> None: ...

    def used(self, at: Mapping[int, float]) -> None:
        """When tokens, by id, were last used."""
