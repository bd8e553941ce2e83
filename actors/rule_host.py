"""An actor for each rule of each claimed device."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pykka

from actors.context import ActorContext
from actors.domain.findings import Bounds, Finding, RuleMemory
from actors.domain.house import House
from actors.domain.model import Device, LogEntry, Report
from actors.domain.proposals import basis_of
from actors.domain.refusals import Refusal, Refused
from actors.domain.rule import HabitRule, HouseRule, Rule, RuleFactory
from actors.messages import (
    AskBounds,
    DismissalNoted,
    Dismissed,
    HouseChanged,
    KeepConclusion,
    LogRead,
    MemoryRecalled,
    Observed,
    ReadLog,
    RecallMemory,
    RuleDue,
    RuleEnded,
    RuleFailed,
    Switched,
)
from actors.runtime.dispatch import PooledActor, tell_if_alive
from actors.runtime.supervision import one_line

logger = logging.getLogger(__name__)

# What the log may be ahead of the clock.
AHEAD_S: Final = 3_600.0
# Of an episode that goes on no more is told than once in so many seconds.
EPISODE_S: Final = 60.0
UNAVAILABLE: Final = Refused(Refusal.RULE_FAILED)


def stated_bounds(factory: RuleFactory, device: Device, at: float) -> Mapping[str, Bounds]:
    """What the rule holds the device's readings to before it knows any of them: what its table says."""
    return factory.start(device, None, at).rule.bounds(at)


