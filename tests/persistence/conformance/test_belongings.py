"""The house's own: rooms, absences, what devices announce, the logbook, what people have seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from actors.domain.absences import Absence, Absences
from actors.domain.findings import Finding, Seen
from actors.domain.logbook import Act, Cause, Deed, Origin, Shift, WantedDeeds
from actors.domain.model import Device
from actors.domain.read_models import StoredAnnouncement
from actors.domain.rooms import Rooms
from actors.messages import Removal
from persistence.database import announcement_rows
from persistence.forms.deed_rows import SHARES
from persistence.forms.local_time import LocalTime
from persistence.maintenance import upkeep
from persistence.maintenance.retention import Retention
from persistence.maintenance.upkeep import Upkeep
from persistence.postgres import belongings
from persistence.storage.batch import Batch
from tests.persistence.conformance.engines import House, Store

AT = 1_800_000_000.0
ANYTHING = WantedDeeds()


@pytest.fixture
def store(house: House) -> Iterator[Store]:
    with house.store() as opened:
        yield opened


# -- rooms ---------------------------------------------------------------------------------------

ROOMS = Rooms({1: "Cocina", 2: "Salón"}, 2)


def rooms_of(store: Store) -> Rooms:
    found = store.save(Batch(recalls_rooms=True)).rooms
    assert found is not None
    return found


def placed(store: Store, serial: str, room: int | None) -> Device:
    device = replace(store.recall(serial), room=room)
    store.save(Batch(devices={device.id: device}))
    return store.recall(serial)


def test_a_new_house_has_no_rooms(house: House, store: Store) -> None:
    assert rooms_of(store) == house.queries().rooms() == Rooms()


def test_rooms_are_kept_whole(house: House, store: Store) -> None:
    """Those and no others; and who reads beside the writer reads the same."""
    store.save(Batch(rooms=[ROOMS]))
    assert rooms_of(store) == house.queries().rooms() == ROOMS
    swapped = Rooms({1: "Salón", 2: "Cocina"}, 2)
    store.save(Batch(rooms=[swapped]))
    assert rooms_of(store) == swapped


def test_an_id_counts_as_given_though_the_room_is_gone_in_the_same_batch(house: House, store: Store) -> None:
    store.save(Batch(rooms=[ROOMS, Rooms({1: "Cocina", 2: "Salón", 3: "Baño"}, 3), ROOMS]))
    assert rooms_of(store).last_id == house.queries().rooms().last_id == 3


def test_who_is_stored_in_a_room_that_is_gone_is_in_none(store: Store) -> None:
    """However that came about; and whoever is in another one stays there."""
    store.save(Batch(rooms=[ROOMS]))
    assert placed(store, "A", 1).room == 1
    assert placed(store, "B", 2).room == 2
    assert placed(store, "C", 7).room is None
    store.save(Batch(rooms=[Rooms({2: "Salón"}, 2)]))
    assert {device.serial: device.room for device in store.devices()} == {"A": None, "B": 2, "C": None}
    store.save(Batch(rooms=[Rooms({2: "Salón", 3: "Cocina"}, 3)]))
    assert store.recall("A").room is None


# -- absences ------------------------------------------------------------------------------------

SUMMER = Absence(1, AT, AT + 86_400.5)
NOW_ON = Absence(2, AT + 2e6)
BOTH = Absences((SUMMER, NOW_ON), 2)


def test_absences_are_kept_whole(house: House) -> None:
    """Those and no others; and who reads beside the writer reads the same."""
    with house.store() as store:
        assert store.absences() == house.queries().absences() == Absences()
        store.save(Batch(absences=[BOTH]))
        assert store.absences() == house.queries().absences() == BOTH
        store.save(Batch(absences=[Absences((NOW_ON,), 2)]))
        assert store.absences() == Absences((NOW_ON,), 2)


def test_an_id_counts_as_given_though_the_absence_is_gone_in_the_same_batch(house: House) -> None:
    with house.store() as store:
        store.save(Batch(absences=[BOTH, Absences((SUMMER,), 2)]))
        assert store.absences() == Absences((SUMMER,), 2)


# -- what devices of other makes announce ----------------------------------------------------------


def told(key: str, size: int, group: str = "g") -> StoredAnnouncement:
    return StoredAnnouncement("tasmota", group, key, b"x" * size)


def test_it_lasts_from_one_start_to_the_next(house: House) -> None:
    with house.store() as store:
        store.save(Batch(announcements=[told("1", 3), told("2", 4)]))
    with house.store() as store:
        assert store.announcements() == [told("1", 3), told("2", 4)]


def test_what_is_heard_again_is_the_newest_and_what_is_withdrawn_is_gone(store: Store) -> None:
    """However long its name is."""
    long = told("k" * 60_000, 3, group="g" * 60_000)
    store.save(Batch(announcements=[long, told("1", 3), told("2", 4)]))
    store.save(Batch(announcements=[told("1", 5), told("2", 0)]))
    assert store.announcements() == [long, told("1", 5)]


def test_of_too_many_those_stay_that_were_heard_last(store: Store) -> None:
    with patch.object(announcement_rows, "MAX_ROWS", 3), patch.object(belongings, "MAX_ANNOUNCEMENTS", 3):
        store.save(Batch(announcements=[told(key, 1) for key in "12345"]))
        store.save(Batch(announcements=[told("3", 2)]))
    assert store.announcements() == [told("4", 1), told("5", 1), told("3", 2)]


# -- the logbook -----------------------------------------------------------------------------------


def deed(device_id: int, at: float = 1.8e9, person: int | None = 3) -> Deed:
    origin = Origin(Cause.PERSON, person, "Ana", "clima", 12)
    shifts = {"configuracion.encendido": Shift(before=False, after=True), "configuracion.horarios": None}
    return Deed(device_id, at, Act.CHANGED, origin, shifts)


def test_entries_follow_their_device_out_of_the_house(house: House) -> None:
    """At once for who reads, and soon from the disk; one that is damaged takes none along."""
    with house.store() as store:
        going, staying = store.recall("A").id, store.recall("B").id
        store.save(Batch(deeds=[deed(going), deed(staying), deed(staying)]))
        house.execute("UPDATE diario SET cambios = 'x' WHERE id = 2")
        saved = store.save(Batch(deeds=[deed(staying)], removals=[Removal(going, "A")]))
        assert [kept.id for kept in saved.deeds] == [4]
        assert [kept.id for kept in house.queries().logbook(ANYTHING, 10).entries] == [4, 3]
        assert [id_ for (id_,) in house.execute("SELECT id FROM diario ORDER BY id")] == [2, 3, 4]


def test_the_logbook_is_asked_by_device_person_and_time(house: House, store: Store) -> None:
    """Page by page; and it names who there is to ask for."""
    one, two = store.recall("A").id, store.recall("B").id
    deeds = [deed(one, 1.0), deed(two, 2.0, person=9), deed(one, 3.0, person=None), deed(two, 4.0)]
    store.save(Batch(deeds=deeds))

    def ids(wanted: WantedDeeds, limit: int = 10) -> list[int]:
        return [kept.id for kept in house.queries().logbook(wanted, limit).entries]

    page = house.queries().logbook(ANYTHING, 3)
    assert ([kept.id for kept in page.entries], page.people) == ([4, 3, 2], {3: "Ana", 9: "Ana"})
    assert [kept.deed for kept in page.entries] == deeds[:0:-1]
    assert ids(replace(ANYTHING, before=2)) == [1]
    assert ids(replace(ANYTHING, devices=(two,))) == [4, 2]
    assert ids(replace(ANYTHING, devices=())) == []
    assert ids(replace(ANYTHING, person=9)) == [2]
    assert ids(replace(ANYTHING, since=2.0, until=4.0)) == [3, 2]


def test_the_oldest_of_too_many_go_of_whom_has_most(house: House, store: Store) -> None:
    """And of another kind none: what people did is not pushed out by what devices notice."""
    small = tuple(replace(share, most=3) for share in SHARES)
    restless, calm = store.recall("A").id, store.recall("B").id
    told = [deed(restless)] * 4 + [deed(calm)] + [replace(deed(restless), act=Act.REPORTED)]
    store.save(Batch(deeds=told))
    with patch.multiple(upkeep, SHARES=small, DEEDS_DROPPED=1):
        keeper = Upkeep(house.queries(), LocalTime(), Retention())
        assert [store.tidy(step) for step in keeper.trims()] == [1, 1]
        assert list(keeper.trims()) == []
    assert [kept.id for kept in house.queries().logbook(ANYTHING, 10).entries] == [6, 5, 4, 3]


def test_what_a_person_has_seen_only_grows_and_not_past_what_there_is(house: House, store: Store) -> None:
    device = store.recall("A")
    finding = Finding("offline", "ai_offline", device.id, device.serial, AT, {})
    store.save(Batch(conclusions=[(finding, {})] * 3))
    assert house.queries().seen(7) == Seen(7, 0)
    assert store.save(Batch(seen=[Seen(7, 2), Seen(0, 99)])).seen == [Seen(7, 2), Seen(0, 3)]
    assert store.save(Batch(seen=[Seen(7, 1)])).seen == [Seen(7, 2)]
    assert house.queries().seen(7) == Seen(7, 2)
