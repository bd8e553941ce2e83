"""How long a device may be silent: its rhythm, what it declares, and what people say."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.domain.model import Change, Device, Report, Wait
from actors.domain.orders import Orders
from actors.domain.patience import Patience
from actors.domain.profile import Profile
from actors.domain.rhythm import Rhythm

HOUR, DAY = 3_600.0, 86_400.0
HOUSE = Patience(120.0)
DOOR = Device(id=1, serial="DRL0AAAA", claimed=True)


def rhythm(*gaps: float) -> Rhythm:
    found = Rhythm()
    for gap in gaps:
        found = found.after(gap)
    return found


# -- rhythm ----------------------------------------------------------------------------------------


@given(st.floats(1.0, 30 * DAY), st.integers(0, 999))
@example(735_671.0, 384)  # half of its gaps are of one class and half of the next
def test_an_interval_is_learned_whatever_is_lost(interval: float, seed: int) -> None:
    """From a few reports on, up to twice the longest of them; with jitter, some losses and outages of any
    length."""
    chance = Random(seed)
    shortest, longest = interval * 0.95, interval * 1.05
    found = rhythm(*(chance.uniform(shortest, longest) for _ in range(4)))
    for n in range(60):
        lost = n % 20 == 19
        found = found.after(chance.uniform(shortest, longest) * (2 if lost else 1))
        if n == 30:
            found = found.after(chance.uniform(0, 20 * DAY))
        learned = found.interval
        assert learned is not None
        assert shortest <= learned <= 2 * longest


@given(st.integers(0, 999))
def test_a_device_that_plugs_out_at_night_still_has_its_interval(seed: int) -> None:
    """Nights without current are no interval of one that reports each 5 s while it has some."""
    chance = Random(seed)
    gaps = [
        gap for _ in range(5) for gap in [*[chance.uniform(4.9, 5.1)] * 200, chance.uniform(1, 12) * HOUR]
    ]
    learned = rhythm(*gaps).interval
    assert learned is not None
    assert learned <= 8


def test_bursts_do_not_hide_the_silence_between_them() -> None:
    """A door opens, closes and is locked within seconds, once a week: a week is what is usual to it."""
    week = [2.0, 9.0, 0.5, 7 * DAY]
    assert rhythm(*week).interval != 7 * DAY
    learned = rhythm(*week * 3).interval
    assert learned is not None
    assert 7 * DAY <= learned <= 10 * DAY


def test_two_outages_are_none_of_its_rhythm() -> None:
    """Also of a device of which next to nothing has been heard."""
    learned = rhythm(1.0, 1.0, 1.0, 40.0, 2 * DAY, 70.0, 2 * DAY).interval
    assert learned is not None
    assert learned <= 100


@given(st.lists(st.floats(-DAY, 1e9), max_size=200))
def test_it_is_bounded_whatever_the_clock_does(gaps: list[float]) -> None:
    """In memory, and in what it says; what is no gap teaches nothing."""
    found = rhythm(*gaps)
    assert len(found.counts) <= 45
    assert all(count >= 0 for count in found.counts)
    assert found.interval is None or 0 < found.interval <= 70 * DAY
    assert rhythm(-5.0, 1e8) == Rhythm()


def test_what_is_rare_is_not_forgotten_for_what_is_frequent() -> None:
    """A sensor of movement: silent each night, for months, and spoken hundreds of times each day."""
    chance = Random(1)
    found = Rhythm()
    for _ in range(60):
        found = found.after(9 * HOUR)
        for _ in range(300):
            found = found.after(chance.expovariate(1 / 180))
    assert sum(found.counts) <= 4_100
    assert found.interval is not None
    assert 9 * HOUR <= found.interval <= 13 * HOUR


def test_reports_teach_it_and_copies_do_not() -> None:
    """Retained ones and those of a clock in doubt; other hardware begins anew."""
    device = DOOR
    for n in range(5):
        device = device.after_report(Report(DOOR.serial, 1e9 + 900 * n))
    assert device.rhythm == rhythm(900, 900, 900, 900)
    for odd in (Report(DOOR.serial, 2e9, retained=True), Report(DOOR.serial, 1e9 + 9e4, doubtful=True)):
        assert device.after_report(odd).rhythm == device.rhythm
    replaced = device.after_replacement(Device(id=2, serial="DRL0BBBB"))
    assert isinstance(replaced, Device)
    assert replaced.rhythm == Rhythm()


# -- patience --------------------------------------------------------------------------------------


def declared(interval: object) -> Device:
    return replace(DOOR, configuration={"intervalo_envio": interval})


@pytest.mark.parametrize(
    ("device", "patience"),
    [
        (DOOR, 120.0),
        (declared(900), 2_700.0),
        (declared("900"), 2_700.0),
        # The house's patience is the least.
        (declared(5), 120.0),
        (declared(0), 120.0),
        (declared(True), 120.0),
        (declared("a veces"), 120.0),
        (declared(1e300), 400 * DAY),
        (replace(DOOR, rhythm=rhythm(*[900.0] * 5)), 3 * 1_024.0),
        # What is declared comes before what was learned, and what people say before both.
        (replace(declared(600), rhythm=rhythm(*[900.0] * 5)), 1_800.0),
        (replace(declared(600), patience=30), 30),
        (replace(DOOR, patience=0), None),
        # Of another make, what its family tells; but people come first.
        (replace(DOOR, orders=Orders()), None),
        (replace(DOOR, orders=Orders(), profile=Profile(family="x", kind="luz", capability="")), None),
        (
            replace(
                declared(600),
                orders=Orders(),
                profile=Profile(family="x", kind="luz", capability="", patience=77.0),
            ),
            77.0,
        ),
        (replace(DOOR, orders=Orders(), patience=50), 50),
    ],
)
def test_whose_word_counts(device: Device, patience: float | None) -> None:
    assert HOUSE.with_device(device) == patience


def test_a_kind_has_a_patience_of_its_own() -> None:
    """As the least; 0 is any silence, whatever the interval."""
    house = Patience(120.0, {"puerta": 600.0, "sensor_humo": 0.0})
    assert house.with_device(DOOR) == 600.0
    assert house.with_device(declared(900)) == 2_700.0
    assert house.with_device(replace(declared(5), serial="SMK0AAAA")) is None
    assert house.with_device(replace(DOOR, serial="LGT0AAAA")) == 120.0
    assert house.with_device(replace(DOOR, configuration={"kind": "sensor_humo"})) is None


def test_people_say_it_and_take_it_back() -> None:
    """It is theirs, so it makes another edition; the device hears nothing of it."""
    more = DOOR.after_change(Change(wait=Wait(604_800)))
    assert isinstance(more, Device)
    assert (more.patience, more.version) == (604_800, DOOR.version)
    assert more.edition != DOOR.edition
    assert DOOR.after_change(Change(name="Puerta")) == replace(DOOR, name="Puerta")
    assert more.after_change(Change(wait=Wait(None))) == DOOR
