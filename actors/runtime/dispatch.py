"""Many Pykka actors on a few threads.

A thread an actor costs 3.4 KB to 23 KB and, with thousands of them, most of the throughput: of 5,000
actors on 2 cores, 12,000 messages a second pass with a thread each and 66,000 with four threads in
common. So an actor here has no thread. Putting something into its inbox hands the actor to a
:class:`Dispatcher`, which sooner or later calls :meth:`PooledActor.take_turn` on one thread at a
time; which actor comes next is the dispatcher's to say, so that a test can say it.

An actor takes 0.9 KB at rest, where the usual event and deque would make it 2.7: a house of 2,000 devices has
10,000 actors.

What of Pykka's internals is relied upon (``_create_actor_inbox``, ``_create_future``,
``_start_actor_loop``, ``_handle_receive``, ``_handle_failure``, ``_actor_loop_teardown``, ``_stop``,
``_actor_ref``, ``_ActorStop``) is relied upon in this file alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, ClassVar, Final, Protocol

import pykka
from pykka._actor import ActorInbox
from pykka._envelope import Envelope
from pykka.messages import ProxyCall, ProxyGetAttr, ProxySetAttr, _ActorStop

logger = logging.getLogger(__name__)

# What Pykka handles by itself. It compares each message with each of them, as long as all else here takes.
_PYKKAS: Final = frozenset({_ActorStop, ProxyCall, ProxyGetAttr, ProxySetAttr})


class Dispatcher(Protocol):
    def submit(self, actor: PooledActor) -> None:
        """See to it that the actor takes a turn. Called from any thread; must not block."""


class Threads(Dispatcher, Protocol):
    """A dispatcher with threads of its own; :class:`ThreadPool`, but where a test has one that it steps."""

    def start(self) -> None: ...

    def stop(self, timeout: float) -> None:
        """Serve until nobody wants a turn any more, then end the threads; ``timeout`` s for each."""

    @property
    def alive(self) -> bool: ...

    @property
    def waiting(self) -> int:
        """Actors that wait for a thread."""


def tell_if_alive(ref: pykka.ActorRef[Any], message: object) -> bool:
    """For whoever may outlive whom it tells; whether it was alive.

    Timers may, threads of libraries, and actors, which at the end stop one after the other and may have a
    turn left. What is told then is on no disk: not acknowledged, it comes again or is asked for again.
    """
    try:
        ref.tell(message)
    except pykka.ActorDeadError:
        logger.debug("told_the_dead actor=%s message=%r", ref, message)
        return False
    return True


class _Stopped:
    """Whether an actor has stopped. Nobody waits for that here, so there is no need for an event, which holds
    1.1 KB.
    """

    __slots__ = ("_is_set",)

    def __init__(self) -> None:
        self._is_set = False

    def set(self) -> None:
        self._is_set = True

    def is_set(self) -> bool:
        return self._is_set


class _Inbox:
    """A mailbox that tells its owner when something lies in it. Empty, a deque would hold 760 bytes, and this
    queue 170.
    """

    __slots__ = ("_asks_to_stop", "_envelopes", "_owner")

    def __init__(self) -> None:
        self._envelopes: SimpleQueue[Envelope[Any]] = SimpleQueue()
        self._owner: Callable[[Envelope[Any]], None] | None = None
        self._asks_to_stop = False

    def belongs_to(self, owner: Callable[[Envelope[Any]], None]) -> None:
        self._owner = owner

    def put(self, envelope: Envelope[Any], /) -> None:
        if type(envelope.message) is _ActorStop:
            self._asks_to_stop = True
        self._envelopes.put(envelope)
        if self._owner is not None:
            self._owner(envelope)

    def get(self) -> Envelope[Any]:
        return self._envelopes.get_nowait()

    def empty(self) -> bool:
        return self._envelopes.empty()

    def asks_to_stop(self) -> bool:
        """Whether anything in it has, or had."""
        return self._asks_to_stop

    def __len__(self) -> int:
        return self._envelopes.qsize()


class _Reference(pykka.ActorRef[Any]):
    """As Pykka's, with fewer calls on the way of each message."""

    actor_inbox: _Inbox
    actor_stopped: _Stopped  # type: ignore[assignment]

    def tell(self, message: Any) -> None:
        if self.actor_stopped.is_set():
            raise pykka.ActorDeadError(f"{self} not found")
        self.actor_inbox.put(Envelope(message))


