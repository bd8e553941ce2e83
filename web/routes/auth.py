"""Coming in and going out: pairing, the page's session, who one is, and tickets for streams."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final, TypeVar

from actors.domain.people import Author, Issued, PeopleError, Role, TokenKind
from web.http.handler import Handler
from web.http.health import zone_json
from web.schemas.answers import IssuedJson, MyselfJson, SecretJson, TicketJson
from web.schemas.operations import Operation
from web.schemas.serializers import iso
from web.schemas.validators import Body, Field, Line, Name
from web.security.accounts import Accounts
from web.security.authenticator import NOBODY, cookie_name
from web.security.passwords import fits
from web.security.tickets import LIFE_S as TICKET_LIFE_S
from web.texts.faults import Fault
from web.texts.problem import Problem

T = TypeVar("T")

SESSION_LIFE_S: Final = 30 * 86_400
MAX_NAME: Final = 60
CODE: Final = Field("codigo", Line(MAX_NAME), "El de emparejar; vale una vez.", "ABCDE-FGHJK")
NAME: Final = Field("nombre", Name(MAX_NAME), "Cómo llamarlo.", "Móvil de Ana")
USER: Final = Field("usuario", Name(MAX_NAME), "El nombre de una persona.", "Ana")
PASSWORD: Final = Field("clave", Line(1_000), "La suya.", "correcto caballo batería")
# Who waits for a password to be checked, beside the two that are being checked.
MAX_CHECKS: Final = 8


class AccountsHandler(Handler):
    """Works on the accounts. Open or not, that takes a token: an open house still has no open key box."""

    change = ""

    def let_in(self) -> None:
        super().let_in()
        if self.role_for(self.request.method or "") is not None and self.caller.token is None:
            raise Problem(Fault.TOKEN_NEEDED_HERE)

    @property
    def accounts(self) -> Accounts:
        if self.services.access.accounts is None:
            raise Problem(Fault.NO_ACCOUNTS)
        return self.services.access.accounts

    async def account(self, call: Callable[[], T]) -> T:
        """Do it where waiting for the disk holds up nobody; what it changes holds when this returns."""
        try:
            done = await self.read(call)
        except PeopleError as error:
            raise Problem.of(error) from None
        await self.services.authenticator.refresh()
        return done

    @property
    def address(self) -> str:
        return self.request.remote_ip or ""


def issued_json(issued: Issued) -> IssuedJson:
    token = issued.token
    expires_at = None if token.expires_at is None else iso(token.expires_at)
    return {"id": token.id, "usuario": token.owner, "rol": issued.role.value, "caduca_en": expires_at}


def secret_json(issued: Issued) -> SecretJson:
    return {"token": issued.secret, **issued_json(issued)}


class Pairing(AccountsHandler):
    """A one-time code for a token."""

    operations: ClassVar = {
        "POST": Operation(
            summary="Emparejar una app con un código",
            role=None,
            english="a token for a pairing code",
            body=Body((CODE, NAME), needs=((CODE, NAME),)),
            status=201,
            answer=SecretJson,
            refusals=(401, 429),
        )
    }

    async def post(self) -> None:
        given = self.given()
        issued = await self.redeemed(given[CODE], given[NAME], TokenKind.APP, None)
        self.set_status(201)
        self.answer(secret_json(issued))

    async def redeemed(self, code: str, name: str, kind: TokenKind, lifetime: float | None) -> Issued:
        authenticator = self.services.authenticator
        authenticator.count_try(self.request, "código")
        issued = await self.account(partial(self.accounts.redeem, code, name, kind, lifetime, self.address))
        if issued is None:
            authenticator.note(Author("", self.address), "código rechazado", "")
            raise Problem(Fault.BAD_CODE)
        authenticator.bans.succeeded(self.address)
        return issued


class Session(Pairing):
    """The page's: the token is in a cookie that no script can read."""

    operations: ClassVar = {
        "POST": Operation(
            summary="Entrar con el navegador, por un código o con la clave",
            role=None,
            english="a cookie for a pairing code, or for name and password",
            description="La sesión queda en una cookie.",
            body=Body((CODE, USER, PASSWORD), needs=((CODE,), (USER, PASSWORD))),
            answer=IssuedJson,
            refusals=(401, 409, 429),
        ),
        "DELETE": Operation(
            summary="Salir",
            role=Role.READER,
            english="nothing, and the cookie goes; 409 where there is no session",
            status=204,
            refusals=(409,),
        ),
    }

    async def post(self) -> None:
        given = self.given()
        name = self._browser()
        code = given.get(CODE)
        if code is not None:
            issued = await self.redeemed(code, name, TokenKind.SESSION, SESSION_LIFE_S)
        else:
            issued = await self._logged_in(given[USER], given[PASSWORD], name)
        self._set_cookie(issued.secret, SESSION_LIFE_S)
        self.answer(issued_json(issued))

    async def delete(self) -> None:
        token = self.caller.token
        if token is None or token.kind is not TokenKind.SESSION:
            raise Problem(Fault.NO_SESSION)
        await self.account(partial(self.accounts.revoke, token.id, token.person_id, self.author))
        self._set_cookie("", 0)
        self.set_status(204)

    async def _logged_in(self, name: str, password: str, browser: str) -> Issued:
        authenticator, services = self.services.authenticator, self.services
        authenticator.count_try(self.request, "clave")
        found = await self.account(partial(self.accounts.password_of, name))
        if len(services.checking) >= MAX_CHECKS:
            raise Problem(Fault.TOO_MANY_LOGINS)
        check = asyncio.get_running_loop().run_in_executor(
            services.passwords, fits, password, None if found is None else found[1]
        )
        services.checking.add(check)
        check.add_done_callback(services.checking.discard)
        if not await check or found is None:
            # Never what was typed: some type the password there.
            whose = "" if found is None else found[0].name
            authenticator.note(Author("", self.address), "clave rechazada", whose)
            raise Problem(Fault.BAD_LOGIN)
        authenticator.bans.succeeded(self.address)
        person = found[0]
        by = Author(person.name, self.address)
        return await self.account(
            partial(self.accounts.issue, person.id, browser, TokenKind.SESSION, SESSION_LIFE_S, by)
        )

    def _browser(self) -> str:
        agent: str = self.request.headers.get("User-Agent", "")
        return "".join(filter(str.isprintable, agent))[:MAX_NAME].strip() or "navegador"

    def _set_cookie(self, secret: str, lifetime: int) -> None:
        secure = "; Secure" if self.request.protocol == "https" else ""
        rules = f"Path=/; Max-Age={lifetime}; HttpOnly; SameSite=Strict{secure}"
        self.set_header("Set-Cookie", f"{cookie_name(self.request)}={secret}; {rules}")


class Myself(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Quién es uno",
            role=Role.READER,
            english="who one is, the time zone of the house, and in a demo the codes on the devices' labels",
            answer=MyselfJson,
        )
    }

    async def get(self) -> None:
        token = self.caller.token
        myself: MyselfJson = {
            "usuario": None if token is None else self.caller.name,
            "rol": self.caller.role.value,
            "token_id": None if token is None else token.id,
            "tipo": None if token is None else token.kind.value,
            "abierto": self.caller is NOBODY,
            "zona_horaria": zone_json(self.services.zone),
            "etiquetas": {} if self.caller.role is Role.READER else {**self.services.labels},
        }
        self.answer(myself)


class StreamTickets(Handler):
    """For ``EventSource``, which can set no header: the ticket goes into the stream's query string."""

    operations: ClassVar = {
        "POST": Operation(
            summary="Un ticket para abrir un stream",
            role=Role.READER,
            english="a ticket for one stream",
            status=201,
            answer=TicketJson,
        )
    }
    change = ""

    async def post(self) -> None:
        secret = self.services.authenticator.tickets.issue(self.caller)
        ticket: TicketJson = {"ticket": secret, "caduca_s": int(TICKET_LIFE_S)}
        self.set_status(201)
        self.answer(ticket)
