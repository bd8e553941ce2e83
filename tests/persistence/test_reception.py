"""What is known of what the broker delivers again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.messages import Floor, Place
from persistence.schema import open_database
from persistence.store import Batch, Store

TOPIC = "dispositivos/+/estado"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "iot.db") as opened:
        yield opened


def keep(store: Store, *numbers: int) -> None:
    store.save(Batch(places=[Place(TOPIC, number) for number in numbers]))


def resumed(store: Store, floor: Floor) -> tuple[int, set[int]]:
    """The number before the first that will come, and which of the next thirty are kept."""
    known = store.save(Batch(floors={TOPIC: floor})).resumed[TOPIC]
    return known.base, {each for each in range(known.base + 1, known.base + 31) if known.holds(each)}


def test_what_was_kept_and_not_acknowledged_is_known(store: Store) -> None:
    """Also out of turn; and what was neither comes as new."""
    resumed(store, Floor(0, None))
    keep(store, 1, 2, 3)
    keep(store, 5)
    assert resumed(store, Floor(2, 40)) == (2, {3, 5})
    assert resumed(store, Floor(2, 40)) == (2, {3, 5}), "asked again before anything came"
    keep(store, 4)
    assert resumed(store, Floor(1, 44)) == (3, {4, 5})


def test_another_broker_s_messages_are_all_new(store: Store) -> None:
    """One that knows no such subscription, or was put back to an earlier day: nothing is taken for kept."""
    resumed(store, Floor(0, None))
    keep(store, *range(1, 20))
    for strange in (Floor(0, None), Floor(0, 7), Floor(3, 5)):
        base, known = resumed(store, strange)
        assert not known
        keep(store, base + 1)
        assert resumed(store, Floor(1, 1_000_000))[1] == set()
        resumed(store, Floor(0, None))
        keep(store, *range(base + 2_000_001, base + 2_000_020))


def test_a_rolled_back_transaction_has_kept_nothing(store: Store) -> None:
    """Places go with what they stand for."""
    resumed(store, Floor(0, None))
    with pytest.raises(TypeError):
        store.save(Batch(places=[Place(TOPIC, 1)], recalled=[object()]))  # type: ignore[list-item]
    assert resumed(store, Floor(0, 0))[1] == set()


def test_it_is_no_part_of_what_a_reopened_store_forgets(tmp_path: Path) -> None:
    """The next process goes on from it."""
    with Store(tmp_path / "iot.db") as first:
        resumed(first, Floor(0, None))
        keep(first, 1, 2, 4)
    with Store(tmp_path / "iot.db") as second:
        assert resumed(second, Floor(1, 9)) == (1, {2, 4})


def test_a_number_that_never_comes_takes_no_room_for_ever(store: Store) -> None:
    """What lies further back than anything under way can, was never to come."""
    resumed(store, Floor(0, None))
    keep(store, *range(2, 6000))
    assert len(store.save(Batch(floors={TOPIC: Floor(0, 0)})).resumed[TOPIC].beyond) == 0


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.sets(st.integers(0, 11)), st.integers(0, 12), st.booleans()),
        max_size=8,
    )
)
def test_each_message_is_new_once(
    tmp_path_factory: pytest.TempPathFactory, lives: list[tuple[int, set[int], int, bool]]
) -> None:
    """Whatever comes, is kept and is acknowledged in each life: what was kept is known, all else new."""
    path = tmp_path_factory.mktemp("reception") / "iot.db"
    open_database(path).close()
    floor = 0  # the broker's: messages are numbered from 1
    began = 0
    kept: set[int] = set()
    for come, those, acknowledged, told in lives:
        with Store(path) as store:
            known = store.save(Batch(floors={TOPIC: Floor(floor - began, floor)})).resumed[TOPIC]
            again = (
                store.save(Batch(floors={TOPIC: Floor(floor - began, floor)})).resumed[TOPIC]
                if told
                else known
            )
            began = floor
            assert again == known
            for offset in range(come):
                message, number = floor + offset + 1, known.base + offset + 1
                assert known.holds(number) == (message in kept)
                if offset in those or known.holds(number):
                    kept.add(message)
                    keep(store, number)
        while floor + 1 in kept and acknowledged:
            floor += 1
            acknowledged -= 1
