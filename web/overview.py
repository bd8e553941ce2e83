"""What an operator looks at: where things are, how the system is, what it has refused."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

import orjson

from actors.people import Role
from web.base import Handler
from web.devices import MAX_PER_PAGE
from web.errors import Problem
from web.health import health_json
from web.wire import rejected_json

# Above the number of any message.
NEWEST: Final = 2**53


class Index(Handler):
    public = ("GET",)

    async def get(self) -> None:
        links = [
            "/dispositivos",
            "/dispositivos/no-reclamados",
            "/stream/dispositivos",
            "/stream/ai",
            "/ai/eventos",
            "/salud",
            "/diagnostico/rechazados",
        ]
        self.answer({"nombre": "IoT Backend", "version": self.services.version, "enlaces": links})


class SystemHealth(Handler):
    """Whether all is well is for everybody, so that a monitor needs no token; the rest is not."""

    public = ("GET",)

    async def get(self) -> None:
        services = self.services
        health = services.health()
        self.set_status(200 if health.ok else 503)
        told = health_json(health, services.hub, len(services.audience), services.version)
        known = services.gate.caller_of(self.request) is not None
        self.answer(told if known else {"estado": told["estado"]})


class RootCertificate(Handler):
    """For phones to trust; as the type that iOS and Android offer to install."""

    public = ("GET",)

    async def get(self) -> None:
        pem = self.services.access.ca_pem
        if not pem:
            raise Problem(404, "Este servidor no tiene certificado raíz propio; usa el de quien lo dio.")
        self.set_header("Content-Type", "application/x-x509-ca-cert")
        self.set_header("Content-Disposition", 'attachment; filename="ca.pem"')
        self.finish(pem)


class RejectedMessages(Handler):
    """Pages by number of message, since new ones keep coming: ``antes`` is the last one's ``id``."""

    needs: ClassVar = {"GET": Role.ADMIN}

    async def get(self) -> None:
        before = self.count("antes", NEWEST, NEWEST)
        per_page = self.count("per_page", 50, MAX_PER_PAGE)
        self.finish(await self.read(partial(self._page, before, per_page)))

    def _page(self, before: int, per_page: int) -> bytes:
        found = self.services.queries.rejected(per_page, before)
        data = [{"id": rejected.id, **rejected_json(rejected.letter)} for rejected in found]
        return orjson.dumps({"per_page": per_page, "data": data})
