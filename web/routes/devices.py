"""The devices: lists, one, its log; claiming and changing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode

import orjson

from actors.domain.model import Device, Editions, Json
from actors.domain.people import Role
from actors.domain.read_models import Page
from actors.domain.readings import switch_of
from actors.domain.refusals import Refusal
from actors.messages import (
    AcceptDefinition,
    ChangeDevice,
    ClaimDevice,
    ForgetDevice,
    ReleaseDevice,
    Removal,
    ReplaceDevice,
    Reply,
    StopDevice,
)
from web.http.handler import Handler
from web.live.device_cache import Known
from web.live.hub import version_in
from web.schemas.answers import DeviceJson, DoneJson
from web.schemas.body import MAX_BODY, Object
from web.schemas.commands import (
    CHANGE,
    CLAIM,
    MAX_VERSIONS,
    REPLACEMENT,
    change_of,
    claim_of,
    claimed_serial,
    is_whole,
    spare_of,
)
from web.schemas.operations import Operation
from web.schemas.preconditions import ETAG, IF_MATCH, quoted
from web.schemas.query import Anything, AtMost, Flag, Number, Parameter
from web.schemas.serializers import device_json
from web.texts.faults import Fault
from web.texts.problem import Problem

# SQLite counts in 64 bits; past this page there is nothing on any disk.
MAX_PAGE: Final = 10**9
PAGE: Final = Parameter("page", Number(MAX_PAGE), 1, "Cuál; la 1 es la más nueva.")
PER_PAGE: Final = Parameter("per_page", AtMost(200), 50, "Cuántos en cada página; más de 200 son 200.")
STATE: Final = Parameter("estado", Anything(), "", "Solo los que están así.", "activo")
CLAIMED: Final = Parameter[bool | None]("reclamado", Flag(), None, "Solo los que lo están, o los que no.")
MOST: Final = Parameter[int | None]("per_page", AtMost(200), None, "Cuántos; sin ello, todos.", 50)
BEFORE_DEVICE: Final = Parameter[int | None](
    "antes", Number(10**18 - 1), None, "El id del último de la página anterior; Link lo lleva."
)
PAGED: Final[Mapping[str, Json]] = {
    "X-Total-Count": {
        "required": True,
        "schema": {"type": "integer"},
        "description": "Cuántos hay.",
    },
    "Link": {"schema": {"type": "string"}, "description": "La página que sigue, con rel=next, si la hay."},
}
# After which a claim is answered that has proved nothing: far more than any of its reasons takes to be
# found, so that the time tells none of them.
UNPROVEN_S: Final = 0.25
# Bytes of our own JSON that are parsed and compared in the time that one of a body takes at the worst.
READ_BACK: Final = 64


def encoded(page: Page, data: Sequence[Any]) -> bytes:
    about = {"page": page.page, "per_page": page.per_page, "total": page.total, "pages": page.pages}
    return orjson.dumps({**about, "data": data})


class DeviceHandler(Handler):
    def known(self, device_id: int) -> Known:
        known = self.services.hub.device_cache.by_id(device_id)
        if known is None:
            raise _unknown(device_id)
        return known

    def meant(self, device_id: str) -> tuple[Device, Editions]:
        """The device, and what ``If-Match`` says that the caller has seen of it. Raises 412 where that is
        over already.

        Whether it still is when the device comes to carry out the change, only the device knows.
        """
        device = self.known(int(device_id)).device
        header = self.request.headers.get(IF_MATCH.name)
        seen = None if header is None else IF_MATCH.shape.parse(header, IF_MATCH.name)
        if (stale := device.stale_for(seen)) is not None:
            raise Problem.of(stale)
        return device, seen

    def answer_device(self, device: Device) -> None:
        self.set_header("ETag", quoted(device.edition))
        self.finish(self.services.hub.device_cache.json_of(device))

    def answer_problem(self, problem: Problem) -> None:
        """Who has not seen how the device now is, is shown."""
        if problem.status != 412:
            super().answer_problem(problem)
            return
        device_id = int(self.path_args[0])
        known = self.services.hub.device_cache.by_id(device_id)
        if known is None:
            super().answer_problem(_unknown(device_id))
            return
        self.set_header("ETag", quoted(known.device.edition))
        about = orjson.dumps(self.told(problem))
        self.finish(about[:-1] + b',"dispositivo":' + known.json + b"}")

    def check_etag_header(self) -> bool:
        """Never: the readings may be other ones under the same tag."""
        return False

    def answer_all(self, those: Iterable[Known]) -> None:
        """All of them, or the page that was asked for: an array either way; headers tell what follows."""
        meant = list(those)
        most, before = self.asked(MOST), self.asked(BEFORE_DEVICE)
        left = [known for known in meant if before is None or known.device.id < before]
        page = left[:most]
        self.set_header("X-Total-Count", len(meant))
        if len(page) < len(left):
            asked = [(name, value) for name, value in parse_qsl(self.request.query) if name != "antes"]
            following = urlencode([*asked, ("antes", page[-1].device.id)])
            self.set_header("Link", f'<{self.request.path}?{following}>; rel="next"')
        self.finish(b"[" + b",".join(known.json for known in page) + b"]")


class AllDevices(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los dispositivos, el más nuevo primero",
            role=Role.READER,
            english="array, newest id first; whole, or a [page](#pages-of-devices)",
            query=(STATE, CLAIMED, MOST, BEFORE_DEVICE),
            answer=list[DeviceJson],
            answer_headers=PAGED,
        )
    }

    async def get(self) -> None:
        state, claimed = self.asked(STATE), self.asked(CLAIMED)
        self.answer_all(
            known
            for known in self.services.hub.device_cache.newest_first()
            if _is_meant(state, known.device.state) and claimed in (None, known.device.claimed)
        )


def _is_meant(wanted: str, state: str) -> bool:
    """Devices say on and off in many words; who asks for one of them means all."""
    on = switch_of(wanted)
    return wanted in ("", state) or (on is not None and switch_of(state) is on)


class UnclaimedDevices(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Los dispositivos sin reclamar",
            role=Role.READER,
            english="array: those that nobody has claimed; whole, or a [page](#pages-of-devices)",
            query=(MOST, BEFORE_DEVICE),
            answer=list[DeviceJson],
            answer_headers=PAGED,
        )
    }

    async def get(self) -> None:
        device_cache = self.services.hub.device_cache
        self.answer_all(known for known in device_cache.newest_first() if not known.device.claimed)


class OneDevice(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Un dispositivo",
            role=Role.READER,
            english="the device",
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(404,),
        ),
        "PUT": Operation(
            summary="Cambiar un dispositivo",
            role=Role.MEMBER,
            english="the whole device, after it is on disk; 412 with [`If-Match`](#two-people-one-device)",
            description="Puede enviarse entero como se leyó; lo que no se edita ha de seguir como estaba.",
            headers=(IF_MATCH,),
            body=CHANGE,
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(404, 412),
        ),
        "DELETE": Operation(
            summary="Olvidar un dispositivo",
            role=Role.MEMBER,
            english='`{"mensaje":…,"id":1}`: [forgotten](#forget-and-release)',
            description="Se va con todo lo que se sabe de él; si vuelve a hablar, es uno nuevo.",
            headers=(IF_MATCH,),
            answer=DoneJson,
            refusals=(404, 412),
        ),
    }

    largest_body: ClassVar = MAX_BODY

    async def get(self, device_id: str) -> None:
        known = self.known(int(device_id))
        self.set_header("ETag", quoted(known.device.edition))
        self.finish(known.json)

    async def put(self, device_id: str) -> None:
        body = await self.work_out(self.body_size, self.json_body)
        device, seen = self.meant(device_id)
        earlier = self.services.hub.versions(device, MAX_VERSIONS) if is_whole(body) else ()
        size = self.body_size + sum(map(len, earlier)) // READ_BACK
        parsed = map(version_in, earlier)
        wanted = partial(change_of, body, device_json(device), parsed, device.profile)
        change = await self.work_out(size, wanted)
        self.answer_device(
            await self.ask(partial(ChangeDevice, device.serial, change, seen=seen, origin=self.origin))
        )

    async def delete(self, device_id: str) -> None:
        """Its login goes first, if the rest can follow: what is done by halves is then done again by
        whoever asked for it. If the device declines, it keeps its login."""
        device, seen = self.meant(device_id)
        self.concerning = device.serial
        self.expect_storage()
        put_back = await self.read(partial(self.services.logins.withdraw, device.serial))
        try:
            await self.ask(partial(ForgetDevice, Removal(device.id, device.serial), seen=seen))
        except Problem as problem:
            if _stays(problem):
                await self.read(put_back)
            raise
        done: DoneJson = {"mensaje": "Dispositivo olvidado", "id": device.id}
        self.answer(done)


class ReleasedDevice(DeviceHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Soltar un dispositivo",
            role=Role.MEMBER,
            english="the device, which nobody has claimed any more; 409 nobody had",
            description="Queda sin reclamar, con todo lo demás como estaba.",
            headers=(IF_MATCH,),
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(404, 409, 412),
        )
    }
    change: ClassVar[str] = "dispositivo soltado"

    async def post(self, device_id: str) -> None:
        device, seen = self.meant(device_id)
        self.concerning = device.serial
        self.answer_device(
            await self.ask(partial(ReleaseDevice, device.serial, seen=seen, origin=self.origin))
        )


class StoppedDevice(DeviceHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Parar donde está lo que un dispositivo mueve",
            role=Role.MEMBER,
            english="the device, [told to stop](#stop); 409 it has no stop, 503 it does not hear it now",
            description="Solo si puede_parar. Ahora o nunca: no espera a que el dispositivo vuelva.",
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(404, 409, 503),
        )
    }

    async def post(self, device_id: str) -> None:
        serial = self.known(int(device_id)).device.serial
        self.answer_device(await self.ask(partial(StopDevice, serial, origin=self.origin)))


class AcceptedDefinition(DeviceHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Aceptar que las órdenes de un dispositivo vayan a otro sitio",
            role=Role.MEMBER,
            english="the device, whose orders go where it now says; 409 nothing to accept",
            description="Solo si definicion_pendiente: un anuncio posterior a la reclamación lo ha cambiado.",
            headers=(IF_MATCH,),
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(404, 409, 412),
        )
    }
    change: ClassVar[str] = "definición aceptada"

    async def post(self, device_id: str) -> None:
        device, seen = self.meant(device_id)
        self.concerning = device.serial
        self.answer_device(
            await self.ask(partial(AcceptDefinition, device.serial, seen=seen, origin=self.origin))
        )


class Proving(DeviceHandler):
    """A wrong code is no reason to ban its address: who claims has shown who they are, or is in this
    house anyway, an app may ask until the device is heard, and each device counts its own wrong codes.
    """

    largest_body: ClassVar = MAX_BODY
    rejected: ClassVar[str]
    """What is written down of one who has proved nothing."""

    async def prove(self, serial: str, command: Callable[[Reply], Any]) -> Device:
        """Carry out what takes the code of ``serial``; the time that it takes to refuse tells nothing."""
        began = asyncio.get_running_loop().time()
        try:
            device: Device = await self.ask(command)
        except Problem as problem:
            if problem.status == 404:
                self.services.authenticator.note(self.author, self.rejected, f"{serial:.64}")
                await asyncio.sleep(began + UNPROVEN_S - asyncio.get_running_loop().time())
            raise
        return device


class ReplacedDevice(Proving):
    operations: ClassVar = {
        "POST": Operation(
            summary="Sustituir el aparato de un dispositivo por otro",
            role=Role.MEMBER,
            english=(
                "the device, with [other hardware](#replace); 403 outside its window, 404 never seen or "
                "not proved, 409 claimed, or nobody had the device"
            ),
            description="El otro, que se ha oído y nadie ha reclamado, se queda con todo lo que era suyo.",
            headers=(IF_MATCH,),
            body=REPLACEMENT,
            answer=DeviceJson,
            answer_headers=ETAG,
            refusals=(403, 404, 409, 412),
        )
    }
    change: ClassVar[str] = "dispositivo sustituido"
    rejected: ClassVar[str] = "sustitución rechazada"

    async def post(self, device_id: str) -> None:
        """The old one's login goes last, since it is still the device's until the other one is proved."""
        body = await self.work_out(self.body_size, self.json_body)
        device, seen = self.meant(device_id)
        spare = spare_of(body)
        self.concerning = f"{device.serial} -> {spare.serial}"
        command = partial(ReplaceDevice, device.id, device.serial, spare, seen=seen, origin=self.origin)
        replaced = await self.prove(spare.serial, command)
        await self.read(partial(self.services.logins.withdraw, device.serial))
        self.answer_device(replaced)


class Claims(Proving):
    operations: ClassVar = {
        "POST": Operation(
            summary="Reclamar un dispositivo con lo que dice su código QR",
            role=Role.MEMBER,
            english=(
                '`{"mensaje":…,"id":1}`; 400 no serial, 403 outside its window, 404 never seen or not '
                "proved, 409 already claimed: see [claim](#claim)"
            ),
            description="Lo que no se conoce se deja estar.",
            body=CLAIM,
            answer=DoneJson,
            refusals=(403, 404, 409),
        )
    }

    rejected: ClassVar[str] = "reclamación rechazada"

    async def post(self) -> None:
        body: Object = await self.work_out(self.body_size, self.json_body)
        serial = claimed_serial(body)
        known = self.services.hub.device_cache.by_serial(serial)
        configuration = {} if known is None else known.device.configuration
        profile = None if known is None else known.device.profile
        claim = await self.work_out(self.body_size, partial(claim_of, body, serial, configuration, profile))
        device = await self.prove(serial, partial(ClaimDevice, claim, origin=self.origin))
        done: DoneJson = {"mensaje": "Dispositivo reclamado correctamente", "id": device.id}
        self.answer(done)


def _stays(refused: Problem) -> bool:
    """Whether the device has answered that it stays: without an answer it may yet go, and others may have
    had it forgotten meanwhile."""
    return isinstance(refused.why, Refusal) and refused.status != 404


def _unknown(device_id: int) -> Problem:
    return Problem(Fault.NO_DEVICE, id=device_id)
