"""A device, alive: one actor that holds its state, its rules and its offline timer."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pykka

from actors.context import ActorContext
from actors.dead_letter_words import reason_for
from actors.domain.claiming import ClaimGuard, unproven_spare
from actors.domain.findings import Decision, KeptFinding
from actors.domain.house import House
from actors.domain.logbook import (
    BY_SCHEDULE,
    UNKNOWN,
    Act,
    Deed,
    Origin,
    done,
)
from actors.domain.model import DeadLetter, Device, LogEntry, Report
from actors.domain.own_deeds import OwnWord, own_deeds, own_origin
from actors.domain.patience import interval_of
from actors.domain.profile import SETTLING_S, Profile
from actors.domain.proposals import applied
from actors.domain.refusals import Refusal, Refused
from actors.domain.timekeeping import after_midnight
from actors.lapses import ROUNDING, Lapses
from actors.messages import (
    AcceptDefinition,
    Announced,
    ApplyFinding,
    AskBounds,
    BrokerLost,
    ChangeDevice,
    ChangeLimits,
    ClaimChanged,
    ClaimDevice,
    Command,
    DayBegun,
    Declined,
    Delivery,
    Departed,
    DeviceFailed,
    DismissalNoted,
    Dismissed,
    DismissFinding,
    EndEpisodes,
    ForgetDevice,
    ForgetUnheard,
    GiveWay,
    HouseChanged,
    Keep,
    KeepConclusion,
    LapseDue,
    Offered,
    Order,
    OrderUnsent,
    Presence,
    PublishConfiguration,
    Reachability,
    RecallMemory,
    RecognizeDevice,
    Refuse,
    ReleaseDevice,
    Removal,
    Remove,
    Replace,
    Replaced,
    ReplaceDevice,
    Reply,
    Reported,
    RestartRule,
    ResumeDue,
    RoomGone,
    RuleEnded,
    RuleFailed,
    ScheduleDue,
    Settle,
    SettlingOver,
    SilenceDue,
    Stayed,
    StopDevice,
    StopOrder,
    Switched,
    TakeOver,
    ToWriter,
    Undelivered,
)
from actors.rule_actors import RuleActors
from actors.runtime.dispatch import PooledActor, tell_if_alive
from actors.runtime.supervision import one_line
from actors.schedule_handover import ScheduleHandover
from actors.silence import Silence

logger = logging.getLogger(__name__)

GONE: Final = Refused(Refusal.GONE)


class DeviceActor(PooledActor):
    """Each message is one pure transition of :class:`actors.domain.model.Device`, and then tells.

    The directory starts it, is its only correspondent, and inherits its mail if it dies.
    """

    def __init__(
        self, context: ActorContext, directory: pykka.ActorRef[Any], device: Device, house: House
    ) -> None:
        super().__init__(context.dispatcher)
        self._context = context
        self._clock = context.clock
        self._directory = directory
        self._device = device
        self._claim_guard = ClaimGuard(context.claim_window)
        self._own_word = OwnWord(device)
        self._rules = RuleActors(context, self.actor_ref, house)
        self._departed = False
        self._silence = Silence(
            self._clock,
            context.patience,
            context.startup_grace,
            lambda: tell_if_alive(self.actor_ref, SilenceDue()),
        )
        self._handover = ScheduleHandover(context, self.actor_ref)
        self._settled_at = 0.0
        """When the device has had its time to do as it was told."""
        self._lapses = Lapses(self._clock, lambda: tell_if_alive(self.actor_ref, LapseDue()))

    # -- life --------------------------------------------------------------------------------

    def on_start(self) -> None:
        self._silence.expect(self._device)
        self._expect_lapses()
        self._handover.keep_up_with(self._device)
        if self._device.claimed:
            self._rules.start(self._device)
        if self._device.orders is not None and self._device.orders.unconfirmed:
            self._settle_within(SETTLING_S)

    def on_stop(self) -> None:
        self._rules.stop()

    def on_death(self, error: BaseException) -> None:
        tell_if_alive(self._directory, DeviceFailed(self._device.serial, self.handling, one_line(error)))
        self.on_stop()

    def on_undelivered(self, messages: Sequence[object]) -> None:
        if not self._departed:
            tell_if_alive(self._directory, Undelivered(self._device.serial, messages))
            return
        # None of it is the directory's, which has held back what came after the farewell.
        for message in messages:
            if isinstance(message, DismissalNoted):
                message.reply(GONE)

    # -- mail --------------------------------------------------------------------------------

    def on_receive(self, message: object) -> None:
        match message:
            case Reported():
                self._take_report(message)
            case Refuse(report, letter, delivery):
                self._refuse_report(report, letter, delivery)
            case Presence():
                self._take_presence(message)
            case BrokerLost():
                self._doubt_connection()
            case SilenceDue():
                self._end_presence()
            case ClaimDevice(claim):
                objection = self._claim_guard.objection_to(claim, self._device, self._clock.since_boot())
                self._carry_out(objection or self._device.after_claim(claim), message)
            case ChangeDevice(change=change, seen=seen):
                stale = self._device.stale_for(seen)
                self._carry_out(stale or self._device.after_change(change), message)
            case ChangeLimits(changes=changes, seen=seen):
                stale = self._device.stale_for(seen)
                self._carry_out(stale or self._device.after_limits(changes), message)
            case ReleaseDevice(seen=seen):
                stale = self._device.stale_for(seen)
                self._carry_out(stale or self._device.after_release(), message)
            case AcceptDefinition(seen=seen):
                stale = self._device.stale_for(seen)
                self._carry_out(stale or self._device.after_consent(), message)
            case StopDevice():
                self._stop_moving(message)
            case Announced(profile=profile, at=at):
                self._take_profile(profile, at)
            case OrderUnsent(order):
                self._take_back(order)
            case Reachability(reachable=reachable):
                self._take_reachability(reachable=reachable)
            case SettlingOver():
                self._end_settling()
            case LapseDue():
                self._end_readings()
            case ScheduleDue(at, settings):
                self._follow_schedule(self._device.after_schedule(settings, at), at)
            case ResumeDue(at):
                self._follow_schedule(self._device.after_resuming(at), at)
            case DayBegun(at) if self._context.sun is not None:
                self._follow_sun(after_midnight(self._device, self._context.sun, at), at)
            case DayBegun():
                pass
            case ApplyFinding(finding) | DismissFinding(finding) if (
                finding.finding.device_id != self._device.id
            ):
                message.reply(GONE)
            case ApplyFinding(finding):
                decided = finding.id, Decision.APPLIED
                self._carry_out(applied(finding, self._device), message, decided)
            case DismissFinding(finding, reply):
                self._dismiss(finding, reply)
            case DismissalNoted(finding, reply):
                dismissed = finding.id, Decision.DISMISSED
                self._keep(Keep(self._device, reply=reply, decided=dismissed))
            case AskBounds():
                self._rules.tell_bounds(message, self._device)
            case RoomGone(room_id):
                self._leave_room(room_id)
            case ForgetDevice():
                self._forget(message)
            case ForgetUnheard(removal, since):
                self._depart_if_unheard(removal, since)
            case GiveWay():
                self._depart_if_unclaimed()
            case ReplaceDevice():
                self._offer(message)
            case TakeOver(offer):
                self._take_over(offer)
            case PublishConfiguration():
                self._say_again()
            case HouseChanged():
                self._rules.hear_of_house(message)
            case KeepConclusion():
                self._keep(message)
                if not self._device.claimed:
                    self._end_episodes()
            case RecallMemory():
                self._keep(message)
            case Switched():
                tell_if_alive(self._directory, message)
            case RuleFailed():
                self._rules.fail(message, self._device)
            case RuleEnded(rule):
                self._rules.end(rule, self._device)
            case RestartRule(rule):
                self._rules.restart(rule, self._device)
            case _:
                super().on_receive(message)

    # -- reports and presence ----------------------------------------------------------------

    def _take_report(self, message: Reported) -> None:
        device, report = self._device, message.report
        if device.is_repeat(report):
            if not report.retained:
                self._greet(report.at)
            receipt = None if report.boot is None else (device, report.boot)
            self._keep(Settle(message.delivery, receipt))
        elif (objection := device.objection_to(report)) is not None:
            letter = DeadLetter(report.at, message.topic, message.payload, reason_for(objection))
            for delivery in message.also:
                self._keep(Settle(delivery))
            self._refuse_report(report, letter, message.delivery)
        else:
            self._take_news(message)

    def _take_news(self, message: Reported) -> None:
        device, report = self._device, message.report
        if device.profile is not None:
            self._lapses.hear(report.parameters or {}, device.profile.lapses)
        if report.partial and report.retained:
            self._take_present_values(message)
        else:
            late = device.is_late(report)
            self._claim_guard.hear(report, device, self._clock.since_boot())
            if not {*report.invalid} <= {*device.invalid}:
                logger.warning("readings_invalid serial=%s metrics=%s", device.serial, report.invalid)
            again = report.boot is not None and device.boot(report.boot).again
            device = device.after_report(report)
            if report.boot is not None and device.boot(report.boot).again > again:
                logger.warning("boot_reused serial=%s boot=%r", device.serial, report.boot)
            # A late report tells the rules nothing: it came at another time than it speaks of.
            origin = partial(own_origin, device, report.at, self._context.zone)
            deeds = own_deeds(self._device, device, report.at, self._own_word, origin)
            kept = Keep(device, _log_entry(device, report), message.delivery, also=message.also, deeds=deeds)
            self._go_on(kept, report.at, None if late else report)
            if not report.retained:
                self._silence.hear(self._device)

    def _take_present_values(self, message: Reported) -> None:
        """What the broker retains of a device of another make, which comes again at each connection."""
        device = self._device.after_report(message.report)
        if device == self._device:
            self._settle(message)
        else:
            at = message.report.at
            # Somebody has done that while nobody here could hear it.
            deeds = own_deeds(self._device, device, at, self._own_word, lambda _: UNKNOWN)
            self._go_on(Keep(device, delivery=message.delivery, also=message.also, deeds=deeds), at)

    def _settle(self, message: Reported) -> None:
        for delivery in (*message.also, message.delivery):
            self._keep(Settle(delivery))

    def _refuse_report(self, report: Report, letter: DeadLetter, delivery: Delivery) -> None:
        """The device is there, whatever it said. Its number counts as received: without a receipt for it
        there would be none for what follows.
        """
        device = self._device
        boot = None if report.seq is None else report.boot
        if boot is not None:
            if device.is_repeat(report):
                self._keep(Settle(delivery, (device, boot)))
                return
            self._claim_guard.hear(report, device, self._clock.since_boot())
        device = device.after_refusal(report)
        self._go_on(Keep(device, delivery=delivery, refused=(letter, boot)), report.at)
        if not report.retained:
            self._silence.hear(self._device)

    def _take_presence(self, message: Presence) -> None:
        """A retained word is of unknown age: it is no sign of life."""
        if message.retained:
            self._take_stored_presence(online=message.online)
            self._keep(Settle(message.delivery))
        elif message.online:
            self._silence.connected_until = math.inf
            self._greet(message.at)
            self._keep(Settle(message.delivery))
        else:
            self._silence.connected_until = 0.0
            if self._device.online:
                self._go_on(Keep(self._device.after_silence(), delivery=message.delivery), message.at)
            else:
                self._keep(Settle(message.delivery))

    def _take_stored_presence(self, *, online: bool) -> None:
        """A device that has an interval is found out by that. Of another its connection is all there is to go
        by, and may well have lasted since.
        """
        believed = self._context.stored_presence
        if online and believed and self._device.online and interval_of(self._device) is None:
            until = self._clock.monotonic() + believed
            self._silence.connected_until = max(self._silence.connected_until, until)
            self._silence.hear(self._device)

    def _doubt_connection(self) -> None:
        """Whoever is still there connects again, or speaks, within its time."""
        if self._silence.connected_until:
            self._silence.connected_until = 0.0
            if self._device.online:
                self._silence.hear(self._device)

    def _greet(self, at: float) -> None:
        """The device is there, whatever it said."""
        self._go_on(Keep(self._device.after_greeting(at)), at)
        self._silence.hear(self._device)

    def _end_presence(self) -> None:
        if self._silence.is_over(self._device):
            self._go_on(Keep(self._device.after_silence()), self._clock.now())

    # -- of another make ---------------------------------------------------------------------

    def _take_profile(self, profile: Profile | None, at: float) -> None:
        before = self._device
        if profile is None and not before.claimed:
            self._depart_if_unclaimed()
            return
        self._go_on(Keep(before.after_profile(profile)), at)
        self._expect_lapses()
        if profile is None:
            tell_if_alive(self._directory, Stayed(before.serial))

    def _take_reachability(self, *, reachable: bool) -> None:
        """Nobody else needs to know; what was held for that is told now."""
        self._device = replace(self._device, reachable=reachable)
        if self._device.due:
            self._go_on(Keep(self._device), self._clock.now())

    def _take_back(self, order: Order) -> None:
        """It is not tried again at once: whoever could not carry it could not do so now."""
        device = self._device.after_failed_order(order.wanted)
        self._become(device, self._clock.now())
        self._keep(Keep(device))

    def _expect_lapses(self) -> None:
        """Of readings that may have been told before a start: at the latest as long after its last word."""
        device = self._device
        if device.profile is not None and device.profile.lapses:
            elapsed = max(0.0, self._clock.now() - (device.seen_at or 0.0))
            self._lapses.expect(device.parameters, device.profile.lapses, elapsed)

    def _end_readings(self) -> None:
        lapses = {} if self._device.profile is None else self._device.profile.lapses
        over = {name: lapses[name].value for name in sorted(self._lapses.over() & lapses.keys())}
        if over:
            at = self._clock.now()
            report = Report(
                self._device.serial, at, None, over, doubtful=self._clock.doubt is not None, partial=True
            )
            device = self._device.after_lapse(over)
            deeds = own_deeds(self._device, device, at, self._own_word, lambda _: UNKNOWN)
            self._go_on(Keep(device, _log_entry(device, report), deeds=deeds), at, report)

    def _settle_within(self, seconds: float) -> None:
        self._settled_at = self._clock.monotonic() + seconds
        self._clock.call_later(seconds, partial(tell_if_alive, self.actor_ref, SettlingOver()))

    def _end_settling(self) -> None:
        if self._clock.monotonic() + ROUNDING >= self._settled_at:
            device = self._device.after_settling()
            if device != self._device:
                self._go_on(Keep(device), self._clock.now())

    # -- the schedule ------------------------------------------------------------------------

    def _follow_schedule(self, device: Device, at: float) -> None:
        deeds = self._deeds(device, Act.CHANGED, BY_SCHEDULE, at)
        self._do_by_itself(device, deeds, at)

    def _follow_sun(self, device: Device, at: float) -> None:
        """It is to do what it was to do before, by today's sun: an entry a day would only bury the others."""
        self._own_word.expected.tell(self._device, device, at)
        self._do_by_itself(device, (), at)

    def _do_by_itself(self, device: Device, deeds: Sequence[Deed], at: float) -> None:
        if device != self._device:
            publish = device.orders is None and device.version > self._device.version
            self._go_on(Keep(device, publish=publish, deeds=deeds), at)

    # -- commands ----------------------------------------------------------------------------

    def _carry_out(
        self, outcome: Device | Refused, command: Command, decided: tuple[int, Decision] | None = None
    ) -> None:
        if isinstance(outcome, Refused):
            command.reply(outcome)
            return
        if (sun := self._context.sun) is not None and outcome.configuration is not self._device.configuration:
            outcome = outcome.lit_by(sun, sun.day(self._clock.now()), self._device.configuration)
        newly_claimed = outcome.claimed and not self._device.claimed
        publish = outcome.orders is None and outcome.version > self._device.version
        if outcome.claimed is not self._device.claimed:
            tell_if_alive(self._directory, ClaimChanged(outcome.serial, outcome.claimed))
        if not outcome.claimed:
            self._rules.release()
        released = self._device.claimed and not outcome.claimed
        at = self._clock.now()
        act = _ACTS.get(type(command), Act.CHANGED)
        deeds = self._deeds(outcome, act, _origin_of(command), at)
        kept = Keep(outcome, reply=command.reply, publish=publish, decided=decided, deeds=deeds)
        self._go_on(kept, at)
        if released:
            self._end_episodes()
        if newly_claimed:
            self._rules.start(self._device)

    def _stop_moving(self, command: StopDevice) -> None:
        outcome = self._device.after_stop()
        if isinstance(outcome, Refused) or outcome.profile is None:
            command.reply(outcome)
            return
        at = self._clock.now()
        deeds = self._deeds(outcome, Act.STOPPED, command.origin, at)
        answer = partial(_answer_stop, command.reply, outcome)
        order = StopOrder(outcome.serial, outcome.profile.address, outcome.profile.stop_address, answer)
        self._become(outcome, at)
        self._keep(Keep(outcome, deeds=deeds, order=order))

    def _deeds(self, device: Device, act: Act, origin: Origin, at: float) -> Sequence[Deed]:
        """What has been done to the device, which is to be ``device`` from now on."""
        self._own_word.expected.tell(self._device, device, at)
        deed = done(self._device, device, act, origin, at)
        return () if deed is None else (deed,)

    def _leave_room(self, room_id: int) -> None:
        if self._device.room == room_id:
            self._go_on(Keep(self._device.after_leaving()), self._clock.now())

    def _say_again(self) -> None:
        """By way of the writer, since what is not on disk is not to be promised."""
        if self._device.orders is None and self._device.version > 0:
            self._keep(Keep(self._device, publish=True))

    # -- farewell ----------------------------------------------------------------------------

    def _forget(self, command: ForgetDevice) -> None:
        stale = self._device.stale_for(command.seen)
        if stale is None:
            self._depart(Remove(command.removal, command.reply))
        else:
            tell_if_alive(self._directory, Stayed(self._device.serial))
            command.reply(stale)

    def _depart(self, removal: Remove) -> None:
        """Hub and writer are told by whoever has told them all else of this device, so in order."""
        self._departed = True
        self._handover.take_back(self._device)
        self._context.events.device_removed(removal.removal)
        self._keep(removal)
        tell_if_alive(self._directory, Departed(self._device.serial))
        self.end_at_once()

    def _depart_if_unheard(self, removal: Removal, since: float) -> None:
        device = self._device
        heard = device.seen_at is not None and device.seen_at >= since
        # What has been announced, and sleeps until somebody uses it, has yet to be heard.
        awaited = device.seen_at is None and device.profile is not None
        if device.claimed or device.online or heard or awaited:
            tell_if_alive(self._directory, Stayed(device.serial))
        else:
            self._depart(Remove(removal))

    def _depart_if_unclaimed(self) -> None:
        """What the broker retains stays: a flood of strangers is not to cost it three messages each."""
        device = self._device
        if device.claimed:
            tell_if_alive(self._directory, Stayed(device.serial))
        else:
            self._depart(Remove(Removal(device.id, device.serial), clears_broker=False))

    # -- replacement -------------------------------------------------------------------------

    def _offer(self, request: ReplaceDevice) -> None:
        """End, which is not for good: if the other one declines, this one is started again."""
        device = self._device
        refused = self._claim_guard.objection_to(request.spare, device, self._clock.since_boot())
        if refused is not None and refused.why is Refusal.UNPROVEN:
            refused = unproven_spare(device.serial)
        elif refused is None and device.claimed:
            refused = Refused(Refusal.ALREADY_CLAIMED, {"serial": device.serial, "id": device.id})
        if refused is not None:
            request.reply(refused)
            tell_if_alive(self._directory, Stayed(device.serial))
            return
        self._departed = True
        tell_if_alive(self._directory, Offered(device, request, self._silence.connected_until))
        self.end_at_once()

    def _take_over(self, offer: Offered) -> None:
        """The other one has told all that it had to tell, so that this can be the last that is told of it."""
        before, spare, request = self._device, offer.spare, offer.request
        is_same = isinstance(request, RecognizeDevice)
        after = before.after_recognition if is_same else before.after_replacement
        device = before.stale_for(request.seen) or after(spare)
        if isinstance(device, Refused):
            request.reply(device)
            tell_if_alive(self._directory, Declined(offer))
            return
        self._handover.take_back(self._device)
        self._rules.rename(before.serial)
        self._claim_guard = ClaimGuard(self._context.claim_window)
        self._context.events.device_removed(Removal(spare.id, spare.serial))
        at = self._clock.now()
        self._own_word = OwnWord(device)
        self._silence.connected_until = offer.connected_until
        deed = Deed(device.id, at, Act.REPLACED, request.origin)
        self._become(device, at)
        self._keep(Replace(device, Removal(spare.id, before.serial), request.reply, (deed,)))
        tell_if_alive(self._directory, Replaced(offer))
        self._silence.expect(self._device)
        if device.due:
            self._go_on(Keep(device), self._clock.now())

    # -- findings ----------------------------------------------------------------------------

    def _dismiss(self, finding: KeptFinding, reply: Reply) -> None:
        """By way of the rule, so that it knows before anybody is told that it does."""
        if self._rules.is_unconcerned(finding.finding.rule):
            self._keep(Keep(self._device, reply=reply, decided=(finding.id, Decision.DISMISSED)))
        else:
            self._rules.dismiss(Dismissed(finding, reply))

    def _end_episodes(self) -> None:
        """Of a device that is nobody's any more, whatever has lasted until now."""
        self._keep(EndEpisodes(self._device.id, self._clock.now()))

    # -- telling -----------------------------------------------------------------------------

    def _keep(self, message: ToWriter) -> None:
        tell_if_alive(self._context.writer, message)

    def _go_on(self, kept: Keep, at: float, report: Report | None = None) -> None:
        """As the device that is to be kept, which is told what it is due to be told.

        Hub and rules hear of it first, so that whoever is answered by the writer finds the hub up to date.
        """
        device = kept.device
        if due := device.due:
            address = "" if device.profile is None else device.profile.address
            order = Order(device.serial, device.version, due, address)
            device = device.after_order()
            kept = replace(kept, device=device, order=order)
            self._settle_within(SETTLING_S if device.profile is None else device.profile.settling)
        self._become(device, at, report)
        self._keep(kept)

    def _become(self, device: Device, at: float, report: Report | None = None) -> None:
        before, self._device = self._device, device
        self._context.events.device_updated(device)
        changed = (
            device.configuration is not before.configuration
            or device.online is not before.online
            or device.claimed is not before.claimed
            or device.serial is not before.serial
            or device.profile is not before.profile
            or device.limits is not before.limits
            or device.type is not before.type
            or device.patience != before.patience
        )
        if changed:
            self._handover.keep_up_with(self._device)
            if self._context.patience.with_device(device) != self._context.patience.with_device(before):
                self._silence.expect(self._device)
            self._rules.hear_change(device, at, report)
        else:
            self._rules.hear_report(device, at, report)


_ACTS: Final[Mapping[type[object], Act]] = {
    ClaimDevice: Act.CLAIMED,
    ReleaseDevice: Act.RELEASED,
    AcceptDefinition: Act.ACCEPTED,
}


def _origin_of(command: Command) -> Origin:
    """Who has given it, and whose proposal it carries out."""
    match command:
        case ApplyFinding(finding, origin=origin):
            return replace(origin, rule=finding.finding.rule, finding=finding.id)
        case DismissFinding():
            return UNKNOWN
        case _:
            return command.origin


def _answer_stop(reply: Reply, stopped: Device, refused: Refused | None) -> None:
    reply(stopped if refused is None else refused)


def _log_entry(device: Device, report: Report) -> LogEntry:
    """What the report said; of a state that it left out, the one that the device then had."""
    return LogEntry(
        device_id=device.id,
        n=device.reports,
        at=report.at,
        state=device.state if report.state is None else report.state,
        parameters={} if report.parameters is None else report.parameters,
        boot=report.boot,
        seq=report.seq,
        doubtful=report.doubtful,
    )
