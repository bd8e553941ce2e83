"""What an operator looks at: how the system is, what it has refused."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

import orjson

from actors.domain.people import Role
from web.http.handler import Handler
from web.http.health import health_json
from web.http.metrics import of_devices, of_each_device, of_system
from web.routes.devices import PER_PAGE
from web.schemas.answers import HealthJson, RejectedPageJson, StateJson
from web.schemas.operations import Media, Operation
from web.schemas.query import Number, Parameter
from web.schemas.serializers import rejected_json
from web.texts.faults import Fault
from web.texts.problem import Problem

CA_TYPE: Final = "application/x-x509-ca-cert"
# Above the number of any message.
NEWEST: Final = 2**53
BEFORE: Final = Parameter("antes", Number(NEWEST), NEWEST, "El id del último de la página anterior.")


class SystemHealth(Handler):
    """Whether all is well is for everybody, so that a monitor needs no token; the rest is not."""

    operations: ClassVar = {
        "GET": Operation(
            summary="Cómo está el sistema",
            role=None,
            english=(
                "how the system is; 503 where something is wrong; without a token only `estado`: see "
                "[health](#health)"
            ),
            description="503 si algo no va, con lo mismo; sin token, solo el estado.",
            answer=HealthJson,
            also=(503,),
            refusals=(401,),
        )
    }

    async def get(self) -> None:
        services = self.services
        health = services.health()
        self.set_status(200 if health.ok else 503)
        clients = len(services.open_streams)
        told = health_json(health, services.zone, services.hub, clients, services.version, self.language)
        self.add_header("Vary", "Accept-Language")
        known = services.authenticator.caller_of(self.request) is not None
        state: StateJson = {"estado": told["estado"]}
        self.answer(told if known else state)


class Metrics(Handler):
    """For Prometheus, which asks every few seconds: no actor is asked and no disk."""

    operations: ClassVar = {
        "GET": Operation(
            summary="Cómo va el sistema, para Prometheus",
            role=Role.READER,
            english="how the system does, in Prometheus' form: see [metrics](metrics.md)",
            answer=Media("text/plain", str, 'iot_devices{claimed="true",online="true"} 20.0'),
        )
    }

    async def get(self) -> None:
        services = self.services
        system = of_system(services.health(), services.hub, len(services.open_streams), services.version)
        devices = [known.device for known in services.hub.device_cache]
        named = services.settings.metrics_nombres
        content_type, text = services.request_times.exposition(
            self.request.headers.get("Accept", ""),
            lambda: [*system, *of_devices(devices), *(of_each_device(devices) if named else ())],
        )
        self.set_header("Content-Type", content_type)
        # Some 6 us a number: a large house's devices by name take the processor for tenths of a second.
        self.finish(await self.read(text) if named else text())


class RootCertificate(Handler):
    """For phones to trust; as the type that iOS and Android offer to install."""

    linked = True
    operations: ClassVar = {
        "GET": Operation(
            summary="El certificado raíz de la casa",
            role=None,
            english="the house's root certificate; 404 where it has none",
            answer=Media(CA_TYPE, str, "-----BEGIN CERTIFICATE-----"),
            refusals=(404,),
        )
    }

    async def get(self) -> None:
        pem = self.services.access.ca_pem
        if not pem:
            raise Problem(Fault.NO_ROOT)
        self.set_header("Content-Type", CA_TYPE)
        self.set_header("Content-Disposition", 'attachment; filename="ca.pem"')
        self.finish(pem)


class RejectedMessages(Handler):
    """Pages by number of message, since new ones keep coming: ``antes`` is the last one's ``id``."""

    operations: ClassVar = {
        "GET": Operation(
            summary="Los mensajes que se han rechazado",
            role=Role.ADMIN,
            english="refused messages",
            query=(BEFORE, PER_PAGE),
            answer=RejectedPageJson,
        )
    }

    async def get(self) -> None:
        before, per_page = self.asked(BEFORE), self.asked(PER_PAGE)
        self.finish(await self.read(partial(self._page, before, per_page)))

    def _page(self, before: int, per_page: int) -> bytes:
        found = self.services.queries.rejected(per_page, before)
        page: RejectedPageJson = {
            "per_page": per_page,
            "data": [{"id": rejected.id, **rejected_json(rejected.letter)} for rejected in found],
        }
        return orjson.dumps(page)
