"""Who is who: the one actor that knows every device's actor, and looks after them all."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import ClassVar, Final

import pykka

from actors.context import ActorContext
from actors.dead_letter_words import reason_for, too_many_devices, too_many_unclaimed
from actors.device import GONE, DeviceActor
from actors.domain.absences import Absences
from actors.domain.claiming import unproven, unproven_spare
from actors.domain.durations import DAY_S
from actors.domain.house import House
from actors.domain.logbook import BY_SYSTEM
from actors.domain.model import Change, Claim, DeadLetter, Device, Move, Report
from actors.domain.profile import Profile
from actors.domain.refusals import Refusal, Refused
from actors.domain.rooms import RemoveRoom, Rooms
from actors.domain.status import StrangersStatus
from actors.messages import (
    AcceptDefinition,
    Announced,
    ApplyFinding,
    AskBounds,
    AskClaimed,
    BrokerConnected,
    BrokerLost,
    ChangeAbsences,
    ChangeDevice,
    ChangeEnergyPlan,
    ChangeLimits,
    ChangeRooms,
    ClaimChanged,
    ClaimDevice,
    Claimed,
    Declined,
    Departed,
    DeviceFailed,
    DismissalNoted,
    DismissFinding,
    EndUnwatched,
    ForDevice,
    ForgetDevice,
    ForgetUnheard,
    GiveWay,
    HouseChanged,
    KeepAbsences,
    KeepConclusion,
    KeepDeadLetter,
    KeepEnergyPlan,
    KeepRooms,
    KeepSeen,
    Offered,
    OrderUnsent,
    Presence,
    PublishConfiguration,
    Reachability,
    Recall,
    Recalled,
    RecallRemoved,
    RecallRooms,
    Recognized,
    RecognizeDevice,
    Refuse,
    ReleaseDevice,
    Removal,
    Remove,
    Replaced,
    ReplaceDevice,
    Reported,
    RestartDue,
    RoomGone,
    Settle,
    Stayed,
    StopDevice,
    Switched,
    TakeOver,
    Undelivered,
    WeatherKnown,
)
from actors.runtime.clock import Timer
from actors.runtime.dispatch import tell_if_alive
from actors.runtime.supervision import Name, Part, RestartPolicy, SupervisedActor, one_line
from actors.strangers import MAX_UNCLAIMED, Strangers

logger = logging.getLogger(__name__)


# What a successor takes over of a dead actor's mail; its timers it sets itself.
_ASKED = (
    *(ClaimDevice, ChangeDevice, ChangeLimits, ReleaseDevice, AcceptDefinition),
    *(ApplyFinding, DismissFinding, AskBounds, StopDevice),
)
_FAREWELLS = (ForgetDevice, ForgetUnheard, GiveWay, ReplaceDevice, TakeOver)
# Of the days on which people were at home, so many are kept: rule 3 remembers eight weeks.
KEPT_DAYS: Final = 60
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_TOLD = (DismissalNoted, KeepConclusion, PublishConfiguration, RoomGone)
_INHERITED = (Reported, Announced, OrderUnsent, Refuse, Presence, *_ASKED, *_FAREWELLS, *_TOLD)


@dataclass(slots=True)
class _Resident:
    """A device's place: an actor, or the mail that waits for one to be (re)started."""

    device_id: int | None = None
    """Known from its first start on."""
    ref: pykka.ActorRef[DeviceActor] | None = None
    left: list[object] = field(default_factory=list)
    """Mail that the dead actor has left, older than ``waiting``."""
    waiting: list[object] = field(default_factory=list)
    restart_policy: RestartPolicy = field(default_factory=RestartPolicy)
    restart: Timer | None = None
    recall: int | None = None
    """Which of the recalls that were told to the writer is its own and not answered yet."""
    leaving: bool = False
    """Its actor was told farewell. What comes after that waits: it may be for whoever comes next."""
    lent: bool = False
    """Its actor has ended, and its hardware is offered to another one, which takes it or not."""
    quarantined: bool = False
    """It takes no mail until it is started the next time: the broker is acknowledged in order of arrival,
    so mail that waits long keeps everybody's acknowledgements waiting."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The writer's answer to that recall of a device."""

    recall: int
    device: Device


