"""A device is found out at the second at which its patience is over, whatever that was before."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from actors.domain.model import Device
from actors.domain.patience import Patience
from actors.silence import Silence
from tests.stage import FakeClock

GRACE = 60.0
HOUSE = Patience(120.0, {"puerta": 30.0})
DEVICE = Device(id=1, serial="TMP0AAAA", online=True, claimed=True)


class Watch:
    """A silence, and when it was over."""

    def __init__(self, patience: Patience = HOUSE) -> None:
        self.clock = FakeClock()
        self.device = replace(DEVICE, seen_at=self.clock.now())
        self.silence = Silence(self.clock, patience, GRACE, self._ring)
        self.rings = 0
        self.over_at: float | None = None

    def _ring(self) -> None:
        self.rings += 1
        if self.silence.is_over(self.device):
            self.over_at = self.clock.monotonic()

    def hear(self, interval: int | None = None) -> None:
        """A report, by which it has this interval from now on."""
        configuration = {} if interval is None else {"intervalo_envio": interval}
        self.device = replace(self.device, seen_at=self.clock.now(), configuration=configuration)
        self.silence.hear(self.device)

    def change(self, patience: int | None) -> None:
        """People say how long it may be silent."""
        self.device = replace(self.device, patience=patience)
        self.silence.expect(self.device)

    def wait(self, seconds: float) -> None:
        end = self.clock.monotonic() + seconds
        while (due := self.clock.next_due()) is not None and due <= end:
            self.clock.advance_to(due)
            self.clock.ring()
        self.clock.advance_to(end)


@given(st.lists(st.tuples(st.sampled_from([None, 1, 50, 400, 9_000]), st.floats(0.0, 100.0)), min_size=1))
def test_it_is_over_as_long_after_the_last_word_as_the_device_is_allowed_by_then(
    reports: list[tuple[int | None, float]],
) -> None:
    """Also where its interval has become shorter since the timer was set."""
    watch = Watch()
    heard_at = 0.0
    for interval, pause in reports:
        watch.hear(interval)
        heard_at = watch.clock.monotonic()
        watch.wait(pause)
    assert watch.over_at is None
    allowed = HOUSE.with_device(watch.device)
    assert allowed is not None
    watch.wait(heard_at + allowed - watch.clock.monotonic() - 0.001)
    assert watch.over_at is None
    watch.wait(0.002)
    assert watch.over_at is not None


@given(st.sampled_from([1, 5, 60, 119, 121, 5_000]), st.floats(0.0, 300.0))
def test_what_people_have_just_said_counts_from_the_next_report_on(seconds: int, pause: float) -> None:
    watch = Watch()
    watch.hear()
    watch.wait(10.0)
    watch.change(seconds)
    watch.wait(min(pause, seconds / 2))
    watch.hear()
    heard_at = watch.clock.monotonic()
    watch.wait(seconds - 0.001)
    assert watch.over_at is None
    watch.wait(0.002)
    assert watch.over_at is not None
    assert abs(watch.over_at - heard_at - seconds) < 0.002


def test_a_thousand_reports_set_one_timer() -> None:
    watch = Watch()
    for _ in range(1_000):
        watch.hear()
        watch.wait(0.1)
    assert watch.rings == 0
    watch.wait(200.0)
    assert watch.rings == 2


def test_who_is_connected_may_be_silent_until_that_ends() -> None:
    watch = Watch()
    watch.silence.connected_until = math.inf
    watch.hear()
    watch.wait(86_400.0)
    assert watch.over_at is None
    watch.silence.connected_until = 0.0
    watch.hear()
    watch.wait(119.0)
    assert watch.over_at is None
    watch.wait(1.5)
    assert watch.over_at is not None


def test_who_was_not_heard_before_is_spared_and_is_not_once_it_has_spoken() -> None:
    watch = Watch(Patience(10.0))
    watch.device = replace(watch.device, seen_at=watch.clock.now() - 3_600)
    watch.silence.expect(watch.device)
    watch.wait(5.0)
    watch.hear()
    watch.wait(9.9)
    assert watch.over_at is None
    watch.wait(0.2)
    assert watch.over_at is not None


def test_any_silence_sets_no_timer() -> None:
    watch = Watch(Patience(0.0))
    watch.hear()
    watch.wait(1e6)
    assert watch.rings == 0
