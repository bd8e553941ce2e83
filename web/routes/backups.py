"""The backups: which there are, and one more now."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from actors.domain.people import Role
from actors.domain.read_models import Backup
from actors.domain.refusals import Refused
from web.http.handler import Handler
from web.schemas.answers import BackupJson
from web.schemas.operations import Operation
from web.schemas.serializers import iso
from web.texts.faults import Fault
from web.texts.problem import Problem


def backup_json(backup: Backup) -> BackupJson:
    return {"nombre": backup.path.name, "creada_en": iso(backup.made_at), "bytes": backup.size}


class AllBackups(Handler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Las copias de seguridad, la más nueva primero",
            role=Role.ADMIN,
            english="array, newest first: the backups that there are",
            description="Con la que se está haciendo, si alguien la ha pedido; esa aún no tiene bytes.",
            answer=list[BackupJson],
            refusals=(409,),
        ),
        "POST": Operation(
            summary="Hacer una copia de seguridad ahora",
            role=Role.ADMIN,
            english="a backup made now; 202 while it is being made: see [backups](#backups)",
            description="201 cuando está hecha y comprobada; 202 si tarda más, y entonces GET /copias la "
            "tiene sin bytes mientras se hace. Si deja de estar ahí, GET /salud dice por qué no se hizo.",
            status=201,
            also=(202,),
            answer=BackupJson,
            refusals=(409, 503),
        ),
    }

    async def get(self) -> None:
        found = await self.read(self.services.backups.newest_first)
        if isinstance(found, Refused):
            raise Problem.of(found)
        self.answer([backup_json(each) for each in found])

    async def post(self) -> None:
        """The one who asked is told of the end if it comes in time; it goes on without them if not."""
        services = self.services
        answer: asyncio.Future[Backup | Refused] = asyncio.get_running_loop().create_future()
        begun = services.backups.make(
            lambda outcome: services.loop.call_soon(partial(answer.set_result, outcome))
        )
        if begun is None:
            raise Problem(Fault.BACKUP_UNDER_WAY)
        if isinstance(begun, Refused):
            raise Problem.of(begun)
        await asyncio.wait([answer], timeout=services.limits.reply)
        outcome = answer.result() if answer.done() else begun
        if isinstance(outcome, Refused):
            raise Problem.of(outcome)
        self.set_status(202 if outcome.size is None else 201)
        self.answer(backup_json(outcome))
