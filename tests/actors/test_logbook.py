"""The house's logbook: each change has its origin, once, on disk with the change, whatever happens."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.domain.findings import Finding, KeptFinding, Proposal
from actors.domain.logbook import LONGEST, Act, Cause, Expectations, KeptDeed, Origin, WantedDeeds
from actors.domain.metrics import UNDECIDED
from actors.domain.model import Change, Claim, Decided, Device, MetricChange, Report
from actors.domain.profile import SETTLING_S, SWITCH, Lapse, Profile
from actors.messages import (
    Announced,
    ApplyFinding,
    ChangeDevice,
    ChangeLimits,
    ClaimDevice,
    Delivery,
    Presence,
    Reachability,
    ReleaseDevice,
    Reported,
)
from tests.household import IN_MEMORY, House, World

OURS, THEIRS = "LGT0LAMP", "tasmota-A4CF12345678"
PROFILE = Profile(family="tasmota", kind="luz", capability="binary", controls={"encendido": SWITCH})
ANA = Origin(Cause.PERSON, 3, "Ana")
LUIS = Origin(Cause.PERSON, 4, "Luis")
HA = Origin(Cause.CLIENT, name="Home Assistant")
NOBODYS = Delivery(0, 0, -1)
SWITCHED = "configuracion.encendido"


class Home:
    """A house with a lamp of our own protocol and one of another make, both claimed, both off."""

    def __init__(self, path: Path) -> None:
        self.world = World(path)
        self.world.clock.jump(datetime(2027, 1, 15, 12, tzinfo=UTC).timestamp() - self.world.clock.now())
        self.house = House(self.world, {})
        self.introduce()
        for serial in (OURS, THEIRS):
            self.say(serial, False)
            claim = Claim(serial, configuration={"encendido": False})
            self.tell(ClaimDevice(claim, lambda _: None, ANA))

    def introduce(self) -> None:
        """The one of another make is there; what is known of its kind no disk remembers."""
        now = self.world.clock.now()
        self.tell(Announced(THEIRS, PROFILE, now))
        self.tell(Reachability(THEIRS, True))
        self.tell(Presence(THEIRS, True, now, False, NOBODYS))

    def tell(self, message: object) -> None:
        self.house.directory.tell(message)
        self.house.flush()

    def say(self, serial: str, on: bool, retained: bool = False, **readings: Any) -> None:
        if serial == OURS:
            self.house.report(OURS, configuracion={"encendido": on}, parametros=readings)
            self.house.flush()
            return
        now = self.world.clock.now()
        told = Report(serial, now, None, readings, {"encendido": on}, retained=retained, partial=True)
        self.tell(Reported(told, NOBODYS, "stat/RESULT", b"{}"))

    def order(self, serial: str, origin: Origin, **configuration: Any) -> None:
        self.tell(ChangeDevice(serial, Change(configuration=configuration), lambda _: None, origin=origin))

    def settle(self) -> None:
        self.house.stage.wait(SETTLING_S + 1.0)
        self.house.flush()

    def device(self, serial: str) -> Device:
        return self.house.devices()[serial]

    def restart(self, *, hard: bool) -> None:
        if hard:
            self.house.kill()
        else:
            self.house.stop()
        self.house = House(self.world, {})
        self.house.flush()
        self.introduce()

    def logbook(self, wanted: WantedDeeds = WantedDeeds()) -> list[KeptDeed]:  # noqa: B008
        """Oldest first."""
        return [*self.house.archive.queries.logbook(wanted, 10_000).entries][::-1]

    def told(self) -> list[tuple[str, Act, Origin, bool | str | None]]:
        serials = {device.id: serial for serial, device in self.house.devices().items()}
        deeds = [kept.deed for kept in self.logbook()]
        return [(serials[deed.device_id], deed.act, deed.origin, deed.turned) for deed in deeds]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path / "iot.db")
    yield home
    home.house.kill()


class Evenings(RuleBasedStateMachine):
    """People, another program, devices and hands at their switches, restarts between; nobody does anything
    that is not in the logbook once, under their own name, and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
        self.home = Home(self.folder / "iot.db")
        self.truth: list[tuple[str, Act, Origin, bool | str | None]] = self.home.told()
        assert [act for _, act, *_ in self.truth] == [Act.CLAIMED, Act.CLAIMED]
        self.lamps = dict.fromkeys((OURS, THEIRS), False)
        self.desired = dict(self.lamps)
        self.obeyed = dict.fromkeys((OURS, THEIRS), True)
        self.overridden = dict.fromkeys((OURS, THEIRS), False)
        """Whether somebody has set it by hand before a start, so that it cannot be told what it does next."""

    def teardown(self) -> None:
        self.home.house.kill()
        shutil.rmtree(self.folder)

    @rule(serial=st.sampled_from((OURS, THEIRS)), on=st.booleans(), origin=st.sampled_from((ANA, LUIS, HA)))
    def somebody_orders(self, serial: str, on: bool, origin: Origin) -> None:
        if serial == THEIRS:
            self.desired[serial] = self.home.device(serial).configuration["encendido"]
        self.home.order(serial, origin, encendido=on)
        if on is not self.desired[serial]:
            self.truth.append((serial, Act.CHANGED, origin, on))
            self.obeyed[serial] = False
        self.desired[serial] = on

    @rule(serial=st.sampled_from((OURS, THEIRS)))
    def it_does_as_told(self, serial: str) -> None:
        """And says so; or says again how it is."""
        if not self.obeyed[serial]:
            self.lamps[serial] = self.desired[serial]
            self.obeyed[serial], self.overridden[serial] = True, False
        self.home.say(serial, self.lamps[serial])

    @rule(serial=st.sampled_from((OURS, THEIRS)))
    def it_says_how_it_still_is(self, serial: str) -> None:
        self.home.say(serial, self.lamps[serial])

    @precondition(lambda self: not all(self.overridden.values()))
    @rule(serial=st.sampled_from((OURS, THEIRS)), times=st.integers(1, 3))
    def somebody_presses(self, serial: str, times: int) -> None:
        """Long after it has done as it was told."""
        if self.overridden[serial]:
            return
        self.it_does_as_told(serial)
        self.home.settle()
        self.home.say(serial, self.lamps[serial])
        for _ in range(times):
            self.lamps[serial] = not self.lamps[serial]
            self.home.say(serial, self.lamps[serial])
            self.truth.append((serial, Act.REPORTED, Origin(Cause.DEVICE), self.lamps[serial]))
        if serial == THEIRS:  # which is believed
            self.desired[serial] = self.lamps[serial]

    @rule(hard=st.booleans())
    def restart(self, hard: bool) -> None:
        self.home.restart(hard=hard)
        self.overridden[OURS] = self.lamps[OURS] is not self.desired[OURS]

    @invariant()
    def the_logbook_tells_the_truth(self) -> None:
        assert self.home.told() == self.truth


