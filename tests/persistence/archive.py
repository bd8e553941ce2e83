"""A store whose upkeep is done by hand, and the log of one device in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from itertools import islice
from typing import Any

from actors.domain.model import LogEntry
from actors.domain.read_models import Statistics
from persistence.forms.local_time import LocalTime
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Step, Upkeep
from persistence.storage.batch import Batch
from tests.persistence.conformance.engines import House

# Where hours on the wall are not those of UTC.
INDIA = timezone(timedelta(hours=5.5))
INDIA_S = 19_800
HOUR = 3_600
DAY = 86_400
# A midnight there.
START = 20_000 * DAY - INDIA_S


class Archive:
    """One device, all that it ever reported, and what the upkeep has made of it."""

    def __init__(self, house: House, retention: Retention | None = None) -> None:
        self.house = house
        self.store = house.store()
        self.queries = house.queries(INDIA)
        self.local = LocalTime(INDIA)
        self.upkeep = Upkeep(self.queries, self.local, retention or Retention())
        self.device = self.store.recall("TMP0AAAAAAAA")
        self.log: list[LogEntry] = []

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def report(self, *stamps: float, **parameters: Any) -> None:
        self.keep(*((at, parameters) for at in stamps))

    def keep(self, *reports: tuple[float, dict[str, Any]], state: str = "online") -> None:
        """Reports in order of arrival, each with its stamp; all in one transaction."""
        known = len(self.log)
        for n, (at, parameters) in enumerate(reports, self.device.reports + 1):
            self.log.append(LogEntry(self.device.id, n, at, state, parameters))
        if reports:
            count = self.device.reports + len(reports)
            self.device = replace(self.device, reports=count, seen_at=reports[-1][0])
        at = max((at for at, _ in reports), default=0.0)
        self.store.save(Batch(at, devices={self.device.id: self.device}, entries=self.log[known:]))

    def roll_up(self, steps: int | None = None) -> int:
        """At most so many steps; the rows rolled up."""
        return self._do(self.upkeep.roll_ups(1), steps)

    def delete(self, now: float, steps: int | None = None) -> int:
        """At most so many steps; the rows deleted."""
        return self._do(self.upkeep.deletions(lambda: now), steps)

    def correct(self, now: float) -> int:
        """The summaries dropped."""
        return self._do(self.upkeep.corrections(lambda: now), None)

    def _do(self, steps: Iterator[Step], most: int | None) -> int:
        return sum(self.store.tidy(step) for step in islice(steps, most))

    def ask(self, metric: str, since: float, until: float, step: int) -> Statistics:
        return self.queries.statistics(self.device.id, metric, since, until, step)

    def numbers(self) -> list[int]:
        """The numbers of the rows that are left."""
        return [n for (n,) in self.fetch("SELECT n FROM estado_log ORDER BY n")]

    def fetch(self, query: str) -> list[tuple[Any, ...]]:
        return self.house.execute(query)


def hour_of(at: float) -> int:
    return int((at + INDIA_S) // HOUR * HOUR) - INDIA_S


def day_of(at: float) -> int:
    return int((at + INDIA_S) // DAY * DAY) - INDIA_S
