"""Devices of other makes, by the real directory, device actors and writer: announced, believed, ordered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.kinds import sort_of
from actors.domain.logbook import Act, Cause, Origin, WantedDeeds
from actors.domain.model import Change, Claim, Device, JsonObject, Report
from actors.domain.profile import PERCENT, SWITCH, Lapse, Profile
from actors.domain.refusals import Refusal, Refused
from actors.lapses import Lapses
from actors.messages import (
    AcceptDefinition,
    Announced,
    AskClaimed,
    BrokerConnected,
    ChangeDevice,
    ClaimDevice,
    Claimed,
    Delivery,
    OrderUnsent,
    Presence,
    Reachability,
    Recognized,
    ReleaseDevice,
    ReplaceDevice,
    Reported,
    StopDevice,
    StopOrder,
)
from actors.strangers import QUIET_S
from tests.household import Bomb, House, World
from tests.stage import FakeClock, Stage

LAMP = "tasmota-A4CF12345678"
NOBODYS = Delivery(0, 0, -1)
PROFILE = Profile(
    family="tasmota",
    kind="luz",
    capability="binary",
    name="Lámpara",
    model="Sonoff",
    controls={"encendido": SWITCH, "brillo": PERCENT},
)


class Foreign:
    """A house, and one device of another make in it."""

    def __init__(self, path: Path) -> None:
        self.world = World(path, max_devices=3, max_unclaimed=2)
        self.house = House(self.world, {})
        self.announce(PROFILE)

    def announce(self, profile: Profile | None, serial: str = LAMP) -> None:
        self.house.directory.tell(Announced(serial, profile, self.world.clock.now()))
        self.reach(profile is not None, serial)

    def reach(self, reachable: bool, serial: str = LAMP) -> None:
        self.house.directory.tell(Reachability(serial, reachable))
        self.house.flush()

    def report(self, serial: str = LAMP, retained: bool = False, **reported: Any) -> None:
        parameters = reported.pop("parameters", None)
        at = self.world.clock.now()
        told = Report(serial, at, None, parameters, reported or None, retained=retained, partial=True)
        self.house.directory.tell(Reported(told, NOBODYS, "stat/RESULT", b"{}"))
        self.house.flush()

    def presence(self, online: bool) -> None:
        self.house.directory.tell(Presence(LAMP, online, self.world.clock.now(), False, NOBODYS))
        self.house.flush()

    def claim(self, **configuration: Any) -> None:
        self.house.directory.tell(ClaimDevice(Claim(LAMP, configuration=configuration), print))
        self.house.flush()

    def change(self, **configuration: Any) -> Device | Refused:
        answers: list[Device | Refused] = []
        change = Change(configuration=configuration)
        self.house.directory.tell(ChangeDevice(LAMP, change, answers.append))
        self.house.flush()
        [answer] = answers
        return answer

    def wait(self, seconds: float) -> None:
        self.house.flush()
        self.house.stage.wait(seconds)
        self.house.flush()

    def restart(self) -> None:
        """As by a power cut; what it has announced is announced again, from the disk."""
        self.house.kill()
        self.house = House(self.world, {})
        self.house.flush()

    @property
    def device(self) -> Device:
        return self.house.devices()[LAMP]

    @property
    def orders(self) -> list[JsonObject]:
        return [order.wanted for order in self.world.orders]


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Foreign]:
    foreign = Foreign(tmp_path / "iot.db")
    yield foreign
    for ref in pykka.ActorRegistry.get_all():
        pykka.ActorRegistry.unregister(ref)


def test_an_announcement_gives_birth(foreign: Foreign) -> None:
    """Of a device that is called what its family calls it, on disk and in the list, and told nothing."""
    device = foreign.device
    assert (device.name, device.type, device.model) == ("Lámpara", "luz", "Sonoff")
    assert sort_of(device) == ("luz", "binary")
    assert foreign.house.kept()[LAMP] == device
    known = foreign.house.hub.device_cache.by_serial(LAMP)
    assert known is not None
    assert known.device == device
    assert (device.claimed, device.online, device.seen_at) == (False, False, None)


def test_what_people_have_called_it_stays(foreign: Foreign) -> None:
    foreign.house.directory.tell(ChangeDevice(LAMP, Change(name="Mesilla"), print))
    foreign.announce(replace(PROFILE, name="Otra", model="Sonoff 2"))
    assert (foreign.device.name, foreign.device.model) == ("Mesilla", "Sonoff 2")


def test_its_kind_is_what_people_say_it_is(foreign: Foreign) -> None:
    foreign.change(kind="ventilador")
    assert sort_of(foreign.device) == ("ventilador", "speed")


def test_reports_merge_and_each_live_one_is_a_row(foreign: Foreign) -> None:
    """A retained one says how things stand: it counts for nothing, and is no sign of life."""
    foreign.report(retained=True, parameters={"consumo_w": 3}, encendido=False)
    device = foreign.device
    assert (device.reports, device.online, device.seen_at) == (0, False, None)
    assert device.parameters == {"consumo_w": 3}
    foreign.report(parameters={"tension_v": 230})
    device = foreign.device
    assert (device.reports, device.online) == (1, True)
    assert device.parameters == {"consumo_w": 3, "tension_v": 230}
    [row] = foreign.house.rows("SELECT parametros FROM estado_log")
    assert row["parametros"] == '{"tension_v":230}'


def test_a_change_is_ordered_and_confirmed(foreign: Foreign) -> None:
    """Only what differs, once; what the device says then is in sync, however exactly it can be set."""
    foreign.report(encendido=False, brillo=40)
    foreign.claim(modo="manual")
    assert foreign.orders == []
    foreign.change(encendido=True, brillo=40)
    assert foreign.orders == [{"encendido": True}]
    assert foreign.device.differences
    foreign.report(encendido=False)
    assert foreign.device.configuration["encendido"] is True, "it had not done it yet"
    foreign.report(encendido=True)
    assert foreign.device.differences == {}
    foreign.change(brillo=70)
    foreign.report(brillo=70.4)
    assert foreign.device.differences == {}
    assert foreign.device.configuration["brillo"] == 70
    foreign.wait(60)
    assert foreign.orders == [{"encendido": True}, {"brillo": 70}]


def test_an_order_follows_the_commit(foreign: Foreign) -> None:
    """What is not on disk is not ordered: whoever starts again knows that it was."""
    foreign.report(encendido=False)
    foreign.claim()
    foreign.house.directory.tell(ChangeDevice(LAMP, Change(configuration={"encendido": True}), print))
    while not foreign.orders:
        foreign.house.stage.step()
    kept = foreign.house.kept()[LAMP].orders
    assert kept is not None
    assert kept.unconfirmed == {"encendido"}
    foreign.restart()
    foreign.announce(PROFILE)
    foreign.report(encendido=False)
    foreign.wait(60)
    assert foreign.orders == [{"encendido": True}]
    assert foreign.device.differences, "nobody has done it"


def test_a_wall_switch_is_believed_and_never_undone(foreign: Foreign) -> None:
    foreign.report(encendido=False)
    foreign.claim()
    foreign.change(encendido=True)
    foreign.report(encendido=True)
    version = foreign.device.version
    foreign.report(encendido=False)
    device = foreign.device
    assert device.configuration["encendido"] is False
    assert (device.state, device.version, device.differences) == ("inactivo", version, {})
    foreign.wait(600)
    foreign.report(encendido=False)
    assert foreign.orders == [{"encendido": True}]


def test_what_it_does_not_do_in_its_time_stays_a_difference(foreign: Foreign) -> None:
    """And is ordered again when somebody asks again, and is believed when it changes by hand."""
    foreign.report(encendido=False)
    foreign.claim()
    foreign.change(encendido=True)
    foreign.change(encendido=True)
    foreign.wait(10.5)
    foreign.report(encendido=False)
    assert foreign.device.differences == {"encendido": (True, False)}
    assert foreign.device.state == "inactivo"
    answer = foreign.change(encendido=True)
    assert isinstance(answer, Device)
    assert foreign.orders == [{"encendido": True}] * 2
    assert [order.version for order in foreign.world.orders] == [answer.version - 1, answer.version]


def test_who_is_away_is_told_on_return_what_is_newest(foreign: Foreign) -> None:
    foreign.report(encendido=False, brillo=10)
    foreign.claim()
    foreign.presence(False)
    foreign.change(brillo=20)
    foreign.change(brillo=30, encendido=True)
    foreign.restart()
    foreign.announce(PROFILE)
    assert foreign.orders == []
    foreign.presence(True)
    assert foreign.orders == [{"encendido": True, "brillo": 30}]
    foreign.report(encendido=True, brillo=30)
    foreign.presence(False)
    foreign.change(brillo=50)
    foreign.report(encendido=True)
    assert foreign.orders[1:] == [{"brillo": 50}], "a live report is a return too"


def test_what_was_set_back_meanwhile_is_not_ordered(foreign: Foreign) -> None:
    foreign.report(encendido=False)
    foreign.claim()
    foreign.presence(False)
    foreign.change(encendido=True)
    foreign.change(encendido=False)
    foreign.presence(True)
    assert foreign.orders == []


def test_without_a_broker_it_is_told_with_the_next_one(foreign: Foreign) -> None:
    foreign.report(encendido=False)
    foreign.claim()
    foreign.change(encendido=True)
    [order] = foreign.world.orders
    foreign.house.directory.tell(OrderUnsent(order))
    foreign.house.flush()
    assert len(foreign.orders) == 1, "whoever could not carry it cannot do so now"
    foreign.reach(False)
    foreign.house.directory.tell(BrokerConnected())
    foreign.house.flush()
    assert len(foreign.orders) == 1, "the broker is back, and the device is not yet"
    foreign.reach(True)
    assert foreign.orders == [{"encendido": True}] * 2
    foreign.reach(False)
    foreign.reach(True)
    foreign.wait(30)
    assert len(foreign.orders) == 2


def test_whoever_was_not_heard_yet_is_told_when_it_is(foreign: Foreign) -> None:
    """After a start of ours, as after the broker's: what it was is no sign that it hears; it is once."""
    foreign.report(encendido=False, brillo=10)
    foreign.claim()
    foreign.restart()
    foreign.house.directory.tell(Announced(LAMP, PROFILE, foreign.world.clock.now()))
    foreign.change(encendido=True)
    foreign.report(retained=True, encendido=False)
    foreign.wait(60)
    assert foreign.device.online
    assert foreign.orders == []
    bomb = Report(LAMP, 0.0, configuration=Bomb())
    foreign.reach(True)
    foreign.house.directory.tell(Reported(bomb, NOBODYS, "stat/RESULT", b"{}"))
    foreign.wait(1)
    foreign.change(brillo=20)
    assert foreign.orders == [{"encendido": True}, {"brillo": 20}], "its actor's successor knows too"


