"""A notifier with the real writer and the real disk, on a stage, which can crash."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from pathlib import Path
from typing import Any

import pykka

from actors.domain.findings import Episode, Finding, KeptFinding, Severity
from actors.domain.notices import Notice, NoticeWords, Recipient, Tried
from actors.domain.refusals import Refused
from actors.domain.status import NoticeStatus, WriterStatus
from actors.listeners import Listeners
from actors.messages import FindingKept, KeepConclusion, Recall, Removal, Remove
from actors.notifier.actor import NotifierActor
from actors.notifier.deciding import Decider
from actors.ports import EventSink
from actors.runtime.dispatch import tell_if_alive
from persistence.readers.queries import Queries
from persistence.writer.actor import WriterActor
from persistence.writer.store import Store
from tests.notifier.given import PlainWords
from tests.persistence.house import Neighbours
from tests.stage import FakeClock, Stage

SERIAL = "TMP0A"


@dataclass(frozen=True)
class Underway:
    notice: Notice
    done: Callable[[Tried], None]


class Carrier:
    """Implements :class:`actors.notifier.actor.Courier`: what it carries waits for the test."""

    prepared: Callable[[], None]

    def __init__(self) -> None:
        self.is_slow = False
        """Whether the test says when it is prepared."""
        self.underway: list[Underway] = []
        self.sent: list[Notice] = []
        """What was ever handed to it."""

    def prepare(self, done: Callable[[], None]) -> None:
        self.prepared = done
        if not self.is_slow:
            done()

    def send(self, notice: Notice, done: Callable[[Tried], None]) -> None:
        self.underway.append(Underway(notice, done))
        self.sent.append(notice)

    def settle(self, patience: float) -> None: ...

    def arrive(self, which: int = 0, tried: Tried | None = None) -> Notice:
        trip = self.underway.pop(which)
        trip.done(Tried() if tried is None else tried)
        return trip.notice


class NotifyingHouse:
    def __init__(self, path: Path, recipients: Sequence[Recipient], words: NoticeWords | None = None) -> None:
        self.path = path
        self.recipients = recipients
        self.words = words or PlainWords()
        self.clock = FakeClock()
        self.carrier = Carrier()
        self.queries = Queries(path)
        self.kept: dict[int, KeptFinding] = {}
        """Findings that were told of as being on disk, as they were told last."""
        self.start()

    def start(self) -> None:
        self.store: Store | None = None
        self.stage = Stage(self.clock)
        self.neighbours = Neighbours()
        self.status = NoticeStatus()
        self.events = Listeners(_Listening(self.neighbours, self.kept))
        self.writer = WriterActor.start(
            self.stage, self._open, self.clock, self.neighbours, self.events, WriterStatus()
        )
        self.writer.tell(Recall(SERIAL, self.neighbours.recalled))
        self.notifier: pykka.ActorRef[Any] = NotifierActor.start(
            self.stage,
            self.clock,
            self.writer,
            Decider(self.words, UTC),
            self.carrier,
            self.recipients,
            status=self.status,
        )
        self.events.hear_of_findings(lambda _: tell_if_alive(self.notifier, FindingKept()))
        self.events.hear_of_removals(partial(tell_if_alive, self.notifier))

    def _open(self) -> Store:
        self.store = Store(self.path)
        return self.store

    def crash(self) -> None:
        """As by SIGKILL: nobody says goodbye, and what is not on disk is lost."""
        self.stage.submit = lambda _: None  # type: ignore[method-assign, assignment]
        self.close()
        self.carrier.underway.clear()
        self.clock = FakeClock(self.clock.now())  # whose alarms were the process's
        self.start()

    def close(self) -> None:
        if self.store is not None:
            self.store.close()
            self.store = None

    def conclude(
        self,
        number: int,
        severity: Severity = Severity.MEDIUM,
        *,
        count: int = 1,
        until: float | None = None,
        is_episode: bool = True,
    ) -> None:
        """As a rule does; ``number`` says which episode of the device it is."""
        since = 1_800_000_000.0 + number
        episode = Episode(f"temp@{number}", since, until, count) if is_episode else None
        finding = Finding(
            *("extremos", "ai_anomaly"), 1, SERIAL, since + count, {}, severity=severity, episode=episode
        )
        self.writer.tell(KeepConclusion([(finding, {})], None))

    def remove(self) -> None:
        """The device, as the directory does."""
        self.writer.tell(Remove(Removal(1, SERIAL), self._note_removed))

    def _note_removed(self, removed: Removal | Refused) -> None:
        assert isinstance(removed, Removal)
        self.events.device_removed(removed)

    def settle(self) -> None:
        self.stage.settle()

    def wait(self, seconds: float) -> None:
        self.stage.wait(seconds)

    def notices(self, person_id: int = 1) -> list[Notice]:
        return self.queries.notices(person_id, 1_000)


class _Listening:
    """Hears what the hub hears."""

    def __init__(self, neighbours: Neighbours, kept: dict[int, KeptFinding]) -> None:
        self._neighbours: EventSink = neighbours
        self._kept = kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self._neighbours, name)

    def finding_made(self, finding: KeptFinding) -> None:
        self._kept[finding.id] = finding
        self._neighbours.finding_made(finding)
