"""What stands in for the directory, the scanner and the disk, where a test is about neither."""

from __future__ import annotations

import math
import queue
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pykka

from actors.domain.absences import Absence, Absences, EndAbsence, SayAbsence, WithdrawAbsence
from actors.domain.energy_report import SummedConsumption
from actors.domain.findings import Bounds, Decision, KeptFinding, Seen, Span, Wanted
from actors.domain.logbook import KeptDeed, Origin, WantedDeeds
from actors.domain.metrics import Nature
from actors.domain.model import Device, LogEntry, Report
from actors.domain.proposals import applied
from actors.domain.read_models import (
    Backup,
    Consumption,
    FindingPage,
    LogbookPage,
    LogPage,
    Rejected,
    Statistics,
)
from actors.domain.refusals import Refusal, Refused
from actors.domain.rooms import Rooms
from actors.domain.tariffs import EnergyPlan
from actors.messages import (
    AcceptDefinition,
    ApplyFinding,
    AskBounds,
    ChangeAbsences,
    ChangeDevice,
    ChangeLimits,
    ClaimDevice,
    DismissFinding,
    KeepSeen,
    ReleaseDevice,
    ScanHistory,
    StopDevice,
)
from web.live.hub import EventHub

T = TypeVar("T")

BOUNDS = {
    "temperatura": Bounds(10.0, 80.0, "limits"),
    "aire °C": Bounds(
        *(None, 1_013.25, "limits+hist"), Span(None, 1_100.0), Span(950.0, 1_013.25), Nature.COUNTER
    ),
}


