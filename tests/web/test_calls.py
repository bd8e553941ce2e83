"""The table of calls in the documents is the one that the handlers' own words make."""

from __future__ import annotations

from pathlib import Path

from web.app import ROUTES
from web.calls import HEAD, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def test_the_documented_calls_are_those_that_there_are() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    begin = lines.index(HEAD[0])
    end = lines.index("", begin)
    assert lines[begin:end] == list(table()), (
        "docs/api.md: python -m web.calls prints the table as it should be"
    )


def test_every_method_of_every_route_stands_in_it() -> None:
    methods = [method for _, handler in ROUTES for method in handler.allow.split(", ")]
    told = [line.split("`")[1].split()[0] for line in table() if "`" in line]
    assert sorted(told) == sorted(method for method in methods if method not in ("HEAD", "OPTIONS"))