def test_its_first_words_do_not_outdo_what_waits_for_them(foreign: Foreign) -> None:
    """They tell how it stands, or began again, and not that somebody has set it since."""
    foreign.report(brillo=10)
    foreign.claim()
    foreign.reach(False)
    foreign.change(brillo=20)
    foreign.report(brillo=100)
    foreign.reach(True)
    assert foreign.orders == [{"brillo": 20}]


def test_what_is_set_by_hand_while_an_order_waits_is_not_undone(foreign: Foreign) -> None:
    foreign.announce(replace(PROFILE, address="a/set"))
    foreign.report(encendido=False, brillo=10)
    foreign.claim()
    foreign.announce(replace(PROFILE, address="b/set"))
    foreign.change(encendido=True, brillo=20)
    foreign.report(brillo=30)
    foreign.house.directory.tell(AcceptDefinition(LAMP, print))
    foreign.house.flush()
    assert foreign.orders == [{"encendido": True}]
    assert foreign.device.configuration["brillo"] == 30


def test_nothing_unclaimed_is_ordered(foreign: Foreign) -> None:
    """Nor what was asked before somebody claims it, or is pending when it is released."""
    foreign.report(encendido=False)
    foreign.change(encendido=True)
    foreign.claim()
    foreign.presence(False)
    foreign.change(brillo=9)
    foreign.house.directory.tell(ReleaseDevice(LAMP, print))
    foreign.presence(True)
    foreign.report(encendido=False, brillo=8)
    foreign.claim(modo="manual")
    foreign.report(encendido=False)
    assert foreign.orders == []
    assert foreign.device.claimed


