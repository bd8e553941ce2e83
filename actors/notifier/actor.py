"""The actor that sees to it that people are told, and hears what came of it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any, ClassVar, Final, Protocol

import pykka

from actors.domain.durations import DAY_S
from actors.domain.findings import Severity
from actors.domain.notices import (
    ChannelKind,
    Hitch,
    Notice,
    NoticeKey,
    NoticeState,
    Occurrence,
    Recipient,
    Tried,
)
from actors.domain.status import NoticeStatus
from actors.messages import (
    ChannelWorks,
    FindingKept,
    KeepNotices,
    NoticesKept,
    NoticesRecalled,
    OccurrencesRecalled,
    RecallNotices,
    RecallOccurrences,
    RecipientsChanged,
    Removal,
    StopSending,
)
from actors.notifier.deciding import MOST_HELD, Decider, recovered
from actors.notifier.outbox import SINGLE, Lane, Outbox, in_order, lane_of
from actors.notifier.pace import Pace
from actors.runtime.backoff import Backoff
from actors.runtime.clock import Clock, Timer
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor

logger = logging.getLogger(__name__)

# Of a channel that fails: whatever waits for it waits so long, s.
RETRIES: Final = Backoff(10.0, 900.0)
# The same of what is critical, which waits for nothing else.
CRITICAL_RETRIES: Final = Backoff(2.0, 60.0)
# Messages on their way at a time, one a lane, so that as many services may hang and no other one waits; what
# is critical may be twice as many.
MOST_AT_ONCE: Final = 20
# What comes of a message that somebody may have before them.
_PERHAPS_RECEIVED: Final = (None, Hitch.NO_ANSWER)
# As often the clock on the wall is looked at, which may be set, s.
LOOK_S: Final = 60.0
# Until what could not be stored is tried again, s.
STORING_AGAIN_S: Final = 60.0


class Courier(Protocol):
    """Sends, off the actors."""

    def prepare(self, done: Callable[[], None], /) -> None:
        """Load what services are reached by. Returns at once; ``done`` is called once, from any thread."""

    def send(self, notice: Notice, done: Callable[[Tried], None], /) -> None:
        """Returns at once; ``done`` is called once, from any thread, within half a minute."""

    def settle(self, patience: float, /) -> None:
        """Wait for what is on its way, at most ``patience`` s."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """What was decided is on disk, or could not be."""

    kept: NoticesKept
    more: bool


@dataclass(frozen=True, slots=True)
class _Marked:
    """That these are about to be sent is on disk, or could not be."""

    keys: Sequence[NoticeKey]
    kept: NoticesKept


@dataclass(frozen=True, slots=True)
class _Returned:
    key: NoticeKey
    tried: Tried


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Whoever carries them needs no time any more before the first one goes."""


@dataclass(frozen=True, slots=True)
class _LookAgain:
    """Something may be due."""


@dataclass(slots=True)
class _Failing:
    """A lane that has failed so many times in a row, and is not to be tried before, in monotonic time."""

    times: int
    until: float
    since: float
    """In seconds since the epoch."""
    hitch: Hitch | None
    """``None`` where nothing was tried, as the disk has not taken that it would be."""


