"""A store, and the upkeep of what its devices use done by hand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from actors.domain.model import LogEntry
from persistence.forms.local_time import LocalTime
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.storage.batch import Batch
from tests.persistence.conformance.engines import House

MADRID = ZoneInfo("Europe/Madrid")
LOCAL = LocalTime(MADRID)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).timestamp()


# Before a clock is set forward, and before one is set back.
STARTS = (at("2026-03-28T23:30"), at("2026-10-24T23:30"))


class Meters:
    """A store, and the upkeep of what its devices use done by hand."""

    def __init__(self, house: House, retention: Retention | None = None) -> None:
        self.house = house
        self.store = house.store()
        self.queries = house.queries(MADRID)
        self.upkeep = Upkeep(self.queries, LOCAL, retention or Retention())
        self.device = self.store.recall("PLG0AAAAAAAA")

    def __enter__(self) -> Meters:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def keep(self, *reports: tuple[float, dict[str, Any]]) -> None:
        known = self.device.reports
        entries = [
            LogEntry(self.device.id, n, when, "activo", parameters)
            for n, (when, parameters) in enumerate(reports, known + 1)
        ]
        self.device = replace(self.device, reports=known + len(reports))
        self.store.save(Batch(devices={self.device.id: self.device}, entries=entries))

    def add_up(self) -> None:
        for steps in (self.upkeep.roll_ups(1), self.upkeep.meterings(1)):
            for step in steps:
                self.store.tidy(step)

    def use(self, hours: dict[tuple[int, int], float]) -> None:
        """These, of a device and a begin, are all that is added up."""
        rows = ", ".join(f"({device_id}, {begin}, {kwh})" for (device_id, begin), kwh in hours.items())
        self.house.execute("DELETE FROM energia_horas")
        self.house.execute(f"INSERT INTO energia_horas (dispositivo_id, inicio, kwh) VALUES {rows}")

    def stored(self) -> dict[int, float]:
        found = self.house.execute("SELECT inicio, kwh FROM energia_horas ORDER BY inicio")
        return {begin: kwh for begin, kwh in found if kwh}

    def read(self, since: float = 0.0, until: float = 1e11) -> dict[int, float]:
        used: dict[int, float] = defaultdict(float)
        for _, begin, kwh in self.queries.consumption([self.device.id], since, until).hours:
            used[begin] += kwh
        return dict(used)
