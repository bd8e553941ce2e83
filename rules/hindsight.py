"""What the rules conclude of a past that is told all at once, as they would have while it lasted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from actors.domain.findings import Finding, RuleMemory
from actors.domain.model import Device, Report
from actors.domain.rule import Rule, RuleFactory

# Of an episode that goes on no more is told than once in so many seconds: it begins, and it ends.
EPISODE_S: Final = 3_600.0


class Hindsight:
    """The rules of one device; what happens to it is told in order of time, in seconds since the epoch."""

    def __init__(self, factories: Mapping[str, RuleFactory]) -> None:
        self._factories = factories
        self._rules: dict[str, Rule] = {}
        self._due: dict[str, float] = {}
        self._told: dict[tuple[str, str], float] = {}

    def reported(self, device: Device, report: Report) -> Sequence[Finding]:
        """``device`` as it is after the report."""
        watching = [name for name, factory in self._factories.items() if factory.watches_reports]
        return self._observed(watching, device, report, report.at)

    def changed(self, device: Device, at: float) -> Sequence[Finding]:
        """People have set it otherwise, it has fallen silent or has come back."""
        return self._observed(self._factories, device, None, at)

    def memories(self, device: Device) -> Iterator[RuleMemory]:
        """What each rule knows in the end, of all that the device has told."""
        for name, rule in self._rules.items():
            yield RuleMemory(device.id, name, device.reports, rule.state())

    def _observed(
        self, names: Sequence[str] | Mapping[str, object], device: Device, report: Report | None, at: float
    ) -> Sequence[Finding]:
        found: list[Finding] = []
        for name in self._factories:
            rule = self._rules.get(name)
            if rule is not None and self._due.get(name, at) < at:
                found += rule.wake(self._due.pop(name))
                self._ask_for_time(name, rule, at)
            if name not in names:
                continue
            if rule is None:
                if not self._factories[name].concerns(device):
                    continue
                rule = self._rules[name] = self._factories[name].start(device, None, at).rule
            found += rule.observe(device, report, at)
            self._ask_for_time(name, rule, at)
        return [each for each in found if self._is_news(each)]

    def _ask_for_time(self, name: str, rule: Rule, at: float) -> None:
        if rule.wake_in is not None:
            self._due[name] = min(self._due.get(name, at + rule.wake_in), at + rule.wake_in)

    def _is_news(self, finding: Finding) -> bool:
        episode = finding.episode
        if episode is None or not episode.lasts:
            return True
        key = finding.rule, episode.key
        if key in self._told and finding.at - self._told[key] < EPISODE_S:
            return False
        self._told[key] = finding.at
        return True
