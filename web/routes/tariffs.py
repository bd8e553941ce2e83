"""What current costs, and which meter counts the whole house."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Annotated, ClassVar, Final, TypedDict

from actors.domain.people import Role
from actors.domain.schedule import DAYS
from actors.domain.tariffs import (
    HOURS_A_DAY,
    MAX_BANDS,
    MAX_TARIFFS,
    Band,
    EnergyPlan,
    Tariff,
)
from actors.messages import ChangeEnergyPlan
from web.http.handler import Handler
from web.routes.absences import Instant
from web.schemas.answers import Note
from web.schemas.body import MAX_BODY
from web.schemas.json_schema import named
from web.schemas.operations import Operation
from web.schemas.validators import (
    Body,
    Field,
    Given,
    Line,
    ListOf,
    Name,
    OneWord,
    OrNull,
    Real,
    Record,
    Whole,
)
from web.texts.faults import Fault
from web.texts.problem import Problem

_PRICE: Final = Real(0, 10_000)
BAND_NAME: Final = Field("nombre", Name(40), "Cómo se llama.", "Punta")
BAND_DAYS: Final = Field("dias", ListOf(OneWord(DAYS), len(DAYS)), "En qué días.", ["lunes", "martes"])
BEGIN: Final = Field("desde_hora", Whole(23, 0), "A qué hora empieza.", 10)
END: Final = Field("hasta_hora", Whole(24, 0), "A qué hora acaba; si no es posterior, al día siguiente.", 14)
BAND_PRICE: Final = Field("precio", _PRICE, "De un kWh.", 0.22)
SINCE: Final = Field("desde", OrNull(Instant()), "Desde qué día vale; null, desde siempre.", "2026-01-01")
PRICE: Final = Field("precio", _PRICE, "De un kWh, fuera de las franjas.", 0.15)
_BAND: Final = Record((BAND_NAME, BAND_DAYS, BEGIN, END, BAND_PRICE))
BANDS: Final = Field(
    "franjas",
    ListOf(_BAND, MAX_BANDS),
    "Horas con otro precio; cuenta la primera que coincide.",
    [{"nombre": "Punta", "dias": ["lunes"], "desde_hora": 10, "hasta_hora": 14, "precio": 0.22}],
)
_TARIFF: Final = Record((SINCE, PRICE, BANDS))
CURRENCY: Final = Field("moneda", Line(4), "En qué se paga.", "€")
TARIFFS: Final = Field(
    "tarifas",
    ListOf(_TARIFF, MAX_TARIFFS),
    "Cada una, desde su día; lo gastado antes conserva su precio.",
    [{"desde": None, "precio": 0.15, "franjas": []}],
)
_IDS: Final = ListOf(Whole(2**53))
MAINS: Final = Field("generales", _IDS, "Los dispositivos que cuentan toda la casa.", [1])
APART: Final = Field("aparte", _IDS, "Los que no se suman a nada.", [2])
PLAN: Final = Body((CURRENCY, TARIFFS, MAINS, APART), needs=((CURRENCY, TARIFFS, MAINS, APART),))


@named("FranjaDePrecio")
class BandJson(TypedDict):
    nombre: str
    dias: list[str]
    desde_hora: int
    hasta_hora: int
    precio: float


@named("Tarifa")
class TariffJson(TypedDict):
    desde: Annotated[str | None, Note({"description": "Un día, o null, desde siempre."})]
    precio: float
    franjas: list[BandJson]


@named("PlanDeEnergia")
class PlanJson(TypedDict):
    moneda: str
    tarifas: list[TariffJson]
    generales: list[int]
    aparte: list[int]


class Tariffs(Handler):
    largest_body: ClassVar = MAX_BODY
    operations: ClassVar = {
        "GET": Operation(
            summary="Las tarifas de la luz, y qué dispositivo cuenta toda la casa",
            role=Role.READER,
            english="[tariffs](#tariffs) and main meters",
            answer=PlanJson,
            refusals=(503,),
        ),
        "PUT": Operation(
            summary="Decir las tarifas y los contadores generales, todos de nuevo",
            role=Role.ADMIN,
            english="the same, after it is on disk",
            body=PLAN,
            answer=PlanJson,
            refusals=(404,),
        ),
    }
    change: ClassVar[str] = "tarifas cambiadas"

    async def get(self) -> None:
        plan = await self.read(self.services.queries.energy_plan)
        # One that has gone since is nobody's meter; whoever sends the plan back need not know of it.
        plan = replace(
            plan,
            mains=frozenset(filter(self._is_there, plan.mains)),
            apart=frozenset(filter(self._is_there, plan.apart)),
        )
        self.answer(plan_json(plan.or_price(self.services.settings.precio_kwh)))

    async def put(self) -> None:
        plan = plan_of(self.given(), self.services.zone.rules)
        for device_id in sorted(plan.mains | plan.apart):
            if not self._is_there(device_id):
                raise Problem(Fault.NO_DEVICE, id=device_id)
        self.answer(plan_json(await self.ask(partial(ChangeEnergyPlan, plan))))

    def _is_there(self, device_id: int) -> bool:
        return self.services.hub.device_cache.by_id(device_id) is not None


def plan_of(given: Given, zone: tzinfo) -> EnergyPlan:
    tariffs = tuple(_tariff(each, zone) for each in given[TARIFFS])
    mains, apart = given[MAINS], given[APART]
    return EnergyPlan(given[CURRENCY], tariffs, frozenset(mains), frozenset(apart))


def _tariff(given: Given, zone: tzinfo) -> Tariff:
    since = given.get(SINCE)
    bands = tuple(
        Band(
            each[BAND_NAME],
            frozenset([DAYS.index(day) for day in each[BAND_DAYS]]),
            each[BEGIN],
            each[END] % HOURS_A_DAY,
            each[BAND_PRICE],
        )
        for each in given[BANDS]
    )
    day = None if since is None else datetime.fromtimestamp(since, zone).date()
    return Tariff(day, given[PRICE], bands)


def plan_json(plan: EnergyPlan) -> PlanJson:
    return {
        "moneda": plan.currency,
        "tarifas": [
            {
                "desde": None if tariff.since is None else tariff.since.isoformat(),
                "precio": tariff.price,
                "franjas": [_band_json(band) for band in tariff.bands],
            }
            for tariff in plan.tariffs
        ],
        "generales": sorted(plan.mains),
        "aparte": sorted(plan.apart),
    }


def _band_json(band: Band) -> BandJson:
    return {
        "nombre": band.name,
        "dias": [DAYS[day] for day in sorted(band.days)],
        "desde_hora": band.begin,
        "hasta_hora": band.end or HOURS_A_DAY,
        "precio": band.price,
    }
