"""The actors of one device's rules: started, told, and started again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pykka

from actors.context import ActorContext
from actors.domain.house import House
from actors.domain.model import Device, Report
from actors.messages import AskBounds, Dismissed, HouseChanged, Observed, RestartRule, RuleFailed
from actors.rule_host import UNAVAILABLE, RuleActor, stated_bounds
from actors.runtime.dispatch import tell_if_alive
from actors.runtime.supervision import Name, Part, RestartPolicy

logger = logging.getLogger(__name__)


class RuleActors(Mapping[str, pykka.ActorRef[RuleActor]]):
    """By name, those that run. What they have to say goes to ``owner``, the device's actor, which calls this.

    A rule that has nothing to look at in the device is not started until it has.
    """

    def __init__(self, context: ActorContext, owner: pykka.ActorRef[Any], house: House) -> None:
        self._context = context
        self._owner = owner
        self._house = house
        self._running: dict[str, pykka.ActorRef[RuleActor]] = {}
        self._watching: dict[str, pykka.ActorRef[RuleActor]] = {}
        """Those of them that are told of each report."""
        self._ending: set[str] = set()
        """Those that were told to stop, and have not said yet that they have."""
        self._unconcerned: set[str] = set()
        """Those that have had nothing to look at in this device until now."""
        self._awaiting: tuple[str, ...] = ()
        """Those of them that any report may concern."""
        self._restart_policies: dict[str, RestartPolicy] = {}
        self._rows_to_skip: dict[str, frozenset[int]] = {}
        """The rows of the log that they have died of."""

    def __getitem__(self, name: str) -> pykka.ActorRef[RuleActor]:
        return self._running[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._running)

    def __len__(self) -> int:
        return len(self._running)

    # -- life --------------------------------------------------------------------------------

    def start(self, device: Device) -> None:
        for name in self._context.rules:
            if name not in self._ending:
                self._start_if_concerned(name, device)

    def stop(self) -> None:
        """For good, as their device has ended."""
        for rule in self._running.values():
            rule.stop(block=False)

    def release(self) -> None:
        """As nobody has claimed the device any more; they may be started again."""
        self.stop()
        self._ending.update(self._running)
        self._running.clear()
        self._watching.clear()
        self._unconcerned.clear()
        self._awaiting = ()

    def end(self, name: str, device: Device) -> None:
        """Only now does the disk hold what it knew; so a device that is claimed again has waited for that."""
        if name in self._ending:
            self._ending.remove(name)
            if device.claimed:
                self._start_if_concerned(name, device)

    def fail(self, death: RuleFailed, device: Device) -> None:
        """It is started again later."""
        name = death.rule
        if name in self._ending:
            self.end(name, device)
            return
        del self._running[name]
        self._watching.pop(name, None)
        if death.row is not None:
            # It would only die of it again.
            self._rows_to_skip[name] = self._rows_to_skip.get(name, frozenset()) | {death.row}
        policy = self._restart_policies.setdefault(name, RestartPolicy())
        restart = policy.after_failure(self._context.clock.monotonic())
        failed = _name_of(device.serial, name)
        self._context.failure_registry.note(failed, restart, death.error, self._context.clock.now())
        logger.error(
            "rule_failed serial=%s rule=%s row=%s restart_s=%.1f error=%s",
            *(device.serial, name, death.row, restart.delay, death.error),
        )
        again = partial(tell_if_alive, self._owner, RestartRule(name))
        self._context.clock.call_later(restart.delay, again)

    def restart(self, name: str, device: Device) -> None:
        if device.claimed and name not in self._running:
            self._start(name, device)

    def rename(self, before: str) -> None:
        """The device is known by another serial number than ``before``, and so are their failures."""
        for name in self._context.rules:
            self._context.failure_registry.release(_name_of(before, name))

    def _start_if_concerned(self, name: str, device: Device) -> None:
        if self._context.rules[name].concerns(device):
            self._start(name, device)
        else:
            self._unconcerned.add(name)
            self._see_who_awaits()

    def _start(self, name: str, device: Device) -> None:
        factory = self._context.rules[name]
        skip = self._rows_to_skip.get(name, frozenset())
        self._context.failure_registry.release(_name_of(device.serial, name))
        rule = RuleActor.start(self._context, self._owner, device, name, factory, skip, self._house)
        self._running[name] = rule
        if factory.watches_reports:
            self._watching[name] = rule
        rule.tell(Observed(device, self._context.clock.now()))

    # -- telling -----------------------------------------------------------------------------

    def hear_report(self, device: Device, at: float, report: Report | None) -> None:
        """The device has reported and is otherwise as it was; without a ``report`` they need not know."""
        if report is not None and self._watching:
            seen = Observed(device, at, report)
            for rule in self._watching.values():
                tell_if_alive(rule, seen)
        # Last: who is started by it reads it in the log.
        self._ask_again(device, self._awaiting)

    def hear_change(self, device: Device, at: float, report: Report | None) -> None:
        """Something of the device has changed that any of them may go by."""
        told = [*self._running.values()]
        self._ask_again(device, (*self._unconcerned,))
        for rule in told:
            tell_if_alive(rule, Observed(device, at, report))

    def hear_of_house(self, changed: HouseChanged) -> None:
        self._house = changed.house
        for rule in self._running.values():
            tell_if_alive(rule, changed)

    def is_unconcerned(self, name: str) -> bool:
        """Whether it has nothing to look at in this device, and so does not run."""
        return name in self._unconcerned

    def dismiss(self, dismissed: Dismissed) -> None:
        rule = self._running.get(dismissed.finding.finding.rule)
        if rule is None or not tell_if_alive(rule, dismissed):
            dismissed.reply(UNAVAILABLE)

    def tell_bounds(self, question: AskBounds, device: Device) -> None:
        """By the rule; where it is not there, as nobody has claimed the device or it failed, by its table."""
        rule = self._running.get(question.rule)
        if rule is None or not tell_if_alive(rule, question):
            factory = self._context.rules[question.rule]
            question.reply(stated_bounds(factory, device, self._context.clock.now()))

    def _ask_again(self, device: Device, unconcerned: tuple[str, ...]) -> None:
        """What the broker retains may concern them, too."""
        for name in unconcerned:
            if self._context.rules[name].concerns(device):
                self._unconcerned.remove(name)
                self._see_who_awaits()
                self._start(name, device)

    def _see_who_awaits(self) -> None:
        rules = self._context.rules
        self._awaiting = tuple(name for name in self._unconcerned if rules[name].watches_reports)


def _name_of(serial: str, rule: str) -> Name:
    return Name(Part.RULE, serial, rule)
