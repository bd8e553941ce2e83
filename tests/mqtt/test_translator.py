"""What the translator makes of announcements, messages and orders of other makes."""

from __future__ import annotations

from collections import Counter

import pytest

from actors.domain.model import ACTIVE, INACTIVE
from actors.domain.read_models import StoredAnnouncement
from actors.domain.refusals import Refusal, Refused
from actors.messages import (
    Announced,
    KeepAnnouncement,
    KeepDeadLetter,
    OrderUnsent,
    Presence,
    Reachability,
    Recognized,
    Reported,
    Settle,
    StopOrder,
)
from actors.mqtt.broker.nats_server import carries
from actors.mqtt.catalogue import FORGOTTEN, MAX_TOPICS, Catalogue, Full
from actors.mqtt.dialects.dialect import MAX_GATEWAY, Announcement, Outgoing
from actors.mqtt.presences import WILL_S
from actors.mqtt.reaching import RETURN_S, SILENT_S
from actors.mqtt.translator import GREETED
from tests.household import actor
from tests.mqtt.nursery import Nursery
from tests.mqtt.toys import TOYS, Mute, announcement

SERIAL = "toys-a1"

# -- announcements -------------------------------------------------------------------------------


def test_what_is_announced_is_kept_and_told_and_heard_and_asked() -> None:
    """The writer keeps it as it came, the directory has the device; its topics are heard, and it is asked."""
    nursery = Nursery()
    told = announcement(mac="a1", name="Osito")
    delivery = nursery.hear("toys/a1/announce", told, retained=True)
    assert nursery.one(KeepAnnouncement) == KeepAnnouncement("toys", "a1", "announce", told, (delivery,))
    nursery.stage.wait(0.2)
    announced = nursery.one(Announced)
    assert (announced.serial, announced.profile and announced.profile.name) == (SERIAL, "Osito")
    assert {"t/a1/state", "t/a1/lwt"} <= nursery.line.filters
    nursery.stage.wait(0.2)
    assert nursery.line.published == [Outgoing("t/a1/ask", b"")]


def test_the_same_announcement_is_no_news() -> None:
    """A broker sends it again with each connection: it is acknowledged, and nothing else."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.of(object)
    delivery = nursery.hear("toys/a1/announce", announcement(mac="a1"), retained=True)
    nursery.stage.wait(1)
    assert nursery.of(object) == [Settle(delivery)]


def test_stored_announcements_need_no_broker() -> None:
    """At the start the devices are as they were, nothing is kept anew, and nobody is said to be online."""
    stored = [
        StoredAnnouncement("toys", "a1", "announce", announcement(mac="a1", patience=60)),
        StoredAnnouncement("forgotten", "x", "y", b"of a family that is not spoken any more"),
        StoredAnnouncement("toys", "b2", "announce", b"damaged"),
    ]
    nursery = Nursery(stored)
    assert [*nursery.profiles()] == [SERIAL]
    assert not nursery.of(KeepAnnouncement)
    assert not nursery.of(Presence)
    assert "t/a1/state" in nursery.line.filters


@pytest.mark.parametrize("letter", ["\n", "\x01", "\ud800", "\ufffe"])
def test_no_announcement_can_have_us_cut_off(letter: str) -> None:
    """A topic that brokers do not take is neither heard nor asked by; what else was said is."""
    nursery = Nursery()
    nursery.announce("a1", name="Osito", base=f"t/{letter}")
    nursery.stage.wait(1)
    assert nursery.line.published == []
    assert not [filter for filter in nursery.line.filters if letter in filter]
    assert (profile := nursery.profiles()[SERIAL]) is not None
    assert any("no se oye" in note for note in profile.notes)


def test_what_a_fault_has_kept_from_being_told_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that never were would keep all that came after it from being acknowledged."""
    nursery = Nursery()
    nursery.announce("a1")
    delivery = nursery.hear("t/a1/state", b'{"temperatura": 1}')
    nursery.of(object)
    monkeypatch.setattr("actors.mqtt.gathering.Gathering.told", lambda *_, **__: 1 / 0)
    nursery.stage.wait(1)
    assert nursery.of(Settle) == [Settle(delivery)]


