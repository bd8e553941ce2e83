"""What rule 1 holds a device's readings to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Final

from actors.domain.findings import Bounds
from actors.domain.people import Role
from actors.messages import AskBounds
from web.routes.devices import DeviceHandler
from web.schemas.answers import BoundJson, DeviceBoundsJson
from web.schemas.operations import Operation

EXTREMES: Final = "extremos"


class DeviceBounds(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Entre qué valores tiene por normal la regla 1 cada medida ahora",
            role=Role.READER,
            english="what [rule 1](#bounds) holds each metric to now",
            description="Sin la tolerancia; sin las medidas que no tienen límites.",
            answer=DeviceBoundsJson,
            refusals=(404, 503),
        )
    }

    async def get(self, device_id: str) -> None:
        device = self.known(int(device_id)).device
        found: Mapping[str, Bounds] = await self.inquire(partial(AskBounds, device.serial, EXTREMES))
        told: DeviceBoundsJson = {
            "dispositivo_id": device.id,
            "data": {metric: bound_json(bounds) for metric, bounds in found.items()},
        }
        self.answer(told)


def bound_json(bounds: Bounds) -> BoundJson:
    return {"min": bounds.low, "max": bounds.high, "source": bounds.source}
