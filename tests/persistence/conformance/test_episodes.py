"""Episodes: each a row that is brought up to date, and over when nobody watches any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from actors.domain.findings import Decision, Episode, Finding, KeptFinding
from actors.messages import EndEpisodes, EndUnwatched
from persistence.storage.batch import Batch, Conclusion
from tests.persistence.conformance.engines import House, Store


@pytest.fixture
def store(house: House) -> Iterator[Store]:
    with house.store() as opened:
        opened.recall("A")
        yield opened


def lasting(at: float, count: int = 1, until: float | None = None, rule: str = "offline") -> Finding:
    return Finding(rule, "ai_offline", 1, "A", at, {"n": count}, episode=Episode("k", 1.0, until, count))


def conclude(store: Store, *conclusions: Conclusion) -> list[list[KeptFinding]]:
    return [[*told] for told in store.save(Batch(conclusions=[*conclusions])).findings]


def test_an_episode_is_one_row_whatever_is_said_of_it(house: House, store: Store) -> None:
    """Its beginning and its next word in one batch too; what says no more than is known is not told."""
    [[first], [again]] = conclude(store, (lasting(1.0), {}), (lasting(2.0, 2), {"x": 1}))
    assert (first.id, again.id, again.finding.details, again.before) == (1, 1, {"n": 2}, 1.0)
    assert conclude(store, (lasting(2.0, 2), {})) == [[]]
    [[over]] = conclude(store, (lasting(3.0, 3, until=3.0), {}))
    assert over.finding.episode == Episode("k", 1.0, 3.0, 3)
    assert [kept.finding for kept in house.queries().findings(1, 9).rows] == [over.finding]
    assert conclude(store, (lasting(4.0, 4), {})) == [[]], "an end is an end"


def test_one_that_was_dismissed_is_silent_until_it_ends(store: Store) -> None:
    conclude(store, (lasting(1.0), {}))
    store.save(Batch(decisions={1: Decision.DISMISSED}))
    assert conclude(store, (lasting(2.0, 2), {})) == [[]]
    [[over]] = conclude(store, (lasting(3.0, 3, until=3.0), {}))
    assert over.decision is Decision.DISMISSED


@pytest.mark.parametrize(
    ("end", "ended"),
    [
        (EndEpisodes(1, 9.0), [1, 2]),
        (EndEpisodes(2, 9.0), []),
        (EndUnwatched(frozenset({"offline", "clima"}), 9.0), [1, 2]),
    ],
)
def test_what_lasts_of_whom_nobody_watches_is_over(
    store: Store, end: EndEpisodes | EndUnwatched, ended: list[int]
) -> None:
    """The device is not claimed, so no rule runs for it."""
    conclude(store, (lasting(1.0), {}), (lasting(1.0, rule="clima"), {}))
    [told] = conclude(store, end)
    assert [kept.id for kept in told] == ended
    assert all(kept.finding.episode is not None and kept.finding.episode.until for kept in told)


def test_what_lasts_is_recalled_with_the_memory(store: Store) -> None:
    conclude(store, (lasting(1.0), {}), (lasting(1.0, until=1.0, rule="clima"), {}))
    saved = store.save(Batch(remembered=[(1, "offline"), (1, "clima"), (2, "offline")]))
    assert [each.rule for each in saved.episodes((1, "offline"))] == ["offline"]
    assert saved.episodes((1, "clima")) == saved.episodes((2, "offline")) == []