def test_a_claim_orders_what_it_names(foreign: Foreign) -> None:
    foreign.report(encendido=False)
    foreign.claim(encendido=True)
    assert foreign.orders == [{"encendido": True}]
    assert foreign.world.published == {}, "its family does not listen there"


def test_in_mode_horario_the_state_is_ordered(foreign: Foreign) -> None:
    foreign.report(encendido=False)
    foreign.claim(modo="horario")
    change = Change(state="activo")
    foreign.house.directory.tell(ChangeDevice(LAMP, change, print))
    foreign.house.flush()
    assert foreign.orders == [{"encendido": True}]
    foreign.report(encendido=True)
    assert (foreign.device.state, foreign.device.differences) == ("activo", {})


def test_orders_that_would_go_elsewhere_need_consent(foreign: Foreign) -> None:
    """Of a claimed device; what is asked for meanwhile is told once somebody has consented."""
    foreign.announce(replace(PROFILE, address="a/set"))
    foreign.report(encendido=False)
    foreign.claim()
    foreign.announce(replace(PROFILE, address="b/set"))
    seen = foreign.device.edition
    foreign.change(encendido=True)
    assert foreign.device.awaits_consent
    assert foreign.orders == []
    answers: list[Device | Refused] = []
    old = AcceptDefinition(LAMP, answers.append, frozenset({seen}))
    foreign.house.directory.tell(old)
    foreign.house.directory.tell(replace(old, seen=frozenset({foreign.device.edition})))
    foreign.house.directory.tell(replace(old, seen=None))
    foreign.house.flush()
    stale, again, accepted = answers  # what is refused needs no commit
    assert isinstance(stale, Refused)
    assert stale.why is Refusal.STALE
    assert isinstance(again, Refused)
    assert again.why is Refusal.NOTHING_TO_ACCEPT
    assert isinstance(accepted, Device)
    assert not accepted.awaits_consent
    assert [(order.wanted, order.address) for order in foreign.world.orders] == [
        ({"encendido": True}, "b/set")
    ]
    foreign.restart()
    foreign.announce(replace(PROFILE, address="b/set"))
    assert not foreign.device.awaits_consent