class RuleActor(PooledActor):
    """Hosts one :class:`actors.domain.rule.Rule` for one device; its findings go to the device.

    It begins with what the rule knew when it was last stored and reads in the log what has come
    since, page by page so that the others get their turns; what it is told meanwhile waits.
    """

    _rule: Rule
    _habit: HabitRule | None = None
    """The same, where it sees whether people are at home."""

    def __init__(
        self,
        context: ActorContext,
        owner: pykka.ActorRef[Any],
        device: Device,
        name: str,
        factory: RuleFactory,
        skip: frozenset[int],
        house: House,
    ) -> None:
        """``skip`` are rows of the log that the rule has died of."""
        super().__init__(context.dispatcher)
        self._context = context
        self._owner = owner
        self._device = device
        self._name = name
        self._factory = factory
        self._skip = skip
        self._house = house
        self._row: int | None = None
        """The one that it is about to take in."""
        self._highest: dict[str, int] = {}
        """Of each boot in the log, the newest number read so far."""
        self._known_upto = device.reports
        self._since = 0.0
        self._resumes = False
        self._ready = False
        self._people_seen = 0
        """The ordinal of the last day of which the house was told that people have switched the device."""
        self._waiting: list[Observed | Dismissed | HouseChanged] = []
        self._unsaved = False
        self._abandoned = False
        """Its device has died with a finding on the way; a successor concludes it again."""
        self._due_at: float | None = None
        self._lasting: dict[str, Finding] = {}
        """By key, the episodes that last, as they were last told."""
        self._latest = -math.inf
        """When it observed something last."""
        self._latest_believable = math.inf
        """Rows of the log from after it are of a clock that was ahead; seconds since the epoch."""

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        tell_if_alive(self._owner, RecallMemory(self._device.id, self._name, self._hear))

    def on_stop(self) -> None:
        if self._unsaved and not self._abandoned:
            # Not by way of the device, which may have ended. At the end of a large house the writer does not
            # wait for all; they read in the log instead.
            tell_if_alive(self._context.writer, KeepConclusion((), self._memory()))
        self.on_undelivered(self._waiting)
        tell_if_alive(self._owner, RuleEnded(self._name))

    def on_death(self, error: BaseException) -> None:
        tell_if_alive(self._owner, RuleFailed(self._name, one_line(error), self._row))
        self.on_undelivered([*self._waiting, self.handling])

    def on_undelivered(self, messages: Sequence[object]) -> None:
        """What it would have observed stands in the log; but who asks or dismisses waits for an answer."""
        for message in messages:
            if isinstance(message, Dismissed | AskBounds):
                message.reply(UNAVAILABLE)

    def _hear(self, message: MemoryRecalled | LogRead) -> None:
        tell_if_alive(self.actor_ref, message)

    # -- mail --------------------------------------------------------------------------------

    def on_receive(self, message: object) -> None:
        match message:
            case Observed() | Dismissed() | HouseChanged() if not self._ready:
                self._waiting.append(message)
            case Observed() if self._is_set_back(message):
                self._begin_anew(message)
            case Observed():
                self._latest = message.at
                self._observe(message)
            case RuleDue() if not self._ready:
                # What it has yet to read may say otherwise.
                self._due_at = None
            case RuleDue():
                self._due_at = None
                self._conclude(self._rule.wake(self._context.clock.now()))
            case HouseChanged(house):
                self._house = house
                self._hear_of(house)
            case Dismissed(finding, reply):
                self._rule.dismiss(finding.finding.details)
                self._save()
                tell_if_alive(self._owner, DismissalNoted(finding, reply))
            case AskBounds(reply=reply):
                reply(self._bounds(self._context.clock.now()))
            case MemoryRecalled(memory, lasting):
                self._lasting = {each.episode.key: each for each in lasting if each.episode is not None}
                self._begin(memory)
            case LogRead(entries, more):
                self._catch_up(entries)
                self._read_on(entries[-1].n) if more else self._go_live()
            case _:
                super().on_receive(message)

    # -- catching up -------------------------------------------------------------------------

    def _is_set_back(self, seen: Observed) -> bool:
        """Whether the clock turns out to have been so far ahead that the rule could not go on."""
        went_back = seen.at < self._latest - AHEAD_S and self._context.clock.doubt is None
        return went_back and self._rule.is_ahead(seen.at)

    def _begin_anew(self, seen: Observed) -> None:
        """By way of the writer, so that all rows are in the log; what was ahead is forgotten then."""
        self._ready, self._waiting = False, [seen]
        self._latest, self._highest, self._known_upto = seen.at, {}, self._device.reports
        self._save()
        self.on_start()

    def _begin(self, memory: RuleMemory | None) -> None:
        now = self._context.clock.now()
        start = self._factory.start(self._device, memory, now)
        believed = self._context.clock.doubt is None
        self._latest_believable = now + AHEAD_S if believed else math.inf
        if believed and start.rule.is_ahead(now):
            logger.warning("memory_ahead serial=%s rule=%s", self._device.serial, self._name)
            anew = self._factory.start(self._device, None, now)
            anew.rule.take_over(start.rule)
            start = anew
        self._rule, self._since, self._resumes = start.rule, start.since, start.resumes
        self._habit = start.rule if isinstance(start.rule, HabitRule) else None
        if start.damage is not None:
            logger.warning(
                "memory_damaged serial=%s rule=%s error=%s", self._device.serial, self._name, start.damage
            )
        self._rule.let_go([key for key in self._rule.lasting if key not in self._lasting])
        self._unsaved = not start.resumes
        self._hear_of(self._house)
        if start.after < self._known_upto:
            self._read_on(start.after)
        else:
            self._go_live()

    def _read_on(self, after: int) -> None:
        tell_if_alive(
            self._context.log_reader,
            ReadLog(self._device.id, after, self._known_upto, self._since, self._hear),
        )

    def _catch_up(self, entries: Sequence[LogEntry]) -> None:
        """What a rule concluded is stored with what it then knew; so of what comes after that, whatever
        it concluded is lost, and it concludes it again.
        """
        self._unsaved = self._unsaved or bool(entries)
        for entry in entries:
            if entry.n in self._skip or self._is_late(entry) or entry.at > self._latest_believable:
                continue
            if self._resumes:
                report = Report(
                    self._device.serial, entry.at, entry.state, entry.parameters, doubtful=entry.doubtful
                )
                then = replace(
                    self._device,
                    state=entry.state,
                    parameters=entry.parameters or self._device.parameters,
                    reports=entry.n,
                )
                self._observe(Observed(then, entry.at, report))
            elif not entry.doubtful:
                self._row = entry.n
                self._rule.learn(entry.at, entry.state, entry.parameters)

    def _is_late(self, entry: LogEntry) -> bool:
        """As :meth:`actors.domain.model.Device.is_late`: such a one was not told to the rule either."""
        if entry.boot is None or entry.seq is None:
            return False
        highest = self._highest.get(entry.boot, -1)
        self._highest[entry.boot] = max(highest, entry.seq)
        return entry.seq < highest

    def _go_live(self) -> None:
        self._ready = True
        self._end_unknown()
        if self._habit is not None and (days := self._habit.days_switched()):
            self._people_seen = self._habit.switched_on
            tell_if_alive(self._owner, Switched(days))
        if self._unsaved:
            # From here on whatever it concludes can be concluded again.
            self._save()
        self._see_to_wake()
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            self.on_receive(message)

    def _end_unknown(self) -> None:
        """What lasts on disk and the rule does not know of: its memory was lost, or it has changed."""
        now, known = self._context.clock.now(), self._rule.lasting
        self._conclude([each.ended(now) for key, each in self._lasting.items() if key not in known])

    # -- live --------------------------------------------------------------------------------

    def _observe(self, seen: Observed) -> None:
        self._device = seen.device
        self._row = None if seen.report is None else seen.device.reports
        self._unsaved = True
        self._conclude(self._rule.observe(seen.device, seen.report, seen.at))
        if self._habit is not None and self._ready and self._habit.switched_on != self._people_seen:
            self._people_seen = self._habit.switched_on
            tell_if_alive(self._owner, Switched({self._people_seen}))

    def _hear_of(self, house: House) -> None:
        if isinstance(self._rule, HouseRule):
            self._conclude(self._rule.hear(house, self._context.clock.now()))

    def _conclude(self, findings: Sequence[Finding]) -> None:
        news = [each for each in findings if self._is_news(each)] if findings else ()
        if news:
            configuration = self._device.configuration
            founded = [(each, basis_of(each, configuration)) for each in news]
            remembers = self._rule.save_due or any(each.episode is None for each in news)
            memory = self._memory() if remembers else None
            self._abandoned = not tell_if_alive(self._owner, KeepConclusion(founded, memory))
        elif self._rule.save_due and not self._abandoned:
            self._save()
        self._see_to_wake()

    def _is_news(self, finding: Finding) -> bool:
        """Whether it is more than an episode's going on that was told just now."""
        episode = finding.episode
        if episode is None:
            return True
        told = self._lasting.get(episode.key)
        if not episode.lasts:
            self._lasting.pop(episode.key, None)
            return True
        if told is not None and 0 <= finding.at - told.at < EPISODE_S:
            return False
        self._lasting[episode.key] = finding
        return True

    def _bounds(self, at: float) -> Mapping[str, Bounds]:
        """Nobody waits for it to have read its log, which may take minutes where the disk is slow."""
        return self._rule.bounds(at) if self._ready else stated_bounds(self._factory, self._device, at)

    def _save(self) -> None:
        """After what it has concluded, so that it never remembers what is not kept."""
        tell_if_alive(self._owner, KeepConclusion((), self._memory()))

    def _memory(self) -> RuleMemory:
        self._unsaved = False
        return RuleMemory(self._device.id, self._name, self._device.reports, self._rule.state())

    def _see_to_wake(self) -> None:
        """Keep one timer, for the earliest time that the rule has asked for."""
        wanted = self._rule.wake_in
        if wanted is None:
            return
        due_at = self._context.clock.monotonic() + wanted
        if self._due_at is None or due_at < self._due_at:
            self._due_at = due_at
            self._context.clock.call_later(wanted, partial(tell_if_alive, self.actor_ref, RuleDue()))
