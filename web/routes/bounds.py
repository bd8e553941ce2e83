"""What rule 1 holds a device's readings to, and what people decide of its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

from actors.domain.findings import Bounds, Span
from actors.domain.metrics import UNDECIDED, nature_of, unit_of
from actors.domain.model import Device
from actors.domain.people import Role
from actors.domain.readings import flattened
from actors.messages import AskBounds, ChangeLimits
from web.routes.devices import DeviceHandler
from web.schemas.answers import BoundJson, DeviceBoundsJson, MetricJson, SpanJson
from web.schemas.body import MAX_BODY
from web.schemas.limits import LIMITS, limits_of
from web.schemas.operations import Operation
from web.schemas.preconditions import ETAG, IF_MATCH, quoted

EXTREMES: Final = "extremos"
_UNKNOWN: Final = Bounds(None, None, "")


class DeviceBounds(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Entre qué valores tiene por normal la regla 1 cada medida ahora, y qué es cada una",
            role=Role.READER,
            english="what [rule 1](#bounds) holds each metric to now, and what each is",
            description="Sin la tolerancia; en data, sin las medidas que no tienen límites.",
            answer=DeviceBoundsJson,
            answer_headers=ETAG,
            refusals=(404, 503),
        ),
        "PUT": Operation(
            summary="Decidir entre qué valores ha de estar cada medida, silenciarla, o decir qué es",
            role=Role.MEMBER,
            english="the same, after it is on disk; merged [by metric](#bounds), `null` takes back",
            description="Se mezcla medida a medida; null retira lo que se había decidido.",
            headers=(IF_MATCH,),
            body=LIMITS,
            answer=DeviceBoundsJson,
            answer_headers=ETAG,
            refusals=(404, 412),
        ),
    }
    change: ClassVar[str] = "límites cambiados"

    largest_body: ClassVar = MAX_BODY

    async def get(self, device_id: str) -> None:
        await self._answer_bounds(self.known(int(device_id)).device)

    async def put(self, device_id: str) -> None:
        body = await self.work_out(self.body_size, self.json_body)
        changes = await self.work_out(self.body_size, partial(limits_of, body))
        device, seen = self.meant(device_id)
        change = partial(ChangeLimits, device.serial, changes, seen=seen, origin=self.origin)
        await self._answer_bounds(await self.ask(change))

    async def _answer_bounds(self, device: Device) -> None:
        found: Mapping[str, Bounds] = await self.inquire(partial(AskBounds, device.serial, EXTREMES))
        told: DeviceBoundsJson = {
            "dispositivo_id": device.id,
            "edicion": device.edition,
            "data": {
                metric: bound_json(each)
                for metric, each in found.items()
                if (each.low, each.high) != (None, None)
            },
            "medidas": metrics_json(device, found),
        }
        self.set_header("ETag", quoted(device.edition))
        self.answer(told)


def bound_json(bounds: Bounds) -> BoundJson:
    return {"min": bounds.low, "max": bounds.high, "source": bounds.source}


def metrics_json(device: Device, found: Mapping[str, Bounds]) -> dict[str, MetricJson]:
    """Of all metrics that it has told last, that people have decided on, or that the rule knows."""
    told = [name for name, _ in flattened(device.parameters)]
    names = sorted({*told, *device.limits, *found})
    return {name: _metric_json(device, name, found.get(name, _UNKNOWN)) for name in names}


def _metric_json(device: Device, name: str, known: Bounds) -> MetricJson:
    choice = device.limits.get(name, UNDECIDED)
    units = {} if device.profile is None else device.profile.units
    unit = units.get(name) or unit_of(name)
    nature = nature_of(choice, name, unit, known.nature)
    return {
        "naturaleza": None if nature is None else nature[0].value,
        "naturaleza_de": None if nature is None else nature[1].value,
        "unidad": unit,
        "silenciada": choice.muted,
        "persona": _span_json(Span(choice.low, choice.high)),
        "tabla": None if known.table is None else _span_json(known.table),
        "historia": None if known.history is None else _span_json(known.history),
    }


def _span_json(span: Span) -> SpanJson:
    return {"min": span.low, "max": span.high}
