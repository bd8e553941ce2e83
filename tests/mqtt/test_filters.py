"""Topic filters: what they match, and sets of them that do not meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.mqtt.topics.filters import (
    FilterTree,
    covers,
    disjoint,
    is_filter,
    is_topic,
    is_wild,
    joined,
    literal_levels,
    matches,
)

LEVELS = st.sampled_from(["a", "b", "", "$s"])
TOPICS = st.lists(LEVELS, min_size=1, max_size=4).map("/".join).filter(bool)
FILTERS = (
    st.tuples(st.lists(LEVELS | st.just("+"), max_size=4), st.sampled_from([[], ["#"]]))
    .map(lambda parts: "/".join([*parts[0], *parts[1]]))
    .filter(bool)
)


def defined(filter: str, topic: str) -> bool:
    """Whether it matches, as MQTT 3.1.1 says in 4.7."""
    if topic.startswith("$") and filter[0] in "+#":
        return False
    levels, heard = filter.split("/"), topic.split("/")
    if levels[-1] == "#":
        levels.pop()
        heard = heard[: len(levels)]
    return len(levels) == len(heard) and all(a in ("+", b) for a, b in zip(levels, heard, strict=True))


@given(FILTERS, TOPICS)
def test_a_filter_matches_what_the_protocol_says(filter: str, topic: str) -> None:
    """Level by level; ``#`` is the rest and the level above it, and a wildcard at the start spares ``$``."""
    assert matches(filter, topic) is defined(filter, topic)


@given(
    st.lists(st.tuples(FILTERS, st.integers(0, 5))), st.lists(st.tuples(FILTERS, st.integers(0, 5))), TOPICS
)
def test_a_tree_finds_what_matches(
    added: list[tuple[str, int]], removed: list[tuple[str, int]], topic: str
) -> None:
    """Each value once, and none of those that were taken out again."""
    tree = FilterTree[int]()
    for each in added:
        tree.add(*each)
    tree.find(topic)  # what was found once is not taken for true for ever
    for each in removed:
        tree.discard(*each)
    left = {*added} - {*removed}
    found = tree.find(topic)
    assert len(found) == len({*found})
    assert {*found} == {value for filter, value in left if matches(filter, topic)}


@given(FILTERS, FILTERS, TOPICS)
def test_what_covers_matches_all_that_the_other_does(wide: str, narrow: str, topic: str) -> None:
    """No topic is lost where one filter stands for the other, nor where they are joined."""
    if covers(wide, narrow) and matches(narrow, topic):
        assert matches(wide, topic)
    tree = FilterTree[str]()
    if is_wild(wide):
        tree.add(wide, wide)
        if matches(wide, topic) and matches(narrow, topic):
            assert tree.meeting(narrow)
            assert matches(joined(wide, narrow), topic)


@given(st.lists(FILTERS), TOPICS)
def test_no_two_of_a_disjoint_set_meet(filters: list[str], topic: str) -> None:
    """A topic is matched by one filter at most, and by one where those given match it."""
    made = disjoint(filters, least_literal=0)
    matching = sum(matches(filter, topic) for filter in made)
    assert matching <= 1
    assert matching >= any(matches(filter, topic) for filter in filters)


@given(st.lists(FILTERS), TOPICS)
def test_a_join_that_would_hear_too_much_is_not_made(filters: list[str], topic: str) -> None:
    """Still no topic comes twice, and no filter of fewer literal levels is there that was not asked for."""
    made = disjoint(filters, least_literal=2)
    assert sum(matches(filter, topic) for filter in made) <= 1
    assert all(filter in filters or literal_levels(filter) >= 2 for filter in made)


@pytest.mark.parametrize("text", ["", "a/#/b", "a#", "a+/b", "#/a", "\0", "a/b#", "á" * 33_000])
def test_what_is_no_filter_is_known(text: str) -> None:
    """Wildcards stand alone in their level, ``#`` at the end; at most 65,535 bytes, and no null."""
    assert not is_filter(text)


@pytest.mark.parametrize("letter", [*"\n\x01\x1f\x7f\x85\ud800\udfff\ufdd0\ufffe\U0010ffff"])
def test_what_a_broker_cuts_off_for_is_in_no_topic(letter: str) -> None:
    """Controls, halves of a pair, what Unicode has set apart: it would be sent again on each connection."""
    assert not is_topic(f"a/{letter}b")
    assert not is_filter(f"a/{letter}/#")


def test_a_topic_is_a_filter_without_wildcards() -> None:
    """One publishes to topics alone."""
    assert is_topic("a/ b/ü")
    assert not is_topic("a/+")
    assert not is_topic("a/#")