def test_what_is_announced_no_more_goes_unless_it_is_claimed(foreign: Foreign) -> None:
    """A claimed one stays, offline, and is told what is asked of it when it is announced again."""
    foreign.announce(PROFILE, "other")
    foreign.report(encendido=False)
    foreign.claim()
    foreign.announce(None)
    foreign.announce(None, "other")
    foreign.announce(None, "never")
    assert set(foreign.house.devices()) == set(foreign.house.kept()) == {LAMP}
    assert not foreign.device.online
    foreign.change(encendido=True)
    foreign.report(encendido=False)
    assert foreign.orders == []
    foreign.announce(PROFILE)
    assert foreign.orders == [{"encendido": True}]


def test_strangers_are_bounded_and_come_back(foreign: Foreign) -> None:
    """Who was silent for long gives way; one that is heard again is what it was announced as."""
    for serial in ("two", "three"):
        foreign.wait(QUIET_S / 2)
        foreign.announce(PROFILE, serial)
    foreign.report(encendido=True)
    assert "two" in foreign.house.devices(), "it was not silent for long"
    foreign.wait(QUIET_S)
    assert set(foreign.house.devices()) == {"two", "three"}
    foreign.report(encendido=True)
    assert set(foreign.house.devices()) == {"three", LAMP}
    assert sort_of(foreign.device) == ("luz", "binary")
    assert foreign.device.name == "Lámpara"


