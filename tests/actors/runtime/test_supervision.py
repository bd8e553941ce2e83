"""An actor that fails goes on, later and later; its mail waits, in order, and nobody is forgotten."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any, ClassVar, TypeAlias

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.runtime.clock import SystemClock
from actors.runtime.dispatch import ThreadPool
from actors.runtime.supervision import (
    CORE_DELAY,
    LONGEST_DELAY,
    MOST_FAILURES,
    WINDOW,
    FailureRegistry,
    Name,
    Part,
    Restart,
    RestartPolicy,
    SupervisedActor,
    one_line,
)
from tests.stage import FakeClock, Stage


class Panic(BaseException):
    """As libraries in Rust raise them: no ``Exception``."""


Error: TypeAlias = type[BaseException]

ERRORS = [ValueError, Panic, SystemExit, KeyboardInterrupt]
SOME_ERROR = st.sampled_from([ValueError, Panic])


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """The failures here are planted."""
    caplog.set_level(logging.CRITICAL)


# -- how long, and how often ---------------------------------------------------------------------


def test_delays_double_and_the_fifth_failure_within_a_minute_is_one_too_many() -> None:
    policy = RestartPolicy()
    restarts = [policy.after_failure(at) for at in (0, 1, 2, 3, 59)]
    assert [restart.delay for restart in restarts] == [0.1, 0.2, 0.4, 0.8, LONGEST_DELAY]
    assert [restart.quarantined for restart in restarts] == [False] * 4 + [True]
    assert restarts[-1].failures == MOST_FAILURES


def test_failures_that_are_far_enough_apart_are_forgotten() -> None:
    policy = RestartPolicy()
    restarts = [policy.after_failure(at) for at in range(0, 10_000, 16)]
    assert max(restart.delay for restart in restarts) == pytest.approx(0.8)
    assert RestartPolicy().after_failure(0) == Restart(0.1, False, 1)


def test_one_failure_soon_after_a_quarantine_is_enough_for_another() -> None:
    policy = RestartPolicy(CORE_DELAY)
    for at in range(MOST_FAILURES):
        end = at + policy.after_failure(at).delay
    assert end == MOST_FAILURES - 1 + CORE_DELAY
    end += WINDOW + policy.after_failure(end + WINDOW).delay
    assert end == MOST_FAILURES - 1 + 2 * CORE_DELAY + WINDOW
    assert policy.after_failure(end + WINDOW + 1) == Restart(0.1, False, MOST_FAILURES + 2)


def test_the_failure_registry_tells_the_indispensable_first_and_since_when() -> None:
    book, much = FailureRegistry(), Restart(30.0, True, 5)
    device, rule_of_it, writer = Name(Part.DEVICE, "A"), Name(Part.RULE, "A", "learn"), Name(Part.WRITER)
    book.note(device, Restart(0.1, False, 1), "first", 1.0)
    assert book.quarantined == []
    for at, name in enumerate((device, rule_of_it, writer, device), 2):
        book.note(name, much, f"at {at}", float(at))
    found = [(case.name, case.since, case.error) for case in book.quarantined]
    assert found == [(writer, 4.0, "at 4"), (device, 2.0, "at 5"), (rule_of_it, 3.0, "at 3")]
    book.release(device)
    assert [case.name for case in book.quarantined] == [writer, rule_of_it]
    assert (book.failures(Part.DEVICE), book.failures(Part.RULE, Part.WRITER)) == (3, 2)


def test_an_error_is_told_in_few_words_even_if_it_cannot_say_what_it_is() -> None:
    class Mute(Exception):
        def __repr__(self) -> str:
            raise ValueError

    assert one_line(Mute()) == "Mute"
    assert len(one_line(ValueError("x" * 10_000))) == 200


# -- one actor -----------------------------------------------------------------------------------


class Worker(SupervisedActor):
    """Does as it is told: raises what it is sent, and what is planted in its hooks."""

    part: ClassVar[Part] = Part.WRITER

    def __init__(self, dispatcher: Stage | ThreadPool, clock: Any, failure_registry: FailureRegistry) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self.diary: list[object] = []
        self.refused: list[object] = []
        self.starts: deque[Error] = deque()
        self.bursts: deque[Error] = deque()
        self.on_fault_raises = False

    def on_start(self) -> None:
        if self.starts:
            raise self.starts.popleft()("planted")
        self.diary.append("start")

    def on_receive(self, message: object) -> object:
        match message:
            case BaseException():
                raise message
            case (_, type() as kind):
                raise kind("planted")
        self.diary.append(message)
        return message

    def after_burst(self) -> None:
        if self.bursts:
            raise self.bursts.popleft()("planted")

    def on_fault(self, error: BaseException) -> None:  # noqa: ARG002
        self.refused.append(self.handling)
        if self.on_fault_raises:
            raise Panic


class Workshop:
    """A worker on a stage."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stage = Stage(self.clock)
        self.failure_registry = FailureRegistry()
        self.ref = Worker.start(self.stage, self.clock, self.failure_registry)
        found = self.ref._actor_weakref()
        assert found is not None
        self.worker = found

    def tell(self, *messages: object) -> None:
        for message in messages:
            self.ref.tell(message)