class NotifierActor(SupervisedActor):
    """Decides of each finding whom it is told, has it sent, and tries again what has failed, for a day.

    What it knows is on disk first. A finding that it was not decided of is noted with the finding, and that a
    message is about to be sent before it is sent. So a restart loses nothing, and repeats nothing, but for
    what was on its way when the system died: see :func:`actors.notifier.deciding.recovered`.
    """

    part: ClassVar[Part] = Part.NOTIFIER

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        writer: pykka.ActorRef[Any],
        decider: Decider,
        courier: Courier,
        recipients: Sequence[Recipient],
        failure_registry: FailureRegistry | None = None,
        status: NoticeStatus | None = None,
    ) -> None:
        super().__init__(dispatcher, clock, failure_registry)
        self._status = status or NoticeStatus()
        self._writer = writer
        self._decider = decider
        self._courier = courier
        self._recipients = recipients
        self._outbox = Outbox()
        self._isolates = False
        """Whether one finding at a time is decided of, as one of them is at fault."""
        self._at_fault: set[int] = set()
        """Findings of which nothing can be decided."""
        self._ready = False
        self._prepared = False
        """Until then nothing is marked as being sent: what is and has not gone is in doubt after a crash, and
        a large library takes its time to load."""
        self._stops = False
        self._deciding = False
        self._undecided = False
        self._busy: dict[Lane, NoticeKey] = {}
        """What is on its way, or about to be."""
        self._failing: dict[Lane, _Failing] = {}
        self._paces: defaultdict[int, Pace] = defaultdict(Pace)
        """By channel, how many messages it may have yet; what is critical does not count."""
        self._timer: Timer | None = None

    def on_start(self) -> None:
        tell_if_alive(self._writer, RecallNotices(self._to_me))
        channels = chain.from_iterable(each.channels for each in self._recipients)
        if any(channel.kind is ChannelKind.SERVICE for channel in channels):
            self._courier.prepare(partial(self._to_me, _Prepared()))
        else:
            self._prepared = True

    def on_receive(self, message: object) -> None:
        match message:
            case FindingKept():
                self._undecided = True
            case NoticesRecalled(notices):
                self._recall(notices)
            case OccurrencesRecalled():
                self._decide(message)
            case _Decided():
                self._note_decided(message)
            case _Marked(keys, NoticesKept(notices)):
                self._hand_over(keys, notices)
            case _Returned(key, tried):
                self._conclude(key, tried)
            case _Prepared():
                self._prepared = True
            case StopSending():
                self._stops = True
            case Removal(device_id):
                self._outbox.forget_device(device_id)
            case ChannelWorks(channel_id):
                self._failing = {
                    lane: each for lane, each in self._failing.items() if lane.channel_id != channel_id
                }
            case RecipientsChanged(recipients):
                self._recipients = recipients
                self._forget_channels()
            case NoticesKept() | _LookAgain():
                pass  # as after each burst
            case _:
                super().on_receive(message)

    def after_burst(self) -> None:
        if not self._ready or self._stops:
            return
        if self._undecided and not self._deciding:
            self._undecided, self._deciding = False, True
            tell_if_alive(self._writer, RecallOccurrences(self._to_me))
        self._gather()
        self._sum_up()
        if self._prepared:
            self._send_due()
            self._wait()
        self._status.waiting = self._outbox.unfinished
        self._tell_of_failures()

    def on_fault(self, error: BaseException) -> None:  # noqa: ARG002
        """What it was at lies on disk as it was: it is decided again, one by one, to find the fault."""
        match self.handling:
            case OccurrencesRecalled(occurrences):
                if self._isolates:
                    self._at_fault.add(occurrences[0].kept.id)
                self._isolates = self._undecided = True
                self._deciding = False
            case _Marked(keys):
                self._unmark(keys)

    def _to_me(self, message: object) -> None:
        tell_if_alive(self.actor_ref, message)

    # -- what is known -----------------------------------------------------------------------

    def _recall(self, notices: Sequence[Notice]) -> None:
        now = self._clock.now()
        for notice in notices:
            if notice.key.moment in SINGLE:
                self._outbox.expect(notice.key.about)
            self._outbox.note(notice)
        for notice in notices:
            if notice.state is NoticeState.SENDING:
                self._change(recovered(notice, self._decider.words, self._language(notice), now))
        self._forget_channels()
        self._ready = self._undecided = True

    def _language(self, notice: Notice) -> str:
        languages = {each.person_id: each.preferences.language for each in self._recipients}
        return languages.get(notice.key.person_id, "es")

    def _change(self, *notices: Notice) -> None:
        """Known as changed at once, and on disk soon."""
        if notices:
            message = self._to_keep(notices, (), self._to_me)
            for notice in notices:
                self._outbox.note(notice)
            tell_if_alive(self._writer, message)

    def _to_keep(
        self, notices: Iterable[Notice], decided: Sequence[tuple[int, int]], to: Callable[[NoticesKept], None]
    ) -> KeepNotices:
        made: list[Notice] = []
        changed: list[Notice] = []
        for notice in notices:
            (changed if notice.key in self._outbox else made).append(notice)
        return KeepNotices(made, changed, decided, to)

    # -- deciding ----------------------------------------------------------------------------

    def _decide(self, recalled: OccurrencesRecalled) -> None:
        occurrences, more = recalled.occurrences, recalled.more
        if self._isolates:
            self._isolates = more = len(occurrences) > 1
            occurrences = occurrences[:1]
        notices = [each for occurrence in occurrences for each in self._notices_of(occurrence)]
        decided = [(each.kept.id, each.changes) for each in occurrences]
        if decided:
            tell_if_alive(
                self._writer, self._to_keep(notices, decided, lambda kept: self._to_me(_Decided(kept, more)))
            )
        else:
            self._deciding = False

    def _notices_of(self, occurrence: Occurrence) -> Sequence[Notice]:
        number, episode = occurrence.kept.id, occurrence.kept.finding.episode
        known = self._outbox.of(number)
        if number in self._at_fault:
            logger.error("finding_told_to_nobody id=%d", number)
            return ()
        found = self._decider.notices(occurrence, self._recipients, known, self._clock.now())
        # One that is on disk may be sent before the change of it is, and is to say the same.
        for notice in found:
            if notice.key in known:
                self._outbox.note(notice)
        if episode is not None and episode.lasts:
            self._outbox.expect(number)
        else:
            self._outbox.expect_no_more(number)
        return found

    def _note_decided(self, decided: _Decided) -> None:
        self._deciding = False
        if decided.kept.notices is None:
            logger.error("notices_not_stored retry_s=%.0f", STORING_AGAIN_S)
            self._clock.call_later(STORING_AGAIN_S, partial(self._to_me, FindingKept()))
            return
        for notice in decided.kept.notices:
            if notice.key not in self._busy.values():
                self._outbox.note(notice)
        self._undecided = self._undecided or decided.more

    def _gather(self) -> None:
        if held := self._outbox.held():
            self._change(*self._decider.digests(self._recipients, held, self._clock.now()))

    def _sum_up(self) -> None:
        """What is more than a channel gets one by one, or than is to wait for it, becomes one message."""
        now = self._clock.now()
        for lane in [lane for lane in self._outbox.waiting if not lane.is_critical]:
            gathered = self._to_sum_up(lane, in_order(self._outbox.waiting[lane].values()), now)
            if len(gathered) > 1:
                self._change(*self._decider.rest(gathered, self._language(gathered[0]), now))

    def _to_sum_up(self, lane: Lane, waiting: Sequence[Notice], now: float) -> Sequence[Notice]:
        single = [notice for notice in waiting if notice.key.moment in SINGLE]
        if len(single) > MOST_HELD:
            return single
        is_last = lane not in self._busy and self._paces[lane.channel_id].wait(self._clock.monotonic(), 2) > 0
        due = [notice for notice in waiting if self._delay(notice, now) <= 0] if is_last else []
        # A sum that waits goes before there is another.
        return due if all(notice.key.moment in SINGLE for notice in due) else ()

    # -- sending -----------------------------------------------------------------------------

    def _send_due(self) -> None:
        now = self._clock.now()
        due = sorted(
            self._due(now), key=lambda each: (each.severity is not Severity.CRITICAL, each.created_at)
        )
        marked: list[Notice] = []
        for notice in due:
            channel, lane = notice.key.channel_id, lane_of(notice)
            if now - notice.created_at >= DAY_S and self._clock.doubt is None:
                self._change(replace(notice, state=NoticeState.GIVEN_UP, changed_at=now))
                self._status.given_up += 1
                logger.warning("notice_given_up channel=%d tries=%d", channel, notice.tries)
            elif self._may_go(lane):
                self._busy[lane] = notice.key
                marked.append(replace(notice, state=NoticeState.SENDING, changed_at=now))
                self._outbox.note(marked[-1])
        if marked:
            keys = [notice.key for notice in marked]
            tell_if_alive(
                self._writer, KeepNotices((), marked, (), lambda kept: self._to_me(_Marked(keys, kept)))
            )

    def _may_go(self, lane: Lane) -> bool:
        most = MOST_AT_ONCE * 2 if lane.is_critical else MOST_AT_ONCE
        return lane not in self._busy and len(self._busy) < most

    def _due(self, now: float) -> Iterator[Notice]:
        for notices in self._outbox.waiting.values():
            yield from (notice for notice in notices.values() if self._delay(notice, now) <= 0)

    def _delay(self, notice: Notice, now: float) -> float:
        """Seconds until it is due and its channel may be tried."""
        channel, mono = notice.key.channel_id, self._clock.monotonic()
        failing = self._failing.get(lane_of(notice))
        rest = 0.0 if failing is None else failing.until - mono
        if notice.severity is Severity.CRITICAL:  # due from the first, whatever the clock says
            return max(rest, 0.0)
        return max(notice.due_at - now, rest, self._paces[channel].wait(mono))

    def _hand_over(self, keys: Sequence[NoticeKey], kept: Sequence[Notice] | None) -> None:
        if kept is None:
            self._unmark(keys)
            return
        if self._stops:
            self._take_back(kept)
            return
        found = {notice.key: notice for notice in kept}
        for key in keys:
            notice = found.get(key) if key in self._outbox else None
            if notice is not None and notice.state is NoticeState.SENDING:
                self._courier.send(notice, partial(self._tell_returned, key))
                continue
            self._free(key)
            if notice is None:  # its device is gone
                self._outbox.drop(key)
            else:  # it was finished already
                self._outbox.note(notice)

    def _take_back(self, marked: Sequence[Notice]) -> None:
        """They were marked and are not sent, so that nobody need doubt later whether they were."""
        now = self._clock.now()
        sending = [each for each in marked if each.state is NoticeState.SENDING]
        self._change(*(replace(each, state=NoticeState.WAITING, changed_at=now) for each in sending))

    def _unmark(self, keys: Sequence[NoticeKey]) -> None:
        """They were not handed over, and wait on."""
        for key in keys:
            self._free(key)
            if (notice := self._outbox.get(key)) is not None:
                self._outbox.note(replace(notice, state=NoticeState.WAITING))
                self._note_failure(lane_of(notice), None)

    def _tell_returned(self, key: NoticeKey, tried: Tried) -> None:
        self._to_me(_Returned(key, tried))

    def _note_failure(self, lane: Lane, hitch: Hitch | None) -> None:
        """It has failed."""
        before = self._failing.get(lane)
        times, since = (1, self._clock.now()) if before is None else (before.times + 1, before.since)
        retries = CRITICAL_RETRIES if lane.is_critical else RETRIES
        until = self._clock.monotonic() + retries.after(times)
        self._failing[lane] = _Failing(times, until, since, hitch)

    def _tell_of_failures(self) -> None:
        failing = {lane: each for lane, each in self._failing.items() if each.hitch is not None}
        silent = {lane.channel_id for lane, each in failing.items() if each.hitch is not Hitch.NOT_TAKEN}
        self._status.failing = len({lane.channel_id for lane in failing})
        self._status.silent = len(silent)
        self._status.failing_since = min((each.since for each in failing.values()), default=None)

    def _free(self, key: NoticeKey) -> None:
        """Nothing is on its way of it any more."""
        self._busy = {lane: each for lane, each in self._busy.items() if each != key}

    def _conclude(self, key: NoticeKey, tried: Tried) -> None:
        notice = self._outbox.get(key)
        if notice is None:  # its device has gone meanwhile
            self._free(key)
            return
        notice = replace(
            notice,
            tries=notice.tries + 1,
            changed_at=self._clock.now(),
            hitch=tried.hitch,
            said=tried.said,
        )
        match tried.hitch:
            case None:
                notice = replace(notice, state=NoticeState.SENT)
                self._status.sent += 1
                self._failing.pop(lane_of(notice), None)
            case Hitch.NO_CHANNEL:
                notice = replace(notice, state=NoticeState.NO_WAY)
                self._close(key.channel_id)
            case _:
                self._note_failure(lane_of(notice), tried.hitch)
                self._status.failed += 1
                logger.info("notice_failed channel=%d tries=%d", key.channel_id, notice.tries)
                notice = replace(notice, state=NoticeState.WAITING)
        if notice.severity is not Severity.CRITICAL and tried.hitch in _PERHAPS_RECEIVED:
            self._paces[key.channel_id].take(self._clock.monotonic())
        self._free(key)
        self._change(notice)

    # -- channels that are gone --------------------------------------------------------------

    def _close(self, channel_id: int) -> None:
        """Its service does not know it any more, so nothing more is tried by it."""
        self._recipients = [
            replace(each, channels=[channel for channel in each.channels if channel.id != channel_id])
            for each in self._recipients
        ]
        self._forget_channels()

    def _forget_channels(self) -> None:
        """What waits for those that nobody has any more."""
        there = {channel.id for each in self._recipients for channel in each.channels}
        self._failing = {lane: each for lane, each in self._failing.items() if lane.channel_id in there}
        gone = [lane for lane in self._outbox.waiting if lane.channel_id not in there]
        waiting = [notice for lane in gone for notice in self._outbox.waiting[lane].values()]
        now = self._clock.now()
        self._change(*(replace(each, state=NoticeState.NO_WAY, changed_at=now) for each in waiting))

    # -- time --------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Until the next is due, or the clock is to be looked at again; where nothing waits, for nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        delay = min(self._delays(self._clock.now()), default=None)
        if delay is not None:
            self._timer = self._clock.call_later(
                min(max(delay, 0.0), LOOK_S), lambda: self._to_me(_LookAgain())
            )

    def _delays(self, now: float) -> Iterator[float]:
        for lane, notices in self._outbox.waiting.items():
            if self._may_go(lane):
                yield min(self._delay(notice, now) for notice in notices.values())
        if self._outbox.held():
            yield LOOK_S