def test_one_device_does_not_have_everything_heard() -> None:
    """Each topic is subscribed to at each connection; of those that are too many its notes tell."""
    nursery = Nursery()
    nursery.announce("a1", topics=[f"t/a1/{number}" for number in range(MAX_TOPICS + 1)])
    assert sum(filter.startswith("t/a1/") for filter in nursery.line.filters) == MAX_TOPICS
    assert (profile := nursery.profiles()[SERIAL]) is not None
    assert any("topics" in note for note in profile.notes)


def test_many_announcements_of_a_group_are_understood_once() -> None:
    """A gateway that tells again and again within 0.2 s is taken at its last word."""
    nursery = Nursery()
    for number in range(10):
        devices = [{"mac": f"a{each}"} for each in range(number + 1)]
        nursery.hear("toys/bridge/devices", announcement(devices=devices), retained=True)
    assert nursery.of(Announced) == []
    nursery.stage.wait(0.3)
    assert len(nursery.of(Announced)) == 10


def test_a_renamed_device_is_the_same_by_other_topics() -> None:
    """Nothing is told of its going, and the old topics are not heard any more."""
    nursery = Nursery()
    nursery.announce("a1", name="Osito", base="old")
    nursery.of(Announced)
    nursery.announce("a1", name="Oso", base="new")
    announced = nursery.one(Announced)
    assert announced.profile is not None
    assert (announced.serial, announced.profile.name) == (SERIAL, "Oso")
    assert {"new/state", "new/lwt"} <= nursery.line.filters
    assert nursery.line.filters.isdisjoint({"old/state", "old/lwt"})


def test_a_device_that_moves_to_another_gateway_is_the_same() -> None:
    """Whoever has told of it last has it; when that one lets it go, the other one still does."""
    nursery = Nursery()
    nursery.announce("a1", base="direct")
    nursery.hear("toys/bridge/devices", announcement(devices=[{"mac": "a1", "base": "toys/bridge/a1"}]))
    nursery.stage.wait(0.3)
    assert "toys/bridge/a1/state" in nursery.line.filters
    assert "direct/state" not in nursery.line.filters
    nursery.hear("toys/bridge/devices", announcement(devices=[]))
    nursery.stage.wait(0.3)
    assert "direct/state" in nursery.line.filters
    assert [*nursery.profiles()] == [SERIAL]


