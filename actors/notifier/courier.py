"""Who carries messages out of the house: a thread for each that is on its way, so that no actor waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from actors.domain.findings import Severity
from actors.domain.notices import Address, ChannelSecrets, Hitch, Moment, Notice, Subscription, Tried
from actors.notifier import services
from actors.notifier.message import Message
from actors.notifier.outbox import Lane
from actors.notifier.web_push import PushSender
from actors.runtime.clock import Clock

logger = logging.getLogger(__name__)

# After which a service counts as not having answered, whatever its library still waits for, s.
LONGEST_TRY_S: Final = 18.0
# Threads of one lane that have been given up and not ended, as its service says a byte at a time: one that
# hangs does not keep it from being tried, a service that always does takes no more.
MOST_HANGING: Final = 2
# Threads of all, most of which then hang.
MOST_THREADS: Final = 64
# Those of them that nothing takes but what is critical.
FOR_CRITICAL: Final = 24


class _Trip:
    """One message on its way; whoever is first says what came of it."""

    def __init__(self, done: Callable[[Tried], object]) -> None:
        self._done: Callable[[Tried], object] | None = done
        self._lock = threading.Lock()

    def end(self, tried: Tried) -> None:
        with self._lock:
            done, self._done = self._done, None
        if done is not None:
            done(tried)


class ThreadCourier:
    """Implements :class:`actors.notifier.actor.Courier`. ``home`` is the page's address, "" for none."""

    def __init__(
        self, secrets: ChannelSecrets, clock: Clock, pusher: Callable[[], PushSender], home: Callable[[], str]
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._pusher = pusher
        self._home = home
        self._underway: set[threading.Thread] = set()
        self._hanging: dict[threading.Thread, Lane] = {}
        """Those of them that were given up."""
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)

    def prepare(self, done: Callable[[], None]) -> None:
        def load() -> None:
            try:
                services.load()
            except Exception:
                logger.exception("services_not_loaded")
            finally:
                done()

        threading.Thread(target=load, name="courier-loading", daemon=True).start()

    def send(self, notice: Notice, done: Callable[[Tried], object]) -> None:
        self.carry(notice.key.channel_id, self._message_of(notice), done)

    def carry(self, channel_id: int, message: Message, done: Callable[[Tried], object]) -> None:
        """Returns at once; ``done`` is called once, from any thread, within :data:`LONGEST_TRY_S`."""
        trip, lane = _Trip(done), Lane(channel_id, message.severity is Severity.CRITICAL)
        thread = threading.Thread(
            target=self._travel, args=(channel_id, message, trip), name="courier", daemon=True
        )
        most = MOST_THREADS if lane.is_critical else MOST_THREADS - FOR_CRITICAL
        with self._lock:
            hanging = list(self._hanging.values()).count(lane)
            is_full = len(self._underway) >= most or hanging >= MOST_HANGING
            if not is_full:
                self._underway.add(thread)
        if is_full or not self._has_started(thread):
            trip.end(Tried(Hitch.OVERLOADED))
            return
        self._clock.call_later(LONGEST_TRY_S, partial(self._give_up, lane, thread, trip))

    def _has_started(self, thread: threading.Thread) -> bool:
        try:
            thread.start()
        except RuntimeError:  # the system gives us no more of them
            logger.warning("courier_not_started")
            with self._changed:
                self._underway.discard(thread)
                self._changed.notify_all()
            return False
        return True

    def settle(self, patience: float) -> None:
        """Wait for what is on its way, at most ``patience`` s."""
        with self._changed:
            self._changed.wait_for(lambda: not self._underway, patience)

    def _give_up(self, lane: Lane, thread: threading.Thread, trip: _Trip) -> None:
        with self._lock:
            if thread in self._underway:
                self._hanging[thread] = lane
        trip.end(Tried(Hitch.NO_ANSWER))

    def _travel(self, channel_id: int, message: Message, trip: _Trip) -> None:
        try:
            tried = self._tried(channel_id, message)
        except Exception:
            logger.exception("courier_failed channel=%d", channel_id)
            tried = Tried(Hitch.NOT_TAKEN)
        trip.end(tried)
        with self._changed:
            self._underway.discard(threading.current_thread())
            self._hanging.pop(threading.current_thread(), None)
            self._changed.notify_all()

    def _tried(self, channel_id: int, message: Message) -> Tried:
        match self._secrets.secret_of(channel_id):
            case Address(url):
                began = self._clock.monotonic()
                tried = services.send(url, message)
                # Apprise does not say why: what took as long as that has waited in vain.
                is_late = self._clock.monotonic() - began >= services.CONNECT_S
                return replace(tried, hitch=Hitch.NO_ANSWER) if tried.hitch and is_late else tried
            case Subscription() as subscription:
                tried = self._pusher().send(subscription, message, self._clock.now())
                if tried.hitch is Hitch.NO_CHANNEL:
                    self._secrets.drop_channel(channel_id)
                return tried
        return Tried(Hitch.NO_CHANNEL)

    def _message_of(self, notice: Notice) -> Message:
        path = "/#/avisos" if notice.device_id is None else f"/#/dispositivo/{notice.device_id}"
        home = self._home()
        # Its end takes the place of its beginning.
        tag = f"{notice.key.about}" if notice.key.moment is not Moment.DIGEST else "resumen"
        return Message(notice.title, notice.text, notice.severity, path, home and home + path, tag)
