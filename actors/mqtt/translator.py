"""The one actor that knows what devices of other makes say, and how they are told."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final, Protocol, TypeVar

import pykka

from actors.domain.model import DeadLetter
from actors.domain.profile import Profile
from actors.domain.read_models import StoredAnnouncements
from actors.domain.refusals import unreached
from actors.messages import (
    Announced,
    AskClaimed,
    BrokerConnected,
    BrokerLost,
    Claimed,
    Forgotten,
    Heard,
    KeepAnnouncement,
    KeepDeadLetter,
    Order,
    OrderUnsent,
    Recognized,
    Settle,
    StopOrder,
)
from actors.mqtt.carried import Lost
from actors.mqtt.catalogue import FORGOTTEN, Amendment, Carries, Catalogue, Full, Group, Known, Upheaval
from actors.mqtt.complaints import Complaints
from actors.mqtt.dialects.dialect import (
    MAX_GATEWAY,
    Announcement,
    Dialect,
    Message,
    NotUnderstood,
    Outgoing,
    Reading,
)
from actors.mqtt.gathering import NOBODYS, Gathering, Owed
from actors.mqtt.outlet import Outlet, Publisher
from actors.mqtt.presences import Presences
from actors.mqtt.protocol.payloads import MAX_BYTES
from actors.mqtt.reaching import Reaching
from actors.runtime.clock import Clock
from actors.runtime.dispatch import Dispatcher, tell_if_alive
from actors.runtime.supervision import FailureRegistry, Part, SupervisedActor

logger = logging.getLogger(__name__)

GATHER_S: Final = 0.2
"""For which a device's messages, or a group's announcements, are gathered."""
GREET_S: Final = 0.1
GREETED: Final = 20
"""Devices that are asked for their present values each :data:`GREET_S`."""
# What is due so much later is told along, s, so that many devices do not cost a timer each.
_ALONG: Final = 0.02
_MAX_DROPPED: Final = 10_000
# Between two questions about who may give way, s, where none was answered or none could.
_ASK_AGAIN_S: Final = 60.0
# Of a message that becomes a dead letter.
_KEPT_BYTES: Final = MAX_BYTES

T = TypeVar("T")


class Wire(Publisher, Protocol):
    """The bridge, as the translator has it. Calls return at once."""

    untranslated: int
    """Messages that became dead letters."""

    def hear(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None:
        """Whatever comes by these filters, and no more by those."""


@dataclass(frozen=True, slots=True)
class GatheringsDue:
    """The oldest of what is gathered is due."""


@dataclass(frozen=True, slots=True)
class WillDue:
    """The device was said to be offline a while ago."""

    serial: str


@dataclass(frozen=True, slots=True)
class GreetingsDue:
    """More devices can be asked for their present values."""


class TranslatorActor(SupervisedActor):
    """Hears what other makes announce and report, and tells the directory what that means here.

    Announcements lie on disk, by the writer; what is known of devices follows from them alone, so that a
    restart needs nothing of the broker. Each delivery is settled once: by the announcement or the report
    that came of it, or at once where nothing did.
    """

    part: ClassVar[Part] = Part.TRANSLATOR

    def __init__(
        self,
        dispatcher: Dispatcher,
        clock: Clock,
        failure_registry: FailureRegistry | None,
        dialects: Sequence[Dialect],
        announcements: StoredAnnouncements,
        writer: pykka.ActorRef[Any],
        directory: pykka.ActorRef[Any],
        wire: Wire,
        forbidden: Sequence[str] = (),
        carries: Carries = lambda _: True,
    ) -> None:
        """``forbidden`` are prefixes under which nothing is published: those of announcements."""
        super().__init__(dispatcher, clock, failure_registry)
        self._catalogue = Catalogue(dialects, carries)
        self._stored = announcements
        self._speaks = {dialect.name for dialect in dialects}
        self._writer = writer
        self._directory = directory
        self._wire = wire
        self._outlet = Outlet(wire, forbidden, carries)
        self._complaints = Complaints()
        self._gatherings: OrderedDict[str, Gathering] = OrderedDict()
        """By serial number, the one due next first."""
        self._telling: Gathering | None = None
        """Whose deliveries nobody else has yet."""
        self._redefinitions: OrderedDict[Group, float] = OrderedDict()
        """When the groups are to be defined anew, on the monotonic clock; the one due next first."""
        self._rings_at: float | None = None
        self._announced: dict[str, Profile] = {}
        """As the directory was told."""
        self._patience: dict[str, float] = {}
        """Of devices that have said how often they speak."""
        self._presences = Presences(clock, self._ring_for_will, partial(tell_if_alive, directory))
        self._reaching = Reaching(partial(tell_if_alive, directory))
        self._connected = False
        self._speaking: set[tuple[Group, frozenset[str]]] = set()
        """By their announcements, those that were heard since the connection with the broker began."""
        self._present: dict[Group, set[str]] = {}
        """Keys of announcements that were made just now, by those who are there."""
        self._greetings: deque[str] = deque()
        self._greeting = False
        self._filters: set[str] = set()
        self._filters_stale = True
        self._dropped: set[str] = set()
        """Topics that nobody needs and that the broker sends us."""
        self._asks_again_at = float("-inf")
        """From when on it may be asked who is claimed, on the monotonic clock."""
        self._owed = Owed(NOBODYS)
        self._hearing: Heard | None = None
        """Whose delivery that is."""

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        groups = dict.fromkeys(Group(each.dialect, each.group) for each in self._stored.told)
        for each in self._stored.told:
            if each.dialect in self._speaks:
                announcement = Announcement(each.group, each.key, each.payload)
                is_forgotten = each.key.startswith(FORGOTTEN)
                keep = self._catalogue.keep_forgotten if is_forgotten else self._catalogue.keep
                self._understood(each.dialect, partial(keep, each.dialect, announcement))
        for group in groups:
            if group.dialect in self._speaks:
                self._understood(group.dialect, partial(self._catalogue.redefine, group))
        for serial in self._stored.forgotten:
            self._keep_changes(self._catalogue.forget(serial)[1])
        self._stored = StoredAnnouncements()
        self._follow(Upheaval([*self._catalogue.all]))
        self._update_filters()

    def on_fault(self, error: BaseException) -> None:
        match self.handling:
            case Heard() as heard:
                if self._hearing is not heard:  # it had not even begun
                    self._owed = Owed(heard.delivery)
                if self._owed.is_open:
                    self._make_dead_letter(heard, f"fallo interno al tratarlo: {error!r}"[:200])
            case Order() as order:
                tell_if_alive(self._directory, OrderUnsent(order))
            case StopOrder(serial, answer=answer):
                answer(unreached(serial))
        if self._telling is not None:
            self._settle(self._telling)
            self._telling = None
        self._rings_at = None
        self._ring_when_due()

    def on_receive(self, message: object) -> None:
        match message:
            case Heard():
                self._hear(message)
            case GatheringsDue():
                self._rings_at = None
                self._tell_due()
            case Order():
                self._order(message)
            case StopOrder():
                self._stop_moving(message)
            case WillDue(serial):
                self._presences.will_is_due(serial)
            case BrokerConnected():
                self._connected = True
                self._greetings = deque(known.definition.serial for known in self._catalogue.all)
                self._greet_on()
                self._await_return(self._catalogue.all)
            case BrokerLost():
                self._lose_all()
            case Forgotten(serial):
                self._forget(serial)
            case Claimed(serials):
                self._make_room(serials)
            case OrderUnsent():
                tell_if_alive(self._directory, message)
            case GreetingsDue():
                self._greeting = False
                self._greet()
            case _:
                super().on_receive(message)

    def after_burst(self) -> None:
        self._update_filters()

    # -- hearing -----------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        self._owed, self._hearing = Owed(heard.delivery), heard
        message = Message(heard.topic, heard.payload, heard.retained)
        listening, telling = self._catalogue.listening(heard.topic), self._catalogue.told_by(heard.topic)
        for dialect in listening:
            self._take_announcement(dialect, message, heard)
        for known in telling:
            read = partial(known.dialect.read, known.definition, message)
            reading = self._understood(known.definition.serial, read, heard)
            if reading is not None:
                self._take_reading(known, reading, heard)
        if not listening and not telling:
            self._drop(heard.topic)
        if self._owed.is_open:
            tell_if_alive(self._writer, Settle(self._owed.take()))

    def _drop(self, topic: str) -> None:
        """An earlier run of ours has subscribed to it, and the broker remembers."""
        if topic not in self._dropped and len(self._dropped) < _MAX_DROPPED:
            self._dropped.add(topic)
            self._wire.hear((), (topic,))

    def _understood(self, subject: str, ask: Callable[[], T], heard: Heard | None = None) -> T | None:
        """The answer; what a dialect does not understand becomes a dead letter, and stands at ``subject``."""
        try:
            return ask()
        except (NotUnderstood, Full) as why:
            reason = str(why)
        except Exception as error:
            # A dialect's fault; what was said is kept all the same, and the next message is heard.
            logger.exception("not_translated subject=%s", subject)
            reason = f"fallo interno al leerlo: {error!r}"
        self._complain(subject, reason, heard)
        return None

    def _complain(self, subject: str, reason: str, heard: Heard | None) -> None:
        verdict = self._complaints.add(subject, reason, self._clock.monotonic())
        if verdict.is_kept:
            logger.warning("not_understood subject=%s reason=%s", subject, reason)
            if heard is not None:
                self._make_dead_letter(heard, reason)
        if verdict.is_told and (known := self._catalogue.known(subject)) is not None:
            self._announce(known)

    def _make_dead_letter(self, heard: Heard, reason: str) -> None:
        self._wire.untranslated += 1
        letter = DeadLetter(heard.at, heard.topic, heard.payload[:_KEPT_BYTES], reason)
        tell_if_alive(self._writer, KeepDeadLetter(letter, self._owed.take() if self._owed.is_open else None))

    # -- announcements -----------------------------------------------------------------------

    def _take_announcement(self, dialect: Dialect, message: Message, heard: Heard) -> None:
        if len(message.payload) > MAX_GATEWAY:
            self._complain(dialect.name, f"el anuncio tiene {len(message.payload)} bytes", heard)
            return
        told = self._understood(dialect.name, partial(dialect.announced, message), heard)
        if told is None:
            return
        news = []
        for each in told.announcements:
            if each.payload:
                self._recall(Group(dialect.name, each.group), each.key, retained=message.retained)
            if self._understood(dialect.name, partial(self._catalogue.keep, dialect.name, each), heard):
                news.append(each)
        for each in news:
            # With the last one on disk they all are.
            deliveries = (self._owed.take(),) if each is news[-1] and self._owed.is_open else ()
            kept = KeepAnnouncement(dialect.name, each.group, each.key, each.payload, deliveries)
            tell_if_alive(self._writer, kept)
            group = Group(dialect.name, each.group)
            self._redefinitions.setdefault(group, self._clock.monotonic() + GATHER_S)
        if self._catalogue.is_nearly_full:
            self._ask_for_room()
        self._ring_when_due()
        self._publish(dialect.name, told.ask)

    def _ask_for_room(self) -> None:
        """Before there is none, so that whoever is new need not wait for the answer."""
        now = self._clock.monotonic()
        if now >= self._asks_again_at:
            self._asks_again_at = now + _ASK_AGAIN_S
            tell_if_alive(self._directory, AskClaimed(partial(tell_if_alive, self.actor_ref)))

    def _make_room(self, claimed: frozenset[str]) -> None:
        gone = self._catalogue.make_room(claimed)
        logger.warning("announcements_gave_way announcements=%d", len(gone))
        if gone:
            self._asks_again_at = float("-inf")
        self._keep_changes(gone)
        for each in gone:
            self._redefinitions.setdefault(each.group, self._clock.monotonic() + GATHER_S)
        self._ring_when_due()

    def _recall(self, group: Group, key: str, *, retained: bool) -> None:
        """Whoever was forgotten and is announced anew is there; now, unless the broker has kept it."""
        if recalled := self._catalogue.recall(group, key):
            self._keep_changes(recalled)
            self._redefinitions.setdefault(group, self._clock.monotonic() + GATHER_S)
        if not retained:
            self._present.setdefault(group, set()).add(key)

    def _forget(self, serial: str) -> None:
        forgotten = self._understood(serial, partial(self._catalogue.forget, serial))
        if forgotten is not None:
            upheaval, changes = forgotten
            self._keep_changes(changes)
            self._follow(upheaval)

    def _keep_changes(self, changes: Iterable[Amendment]) -> None:
        for each in changes:
            tell_if_alive(
                self._writer, KeepAnnouncement(each.group.dialect, each.group.name, each.key, each.payload)
            )

    def _redefine(self, group: Group) -> None:
        upheaval = self._understood(group.dialect, partial(self._catalogue.redefine, group))
        if upheaval is not None:
            self._follow(upheaval)

    def _follow(self, upheaval: Upheaval) -> None:
        for known in upheaval.now:
            self._announce(known)
            self._greetings.append(known.definition.serial)
        for known in upheaval.now:
            for before in self._catalogue.other_names(known):
                tell_if_alive(self._directory, Recognized(before, known.definition.serial))
        for serial in upheaval.gone:
            self._part_from(serial)
        self._await_return(upheaval.now)
        if upheaval.now or upheaval.gone:
            self._filters_stale = True
            self._greet_on()

    def _announce(self, known: Known) -> None:
        definition = known.definition
        notes = self._complaints.notes(definition.serial)
        patience = self._patience.get(definition.serial, definition.profile.patience)
        profile = replace(definition.profile, notes=(*definition.profile.notes, *notes), patience=patience)
        before = self._announced.get(definition.serial)
        if before == profile:
            return
        self._announced[definition.serial] = profile
        tell_if_alive(self._directory, Announced(definition.serial, profile, self._clock.now()))
        if before is None and self._started and (definition.online or profile.patience is not None):
            # None of its messages says so: it is there until it says otherwise, or is silent for long.
            self._presences.said_online(definition.serial, self._clock.now())

    def _part_from(self, serial: str) -> None:
        if (gathering := self._gatherings.pop(serial, None)) is not None:
            self._settle(gathering)
        self._presences.forget(serial)
        self._reaching.lost(serial)
        self._complaints.forget(serial)
        self._patience.pop(serial, None)
        del self._announced[serial]
        tell_if_alive(self._directory, Announced(serial, None, self._clock.now()))

    def _update_filters(self) -> None:
        if self._filters_stale:
            self._filters_stale = False
            before, self._filters = self._filters, self._catalogue.filters()
            self._dropped -= self._filters
            self._wire.hear(sorted(self._filters - before), sorted(before - self._filters))

    # -- reports and presence ----------------------------------------------------------------

    def _take_reading(self, known: Known, reading: Reading, heard: Heard) -> None:
        serial = known.definition.serial
        if reading.parameters or reading.reported or reading.invalid:
            self._gather(serial, reading, heard)
        if reading.online is False:
            self._presences.said_offline(serial)
        elif reading.online:
            self._presences.said_online(serial, heard.at)
        elif not heard.retained:
            self._presences.spoke(serial, heard.at)
        if not heard.retained:
            self._catalogue.hear(serial)
        if reading.patience is not None and reading.patience != self._patience.get(serial):
            self._patience[serial] = reading.patience
            self._announce(known)
        self._hear_life(known, reading, heard)
        self._publish(serial, reading.ask)

    def _gather(self, serial: str, reading: Reading, heard: Heard) -> None:
        gathering = self._gatherings.get(serial)
        if gathering is not None and gathering.retained is not heard.retained:
            self._tell_directory(self._gatherings.pop(serial))
            gathering = None
        if gathering is None:
            due = self._clock.monotonic() + GATHER_S
            gathering = Gathering(serial=serial, retained=heard.retained, due=due)
            self._gatherings[serial] = gathering
            self._ring_when_due()
        gathering.add(reading)
        gathering.at, gathering.topic = heard.at, heard.topic
        gathering.payload = heard.payload[:_KEPT_BYTES]
        if self._owed.is_open:
            gathering.deliveries.append(self._owed.take())

    def _settle(self, gathering: Gathering) -> None:
        for delivery in gathering.deliveries:
            tell_if_alive(self._writer, Settle(delivery))

    def _tell_directory(self, gathering: Gathering) -> None:
        self._telling = gathering
        known = self._catalogue.known(gathering.serial)
        assert known is not None  # with whom its gathering goes
        doubtful = self._clock.doubt is not None
        tell_if_alive(self._directory, gathering.told(known.definition.profile, doubtful=doubtful))
        self._telling = None

    def _ring_when_due(self) -> None:
        due = [gathering.due for gathering in _first(self._gatherings.values())]
        due += _first(self._redefinitions.values())
        if (returned := self._reaching.next_due) is not None:
            due.append(returned)
        if self._present:
            due.append(self._clock.monotonic() + GATHER_S)
        if due and (self._rings_at is None or min(due) < self._rings_at):
            self._rings_at = min(due)
            delay = max(0.0, self._rings_at - self._clock.monotonic())
            self._clock.call_later(delay, partial(tell_if_alive, self.actor_ref, GatheringsDue()))

    def _tell_due(self) -> None:
        now = self._clock.monotonic() + _ALONG
        while self._redefinitions and next(iter(self._redefinitions.values())) <= now:
            self._redefine(self._redefinitions.popitem(last=False)[0])
        self._hear_those_present()
        while self._gatherings and next(iter(self._gatherings.values())).due <= now:
            self._tell_directory(self._gatherings.popitem(last=False)[1])
        # After what they have said, so that what was set by hand meanwhile is not undone.
        self._reaching.tell_due(now)
        self._ring_when_due()

    def _ring_for_will(self, serial: str) -> None:
        tell_if_alive(self.actor_ref, WillDue(serial))

    # -- who hears what it is told -----------------------------------------------------------

    def _hear_life(self, known: Known, reading: Reading, heard: Heard) -> None:
        """Whoever speaks for it may do so for others: a gateway's devices are told by the gateway."""
        if reading.online is False:
            self._reaching.lost(known.definition.serial)
        if heard.retained or self._reaching.is_reached(known.definition.serial):
            return
        self._hear_voice(known)
        if reading.online is not False:
            self._reaching.heard((known.definition.serial,), self._clock.monotonic())
        self._ring_when_due()

    def _hear_voice(self, known: Known) -> None:
        if _voice(known) in self._speaking:
            return
        self._speaking.add(_voice(known))
        present = [serial for serial in self._catalogue.beside(known) if not self._presences.is_gone(serial)]
        self._reaching.heard(present, self._clock.monotonic())

    def _hear_those_present(self) -> None:
        for group in [group for group in self._present if group not in self._redefinitions]:
            for known in self._catalogue.following_from(group, self._present.pop(group)):
                self._hear_voice(known)

    def _await_return(self, those: Iterable[Known]) -> None:
        """By a word; where nobody of those who speak for it answers questions, by being given the time."""
        now, answers = self._clock.monotonic(), dict[tuple[Group, frozenset[str]], bool]()
        for known in those:
            serial, voice = known.definition.serial, _voice(known)
            if (
                not self._connected
                or not known.definition.profile.controls
                or self._presences.is_gone(serial)
            ):
                continue
            if voice in self._speaking:
                self._reaching.heard((serial,), now)
                continue
            if voice not in answers:
                answers[voice] = any(map(self._answers, self._catalogue.beside(known)))
            if not answers[voice]:
                self._reaching.presume(serial, now)
        self._ring_when_due()

    def _answers(self, serial: str) -> bool:
        known = self._catalogue.known(serial)
        return known is not None and bool(
            self._understood(serial, partial(known.dialect.greet, known.definition))
        )

    def _lose_all(self) -> None:
        """After what they have said, which was before."""
        self._connected = False
        while self._gatherings:
            self._tell_directory(self._gatherings.popitem(last=False)[1])
        self._speaking.clear()
        self._reaching.lost_all()

    # -- telling devices ---------------------------------------------------------------------

    def _order(self, order: Order) -> None:
        known = self._catalogue.known(order.serial)
        if known is None or known.definition.profile.address != order.address:
            logger.warning("order_without_address serial=%s version=%d", order.serial, order.version)
            tell_if_alive(self._directory, OrderUnsent(order))
            return
        if not self._reaching.is_reached(order.serial):  # lost since it was told that it could be reached
            tell_if_alive(self._directory, OrderUnsent(order))
            return
        messages = self._understood(
            order.serial, partial(known.dialect.order, known.definition, order.wanted)
        )
        if messages is None:
            return
        unsent, own = OrderUnsent(order), self._own(known, messages)
        if not self._publish(order.serial, own, partial(tell_if_alive, self.actor_ref, unsent)):
            tell_if_alive(self._directory, unsent)

    def _stop_moving(self, stop: StopOrder) -> None:
        """Now or never: what was lost on its way would halt it at some other place."""
        known = self._catalogue.known(stop.serial)
        sent = False
        if known is not None and self._reaching.is_reached(stop.serial):
            profile = known.definition.profile
            if (profile.address, profile.stop_address) == (stop.address, stop.stop_address):
                messages = self._understood(stop.serial, partial(known.dialect.stop, known.definition))
                own = self._own(known, messages or ())
                sent = bool(own) and self._publish(stop.serial, own)
        stop.answer(None if sent else unreached(stop.serial))

    def _own(self, known: Known, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Those that go to the device itself."""
        own = [each for each in messages if self._catalogue.is_told_by(each.topic, known)]
        for each in messages:
            if each not in own:
                reason = f"se ordena a otro aparato por {each.topic[:80]!r}"
                self._complain(known.definition.serial, reason, None)
        return own

    def _publish(self, subject: str, messages: Sequence[Outgoing], lost: Lost = lambda: None) -> bool:
        """Whether there was a broker to carry those of them that may be published."""
        fit, unfit = self._outlet.sort(messages)
        for each in unfit:
            self._complain(subject, f"no se publica nada en {each.topic[:80]!r}", None)
        return self._outlet.publish(fit, lost)

    def _greet_on(self) -> None:
        if self._greetings and not self._greeting:
            self._greeting = True
            self._clock.call_later(GREET_S, partial(tell_if_alive, self.actor_ref, GreetingsDue()))

    def _greet(self) -> None:
        """Not all at once: they answer."""
        for _ in range(min(GREETED, len(self._greetings))):
            serial = self._greetings.popleft()
            if (known := self._catalogue.known(serial)) is not None:
                questions = self._understood(serial, partial(known.dialect.greet, known.definition))
                self._publish(serial, questions or ())
        self._greet_on()


def _voice(known: Known) -> tuple[Group, frozenset[str]]:
    return known.group, known.definition.keys


def _first(values: Iterable[T]) -> list[T]:
    return [value for value, _ in zip(values, (None,), strict=False)]
