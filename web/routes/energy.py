"""What the house, its rooms and its devices have used, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Annotated, ClassVar, Final, Literal, TypedDict

from actors.domain.energy import tells_energy
from actors.domain.energy_report import (
    HOUR,
    Amount,
    EnergyReport,
    Period,
    Span,
    SummedConsumption,
    report,
    report_of_sums,
    stretches,
)
from actors.domain.model import Device
from actors.domain.people import Role
from actors.domain.read_models import Consumption
from actors.domain.readings import flattened
from actors.domain.tariffs import EnergyPlan
from web.http.handler import Handler
from web.http.services import Queries
from web.routes.statistics import Moment
from web.schemas.answers import Note, Time
from web.schemas.json_schema import named
from web.schemas.operations import Operation
from web.schemas.query import Number, Parameter, Word
from web.schemas.serializers import iso
from web.texts.faults import Fault
from web.texts.problem import Problem

SPAN: Final = Parameter(
    "periodo",
    Word(tuple(span.value for span in Span)),
    Span.MONTH.value,
    "Un día por horas, un mes por días o un año por meses.",
    "dia",
)
DATE: Final = Parameter[float | None](
    "fecha", Moment(), None, "Un momento del periodo; por defecto, ahora.", "2026-01-30"
)
DEVICE: Final = Parameter[int | None](
    "dispositivo", Number(10**18 - 1), None, "Solo este; sin ello, la casa.", 1
)
ROOM: Final = Parameter[int | None]("habitacion", Number(10**18 - 1), None, "Solo los de esta.", 1)
QUERY: Final = (SPAN, DATE, DEVICE, ROOM)
# An earlier day is taken for this one, whose year before begins at the epoch.
FIRST_DAY: Final = date(1971, 1, 1)


@named("Consumo")
class UsedJson(TypedDict):
    kwh: float
    coste: Annotated[float | None, Note({"description": "null si algo de ello no tiene precio."})]


@named("ConsumoDeUnTiempo")
class PartJson(TypedDict):
    inicio: Time
    kwh: float
    coste: float | None


@named("ConsumoAnterior")
class PreviousJson(TypedDict):
    desde: Time
    hasta: Time
    completo: Annotated[bool, Note({"description": "Si se sabe de él desde su principio."})]
    kwh: float
    coste: float | None


@named("ConsumoDeDispositivo")
class DeviceUsedJson(TypedDict):
    dispositivo_id: int
    habitacion_id: int | None
    papel: Annotated[
        Literal["general", "parte", "aparte"],
        Note({"description": "general cuenta toda la casa; parte está detrás; aparte no se suma."}),
    ]
    fuente: Annotated[
        Literal["contador", "potencia"] | None,
        Note({"description": "potencia: se calcula de los vatios; null, aún no ha dicho nada."}),
    ]
    kwh: float
    coste: float | None


@named("ConsumoDeHabitacion")
class RoomUsedJson(TypedDict):
    habitacion_id: int | None
    kwh: float
    coste: float | None


@named("Energia")
class EnergyJson(TypedDict):
    periodo: Literal["dia", "mes", "anio"]
    desde: Time
    hasta: Time
    moneda: str
    kwh: float
    coste: float | None
    anterior: Annotated[
        PreviousJson, Note({"description": "El periodo anterior, hasta donde va este si no ha acabado."})
    ]
    data: list[PartJson]
    dispositivos: list[DeviceUsedJson]
    habitaciones: list[RoomUsedJson]
    resto: Annotated[
        UsedJson | None,
        Note({"description": "Lo que cuenta el general y ningún otro; null donde no hay general."}),
    ]
    sin_contar: Annotated[
        int, Note({"description": "Informes de antes que aún se están sumando, en segundo plano."})
    ]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of whom, and of which time."""

    devices: tuple[Device, ...]
    """By name."""
    period: Period
    price: float | None
    """Of a kWh, as long as nobody has said a tariff."""
    alone: bool
    """Whether they are told by themselves: then no meter stands for the others."""

    def that_tell(self, queries: Queries) -> Wanted:
        """Of the devices those that tell what they use, or have told it: a report need not repeat what one
        before it has said.
        """
        metered = queries.metered()
        telling = (device for device in self.devices if device.id in metered or _tells_energy(device))
        return replace(self, devices=tuple(telling))

    def plan(self, queries: Queries) -> EnergyPlan:
        plan = queries.energy_plan().or_price(self.price)
        return replace(plan, mains=frozenset(), apart=frozenset()) if self.alone else plan

    @property
    def ids(self) -> list[int]:
        return [device.id for device in self.devices]


