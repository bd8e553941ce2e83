"""The people of the house, their tokens and the codes to pair with: for admins, and oneself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import quote

import orjson

from actors.people import Author, KeptAct, PairingCode, Person, Role, Token, TokenKind
from web.auth import AccountsHandler, issued_json, text_in
from web.body import Object
from web.devices import MAX_PER_PAGE
from web.errors import Problem
from web.overview import NEWEST
from web.passwords import fault_in, hashed
from web.wire import iso

MAX_DAYS: Final = 3650
DAY_S: Final = 86_400.0
FOR_ADMINS: Final = dict.fromkeys(("GET", "POST", "PUT", "DELETE"), Role.ADMIN)


def person_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "nombre": person.name,
        "rol": person.role.value,
        "con_clave": person.has_password,
        "creado_en": iso(person.created_at),
    }


def token_json(token: Token, current: Token | None) -> dict[str, Any]:
    return {
        "id": token.id,
        "usuario_id": token.person_id,
        "usuario": token.owner,
        "nombre": token.name,
        "tipo": token.kind.value,
        "creado_en": iso(token.created_at),
        "usado_en": None if token.used_at is None else iso(token.used_at),
        "caduca_en": None if token.expires_at is None else iso(token.expires_at),
        "actual": current is not None and token.id == current.id,
    }


def act_json(kept: KeptAct) -> dict[str, Any]:
    act = kept.act
    return {
        "id": kept.id,
        "timestamp": iso(kept.at),
        "quien": act.author.name,
        "desde": act.author.address,
        "acto": act.what,
        "objeto": act.about,
    }


def pairing_url(base: str, code: str, ca_fingerprint: str = "") -> str:
    """What a pairing QR holds: the page, with the code where no server or log ever sees it.

    ``ca_fingerprint`` (SHA-256, hexadecimal) is that of the root certificate that the app is to pin.
    """
    ca = f"&ca={ca_fingerprint}" if ca_fingerprint else ""
    return f"{base}/#codigo={quote(code)}{ca}"


def role_in(body: Object) -> Role:
    try:
        return Role(body.get("rol"))
    except ValueError:
        roles = ", ".join(role.value for role in Role)
        raise Problem(400, f"rol no es uno de {roles}; envía uno.") from None


class PeopleHandler(AccountsHandler):
    needs: ClassVar = FOR_ADMINS

    async def hashed_password(self, body: Object) -> str | None:
        if body.get("clave") is None:
            return None
        password = text_in(body, "clave")
        if fault := fault_in(password):
            raise Problem(400, f"clave: {fault}.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.services.passwords, hashed, password)


class AllPeople(PeopleHandler):
    async def get(self) -> None:
        self.answer([person_json(person) for person in await self.read(self.accounts.people)])

    async def post(self) -> None:
        body = self.json_body()
        name, role = text_in(body, "nombre"), role_in(body)
        password = await self.hashed_password(body)
        person = await self.account(partial(self.accounts.add_person, name, role, password, self.author))
        self.set_status(201)
        self.answer(person_json(person))


class OnePerson(PeopleHandler):
    async def put(self, person_id: str) -> None:
        body = self.json_body()
        name = text_in(body, "nombre") if "nombre" in body else None
        role = role_in(body) if "rol" in body else None
        password = await self.hashed_password(body)
        if (name, role, password) == (None, None, None):
            raise Problem(400, "No se cambia nada; envía nombre, rol o clave.")
        person = await self.account(
            partial(
                self.accounts.change_person,
                int(person_id),
                name=name,
                role=role,
                password=password,
                by=self.author,
            )
        )
        self.answer(person_json(person))

    async def delete(self, person_id: str) -> None:
        await self.account(partial(self.accounts.remove_person, int(person_id), self.author))
        self.set_status(204)


class PairingCodes(PeopleHandler):
    """For somebody known, or for somebody new, who is then known from now on."""

    async def post(self) -> None:
        code = await self.account(partial(self._make, self.json_body(), self.author))
        services = self.services
        base = services.access.public_url or f"{self.request.protocol}://{self.request.host}"
        self.set_status(201)
        self.answer(
            {
                "codigo": code.text,
                "usuario": code.person.name,
                "rol": code.person.role.value,
                "caduca_en": iso(code.expires_at),
                "url": pairing_url(base, code.text, services.access.ca_fingerprint),
            }
        )

    def _make(self, body: Object, author: Author) -> PairingCode:
        if "usuario" in body:
            person = self.accounts.person_named(text_in(body, "usuario"))
        else:
            person = self.accounts.add_person(text_in(body, "nombre"), role_in(body), None, author)
        return self.accounts.make_code(person.id, author)


class TokensHandler(AccountsHandler):
    """One's own, and everybody's for admins."""

    @property
    def holder(self) -> Token:
        assert self.caller.token is not None  # or let_in() had refused
        return self.caller.token

    @property
    def only_of(self) -> int | None:
        return None if self.caller.role is Role.ADMIN else self.holder.person_id


class AllTokens(TokensHandler):
    async def get(self) -> None:
        tokens = await self.read(partial(self.accounts.tokens, self.only_of))
        self.answer([token_json(token, self.holder) for token in tokens])

    async def post(self) -> None:
        body = self.json_body()
        name, lifetime = text_in(body, "nombre"), _lifetime(body)
        issued = await self.account(
            partial(self.accounts.issue, self.holder.person_id, name, TokenKind.APP, lifetime, self.author)
        )
        self.set_status(201)
        self.answer({"token": issued.secret, **issued_json(issued)})


class OneToken(TokensHandler):
    needs: ClassVar = {"DELETE": Role.READER}

    async def delete(self, token_id: str) -> None:
        await self.account(partial(self.accounts.revoke, int(token_id), self.only_of, self.author))
        self.set_status(204)


class Audit(PeopleHandler):
    """Pages by number, since new acts keep coming: ``antes`` is the last one's ``id``."""

    async def get(self) -> None:
        before = self.count("antes", NEWEST, NEWEST)
        per_page = self.count("per_page", 50, MAX_PER_PAGE)
        acts = await self.read(partial(self.accounts.acts, per_page, before))
        self.finish(orjson.dumps({"per_page": per_page, "data": [act_json(kept) for kept in acts]}))


def _lifetime(body: Object) -> float | None:
    days = body.get("caduca_dias")
    if days is None:
        return None
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MAX_DAYS:
        raise Problem(400, f"caduca_dias no es un número entero de 1 a {MAX_DAYS}; envía uno, o nada.")
    return days * DAY_S