class StandInDirectory(pykka.ThreadingActor):
    """Applies the model's transitions and tells the hub, as the directory and its devices do."""

    def __init__(self, hub: EventHub, devices: tuple[Device, ...], shelf: Shelf) -> None:
        super().__init__()
        self._hub = hub
        self._shelf = shelf
        self._devices = {device.serial: device for device in devices}

    def on_receive(self, message: Any) -> None:
        if isinstance(message, ClaimDevice | ChangeDevice | ChangeLimits | ApplyFinding):
            self._shelf.origins.append(message.origin)
        match message:
            case Report():
                self._become(self._devices[message.serial].after_report(message))
            case ClaimDevice(claim, reply):
                self._carry_out(claim.serial, reply, lambda device: device.after_claim(claim))
            case ChangeDevice(serial, change, reply, seen):
                self._carry_out(
                    serial, reply, lambda device: device.stale_for(seen) or device.after_change(change)
                )
            case ChangeLimits(serial, changes, reply, seen):
                self._carry_out(
                    serial, reply, lambda device: device.stale_for(seen) or device.after_limits(changes)
                )
            case ApplyFinding(kept, reply):
                self._decide(kept, Decision.APPLIED, reply, partial(applied, kept))
            case DismissFinding(kept, reply):
                self._decide(kept, Decision.DISMISSED, reply, lambda device: device)
            case AskBounds(rule="extremos", reply=answer):
                answer(BOUNDS)
            case KeepSeen(Seen(person, upto), saw):
                self._shelf.looked[person] = max(self._shelf.looked.get(person, 0), upto)
                saw(Seen(person, self._shelf.looked[person]))
            case ChangeAbsences(SayAbsence(since, until), say):
                say(Absence(1, since or 0.0, until))
            case ChangeAbsences(EndAbsence(number) | WithdrawAbsence(number), say):
                say(Refused(Refusal.NO_SUCH_ABSENCE, {"id": number}))
            case ReleaseDevice(reply=reply) | AcceptDefinition(reply=reply) | StopDevice(reply=reply):
                reply(Refused(Refusal.GONE))

    def _decide(
        self,
        kept: KeptFinding,
        decision: Decision,
        reply: Callable[[Device | Refused], None],
        command: Callable[[Device], Device | Refused],
    ) -> None:
        def reply_once_stored(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                self._shelf.decide(kept.id, decision)
            reply(outcome)

        self._carry_out(kept.finding.serial, reply_once_stored, command)

    def _carry_out(
        self,
        serial: str,
        reply: Callable[[Device | Refused], None],
        command: Callable[[Device], Device | Refused],
    ) -> None:
        if serial not in self._devices:
            reply(Refused(Refusal.UNPROVEN, {"serial": serial, "tries": 5, "minutes": 15}))
            return
        outcome = command(self._devices[serial])
        if isinstance(outcome, Device):
            self._become(outcome)
        reply(outcome)

    def _become(self, device: Device) -> None:
        self._devices[device.serial] = device
        self._hub.device_updated(device)


class NoAnswer(pykka.ThreadingActor):
    """Takes every command and answers none."""

    def on_receive(self, message: Any) -> None:
        pass


class StandInScanner(pykka.ThreadingActor):
    """Keeps what it is told to search."""

    def __init__(self, told: queue.Queue[ScanHistory]) -> None:
        super().__init__()
        self._told = told

    def on_receive(self, message: Any) -> None:
        self._told.put(message)


def of_page(found: list[T], page: int, per_page: int) -> list[T]:
    return found[(page - 1) * per_page : page * per_page]


@dataclass
class StandInBackups:
    """Backups that are made at once."""

    made: list[Backup] = field(default_factory=list)

    def newest_first(self) -> list[Backup]:
        return self.made[::-1]

    def make(self, reply: Callable[[Backup | Refused], None]) -> Backup:
        self.made.append(Backup(Path("iot-20270115T080000Z.db"), 1.8e9, 4096))
        reply(self.made[-1])
        return replace(self.made[-1], size=None)


@dataclass
class Shelf:
    """Queries answered from memory, as :class:`persistence.readers.queries.Queries` answers them."""

    entries: list[LogEntry] = field(default_factory=list)
    letters: list[Rejected] = field(default_factory=list)
    kept: dict[int, KeptFinding] = field(default_factory=dict)
    deeds: list[KeptDeed] = field(default_factory=list)
    looked: dict[int, int] = field(default_factory=dict)
    origins: list[Origin] = field(default_factory=list)
    """Of all that was ordered, oldest first."""

    def put(self, *findings: KeptFinding) -> None:
        self.kept.update((kept.id, kept) for kept in findings)

    def decide(self, finding_id: int, decision: Decision) -> None:
        self.kept[finding_id] = replace(self.kept[finding_id], decision=decision)

    def log_page(self, device_id: int, page: int, per_page: int) -> LogPage:
        newest_first = [entry for entry in reversed(self.entries) if entry.device_id == device_id]
        return LogPage(page, per_page, len(newest_first), of_page(newest_first, page, per_page))

    def log_search(
        self, device_id: int, since: float, until: float, before: int, page: int, per_page: int
    ) -> LogPage:
        found = [
            entry
            for entry in reversed(self.entries)
            if entry.device_id == device_id and since <= entry.at < until and entry.n < before
        ]
        return LogPage(page, per_page, len(found), of_page(found, page, per_page))

    def findings(self, page: int, per_page: int, wanted: Wanted) -> FindingPage:
        since, until = wanted.since or 0.0, wanted.until or math.inf
        found = [
            kept
            for _, kept in sorted(self.kept.items(), reverse=True)
            if wanted.device_id in (None, kept.finding.device_id)
            and wanted.rule in (None, kept.finding.rule)
            and since <= kept.finding.at < until
        ]
        return FindingPage(page, per_page, len(found), of_page(found, page, per_page))

    def finding(self, number: int) -> KeptFinding | None:
        return self.kept.get(number)

    def logbook(self, wanted: WantedDeeds, limit: int) -> LogbookPage:
        found = [
            kept
            for kept in reversed(self.deeds)
            if wanted.devices is None or kept.deed.device_id in wanted.devices
        ]
        return LogbookPage(found[:limit], None, {})

    def seen(self, person: int) -> Seen:
        return Seen(person, self.looked.get(person, 0))

    def rooms(self) -> Rooms:
        return Rooms()

    def absences(self) -> Absences:
        return Absences()

    def consumption(self, *_: object) -> Consumption:
        """Of none of them anything is known."""
        return Consumption((), {})

    def summed_consumption(self, *_: object) -> SummedConsumption:
        return SummedConsumption((), (), ())

    def metered(self) -> frozenset[int]:
        return frozenset()

    def energy_plan(self) -> EnergyPlan:
        return EnergyPlan()

    def log_range(
        self, device_id: int, after: int, upto: int, since: float, limit: int, *, until: float
    ) -> list[LogEntry]:
        found = [
            entry
            for entry in self.entries
            if entry.device_id == device_id and after < entry.n <= upto and since <= entry.at < until
        ]
        return found[:limit]

    def metrics(self, *_asked: object) -> list[str]:
        return []

    def first_heard(self, *_asked: object) -> float | None:
        return None

    def statistics(self, *_asked: object) -> Statistics:
        return Statistics(0, (), ())

    def rejected(self, limit: int, before: int) -> list[Rejected]:
        return [letter for letter in reversed(self.letters) if letter.id < before][:limit]