class PooledActor(pykka.Actor):
    """An actor without a thread of its own; subclass it as any Pykka actor.

    ``on_receive`` handles a message, ``after_burst`` whatever is better done once for many. An
    exception (of any kind: libraries raise ``BaseException`` too) kills this actor and no other:
    ``on_death`` is told, and what its inbox still holds goes to ``on_undelivered``. Ctrl-C is not
    among them: the main thread alone is interrupted by it, and no actor takes its turn there.
    """

    burst: ClassVar[int] = 64
    """Messages a turn: enough to make the hand-over cheap, few enough that nobody else waits long."""

    actor_inbox: _Inbox

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__()
        self.actor_stopped = _Stopped()  # type: ignore[assignment]
        self._actor_ref = _Reference(self)
        self._dispatcher = dispatcher
        # Held from the moment that the actor is handed to the dispatcher until its turn is over.
        self._has_turn = threading.Lock()
        self._started = False
        self.handling: object | None = None
        """The message of the moment."""
        self.actor_inbox.belongs_to(self._want_turn)

    @staticmethod
    def _create_actor_inbox() -> ActorInbox:
        return _Inbox()

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return pykka.ThreadingFuture()

    def _start_actor_loop(self) -> None:
        self._want_turn()

    @property
    def waiting(self) -> int:
        """Messages in the inbox."""
        return len(self.actor_inbox)

    def after_burst(self) -> None:
        """Called after each turn's messages, in the same thread."""

    def on_death(self, error: BaseException) -> None:
        """Called when ``error`` has killed this actor; :attr:`handling` is the message it died of."""

    def on_undelivered(self, messages: Sequence[object]) -> None:
        """Called with the messages that found this actor dead, oldest first."""

    def end_at_once(self) -> None:
        """To be called while handling a message, which is then the last; what lies behind it goes to
        :meth:`on_undelivered`."""
        self._stop()

    def _want_turn(self, _arrived: Envelope[Any] | None = None) -> None:
        if self._has_turn.acquire(blocking=False):
            self._dispatcher.submit(self)

    def take_turn(self) -> None:
        """Handle up to ``burst`` messages. For the dispatcher, on one thread at a time."""
        if not self.actor_stopped.is_set():
            try:
                self._live()
            except BaseException as error:  # a library's panic must not take the pool's thread along
                self._fail(error)
                if not self.actor_stopped.is_set():
                    return  # it keeps its turn, and goes on when it likes to
        if self.actor_stopped.is_set():
            self._leave()
        self._has_turn.release()
        if not self.actor_inbox.empty():
            self._want_turn()

    def _live(self) -> None:
        if not self._started:
            self.on_start()
            self._started = True
        for _ in range(min(self.burst, len(self.actor_inbox))):
            envelope = self.actor_inbox.get()
            self.handling = message = envelope.message
            if envelope.reply_to is not None:
                self._answer(envelope)
            elif type(message) in _PYKKAS:
                self._handle_receive(message)
            else:
                self.on_receive(message)
            if self.actor_stopped.is_set():
                return
        self.handling = None
        self.after_burst()

    def _answer(self, envelope: Envelope[Any]) -> None:
        """As in Pykka: who asks gets the exception, and the actor lives on, unless it is a panic."""
        assert envelope.reply_to is not None
        try:
            envelope.reply_to.set(self._handle_receive(envelope.message))
        except BaseException as error:
            logger.info("ask_failed actor=%s", self, exc_info=True)
            envelope.reply_to.set_exception()
            if not isinstance(error, Exception):
                raise

    def _fail(self, error: BaseException) -> None:
        """What becomes of it after ``error``: here, it dies."""
        self._handle_failure(type(error), error, error.__traceback__)
        try:
            self.on_death(error)
        except BaseException:
            logger.exception("on_death_failed actor=%s", self)

    def _leave(self) -> None:
        """Pass on what is left; also what arrives later, as each arrival gives another turn."""
        left = []
        envelopes = self.actor_inbox
        for _ in range(len(envelopes)):
            envelope = envelopes.get()
            if envelope.reply_to is None:
                left.append(envelope.message)
            else:
                envelope.reply_to.set_exception(
                    (pykka.ActorDeadError, pykka.ActorDeadError(f"{self.actor_ref} stopped"), None)
                )
        if not left:
            return
        try:
            self.on_undelivered(left)
        except BaseException:  # whatever arrives later has to find its way here too
            logger.exception("on_undelivered_failed actor=%s messages=%d", self, len(left))


class RestingActor(PooledActor):
    """One that can keep its turn for a while, during which its mail waits; but not for a stop."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        super().__init__(dispatcher)
        self._resting = False
        # Between those who end a rest: one of them hands the actor to the dispatcher.
        self._rest_ends = threading.Lock()

    def _rest(self) -> None:
        """Take no turn until :meth:`_go_on`. For :meth:`_fail` only, as the turn is then its own."""
        self._resting = True
        self.actor_inbox.belongs_to(self._look_up)
        if self.actor_inbox.asks_to_stop():
            self._go_on()

    def _look_up(self, arrived: Envelope[Any]) -> None:
        if isinstance(arrived.message, _ActorStop):
            self._go_on()

    def _go_on(self) -> None:
        with self._rest_ends:
            rested, self._resting = self._resting, False
        if rested:
            self.actor_inbox.belongs_to(self._want_turn)
            self._dispatcher.submit(self)


class ThreadPool:
    """``threads`` threads that serve actors first come, first served. Implements :class:`Threads`."""

    def __init__(self, name: str, threads: int) -> None:
        self._ready: SimpleQueue[PooledActor | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"{name}-{i}", daemon=True) for i in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float) -> None:
        self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout)

    @property
    def alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    @property
    def waiting(self) -> int:
        return self._ready.qsize()

    def submit(self, actor: PooledActor) -> None:
        self._ready.put(actor)

    def _serve(self) -> None:
        while True:
            actor = self._ready.get()
            if actor is not None:
                self._let(actor)
            elif self._ready.empty():
                # For the next thread; the last one sees to what the others' last turns have led to.
                self._ready.put(None)
                return
            else:
                self._ready.put(None)

    def _let(self, actor: PooledActor) -> None:
        try:
            actor.take_turn()
        except BaseException:
            logger.exception("turn_failed actor=%s", actor)