class EnergyHandler(Handler):
    def wanted(self) -> Wanted:
        now = self.services.access.clock.now()
        at = self.asked(DATE)
        zone = self.services.zone.rules
        day = max(datetime.fromtimestamp(now if at is None else at, zone).date(), FIRST_DAY)
        device_id, room = self.asked(DEVICE), self.asked(ROOM)
        if device_id is not None and self.services.hub.device_cache.by_id(device_id) is None:
            raise Problem(Fault.NO_DEVICE, id=device_id)
        devices = [
            known.device
            for known in self.services.hub.device_cache
            if (known.device.claimed if device_id is None else known.device.id == device_id)
            and (room is None or known.device.room == room)
        ]
        period = Period.around(Span(self.asked(SPAN)), day, zone)
        by_name = sorted(devices, key=lambda device: (device.name.casefold(), device.id))
        price = self.services.settings.precio_kwh
        return Wanted(tuple(by_name), period, price, (device_id, room) != (None, None))


class HouseEnergy(EnergyHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Lo que han gastado la casa, sus habitaciones y sus dispositivos, y cuánto costó",
            role=Role.READER,
            english="kWh and cost: see [energy](#energy)",
            query=QUERY,
            answer=EnergyJson,
            refusals=(404, 503),
        )
    }

    async def get(self) -> None:
        self.answer(
            await self.read(
                partial(energy_json, self.services.queries, self.wanted(), self.services.access.clock.now())
            )
        )


def energy_json(queries: Queries, whom: Wanted, now: float) -> EnergyJson:
    wanted = whom.that_tell(queries)
    period, before, plan = wanted.period, wanted.period.previous, wanted.plan(queries)
    begin = period.begin
    until = before.as_far_as(period, now) if now < period.end else float(before.end)
    used, told, past = _reports(queries, wanted, plan, until)
    return {
        "periodo": period.span.value,
        "desde": iso(begin),
        "hasta": iso(period.end),
        "moneda": plan.currency,
        **used_json(told.total),
        "anterior": {
            "desde": iso(before.begin),
            "hasta": iso(until),
            "completo": used.since is not None and used.since < before.parts[1],
            **used_json(past.total),
        },
        "data": [{"inicio": iso(begin), **used_json(amount)} for begin, amount in told.parts],
        "dispositivos": [
            {
                "dispositivo_id": device.id,
                "habitacion_id": device.room,
                "papel": _part(plan, device.id),
                "fuente": None if (source := used.sources.get(device.id)) is None else source.value,
                **used_json(told.by_device.get(device.id, Amount())),
            }
            for device in wanted.devices
        ],
        "habitaciones": [
            {"habitacion_id": room, **used_json(amount)}
            for room, amount in _by_room(told, plan, wanted).items()
        ],
        "resto": None if told.rest is None else used_json(told.rest),
        "sin_contar": used.uncounted,
    }


def _reports(
    queries: Queries, wanted: Wanted, plan: EnergyPlan, until: float
) -> tuple[Consumption | SummedConsumption, EnergyReport, EnergyReport]:
    """What is known, and what it comes to: in the period, and in the one before ``until`` then.

    A year is added up by the database: its hours are too many to be handed out, of 200 devices three million.
    """
    period, before, ids = wanted.period, wanted.period.previous, wanted.ids
    if period.span is Span.YEAR:
        end = float(period.end)
        now = queries.summed_consumption(
            ids, plan.mains, stretches(period, plan, end + HOUR), period.begin, end
        )
        then = queries.summed_consumption(
            ids, plan.mains, stretches(before, plan, until), before.begin, until
        )
        told = report_of_sums(period, plan, now, ids)
        return now, told, report_of_sums(before, plan, then, ids, until)
    used, begin = queries.consumption(ids, before.begin, period.end), period.begin
    told = report(period, plan, [each for each in used.hours if each[1] >= begin], ids)
    return used, told, report(before, plan, [each for each in used.hours if each[1] < begin], ids, until)


def used_json(amount: Amount) -> UsedJson:
    """To a tenth of a Wh, and of a hundredth of what money there is."""
    return {
        "kwh": round(amount.kwh, 4),
        "coste": None if amount.cost is None else round(amount.cost, 4),
    }


def _by_room(told: EnergyReport, plan: EnergyPlan, wanted: Wanted) -> Mapping[int | None, Amount]:
    rooms: dict[int | None, Amount] = {}
    for device in wanted.devices:
        if _part(plan, device.id) == "parte":
            rooms.setdefault(device.room, Amount()).join(told.by_device.get(device.id, Amount()))
    return rooms


def _part(plan: EnergyPlan, device_id: int) -> Literal["general", "parte", "aparte"]:
    return "general" if device_id in plan.mains else "aparte" if device_id in plan.apart else "parte"


def _tells_energy(device: Device) -> bool:
    return any(tells_energy(name) for name, _ in flattened(device.parameters))
