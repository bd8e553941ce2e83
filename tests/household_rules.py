"""The rules that a household lives by: the house's own, and one that its devices can tell what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC

from actors.domain.findings import Bounds, Finding, RuleMemory
from actors.domain.model import Device, JsonObject, Report
from actors.domain.rule import RuleFactory, Start
from config import Settings
from rules.base.tables import Limit, Standard
from rules.rulebook import rulebook
from tests.household import World

SETTINGS = Settings()
LIMITS = {"TMP0": {"temperatura": Limit(10, 80)}}
RULES: Mapping[str, RuleFactory] = rulebook(
    SETTINGS, LIMITS, {"TMP0": Standard("horario")}, UTC, lambda _: None
)


class Alarmist:
    """A rule that finds something in every report that says so, and dies of one that says ``crash``."""

    name = "alarmist"
    wake_in = None
    lasting = ()
    save_due = False
    watches_reports = True

    def __init__(self, world: World) -> None:
        self._world = world

    def concerns(self, device: Device) -> bool:  # noqa: ARG002
        return True

    def start(self, device: Device, memory: RuleMemory | None, at: float) -> Start:  # noqa: ARG002
        return Start(self, device.reports, at)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        with self._world.witness():
            assert device.claimed, "a rule has seen an unclaimed device"
        if report is None or report.parameters is None:
            return ()
        match report.parameters.get("rule"):
            case "crash":
                raise RuntimeError("planted")
            case "find":
                details = {"n": report.parameters["n"]}
                return [Finding(self.name, "ai_alarm", device.id, device.serial, at, details)]
        return ()

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

    def learn(self, at: float, state: str, parameters: JsonObject) -> None: ...

    def let_go(self, keys: Collection[str]) -> None: ...

    def dismiss(self, details: JsonObject) -> None: ...

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        return False

    def take_over(self, decisions: Alarmist) -> None: ...

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        return {}

    def state(self) -> JsonObject:
        return {}
