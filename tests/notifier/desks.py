"""Desks for houses on a stage, which send nothing out of the house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pykka

from actors.domain.findings import Severity
from actors.domain.notices import Notice, NoticeKey, NoticeWords, Recipient, Tried
from tests.notifier.given import PlainWords


class CountingCourier:
    """Implements :class:`actors.notifier.actor.Courier`: all arrives, at once."""

    def __init__(self) -> None:
        self.arrived: Counter[tuple[NoticeKey, Severity]] = Counter()

    def prepare(self, done: Callable[[], None]) -> None:
        done()

    def send(self, notice: Notice, done: Callable[[Tried], None]) -> None:
        self.arrived[notice.key, notice.severity] += 1
        done(Tried())

    def settle(self, patience: float) -> None: ...


class CountingDesk:
    """Implements :class:`actors.system.NoticeDesk`."""

    def __init__(self, recipients: Sequence[Recipient] = (), courier: CountingCourier | None = None) -> None:
        self._recipients = recipients
        self.courier = CountingCourier() if courier is None else courier

    @property
    def words(self) -> NoticeWords:
        return PlainWords()

    def recipients(self) -> Sequence[Recipient]:
        return self._recipients

    def attach(self, notifier: pykka.ActorRef[Any]) -> None: ...
