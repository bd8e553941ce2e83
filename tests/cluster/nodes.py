"""Nodes that write a log down, whatever happens: they stop, go on, die, and the store goes back in time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.cluster.keeper import Keeper
from actors.cluster.ownership import LEASE_S, Deposed, Holdings, Move
from actors.domain.people import Unreadable
from tests.cluster.stores import Busy, Gone, Store

PARTITIONS = 4
MOST_NODES = 3
SKEWS = st.sampled_from([0.0, 0.0, -30.0, 30.0, 2.0, -2.0])
"""How wrong nodes' own clocks are, s."""

some = precondition(lambda self: bool(self.nodes))


@dataclass
class Node:
    name: str
    keeper: Keeper
    holdings: Holdings
    under_way: Sequence[Move] = ()
    """Of a transaction that is open, or of which nobody has heard what became."""
    unheard: bool = False
    leaving: set[int] = field(default_factory=set)


@dataclass
class Truth:
    """Who was last given each partition, as it was in the store's own history."""

    owners: dict[int, str] = field(default_factory=dict)
    renewed: dict[str, float] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)
    """Nodes that have gone in order."""


class Nodes(RuleBasedStateMachine):
    """Several nodes, a log and a store. What may not be is asserted where it would be seen first."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.said = dict.fromkeys(range(PARTITIONS), 0)
        """The last position of each partition's log."""
        self.nodes: list[Node] = []
        self.count = 0
        self.truth = Truth()
        self.kept = Truth()

    def node(self, data: st.DataObject) -> Node:
        return self.nodes[data.draw(st.integers(0, len(self.nodes) - 1), "node")]

    # -- what happens --------------------------------------------------------------------------------

    @rule(partition=st.integers(0, PARTITIONS - 1), many=st.integers(1, 3))
    def devices_speak(self, partition: int, many: int) -> None:
        self.said[partition] += many

    @rule(seconds=st.sampled_from([0.5, 1.0, 1.0, 3.0, 5.5, 7.0]))
    def time_passes(self, seconds: float) -> None:
        self.store.advance(seconds)

    @initialize(skews=st.lists(SKEWS, min_size=1, max_size=MOST_NODES))
    def some_nodes_start(self, skews: list[float]) -> None:
        for skew in skews:
            self.beat(self.start(skew))

    @precondition(lambda self: len(self.nodes) < MOST_NODES)
    @rule(skew=SKEWS)
    def a_node_starts(self, skew: float) -> None:
        self.start(skew)

    def start(self, skew: float) -> Node:
        self.count += 1
        holdings = Holdings()
        name = f"n{self.count}"
        keeper = Keeper(name, self.store.registry(skew), holdings, self.store.now, PARTITIONS)
        keeper.join()
        node = Node(name, keeper, holdings)
        self.nodes.append(node)
        self.truth.renewed[name] = keeper.renewed_at
        return node

    @some
    @rule(data=st.data())
    def a_node_beats(self, data: st.DataObject) -> None:
        self.beat(self.node(data))

    @rule()
    def all_beat(self) -> None:
        for node in list(self.nodes):
            self.beat(node)

    def beat(self, node: Node) -> None:
        asked = self.store.now()
        held = {each.partition for each in node.holdings.all()}
        try:
            beat = node.keeper.beat()
        except Deposed:
            known = self.truth.renewed.get(node.name)
            idle = self.store.now() - (known if known is not None else -LEASE_S)
            assert idle >= LEASE_S, f"{node.name} was to end, which lived {idle} s ago"
            self.end(node)
            return
        if node.keeper.renewed_at >= asked:  # else the store could not be asked
            self.truth.renewed[node.name] = node.keeper.renewed_at
            self.free(node, [each for each in self.truth.owners if each not in held])
        for each in beat.taken:
            self.may_be_taken(self.truth.owners.get(each.partition), node)
            self.truth.owners[each.partition] = node.name
        node.leaving |= set(beat.surplus)

    def may_be_taken(self, owner: str | None, by: Node) -> None:
        """Nobody is robbed who has renewed its lease in time."""
        if owner is not None and owner not in self.truth.free:
            idle = self.store.now() - self.truth.renewed[owner]
            assert idle >= LEASE_S, f"{by.name} took what {owner} has, which lived {idle} s ago"

    def end(self, node: Node) -> None:
        """A process that must end does, whatever it was about."""
        self.store.cut(node.name)
        self.nodes.remove(node)

    @rule()
    def a_second_passes_in_order(self) -> None:
        self.second_without(None)

    def second_without(self, stopped: Node | None) -> None:
        """Devices speak, and all nodes but this do as they should."""
        for partition in self.said:
            self.said[partition] += 1
        self.store.advance(1.0)
        for node in list(self.nodes):
            if node is not stopped:
                self.beat(node)
                self.write(node)
                self.hand_over(node)

    @some
    @rule(data=st.data())
    def a_node_stops_for_a_while_and_goes_on(self, data: st.DataObject) -> None:
        """In the middle of what it was about; and writes before it hears that it was given up."""
        node = self.node(data)
        for _ in range(8):
            self.second_without(node)
        self.write(node)

    @rule()
    def the_store_goes_back_by_some_seconds(self) -> None:
        self.a_copy_is_made()
        for _ in range(3):
            self.second_without(None)
        self.the_copy_is_put_back()

    @some
    @rule(data=st.data())
    def a_node_begins_to_write(self, data: st.DataObject) -> None:
        self.begin(self.node(data), data.draw(st.integers(1, 3)))

    def begin(self, node: Node, most: int) -> None:
        """So many of what each partition's log has for it, if it has heard what became of those before."""
        if node.under_way and not node.unheard:
            return
        upto = {
            each.partition: min(each.upto + most, self.said[each.partition])
            for each in node.holdings.all()
            if each.upto < self.said[each.partition]
        }
        try:
            if node.unheard:
                self.settle(node)
                return
            if upto:
                moves = node.holdings.moves(upto)
                self.store.begin(node.name, moves)
                node.under_way = moves
        except Deposed:
            self.end(node)
        except Gone:
            self.store.cut(node.name)
        except Busy:
            pass

    def settle(self, node: Node) -> None:
        self.store.cut(node.name)
        held = [each.partition for each in node.holdings.all()]
        node.holdings.settle(self.store.standing(node.name, held))
        node.unheard, node.under_way = False, ()

    @some
    @rule(data=st.data(), heard=st.sampled_from([True, True, True, False]))
    def a_node_commits(self, data: st.DataObject, heard: bool) -> None:
        node = self.node(data)
        if node.under_way and not node.unheard:
            self.commit(node, heard)

    def commit(self, node: Node, heard: bool) -> None:
        try:
            self.store.commit(node.name)
        except Gone:
            node.unheard = True
            return
        for move in node.under_way:
            owner = self.truth.owners.get(move.holding.partition)
            assert owner == node.name, f"{node.name} has committed for {move}, which {owner} owns"
        if heard:
            node.holdings.committed(node.under_way)
            node.under_way = ()
        node.unheard = not heard

    @some
    @rule(data=st.data())
    def a_session_is_cut(self, data: st.DataObject) -> None:
        node = self.node(data)
        self.store.cut(node.name)
        node.unheard = bool(node.under_way)

    @some
    @rule(data=st.data(), how=st.sampled_from(["dies", "is unplugged", "leaves in order"]))
    def a_node_ends(self, data: st.DataObject, how: str) -> None:
        """Nobody tells the store of a machine that is unplugged, whose transaction stays open there."""
        node = self.node(data)
        if how == "dies":
            self.store.cut(node.name)
        elif how == "leaves in order":
            self.write(node)
            if node not in self.nodes:
                return
            with suppress(Unreadable):
                node.keeper.leave()
                self.truth.free.add(node.name)
            self.store.cut(node.name)
        self.nodes.remove(node)

    @some
    @rule(data=st.data())
    def a_node_hands_over(self, data: st.DataObject) -> None:
        self.hand_over(self.node(data))

    def hand_over(self, node: Node) -> None:
        if node.leaving and not node.under_way:
            going = sorted(node.leaving)
            node.leaving.clear()
            with suppress(Unreadable):  # which the next beat makes good
                node.keeper.release(going)
                self.free(node, going)

    def free(self, node: Node, partitions: Sequence[int]) -> None:
        for each in partitions:
            if self.truth.owners.get(each) == node.name:
                del self.truth.owners[each]

    @rule()
    def a_copy_is_made(self) -> None:
        self.store.keep()
        self.kept = deepcopy(self.truth)

    @rule()
    def the_copy_is_put_back(self) -> None:
        self.store.put_back()
        self.truth = deepcopy(self.kept)
        for node in self.nodes:
            node.unheard = bool(node.under_way)

    # -- what has to be so ---------------------------------------------------------------------------

    @invariant()
    def each_entry_is_stored_once_and_in_order(self) -> None:
        for partition, stored in self.store.stored().items():
            assert list(stored) == list(range(1, len(stored) + 1)), f"{partition}: {stored}"
            assert len(stored) <= self.said[partition]

    def teardown(self) -> None:
        """Whatever has happened: those that are left take all of it on, and so does one that starts alone."""
        self.settle_down()
        if self.nodes:
            held = {each.partition for node in self.nodes for each in node.holdings.all()}
            assert held == set(range(PARTITIONS))
            self.all_is_stored()
        self.nodes.clear()
        self.store.advance(LEASE_S + 1.0)
        self.start(0.0)
        self.settle_down()
        self.all_is_stored()

    def settle_down(self) -> None:
        """As it is where nothing more happens than that devices speak, for longer than a lease."""
        for _ in range(10):
            self.second_without(None)

    def write(self, node: Node) -> None:
        for _ in range(2):  # what it is about, and the rest
            if node in self.nodes:
                self.begin(node, most=1_000_000)
            if node in self.nodes and node.under_way and not node.unheard:
                self.commit(node, heard=True)

    def all_is_stored(self) -> None:
        stored = self.store.stored()
        assert {each: len(stored.get(each, ())) for each in self.said} == self.said