TestEvenings = Evenings.TestCase
TestEvenings.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_a_proposal_is_owed_to_the_rule_and_to_whoever_has_taken_it(home: Home) -> None:
    lamp = home.device(OURS)
    for number, origin in ((7, Origin(Cause.RULE)), (8, ANA)):
        proposal = Proposal({"encendido": number == 7}, frozenset())
        finding = Finding("clima", "ai_suggest", lamp.id, OURS, 1.0, {}, proposal=proposal)
        home.tell(ApplyFinding(KeptFinding(number, finding, {}), lambda _: None, origin))
    by_itself, by_ana = (kept.deed.origin for kept in home.logbook()[-2:])
    assert by_itself == Origin(Cause.RULE, rule="clima", finding=7)
    assert by_ana == Origin(Cause.PERSON, 3, "Ana", "clima", 8)


def test_a_schedule_that_the_device_keeps_is_known_by_its_hours(home: Home) -> None:
    """At eight it was the schedule, whatever its clock is late; at nine somebody at the switch."""
    week = [{"dias": ["todos"], "inicio": "20:00", "fin": "23:00"}]
    home.order(OURS, ANA, modo="horario", horarios=week)
    home.house.stage.wait(8 * 3600.0 + 40.0)
    home.say(OURS, True)
    home.house.stage.wait(3600.0)
    home.say(OURS, False)
    assert [(each.deed.origin.cause, each.deed.turned) for each in home.logbook()[-2:]] == [
        (Cause.SCHEDULE, True),
        (Cause.DEVICE, False),
    ]


@pytest.mark.parametrize(("channel", "value"), [("horarios_pos", 40), ("horarios_lock", "bloquear")])
def test_what_a_schedule_moves_or_locks_it_has_switched_too(home: Home, channel: str, value: object) -> None:
    """A blind, which is on while it is open at all, says no more at eight than that it is on."""
    home.order(OURS, ANA, modo="horario", **{channel: {"diario": [["20:00", value]]}})
    home.house.stage.wait(8 * 3600.0 + 40.0)
    home.say(OURS, True)
    assert home.told()[-1] == (OURS, Act.REPORTED, Origin(Cause.SCHEDULE), True)


def test_a_schedule_that_the_server_keeps_has_done_it(home: Home) -> None:
    week = [{"dias": ["todos"], "inicio": "20:00", "fin": "23:00"}]
    home.order(THEIRS, ANA, modo="horario", horarios=week)
    home.house.stage.wait(8 * 3600.0)
    home.house.flush()
    home.say(THEIRS, True)
    assert home.told()[-1] == (THEIRS, Act.CHANGED, Origin(Cause.SCHEDULE), True)


def test_what_it_was_told_and_is_anyway_is_no_order_any_more() -> None:
    """Told on and off before it did either, it says once more that it is off; on is then its own doing."""
    off = Device(id=1, serial=OURS, claimed=True, configuration={"encendido": False})
    off = off.after_report(Report(OURS, 0.0, "inactivo"))
    expected = Expectations(off)
    on = replace(off, configuration={"encendido": True})
    expected.tell(off, on, 1.0)
    expected.tell(on, off, 2.0)
    later = 2.0 + SETTLING_S
    still_off = off.after_report(Report(OURS, later, "inactivo"))
    assert expected.reported(off, still_off, later) == {}
    turned_on = still_off.after_report(Report(OURS, later + 1, "activo"))
    assert [*expected.reported(still_off, turned_on, later + 1)] == [SWITCHED]


