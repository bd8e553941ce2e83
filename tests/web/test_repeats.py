"""For clients that know only an episode's beginning it is told again while it lasts, and not otherwise."""

from __future__ import annotations

import pytest

from actors.domain.findings import Episode, Finding, KeptFinding
from web.live.repeats import Repeats

BEGUN = 1_800_000_000.0


def told(rule: str, every: Repeats, *times: float) -> list[float]:
    """Which of the changes at ``times``, in seconds from the beginning, repeat it; the last is the end."""
    due = []
    before = None
    for time in times:
        over = time == times[-1]
        episode = Episode("x", BEGUN, BEGUN + time if over else None, 1)
        finding = Finding(rule, "ai_x", 1, "A", BEGUN + time, {}, episode=episode)
        if every.is_due(KeptFinding(1, finding, {}, first_at=BEGUN, before=before)):
            due.append(time)
        before = BEGUN + time
    return due


@pytest.mark.parametrize(
    ("rule", "due"), [("extremos", [900, 1_860, 4_000]), ("offline", [60, 120, 700, 900, 1_860, 4_000])]
)
def test_it_is_repeated_after_its_time(rule: str, due: list[float]) -> None:
    """With the first change after that, however many were missed; neither at the beginning nor at the end."""
    times = (0, 59, 60, 119, 120, 700, 710, 900, 1_860, 1_870, 4_000, 9_000)
    assert told(rule, Repeats(alerts_s=900, silences_s=60), *times) == due


def test_unless_it_is_asked_for_it_is_told_once() -> None:
    for rule in ("extremos", "offline"):
        assert told(rule, Repeats(), 0, 900, 9_000) == []
