"""The translator under whatever devices of two families announce, say and withdraw, in any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.domain.read_models import StoredAnnouncement
from actors.messages import KeepAnnouncement, Order, OrderUnsent
from actors.mqtt.catalogue import Known
from actors.mqtt.topics.filters import FilterTree, is_wild, matches
from tests.household import actor
from tests.mqtt.nursery import Nursery
from tests.mqtt.toys import announcement

MACS = st.sampled_from(["a1", "b2", "c3"])
FAMILIES = st.sampled_from(["toys", "generic"])
BASES = st.sampled_from(["t/one", "t/two", "toys/inside", "toys/deep/inside"])
TOPICS = st.sampled_from(
    ["t/one/state", "t/two/state", "+/one/state", "t/+/state", "x/y/+", "x/+/z", "dispositivos/#"]
)
TOLD = st.fixed_dictionaries(
    {"mac": MACS, "base": BASES},
    optional={
        "id": st.sampled_from(["k", "l"]),
        "weak": st.booleans(),
        "name": st.sampled_from(["Osito", "Oso"]),
        "patience": st.just(60),
        "topics": st.lists(TOPICS, min_size=1, max_size=3),
    },
)
PAYLOADS = st.sampled_from(
    [b"{}", b'{"x":1}', b'{"encendido":true}', b"{", b"other", b"boom", b"on", b"off", b""]
)


class Fleet(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.nursery = Nursery()
        self.stored: dict[tuple[str, str, str], StoredAnnouncement] = {}
        self.quiet = True
        """Whether nobody has spoken since the broker was lost the last time."""

    # -- what happens ------------------------------------------------------------------------

    @rule(family=FAMILIES, mac=MACS, told=TOLD, damaged=st.booleans())
    def announce(self, family: str, mac: str, told: Mapping[str, object], damaged: bool) -> None:
        payload = announcement(**told)
        retained = not damaged
        self.quiet = self.quiet and retained
        self.nursery.hear(f"{family}/{mac}/announce", payload[:-1] if damaged else payload, retained)

    @rule(family=FAMILIES, told=st.lists(TOLD, max_size=3), retained=st.booleans())
    def tell_of_many(self, family: str, told: list[Mapping[str, object]], retained: bool) -> None:
        self.quiet = self.quiet and retained
        self.nursery.hear(f"{family}/bridge/devices", announcement(devices=told), retained)

    @rule(family=FAMILIES, mac=MACS | st.just("bridge"))
    def withdraw(self, family: str, mac: str) -> None:
        self.nursery.hear(f"{family}/{mac}/{'devices' if mac == 'bridge' else 'announce'}", b"")

    @rule(base=BASES, last=st.sampled_from(["state", "lwt"]), payload=PAYLOADS, retained=st.booleans())
    def speak(self, base: str, last: str, payload: bytes, retained: bool) -> None:
        self.quiet = self.quiet and retained
        self.nursery.hear(f"{base}/{last}", payload, retained)

    @rule(family=FAMILIES, of=MACS | st.sampled_from(["k", "l"]), connected=st.booleans())
    def order(self, family: str, of: str, connected: bool) -> None:
        """It is carried once, or comes back; never both."""
        nursery = self.nursery
        nursery.line.connected = connected
        nursery.line.published.clear()
        order = nursery.order_at_once(f"{family}-{of}", encendido=True)
        sent = [each for each in nursery.line.published if each.topic.endswith("/set")]
        assert len(sent) + len(nursery.of(OrderUnsent)) == 1 or self._is_refused(order)
        assert not (sent and self.quiet), "nobody has heard it"
        nursery.line.connected = True

    def _is_refused(self, order: Order) -> bool:
        known = actor(self.nursery.translator)._catalogue.known(order.serial)
        return known is not None and known.definition.body.orders.startswith("toys/")

    @rule(seconds=st.sampled_from([0.05, 0.2, 1, 20]))
    def wait(self, seconds: float) -> None:
        self.nursery.stage.wait(seconds)

    @rule()
    def connect(self) -> None:
        self.nursery.connect()

    @rule(family=FAMILIES, of=MACS)
    def forget(self, family: str, of: str) -> None:
        """It is gone, and nobody else; after a start too, until it is announced again."""
        self.nursery.stage.wait(1)
        before = self.known().keys()
        self.nursery.forget(f"{family}-{of}")
        assert f"{family}-{of}" not in self.known()
        assert self.known().keys() >= before - {f"{family}-{of}"}
        self.restart()

    @rule(back=st.booleans())
    def lose_the_broker(self, back: bool) -> None:
        """Whatever was under way comes back, once."""
        under_way = len(self.nursery.line.unconfirmed)
        self.quiet = True
        self.nursery.of(OrderUnsent)
        self.nursery.disconnect()
        assert len(self.nursery.of(OrderUnsent)) <= under_way
        if back:
            self.nursery.connect()

    @rule()
    def restart(self) -> None:
        """From what is on disk, by itself, the same devices are there."""
        self.settle()
        before = self.known()
        self.nursery, self.quiet = Nursery([*self.stored.values()], clock=self.nursery.clock), True
        assert self.known().keys() == before.keys()

    # -- what always holds -------------------------------------------------------------------

    def known(self) -> Mapping[str, Known]:
        return {each.definition.serial: each for each in actor(self.nursery.translator)._catalogue.all}

    def settle(self) -> None:
        self.nursery.stage.wait(1)
        for message in self.nursery.kept:
            if isinstance(message, KeepAnnouncement):
                key = message.dialect, message.group, message.key
                self.stored.pop(key, None)
                if message.payload:
                    self.stored[key] = StoredAnnouncement(*key, message.payload)
        assert Counter(self.nursery.settled) == Counter(self.nursery.given)

    @invariant()
    def one_thing_is_one_device(self) -> None:
        """No hardware is known by two dialects, and the directory has just those that are known."""
        known = self.known()
        families: dict[str, set[str]] = {}
        for each in known.values():
            for address in each.definition.hardware:
                families.setdefault(address, set()).add(each.dialect.name)
        assert all(len(names) == 1 for names in families.values())
        assert self.nursery.profiles().keys() == known.keys()

    @invariant()
    def no_topic_is_heard_twice(self) -> None:
        """And each of a known device's that may be heard is."""
        filters = self.nursery.line.filters
        assert max(self.nursery.line.heard.values()) <= 1
        tree = FilterTree[str]()
        for filter in filters:
            assert not tree.find(filter)
            assert not tree.meeting(filter)
            tree.add(filter, filter)
        for known in self.known().values():
            for topic in known.definition.topics:
                assert is_wild(topic) or any(matches(filter, topic) for filter in filters)

    @invariant()
    def nothing_is_published_where_devices_announce(self) -> None:
        assert not any(each.topic.startswith(("toys/", "generic/")) for each in self.nursery.line.published)

    def teardown(self) -> None:
        """Every delivery is settled, and only once."""
        if hasattr(self, "nursery"):
            self.settle()


Fleet.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestFleet = Fleet.TestCase
