"""That of each partition there is one owner, whatever stops, dies or goes back in time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from actors.cluster.keeper import Beat, Keeper
from actors.cluster.ownership import LEASE_S, Deposed, Holdings, Move, Registry, share
from actors.domain.people import Unreadable
from actors.domain.status import Hindrance
from tests.brokers import wait_until
from tests.cluster.nodes import PARTITIONS, Nodes
from tests.cluster.stores import Gone, Memory, MemoryRegistry, Tables
from tests.postgres import PostgresServer


def examples(most: int, steps: int = 50) -> settings:
    return settings(
        max_examples=most,
        stateful_step_count=steps,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


class InMemory(Nodes):
    def __init__(self) -> None:
        super().__init__(Memory(PARTITIONS))


def test_of_each_partition_there_is_one_owner() -> None:
    run_state_machine_as_test(InMemory, settings=examples(60, steps=30))


@pytest.mark.database
def test_of_each_partition_there_is_one_owner_on_postgresql(shared_postgres: PostgresServer) -> None:
    class OnServer(Nodes):
        def __init__(self) -> None:
            self.database = shared_postgres.database()
            self.tables = Tables(shared_postgres.url(self.database.__enter__()), PARTITIONS)
            super().__init__(self.tables)

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                self.tables.close()
                self.database.__exit__(None, None, None)

    # Of what fails here the steps are few enough to be read as they are.
    given = settings(examples(8, steps=20), phases=[Phase.reuse, Phase.generate], report_multiple_bugs=False)
    run_state_machine_as_test(OnServer, settings=given)


# -- wrong builds ----------------------------------------------------------------------------------


class Unfenced(Memory):
    """Whoever believes to own a partition writes."""

    def fits(self, _move: Move, /) -> bool:
        return True


class ByOwnClocks(Memory):
    """A lease ends when the node that looks believes so."""

    def registry(self, skew: float, /) -> Registry:
        return MemoryRegistry(self, lambda: self.now() + skew)


class InEpochsAlone(Memory):
    """The fence knows epochs, and no seals: a database that went back in time is not noticed."""

    def fits(self, move: Move, /) -> bool:
        return self.content.partitions[move.holding.partition].epoch == move.holding.epoch


@pytest.mark.parametrize("build", [Unfenced, ByOwnClocks, InEpochsAlone])
def test_a_wrong_build_is_found(build: type[Memory]) -> None:
    """Each of these would do until the day on which it does not."""

    class Wrong(Nodes):
        def __init__(self) -> None:
            super().__init__(build(PARTITIONS))

    given = settings(
        examples(300, steps=30),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Wrong, settings=given)


# -- one by one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("live", "each"), [(0, 64), (1, 64), (2, 32), (3, 22), (64, 1), (65, 1)])
def test_partitions_are_shared_out(live: int, each: int) -> None:
    assert share(live) == each
    assert live * each >= 64 or not live


class Silent(MemoryRegistry):
    """A registry that can be kept from answering."""

    silent = False

    def renew(self, node: str) -> int:
        if self.silent:
            raise Unreadable("no contesta", Hindrance.UNREACHABLE)
        return super().renew(node)


def test_a_lease_that_nobody_renews_ends_the_node() -> None:
    """Not before: one that is away for 3 s costs nothing. It is looked at beside a beat that hangs, too."""
    store = Memory(PARTITIONS)
    registry = Silent(store, store.now)
    keeper = Keeper("n1", registry, Holdings(), store.now, PARTITIONS)
    keeper.join()
    assert len(keeper.beat().taken) == PARTITIONS
    registry.silent = True
    store.advance(LEASE_S - 0.5)
    assert keeper.beat() == Beat()
    keeper.ensure_current()
    store.advance(0.5)
    for asked in (keeper.ensure_current, keeper.beat):
        with pytest.raises(Deposed):
            asked()


def test_who_has_too_much_is_told_once_and_keeps_it_until_it_lets_go() -> None:
    store = Memory(PARTITIONS)
    first, second = (
        Keeper(name, store.registry(0.0), Holdings(), store.now, PARTITIONS) for name in ("n1", "n2")
    )
    first.join()
    assert len(first.beat().taken) == PARTITIONS
    second.join()
    assert second.beat() == Beat()
    assert first.beat().surplus == (2, 3)
    assert first.beat() == Beat()
    first.release([2, 3])
    assert [each.partition for each in second.beat().taken] == [2, 3]


@pytest.fixture
def tables(database_url: str) -> Iterator[Tables]:
    found = Tables(database_url, PARTITIONS)
    yield found
    found.close()


def started(tables: Tables, name: str) -> tuple[Keeper, Holdings]:
    holdings = Holdings()
    keeper = Keeper(name, tables.registry(0.0), holdings, tables.now, PARTITIONS)
    keeper.join()
    return keeper, holdings


def test_a_node_that_stops_in_the_middle_keeps_no_rows(tables: Tables) -> None:
    """Its session is ended by who takes over; what it had begun is undone, what it says later refused."""
    stopped, held = started(tables, "n1")
    stopped.beat()
    moves = held.moves({0: 3, 1: 1})
    tables.begin("n1", moves)
    tables.advance(LEASE_S + 1.0)
    other, taken = started(tables, "n2")
    wait_until(lambda: bool(other.beat()) and len(taken.all()) == PARTITIONS)
    with pytest.raises(Gone):
        tables.commit("n1")
    with pytest.raises(Deposed):
        tables.begin("n1", moves)
    assert not tables.stored()
    tables.begin("n2", taken.moves({0: 3}))
    tables.commit("n2")
    assert tables.stored() == {0: [1, 2, 3]}


def test_the_same_epoch_of_another_history_is_not_the_same(tables: Tables) -> None:
    """Of a database that was put back whoever owned it before is refused, though the epoch comes again."""
    tables.keep()
    before, held = started(tables, "n1")
    before.beat()
    tables.put_back()
    again, taken = started(tables, "n2")
    again.beat()
    assert [each.epoch for each in held.all()] == [each.epoch for each in taken.all()]
    with pytest.raises(Deposed):
        tables.begin("n1", held.moves({0: 1}))
    tables.begin("n2", taken.moves({0: 1}))


def test_a_commit_that_nobody_has_heard_of_is_looked_up(tables: Tables) -> None:
    """So that it is neither done again nor left out."""
    keeper, held = started(tables, "n1")
    keeper.beat()
    tables.begin("n1", held.moves({0: 2}))
    tables.commit("n1")
    held.settle(tables.standing("n1", range(PARTITIONS)))
    assert [each.upto for each in held.all()] == [2, 0, 0, 0]
    held.settle(tables.standing("n1", range(PARTITIONS)))
    tables.begin("n1", held.moves({0: 3}))
    tables.commit("n1")
    assert tables.stored() == {0: [1, 2, 3]}


def test_a_partition_that_is_not_held_is_written_by_nobody() -> None:
    with pytest.raises(Deposed):
        Holdings().moves({0: 1})
