"""Authentication and authorization: who makes a request, whether they may, how long their streams go on."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Final, TypeVar

from tornado.httputil import HTTPServerRequest

from actors.domain.people import AuditEntry, Author, Caller, Role, TokenList, Unreadable, fingerprint
from actors.domain.status import StorageTrouble
from config import is_loopback
from web.security.access import Access, Mode
from web.security.accounts import Accounts
from web.security.bans import Bans
from web.security.defences import is_forwarded
from web.security.open_streams import OpenStreams
from web.security.tickets import Tickets
from web.texts.faults import Fault
from web.texts.problem import Problem

logger = logging.getLogger(__name__)

T = TypeVar("T")

# A token that another process revokes ends its streams within this time, and half a second.
LOOK_EVERY_S: Final = 1.0
# What the disk is spared: when a token was last used is told to the minute.
USED_EVERY_S: Final = 60.0
MAX_NOTES: Final = 256
SAFE: Final = ("GET", "HEAD", "OPTIONS")
NOBODY: Final = Caller("", Role.ADMIN, None)
"""Whoever calls where no token is asked for: may do all, except with the accounts themselves."""


class Authenticator:
    """Knows all tokens by their fingerprints, in memory. Used on the loop only, but for :meth:`load`."""

    def __init__(
        self,
        access: Access,
        disk: Executor,
        open_streams: OpenStreams,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        """``changed`` is called where it may wait for the disk, whenever who may call is found to have
        changed."""
        self._mode = access.mode
        self._accounts = access.accounts
        self._clock = access.clock
        self._disk = disk
        self._open_streams = open_streams
        self._changed = changed
        self._roll = TokenList(0, {})
        self._by_id: dict[int, Caller] = {}
        self._refreshing = asyncio.Lock()
        self.trouble: StorageTrouble | None = None
        """Why the accounts cannot be read, in Spanish; what was last read goes on being so."""
        self._used: dict[int, float] = {}
        self._told_used = self._clock.monotonic()
        self._notes: Counter[AuditEntry] = Counter()
        self.bans = Bans(self._clock.monotonic)
        self.tickets = Tickets(self._clock.monotonic)

    # -- who calls -----------------------------------------------------------------------------

    def admit(self, request: HTTPServerRequest, needed: Role, ticket: str) -> Caller:
        """Who calls, if they may. Raises :class:`Problem`: 401 or 403."""
        caller = self.caller_of(request, ticket)
        if caller is None:
            raise Problem(Fault.NO_TOKEN)
        if not caller.role.covers(needed):
            raise Problem(Fault.ROLE_TOO_LOW, needed=needed.value, role=caller.role.value)
        return caller

    def caller_of(self, request: HTTPServerRequest, ticket: str = "") -> Caller | None:
        """Who calls; ``None`` if they do not say, and have to.

        A token or ticket that is no good is refused whatever the mode. A cookie that is no good is as
        good as none: the browser sends it by itself, long after the session has ended.
        """
        authorization = request.headers.get("Authorization")
        if authorization is not None:
            scheme, _, secret = authorization.partition(" ")
            caller = self._holder(secret.strip()) if scheme.lower() == "bearer" else None
            return caller or self._turn_away(request, "token")
        if ticket:
            caller = self.tickets.redeem(ticket)
            return caller if caller and self.holds(caller) else self._turn_away(request, "ticket")
        session = session_of(request)
        if session and (caller := self._holder(session)) is not None:
            _check_is_own_page(request)
            return caller
        return NOBODY if self._is_open_to(request) else None

    def holds(self, caller: Caller) -> bool:
        """Whether what was found of the caller when they came in is still so."""
        token = caller.token
        if token is None:
            return True
        now = self._by_id.get(token.id)
        return now is not None and now.role is caller.role and not self._expired(now)

    def _holder(self, secret: str) -> Caller | None:
        caller = self._roll.callers.get(fingerprint(secret))
        if caller is None or caller.token is None or self._expired(caller):
            return None
        self._used[caller.token.id] = self._clock.now()
        return caller

    def _expired(self, caller: Caller) -> bool:
        expires_at = None if caller.token is None else caller.token.expires_at
        return expires_at is not None and expires_at <= self._clock.now()

    def _is_open_to(self, request: HTTPServerRequest) -> bool:
        if self._mode is Mode.HERE:
            return is_loopback(request.remote_ip or "") and not is_forwarded(request)
        return self._mode is Mode.OPEN

    def _turn_away(self, request: HTTPServerRequest, what: str) -> Caller:
        """Nobody guesses 256 bits, so that no ban is needed; one would keep an app whose token was revoked
        from pairing again, and whoever can make a browser of the house fail, its people from coming in."""
        self.note(Author("", request.remote_ip or ""), f"{what} rechazado", "")
        raise Problem(Fault.BAD_TICKET if what == "ticket" else Fault.BAD_TOKEN)

    # -- failures ------------------------------------------------------------------------------

    def count_try(self, request: HTTPServerRequest, what: str) -> None:
        """Before it is known whether it is a failure. Raises :class:`Problem` 429 for one too many.

        Who holds a good token never comes here: a neighbour who fails on purpose, in the same network,
        keeps others from pairing and logging in, but not from their house.
        """
        address = request.remote_ip or ""
        banned_before = self.bans.banned_for(address)
        if self.bans.try_once(address):
            return
        wait = self.bans.banned_for(address)
        if not banned_before:
            logger.warning("address_banned address=%s seconds=%d last=%s", address, wait, what)
            self.note(Author("", address), "bloqueo", f"{wait} s")
        raise Problem(Fault.BANNED, retry_after=wait, seconds=wait)

    def note(self, author: Author, what: str, about: str) -> None:
        """Have an act written down within a second; the same one several times in it only once."""
        act = AuditEntry(author, what, about)
        if act in self._notes or len(self._notes) < MAX_NOTES:
            self._notes[act] += 1

    # -- the accounts as they now are ----------------------------------------------------------

    def load(self) -> None:
        """Read the accounts, before the loop runs."""
        if self._accounts is not None:
            self._take(self._accounts.roll())

    async def refresh(self) -> None:
        """Read them again, if they have changed, and end the streams of those who may no longer call."""
        if self._accounts is None:
            return
        async with self._refreshing:
            if await self._on_disk(self._accounts.generation) != self._roll.generation:
                self._take(await self._on_disk(self._accounts.roll))
                await self._on_disk(self._changed)
        self._open_streams.end_those(lambda caller: not self.holds(caller))

    async def keep_current(self) -> None:
        """Until cancelled."""
        if self._accounts is None:
            return
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self.refresh()
                await self._store_notes(self._accounts)
            except Exception as error:
                # The disk may come back; it is said once.
                hindrance = error.hindrance if isinstance(error, Unreadable) else None
                if self.trouble is None:
                    unforeseen = error if hindrance is None else None
                    logger.error("accounts_unreadable error=%s", error, exc_info=unforeseen)
                self.trouble = StorageTrouble(str(error), hindrance)
            else:
                if self.trouble is not None:
                    logger.warning("accounts_readable")
                self.trouble = None

    async def settle(self) -> None:
        """Tell the disk what it has not been told, before the end."""
        if self._accounts is not None:
            self._told_used -= USED_EVERY_S
            await self._store_notes(self._accounts)

    async def _store_notes(self, accounts: Accounts) -> None:
        if self._notes:
            notes = Counter(self._notes)
            acts = [_counted(act, times) for act, times in notes.items()]
            await self._on_disk(partial(accounts.note, *acts))
            self._notes -= notes
        if self._used and self._clock.monotonic() >= self._told_used + USED_EVERY_S:
            used, self._used = self._used, {}
            self._told_used = self._clock.monotonic()
            await self._on_disk(partial(accounts.used, used))

    def _take(self, roll: TokenList) -> None:
        self._roll = roll
        self._by_id = {caller.token.id: caller for caller in roll.callers.values() if caller.token}
        logger.debug("accounts_read generation=%d tokens=%d", roll.generation, len(roll.callers))

    async def _on_disk(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, call)


def cookie_name(request: HTTPServerRequest) -> str:
    """Of the session. Over TLS no other name's page, and nobody without TLS, can set it."""
    return "__Host-iot_sesion" if request.protocol == "https" else "iot_sesion"


def session_of(request: HTTPServerRequest) -> str:
    """What the session's cookie holds; empty if there is none.

    Tornado would make an object of each cookie that there is: 15 ms of a header full of them.
    """
    name = f"{cookie_name(request)}="
    cookies = (each.strip() for each in request.headers.get("Cookie", "").split(";"))
    return next((each[len(name) :] for each in cookies if each.startswith(name)), "")


def _counted(act: AuditEntry, times: int) -> AuditEntry:
    if times == 1:
        return act
    return AuditEntry(act.author, act.what, f"{act.about} ({times} veces)".strip())


def _check_is_own_page(request: HTTPServerRequest) -> None:
    """That what changes something by a cookie says where it comes from.

    What says that it comes from elsewhere has been refused, and what says nothing has passed, as programs
    say nothing; but programs send no cookies, and every browser says it one way or the other.
    """
    if request.method in SAFE:
        return
    if "Origin" not in request.headers and "Sec-Fetch-Site" not in request.headers:
        raise Problem(Fault.NO_ORIGIN)
