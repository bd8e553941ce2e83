"""Room for announcements: nobody can keep new devices out for good, and nothing of the claimed gives way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.messages import AskClaimed, KeepAnnouncement
from actors.messages import Claimed as Answer
from actors.mqtt import catalogue
from actors.mqtt.catalogue import Catalogue, Full, Group
from actors.mqtt.dialects.dialect import Announcement
from tests.mqtt.dialects.home_assistant import DIALECT
from tests.mqtt.nursery import Nursery
from tests.mqtt.toys import TOYS, announcement

MOST = 16
ROOMY = 14
"""How many are left once some have given way."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MAX_ANNOUNCEMENTS", MOST)


def announced(nursery: Nursery, *macs: str) -> None:
    for mac in macs:
        nursery.announce(mac)


def answered(nursery: Nursery, *claimed: str) -> bool:
    """Whether the directory was asked whose the devices are; it has said that these are somebody's."""
    questions = nursery.of(AskClaimed)
    for question in questions:
        question.reply(Answer(frozenset(f"toys-{mac}" for mac in claimed)))
    nursery.stage.wait(1)
    return bool(questions)


def known(nursery: Nursery) -> set[str]:
    """And on disk, after a start, the same."""
    there = {*nursery.profiles()}
    assert {*Nursery(nursery.stored()).profiles()} == there
    return {serial.removeprefix("toys-") for serial in there}


def test_nobody_gives_way_while_there_is_room() -> None:
    nursery = Nursery()
    announced(nursery, *(f"m{n}" for n in range(MOST - 1)))
    assert not answered(nursery)


def test_the_longest_unheard_give_way_unless_they_are_somebody_s() -> None:
    """Whoever speaks or is announced again is heard; retained words are none of theirs."""
    nursery = Nursery()
    macs = [f"m{n}" for n in range(MOST)]
    announced(nursery, *macs[:-1])
    nursery.hear("t/m1/state", {"x": 1})
    nursery.hear("t/m3/state", {"x": 1}, retained=True)
    nursery.announce("m2")
    nursery.announce(macs[-1])
    assert answered(nursery, "m0")
    assert known(nursery) == {*macs} - {"m3", "m4"}
    assert not answered(nursery)


def test_a_flood_keeps_nobody_out(caplog: pytest.LogCaptureFixture) -> None:
    """However many announce themselves, the next one is there, and so is what was claimed."""
    nursery = Nursery()
    announced(nursery, "mine")
    for number in range(3 * MOST):
        announced(nursery, f"m{number}")
        answered(nursery, "mine")
        assert {"mine", f"m{number}"} <= known(nursery)
        assert len(nursery.stored()) < MOST
    assert "announcements_gave_way" in caplog.text


def test_full_of_what_is_claimed_nothing_gives_way() -> None:
    """It is asked again a minute later, not at each announcement."""
    nursery = Nursery()
    macs = [f"m{n}" for n in range(MOST)]
    announced(nursery, *macs)
    assert answered(nursery, *macs)
    announced(nursery, "new")
    assert not answered(nursery, *macs)
    assert known(nursery) == {*macs}
    nursery.stage.wait(60)
    announced(nursery, "new")
    assert answered(nursery, *macs[1:])
    announced(nursery, "new")
    assert known(nursery) == {*macs[1:], "new"}


def test_a_house_that_was_full_makes_room_after_its_start() -> None:
    """What was announced first, to an earlier run, gives way first."""
    nursery = Nursery()
    announced(nursery, *(f"m{n}" for n in range(MOST)))
    later = Nursery(nursery.stored())
    later.kept[:0] = [each for each in nursery.kept if isinstance(each, KeepAnnouncement)]
    announced(later, "new")
    assert answered(later)
    announced(later, "new")
    assert known(later) == {*(f"m{n}" for n in range(2, MOST)), "new"}


def test_a_gateway_of_which_one_device_is_claimed_stays() -> None:
    """Else it goes with all of them."""
    for claimed in ("b2",), ():
        nursery = Nursery()
        nursery.hear("toys/bridge/devices", announcement(devices=[{"mac": "a1"}, {"mac": "b2"}]))
        announced(nursery, *(f"m{n}" for n in range(MOST - 1)))
        assert answered(nursery, *claimed)
        assert (known(nursery) >= {"a1", "b2"}) is bool(claimed)


def test_a_device_goes_whole_or_not_at_all() -> None:
    """One of many entities, of which each is announced by itself."""
    room = Catalogue([DIALECT])
    group = Group("home_assistant", "homeassistant")
    for number in range(MOST):
        payload = announcement(dev={"ids": [f"d{number // 4}"]}, stat_t=f"a/{number}", uniq_id=str(number))
        assert room.keep("home_assistant", Announcement(group.name, f"sensor/a/{number}", payload))
    room.redefine(group)
    gone = room.make_room(())
    assert [each.key for each in gone] == [f"sensor/a/{number}" for number in range(4)]
    assert len(room.redefine(group).gone) == 1


@given(st.lists(st.tuples(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.booleans()), max_size=80))
def test_what_is_kept_is_the_claimed_and_the_newest(told: list[tuple[str, bool]]) -> None:
    """Whoever announces what, in whatever order: never more than fits, and room for the next one."""
    room, claimed = Catalogue([TOYS]), {"toys-a", "toys-b"}
    heard: dict[str, None] = {}
    for mac, speaks in told:
        if speaks and mac in heard:
            room.hear(f"toys-{mac}")
        room.keep("toys", Announcement(mac, "announce", announcement(mac=mac)))
        room.redefine(Group("toys", mac))
        heard.pop(mac, None)
        heard[mac] = None
        if room.is_nearly_full:
            gone = [each.group for each in room.make_room(claimed)]
            for group in gone:
                room.redefine(group)
            oldest = [each for each in heard if f"toys-{each}" not in claimed][: len(gone)]
            assert [group.name for group in gone] == oldest
            for each in oldest:
                del heard[each]
        assert {each.definition.serial for each in room.all} == {f"toys-{each}" for each in heard}
        assert len(heard) < MOST


def test_what_is_too_much_at_once_is_refused_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its bytes, too."""
    monkeypatch.setattr(catalogue, "MAX_ANNOUNCED_BYTES", 100)
    room = Catalogue([TOYS])
    room.keep("toys", Announcement("a1", "announce", b"x" * 94))
    assert room.is_nearly_full
    with pytest.raises(Full):
        room.keep("toys", Announcement("b2", "announce", b"x" * 7))
    assert [each.group.name for each in room.make_room(())] == ["a1"]
    assert room.keep("toys", Announcement("b2", "announce", b"x" * 7))
