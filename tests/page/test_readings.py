"""What a value means to the page: the same as to the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.domain.readings import OFF_WORDS, ON_WORDS, flattened, metric_name, number_of, switch_of
from tests.actors.domain.test_readings import NAMES, OBJECTS
from tests.page.node import Modules, running


@pytest.fixture(scope="module")
def page() -> Iterator[Modules]:
    with running("readings.js") as modules:
        yield modules


@given(
    st.sampled_from([*ON_WORDS, *OFF_WORDS, *(each.upper() for each in ON_WORDS)])
    | st.text(st.sampled_from("onf 10,.-+eE5٣"), max_size=7)
    | st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.floats(allow_nan=False, allow_infinity=False, width=16)
)
def test_a_word_and_a_number_mean_the_same_to_page_and_server(page: Modules, value: Any) -> None:
    assert page.ask("switchOf", value) is switch_of(value)
    assert page.ask("numberOf", value) == number_of(value)


def test_every_word_for_on_and_off_is_known_to_the_page(page: Modules) -> None:
    for word in (*ON_WORDS, *OFF_WORDS):
        assert page.ask("switchOf", f" {word.upper()} ") is switch_of(word)


@given(OBJECTS)
def test_readings_have_the_same_names_on_the_page(page: Modules, values: dict[str, Any]) -> None:
    # JavaScript puts names that are whole numbers first.
    told = {name: value for name, value in page.ask("flat", values)}
    assert told == dict(flattened(values))
    for name, value in told.items():
        assert page.ask("readingAt", values, name) == value


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_a_name_leads_back_to_its_path(page: Modules, path: list[str]) -> None:
    assert page.ask("partsOf", metric_name(*path)) == path
