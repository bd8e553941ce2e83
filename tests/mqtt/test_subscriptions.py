"""Filters are asked for so that none that a broker dislikes costs another."""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from actors.mqtt.subscriptions import BATCH, MOST_CUTS, Batch, Subscriptions

GRANTED = ReasonCode(PacketTypes.SUBACK, identifier=0)
REFUSED = ReasonCode(PacketTypes.SUBACK, identifier=0x80)


class FussyBroker:
    """It refuses some filters, and cuts off who asks for others."""

    def __init__(self, refusing: set[str], cutting: set[str]) -> None:
        self._refusing, self._cutting = refusing, cutting
        self.subscribed: set[str] = set()
        self.cuts = 0
        self.refused: set[str] = set()
        self._mid = 0
        self._asked: SimpleQueue[tuple[int, Batch]] = SimpleQueue()
        self.client = Subscriptions(self._subscribe, self.subscribed.difference_update)
        self.given_up: set[str] = set()

    def _subscribe(self, batch: Batch) -> int:
        assert len(batch) <= BATCH
        self._mid += 1
        self._asked.put((self._mid, batch))
        return self._mid

    def answer(self) -> None:
        """All that was asked, connecting again where it cuts off."""
        while not self._asked.empty():
            mid, batch = self._asked.get()
            if not self._cutting.isdisjoint(batch):
                self.cuts += 1
                while not self._asked.empty():
                    self._asked.get()
                self.given_up.update(self.client.lost())
                self.client.begin()
                continue
            codes = [REFUSED if filter in self._refusing else GRANTED for filter in batch]
            self.subscribed.update(set(batch) - self._refusing)
            self.refused.update(self.client.answered(mid, codes))


NUMBERS = st.integers(0, 700)


@given(st.sets(NUMBERS), st.sets(NUMBERS, max_size=3), st.sets(NUMBERS, max_size=3), st.sets(NUMBERS))
def test_all_that_can_be_heard_is(
    wanted: set[int], refused: set[int], cutting: set[int], unwanted: set[int]
) -> None:
    """Whatever the broker refuses, or cuts us off for, it hears of all else; what is not wanted is let go."""
    names = [{f"t/{each}" for each in some} for some in (wanted, refused, cutting, unwanted)]
    wishes, bad, deadly, gone = names
    broker = FussyBroker(bad, deadly)
    broker.client.change(sorted(wishes), ())
    broker.client.begin()
    broker.answer()
    assert broker.subscribed == wishes - bad - deadly
    assert broker.given_up == wishes & deadly
    assert broker.refused == (wishes & bad) - deadly
    broker.client.change((), sorted(gone))
    assert broker.subscribed == wishes - bad - deadly - gone


def test_a_broker_that_is_only_lost_is_asked_again() -> None:
    """What was under way when a connection ended is granted on the next one, and nothing is given up."""
    asked: list[Batch] = []

    def subscribe(batch: Batch) -> int:
        asked.append(batch)
        return len(asked)

    client = Subscriptions(subscribe, lambda _: None)
    client.change([f"t/{number}" for number in range(150)], ())
    assert asked == []
    client.begin()
    assert [len(batch) for batch in asked] == [100, 50]
    assert client.lost() == ()
    client.begin()
    assert len(asked) == 3
    client.answered(3, [GRANTED] * 100)
    assert [len(batch) for batch in asked] == [100, 50, 100, 50]
    client.answered(4, [GRANTED] * 50)
    client.lost()
    client.begin()
    assert sorted(filter for batch in asked[4:] for filter in batch) == sorted(
        f"t/{number}" for number in range(150)
    )


def test_what_is_let_go_while_there_is_no_broker_is_let_go_later() -> None:
    """A session remembers filters; so it is told, as soon as it can be."""
    gone: list[Sequence[str]] = []
    client = Subscriptions(lambda _: 1, gone.append)
    client.change(["a", "b"], ())
    client.change((), ["a"])
    assert gone == []
    client.begin()
    assert gone == [("a",)]


def test_what_is_wanted_again_is_asked_for_again() -> None:
    """Given up, and no more wanted, it is forgotten: what was given up does not become more and more."""
    broker = FussyBroker(set(), {"deadly"})
    broker.client.begin()
    for _ in range(2):
        broker.cuts = 0
        broker.client.change(["a", "deadly"], [])
        broker.answer()
        assert broker.subscribed == {"a"}
        assert broker.cuts >= MOST_CUTS, "it is tried anew"
        broker.client.change([], ["a", "deadly"])
        assert not broker.client._given_up
        assert not broker.client._cuts