@pytest.fixture
def shop() -> Workshop:
    return Workshop()


@pytest.mark.parametrize("kind", ERRORS)
def test_it_goes_on_behind_the_message_that_it_failed_over(shop: Workshop, kind: Error) -> None:
    error = kind("planted")
    shop.tell("before", error, "after")
    shop.stage.settle()
    assert shop.worker.diary == ["start", "before"]
    shop.tell("later")
    shop.stage.wait(0.09)
    assert shop.worker.diary == ["start", "before"], "its mail waits"
    shop.stage.wait(0.02)
    assert shop.worker.diary == ["start", "before", "after", "later"]
    assert shop.worker.refused == [error]
    assert shop.ref.is_alive()
    assert shop.failure_registry.failures(Part.WRITER) == 1


@pytest.mark.parametrize("kind", ERRORS)
def test_it_starts_and_ends_its_bursts_again_until_that_succeeds(shop: Workshop, kind: Error) -> None:
    shop.worker.starts.extend([kind, kind])
    shop.worker.bursts.append(kind)
    shop.tell(1, 2)
    shop.stage.wait(5)
    assert shop.worker.diary == ["start", 1, 2]
    assert shop.worker.refused == [None, None, None]
    assert shop.stage.idle


def test_a_fault_while_seeing_to_a_fault_holds_up_nothing(shop: Workshop) -> None:
    shop.worker.on_fault_raises = True
    shop.tell(Panic(), "after")
    shop.stage.wait(1)
    assert shop.worker.diary == ["start", "after"]


def test_quarantine_is_shown_until_it_works_again(shop: Workshop) -> None:
    """Its mail waits; it is tried every 30 s, and is out as soon as one turn has gone well."""
    shop.tell("first")
    shop.stage.settle()
    shop.worker.bursts.extend([ValueError] * (MOST_FAILURES + 2))
    shop.tell("second")
    shop.stage.wait(2)
    since = shop.failure_registry.quarantined[0].since
    shop.tell("third")
    shop.stage.wait(CORE_DELAY - 2.1)
    assert shop.worker.diary == ["start", "first", "second"]
    shop.stage.wait(2 * CORE_DELAY)
    (case,) = shop.failure_registry.quarantined
    assert (case.name, case.since) == (Name(Part.WRITER), since)
    assert (case.failures, case.error) == (MOST_FAILURES + 2, "ValueError('planted')")
    shop.stage.wait(CORE_DELAY)
    assert shop.failure_registry.quarantined == []
    assert shop.worker.diary == ["start", "first", "second", "third"]


def test_who_asks_gets_the_exception_and_only_a_panic_is_a_failure(shop: Workshop) -> None:
    bad, worse = (shop.ref.ask(error, block=False) for error in (ValueError("bad"), Panic("worse")))
    echo = shop.ref.ask("echo", block=False)
    shop.stage.settle()
    with pytest.raises(ValueError, match="bad"):
        bad.get(timeout=0)
    with pytest.raises(Panic, match="worse"):
        worse.get(timeout=0)
    assert shop.failure_registry.failures(Part.WRITER) == 1
    shop.stage.wait(1)
    assert echo.get(timeout=0) == "echo"


def test_a_stop_waits_for_no_quarantine_but_for_the_mail_before_it(shop: Workshop) -> None:
    shop.tell(*[ValueError("planted")] * MOST_FAILURES)
    shop.stage.wait(2)
    assert shop.failure_registry.quarantined
    shop.tell("last", Panic(), "very last")
    stopped = shop.ref.stop(block=False)
    shop.stage.settle()
    assert stopped.get(timeout=0) is True
    assert shop.worker.diary == ["start", "last", "very last"]


