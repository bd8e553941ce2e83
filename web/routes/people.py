"""The people of the house, their tokens and the codes to pair with: for admins, and oneself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar, Final
from urllib.parse import quote

from actors.domain.durations import DAY_S
from actors.domain.people import Author, KeptAuditEntry, PairingCode, Person, Role, Token, TokenKind
from web.routes.auth import MAX_NAME, NAME, USER, AccountsHandler, secret_json
from web.routes.devices import PER_PAGE
from web.routes.overview import BEFORE
from web.schemas.answers import ActJson, AuditPageJson, PairingCodeJson, PersonJson, SecretJson, TokenJson
from web.schemas.operations import Operation
from web.schemas.serializers import iso
from web.schemas.validators import Body, Field, Given, Line, Name, OneOf, Whole
from web.security.passwords import LONGEST, SHORTEST, hashed

MAX_DAYS: Final = 3650
PERSON_NAME: Final = Field("nombre", Name(MAX_NAME), "Cómo se llama.", "Ana")
ROLE: Final = Field("rol", OneOf(Role), "Lo que puede: mirar, cambiar, o también administrar.", "miembro")
NEW_PASSWORD: Final = Field(
    "clave", Line(LONGEST, SHORTEST), "Para entrar sin código.", "correcto caballo batería"
).or_null()
LIFE: Final = Field("caduca_dias", Whole(MAX_DAYS), "Sin ello no caduca.", 365).or_null()


def person_json(person: Person) -> PersonJson:
    return {
        "id": person.id,
        "nombre": person.name,
        "rol": person.role.value,
        "con_clave": person.has_password,
        "creado_en": iso(person.created_at),
    }


def token_json(token: Token, current: Token | None) -> TokenJson:
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


def act_json(kept: KeptAuditEntry) -> ActJson:
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


class PeopleHandler(AccountsHandler):
    async def hashed_password(self, given: Given) -> str | None:
        password = given.get(NEW_PASSWORD)
        if password is None:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.services.passwords, hashed, password)


class AllPeople(PeopleHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Las personas", role=Role.ADMIN, english="array of people", answer=list[PersonJson]
        ),
        "POST": Operation(
            summary="Añadir una persona",
            role=Role.ADMIN,
            english="the person",
            body=Body((PERSON_NAME, ROLE, NEW_PASSWORD), needs=((PERSON_NAME, ROLE),)),
            status=201,
            answer=PersonJson,
            refusals=(409,),
        ),
    }

    async def get(self) -> None:
        self.answer([person_json(person) for person in await self.read(self.accounts.people)])

    async def post(self) -> None:
        given = self.given()
        name, role = given[PERSON_NAME], given[ROLE]
        password = await self.hashed_password(given)
        person = await self.account(partial(self.accounts.add_person, name, role, password, self.author))
        self.set_status(201)
        self.answer(person_json(person))


class OnePerson(PeopleHandler):
    operations: ClassVar = {
        "PUT": Operation(
            summary="Cambiar una persona",
            role=Role.ADMIN,
            english="the person",
            body=Body((PERSON_NAME, ROLE, NEW_PASSWORD), needs=((PERSON_NAME,), (ROLE,), (NEW_PASSWORD,))),
            answer=PersonJson,
            refusals=(404, 409),
        ),
        "DELETE": Operation(
            summary="Borrar una persona con sus tokens",
            role=Role.ADMIN,
            english="nothing; all their tokens go",
            status=204,
            refusals=(404, 409),
        ),
    }

    async def put(self, person_id: str) -> None:
        given = self.given()
        person = await self.account(
            partial(
                self.accounts.change_person,
                int(person_id),
                name=given.get(PERSON_NAME),
                role=given.get(ROLE),
                password=await self.hashed_password(given),
                by=self.author,
            )
        )
        self.answer(person_json(person))

    async def delete(self, person_id: str) -> None:
        await self.account(partial(self.accounts.remove_person, int(person_id), self.author))
        self.set_status(204)


class PairingCodes(PeopleHandler):
    """For somebody known, or for somebody new, who is then known from now on."""

    operations: ClassVar = {
        "POST": Operation(
            summary="Un código para emparejar, de una persona o de otra nueva",
            role=Role.ADMIN,
            english="a pairing code",
            body=Body((USER, PERSON_NAME, ROLE), needs=((USER,), (PERSON_NAME, ROLE))),
            status=201,
            answer=PairingCodeJson,
            refusals=(404, 409),
        )
    }

    async def post(self) -> None:
        code = await self.account(partial(self._make, self.given(), self.author))
        services = self.services
        base = services.access.public_url or f"{self.request.protocol}://{self.request.host}"
        told: PairingCodeJson = {
            "codigo": code.text,
            "usuario": code.person.name,
            "rol": code.person.role.value,
            "caduca_en": iso(code.expires_at),
            "url": pairing_url(base, code.text, services.access.ca_fingerprint),
        }
        self.set_status(201)
        self.answer(told)

    def _make(self, given: Given, author: Author) -> PairingCode:
        known = given.get(USER)
        if known is not None:
            person = self.accounts.person_named(known)
        else:
            person = self.accounts.add_person(given[PERSON_NAME], given[ROLE], None, author)
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
    operations: ClassVar = {
        "GET": Operation(
            summary="Los tokens: los propios, o todos para un admin",
            role=Role.READER,
            english="array, newest first: one's own; everybody's for an admin",
            answer=list[TokenJson],
        ),
        "POST": Operation(
            summary="Un token más para uno mismo",
            role=Role.MEMBER,
            english="one more token of one's own",
            body=Body((NAME, LIFE), needs=((NAME,),)),
            status=201,
            answer=SecretJson,
            refusals=(409,),
        ),
    }

    async def get(self) -> None:
        tokens = await self.read(partial(self.accounts.tokens, self.only_of))
        self.answer([token_json(token, self.holder) for token in tokens])

    async def post(self) -> None:
        given = self.given()
        name, days = given[NAME], given.get(LIFE)
        lifetime = None if days is None else days * DAY_S
        issued = await self.account(
            partial(self.accounts.issue, self.holder.person_id, name, TokenKind.APP, lifetime, self.author)
        )
        self.set_status(201)
        self.answer(secret_json(issued))


class OneToken(TokensHandler):
    operations: ClassVar = {
        "DELETE": Operation(
            summary="Revocar un token",
            role=Role.READER,
            english="nothing: one's own goes, or anybody's for an admin",
            status=204,
            refusals=(404,),
        )
    }

    async def delete(self, token_id: str) -> None:
        await self.account(partial(self.accounts.revoke, int(token_id), self.only_of, self.author))
        self.set_status(204)


class Audit(PeopleHandler):
    """Pages by number, since new acts keep coming: ``antes`` is the last one's ``id``."""

    operations: ClassVar = {
        "GET": Operation(
            summary="Lo que se ha hecho, lo más nuevo primero",
            role=Role.ADMIN,
            english="what was done and by whom",
            query=(BEFORE, PER_PAGE),
            answer=AuditPageJson,
        )
    }

    async def get(self) -> None:
        before, per_page = self.asked(BEFORE), self.asked(PER_PAGE)
        acts = await self.read(partial(self.accounts.acts, per_page, before))
        page: AuditPageJson = {"per_page": per_page, "data": [act_json(kept) for kept in acts]}
        self.answer(page)
