"""What the rules have found: to be listed, applied and dismissed; and searches through the history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, Final

from actors.domain.findings import Decision, KeptFinding, Seen, Wanted
from actors.domain.model import Device
from actors.domain.people import Role
from actors.messages import ApplyFinding, DismissFinding, KeepSeen, Reply, ScanHistory
from web.http.handler import Handler
from web.routes.devices import PAGE, PER_PAGE, DeviceHandler, encoded
from web.routes.statistics import Moment, out_of_order
from web.schemas.answers import DeviceJson, DismissedJson, DoneJson, FindingPageJson, QueuedJson, SeenJson
from web.schemas.operations import Operation
from web.schemas.query import Number, Parameter, Word
from web.schemas.serializers import DECISIONS, RULES, finding_json
from web.schemas.validators import Body, Field, ListOf, Text, Whole
from web.texts.faults import Fault
from web.texts.problem import Problem

# An id in a path has as many digits.
MAX_ID: Final = 10**18 - 1
# Findings that are dismissed by one request: each takes a commit.
MAX_DISMISSED: Final = 200
OF_DEVICE: Final = Parameter[int | None]("dispositivo", Number(MAX_ID), None, "Solo los de este.", 1)
OF_RULE: Final = Parameter[str | None]("regla", Word(RULES), None, "Solo los de esta.")
SINCE: Final = Parameter[float | None](
    "desde", Moment(), None, "Solo los de entonces o de después.", "2026-01-30T12:00:00Z"
)
UNTIL: Final = Parameter[float | None](
    "hasta", Moment(), None, "Solo los de antes; ha de ser posterior a desde.", "2026-01-31T12:00:00Z"
)
DEVICE: Final = Field("dispositivo_id", Whole(MAX_ID), "En qué dispositivo se busca.", 1)
METRIC: Final = Field("metric", Text(400, shortest=1), "Una de las métricas de sus estadísticas.", "temp")
THOSE: Final[Field[list[int]]] = Field("ids", ListOf(Whole(MAX_ID), MAX_DISMISSED), "Los evento_id.", [1, 2])
UPTO: Final = Field("hasta", Whole(MAX_ID), "El evento_id del más nuevo de los que uno ha visto.", 7)
LAST_DAYS: Final = Field("days", Whole(3650), "En cuántos días hasta hoy.", 7)


class Findings(DeviceHandler):
    operations: ClassVar = {
        "GET": Operation(
            summary="Lo que han visto las reglas, lo más nuevo primero",
            role=Role.READER,
            english="a page of findings, newest first",
            query=(OF_DEVICE, OF_RULE, SINCE, UNTIL, PAGE, PER_PAGE),
            answer=FindingPageJson,
            refusals=(404,),
        )
    }

    async def get(self) -> None:
        page, per_page, wanted = self.asked(PAGE), self.asked(PER_PAGE), self._wanted()
        self.finish(await self.read(partial(self._page, page, per_page, wanted)))

    def _wanted(self) -> Wanted:
        device_id, since, until = self.asked(OF_DEVICE), self.asked(SINCE), self.asked(UNTIL)
        if device_id is not None:
            self.known(device_id)
        if since is not None and until is not None and since >= until:
            raise out_of_order()
        return Wanted(device_id, self.asked(OF_RULE), since, until)

    def _page(self, page: int, per_page: int, wanted: Wanted) -> bytes:
        found = self.services.queries.findings(page, per_page, wanted)
        return encoded(
            found, [{**finding_json(kept), "decision": DECISIONS[kept.decision]} for kept in found.rows]
        )


class DecisionHandler(DeviceHandler):
    async def decide(
        self, finding_id: int, decision: Callable[[KeptFinding, Reply], ApplyFinding | DismissFinding]
    ) -> Device:
        """Carry out the decision on the finding, on which nobody has decided yet.

        Of two decisions that race only one is carried out: from before the finding is read until the
        device has answered, even after the time-out, the loop takes no other for it; and the answer
        comes after the commit, so that whoever is let in next reads what was decided.
        """
        deciding = self.services.deciding
        if finding_id in deciding:
            raise Problem(Fault.BEING_DECIDED, id=finding_id)
        deciding.add(finding_id)
        try:
            kept = await self.read(partial(self.services.queries.finding, finding_id))
            answer = self.order(partial(decision, _undecided(finding_id, kept)))
        except BaseException:
            deciding.discard(finding_id)
            raise
        answer.add_done_callback(lambda _: deciding.discard(finding_id))
        return await self.outcome(answer)


class AppliedFinding(DecisionHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Hacer lo que propone un evento",
            role=Role.MEMBER,
            english="the whole device, as `PUT`",
            answer=DeviceJson,
            refusals=(404, 409),
        )
    }

    async def post(self, finding_id: str) -> None:
        device = await self.decide(int(finding_id), partial(ApplyFinding, origin=self.origin))
        self.finish(self.services.hub.device_cache.json_of(device))


class DismissedFinding(DecisionHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Descartar un evento",
            role=Role.MEMBER,
            english='`{"mensaje":…,"id":1}`',
            answer=DoneJson,
            refusals=(404, 409),
        )
    }

    async def post(self, finding_id: str) -> None:
        number = int(finding_id)
        await self.decide(number, DismissFinding)
        done: DoneJson = {"mensaje": "Sugerencia descartada", "id": number}
        self.answer(done)


class DismissedFindings(DecisionHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Descartar varios eventos a la vez",
            role=Role.MEMBER,
            english='`{"descartados":[…],"resto":[…]}`: the rest are decided already, or not there',
            body=Body((THOSE,), needs=((THOSE,),)),
            answer=DismissedJson,
        )
    }

    async def post(self) -> None:
        done: list[int] = []
        rest: list[int] = []
        ids: list[int] = self.given()[THOSE]
        for number in dict.fromkeys(ids):
            try:
                await self.decide(number, DismissFinding)
            except Problem as problem:
                if problem.status not in (404, 409):
                    raise
                rest.append(number)
            else:
                done.append(number)
        told: DismissedJson = {"descartados": done, "resto": rest}
        self.answer(told)


class SeenFindings(Handler):
    change: ClassVar[str] = ""
    operations: ClassVar = {
        "GET": Operation(
            summary="Hasta qué evento ha mirado uno",
            role=Role.READER,
            english='`{"hasta":7}`: [the newest finding that one has looked at](#seen), on any device',
            answer=SeenJson,
        ),
        "PUT": Operation(
            summary="Decir que uno ha mirado los eventos hasta este",
            role=Role.READER,
            english="the same, as it then is: it never goes back",
            description="No vuelve atrás, ni pasa del más nuevo que hay; sale por /stream/casa.",
            body=Body((UPTO,), needs=((UPTO,),)),
            answer=SeenJson,
        ),
    }

    async def get(self) -> None:
        seen = await self.read(partial(self.services.queries.seen, self.viewer))
        self._answer_seen(seen)

    async def put(self) -> None:
        looked = Seen(self.viewer, self.given()[UPTO])
        seen: Seen = await self.ask(partial(KeepSeen, looked))
        self.services.hub.seen_kept(seen)
        self._answer_seen(seen)

    def _answer_seen(self, seen: Seen) -> None:
        told: SeenJson = {"hasta": seen.upto}
        self.answer(told)


def _undecided(finding_id: int, kept: KeptFinding | None) -> KeptFinding:
    if kept is None:
        raise Problem(Fault.NO_FINDING, id=finding_id)
    if kept.decision is not Decision.OPEN:
        raise Problem(Fault.DECIDED, id=finding_id, decision=DECISIONS[kept.decision])
    return kept


class HistoryScans(DeviceHandler):
    operations: ClassVar = {
        "POST": Operation(
            summary="Buscar valores extremos en el pasado",
            role=Role.MEMBER,
            english='`{"status":"queued"}`',
            description="Lo que se encuentra sale por /stream/ai, y al final ai_done.",
            body=Body((DEVICE, METRIC, LAST_DAYS), needs=((DEVICE, METRIC, LAST_DAYS),)),
            status=202,
            answer=QueuedJson,
            refusals=(404,),
        )
    }

    async def post(self) -> None:
        given = self.given()
        device = self.known(given[DEVICE]).device
        self.tell(self.services.scanner, ScanHistory(device, given[METRIC], given[LAST_DAYS]))
        self.set_status(202)
        queued: QueuedJson = {"status": "queued"}
        self.answer(queued)