def test_one_whose_family_tells_when_it_is_gone_may_be_silent(foreign: Foreign) -> None:
    foreign.report(encendido=True)
    foreign.wait(100_000)
    assert foreign.device.online
    foreign.announce(replace(PROFILE, patience=300.0))
    foreign.report(encendido=True)
    foreign.wait(299)
    assert foreign.device.online
    foreign.wait(2)
    assert not foreign.device.online


def test_its_actor_starts_again_as_what_it_is(foreign: Foreign) -> None:
    """Its profile is the directory's to remember, since it is announced once."""
    foreign.report(encendido=False)
    foreign.claim()
    bomb = Report(LAMP, 0.0, configuration=Bomb())
    foreign.house.directory.tell(Reported(bomb, NOBODYS, "stat/RESULT", b"{}"))
    foreign.wait(1)
    assert foreign.device.profile == PROFILE
    foreign.report(encendido=False)
    foreign.change(encendido=True)
    assert foreign.orders == [{"encendido": True}]


def test_one_that_is_recognized_keeps_all_and_is_told_nothing(foreign: Foreign) -> None:
    """It is the same thing by the protocol that is its own; set by hand meanwhile, it stays so."""
    foreign.announce(replace(PROFILE, family="home_assistant", address="x/set"), "ha-lampara")
    directory, other = foreign.house.directory, "ha-lampara"
    foreign.report(other, encendido=True)
    directory.tell(ClaimDevice(Claim(other, name="Mesilla"), print))
    foreign.house.flush()
    before = foreign.house.devices()[other]
    foreign.report(encendido=False)
    directory.tell(Recognized(other, LAMP))
    foreign.announce(None, other)
    assert foreign.orders == []
    device = foreign.device
    assert (device.id, device.name, device.claimed, device.version) == (
        before.id,
        "Mesilla",
        True,
        before.version,
    )
    assert device.configuration["encendido"] is True
    assert device.reported["encendido"] is False
    assert foreign.house.devices().keys() == foreign.house.kept().keys() == {LAMP}
    foreign.report(encendido=True)
    foreign.change(encendido=False)
    assert foreign.orders == [{"encendido": False}]
    directory.tell(Recognized("ha-nobody", LAMP))
    directory.tell(Recognized(LAMP, "tasmota-unborn"))
    foreign.house.flush()
    assert foreign.house.devices()[LAMP].id == before.id


def test_it_takes_the_place_of_one_of_ours_and_gives_it_back(foreign: Foreign) -> None:
    """What people have asked for is ordered of the other hardware, too."""
    foreign.report(encendido=False)
    house = foreign.house
    house.report("LGT0OLD", configuracion={"encendido": True})
    house.flush()
    house.directory.tell(ClaimDevice(Claim("LGT0OLD", configuration={"encendido": True}), print))
    house.flush()
    number = house.devices()["LGT0OLD"].id
    answers: list[Device | Refused] = []
    house.directory.tell(ReplaceDevice(number, "LGT0OLD", Claim(LAMP), answers.append))
    house.flush()
    assert foreign.orders == [{"encendido": True}]
    assert LAMP not in foreign.world.published
    assert foreign.device.id == number
    assert sort_of(foreign.device) == ("luz", "binary")
    house.report("LGT0NEW")
    house.directory.tell(ReplaceDevice(number, LAMP, Claim("LGT0NEW"), answers.append))
    house.flush()
    assert [type(answer) for answer in answers] == [Device, Device]
    assert house.devices()["LGT0NEW"].orders is None
    assert "LGT0NEW" in foreign.world.published
    assert len(foreign.orders) == 1


def test_who_is_somebody_s_is_answered(foreign: Foreign) -> None:
    """In small letters, since topics spell serial numbers as they like."""
    asked: list[Claimed] = []
    for _ in range(2):
        foreign.house.directory.tell(AskClaimed(asked.append))
        foreign.house.flush()
        foreign.claim()
    assert asked == [Claimed(frozenset()), Claimed(frozenset({LAMP.lower()}))]