def test_what_changed_while_nobody_could_hear_it_is_nobodys_doing(home: Home) -> None:
    home.say(THEIRS, True, retained=True)
    assert home.told()[-1] == (THEIRS, Act.REPORTED, Origin(Cause.UNKNOWN), True)


def test_readings_are_thinned_to_what_changes(home: Home) -> None:
    """A number that drifts is for the chart, one that is another is told, in the change's own transaction;
    movement that begins and ends is told once each."""
    before = len(home.logbook())
    for moved, degrees in ((False, 20.0), (False, 20.5), (True, 21.0), (True, 22.5), (False, 22.0)):
        home.say(OURS, False, movimiento=moved, temperatura=degrees)
    deeds = [kept.deed for kept in home.logbook()[before:]]
    assert [(deed.act, dict(deed.shifts), deed.turned) for deed in deeds] == [
        (Act.READING, {"parametros.movimiento": (False, True)}, True),
        (Act.READING, {"parametros.temperatura": (20.0, 22.5)}, None),
        (Act.READING, {"parametros.movimiento": (True, False)}, False),
    ]
    assert {deed.origin for deed in deeds} == {Origin(Cause.DEVICE)}
    assert len(home.logbook(WantedDeeds(readings=False))) == before


@pytest.mark.parametrize("serial", [OURS, THEIRS])
def test_a_start_begins_at_the_readings_that_are_known(home: Home, serial: str) -> None:
    """Nothing is told again for it, nor what has changed across it left out; other hardware begins anew."""
    home.say(serial, False, temperatura=20.0)
    before = len(home.logbook())
    home.restart(hard=True)
    home.say(serial, False, temperatura=21.0)
    assert len(home.logbook()) == before
    home.restart(hard=False)
    home.say(serial, False, temperatura=24.0)
    [told] = home.logbook()[before:]
    assert told.deed.shifts == {"parametros.temperatura": (21.0, 24.0)}


def test_a_movement_whose_end_nobody_tells_has_ended_in_the_logbook_too(home: Home) -> None:
    lapsing = replace(PROFILE, lapses={"movimiento": Lapse(30.0, value=False)})
    home.tell(Announced(THEIRS, lapsing, home.world.clock.now()))
    for moved in (False, True):
        home.say(THEIRS, False, movimiento=moved)
    home.house.stage.wait(60.0)
    home.house.flush()
    assert [turned for *_, turned in home.told()[-2:]] == [True, False]


def test_a_long_value_is_kept_by_its_name(home: Home) -> None:
    week = [{"dias": ["lunes"], "inicio": f"{hour:02}:00", "fin": f"{hour:02}:30"} for hour in range(10)]
    home.order(OURS, LUIS, horarios=week, brillo=40)
    [*_, kept] = home.logbook()
    assert kept.deed.shifts == {"configuracion.brillo": (None, 40), "configuracion.horarios": None}
    assert len(str(week)) > LONGEST


def test_what_people_decide_of_a_device_is_there_too(home: Home) -> None:
    """Its name, its bounds, that it is nobody's any more; what changes nothing is no entry."""
    before = len(home.logbook())
    for name in ("Mesilla", "Mesilla"):
        home.tell(ChangeDevice(OURS, Change(name=name), lambda _: None, origin=ANA))
    bound = {"t": MetricChange(low=Decided(3.0))}
    home.tell(ChangeLimits(OURS, bound, lambda _: None, origin=LUIS))
    home.tell(ReleaseDevice(OURS, lambda _: None, origin=LUIS))
    deeds = [kept.deed for kept in home.logbook()[before:]]
    assert [(deed.act, deed.origin.name, [*deed.shifts]) for deed in deeds] == [
        (Act.CHANGED, "Ana", ["nombre"]),
        (Act.CHANGED, "Luis", ["limites.t"]),
        (Act.RELEASED, "Luis", []),
    ]
    shift = deeds[1].shifts["limites.t"]
    assert shift is not None
    assert shift.before is None
    assert shift.after["min"] == 3.0
    assert UNDECIDED not in home.device(OURS).limits.values()


def test_somebodys_own_and_a_device_s_own_are_found(home: Home) -> None:
    home.order(OURS, LUIS, encendido=True)
    home.order(THEIRS, ANA, encendido=True)
    theirs = home.device(THEIRS).id
    assert {kept.deed.origin for kept in home.logbook(WantedDeeds(person=4))} == {LUIS}
    assert {kept.deed.device_id for kept in home.logbook(WantedDeeds(devices=(theirs,)))} == {theirs}
    assert home.logbook(WantedDeeds(devices=())) == []
    newest = home.house.archive.queries.logbook(WantedDeeds(), 1)
    older = home.house.archive.queries.logbook(WantedDeeds(before=newest.next_before), 10)
    assert [kept.id for kept in [*newest.entries, *older.entries]] == [4, 3, 2, 1]
    assert newest.people == {3: "Ana", 4: "Luis"}
    assert older.next_before is None