def test_a_withdrawn_device_is_announced_by_nobody() -> None:
    """Its topics are let go, the kept announcement is removed, and what was gathered is settled."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.hear("t/a1/state", {"x": 1})
    nursery.withdraw("a1")
    assert nursery.profiles() == {}
    assert nursery.line.filters == {*TOYS.filters, "generic/+/announce", "generic/bridge/devices"}
    assert nursery.of(KeepAnnouncement)[-1].payload == b""
    nursery.stage.wait(1)
    assert len(nursery.settled) == len(nursery.given) - 2  # those of the announcements were looked at


@pytest.mark.parametrize("first", ["toys", "generic"])
def test_one_thing_is_one_device(first: str) -> None:
    """Whichever dialect tells of it first, the one that stands first has it; else the other one does."""
    nursery = Nursery()
    families = ["toys", "generic"] if first == "toys" else ["generic", "toys"]
    for family in families:
        nursery.announce("a1", family)
    assert [*nursery.profiles()] == ["toys-a1"]
    nursery.withdraw("a1", "toys")
    assert [*nursery.profiles()] == ["generic-a1"]


def test_what_a_gateway_publishes_is_told_of_by_it_alone() -> None:
    """Also where the other dialect knows no hardware of it, and whoever comes first."""
    nursery = Nursery()
    nursery.announce("b2", "generic", weak=True, base="bridge/b2")
    nursery.announce("c3", "generic", weak=True, topics=["bridge/b2/state", "elsewhere/state"])
    assert {*nursery.profiles()} == {"generic-b2", "generic-c3"}
    nursery.hear("toys/bridge/devices", announcement(devices=[{"mac": "a1"}]))
    nursery.stage.wait(0.3)
    group = nursery.of(KeepAnnouncement)[-1].group
    assert group == "toys"
    nursery.announce("d4", "generic", weak=True, base="toys/d4")
    assert "generic-d4" not in nursery.profiles()


def test_a_weak_identifier_identifies_nothing() -> None:
    """Two that have only that in common are two."""
    nursery = Nursery()
    nursery.announce("a1", id="one", weak=True)
    nursery.announce("a1", "generic", id="other", weak=True)
    assert {*nursery.profiles()} == {"toys-one", "generic-other"}


@pytest.mark.parametrize(
    "topic",
    [
        "#",
        "+/+",
        "+/state",
        "a/+",
        "dispositivos/A/estado",
        "dispositivos/#",
        "+/A/estado",
        "$SYS/#",
        "iot/x/y",
        "",
    ],
)
def test_a_device_cannot_have_everything_heard(topic: str) -> None:
    """Neither other people's topics by a wide wildcard, nor the house's own; its notes say so."""
    nursery = Nursery()
    nursery.announce("a1", topics=["t/a1/state", topic])
    assert topic not in nursery.line.filters
    assert "t/a1/state" in nursery.line.filters
    [note] = nursery.profiles()[SERIAL].notes
    assert repr(topic) in note


def test_a_topic_that_the_broker_cannot_carry_is_told_beside_the_device() -> None:
    """It is neither heard nor published to, which would cut us off; the note has the way out."""
    nursery = Nursery(carries=carries)
    nursery.announce("a1", topics=["t/Luz del salón", "t/a1/state"], orders="t/Luz del salón/set")
    assert "t/a1/state" in nursery.line.filters
    assert "t/Luz del salón" not in nursery.line.filters
    [note] = nursery.profiles()[SERIAL].notes
    assert "'t/Luz del salón' lleva espacios" in note
    assert "MQTT_EMBEDDED=mosquitto" in note
    nursery.line.published.clear()
    nursery.order(SERIAL, encendido=True)
    assert nursery.line.published == []


def test_wildcards_of_devices_that_meet_are_heard_once() -> None:
    """As those of gateways that hear the same beacons."""
    nursery = Nursery()
    nursery.announce("a1", topics=["home/+/BT/a1", "home/gate/BT/a1"])
    nursery.announce("b2", topics=["+/gate/BT/a1", "home/gate/BT/b2"])
    assert nursery.line.filters >= {"+/+/BT/a1", "home/gate/BT/b2"}
    assert "home/gate/BT/a1" not in nursery.line.filters
    nursery.hear("home/gate/BT/a1", b"{}")
    assert max(nursery.line.heard.values()) == 1


def test_a_device_of_too_many_entities_is_cut() -> None:
    """128 of each sort; its notes say so."""
    nursery = Nursery()
    nursery.announce("a1")
    for number in range(400):
        nursery.hear("t/a1/state", {f"n{number}": number})
    nursery.stage.wait(1)
    report = nursery.of(Reported)[-1].report
    assert report.parameters is not None
    assert len(report.parameters) == 128


def test_an_announcement_of_two_megabytes_is_too_long() -> None:
    """It becomes a dead letter that keeps only its beginning."""
    nursery = Nursery()
    delivery = nursery.hear("toys/a1/announce", b" " * (MAX_GATEWAY + 1))
    letter = nursery.one(KeepDeadLetter)
    assert letter.delivery is delivery
    assert len(letter.letter.payload) < 70_000


def test_a_topic_that_nobody_needs_is_let_go() -> None:
    """A broker's session remembers what an earlier run has asked for."""
    nursery = Nursery()
    nursery.line.heard["t/old/state"] = 1
    delivery = nursery.hear("t/old/state", b"{}")
    assert nursery.one(Settle) == Settle(delivery)
    assert "t/old/state" not in nursery.line.filters


# -- reports -------------------------------------------------------------------------------------


