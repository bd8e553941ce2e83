"""The clock rings each alarm once, in its turn, and none that was cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from actors.runtime.clock import SystemClock


@pytest.fixture
def clock() -> Iterator[SystemClock]:
    clock = SystemClock()
    clock.start()
    yield clock
    clock.stop()


def test_alarms_ring_in_the_order_of_their_times(clock: SystemClock) -> None:
    rung: list[str] = []
    done = threading.Event()
    began = clock.monotonic()
    clock.call_later(0.06, done.set)
    clock.call_later(0.04, lambda: rung.append("second"))
    clock.call_later(0.02, lambda: rung.append("first"))
    assert done.wait(10)
    assert rung == ["first", "second"]
    assert clock.monotonic() - began >= 0.06


def test_a_cancelled_alarm_does_not_ring(clock: SystemClock) -> None:
    rung: list[str] = []
    done = threading.Event()
    clock.call_later(0.01, lambda: rung.append("cancelled")).cancel()
    clock.call_later(0.03, done.set)
    assert done.wait(10)
    assert rung == []


@pytest.mark.filterwarnings("default")
def test_an_alarm_that_fails_does_not_silence_the_others(
    clock: SystemClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("planted")

    done = threading.Event()
    clock.call_later(0.0, fail)
    clock.call_later(0.01, done.set)
    assert done.wait(10)
    assert "timer_failed" in caplog.text


def test_stopping_does_not_wait_for_alarms() -> None:
    clock = SystemClock()
    clock.start()
    clock.call_later(3600, lambda: None)
    clock.stop()
