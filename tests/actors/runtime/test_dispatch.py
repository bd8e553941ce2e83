"""Actors on pooled threads: order, fairness, and what becomes of the mail of the dead."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pykka
import pytest

from actors.runtime.dispatch import PooledActor, ThreadPool
from tests.stage import FakeClock, Stage


class Recorder(PooledActor):
    """Writes down what happens to it; an exception given as a message is raised."""

    def __init__(self, dispatcher: ThreadPool | Stage, cast: list[Recorder]) -> None:
        super().__init__(dispatcher)
        cast.append(self)
        self.diary: list[object] = []
        self.undelivered: list[object] = []

    def on_start(self) -> None:
        self.diary.append("start")

    def on_receive(self, message: object) -> object:
        if isinstance(message, BaseException):
            raise message
        self.diary.append(message)
        return message

    def after_burst(self) -> None:
        self.diary.append("burst")

    def on_death(self, error: BaseException) -> None:
        self.diary.append(("died", self.handling, error))

    def on_undelivered(self, messages: Sequence[object]) -> None:
        self.undelivered += messages


@pytest.fixture
def stage() -> Stage:
    return Stage(FakeClock())


def start(stage: Stage) -> tuple[Recorder, pykka.ActorRef[Recorder]]:
    cast: list[Recorder] = []
    ref = Recorder.start(stage, cast)
    return cast[0], ref


def test_a_turn_handles_all_that_waits_and_then_the_burst_hook_once(stage: Stage) -> None:
    actor, ref = start(stage)
    for n in range(3):
        ref.tell(n)
    stage.settle()
    assert actor.diary == ["start", 0, 1, 2, "burst"]


def test_a_turn_is_bounded_so_that_others_get_theirs(stage: Stage) -> None:
    busy, busy_ref = start(stage)
    calm, calm_ref = start(stage)
    for n in range(1000):
        busy_ref.tell(n)
    calm_ref.tell("hello")
    stage.step()
    stage.step()
    assert calm.diary == ["start", "hello", "burst"]
    stage.settle()
    assert [n for n in busy.diary if isinstance(n, int)] == list(range(1000))


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt(), BaseException("panic")])
def test_any_exception_kills_its_actor_and_no_other(stage: Stage, error: BaseException) -> None:
    victim, victim_ref = start(stage)
    other, other_ref = start(stage)
    for message in ("before", error, "after"):
        victim_ref.tell(message)
    other_ref.tell("hello")
    stage.settle()
    assert not victim_ref.is_alive()
    assert ("died", error, error) in victim.diary
    assert victim.undelivered == ["after"]
    assert other_ref.is_alive()
    assert "hello" in other.diary


def test_mail_put_by_someone_who_saw_the_actor_alive_is_passed_on(stage: Stage) -> None:
    actor, ref = start(stage)
    stage.settle()
    envelope_source, source_ref = start(stage)
    source_ref.tell("late")
    late = envelope_source.actor_inbox.get()
    ref.tell(ValueError("bad"))
    stage.settle()
    actor.actor_inbox.put(late)
    stage.settle()
    assert actor.undelivered == ["late"]


def test_who_asks_gets_the_exception_and_the_actor_lives(stage: Stage) -> None:
    _, ref = start(stage)
    answer = ref.ask(ValueError("bad"), block=False)
    echo = ref.ask("echo", block=False)
    stage.settle()
    with pytest.raises(ValueError, match="bad"):
        answer.get(timeout=0)
    assert echo.get(timeout=0) == "echo"


def test_an_ask_that_finds_the_actor_dying_is_answered(stage: Stage) -> None:
    _, ref = start(stage)
    ref.tell(ValueError("bad"))
    answer = ref.ask("anyone there?", block=False)
    stage.settle()
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)


def test_who_asks_gets_a_panic_too_and_the_actor_dies_of_it(stage: Stage) -> None:
    _, ref = start(stage)
    answer = ref.ask(BaseException("panic"), block=False)
    stage.settle()
    with pytest.raises(BaseException, match="panic"):
        answer.get(timeout=0)
    assert not ref.is_alive()


def test_mail_that_nobody_wants_does_not_keep_later_mail_from_being_passed_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, ref = start(stage)
    given_back: list[object] = []

    def on_undelivered(messages: Sequence[object]) -> None:
        given_back.extend(messages)
        raise BaseException("panic")

    monkeypatch.setattr(actor, "on_undelivered", on_undelivered)
    monkeypatch.setattr(actor, "on_death", on_undelivered)
    for message in (ValueError("bad"), "first"):
        ref.tell(message)
    stage.settle()
    source, source_ref = start(stage)
    stage.settle()
    source_ref.tell("late")
    actor.actor_inbox.put(source.actor_inbox.get())
    stage.settle()
    assert given_back == ["first", "late"]


def test_stop_is_obeyed_after_the_mail_before_it(stage: Stage) -> None:
    actor, ref = start(stage)
    ref.tell(1)
    stopped = ref.stop(block=False)
    stage.settle()
    assert stopped.get(timeout=0) is True
    assert actor.diary == ["start", 1]
    assert not ref.is_alive()


def test_a_thread_pool_keeps_each_senders_order_and_one_turn_at_a_time() -> None:
    pool = ThreadPool("test", threads=4)
    pool.start()
    done = threading.Barrier(5, timeout=20)
    cast: list[Recorder] = []
    refs = [Recorder.start(pool, cast) for _ in range(20)]

    def send() -> None:
        for n in range(2000):
            refs[n % 20].tell((threading.get_ident(), n))
        done.wait()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    done.wait()
    for ref in refs:
        ref.ask("all read", timeout=20)
    for sender in senders:
        sender.join()
        for actor in cast:
            mine = [e[1] for e in actor.diary if isinstance(e, tuple) and e[0] == sender.ident]
            assert len(mine) == 100
            assert mine == sorted(mine)
    for ref in refs:
        ref.stop()
    pool.stop(timeout=5)
    assert not pool.alive
