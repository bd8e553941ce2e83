"""The log: a line an event, and no more lines than are read."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest

from actors.runtime.log_format import MINUTE_S, MOST_OF_A_KIND, FewOfAKind, OneLine

HOUR = 3_600.0


def lines(messages: Sequence[tuple[int, str, object]], at: float, few: FewOfAKind) -> list[str]:
    found = []
    for level, kind, told in messages:
        record = logging.LogRecord("house", level, __file__, 1, kind, (told,), None)
        record.created = at
        if few.filter(record):
            found.append(OneLine().format(record).split(" house ")[1])
    return found


@pytest.mark.parametrize("level", [logging.WARNING, logging.ERROR])
def test_what_anybody_can_bring_about_does_not_fill_the_disk(level: int) -> None:
    """Whatever it tells of; what comes beside it is told, and a minute later it is as well."""
    few = FewOfAKind()
    flood = [(level, "readings_invalid metrics=%s", f"x{n}") for n in range(10_000)]
    told = lines([*flood, (level, "broker_lost host=%s", "a")], HOUR, few)
    assert told[0] == "readings_invalid metrics=x0"
    assert told[-2:] == [
        f"readings_invalid metrics=x{MOST_OF_A_KIND - 1} (no more of these for a minute)",
        "broker_lost host=a",
    ]
    assert len(told) == MOST_OF_A_KIND + 1
    assert lines(flood[:1], HOUR + MINUTE_S, few) == ["readings_invalid metrics=x0"]


def test_who_asks_for_all_is_told_all() -> None:
    few = FewOfAKind()
    flood = [(logging.INFO, "kept rows=%d", n) for n in range(10_000)]
    assert len(lines(flood, HOUR, few)) == 10_000
