"""The line of deliveries, against a model of what may be acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue

import pykka
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.messages import Delivery
from actors.mqtt.intake import MAX_UNDERWAY, Intake
from tests.brokers import PATIENCE, wait_until


class Ear(pykka.ThreadingActor):
    """Keeps what it is told."""

    def __init__(self, heard: SimpleQueue[object]) -> None:
        super().__init__()
        self._heard = heard

    def on_receive(self, message: object) -> None:
        self._heard.put(message)


@pytest.fixture
def heard() -> SimpleQueue[object]:
    return SimpleQueue()


@pytest.fixture
def ear(heard: SimpleQueue[object]) -> Iterator[pykka.ActorRef[Ear]]:
    ref = Ear.start(heard)
    yield ref
    ref.stop(timeout=PATIENCE)


class IntakeMachine(RuleBasedStateMachine):
    """Deliveries arrive, are settled in any order, and connections come and go."""

    LIMIT = 6

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: list[int] = []
        self.intake = Intake(self.LIMIT, self.acknowledged.extend)
        self.ear = Ear.start(SimpleQueue())
        self.line: list[Delivery] = []
        self.settled: set[Delivery] = set()
        self.expected: list[int] = []
        self.mid = 0

    def teardown(self) -> None:
        self.ear.stop(timeout=PATIENCE)

    @precondition(lambda self: len(self.line) < self.LIMIT)
    @rule(qos=st.sampled_from([0, 1]))
    def arrive(self, qos: int) -> None:
        self.mid += 1
        delivery = Delivery(self.mid, qos, self.intake.epoch)
        assert self.intake.hand_on(delivery, self.ear, "message")
        self.line.append(delivery)

    @rule(chosen=st.sets(st.integers(0, 2 * LIMIT)))
    def settle(self, chosen: set[int]) -> None:
        """Any of the line, also such as are settled already."""
        deliveries = [delivery for i, delivery in enumerate(self.line) if i in chosen]
        self.settled.update(deliveries)
        while self.line and self.line[0] in self.settled:
            first = self.line.pop(0)
            if first.qos and first.epoch == self.intake.epoch:
                self.expected.append(first.mid)
        self.intake.settle(deliveries)

    @rule()
    def reconnect(self) -> None:
        self.intake.begin_epoch()

    @invariant()
    def acknowledged_in_order_and_on_its_own_connection(self) -> None:
        assert self.acknowledged == self.expected

    @invariant()
    def counts_what_is_under_way(self) -> None:
        assert self.intake.in_flight == len(self.line) <= self.LIMIT


TestIntake = IntakeMachine.TestCase


def test_a_message_waits_for_room(ear: pykka.ActorRef[Ear]) -> None:
    """At the limit there is none until the head of the line is settled; a stall is counted once."""
    intake = Intake(2, lambda _: None)
    deliveries = [Delivery(mid, 1, 0) for mid in (1, 2)]
    for delivery in deliveries:
        assert intake.wait_for_room(0)
        intake.hand_on(delivery, ear, delivery.mid)
    assert not intake.wait_for_room(0)
    answers: list[bool] = []
    network = threading.Thread(target=lambda: answers.append(intake.wait_for_room(PATIENCE)))
    network.start()
    intake.settle(deliveries[1:])
    assert (intake.in_flight, answers) == (2, [])
    intake.settle(deliveries[:1])
    network.join(PATIENCE)
    assert (intake.in_flight, answers, intake.stalls) == (0, [True], 1)
    for delivery in deliveries:
        intake.hand_on(delivery, ear, delivery.mid)
    assert not intake.wait_for_room(0)
    assert intake.stalls == 2


def test_closing_sends_away_whoever_waits(heard: SimpleQueue[object], ear: pykka.ActorRef[Ear]) -> None:
    """What waits for room when the intake closes may come, and is not handed on, nor what follows it."""
    intake = Intake(1, lambda _: None)
    answers: list[bool] = []
    intake.hand_on(Delivery(1, 1, 0), ear, 1)
    network = threading.Thread(target=lambda: answers.append(intake.wait_for_room(PATIENCE)))
    network.start()
    wait_until(lambda: intake.stalls == 1)
    intake.close()
    network.join(PATIENCE)
    assert answers == [True]
    assert not intake.hand_on(Delivery(2, 1, 0), ear, 2)
    assert heard.get(timeout=PATIENCE) == 1
    assert heard.empty()


def test_the_end_can_wait_for_all_to_be_settled(ear: pykka.ActorRef[Ear]) -> None:
    """What is under way when the intake closes can still be settled, and waited for."""
    intake = Intake(5, lambda _: None)
    delivery = Delivery(1, 1, 0)
    intake.hand_on(delivery, ear, "message")
    intake.close()
    assert not intake.wait_until_empty(0)
    writer = threading.Thread(target=intake.settle, args=([delivery],))
    writer.start()
    assert intake.wait_until_empty(PATIENCE)
    writer.join(PATIENCE)


def test_what_a_dead_actor_did_not_hear_is_not_under_way() -> None:
    """Nobody would ever settle it."""
    acknowledged: list[Sequence[int]] = []
    intake = Intake(5, acknowledged.append)
    dead = Ear.start(SimpleQueue())
    dead.stop(timeout=PATIENCE)
    with pytest.raises(pykka.ActorDeadError):
        intake.hand_on(Delivery(1, 1, 0), dead, "message")
    assert intake.in_flight == 0
    assert acknowledged == []


def test_what_is_large_fills_the_line_too(ear: pykka.ActorRef[Ear]) -> None:
    """Megabytes, of which thousands would fit by number, wait for each other; settled, they are gone."""
    intake = Intake(100, lambda _: None)
    deliveries = [Delivery(mid, 1, 0) for mid in range(3)]
    for delivery in deliveries:
        assert intake.wait_for_room(0)
        intake.hand_on(delivery, ear, delivery, size=MAX_UNDERWAY // 2)
        if delivery is deliveries[1]:
            assert not intake.wait_for_room(0)
            intake.settle(deliveries[:1])
    intake.settle(deliveries)
    assert intake.wait_for_room(0)
