"""What a hand makes of the times at which a week sets something: drawn stretches, pulled beginnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.node import Modules, running

DAY, WEEK = 1_440, 7 * 1_440
HOURS = st.integers(0, 23).map(lambda hour: 60 * hour)
EVENTS = st.lists(
    st.fixed_dictionaries({"day": st.integers(0, 6), "minute": HOURS, "value": st.integers(15, 25)}),
    max_size=6,
    unique_by=lambda event: (event["day"], event["minute"]),
).map(lambda events: sorted(events, key=when))
PIECES = st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 24)).map(
    lambda told: {
        "day": told[0],
        "from": 60 * min(told[1], told[2] - 1),
        "to": 60 * max(told[1] + 1, told[2]),
    }
)
Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def painting() -> Iterator[Modules]:
    with running("views/week/painting.js") as modules:
        yield modules


def when(event: dict[str, Any]) -> int:
    return int(event["day"] * DAY + event["minute"])


def value_at(events: Events, minute: int) -> Any:
    held = [event for event in events if when(event) <= minute] or events
    return held[-1]["value"] if held else None


@settings(max_examples=60)
@given(events=EVENTS, piece=PIECES, value=st.integers(15, 25))
def test_what_is_drawn_holds_there_and_nowhere_else(
    painting: Modules, events: Events, piece: dict[str, int], value: int
) -> None:
    """Of a week that set nothing it is all that is set; times stay in order and apart."""
    after = painting.ask("painted", events, piece, value)
    assert [when(event) for event in after] == sorted({when(event) for event in after})
    begin, end = (piece["day"] * DAY + piece[name] for name in ("from", "to"))
    for minute in range(0, WEEK, 30):
        inside = begin <= minute < end
        assert value_at(after, minute) == (value if inside or not events else value_at(events, minute))


@settings(max_examples=40)
@given(events=EVENTS.filter(bool), n=st.integers(0, 5), minute=HOURS)
def test_a_beginning_that_is_pulled_leaves_the_others(
    painting: Modules, events: Events, n: int, minute: int
) -> None:
    index = n % len(events)
    moved = {**events[index], "minute": minute}
    others = [event for place, event in enumerate(events) if place != index and when(event) != when(moved)]
    assert painting.ask("shifted", events, index, minute) == sorted([*others, moved], key=when)


def test_what_lasts_as_long_as_it_is_drawn_says_its_minutes(painting: Modules) -> None:
    """And a hand that goes either way, or nowhere, draws at least a step."""
    piece = painting.ask("stretch", {"day": 2, "minute": 610}, {"day": 3, "minute": 655}, 15)
    assert piece == {"day": 2, "from": 600, "to": 660}
    assert painting.ask("timed", [], piece) == [{"day": 2, "minute": 600, "value": 60}]
    assert painting.ask("stretch", {"day": 2, "minute": 610}, {"day": 2, "minute": 500}, 15) == {
        "day": 2,
        "from": 495,
        "to": 615,
    }
    assert painting.ask("stretch", {"day": 2, "minute": 1439}, {"day": 2, "minute": 2000}, 15)["to"] == DAY
