"""A household of devices of other makes: announced, claimed, ordered, switched by hand, away and back, with
crashes in between.

Hypothesis chooses what happens and whose mailbox is emptied next. What is told to a device, somebody has
asked for, once, and nobody has undone it since.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from actors.domain.model import Change, Claim, Device, Json, JsonObject, Report
from actors.domain.profile import PERCENT, SWITCH, Profile
from actors.domain.refusals import Refused
from actors.messages import (
    AcceptDefinition,
    Announced,
    ChangeDevice,
    ClaimDevice,
    Delivery,
    ForgetDevice,
    Order,
    OrderUnsent,
    Presence,
    Reachability,
    Recognized,
    ReleaseDevice,
    Removal,
    Reported,
)
from tests.household import IN_MEMORY, Bomb, House, World

# The first one is there from the start.
SERIALS = st.sampled_from(["tasmota-A4CF", "tasmota-A4CF", "tasmota-A4CF", "z2m-00", "shelly-B0"])
VALUES = {"encendido": st.booleans(), "brillo": st.sampled_from([10, 50, 50.4])}
NAMES = st.sampled_from([*VALUES])
SETTINGS = st.dictionaries(NAMES, st.none(), min_size=1).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
BOTH = {"encendido": SWITCH, "brillo": PERCENT}
PROFILES = st.builds(
    Profile,
    family=st.just("any"),
    kind=st.just("luz"),
    capability=st.just("binary"),
    name=st.sampled_from(["", "Lámpara"]),
    controls=st.sampled_from([BOTH, BOTH, {"encendido": SWITCH}, {}]),
    address=st.sampled_from(["", "", "a/set", "b/set"]),
    patience=st.sampled_from([None, 60.0]),
)
NOBODYS = Delivery(0, 0, -1)


@dataclass
class Thing:
    """A device as it stands on its shelf, and what people have asked of it."""

    set_to: dict[str, Json] = field(default_factory=lambda: {"encendido": False, "brillo": 50})
    asked: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))
    """Since it was last told, oldest first."""
    profile: Profile | None = None
    id: int = 0
    version: int = 0
    """Of the change that somebody was told is stored."""
    releases: int = 0
    reachable: bool = False


class OtherMakes(RuleBasedStateMachine):
    @initialize(profile=PROFILES, online=st.booleans())
    def build(self, profile: Profile, online: bool) -> None:
        """With one that is claimed, and mostly there."""
        self.folder = Path(tempfile.mkdtemp(prefix="household-", dir=IN_MEMORY))
        self.world = World(self.folder / "iot.db", max_unclaimed=2)
        self.things: dict[str, Thing] = defaultdict(Thing)
        self.told = 0
        self.house = House(self.world, {})
        self.is_announced("tasmota-A4CF", profile)
        self.can_be_reached("tasmota-A4CF", reachable=True)
        self.reports("tasmota-A4CF", {"encendido", "brillo"}, retained=not online)
        self.claim("tasmota-A4CF", {})
        self.settle()

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.settle()
            self.house.kill()
            shutil.rmtree(self.folder)

    # -- what devices say ------------------------------------------------------------------------

    @rule(serial=SERIALS, profile=PROFILES)
    def is_announced(self, serial: str, profile: Profile) -> None:
        self.things[serial].profile = profile
        self.house.directory.tell(Announced(serial, profile, self.world.clock.now()))

    @rule(serial=st.sampled_from(["tasmota-A4CF", "z2m-00"]))
    def is_announced_no_more(self, serial: str) -> None:
        self.things[serial].profile = None
        self.house.directory.tell(Announced(serial, None, self.world.clock.now()))

    @rule(serial=SERIALS, names=st.sets(NAMES), retained=st.booleans())
    def reports(self, serial: str, names: set[str], retained: bool) -> None:
        self.say(serial, {name: self.things[serial].set_to[name] for name in sorted(names)}, retained)

    def say(self, serial: str, configuration: JsonObject, retained: bool = False) -> None:
        if self.things[serial].profile is not None:  # else nobody would understand it
            report = Report(
                serial,
                self.world.clock.now(),
                parameters={"n": 1},
                configuration=configuration or None,
                retained=retained,
                partial=True,
            )
            self.house.directory.tell(Reported(report, NOBODYS, "topic", b""))

    @rule(serial=SERIALS, online=st.booleans())
    def leaves_or_returns(self, serial: str, online: bool) -> None:
        self.house.directory.tell(Presence(serial, online, self.world.clock.now(), False, NOBODYS))

    @rule(serial=SERIALS, reachable=st.booleans())
    def can_be_reached(self, serial: str, reachable: bool) -> None:
        """Or not, which also who has been told an order by then is told."""
        if not reachable:
            self.settle()
        self.things[serial].reachable = reachable
        self.house.directory.tell(Reachability(serial, reachable))

    @rule(serial=SERIALS, by_hand=SETTINGS)
    def is_set_by_hand(self, serial: str, by_hand: dict[str, Json]) -> None:
        """Of what is not pending that is what it is to be from then on, and nobody undoes it."""
        self.settle()
        thing, before = self.things[serial], self.house.devices().get(serial)
        thing.set_to |= by_hand
        self.say(serial, by_hand)
        told = len(self.world.orders)
        self.settle()
        now = self.house.devices().get(serial)
        if before is None or now is None or now.profile is None or before.orders is None:
            return
        # What waits for other things than to be heard is outdone by hand; what it was told is not.
        waits = before.orders.unsent if before.online and before.reachable else frozenset[str]()
        told_before = before.orders.pending - (waits & before.reported.keys())
        for name in now.profile.controls.keys() & by_hand.keys() - told_before:
            assert now.profile.controls[name].confirms(now.configuration[name], by_hand[name]) or (
                name in before.reported and before.reported[name] == by_hand[name]
            ), f"{name} is not believed"
            assert all(name not in order.wanted for order in self.world.orders[told:])
        assert now.version == before.version

    @rule(count=st.integers(1, 3), obeys=st.booleans())
    def does_as_it_was_told(self, count: int, obeys: bool) -> None:
        for order in self.world.orders[-count:]:
            if obeys:
                self.things[order.serial].set_to |= order.wanted
            self.say(order.serial, {name: self.things[order.serial].set_to[name] for name in order.wanted})

    @rule()
    def could_not_be_told(self) -> None:
        if self.world.orders:
            order = self.world.orders[-1]
            self.look_at_orders()
            for name, value in order.wanted.items():
                self.things[order.serial].asked[name].insert(0, value)
            self.house.directory.tell(OrderUnsent(order))
            for reachable in (False, True):
                self.house.directory.tell(Reachability(order.serial, reachable))
            self.things[order.serial].reachable = True

    # -- what people want ------------------------------------------------------------------------

    @rule(serial=SERIALS, asked=SETTINGS)
    def claim(self, serial: str, asked: dict[str, Json]) -> None:
        self.ask(serial, asked)
        self.house.directory.tell(ClaimDevice(Claim(serial, configuration=asked), self.answered(serial)))

    @rule(serial=SERIALS, asked=SETTINGS, mode=st.sampled_from([{}, {"modo": "manual"}, {"modo": "horario"}]))
    def change(self, serial: str, asked: dict[str, Json], mode: dict[str, Json]) -> None:
        self.ask(serial, asked)
        change = Change(configuration={**mode, **asked})
        self.house.directory.tell(ChangeDevice(serial, change, self.answered(serial)))

    @rule(asked=SETTINGS, obeys=st.booleans(), waits=st.sampled_from([0.0, 11.0]))
    def order_of_one_that_is_there(self, asked: dict[str, Json], obeys: bool, waits: float) -> None:
        """Which chance alone seldom brings about."""
        profile = Profile(family="any", kind="luz", capability="binary", controls=BOTH)
        self.is_announced("tasmota-A4CF", profile)
        self.leaves_or_returns("tasmota-A4CF", online=True)
        self.can_be_reached("tasmota-A4CF", reachable=True)
        self.claim("tasmota-A4CF", {})
        self.change("tasmota-A4CF", asked, {"modo": "manual"})
        self.settle()
        self.does_as_it_was_told(1, obeys)
        self.wait(waits)

    @rule(serial=SERIALS, state=st.sampled_from(["activo", "inactivo"]))
    def change_state(self, serial: str, state: str) -> None:
        self.ask(serial, {"encendido": state == "activo"})
        self.house.directory.tell(ChangeDevice(serial, Change(state=state), self.answered(serial)))

    @rule(serial=SERIALS)
    def accept(self, serial: str) -> None:
        self.house.directory.tell(AcceptDefinition(serial, self.answered(serial)))

    @rule(before=SERIALS, serial=SERIALS)
    def is_recognized(self, before: str, serial: str) -> None:
        """What was known by one name is the same thing by another: claimed, and nothing asked of it anew."""
        self.settle()
        devices = self.house.devices()
        known, other = devices.get(before), devices.get(serial)
        self.house.directory.tell(Recognized(before, serial))
        if known is None or other is None or before == serial:
            return
        if not known.claimed or other.claimed or other.orders is None:
            return
        told = len(self.world.orders)
        self.things[serial].asked = self.things[before].asked
        self.things[serial].id = known.id
        self.things[before] = Thing(profile=self.things[before].profile)
        self.house.flush()
        now = self.house.devices()[serial]
        assert (now.id, now.claimed, now.configuration) == (known.id, True, known.configuration)
        assert before not in self.house.devices()
        waited = set() if known.orders is None else known.orders.unsent
        assert all(order.wanted.keys() <= waited for order in self.world.orders[told:])

    @rule(serial=SERIALS)
    def release(self, serial: str) -> None:
        self.things[serial].releases += 1
        self.house.directory.tell(ReleaseDevice(serial, self.answered(serial)))

    @rule(serial=SERIALS)
    def forget(self, serial: str) -> None:
        self.settle()
        device = self.house.devices().get(serial)
        if device is not None:
            self.house.directory.tell(ForgetDevice(Removal(device.id, serial), lambda _: None))
            self.settle()

    def ask(self, serial: str, asked: dict[str, Json]) -> None:
        for name, value in asked.items():
            self.things[serial].asked[name].append(value)

    def answered(self, serial: str):  # type: ignore[no-untyped-def]
        @self.world.witness()
        def note(outcome: Device | Refused) -> None:
            if isinstance(outcome, Device):
                kept = self.house.kept().get(serial)
                if kept is not None and kept.id == outcome.id:  # else it has given way since
                    assert kept.version >= outcome.version, "answered before it was on disk"
                    self.things[serial].version = outcome.version

        return note

    # -- the world goes on -----------------------------------------------------------------------

    @rule(choices=st.lists(st.integers(0, 20), min_size=1, max_size=8))
    def a_few_turns(self, choices: list[int]) -> None:
        for choice in choices:
            if not self.house.stage.idle:
                self.house.stage.step(choice)
                self.look_at_orders()

    @rule(seconds=st.sampled_from([1.0, 10.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.settle()
        self.house.stage.wait(seconds)
        self.settle()

    @rule(serial=SERIALS)
    def a_device_actor_fails(self, serial: str) -> None:
        if serial in self.house.devices():
            bomb = Report(serial, self.world.clock.now(), configuration=Bomb())
            self.house.directory.tell(Reported(bomb, NOBODYS, "topic", b""))

    @rule()
    def the_power_goes(self) -> None:
        """What is announced is announced again, from the disk; its log and what was answered are there."""
        self.look_at_orders()
        self.house.kill()
        self.house = House(self.world, {})
        for serial, thing in self.things.items():
            thing.reachable = False
            if thing.profile is not None:
                announced = Announced(serial, thing.profile, self.world.clock.now())
                self.house.directory.tell(announced)

    # -- what must hold --------------------------------------------------------------------------

    def look_at_orders(self) -> None:
        """Whatever is ordered somebody has asked for, and it was not ordered since."""
        new, self.told = self.world.orders[self.told :], len(self.world.orders)
        for order in new:
            self.judge(order)

    def judge(self, order: Order) -> None:
        thing = self.things[order.serial]
        kept = self.house.kept().get(order.serial)
        assert order.wanted
        assert thing.reachable, "nobody hears it"
        if kept is not None and not thing.releases:
            assert kept.claimed, "nobody has claimed it"
        for name, value in order.wanted.items():
            assert value in thing.asked[name], f"nobody has asked for {name}: {value}"
            del thing.asked[name][: thing.asked[name].index(value) + 1]

    @rule()
    def settle(self) -> None:
        self.house.flush()
        self.look_at_orders()
        kept = self.house.kept()
        for serial, device in self.house.devices().items():
            thing = self.things[serial]
            if device.orders is None:  # nobody had announced the one that the planted failure was told to
                continue
            assert not device.due, "it is there, and was not told"
            assert device.claimed or not device.orders.pending
            unsent = device.orders.unsent
            thing.asked = defaultdict(
                list, {name: [value] for name, value in device.configuration.items() if name in unsent}
            )
            thing.releases = 0
            shown = self.house.hub.device_cache.by_serial(serial)
            assert shown is not None
            assert shown.device == kept[serial] == device
            if device.id == thing.id:
                assert device.version >= thing.version, "an answered change is lost"
            thing.id, thing.version = device.id, device.version
            rows = self.house.rows("SELECT n FROM estado_log WHERE dispositivo_id = ? ORDER BY n", device.id)
            assert [row["n"] for row in rows] == [*range(1, device.reports + 1)]
        assert {**kept}.keys() >= self.house.devices().keys()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


TestOtherMakes = pytest.mark.timeout(400)(OtherMakes.TestCase)
TestOtherMakes.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def test_what_is_forgotten_and_announced_again_is_new() -> None:
    """Whatever it was told before: nobody has claimed the one that is born."""
    machine = OtherMakes()
    profile = Profile(family="any", kind="luz", capability="binary", controls={"encendido": SWITCH})
    machine.build(profile, online=True)
    machine.is_announced("z2m-00", profile)
    machine.can_be_reached("z2m-00", reachable=True)
    machine.claim("z2m-00", {"encendido": True})
    machine.forget("z2m-00")
    machine.is_announced("z2m-00", replace(profile, name="Otra"))
    machine.settle()
    device = machine.house.devices()["z2m-00"]
    assert (device.id, device.claimed, device.name) == (3, False, "Otra")
    machine.teardown()