def test_messages_of_a_device_within_two_tenths_are_one_report() -> None:
    """What is told later holds; all deliveries are settled with it; the state follows the switch."""
    nursery = Nursery()
    nursery.announce("a1")
    deliveries = [
        nursery.hear("t/a1/state", {"encendido": False, "potencia": 1.5, "invalid": ["luz_lux"]}),
        nursery.hear("t/a1/state", {"encendido": True, "luz_lux": 3, "invalid": ["db"]}),
    ]
    nursery.stage.wait(0.1)
    deliveries.append(nursery.hear("t/a1/state", {"brillo": 40, "potencia": 2.5}))
    assert nursery.of(Reported) == []
    nursery.stage.wait(0.1)
    reported = nursery.one(Reported)
    report = reported.report
    assert (report.serial, report.partial, report.retained, report.state) == (SERIAL, True, False, ACTIVE)
    assert report.parameters == {"potencia": 2.5, "luz_lux": 3}
    assert report.configuration == {"encendido": True, "brillo": 40}
    assert report.invalid == ("db",)
    assert [*reported.also, reported.delivery] == deliveries
    assert report.at == nursery.clock.now() - 0.1


@pytest.mark.parametrize(
    ("sensor", "told", "state"),
    [
        (True, {"x": 1}, ACTIVE),
        (False, {"x": 1}, None),
        (False, {"encendido": False}, INACTIVE),
        (False, {"encendido": True}, ACTIVE),
    ],
)
def test_the_state_follows_the_switch(sensor: bool, told: dict[str, object], state: str | None) -> None:
    """A sensor that reports is active; what can be switched is what it says, and says nothing by silence."""
    nursery = Nursery()
    nursery.announce("a1", sensor=sensor)
    nursery.hear("t/a1/state", told)
    nursery.stage.wait(0.3)
    assert nursery.one(Reported).report.state == state


def test_retained_values_are_not_mixed_with_live_ones() -> None:
    """Each kind is a report of its own, in the order of arrival."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.hear("t/a1/state", {"x": 1}, retained=True)
    nursery.hear("t/a1/state", {"x": 2})
    nursery.stage.wait(0.3)
    told = [each.report for each in nursery.of(Reported)]
    assert [(each.parameters, each.retained) for each in told] == [({"x": 1}, True), ({"x": 2}, False)]


@pytest.mark.parametrize("value", ["x" * 256, 2**63, "\ud800", [1], {"a": 1}, None])
def test_a_value_that_cannot_be_kept_is_invalid(value: object) -> None:
    """Texts that are too long or no text, integers past 64 bits, and whatever is no value at all."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.hear("t/a1/state", {"x": value, "y": 1})
    nursery.stage.wait(0.3)
    report = nursery.one(Reported).report
    assert (report.parameters, report.invalid) == ({"y": 1}, ("x",))


def test_devices_that_share_a_topic_are_told_apart_and_settled_once() -> None:
    """As the channels of one relay box."""
    nursery = Nursery()
    devices = [{"mac": "a1", "id": each, "base": "t/a1"} for each in ("a1", "a1.2")]
    nursery.hear("toys/bridge/devices", announcement(devices=devices))
    nursery.stage.wait(0.3)
    nursery.hear("t/a1/state", {"x": 1})
    nursery.stage.wait(0.3)
    assert sorted(each.report.serial for each in nursery.told if isinstance(each, Reported)) == [
        "toys-a1",
        "toys-a1.2",
    ]
    assert Counter(nursery.settled) == Counter(nursery.given)


# -- presence ------------------------------------------------------------------------------------


def presences(nursery: Nursery) -> list[bool]:
    return [each.online for each in nursery.of(Presence)]


