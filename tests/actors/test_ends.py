"""At the end many stop at once, and whoever has a turn left may find those gone that it tells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pykka
import pytest

from actors.domain.model import Change, Claim, Device
from actors.domain.refusals import Refused
from actors.messages import (
    ChangeDevice,
    ClaimDevice,
    FindingKept,
    ReleaseDevice,
    ScanHistory,
)
from actors.mqtt.dialects.registry import ALL, Prefixes, dialects
from actors.runtime.supervision import Part
from tests.fleet import TASMOTA
from tests.household import House, World
from tests.household_rules import RULES

PARTS = ("directory", "translator", "log_reader", "writer")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two devices of ours and one of another make, all claimed."""
    house = House(World(tmp_path / "iot.db", dialects=dialects([ALL], Prefixes())), RULES)
    house.connect()
    for said in (*TASMOTA.announces, TASMOTA.tells(False)):
        house.publish(said.topic, said.payload)
    house.report("A")
    house.report("B")
    house.stage.wait(1.0)
    for serial in ("A", "B", TASMOTA.serial):
        house.directory.tell(ClaimDevice(Claim(serial), _ignore))
    house.stage.wait(1.0)
    yield house
    house.kill()


@pytest.mark.parametrize("order", [*permutations(PARTS)], ids="-".join)
def test_nobody_fails_at_the_end_because_somebody_has_gone(
    house: House, order: Sequence[str], caplog: pytest.LogCaptureFixture
) -> None:
    """In whatever order they stop, with everybody in the middle of something."""
    chance = Random("".join(order))
    begin_everything(house)
    parts: dict[str, pykka.ActorRef[Any]] = {
        "directory": house.directory,
        "translator": house.actors.translator,
        "log_reader": house.archive.log_reader,
        "writer": house.writer,
    }
    for name in order:
        for _ in range(min(chance.randrange(12), house.actors.waiting)):
            house.stage.step(chance.randrange(100))
        parts[name].stop(block=False)
    house.stage.wait(120.0)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
    assert house.failure_registry.failures(*Part) == 0


def begin_everything(house: House) -> None:
    """Of each that which makes somebody tell somebody else."""
    devices = house.devices()
    house.report("A", parametros={"temperatura": 20})
    house.report("NUEVO")
    house.publish("dispositivos/A/estado", b"{")
    for said in (*TASMOTA.announces, TASMOTA.tells(True)):
        house.publish(said.topic, said.payload)
    wish = Change(configuration={"encendido": True})
    house.directory.tell(ChangeDevice(TASMOTA.serial, wish, _ignore))
    house.directory.tell(ChangeDevice("A", Change(name="Sala"), _ignore))
    house.directory.tell(ReleaseDevice("B", _ignore))
    house.actors.scanner.tell(ScanHistory(devices["A"], "temperatura", 30))
    house.actors.notifier.tell(FindingKept())
    house.lose_broker()
    house.connect()


def _ignore(_: Device | Refused) -> None: ...
