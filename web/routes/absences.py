"""When nobody is at home, as people say it: rule 3 then learns nothing and proposes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar, Final, TypedDict

from actors.domain.absences import Absence, EndAbsence, MoveAbsence, SayAbsence, WithdrawAbsence
from actors.domain.model import Json
from actors.domain.people import Role
from actors.messages import ChangeAbsences
from web.http.handler import Handler
from web.routes.statistics import Moment
from web.schemas.answers import Note, Time
from web.schemas.json_schema import named
from web.schemas.operations import Operation
from web.schemas.serializers import iso
from web.schemas.validators import Body, Field, OrNull, Schema
from web.texts.faults import Fault
from web.texts.problem import Problem


@dataclass(frozen=True, slots=True)
class Instant:
    """A text that says a time as it is said in a query string; seconds since the epoch."""

    @property
    def schema(self) -> Schema:
        return Moment().schema

    def read(self, value: Json, name: str) -> float:
        if not isinstance(value, str):
            raise Problem(Fault.PARAMETER_NO_MOMENT, name=name, given=json.dumps(value))
        return Moment().parse(value, name)


LEFT: Final = Field("desde", Instant(), "Cuándo os fuisteis u os iréis.", "2026-08-01T09:00:00Z")
LEFT_OR_NOW: Final = Field(
    "desde", OrNull(Instant()), "Cuándo os fuisteis u os iréis; por defecto, ahora.", "2026-08-01T09:00:00Z"
)
BACK: Final = Field(
    "hasta", OrNull(Instant()), "Cuándo volvéis; null, hasta nuevo aviso.", "2026-08-21T20:00:00Z"
)


@named("Ausencia")
class AbsenceJson(TypedDict):
    id: int
    desde: Time
    hasta: Annotated[Time | None, Note({"description": "null, hasta nuevo aviso."})]
    dura: Annotated[bool, Note({"description": "Si es ahora."})]


class AbsenceHandler(Handler):
    def absence_json(self, absence: Absence) -> AbsenceJson:
        return {
            "id": absence.id,
            "desde": iso(absence.since),
            "hasta": None if absence.until is None else iso(absence.until),
            "dura": absence.lasts(self.services.access.clock.now()),
        }


class AllAbsences(AbsenceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Las ausencias, de la última a la primera",
            role=Role.READER,
            english="array of [absences](#absence), newest first",
            answer=list[AbsenceJson],
        ),
        "POST": Operation(
            summary="Decir que no hay nadie en casa",
            role=Role.MEMBER,
            english="the absence",
            description="Vale también para lo pasado y lo que viene.",
            body=Body((LEFT_OR_NOW, BACK)),
            status=201,
            answer=AbsenceJson,
            refusals=(409,),
        ),
    }

    async def get(self) -> None:
        absences = await self.read(self.services.queries.absences)
        self.answer([self.absence_json(each) for each in reversed(absences.said)])

    async def post(self) -> None:
        given = self.given()
        absence: Absence = await self.ask(
            partial(ChangeAbsences, SayAbsence(given.get(LEFT_OR_NOW), given.get(BACK)))
        )
        self.set_status(201)
        self.answer(self.absence_json(absence))


class OneAbsence(AbsenceHandler):
    operations: ClassVar = {
        "PUT": Operation(
            summary="Cambiar una ausencia",
            role=Role.MEMBER,
            english="the absence, as it now is",
            body=Body((LEFT, BACK), needs=((LEFT,),)),
            answer=AbsenceJson,
            refusals=(404, 409),
        ),
        "DELETE": Operation(
            summary="Quitar una ausencia: sí había alguien",
            role=Role.MEMBER,
            english="nothing; what happened meanwhile is learned from again",
            status=204,
            refusals=(404,),
        ),
    }

    async def put(self, absence_id: str) -> None:
        given = self.given()
        change = MoveAbsence(int(absence_id), given[LEFT], given.get(BACK))
        absence: Absence = await self.ask(partial(ChangeAbsences, change))
        self.answer(self.absence_json(absence))

    async def delete(self, absence_id: str) -> None:
        await self.ask(partial(ChangeAbsences, WithdrawAbsence(int(absence_id))))
        self.set_status(204)


class EndedAbsence(AbsenceHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Ya hay alguien en casa",
            role=Role.MEMBER,
            english="the absence, which ends now if it had not ended",
            answer=AbsenceJson,
            refusals=(400, 404),
        )
    }

    async def post(self, absence_id: str) -> None:
        absence: Absence = await self.ask(partial(ChangeAbsences, EndAbsence(int(absence_id))))
        self.answer(self.absence_json(absence))
