"""How long a message speaks for: time counts, not messages, and a gap teaches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.durations import DAY_S
from rules.base.memory import Fields
from rules.learn.held_signal import HeldSignal, Stretch
from tests.rules.given import MONDAY

MADRID = ZoneInfo("Europe/Madrid")


def heard(messages: Iterable[tuple[float, bool | None]], signal: HeldSignal | None = None) -> list[Stretch]:
    signal = signal or HeldSignal(MADRID, 30)
    return [stretch for at, on in messages for stretch in signal.say(at, on)]


def seconds(stretches: Iterable[Stretch]) -> tuple[float, float]:
    every = list(stretches)
    return sum(one.on_s for one in every), sum(one.off_s for one in every)


def test_time_counts_and_not_messages() -> None:
    """A burst of messages in the first minute weighs no more than that minute."""
    burst = [(MONDAY + n, True) for n in range(60)]
    rest = [(MONDAY + 60 * n, False) for n in range(1, 120)]
    on, off = seconds(heard(burst + rest))
    assert on == pytest.approx(60, abs=31)
    assert off == pytest.approx(89 * 60, rel=0.02)


def test_a_periodic_device_teaches_nothing_across_a_gap() -> None:
    """Three days without a word of a device that reports every five minutes."""
    before = [(MONDAY + 300 * n, True) for n in range(100)]
    after = [(MONDAY + 3 * DAY_S + 300 * n, True) for n in range(100)]
    on, off = seconds(heard(before + after))
    assert off == 0
    assert on <= 2 * 99 * 300


def test_lost_messages_are_no_gap() -> None:
    """Two in a row may be missing."""
    messages = [(MONDAY + 300 * n, True) for n in range(200) if n % 9 not in (4, 5)]
    on, _ = seconds(heard(messages))
    assert on >= 0.95 * 199 * 300


def test_a_device_that_speaks_on_change_is_believed_for_days() -> None:
    """Off for the three days between two uses, on for the hours of each."""
    switches = []
    for week in range(3):
        for day in (0, 3):
            begin = MONDAY + (7 * week + day) * DAY_S + 6 * 3600
            switches += [(begin, True), (begin + 7200, False)]
    on, off = seconds(heard(switches))
    assert on == pytest.approx(6 * 7200, abs=1800)
    assert off >= 0.95 * 5 * 2.9 * DAY_S


def test_the_same_word_twice_from_a_device_that_speaks_on_change() -> None:
    """Something was lost in between, so the time between teaches nothing."""
    on, off = seconds(
        heard([(MONDAY, False), (MONDAY + 3600, True), (MONDAY + 40_000, True), (MONDAY + 43_600, False)])
    )
    assert on <= 3600
    assert off == 3600


def test_a_switch_between_periodic_messages_lies_half_way() -> None:
    """On average; the bias of half an interval would shift every window."""
    messages = [(MONDAY + 900 * n, 8 <= n % 96 < 16) for n in range(96 * 4)]
    stretches = heard(messages)
    on, _ = seconds(stretches)
    assert on == pytest.approx(4 * 8 * 900, abs=900)
    first = next(one for one in stretches if one.day == stretches[-1].day and one.on_s)
    assert (first.minute, first.on_s) == (90, 450)


def test_bins_follow_the_clock_on_the_wall() -> None:
    """Also on the day on which summer time begins, which has no 02:30."""
    sunday = datetime(2025, 3, 30, tzinfo=MADRID).timestamp()
    stretches = [
        one for one in heard((sunday - 7200 + 60 * n, True) for n in range(10 * 60)) if one.day == 739_340
    ]
    assert {one.minute for one in stretches} >= {0, 30, 60, 90, 180, 210}
    assert not {one.minute for one in stretches} & {120, 150}
    assert all(one.on_s == 1800 for one in stretches)


def test_neither_on_nor_off_teaches_nothing() -> None:
    """A state that is about something else breaks the signal."""
    assert heard([(MONDAY, True), (MONDAY + 60, None), (MONDAY + 5000, True)]) == []


messages = st.lists(
    st.tuples(
        st.sampled_from([1.0, 60.0, 300.0, 3600.0, 90_000.0, -500.0]), st.sampled_from([True, False, None])
    ),
    max_size=80,
)


@given(messages, st.integers(0, 80))
def test_it_never_teaches_more_time_than_passed_and_survives_a_restart(
    steps: list[tuple[float, bool | None]], cut: int
) -> None:
    """What is taught lies within the time that passed; stored in the middle, it says the same."""
    whole = broken = HeldSignal(MADRID, 30)
    at, passed = MONDAY, 0.0
    taught: list[Stretch] = []
    for n, (wait, on) in enumerate(steps):
        at += wait
        passed += max(wait, 0.0)
        if n == cut:
            stored = Fields("signal", json.loads(json.dumps(whole.state())))
            broken = HeldSignal.from_state(MADRID, 30, stored)
        found = whole.say(at, on)
        if broken is not whole:
            assert broken.say(at, on) == found
        taught += found
    assert sum(seconds(taught)) <= passed + 1e-6
    assert all(
        one.on_s + one.off_s <= 2 * 1800 + passed * (min(wait for wait, _ in steps) < 0) for one in taught
    )
