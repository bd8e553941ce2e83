"""A home, its routine and a rule that watches it, for the tests of rule 3."""

from __future__ import annotations

import json
from collections.abc import Iterable

from actors.domain.findings import Finding
from actors.domain.model import Device, JsonObject, Report
from actors.domain.schedule import DAYS
from rules.base.settings import LearnSettings
from rules.learn.rule import LearnRule
from rules.learn.timetable import read_suggested
from rules.rulebook import planned
from tests.households import MADRID, Household, Windows
from tests.rules.given import SERIAL, learn_settings

DAY = 1440
DEFAULTS = learn_settings()
MORNINGS: Windows = [(day * DAY + 7 * 60, 60) for day in range(5)]
TWICE: Windows = MORNINGS + [(day * DAY + 19 * 60, 90) for day in range(5)]
# Mondays and Thursdays, and past midnight on Saturdays.
MIXED: Windows = [(6 * 60, 60), (3 * DAY + 6 * 60, 60), (5 * DAY + 23 * 60, 180)]


def made(settings: LearnSettings = DEFAULTS) -> LearnRule:
    return LearnRule(settings, MADRID, planned)


def device(state: str, configuration: JsonObject | None = None, claimed: bool = True) -> Device:
    return Device(id=7, serial=SERIAL, claimed=claimed, state=state, configuration=configuration or {})


def live(
    rule: LearnRule, reports: Iterable[tuple[float, bool]], configuration: JsonObject | None = None
) -> list[Finding]:
    found: list[Finding] = []
    for at, on in reports:
        state = "activo" if on else "inactivo"
        found += rule.observe(device(state, configuration), Report(SERIAL, at, state), at)
    return found


def home(windows: Windows, noise: float = 0.0, interval: float = 600.0, seed: int = 1) -> Household:
    return Household(seed, windows, noise, interval)


def spans(rule: LearnRule) -> Windows:
    return [window.span for window in rule.timetable()]


def told_spans(finding: Finding) -> Windows:
    """What it suggests."""
    return [window.span for window in read_suggested(finding.details["suggested_horarios"])]


def horarios(windows: Windows) -> JsonObject:
    """A configuration that has the device on in these windows."""
    entries = [
        {"dias": [DAYS[at // DAY]], "inicio": _clock(at), "fin": _clock(at + length)}
        for at, length in windows
    ]
    return {"modo": "horario", "horarios": entries}


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def stored() -> JsonObject:
    rule = made()
    live(rule, home(TWICE).reports(42))
    state: JsonObject = json.loads(json.dumps(rule.state()))
    return state
