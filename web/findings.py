"""What the rules have found: to be listed, applied and dismissed; and searches through the history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from actors.findings import Decision, KeptFinding
from actors.messages import ApplyFinding, Command, DismissFinding, Reply, ScanHistory
from actors.model import Device
from web.body import Object
from web.devices import MAX_PAGE, MAX_PER_PAGE, DeviceHandler, encoded
from web.errors import Problem
from web.proposals import proposal_of
from web.wire import DECISIONS, RULES, device_json, finding_json

# An id in a path has as many digits.
MAX_ID: Final = 10**18 - 1
MAX_DAYS: Final = 3650
MAX_METRIC: Final = 200


class Findings(DeviceHandler):
    async def get(self) -> None:
        device_id = self.number("dispositivo", MAX_ID)
        rule = self.get_query_argument("regla", "") or None
        page = self.count("page", 1, MAX_PAGE)
        per_page = self.count("per_page", 50, MAX_PER_PAGE)
        if rule is not None and rule not in RULES:
            raise Problem(400, f"regla={rule:.40} no existe; usa una de {', '.join(RULES)}.")
        if device_id is not None:
            self.known(device_id)
        self.finish(await self.read(partial(self._page, page, per_page, device_id, rule)))

    def _page(self, page: int, per_page: int, device_id: int | None, rule: str | None) -> bytes:
        found = self.services.queries.findings(page, per_page, device_id, rule)
        return encoded(
            found, [{**finding_json(kept), "decision": DECISIONS[kept.decision]} for kept in found.rows]
        )


class DecisionHandler(DeviceHandler):
    async def decide(
        self, finding_id: int, decision: Callable[[KeptFinding], Callable[[Reply], Command]]
    ) -> Device:
        """Carry out the command that ``decision`` makes of the finding, which nobody has decided on yet.

        Of two decisions that race only one is carried out: from before the finding is read until the
        device has answered, even after the time-out, the loop takes no other for it; and the answer
        comes after the commit, so that whoever is let in next reads what was decided.
        """
        deciding = self.services.deciding
        if finding_id in deciding:
            raise Problem(409, f"El evento {finding_id} se está decidiendo ahora; mira cómo queda.")
        deciding.add(finding_id)
        try:
            kept = await self.read(partial(self.services.queries.finding, finding_id))
            answer = self.order(decision(_undecided(finding_id, kept)))
        except BaseException:
            deciding.discard(finding_id)
            raise
        answer.add_done_callback(lambda _: deciding.discard(finding_id))
        return await self.outcome(answer)


class AppliedFinding(DecisionHandler):
    async def post(self, finding_id: str) -> None:
        self.answer(device_json(await self.decide(int(finding_id), _application)))


class DismissedFinding(DecisionHandler):
    async def post(self, finding_id: str) -> None:
        number = int(finding_id)
        await self.decide(number, _dismissal)
        self.answer({"mensaje": "Sugerencia descartada", "id": number})


def _application(kept: KeptFinding) -> Callable[[Reply], Command]:
    return partial(ApplyFinding, kept, proposal_of(kept))


def _dismissal(kept: KeptFinding) -> Callable[[Reply], Command]:
    return partial(DismissFinding, kept)


def _undecided(finding_id: int, kept: KeptFinding | None) -> KeptFinding:
    if kept is None:
        raise Problem(404, f"No hay ningún evento con id {finding_id}; GET /ai/eventos los lista.")
    if kept.decision is not Decision.OPEN:
        raise Problem(409, f"El evento {finding_id} ya está {DECISIONS[kept.decision]}; no hagas nada más.")
    return kept


class HistoryScans(DeviceHandler):
    async def post(self) -> None:
        body = self.json_body()
        device_id = _whole(body, "dispositivo_id", MAX_ID)
        metric = _metric(body)
        days = _whole(body, "days", MAX_DAYS)
        self.tell(self.services.scanner, ScanHistory(self.known(device_id).device, metric, days))
        self.set_status(202)
        self.answer({"status": "queued"})


def _whole(body: Object, name: str, highest: int) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
        raise Problem(400, f"{name} no es un número entero de 1 a {highest}; envía uno.")
    return value


def _metric(body: Object) -> str:
    value = body.get("metric")
    if not isinstance(value, str) or not 0 < len(value) <= MAX_METRIC or not value.isprintable():
        detail = f"metric no es un nombre de 1 a {MAX_METRIC} caracteres; envía uno de los de parametros."
        raise Problem(400, detail)
    return value