class Directory(SupervisedActor):
    """serial → actor. Starts a device's actor at its first report and again after a failure.

    It decides on the rooms too, since all commands pass it: no device is told to move into a room after it
    was told that there is none any more. Until the writer has said which there are, such commands wait.

    A birth and a restart are the same thing: the device is recalled from the writer, which has
    everything told before it on disk (and makes the row of a new one); mail waits here meanwhile.

    Its own failures cost no device its place. A handler hands its message on, or puts it into a
    resident's mail, as the last thing that it does with it; so after an exception the message is with
    somebody, or :meth:`on_fault` refuses it. Mail leaves a resident's queue only once it was told. And
    whoever may have been left without an actor and without a restart is recalled once more.
    """

    part: ClassVar[Part] = Part.DIRECTORY

    def __init__(
        self,
        context: ActorContext,
        devices: Iterable[Device],
        max_devices: int,
        absences: Absences = Absences(),  # noqa: B008 - frozen
        strangers: StrangersStatus | None = None,
    ) -> None:
        """``strangers`` has how many devices there may be that nobody has claimed, and counts the others."""
        super().__init__(context.dispatcher, context.clock, context.failure_registry)
        self._context = context
        self._known = devices
        self._max_devices = max_devices
        self._strangers = Strangers(strangers or StrangersStatus(MAX_UNCLAIMED), context.clock)
        """Of the devices that are here those that nobody has claimed."""
        self._residents: dict[str, _Resident] = {}
        self._profiles: dict[str, Profile] = {}
        """Of devices of other makes, by serial number, whether they are here or not: they are announced once,
        and whoever is started again has to be told."""
        self._reachable: set[str] = set()
        """Those of them that hear what they are told, for the same reason."""
        self._spellings: dict[str, str] = {}
        """The first spelling of each serial number, by it in lower case."""
        self._recalls = itertools.count()
        self._absences = absences
        self._house = House(absences=absences.said)
        self._rooms: Rooms | None = None
        self._about_rooms: list[object] = []
        """Commands that wait until they are known."""
        self._left_behind: deque[object] = deque()
        """Mail that was held back for a device that has gone, oldest first."""

    def on_start(self) -> None:
        for device in self._known:
            if device.serial not in self._residents:
                self._residents[device.serial] = _Resident(device.id, self._start(device))
                self._spellings.setdefault(device.serial.lower(), device.serial)
        unclaimed = [device for device in self._known if not device.claimed]
        for device in sorted(unclaimed, key=lambda each: each.seen_at or 0.0):
            self._admit(device.serial)
        self._known = ()  # as they were then is nobody's to keep
        running = frozenset(self._context.rules)
        tell_if_alive(self._context.writer, EndUnwatched(running, self._context.clock.now()))
        tell_if_alive(self._context.writer, RecallRooms(partial(tell_if_alive, self.actor_ref)))

    def on_stop(self) -> None:
        for resident in self._residents.values():
            if resident.ref is not None:
                resident.ref.stop(block=False)

    def on_fault(self, error: BaseException) -> None:
        failed = one_line(error)
        match self.handling:
            case DeviceFailed(serial, handling):
                self._residents[serial].ref = None
                self._residents[serial].leaving = False
                self._turn_away(handling, _internal(failed))
            case ChangeRooms(RemoveRoom(room_id)) if self._rooms is not None and room_id not in self._rooms:
                self._vacate(room_id)
            case message:
                self._turn_away(message, _internal(failed))
        if self._left_behind:
            self._turn_away(self._left_behind.popleft(), _internal(failed))
            self._readdress()
        for serial, resident in self._residents.items():
            if resident.ref is None:
                self._recall(serial)
            self._forward(resident)

    def on_receive(self, message: object) -> None:
        match message:
            case Reported(report) | Refuse(report):  # the first, as nearly all are
                if report.serial in self._strangers:
                    self._strangers.hear(report.serial)
                elif report.serial not in self._residents:
                    self._note_spelling(report.serial)
                self._pass_on(report.serial, message)
            case ChangeRooms():
                self._change_rooms(message)
            case ChangeAbsences():
                self._change_absences(message)
            case ChangeEnergyPlan():
                self._plan_energy(message)
            case ChangeDevice(change=Change(move=Move(room=int(room_id)))):
                self._pass_on_if_there(room_id, message)
            case Rooms():
                self._rooms = message
                while self._about_rooms:
                    self.actor_ref.tell(self._about_rooms[0])
                    del self._about_rooms[0]
            case Presence(serial=serial) | ChangeDevice(serial=serial) | AskBounds(serial=serial):
                self._pass_on(serial, message)
            case Announced():
                self._introduce(message)
            case Recognized(before, serial):
                self._recognize(before, serial)
            case Reachability():
                self._note_reachability(message)
            case AskClaimed(reply):
                # Whoever is not known yet to be nobody's may be somebody's.
                reply(Claimed(frozenset(map(str.lower, self._residents.keys() - self._strangers.serials))))
            case ClaimDevice(claim):
                self._pass_on(claim.serial, message)
            case ReleaseDevice(serial) | AcceptDefinition(serial) | ChangeLimits(serial) | StopDevice(serial):
                self._pass_on(serial, message)
            case OrderUnsent(order):
                self._pass_on(order.serial, message)
            case ForgetDevice() | ForgetUnheard():
                self._see_off(message)
            case Departed(serial):
                self._vacate_place(serial)
            case ClaimChanged(serial, claimed=True):
                self._strangers.forget(serial)
            case ClaimChanged(serial):
                self._admit(serial)
            case ReplaceDevice():
                self._seek_spare(message)
            case Offered():
                self._offer(message)
            case Declined(offer):
                self._residents[offer.request.serial].leaving = False
                self._forward(self._residents[offer.request.serial])
                self._give_back(offer)
            case Replaced(offer):
                self._rename(offer.request.serial, offer.spare.serial)
            case Stayed(serial):
                self._residents[serial].leaving = False
                self._forward(self._residents[serial])
            case ApplyFinding(kept) | DismissFinding(kept):
                self._pass_on(kept.finding.serial, message)
            case _Found(recall, device):
                self._move_in(recall, device)
            case DeviceFailed():
                self._bury(message)
            case Undelivered(serial, messages):
                self._inherit(serial, messages)
            case RestartDue(serial):
                if serial in self._residents and self._residents[serial].ref is None:
                    self._recall(serial)
            case KeepSeen():
                tell_if_alive(self._context.writer, message)
            case Switched(days):
                self._note_people(days)
            case WeatherKnown(weather):
                self._change_house(replace(self._house, weather=weather))
            case BrokerConnected():
                # First, so that what it clears is not what is published again.
                tell_if_alive(self._context.writer, RecallRemoved())
                for resident in self._residents.values():
                    self._deliver(resident, PublishConfiguration())
            case BrokerLost():
                for resident in self._residents.values():
                    self._deliver(resident, message)
            case _:
                super().on_receive(message)

    # -- mail --------------------------------------------------------------------------------

    def _note_spelling(self, heard: str) -> None:
        """Serial numbers that differ in letter case alone are one device's, which hears us by its own."""
        first = self._spellings.get(heard.lower())
        if first is None:
            return
        if first in self._strangers:
            self._strangers.hear(first)
        if self._context.commands.also_spelled(first, heard):
            self._deliver(self._residents[first], PublishConfiguration())

    def _introduce(self, announced: Announced) -> None:
        profile = announced.profile
        serial = self._spellings.get(announced.serial.lower(), announced.serial)
        if profile is not None:
            self._profiles[serial] = profile
        else:
            self._profiles.pop(serial, None)
        if serial in self._residents or profile is not None:
            self._pass_on(serial, announced)

    def _note_reachability(self, told: Reachability) -> None:
        serial = self._spellings.get(told.serial.lower(), told.serial)
        (self._reachable.add if told.reachable else self._reachable.discard)(serial)
        if serial in self._residents:
            self._deliver(self._residents[serial], told)

    def _pass_on(self, serial: str, message: ForDevice) -> None:
        if serial not in self._residents:
            serial = self._spellings.get(serial.lower(), serial)
        resident = self._residents.get(serial)
        if resident is not None:
            self._deliver(resident, message)
        elif isinstance(message, ClaimDevice):
            self._answer_refused(message.reply, unproven(serial))
        elif not isinstance(message, Reported | Announced):
            self._turn_away(message, Refused(Refusal.UNKNOWN_SERIAL, {"serial": serial}))
        elif not self._strangers.has_room:
            self._have_wait(message)
        elif len(self._residents) < self._max_devices:
            resident = self._residents[serial] = _Resident()
            self._spellings.setdefault(serial.lower(), serial)
            self._recall(serial)
            resident.waiting.append(message)
            self._admit(serial)
        else:
            self._strangers.status.turned_away += 1
            self._turn_away_stranger(message, too_many_devices(self._max_devices))

    def _turn_away_stranger(self, message: Reported | Announced, full: str) -> None:
        if isinstance(message, Reported):
            self._refuse_report(message, full)
        else:
            letter = DeadLetter(message.at, f"anuncios/{message.serial}", b"", full)
            tell_if_alive(self._context.writer, KeepDeadLetter(letter))

    def _deliver(self, resident: _Resident, message: object) -> None:
        if resident.ref is not None and not resident.leaving:
            try:
                resident.ref.tell(message)
            except pykka.ActorDeadError:
                pass  # and DeviceFailed is on its way
            else:
                resident.leaving = _is_farewell(message)
                return
        if resident.quarantined:
            self._turn_away(message, Refused(Refusal.QUARANTINED))
        else:
            resident.waiting.append(message)

    def _forward(self, resident: _Resident) -> None:
        """Deliver what waits, oldest first; what has to wait on does so in the same order."""
        if resident.ref is None and not resident.quarantined:
            return  # what the dead actor has left may still come: behind what it died of, before the rest
        resident.waiting[:0] = resident.left
        resident.left.clear()
        for _ in range(len(resident.waiting)):
            self._deliver(resident, resident.waiting[0])
            del resident.waiting[0]

    def _turn_away(self, message: object, refused: Refused) -> None:
        """Answer for a device that cannot: reports by a dead letter, people by ``refused``."""
        match message:
            case Reported():
                self._refuse_report(message, reason_for(refused))
            case Refuse(_, letter, delivery):
                tell_if_alive(self._context.writer, KeepDeadLetter(letter, delivery))
            case Presence(delivery=delivery):
                tell_if_alive(self._context.writer, Settle(delivery))
            case Offered(request=request) as offer:
                self._answer_refused(request.reply, refused)
                self._give_back(offer)
            case TakeOver(offer):
                self._turn_away(offer, refused)
            case (
                (ClaimDevice() | ChangeDevice() | ChangeLimits() | ReleaseDevice() | AcceptDefinition())
                | (ForgetDevice() | ReplaceDevice() | StopDevice())
                | (ApplyFinding() | DismissFinding() | DismissalNoted() | AskBounds())
                | (ChangeRooms() | ChangeAbsences() | ChangeEnergyPlan())
            ) as asked:
                self._answer_refused(asked.reply, refused)

    def _refuse_report(self, message: Reported, reason: str) -> None:
        self._settle_the_rest(message)
        letter = DeadLetter(message.report.at, message.topic, message.payload, reason)
        tell_if_alive(self._context.writer, KeepDeadLetter(letter, message.delivery))

    def _settle_the_rest(self, message: Reported) -> None:
        for delivery in message.also:
            tell_if_alive(self._context.writer, Settle(delivery))

    def _answer_refused(self, reply: Callable[[Refused], None], refused: Refused) -> None:
        """The asker's border: one that fails must not take along what the others wait for."""
        try:
            reply(refused)
        except Exception:
            logger.exception("reply_failed reply=%r", reply)

    # -- rooms -------------------------------------------------------------------------------

    def _change_rooms(self, command: ChangeRooms) -> None:
        if self._rooms is None:
            self._about_rooms.append(command)
            return
        outcome = self._rooms.after(command.change)
        if isinstance(outcome, Refused):
            self._answer_refused(command.reply, outcome)
            return
        rooms, changed = outcome
        tell_if_alive(self._context.writer, KeepRooms(rooms, changed, command.reply))
        self._rooms = rooms
        if changed.id not in rooms:
            self._vacate(changed.id)

    def _vacate(self, room_id: int) -> None:
        """On disk it is vacated by being gone; so this need not reach whoever is in quarantine."""
        for resident in self._residents.values():
            self._deliver(resident, RoomGone(room_id))

    def _pass_on_if_there(self, room_id: int, message: ChangeDevice) -> None:
        if self._rooms is None:
            self._about_rooms.append(message)
        elif room_id in self._rooms:
            self._pass_on(message.serial, message)
        else:
            self._answer_refused(message.reply, Refused(Refusal.NO_ROOM_TO_MOVE_TO, {"id": room_id}))

    # -- the house ---------------------------------------------------------------------------

    def _change_absences(self, command: ChangeAbsences) -> None:
        outcome = self._absences.after(command.change, self._context.clock.now())
        if isinstance(outcome, Refused):
            self._answer_refused(command.reply, outcome)
            return
        self._absences, changed = outcome
        tell_if_alive(self._context.writer, KeepAbsences(self._absences, changed, command.reply))
        self._change_house(replace(self._house, absences=self._absences.said))

    def _plan_energy(self, command: ChangeEnergyPlan) -> None:
        plan = command.plan.in_order()
        if isinstance(plan, Refused):
            self._answer_refused(command.reply, plan)
        else:
            tell_if_alive(self._context.writer, KeepEnergyPlan(plan, command.reply))

    def _note_people(self, days: Set[int]) -> None:
        """They were at home. Nothing is kept of what was longer ago than habits are remembered, nor of days
        that are yet to come.
        """
        today = round(self._context.clock.now() // DAY_S) + EPOCH_DAY
        remembered = range(today - KEPT_DAYS, today + 2)
        switched = frozenset(day for day in self._house.switched | days if day in remembered)
        if not days & set(remembered) <= self._house.switched:
            self._change_house(replace(self._house, switched=switched))

    def _change_house(self, house: House) -> None:
        """Who has no actor at present is told when it is started."""
        self._house = house
        for resident in self._residents.values():
            if resident.ref is not None:
                tell_if_alive(resident.ref, HouseChanged(house))

    # -- births, deaths, restarts ------------------------------------------------------------

    def _recall(self, serial: str) -> None:
        resident = self._residents[serial]
        if resident.lent:
            return
        if resident.restart is not None:
            resident.restart.cancel()
        resident.recall = next(self._recalls)
        tell_if_alive(self._context.writer, Recall(serial, partial(self._hear, resident.recall)))

    def _hear(self, recall: int, recalled: Recalled) -> None:
        tell_if_alive(self.actor_ref, _Found(recall, recalled.device))

    def _start(self, device: Device) -> pykka.ActorRef[DeviceActor]:
        profile = self._profiles.get(device.serial)
        known = device if profile is None else device.after_profile(profile)
        known = replace(known, reachable=device.serial in self._reachable)
        return DeviceActor.start(self._context, self.actor_ref, known, self._house)

    def _move_in(self, recall: int, device: Device) -> None:
        resident = self._residents.get(device.serial)
        if resident is None or recall != resident.recall or resident.ref is not None:
            return
        resident.recall = None
        resident.device_id = device.id
        resident.ref = self._start(device)
        if device.claimed:
            self._strangers.forget(device.serial)
        resident.quarantined = False
        self._context.failure_registry.release(Name(Part.DEVICE, device.serial))
        if resident.restart is not None:
            # The one that failed may have shown what it did not come to keep.
            self._context.events.device_updated(device)
        self._forward(resident)
        if not (device.claimed or resident.leaving or device.serial in self._strangers):
            self._admit(device.serial)

    def _bury(self, death: DeviceFailed) -> None:
        """Take the message that it died of out of circulation, and have it started again."""
        context, serial = self._context, death.serial
        resident = self._residents[serial]
        resident.ref = None
        resident.leaving = False
        restart = resident.restart_policy.after_failure(context.clock.monotonic())
        due = partial(tell_if_alive, self.actor_ref, RestartDue(serial))
        resident.restart = context.clock.call_later(restart.delay, due)
        resident.quarantined = restart.quarantined
        context.failure_registry.note(Name(Part.DEVICE, serial), restart, death.error, context.clock.now())
        logger.error("device_failed serial=%s restart_s=%.1f error=%s", serial, restart.delay, death.error)
        match death.handling:
            case Reported(report, delivery, topic, payload) if not restart.quarantined:
                self._settle_the_rest(death.handling)
                letter = DeadLetter(report.at, topic, payload, reason_for(_internal(death.error)))
                resident.left.append(Refuse(report, letter, delivery))
            case handling:
                self._turn_away(handling, _internal(death.error))
        self._forward(resident)

    def _inherit(self, serial: str, messages: Iterable[object]) -> None:
        inherited = [message for message in messages if isinstance(message, _INHERITED)]
        if serial in self._residents:
            self._residents[serial].left.extend(inherited)
            self._forward(self._residents[serial])
            return
        for message in inherited:
            self._turn_away(message, GONE)

    # -- farewells ---------------------------------------------------------------------------

    def _have_wait(self, message: Reported | Announced) -> None:
        """Until it speaks when there is room. One of them is told of as a dead letter once a minute."""
        if self._strangers.turn_away():
            self._turn_away_stranger(message, too_many_unclaimed(self._strangers.status.most))
        elif isinstance(message, Reported):
            self._settle_the_rest(message)
            tell_if_alive(self._context.writer, Settle(message.delivery))

    def _admit(self, serial: str) -> None:
        """One more that nobody has claimed; where that is too many, another one goes."""
        if (oldest := self._strangers.admit(serial)) is not None:
            self._send_away(oldest)

    def _send_away(self, serial: str) -> None:
        """Who is in quarantine takes no mail, and so has no last word."""
        resident = self._residents[serial]
        if resident.quarantined and resident.device_id is not None:
            removal = Removal(resident.device_id, serial)
            self._context.events.device_removed(removal)
            tell_if_alive(self._context.writer, Remove(removal, clears_broker=False))
            self._vacate_place(serial)
        else:
            self._deliver(resident, GiveWay(serial))

    def _see_off(self, farewell: ForgetDevice | ForgetUnheard) -> None:
        """By way of the device, which knows what it is; one in quarantine cannot be asked."""
        serial, device_id = farewell.removal.serial, farewell.removal.device_id
        resident = self._residents.get(serial)
        if resident is None or resident.device_id != device_id:
            if isinstance(farewell, ForgetDevice):
                self._answer_refused(farewell.reply, GONE)
        elif isinstance(farewell, ForgetDevice) and resident.quarantined and resident.recall is None:
            self._context.events.device_removed(farewell.removal)
            tell_if_alive(self._context.writer, Remove(farewell.removal, farewell.reply))
            self._vacate_place(serial)
        else:
            self._deliver(resident, farewell)

    def _vacate_place(self, serial: str) -> None:
        resident = self._residents.pop(serial)
        self._strangers.forget(serial)
        if self._spellings.get(serial.lower()) == serial:
            del self._spellings[serial.lower()]
        if resident.restart is not None:
            resident.restart.cancel()
        self._context.failure_registry.release(Name(Part.DEVICE, serial))
        self._left_behind.extend((*resident.left, *resident.waiting))
        self._readdress()

    # -- replacements ------------------------------------------------------------------------

    def _seek_spare(self, request: ReplaceDevice) -> None:
        """The one whose hardware is asked for is asked first: whether its code is proved, only it knows."""
        sought = request.spare.serial
        spare = sought if sought in self._residents else self._spellings.get(sought.lower(), sought)
        replaced = self._residents.get(request.serial)
        if replaced is None or replaced.device_id != request.device_id:
            self._answer_refused(request.reply, GONE)
        elif spare == request.serial:
            itself = Refused(Refusal.ALREADY_CLAIMED, {"serial": spare, "id": request.device_id})
            self._answer_refused(request.reply, itself)
        elif spare in self._residents:
            self._deliver(self._residents[spare], request)
        else:
            self._answer_refused(request.reply, unproven_spare(sought))

    def _recognize(self, before: str, serial: str) -> None:
        """A claimed device keeps its name and its history by the other serial number."""
        resident = self._residents.get(before)
        if resident is None or resident.device_id is None or before in self._strangers:
            return
        answered = partial(_note_recognition, before, serial)
        request = RecognizeDevice(resident.device_id, before, Claim(serial), answered, origin=BY_SYSTEM)
        self._seek_spare(request)

    def _offer(self, offer: Offered) -> None:
        spare = self._residents[offer.spare.serial]
        spare.ref, spare.leaving, spare.lent = None, False, True
        replaced = self._residents.get(offer.request.serial)
        if replaced is not None and replaced.device_id == offer.request.device_id:
            self._deliver(replaced, TakeOver(offer))
        else:
            self._turn_away(offer, GONE)

    def _give_back(self, offer: Offered) -> None:
        self._residents[offer.spare.serial].lent = False
        self._recall(offer.spare.serial)

    def _rename(self, before: str, after: str) -> None:
        """What has come for either meanwhile is for whoever has the serial number now."""
        device, spare = self._residents.pop(before), self._residents[after]
        held = [*device.left, *device.waiting, *spare.left, *spare.waiting]
        device.left.clear()
        device.waiting.clear()
        device.leaving = False
        self._residents[after] = device
        self._strangers.forget(after)
        if self._spellings.get(before.lower()) == before:
            del self._spellings[before.lower()]
        for serial in before, after:
            self._context.failure_registry.release(Name(Part.DEVICE, serial))
        for message in held:
            said_to_all = isinstance(message, PublishConfiguration | RoomGone | BrokerLost)
            if said_to_all or message == Reachability(after, True):
                self._deliver(device, message)
            else:
                self._left_behind.append(message)
        self._readdress()

    def _readdress(self) -> None:
        """Whoever has spoken since is new; what people wanted of the one that is gone is refused."""
        while self._left_behind:
            match self._left_behind[0]:
                case Reported(report=Report(serial=serial)) | Refuse(report=Report(serial=serial)) as message:
                    self._pass_on(serial, message)
                case Announced() as announced:
                    self._introduce(announced)
                case Presence(serial=serial) | ClaimDevice(claim=Claim(serial=serial)) as message:
                    self._pass_on(serial, message)
                case ForgetDevice() | ForgetUnheard() as farewell:
                    self._see_off(farewell)
                case ReplaceDevice() as request:
                    self._seek_spare(request)
                case message:
                    self._turn_away(message, GONE)
            self._left_behind.popleft()


def _note_recognition(before: str, serial: str, outcome: Device | Refused) -> None:
    why = outcome.why.value if isinstance(outcome, Refused) else "-"
    logger.warning("device_recognized before=%s serial=%s refused=%s", before, serial, why)


def _is_farewell(message: object) -> bool:
    """Whether the device may be gone then, or be by another serial number."""
    return isinstance(message, _FAREWELLS) or (isinstance(message, Announced) and message.profile is None)


def _internal(error: str) -> Refused:
    return Refused(Refusal.FAILED, {"error": error})
