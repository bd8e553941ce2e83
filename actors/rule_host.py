"""An actor for each rule of each claimed device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pykka

from actors.dispatch import Dispatcher, PooledActor, tell_if_alive
from actors.messages import Concluded, Observed, RuleDue, RuleFailed
from actors.model import Finding
from actors.ports import Clock, Rule


class RuleActor(PooledActor):
    """Hosts one :class:`actors.ports.Rule` for one device; its findings go to the device."""

    _rule: Rule

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        device: pykka.ActorRef[PooledActor],
        name: str,
        make_rule: Callable[[], Rule],
    ) -> None:
        super().__init__(dispatcher)
        self._clock = clock
        self._device = device
        self._name = name
        self._make_rule = make_rule
        self._due_at: float | None = None

    def on_start(self) -> None:
        self._rule = self._make_rule()
        self._see_to_wake()

    def on_receive(self, message: object) -> None:
        match message:
            case Observed(device, at, report):
                self._conclude(self._rule.observe(device, report, at))
            case RuleDue():
                self._due_at = None
                self._conclude(self._rule.wake(self._clock.now()))
            case _:
                super().on_receive(message)

    def on_death(self, error: BaseException) -> None:
        tell_if_alive(self._device, RuleFailed(self._name, repr(error)))

    def _conclude(self, findings: Sequence[Finding]) -> None:
        if findings:
            tell_if_alive(self._device, Concluded(findings))
        self._see_to_wake()

    def _see_to_wake(self) -> None:
        """Keep one timer, for the earliest time that the rule has asked for."""
        wanted = self._rule.wake_in
        if wanted is None:
            return
        due_at = self._clock.monotonic() + wanted
        if self._due_at is None or due_at < self._due_at:
            self._due_at = due_at
            self._clock.call_later(wanted, partial(tell_if_alive, self.actor_ref, RuleDue()))
