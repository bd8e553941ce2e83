"""The waits double from the first to the longest, and however they are counted they are the same."""

from itertools import accumulate, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.runtime.backoff import Backoff


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        (Backoff(0.25, 30.0), [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]),
        (Backoff(300.0, 3600.0), [300, 600, 1200, 2400, 3600, 3600]),
        (Backoff(5.0, 5.0), [5, 5]),
    ],
)
def test_waits_double_up_to_the_longest(backoff: Backoff, waits: list[float]) -> None:
    assert [backoff.after(failures) for failures in range(1, len(waits) + 1)] == waits


@given(
    st.builds(lambda first, factor: Backoff(first, first * factor), st.floats(0.01, 1e3), st.floats(1.0, 1e6))
)
def test_counting_failures_and_remembering_the_last_wait_agree(backoff: Backoff) -> None:
    remembered = accumulate(repeat(0.0, 31), lambda waited, _: backoff.longer_than(waited))
    counted = [backoff.after(failures) for failures in range(1, 31)]
    assert list(remembered)[1:] == counted


def test_no_number_of_failures_is_too_large() -> None:
    assert Backoff(1, 30).after(10**6) == 30