@pytest.mark.parametrize("retained", [True, False])
def test_a_device_that_goes_is_given_fifteen_seconds(retained: bool) -> None:
    """Its last will counts when it has lasted, retained or not; its return counts at once."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.hear("t/a1/lwt", b"off", retained)
    nursery.stage.wait(WILL_S - 0.1)
    assert presences(nursery) == []
    nursery.stage.wait(0.1)
    assert presences(nursery) == [False]
    nursery.hear("t/a1/lwt", b"off", retained)
    nursery.stage.wait(2 * WILL_S)
    assert presences(nursery) == []
    nursery.hear("t/a1/lwt", b"on", retained)
    assert presences(nursery) == [True]


def test_a_device_that_comes_back_in_time_was_never_gone() -> None:
    """Whether it says so or simply speaks: brokers publish wills late."""
    nursery = Nursery()
    nursery.announce("a1")
    for back in ("t/a1/lwt", b"on"), ("t/a1/state", b"{}"):
        nursery.hear("t/a1/lwt", b"off")
        nursery.stage.wait(WILL_S - 1)
        nursery.hear(*back)
        nursery.stage.wait(2 * WILL_S)
        assert False not in presences(nursery)


def test_a_device_that_was_gone_and_speaks_is_there() -> None:
    """Though it says nothing of its presence; what the broker has kept of it is no word."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.hear("t/a1/lwt", b"off")
    nursery.stage.wait(WILL_S)
    assert presences(nursery) == [False]
    nursery.hear("t/a1/state", b"{}", retained=True)
    assert presences(nursery) == []
    nursery.hear("t/a1/state", b"{}")
    assert presences(nursery) == [True]


def test_who_never_tells_its_presence_is_there_once_it_is_announced() -> None:
    """Of its silence it is judged later, by its patience."""
    nursery = Nursery()
    nursery.announce("a1", patience=3600)
    nursery.announce("b2")
    assert [(each.serial, each.online) for each in nursery.of(Presence)] == [(SERIAL, True)]


def test_who_is_announced_as_there_is_there() -> None:
    """No message of its own will say it again."""
    nursery = Nursery()
    nursery.announce("a1", online=True)
    assert presences(nursery) == [True]


def test_who_says_how_often_it_speaks_is_missed_accordingly() -> None:
    """Whatever its announcement says, until it is withdrawn; told again it is no news."""
    nursery = Nursery()
    nursery.announce("a1", patience=3600)
    for seconds in 60, 60, 90:
        nursery.hear("t/a1/state", {"patience": seconds})
    assert [each.profile.patience for each in nursery.of(Announced) if each.profile] == [3600, 60, 90]
    nursery.announce("a1", patience=3600, name="Osito")
    assert nursery.profiles()[SERIAL].patience == 90
    nursery.withdraw("a1")
    nursery.announce("a1", patience=3600)
    assert nursery.profiles()[SERIAL].patience == 3600


# -- what is not understood ----------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"{", b"boom"])
def test_what_is_not_understood_is_kept_once_counted_and_noted(payload: bytes) -> None:
    """Each message is settled; the device's notes have the reason, and how often at each power of ten."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.of(Announced)
    deliveries = [nursery.hear("t/a1/state", payload) for _ in range(30)]
    letter = nursery.one(KeepDeadLetter)
    assert (letter.letter.topic, letter.letter.payload) == ("t/a1/state", payload)
    assert letter.delivery is deliveries[0]
    assert nursery.line.untranslated == 1
    assert [each.delivery for each in nursery.of(Settle)] == deliveries[1:]
    notes = [each.profile.notes for each in nursery.of(Announced) if each.profile is not None]
    reason = letter.letter.reason
    assert notes == [(reason,), (f"{reason} (10 veces)",)]


def test_what_is_not_understood_is_kept_again_after_an_hour() -> None:
    """So that a trouble that lasts does not vanish from the list."""
    nursery = Nursery()
    nursery.announce("a1")
    for _ in range(3):
        nursery.hear("t/a1/state", b"{")
        nursery.stage.wait(3600)
    assert len(nursery.of(KeepDeadLetter)) == 3


def test_what_is_never_the_same_does_not_fill_the_notes() -> None:
    """Of a device there are at most 8 reasons."""
    nursery = Nursery()
    nursery.announce("a1")
    translator = actor(nursery.translator)
    for number in range(100):
        translator._complain(SERIAL, f"reason {number}", None)
    assert len(translator._complaints.notes(SERIAL)) == 8


def test_a_fault_of_ours_loses_nothing() -> None:
    """The translator goes on with the next message; the one at hand becomes a dead letter."""
    nursery = Nursery()
    nursery.announce("a1")
    translator = actor(nursery.translator)
    translator._take_reading = None
    failed = nursery.hear("t/a1/state", {"x": 1})
    del translator._take_reading
    assert nursery.one(KeepDeadLetter).delivery is failed
    nursery.hear("t/a1/state", {"x": 2})
    nursery.stage.wait(1)
    assert nursery.one(Reported).report.parameters == {"x": 2}


def test_what_its_own_protocol_tells_of_later_is_the_same_thing() -> None:
    """The directory hears of it when the other one is there and before the first one is gone; so after a
    start.
    """
    nursery = Nursery()
    nursery.announce("a1", "generic")
    nursery.told.clear()
    nursery.announce("a1")
    told = [each for each in nursery.told if isinstance(each, Announced | Recognized)]
    assert [getattr(each, "serial", "") for each in told] == [SERIAL, SERIAL, "generic-a1"]
    assert nursery.one(Recognized) == Recognized("generic-a1", SERIAL)
    assert Nursery(nursery.stored()).of(Recognized) == [Recognized("generic-a1", SERIAL)]


# -- forgetting ----------------------------------------------------------------------------------


def known_after_a_start(nursery: Nursery) -> set[str]:
    return {*Nursery(nursery.stored()).profiles()}


def test_who_is_forgotten_does_not_come_back_by_what_we_have_kept() -> None:
    """But by announcing itself again, or by what the broker has kept."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.announce("b2")
    nursery.forget(SERIAL)
    assert {*nursery.profiles()} == known_after_a_start(nursery) == {"toys-b2"}
    assert "t/a1/state" not in nursery.line.filters
    nursery.announce("a1")
    assert {*nursery.profiles()} == known_after_a_start(nursery) == {SERIAL, "toys-b2"}


