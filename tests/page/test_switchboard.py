"""One connection for all windows of a browser: none misses anything or hears it twice, whatever is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.node import Modules, running

STEPS = st.one_of(
    st.tuples(st.sampled_from(("join", "leave", "event")), st.integers(0, 2)),
    st.tuples(st.sampled_from(("greet", "ping", "cut")), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 5)),
    st.tuples(st.sampled_from(("die", "restart")), st.integers(0, 2)),
)


@pytest.fixture(scope="module")
def world() -> Iterator[Modules]:
    with running("../../../tests/page/switchboard_world.js") as modules:
        yield modules


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_no_window_misses_anything(world: Modules, steps: list[tuple[str, int]]) -> None:
    """Windows come, go and die, connections are cut or fall silent, the server starts anew: whoever is there
    in the end knows all, was told nothing twice, and there was never a second connection."""
    found = world.ask("play", steps)
    assert found["faults"] == []
    assert set(found["missed"]) <= {0}
    assert found["most"] <= 1


def test_whoever_signs_in_next_hears_nothing_of_what_was_for_another(world: Modules) -> None:
    assert world.ask("playForgotten") == {"first": [0], "second": [1], "joined": False}
