"""What the page makes of the logbook's pages, while more is written: no entry is left out or told twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.node import Modules, running

PER_PAGE = 3


@pytest.fixture(scope="module")
def page() -> Iterator[Modules]:
    with running("views/logbook/pages.js") as modules:
        yield modules


def answer(written: int, before: int | None = None) -> dict[str, Any]:
    """As GET /diario, of entries 1 to ``written``."""
    newest = written if before is None else before - 1
    oldest = max(1, newest - PER_PAGE + 1)
    data = [{"id": number} for number in range(newest, oldest - 1, -1)]
    return {"data": data, "siguiente": oldest if oldest > 1 else None}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12), st.lists(st.one_of(st.integers(1, 5), st.just("older")), max_size=12))
def test_what_is_shown_has_no_gap(page: Modules, written: int, steps: list[int | str]) -> None:
    """Numbers are so many entries written, after which the newest page is read again."""
    before: Any = {"data": [], "next": None}
    newest = answer(written)
    for step in steps:
        known = page.ask("joined", newest, before)
        if step != "older":
            written += int(step)
            newest = answer(written)
        elif known["next"] is not None:
            before = page.ask("withOlder", known, answer(written, known["next"]))
        shown = page.ask("joined", newest, before)
        ids = [entry["id"] for entry in shown["data"]]
        assert ids == list(range(written, written - len(ids), -1))
        assert (shown["next"] is None) == (len(ids) == written)
        assert shown["next"] in (None, ids[-1] if ids else None)


def test_what_was_read_before_stays_shown_when_few_have_come(page: Modules) -> None:
    known = page.ask("joined", answer(9), {"data": [], "next": None})
    before = page.ask("withOlder", known, answer(9, known["next"]))
    assert [entry["id"] for entry in page.ask("joined", answer(11), before)["data"]] == [*range(11, 3, -1)]