def test_who_was_forgotten_while_nobody_ran_is_not_even_born() -> None:
    """By the console, or where the power went before this was told of it."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.announce("b2")
    later = Nursery(nursery.stored(), forgotten=[SERIAL, "LGT0OURS"])
    assert [each.serial for each in later.of(Announced)] == ["toys-b2"]
    assert later.one(KeepAnnouncement) == KeepAnnouncement("toys", "a1", "announce", b"")


def test_one_of_a_gateway_is_forgotten_alone() -> None:
    """What the gateway has said stays, as it tells of others too; it counts again once it is said again."""
    devices = [{"mac": mac, "base": f"box/{mac}"} for mac in ("a1", "b2", "c3")]
    nursery = Nursery()
    nursery.hear("toys/bridge/devices", announcement(devices=devices))
    nursery.stage.wait(1)
    nursery.forget(SERIAL)
    nursery.forget("toys-b2")
    assert {*nursery.profiles()} == known_after_a_start(nursery) == {"toys-c3"}
    later = Nursery(nursery.stored())
    later.forget("toys-c3")
    assert later.profiles() == {}
    nursery.hear("toys/bridge/devices", announcement(devices=devices), retained=True)
    nursery.stage.wait(1)
    assert {*nursery.profiles()} == known_after_a_start(nursery) == {SERIAL, "toys-b2", "toys-c3"}
    for mac in ("a1", "b2", "c3"):
        nursery.forget(f"toys-{mac}")
    assert nursery.stored() == []


def test_who_is_forgotten_is_not_there_by_another_name() -> None:
    """By another protocol, that was passed over for its own."""
    nursery = Nursery()
    for family in ("toys", "generic"):
        nursery.announce("a1", family)
    nursery.forget(SERIAL)
    assert nursery.profiles() == {}
    assert known_after_a_start(nursery) == set()
    nursery.announce("a1", "generic")
    assert {*nursery.profiles()} == {"generic-a1"}


def test_nobody_announces_by_the_name_of_a_note_of_ours() -> None:
    with pytest.raises(Full):
        Catalogue([TOYS]).keep("toys", Announcement("a1", f"{FORGOTTEN}toys-b2", b"-"))


# -- orders --------------------------------------------------------------------------------------


def test_an_order_becomes_the_messages_of_its_family() -> None:
    """At once, and nobody is told anything."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.line.published.clear()
    nursery.order(SERIAL, encendido=True)
    assert nursery.line.published == [Outgoing("t/a1/set", b'{"encendido": true}')]
    assert nursery.of(OrderUnsent) == []