# -- what is over by itself ------------------------------------------------------------------------

SENSOR = replace(
    PROFILE, kind="sensor_mov", capability="sensor", controls={}, lapses={"movimiento": Lapse(30)}
)


def moved(foreign: Foreign) -> list[bool]:
    """As the log has it."""
    rows = foreign.house.rows("SELECT parametros FROM estado_log ORDER BY n")
    return [json.loads(row["parametros"])["movimiento"] for row in rows]


def test_a_reading_that_nobody_ends_is_over_by_itself(foreign: Foreign) -> None:
    """So long after it was last told so; the end is a row of its own, and no sign of life."""
    foreign.announce(SENSOR)
    foreign.report(parameters={"movimiento": True})
    foreign.wait(20)
    foreign.report(parameters={"movimiento": True})
    seen_at = foreign.device.seen_at
    foreign.wait(29)
    assert foreign.device.parameters["movimiento"] is True
    foreign.wait(2)
    assert foreign.device.parameters["movimiento"] is False
    assert foreign.device.seen_at == seen_at
    assert moved(foreign) == [True, True, False]
    foreign.wait(100)
    assert moved(foreign) == [True, True, False]


def test_who_tells_the_end_is_not_told_it_again(foreign: Foreign) -> None:
    """Nor does what is over come back a device that is gone."""
    foreign.announce(SENSOR)
    foreign.report(parameters={"movimiento": True})
    foreign.report(parameters={"movimiento": False})
    foreign.wait(60)
    assert moved(foreign) == [True, False]
    foreign.report(parameters={"movimiento": True})
    foreign.presence(online=False)
    foreign.wait(60)
    assert foreign.device.parameters["movimiento"] is False
    assert not foreign.device.online


@pytest.mark.parametrize(("away", "left"), [(10.0, 20.0), (3_600.0, 0.0)])
def test_a_start_ends_what_should_be_over_by_now(foreign: Foreign, away: float, left: float) -> None:
    """And lets run what is left of the rest; what is retained begins anew."""
    foreign.announce(SENSOR)
    foreign.report(parameters={"movimiento": True})
    foreign.house.kill()
    foreign.world.clock.sleep(away)
    foreign.house = House(foreign.world, {})
    foreign.announce(SENSOR)
    if left:
        foreign.wait(left - 1)
        assert foreign.device.parameters["movimiento"] is True
    foreign.wait(2)
    assert foreign.device.parameters["movimiento"] is False
    foreign.report(retained=True, parameters={"movimiento": True})
    foreign.wait(29)
    assert foreign.device.parameters["movimiento"] is True
    foreign.wait(2)
    assert foreign.device.parameters["movimiento"] is False


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab"), st.booleans()), max_size=30))
def test_each_reading_is_over_once_its_own_time_has_run_out(told: list[tuple[int, str, bool]]) -> None:
    """Whatever is told when, of whichever: as if each had a timer of its own; at one moment in any order."""
    clock = FakeClock()
    stage = Stage(clock)
    lapses = {"a": Lapse(20), "b": Lapse(7)}
    ended: list[tuple[str, float]] = []
    running = Lapses(clock, lambda: ended.extend((name, clock.monotonic()) for name in running.over()))
    expected: list[tuple[str, float]] = []
    ends: dict[str, float] = {}

    def pass_time(until: float) -> None:
        stage.wait(until - clock.monotonic())
        over = sorted((end, name) for name, end in ends.items() if end <= until)
        expected.extend((name, end) for end, name in over)
        for _, name in over:
            del ends[name]

    for seconds, name, value in told:
        pass_time(clock.monotonic() + seconds)
        running.hear({name: value}, lapses)
        ends.pop(name, None)
        if value:
            ends[name] = clock.monotonic() + lapses[name].seconds
    pass_time(clock.monotonic() + 100)
    assert in_order(ended) == in_order(expected)