def test_one_that_cannot_even_start_can_be_stopped(shop: Workshop) -> None:
    shop.worker.starts.extend([ValueError] * 100)
    shop.stage.settle()
    stopped = shop.ref.stop(block=False)
    shop.stage.settle()
    assert not shop.ref.is_alive()
    assert stopped.get(timeout=0) is False, "it was dead before it read that"


def test_on_real_threads_each_senders_mail_survives_failures_in_its_order() -> None:
    pool, clock, failure_registry = ThreadPool("test", threads=4), SystemClock(), FailureRegistry()
    pool.start()
    clock.start()
    ref = Worker.start(pool, clock, failure_registry)
    worker = ref._actor_weakref()
    assert worker is not None

    def send(name: int) -> None:
        for n in range(500):
            ref.tell((name, n))
        if name < MOST_FAILURES - 1:
            ref.tell(Panic())

    senders = [threading.Thread(target=send, args=[name]) for name in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    ref.ask("all read", timeout=60)
    for name in range(6):
        assert [each[1] for each in worker.diary if isinstance(each, tuple) and each[0] == name] == [
            *range(500)
        ]
    assert failure_registry.failures(Part.WRITER) == len(worker.refused) == MOST_FAILURES - 1
    ref.tell(Panic())
    assert ref.stop(timeout=20), "though it is in quarantine"
    pool.stop(timeout=20)
    clock.stop()


# -- anything, in any order ----------------------------------------------------------------------


class Supervision(RuleBasedStateMachine):
    """Messages are pairs of a number and the kind of error, if any, that they make the worker raise."""

    def __init__(self) -> None:
        super().__init__()
        self.shop = Workshop()
        self.sent: list[int] = []

    @rule(kinds=st.lists(st.sampled_from([None, None, None, None, ValueError, Panic]), max_size=70))
    def tell(self, kinds: list[Error | None]) -> None:
        for kind in kinds:
            self.sent.append(len(self.sent))
            self.shop.tell((self.sent[-1], kind))

    @rule(kind=SOME_ERROR)
    def its_burst_fails(self, kind: Error) -> None:
        self.shop.worker.bursts.append(kind)

    @precondition(lambda self: not self.shop.worker.diary)
    @rule(kind=SOME_ERROR)
    def its_start_fails(self, kind: Error) -> None:
        self.shop.worker.starts.append(kind)

    @precondition(lambda self: not self.shop.stage.idle)
    @rule()
    def a_turn(self) -> None:
        self.shop.stage.step()

    @rule(seconds=st.sampled_from([0.05, 0.1, 0.4, 0.8, 1.0, 29.0, 30.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.shop.stage.wait(seconds)

    def over(self) -> list[int]:
        """Of what was sent, what was handled and what was refused."""
        worker = self.shop.worker
        handled = [message[0] for message in worker.diary if isinstance(message, tuple)]
        refused = [message[0] for message in worker.refused if isinstance(message, tuple)]
        assert handled == sorted(handled)
        assert refused == sorted(refused)
        return sorted(handled + refused)

    @invariant()
    def each_message_is_handled_once_or_refused_once_or_waits_in_order(self) -> None:
        over = self.over()
        assert over == self.sent[: len(over)]
        assert self.shop.worker.waiting == len(self.sent) - len(over)

    @invariant()
    def who_has_mail_has_a_turn_or_an_alarm(self) -> None:
        if self.shop.worker.waiting and self.shop.stage.idle:
            assert self.shop.clock.next_due() is not None

    @invariant()
    def a_failure_is_counted(self) -> None:
        assert self.shop.failure_registry.failures(Part.WRITER) == len(self.shop.worker.refused)

    def teardown(self) -> None:
        while not self.shop.stage.idle or self.shop.clock.next_due() is not None:
            self.shop.stage.wait(CORE_DELAY)
        assert self.over() == self.sent
        assert self.shop.failure_registry.quarantined == []
        stopped = self.shop.ref.stop(block=False)
        self.shop.stage.settle()
        assert stopped.get(timeout=0) is True


TestSupervision = Supervision.TestCase
TestSupervision.settings = settings(max_examples=100, stateful_step_count=30)
