"""How fast a login may publish."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.broker.proxy_access import BURST, BURST_PER_SECOND, Pace

# Of what is read in one go; the rest is what sums of floating-point numbers are off.
_MOMENT = 101 + 1e-6


@given(
    st.floats(0.5, 5000),
    st.lists(st.floats(0, 60), min_size=1, max_size=40),
    st.lists(st.integers(1, 400), min_size=40, max_size=40),
)
def test_no_login_gets_more_than_its_share(per_second: float, pauses: list[float], crowds: list[int]) -> None:
    """However it spreads what it sends: no more than the burst and the average, nor the burst at once."""
    pace = Pace(per_second, 0.0)
    now, passed = 0.0, 0
    for pause, crowd in zip(pauses, crowds, strict=False):
        now += pause
        for _ in range(crowd):
            passed += 1
            assert passed <= BURST + per_second * now + 1 + 1e-6
            assert passed <= _MOMENT + max(BURST_PER_SECOND, per_second) * now
            now += pace.wait(now)


def test_who_keeps_to_the_average_never_waits() -> None:
    """And one that was away has its burst again, within some seconds."""
    pace = Pace(100, 0.0)
    now = 0.0
    for _ in range(5000):
        now += 0.01
        assert pace.wait(now) < 1e-9
    began = now
    for _ in range(BURST):
        now += pace.wait(now)
    assert now - began < BURST / BURST_PER_SECOND


def test_a_burst_is_no_news_and_what_exceeds_it_is_once() -> None:
    """People are told of a device that sends too much, and not of one that sends what it had kept."""
    pace = Pace(100, 0.0)
    now, told = 0.0, 0
    for number in range(BURST + 1000):
        now += (wait := pace.wait(now))
        told += bool(wait) and pace.is_news(now)
        assert not told or number >= BURST
    assert told == 1
