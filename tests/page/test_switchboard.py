"""One connection for all windows of a browser: none misses anything or hears it twice, whatever is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.node import Modules, running

# What ends a connection is rarer than what windows do, or none would ever have anything to catch up on.
COMMON = [*((what, which) for what in ("join", "leave", "event") for which in range(3)), ("greet", 0)]
RARE = [("ping", 0), ("cut", 0), ("restart", 0), ("wait", 1), ("wait", 5), ("die", 2), ("stray", 0)]
STEPS = st.sampled_from([*COMMON * 4, *[("greet", 0)] * 8, *RARE])
TWO_WINDOWS = [("join", 0), ("greet", 0), ("join", 1)]


@pytest.fixture(scope="module")
def world() -> Iterator[Modules]:
    with running("../../../tests/page/switchboard_world.js") as modules:
        yield modules


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, min_size=5, max_size=40))
def test_no_window_misses_anything(world: Modules, steps: list[tuple[str, int]]) -> None:
    """Windows come, go and die, connections are cut or fall silent, the server starts anew: whoever is there
    in the end knows all, was told nothing twice, and there was never a second connection."""
    found = world.ask("play", [*TWO_WINDOWS, *steps])
    assert found["faults"] == []
    assert set(found["missed"]) <= {0}
    assert found["most"] <= 1


def test_whoever_signs_in_next_hears_nothing_of_what_was_for_another(world: Modules) -> None:
    assert world.ask("playForgotten") == {"first": [0], "second": [1], "joined": False}
