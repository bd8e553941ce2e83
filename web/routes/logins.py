"""Logins at the broker for devices and gateways: a password is shown once, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from actors.domain.logins import KeptLogin, LoginFamily, NewLogin, Server
from actors.domain.people import Role
from actors.domain.refusals import Refused
from web.http.handler import Handler
from web.schemas.answers import BrokerPlaceJson, LoginFamilyJson, LoginJson, LoginsJson, NewLoginJson
from web.schemas.operations import Operation
from web.schemas.serializers import iso
from web.schemas.validators import Body, Field, Line
from web.texts.problem import Problem

LONGEST_TOPIC: Final = 200
FAMILY: Final = Field("familia", Line(40), "Una de /mqtt/familias.", "tasmota")
LOGIN_NAME: Final = Field(
    "nombre",
    Line(64),
    "Su usuario, y cómo se llama en sus topics; de un dispositivo propio, su serie.",
    "salon",
)
TOPIC: Final = Field(
    "topic", Line(LONGEST_TOPIC), "Si en sus topics se llama de otra forma.", "casa/zigbee2mqtt"
).or_null()
WANTED: Final = Body((FAMILY, LOGIN_NAME, TOPIC), needs=((FAMILY, LOGIN_NAME),))


class LoginFamilies(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="De qué marcas y programas se hacen accesos",
            role=Role.ADMIN,
            english="array of what [logins](#logins) can be for; `propia` are devices of this protocol",
            answer=list[LoginFamilyJson],
        )
    }

    async def get(self) -> None:
        families = await self.read(self.services.logins.families)
        self.answer([family_json(family) for family in families])


class AllLogins(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los accesos de los aparatos al bróker, sin sus claves",
            role=Role.ADMIN,
            english="where the broker is, and the [logins](#logins) that there are, without their passwords",
            answer=LoginsJson,
        ),
        "POST": Operation(
            summary="Un acceso para un aparato, con lo que hay que escribir en él",
            role=Role.ADMIN,
            english="the [login](#logins), with its password, this once; 409 taken, or the broker is foreign",
            body=WANTED,
            status=201,
            answer=NewLoginJson,
            refusals=(409,),
        ),
    }
    change: ClassVar[str] = "acceso de aparato creado"

    async def get(self) -> None:
        logins = self.services.logins
        server, known = await self.read(lambda: (logins.server, logins.known()))
        self.answer(logins_json(server, known))

    async def post(self) -> None:
        given = self.given()
        serials = [known.device.serial for known in self.services.hub.device_cache]
        wanted = given[FAMILY], given[LOGIN_NAME], given.get(TOPIC) or "", serials
        outcome = await self.read(partial(self.services.logins.add, *wanted))
        if isinstance(outcome, Refused):
            raise Problem.of(outcome)
        self.set_status(201)
        self.answer(new_login_json(outcome))


class OneLogin(Handler):
    operations: ClassVar = {
        "DELETE": Operation(
            summary="Quitar el acceso de un aparato",
            role=Role.ADMIN,
            english="nothing; whoever came in by it is cut off; 409 the broker is foreign",
            status=204,
            refusals=(404, 409),
        )
    }
    change: ClassVar[str] = "acceso de aparato quitado"

    async def delete(self, name: str) -> None:
        refused = await self.read(partial(self.services.logins.take_away, name))
        if refused is not None:
            raise Problem.of(refused)
        self.set_status(204)


def family_json(family: LoginFamily) -> LoginFamilyJson:
    return {"familia": family.name, "titulo": family.title, "pasarela": family.is_gateway}


def logins_json(server: Server, known: Sequence[KeptLogin]) -> LoginsJson:
    return {"broker": place_json(server), "data": [login_json(each) for each in known]}


def login_json(login: KeptLogin) -> LoginJson:
    made = None if login.made_at is None else iso(login.made_at)
    return {"nombre": login.user, "familia": login.family, "creado_en": made}


def place_json(server: Server) -> BrokerPlaceJson:
    return {
        "host": server.host,
        "puerto": server.port,
        "tls": server.tls,
        "ajeno": server.foreign,
        "solo_aqui": server.here_only,
    }


def new_login_json(made: NewLogin) -> NewLoginJson:
    return {
        "nombre": made.account.user,
        "familia": made.family,
        "clave": made.account.password,
        "topic": made.account.topic,
        "broker": place_json(made.server),
        "donde": made.setup.where,
        "texto": made.setup.text,
    }