def test_a_stop_goes_out_now_or_never() -> None:
    """To whoever hears it, where somebody has consented to; whatever becomes of it is answered once."""
    nursery = Nursery()
    nursery.announce("a1", stop_address="s")
    nursery.line.published.clear()
    answers: list[Refused | None] = []

    def stop(stop_address: str = "s") -> list[Refusal | None]:
        nursery.translator.tell(StopOrder(SERIAL, "", stop_address, answers.append))
        nursery.stage.settle()
        told = [None if each is None else each.why for each in answers]
        answers.clear()
        return told

    assert stop() == [Refusal.UNREACHED], "it has said nothing yet"
    nursery.order(SERIAL, encendido=True)
    nursery.line.published.clear()
    assert stop("elsewhere") == [Refusal.UNREACHED]
    assert nursery.line.published == []
    assert stop() == [None]
    assert nursery.line.published == [Outgoing("t/a1/set", b"stop")]
    nursery.line.connected = False
    assert stop() == [Refusal.UNREACHED]
    nursery.of(OrderUnsent)
    nursery.disconnect()
    nursery.line.connected = True
    nursery.connect()
    assert Outgoing("t/a1/set", b"stop") not in nursery.line.published[1:]
    assert [each for each in nursery.of(OrderUnsent) if isinstance(each.order, StopOrder)] == []


def reached(nursery: Nursery, serial: str = SERIAL) -> list[bool]:
    """What the directory was told of it since the last time."""
    return [each.reachable for each in nursery.of(Reachability) if each.serial == serial]


def test_it_is_told_once_it_was_heard_on_this_connection() -> None:
    """A moment after its first live word, and after what it has said: it may subscribe only then."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.connect()
    nursery.hear("t/a1/state", {"encendido": False}, retained=True)
    nursery.stage.wait(3 * SILENT_S)
    assert reached(nursery) == []
    order = nursery.order_at_once(SERIAL, encendido=True)
    assert nursery.one(OrderUnsent).order is order
    nursery.told.clear()
    nursery.hear("t/a1/state", {"brillo": 5})
    assert reached(nursery) == []
    nursery.stage.wait(RETURN_S)
    spoken = [type(each) for each in nursery.told if isinstance(each, Reported | Reachability)]
    assert spoken == [Reported, Reachability]
    assert reached(nursery) == [True]
    nursery.line.published.clear()
    nursery.order_at_once(SERIAL, encendido=True)
    assert len(nursery.line.published) == 1
    nursery.hear("t/a1/state", {"brillo": 6})
    nursery.stage.wait(1)
    assert reached(nursery) == []


def test_what_it_said_on_the_last_connection_counts_no_more() -> None:
    """What was gathered is told before it is lost; what was under way comes back, once."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.connect()
    nursery.hear("t/a1/lwt", b"on")
    nursery.stage.wait(1)
    order = nursery.order_at_once(SERIAL, encendido=True)
    nursery.hear("t/a1/state", {"brillo": 5})
    nursery.told.clear()
    nursery.disconnect()
    assert [type(each) for each in nursery.told] == [OrderUnsent, Reported, Reachability]
    assert nursery.one(OrderUnsent).order is order
    assert reached(nursery) == [False]
    again = nursery.order_at_once(SERIAL, encendido=True)
    assert nursery.one(OrderUnsent).order is again
    nursery.connect()
    nursery.stage.wait(3 * SILENT_S)
    assert reached(nursery) == []
    nursery.hear("t/a1/lwt", b"on")
    nursery.stage.wait(1)
    assert reached(nursery) == [True]


def test_who_is_said_to_be_gone_is_told_nothing_until_it_is_back() -> None:
    """At once, though it counts as gone only when that lasts."""
    nursery = Nursery()
    nursery.announce("a1")
    nursery.connect()
    nursery.hear("t/a1/lwt", b"on")
    nursery.stage.wait(1)
    nursery.hear("t/a1/lwt", b"off")
    assert reached(nursery) == [True, False]
    nursery.hear("t/a1/lwt", b"on")
    nursery.stage.wait(RETURN_S)
    assert reached(nursery) == [True]


