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
from actors.domain.model import Device, JsonObject, Report
from actors.messages import (
    Delivery,
    Keep,
    KeepConclusion,
    LogRead,
    MemoryRecalled,
    Order,
    ReadLog,
    RecallMemory,
    Removal,
    Reported,
)
from actors.ports import ScanNews
from actors.runtime.dispatch import Dispatcher, PooledActor
from config import Settings
from rules.rulebook import rulebook
from tests.stage import FakeClock, Stage

PATIENCE = 3600.0
GRACE = 60.0


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
    def scan_told(self, news: ScanNews) -> None: ...
    def settle(self, deliveries: object) -> None: ...
    def publish_configuration(self, serial: str, version: int, configuration: JsonObject) -> None: ...
    def publish_receipt(self, serial: str, boot: str, seq: int) -> None: ...
    def order(self, order: Order) -> None: ...
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
            offline_after=settings.ai_r4_offline_secs,
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