def in_order(ended: list[tuple[str, float]]) -> list[tuple[float, str]]:
    """By the moment, but for what floating point adds to it, and by name."""
    return sorted((round(end, 6), name) for name, end in ended)


# -- stops -----------------------------------------------------------------------------------------

BLIND = replace(
    PROFILE,
    kind="persiana",
    capability="position",
    controls={"posicion": PERCENT},
    stop_address="",
)
ANA = Origin(Cause.PERSON, 1, "Ana")


def stop(foreign: Foreign) -> list[Device | Refused]:
    """What was answered, once whoever was told has answered that it went out."""
    answers: list[Device | Refused] = []
    before = len(foreign.world.stops)
    foreign.house.directory.tell(StopDevice(LAMP, answers.append, origin=ANA))
    foreign.house.flush()
    for order in foreign.world.stops[before:]:
        assert answers == []
        order.answer(None)
    return answers


def test_a_blind_that_is_stopped_stays_where_it_says_that_it_is(foreign: Foreign) -> None:
    """Nothing of what it was on the way to is asked of it any more, not after a restart either; the logbook
    has it under the name of whoever did it, and nothing else."""
    foreign.announce(BLIND)
    foreign.report(posicion=0)
    foreign.claim()
    foreign.change(posicion=100)
    [stopped] = stop(foreign)
    assert isinstance(stopped, Device)
    assert foreign.world.stops[0] == StopOrder(LAMP, "", "", print)
    assert foreign.device.configuration["posicion"] == 0
    foreign.report(posicion=40)
    assert (foreign.device.configuration["posicion"], foreign.device.differences) == (40, {})
    foreign.reach(False)
    foreign.restart()
    foreign.announce(BLIND)
    foreign.presence(True)
    foreign.wait(BLIND.settling + 1)
    assert foreign.device.configuration["posicion"] == 40
    assert foreign.orders == [{"posicion": 100}]
    deeds = [kept.deed for kept in foreign.house.archive.queries.logbook(WantedDeeds(), 10).entries]
    assert [(deed.act, deed.origin.name) for deed in deeds] == [
        (Act.STOPPED, "Ana"),
        (Act.CHANGED, ""),
        (Act.CLAIMED, ""),
    ]


def test_what_is_silent_while_it_moves_can_be_sent_back_from_where_it_was_stopped(
    foreign: Foreign,
) -> None:
    """It was last heard closed, and is half open by now."""
    foreign.announce(BLIND)
    foreign.report(posicion=0)
    foreign.claim()
    foreign.change(posicion=100)
    stop(foreign)
    foreign.change(posicion=0)
    assert foreign.orders == [{"posicion": 100}, {"posicion": 0}]


def test_a_stop_is_refused_where_it_cannot_be_heard(foreign: Foreign) -> None:
    """Of nobody's, of what has none, of one that is away, and of one whose stop would go where nobody has
    consented to; it is never made up for."""

    def refusal() -> Refusal:
        [refused] = stop(foreign)
        assert isinstance(refused, Refused)
        return refused.why

    foreign.announce(BLIND)
    foreign.report(posicion=0)
    assert refusal() is Refusal.NOT_CLAIMED
    foreign.claim()
    foreign.announce(replace(BLIND, stop_address=None))
    assert refusal() is Refusal.CANNOT_STOP
    foreign.announce(replace(BLIND, stop_address="elsewhere"))
    assert (refusal(), foreign.device.can_stop, foreign.device.awaits_consent) == (
        Refusal.CANNOT_STOP,
        False,
        False,
    )
    foreign.change(posicion=50)
    assert foreign.orders == [{"posicion": 50}], "its orders go where they went"
    foreign.house.directory.tell(AcceptDefinition(LAMP, print))
    foreign.house.flush()
    foreign.restart()
    foreign.announce(replace(BLIND, stop_address="elsewhere"))
    assert foreign.device.can_stop, "who has consented is remembered"
    foreign.presence(True)
    foreign.reach(False)
    assert refusal() is Refusal.UNREACHED
    foreign.reach(True)
    foreign.wait(1)
    assert foreign.world.stops == []