def test_a_gateway_s_word_is_its_devices_() -> None:
    """It carries what they are told; but for those that are said to be gone."""
    nursery = Nursery()
    devices = [{"mac": mac, "base": f"box/{mac}"} for mac in ("a1", "b2", "c3")]
    nursery.hear("toys/bridge/devices", announcement(devices=devices))
    nursery.connect()
    nursery.hear("box/c3/lwt", b"off", retained=True)
    nursery.hear("box/a1/state", {"x": 1})
    nursery.stage.wait(1)
    assert {each.serial: each.reachable for each in nursery.of(Reachability)} == {
        "toys-a1": True,
        "toys-b2": True,
    }
    nursery.hear("toys/bridge/devices", announcement(devices=[*devices, {"mac": "d4"}]))
    nursery.stage.wait(1)
    assert reached(nursery, "toys-d4") == [True]


def test_who_announces_itself_is_there() -> None:
    """Now, and not from the broker's store."""
    nursery = Nursery()
    nursery.connect()
    nursery.hear("toys/a1/announce", announcement(mac="a1"), retained=True)
    nursery.stage.wait(1)
    assert reached(nursery) == []
    nursery.hear("toys/a1/announce", announcement(mac="a1"))
    nursery.hear("toys/b2/announce", announcement(mac="b2"))
    nursery.stage.wait(1)
    assert {each.serial for each in nursery.of(Reachability)} == {SERIAL, "toys-b2"}


def test_who_never_speaks_is_given_the_time_to_come_back() -> None:
    """One that answers no questions, and may have nothing to say for months."""
    nursery = Nursery(dialects=(Mute(),))
    nursery.announce("a1")
    nursery.stage.wait(2 * SILENT_S)
    assert reached(nursery) == []
    nursery.connect()
    nursery.stage.wait(SILENT_S - 1)
    assert reached(nursery) == []
    nursery.announce("b2")
    nursery.stage.wait(1)
    assert reached(nursery) == [True]
    nursery.stage.wait(SILENT_S)
    nursery.disconnect()
    nursery.connect()
    nursery.hear("t/a1/state", {"x": 1})
    nursery.stage.wait(1)
    assert reached(nursery) == [False, True]


@pytest.mark.parametrize("trouble", ["away", "moved", "unknown"])
def test_an_order_that_cannot_be_carried_comes_back(trouble: str) -> None:
    """Without a broker, for a device that nobody announces, to an address that nobody has consented to."""
    nursery = Nursery()
    nursery.announce("a1", address="t/a1/set" if trouble == "moved" else "")
    nursery.line.published.clear()
    nursery.line.connected = trouble != "away"
    order = nursery.order("toys-b2" if trouble == "unknown" else SERIAL, encendido=True)
    assert nursery.one(OrderUnsent).order is order
    assert nursery.line.published == []


@pytest.mark.parametrize(
    "topic",
    [
        "dispositivos/A/configuracion",
        "dispositivos",
        "iot/a/b",
        "$SYS/x",
        "a/+/b",
        "#",
        "",
        "a\0",
        "toys/b2/announce",
    ],
)
def test_nothing_is_published_where_it_is_others_business(topic: str) -> None:
    """Whatever a device announces, and even if a dialect lets it pass; the device's notes say so."""
    nursery = Nursery()
    nursery.announce("a1", orders=topic)
    nursery.line.published.clear()
    nursery.order(SERIAL, encendido=True)
    assert nursery.line.published == []
    assert nursery.of(OrderUnsent) == []
    [note] = nursery.profiles()[SERIAL].notes
    assert repr(topic) in note


# -- greetings -----------------------------------------------------------------------------------


def test_after_each_connection_all_are_asked_but_not_at_once() -> None:
    """They all answer."""
    nursery = Nursery()
    devices = [{"mac": f"a{each}"} for each in range(10 * GREETED)]
    nursery.hear("toys/bridge/devices", announcement(devices=devices))
    nursery.stage.wait(10)
    nursery.line.published.clear()
    nursery.connect()
    assert 0 < len(nursery.line.published) < len(devices)
    nursery.stage.wait(10)
    assert len({each.topic for each in nursery.line.published}) == len(nursery.line.published) == len(devices)
