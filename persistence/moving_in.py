"""The demonstration's home as it comes into a database: weeks of it, with what the rules concluded; and what
it has lived through while nobody looked.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import Final

from actors.domain.findings import Finding
from actors.domain.kinds import kind_of
from actors.domain.logbook import Act, Cause, Origin, done
from actors.domain.model import Change, Claim, Device, LogEntry, Move, Report
from actors.domain.own_deeds import OwnWord, own_deeds, own_origin
from actors.domain.proposals import basis_of
from actors.domain.refusals import Refused
from actors.domain.rooms import Rooms
from actors.domain.rule import RuleFactory
from actors.domain.tariffs import Band, EnergyPlan, Tariff
from actors.simulator.appliances import APPLIANCES
from actors.simulator.household import EVERY_S, HOME, MAINS, Furnishing, Happening, life, meanwhile
from persistence.database.schema import explaining
from persistence.forms.local_time import LocalTime
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch, Conclusion
from persistence.storage.ports import Store
from persistence.writer.store import Store as SqliteStore
from rules.hindsight import Hindsight

UNDER_WAY: Final = "mudanza"
"""The folder beside the database in which it is made; what an interrupted start has left there goes."""
# By the hours of the day, as most households of Spain have it.
TARIFF: Final = Tariff(
    None,
    0.09,
    (
        Band("Punta", frozenset(range(5)), 10, 14, 0.19),
        Band("Punta", frozenset(range(5)), 18, 22, 0.19),
        Band("Llano", frozenset(range(5)), 8, 24, 0.13),
    ),
)
# Nothing of it is too old.
_FOR_EVER: Final = Retention(rows=0, hours=0, days=0, findings=0, unclaimed=0)


def move_in(
    path: Path,
    rules: Mapping[str, RuleFactory],
    people: Mapping[str, int],
    zone: tzinfo,
    now: float,
    progress: Callable[[float], object] = lambda _: None,
) -> None:
    """Make the database at ``path``, where there is none, of a home that has been lived in until ``now``.

    It comes into place at once, when all is in it, since whoever looks must not find half a home.
    ``people`` are the ids of who lives there. ``progress`` is told the share that is done, from 0 to 1.
    Raises ``UnusableDatabase`` where the disk does not take it; nothing is left there then.
    """
    folder = path.parent / UNDER_WAY
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with explaining(path):
            folder.mkdir(parents=True)
            _furnish(folder / path.name, rules, people, zone, now, progress)
            (folder / path.name).replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    progress(1.0)


def _furnish(
    made: Path,
    rules: Mapping[str, RuleFactory],
    people: Mapping[str, int],
    zone: tzinfo,
    now: float,
    progress: Callable[[float], object],
) -> None:
    with SqliteStore(made) as store:
        rooms = _rooms(store)
        concluded = Batch(at=now)
        for n, furnishing in enumerate(HOME):
            progress(n / len(HOME))
            moved = _claimed(store.recall(furnishing.serial), furnishing, rooms[furnishing.room])
            lived = Life(moved, rules, people, zone).until(life(furnishing, now, zone), now)
            concluded.conclusions += lived.conclusions
            concluded.deeds += lived.deeds
            store.save(replace(lived, conclusions=[], deeds=[]))
        # In order of time across the devices, as their numbers tell which is newer.
        concluded.conclusions.sort(key=_at)
        concluded.deeds.sort(key=attrgetter("at"))
        store.save(concluded)
        mains = {device.id for device in store.devices() if device.serial in MAINS}
        store.save(Batch(energy_plan=EnergyPlan(tariffs=(TARIFF,), mains=frozenset(mains))))
        _sum_up(store, made, zone)


def _sum_up(store: Store, path: Path, zone: tzinfo) -> None:
    upkeep = Upkeep(Queries(path, zone), LocalTime(zone), _FOR_EVER)
    for step in chain(upkeep.roll_ups(1), upkeep.meterings(1)):
        store.tidy(step)


def catch_up(path: Path, people: Mapping[str, int], zone: tzinfo, store: Store, now: float) -> int:
    """Have the home at ``path``, which ``store`` has open, been lived in from when it last was until ``now``;
    how many of its devices had something to tell.

    ``people`` are the ids of who lives there by now. What the rules make of it they find in the log when they
    start. Raises ``UnusableDatabase`` where the disk does not take it.
    """
    known = {device.serial: device for device in store.devices()}
    behind = [
        (each, device)
        for each in HOME
        if (device := known.get(each.serial)) is not None and _is_behind(device, now)
    ]
    deeds = Batch(at=now)
    with explaining(path):
        for furnishing, device in behind:
            happened = meanwhile(furnishing, device, people, now, zone)
            lived = Life(device, {}, people, zone).until(happened, now)
            deeds.deeds += lived.deeds
            store.save(replace(lived, deeds=[]))
        deeds.deeds.sort(key=attrgetter("at"))
        store.save(deeds)
        _sum_up(store, path, zone)
    return len(behind)


def _is_behind(device: Device, now: float) -> bool:
    """Whether its chart would have a hole. What people have set free tells nothing until it is theirs."""
    return device.claimed and device.seen_at is not None and now - device.seen_at > EVERY_S


def _at(conclusion: Conclusion) -> float:
    return conclusion[0].at if isinstance(conclusion, tuple) else 0.0


def _rooms(store: Store) -> Mapping[str, int]:
    names = dict.fromkeys(each.room for each in HOME)
    ids = {name: n for n, name in enumerate(names, 1)}
    store.save(Batch(rooms=[Rooms({n: name for name, n in ids.items()}, len(ids))]))
    return ids


class Life:
    """One device through its weeks, as its actor would have taken them in."""

    def __init__(
        self, device: Device, rules: Mapping[str, RuleFactory], people: Mapping[str, int], zone: tzinfo
    ) -> None:
        self._device = device
        self._hindsight = Hindsight(rules)
        self._own_word = OwnWord(device)
        self._people = people
        self._zone = zone
        self._batch = Batch()

    def until(self, happenings: Iterable[Happening], now: float) -> Batch:
        """All that is to be kept of it."""
        for happening in happenings:
            match happening.what:
                case Report() as report:
                    self._report(report)
                case Change() as change:
                    self._change(change, happening.by, happening.at)
                case _:
                    self._device = self._device.after_silence()
                    self._conclude(self._hindsight.changed(self._device, happening.at))
        self._batch.at = now
        self._batch.devices[self._device.id] = self._device
        for memory in self._hindsight.memories(self._device):
            self._batch.memories[self._device.id, memory.rule] = memory
        return self._batch

    def _report(self, report: Report) -> None:
        before, at = self._device, report.at
        device = self._device = before.after_report(report)
        self._batch.entries.append(LogEntry(device.id, device.reports, at, device.state, device.parameters))
        origin = partial(own_origin, device, at, self._zone)
        self._batch.deeds += own_deeds(before, device, at, self._own_word, origin)
        self._conclude(self._hindsight.reported(device, report))
        if not before.online:
            self._conclude(self._hindsight.changed(device, at))

    def _change(self, change: Change, by: str, at: float) -> None:
        before = self._device
        device = self._device = _done(before.after_change(change))
        self._own_word.expected.tell(before, device, at)
        origin = Origin(Cause.PERSON, self._people[by], by)
        if (deed := done(before, device, Act.CHANGED, origin, at)) is not None:
            self._batch.deeds.append(deed)
        self._conclude(self._hindsight.changed(device, at))

    def _conclude(self, findings: Iterable[Finding]) -> None:
        configuration = self._device.configuration
        self._batch.conclusions += [(each, basis_of(each, configuration)) for each in findings]


def _claimed(device: Device, furnishing: Furnishing, room: int) -> Device:
    kind = kind_of(furnishing.serial, "", {})
    label = APPLIANCES[kind].label
    claim = Claim(furnishing.serial, furnishing.name, kind, label.model, label.description, furnishing.set_up)
    return _done(_done(device.after_claim(claim)).after_change(Change(move=Move(room))))


def _done(device: Device | Refused) -> Device:
    if isinstance(device, Refused):
        raise ValueError(device)
    return device
