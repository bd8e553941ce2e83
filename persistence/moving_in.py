"""The demonstration's home as it comes into a database: weeks of it, with what the rules concluded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Final

from actors.domain.findings import Finding
from actors.domain.kinds import kind_of
from actors.domain.model import Change, Claim, Device, JsonObject, LogEntry, Move, Report
from actors.domain.proposals import basis_of
from actors.domain.refusals import Refused
from actors.domain.rooms import Rooms
from actors.domain.rule import RuleFactory
from actors.simulator.appliances import APPLIANCES
from actors.simulator.household import HOME, Furnishing, life
from persistence.database.local_time import LocalTime
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.queries import Queries
from persistence.writer.conclusions import Conclusion
from persistence.writer.store import Batch, Store
from rules.hindsight import Hindsight

UNDER_WAY: Final = "mudanza"
"""The folder beside the database in which it is made; what an interrupted start has left there goes."""
# Nothing of it is too old.
_FOR_EVER: Final = Retention(rows=0, hours=0, days=0, findings=0, unclaimed=0)


def move_in(
    path: Path,
    rules: Mapping[str, RuleFactory],
    zone: tzinfo,
    now: float,
    progress: Callable[[float], object] = lambda _: None,
) -> None:
    """Make the database at ``path``, where there is none, of a home that has been lived in until ``now``.

    It comes into place at once, when all is in it, since whoever looks must not find half a home.
    ``progress`` is told the share that is done, from 0 to 1.
    """
    folder = path.parent / UNDER_WAY
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = folder / path.name
    with Store(made) as store:
        rooms = _rooms(store)
        concluded = Batch(at=now)
        for n, furnishing in enumerate(HOME):
            progress(n / len(HOME))
            lived = _lived(store, furnishing, rooms[furnishing.room], rules, zone, now)
            concluded.conclusions += lived.conclusions
            store.save(replace(lived, conclusions=[]))
        # In order of time across the devices, as their numbers tell which is newer.
        concluded.conclusions.sort(key=_at)
        store.save(concluded)
        for step in Upkeep(Queries(made, zone), LocalTime(zone), _FOR_EVER).roll_ups(1):
            store.tidy(step)
    made.replace(path)
    shutil.rmtree(folder)
    progress(1.0)


def _at(conclusion: Conclusion) -> float:
    return conclusion[0].at if isinstance(conclusion, tuple) else 0.0


def _rooms(store: Store) -> Mapping[str, int]:
    names = dict.fromkeys(each.room for each in HOME)
    ids = {name: n for n, name in enumerate(names, 1)}
    store.save(Batch(rooms=[Rooms({n: name for name, n in ids.items()}, len(ids))]))
    return ids


def _lived(
    store: Store,
    furnishing: Furnishing,
    room: int,
    rules: Mapping[str, RuleFactory],
    zone: tzinfo,
    now: float,
) -> Batch:
    hindsight, batch = Hindsight(rules), Batch(at=now)
    device = _claimed(store.recall(furnishing.serial), furnishing, room)
    for happening in life(furnishing, now, zone):
        match happening.what:
            case Report() as report:
                came_back = not device.online
                device = device.after_report(report)
                batch.entries.append(
                    LogEntry(device.id, device.reports, report.at, device.state, device.parameters)
                )
                found = [*hindsight.reported(device, report)]
                if came_back:
                    found += hindsight.changed(device, report.at)
            case Change() as change:
                device = _done(device.after_change(change))
                found = [*hindsight.changed(device, happening.at)]
            case _:
                device = device.after_silence()
                found = [*hindsight.changed(device, happening.at)]
        batch.conclusions += [_founded(each, device) for each in found]
    batch.devices[device.id] = device
    batch.memories = {(device.id, memory.rule): memory for memory in hindsight.memories(device)}
    return batch


def _claimed(device: Device, furnishing: Furnishing, room: int) -> Device:
    kind = kind_of(furnishing.serial, "", {})
    label = APPLIANCES[kind].label
    claim = Claim(furnishing.serial, furnishing.name, kind, label.model, label.description, furnishing.set_up)
    return _done(_done(device.after_claim(claim)).after_change(Change(move=Move(room))))


def _done(device: Device | Refused) -> Device:
    if isinstance(device, Refused):
        raise ValueError(device)
    return device


def _founded(finding: Finding, device: Device) -> tuple[Finding, JsonObject]:
    return finding, basis_of(finding, device.configuration)
