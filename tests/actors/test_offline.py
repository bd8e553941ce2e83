"""Who speaks in time is never told to be silent, and who does not is told of to the tick."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from heapq import heapify, heapreplace
from random import Random
from typing import Any

import pytest

from actors.context import ActorContext
from actors.directory import Directory
from actors.domain.findings import Finding, KeptFinding
from actors.domain.logbook import KeptDeed
from actors.domain.model import Change, Device, JsonObject, Report, Wait
from actors.domain.patience import Patience
from actors.messages import (
    BrokerLost,
    ChangeDevice,
    Delivery,
    Keep,
    KeepConclusion,
    LogRead,
    MemoryRecalled,
    Order,
    Presence,
    ReadLog,
    RecallMemory,
    Removal,
    Reported,
    StopOrder,
)
from actors.ports import ScanNews
from actors.runtime.dispatch import Dispatcher, PooledActor
from config import Settings
from rules.rulebook import rulebook
from tests.stage import FakeClock, Stage

PATIENCE = 3600.0
GRACE = 60.0
STORED = 8 * 86_400.0


class Archive(PooledActor):
    """Stands for writer and log reader where nothing is to be stored: these are a million messages."""

    def __init__(self, dispatcher: Dispatcher, told: list[Finding]) -> None:
        super().__init__(dispatcher)
        self._told = told

    def on_receive(self, message: object) -> None:
        match message:
            case Keep():
                pass
            case KeepConclusion(findings):
                self._told += [finding for finding, _ in findings]
            case RecallMemory(to=to):
                to(MemoryRecalled(None))
            case ReadLog(to=to):
                to(LogRead((), False))


class Nobody:
    """Neither people nor a broker."""

    def device_updated(self, device: Device) -> None: ...
    def device_removed(self, removal: Removal) -> None: ...
    def finding_made(self, finding: KeptFinding) -> None: ...
    def deed_kept(self, kept: KeptDeed) -> None: ...
    def scan_told(self, news: ScanNews) -> None: ...
    def settle(self, deliveries: object) -> None: ...
    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...
    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...
    def order(self, order: Order | StopOrder) -> None: ...
    def also_spelled(self, serial: str, heard: str) -> bool: ...  # type: ignore[empty-body]
    def forget_device(self, removal: Removal, *, reborn: bool) -> None: ...


class Campus:
    """Claimed devices with rule 4, online since a moment ago."""

    def __init__(self, count: int, settings: Settings) -> None:
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.told: list[Finding] = []
        archive = Archive.start(self.stage, self.told)
        book = rulebook(settings, {}, {}, UTC, lambda _: None)
        context = ActorContext(
            dispatcher=self.stage,
            clock=self.clock,
            writer=archive,
            log_reader=archive,
            events=Nobody(),
            commands=Nobody(),
            rules={"offline": book["offline"]},
            patience=Patience(settings.ai_r4_offline_secs),
            stored_presence=STORED,
            startup_grace=settings.ai_r4_startup_grace_secs,
        )
        self.serials = [f"TMP0{n}" for n in range(count)]
        devices = [
            Device(id=n, serial=serial, claimed=True, online=True, seen_at=self.clock.now())
            for n, serial in enumerate(self.serials, 1)
        ]
        self.directory = Directory.start(context, devices, count)
        self.stage.settle()

    def report(self, serial: str) -> None:
        report = Report(serial, self.clock.now())
        self.directory.tell(Reported(report, Delivery(0, 0, 0), "", b""))

    def presence(self, online: bool, retained: bool = False) -> None:
        word = Presence(self.serials[0], online, self.clock.now(), retained, Delivery(0, 0, 0))
        self.directory.tell(word)
        self.stage.settle()

    def change(self, change: Change) -> None:
        self.directory.tell(ChangeDevice(self.serials[0], change, lambda _: None))
        self.stage.settle()

    def events(self) -> list[str]:
        return [finding.event for finding in self.told]


def campus(count: int = 1, **settings: Any) -> Campus:
    return Campus(count, Settings(ai_r4_offline_secs=PATIENCE, ai_r4_startup_grace_secs=GRACE, **settings))


@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_device_days_without_a_false_alarm(seed: int) -> None:
    """Four houses of 25 for 100 days, each heard after anything up to the last second; the clock is set
    daily."""
    random = Random(20_260_101 + seed)
    house = campus(25)
    clock = house.clock
    due = [(random.uniform(0, PATIENCE - 1), serial) for serial in house.serials]
    heapify(due)
    for day in range(100):
        while due[0][0] < 86_400 * (day + 1):
            soonest, serial = due[0]
            house.stage.wait(soonest - clock.monotonic())
            house.report(serial)
            heapreplace(due, (soonest + random.uniform(PATIENCE / 2, PATIENCE - 1), serial))
        house.stage.settle()
        clock.jump(random.choice([-86_400.0, -3600.0, 3600.0, 31_536_000.0]))
    assert house.told == []


@pytest.mark.parametrize("silent_for", [PATIENCE + 1, 10 * PATIENCE])
def test_a_silence_is_told_at_its_second_and_its_end_at_once(silent_for: float) -> None:
    house = campus()
    house.stage.wait(100)
    house.report("TMP00")
    house.stage.wait(PATIENCE - 0.001)
    assert house.events() == []
    house.stage.wait(0.001)
    assert house.events() == ["ai_offline"]
    house.stage.wait(silent_for - PATIENCE)
    house.report("TMP00")
    house.stage.settle()
    gone, over, back = house.told
    assert house.events() == ["ai_offline", "ai_offline", "ai_back_online"]
    assert gone.episode is not None
    assert over.episode == replace(gone.episode, until=house.clock.now())
    assert back.details["was_offline_secs"] == int(silent_for)


def test_offline_secs_is_the_patience() -> None:
    house = Campus(1, Settings(ai_r4_offline_secs=5.0, ai_r4_startup_grace_secs=0.0, ai_r4_grace_secs=0.0))
    house.stage.wait(4.9)
    assert house.events() == []
    house.stage.wait(0.1)
    assert house.events() == ["ai_offline"]


def test_startup_grace_is_given_to_who_was_silent_before() -> None:
    """Nobody could hear them while the system was down."""
    house = Campus(1, Settings(ai_r4_offline_secs=5.0, ai_r4_startup_grace_secs=60.0))
    house.stage.wait(59.9)
    assert house.events() == []
    house.stage.wait(0.1)
    assert house.events() == ["ai_offline"]


def test_reminders_come_at_their_interval_to_the_tick() -> None:
    house = campus(ai_r4_remind_secs=100.0, ai_r4_watchdog_tick_secs=30.0)
    house.stage.wait(PATIENCE)
    assert len(house.told) == 1
    house.stage.wait(119.9)
    assert len(house.told) == 1
    house.stage.wait(0.2)
    assert house.events() == ["ai_offline", "ai_offline"]


# -- a patience of its own -------------------------------------------------------------------------

WEEK = 7 * 86_400.0


@pytest.mark.parametrize("seed", range(3))
def test_a_door_that_speaks_once_a_week_is_there_while_its_connection_is(seed: int) -> None:
    """A year of it; once the connection ends that is told at once."""
    random = Random(seed)
    house = campus()
    house.presence(online=True)
    for _ in range(52):
        house.stage.wait(random.uniform(0.5, 1.5) * WEEK)
        house.report("TMP00")
    assert house.events() == []
    house.presence(online=False)
    house.stage.wait(60)
    assert house.events() == ["ai_offline"]


def test_a_door_without_a_connection_is_told_of_three_times_and_then_known() -> None:
    """It says nothing of its connection: after three weeks its silence is known to be usual."""
    house = campus()
    for _ in range(20):
        house.stage.wait(WEEK)
        for _ in range(3):
            house.report("TMP00")
            house.stage.wait(5)
    assert house.events().count("ai_back_online") == 3
    assert len(outages(house)) == 3
    house.stage.wait(8 * WEEK)
    assert len(outages(house)) == 4


def outages(house: Campus) -> set[str]:
    """The keys of all that were told."""
    return {finding.episode.key for finding in house.told if finding.episode is not None}


def test_a_declared_interval_is_waited_for_three_times() -> None:
    """From the moment on that it is declared; never less than the house waits."""
    house = campus()
    house.change(Change(configuration={"intervalo_envio": 7_200}))
    house.stage.wait(3 * 7_200 - 1)
    assert house.events() == []
    house.stage.wait(1)
    assert house.events() == ["ai_offline"]


def test_people_may_wait_less_or_for_ever() -> None:
    """What they say holds from the last sign of life on, also of a device that is connected."""
    house = campus()
    house.presence(online=True)
    house.change(Change(wait=Wait(0)))
    house.stage.wait(10 * PATIENCE)
    assert house.events() == []
    house.report("TMP00")
    house.stage.wait(100)
    house.change(Change(wait=Wait(300)))
    house.stage.wait(199)
    assert house.events() == []
    house.stage.wait(1)
    assert house.events() == ["ai_offline"]


def test_with_the_broker_goes_what_is_known_of_connections() -> None:
    """Who does not come back in time is gone; who does is connected again."""
    house = campus()
    for returns in (True, False):
        house.presence(online=True)
        house.stage.wait(10 * PATIENCE)
        house.directory.tell(BrokerLost())
        house.stage.settle()
        house.stage.wait(PATIENCE - 1)
        assert house.events() == []
        if returns:
            house.presence(online=True)
        house.stage.wait(1)
    assert house.events() == ["ai_offline"]


def test_what_a_broker_has_retained_is_believed_for_a_while_of_who_has_no_interval() -> None:
    """It may be older than the broker; who speaks at intervals is found out by that."""
    house = campus()
    house.presence(online=True, retained=True)
    house.stage.wait(STORED - 1)
    assert house.events() == []
    house.stage.wait(1)
    assert house.events() == ["ai_offline"]

    house = campus()
    house.change(Change(configuration={"intervalo_envio": 60}))
    house.presence(online=True, retained=True)
    house.stage.wait(PATIENCE)
    assert house.events() == ["ai_offline"]
