"""A server that asks for tokens, and the people who have them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from actors.domain.notices import Notice
from actors.domain.people import CONSOLE, Person, Role, TokenKind
from actors.notifier.desk import NoticeDesk
from actors.notifier.web_push import new_private_key
from actors.runtime.clock import Clock
from persistence.accounts.accounts import Accounts
from persistence.accounts.channels import Channels
from persistence.accounts.schema import AccountsFile
from tests.stage import FakeClock
from tests.web.site import BLIND, LAMP, Answer, Site
from web.http.services import Limits
from web.security.access import Access, Mode
from web.texts.notice_words import NoticeWords


class Keys:
    """Accounts with an ``admin``, a ``miembro`` and a ``lectura``, each with a token."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.clock = clock or FakeClock()
        self._path = folder / "cuentas.db"
        self.accounts = Accounts(AccountsFile(self._path), self.clock.now)
        self.outbox: list[Notice] = []
        self.push: list[str] = []
        self.people: dict[Role, Person] = {}
        self.tokens: dict[Role, str] = {}
        self.ids: dict[Role, int] = {}
        for role in Role:
            self.people[role] = self.accounts.add_person(f"Doña {role.value}", role, None, CONSOLE)
            issued = self.accounts.issue(self.people[role].id, "móvil", TokenKind.APP, None, CONSOLE)
            self.tokens[role], self.ids[role] = issued.secret, issued.token.id

    def bearer(self, role: Role) -> dict[str, str]:
        return bearer(self.tokens[role])

    def issue(self, role: Role, lifetime: float | None = None, kind: TokenKind = TokenKind.APP) -> str:
        """Another token for the one who has this role."""
        return self.accounts.issue(self.people[role].id, "otro", kind, lifetime, CONSOLE).secret

    def revoke(self, role: Role) -> None:
        """As another process does it."""
        self.accounts.revoke(self.ids[role], None, CONSOLE)

    def acts(self) -> list[tuple[str, str, str]]:
        """Who did what to what, newest first."""
        return [(each.act.author.name, each.act.what, each.act.about) for each in self.accounts.acts(200)]

    def site(
        self,
        mode: Mode = Mode.TOKENS,
        limits: Limits | None = None,
        desk: NoticeDesk | None = None,
        **access: Any,
    ) -> Site:
        about = Access(mode=mode, accounts=self.accounts, clock=self.clock, **access)
        return Site(LAMP, BLIND, access=about, limits=limits, notices=desk or self.desk(mode))

    def desk(self, mode: Mode = Mode.TOKENS) -> NoticeDesk:
        """Which sends to push services at any port of this machine that :attr:`push` names."""
        return NoticeDesk(
            Channels(AccountsFile(self._path), self.clock.now, new_private_key),
            self.clock,
            NoticeWords(UTC),
            lambda: "",
            lambda _, limit: self.outbox[:limit],
            serves_house=mode is Mode.HERE,
            contact="mailto:casa@example.org",
            services=self.push,
        )


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def denied(answer: Answer, status: int) -> bool:
    """Whether it is this refusal and tells nothing else."""
    return (
        answer.status == status
        and (not answer.body or set(answer.json) == {"error", "detalle", "codigo"})
        and (status != 401 or answer.headers["Www-Authenticate"] == "Bearer")
    )


def cookie_of(answer: Answer) -> Mapping[str, str]:
    """The header that sends back what was set."""
    return {"Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
