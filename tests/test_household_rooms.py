"""Rooms come and go and devices move, in any order, while actors and the whole system fail."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from actors.domain.model import Report
from actors.messages import Reported
from actors.runtime.supervision import LONGEST_DELAY
from tests.household import IN_MEMORY, MAX_DEVICES, Bomb, House, World
from tests.household_rooms import Promises, RoomLife

HERE = [f"TMP0{n}" for n in range(MAX_DEVICES)]
SERIALS = st.sampled_from(HERE)


class Tenants(RoomLife, RuleBasedStateMachine):
    """Devices that are there from the beginning, and two rooms; no rules of the house."""

    @initialize()
    def build(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tenants-", dir=IN_MEMORY))
        self.world = World(self.folder / "iot.db")
        self.promises = Promises()
        self.house = House(self.world, {})
        for serial in HERE:
            self.house.report(serial)
        self.add_a_room("Cocina")
        self.add_a_room("Salón")
        self.settle()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.wait(2 * LONGEST_DELAY)
            assert self.house.all_alive
            self.house.kill()
            shutil.rmtree(self.folder)

    @rule(serial=SERIALS)
    def report(self, serial: str) -> None:
        self.house.report(serial)

    @rule(serial=SERIALS, times=st.sampled_from([1, 1, 5]))
    def a_device_actor_fails(self, serial: str, times: int) -> None:
        """Five times are one too many: it is in quarantine then."""
        topic, payload = f"dispositivos/{serial}/estado", orjson.dumps({"serial_number": serial})
        report = Report(serial, self.world.clock.now(), configuration=Bomb())
        for _ in range(times):
            self.house.hand_on(topic, payload, lambda delivery: Reported(report, delivery, topic, payload))

    @rule(choices=st.lists(st.integers(0, 20), min_size=1, max_size=12))
    def a_few_turns(self, choices: list[int]) -> None:
        for choice in choices:
            if not self.house.stage.idle:
                self.house.stage.step(choice)

    @rule(seconds=st.sampled_from([0.0, 2.0, LONGEST_DELAY]))
    def wait(self, seconds: float) -> None:
        self.house.stage.wait(seconds)
        self.settle()

    @rule(orderly=st.booleans())
    def restart(self, orderly: bool) -> None:
        if orderly:
            self.house.stop()
        self.house.kill()
        self.house = House(self.world, {})
        self.house.flush()
        self.after_a_crash()
        self.settle()

    def settle(self) -> None:
        self.house.flush()
        self.check_rooms()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


TestTenants = Tenants.TestCase
TestTenants.settings = settings(max_examples=150, stateful_step_count=30)


@pytest.fixture
def tenants() -> Iterator[Tenants]:
    machine = Tenants()
    machine.build()
    yield machine
    machine.teardown()


def test_a_room_goes_while_its_device_is_in_quarantine(tenants: Tenants) -> None:
    """The device is not told, and is in none when it comes back."""
    tenants.move_a_device("TMP00", 0)
    tenants.a_device_actor_fails("TMP00", 5)
    tenants.wait(2.0)
    assert not tenants.house.all_alive
    tenants.remove_a_room(0)
    tenants.wait(LONGEST_DELAY)
    assert tenants.house.devices()["TMP00"].room is None
