"""The whole vocabulary between actors.

All of it is frozen. A message is named for what it says, not for who handles it; the sections say
who does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from actors.domain.absences import Absence, AbsenceChange, Absences
from actors.domain.findings import Bounds, Decision, Finding, KeptFinding, RuleMemory, Seen
from actors.domain.house import House
from actors.domain.logbook import UNKNOWN, Deed, Origin
from actors.domain.model import (
    Change,
    Claim,
    DeadLetter,
    Device,
    Editions,
    JsonObject,
    LogEntry,
    MetricChange,
    Report,
)
from actors.domain.notices import Notice, Occurrence, Recipient
from actors.domain.profile import Profile
from actors.domain.refusals import Refused
from actors.domain.rooms import Room, RoomChange, Rooms
from actors.domain.tariffs import EnergyPlan
from actors.domain.weather import Weather

Reply: TypeAlias = Callable[[Device | Refused], None]
"""How a command is answered; called once, from any thread, after the commit or the refusal."""
RoomReply: TypeAlias = Callable[[Room | Refused], None]
AbsenceReply: TypeAlias = Callable[[Absence | Refused], None]
PlanReply: TypeAlias = Callable[[EnergyPlan | Refused], None]


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """One MQTT message that the broker waits to see acknowledged. Identity is what counts."""

    mid: int
    qos: int
    epoch: int
    """The connection it came by; an acknowledgement is worth nothing on another one."""


# -- to the translator of other makes ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Heard:
    """A message by a topic that is not the house's own protocol's."""

    topic: str
    payload: bytes = field(repr=False)
    at: float
    retained: bool
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Order:
    """Set these of the device's controls; by the writer, after the commit, once a version."""

    serial: str
    version: int
    wanted: JsonObject
    """By name in the configuration."""
    address: str
    """The one that a person has claimed or consented to, as in :class:`actors.domain.profile.Profile`."""


@dataclass(frozen=True, slots=True)
class StopOrder:
    """Halt what of the device moves; by the writer, after the commit. It is told now or never."""

    serial: str
    address: str
    """Where orders and this may go, as in :class:`Order`."""
    stop_address: str | None
    answer: Callable[[Refused | None], None] = field(compare=False)
    """Called once, from any thread: ``None`` where it has gone out."""


# -- to the directory, for a device --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    report: Report
    delivery: Delivery
    topic: str
    payload: bytes = field(repr=False)
    """As it came, should the report have to be refused after all."""
    also: Sequence[Delivery] = ()
    """Earlier messages that the report was gathered from; with it they are settled."""


@dataclass(frozen=True, slots=True)
class Announced:
    """A device of another make is there, or is another than was known; one not known yet is born of it.

    ``profile`` ``None``: nothing announces it any more. A claimed device stays, and can be told nothing.
    """

    serial: str
    profile: Profile | None
    at: float


@dataclass(frozen=True, slots=True)
class OrderUnsent:
    """There was no broker, or nobody heard, to carry the order to; it is to be sent when the device is told
    the next time."""

    order: Order


@dataclass(frozen=True, slots=True)
class Refuse:
    """Keep ``letter`` for what it says; the report's number, if it has one, counts as received."""

    report: Report
    letter: DeadLetter
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Presence:
    """``online`` or the last will ``offline``, from ``dispositivos/<serial>/conexion``."""

    serial: str
    online: bool
    at: float
    retained: bool
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class ClaimDevice:
    claim: Claim
    reply: Reply
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class ChangeDevice:
    serial: str
    change: Change
    reply: Reply
    seen: Editions = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class ApplyFinding:
    """Make the change that the finding proposes."""

    finding: KeptFinding
    reply: Reply
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class DismissFinding:
    """Do not propose this again."""

    finding: KeptFinding
    reply: Reply


@dataclass(frozen=True, slots=True)
class AskBounds:
    """What does this rule hold the device's readings to? Answered once, from any thread."""

    serial: str
    rule: str
    reply: Callable[[Mapping[str, Bounds] | Refused], None]


@dataclass(frozen=True, slots=True)
class ChangeLimits:
    """Decide this of the device's metrics, by name; ``None`` takes back what was decided of one."""

    serial: str
    changes: Mapping[str, MetricChange | None]
    reply: Reply
    seen: Editions = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class ReleaseDevice:
    """Nobody has claimed it any more; all else stays."""

    serial: str
    reply: Reply
    seen: Editions = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class AcceptDefinition:
    """The device's orders may go where it says now, which is elsewhere than where it was claimed."""

    serial: str
    reply: Reply
    seen: Editions = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class StopDevice:
    """Halt what of it moves, where it is. Answered once that has gone out, or cannot."""

    serial: str
    reply: Reply
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class ReplaceDevice:
    """The hardware of this device is dead; that of ``spare`` takes its place, if the claim proves it."""

    device_id: int
    serial: str
    spare: Claim
    reply: Reply
    seen: Editions = None
    origin: Origin = UNKNOWN


@dataclass(frozen=True, slots=True)
class RecognizeDevice(ReplaceDevice):
    """``spare`` is the same thing, which its own protocol knows by another serial number."""


@dataclass(frozen=True, slots=True)
class Recognized:
    """What was known as ``before`` is known as ``serial`` from now on."""

    before: str
    serial: str


@dataclass(frozen=True, slots=True)
class Removal:
    """A device, and all that is known of it, goes. Whoever speaks by its serial number afterwards is new."""

    device_id: int
    serial: str


@dataclass(frozen=True, slots=True)
class ForgetDevice:
    """``removal``, unless another device has the serial number by now. Answered once, after the commit."""

    removal: Removal
    reply: Callable[[Removal | Refused], None]
    seen: Editions = None


@dataclass(frozen=True, slots=True)
class ForgetUnheard:
    """``removal``, if nobody has claimed it, it is not online, and was not heard since ``since``."""

    removal: Removal
    since: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class GiveWay:
    """There are too many devices that nobody has claimed, and this one was not heard for longest."""

    serial: str


Command: TypeAlias = (
    ClaimDevice
    | ChangeDevice
    | ChangeLimits
    | ReleaseDevice
    | AcceptDefinition
    | StopDevice
    | ApplyFinding
    | DismissFinding
)
Farewell: TypeAlias = ForgetDevice | ForgetUnheard | GiveWay
ForeignNews: TypeAlias = Announced | OrderUnsent
ForDevice: TypeAlias = (
    Reported | ForeignNews | Refuse | Presence | Command | AskBounds | Farewell | ReplaceDevice
)


# -- to the directory, about the house -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeRooms:
    change: RoomChange
    reply: RoomReply


@dataclass(frozen=True, slots=True)
class ChangeAbsences:
    change: AbsenceChange
    reply: AbsenceReply


@dataclass(frozen=True, slots=True)
class ChangeEnergyPlan:
    """All of it anew."""

    plan: EnergyPlan
    reply: PlanReply


# -- to the directory, about devices -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeatherKnown:
    """For the rules of every device."""

    weather: Weather


@dataclass(frozen=True, slots=True)
class Switched:
    """On these days, by their ordinals, people have switched the device: they were at home."""

    days: Set[int]


@dataclass(frozen=True, slots=True)
class BrokerConnected:
    """Whatever the broker forgot must be published again."""


@dataclass(frozen=True, slots=True)
class BrokerLost:
    """Whoever was there may have gone meanwhile, and not have come back when the broker has."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A person has forgotten the device: what it has announced is forgotten too, until it does so again."""

    serial: str


@dataclass(frozen=True, slots=True)
class AskClaimed:
    """``reply`` is called with the serial numbers, in small letters, of all devices that are somebody's."""

    reply: Callable[[Claimed], object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The answer to :class:`AskClaimed`."""

    serials: frozenset[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reachability:
    """Whether what a device of another make is told now finds it there: it has spoken since the connection
    with the broker began, or is one that cannot be expected to.
    """

    serial: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """A device actor has died. ``handling`` is the message that it could not handle, if any."""

    serial: str
    handling: object | None
    error: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Messages that a dead device actor has left unread, oldest first."""

    serial: str
    messages: Sequence[object]


@dataclass(frozen=True, slots=True)
class RestartDue:
    serial: str


@dataclass(frozen=True, slots=True)
class ClaimChanged:
    """The device was claimed, or released."""

    serial: str
    claimed: bool


@dataclass(frozen=True, slots=True)
class Departed:
    """The device has told hub and writer that it is gone, and has ended: the last that is heard of it."""

    serial: str


@dataclass(frozen=True, slots=True)
class Stayed:
    """The device was to be forgotten, and there is a reason against it."""

    serial: str


@dataclass(frozen=True, slots=True)
class Offered:
    """An unclaimed device has ended, so that ``request`` can be carried out with its hardware."""

    spare: Device
    request: ReplaceDevice
    connected_until: float
    """By the monotonic clock, for how long its connection vouches for it."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The device stays as it is, and so does the one that was offered."""

    offer: Offered


@dataclass(frozen=True, slots=True)
class Replaced:
    """The device has told hub and writer that it goes by the serial number of the one that was offered."""

    offer: Offered


# -- to a device actor ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Go on with the hardware that was offered."""

    offer: Offered


@dataclass(frozen=True, slots=True)
class RoomGone:
    """No change that the device is told of after this names the room."""

    room_id: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """The device as it is stored, in answer to :class:`Recall`."""

    device: Device


@dataclass(frozen=True, slots=True)
class SilenceDue:
    """The offline timer has run out; the device may have spoken meanwhile."""


@dataclass(frozen=True, slots=True)
class LapseDue:
    """Readings of the device may be over; they may have been told anew meanwhile."""


@dataclass(frozen=True, slots=True)
class SettlingOver:
    """The device has had its time to do as it was told; it may have been told something else meanwhile."""


@dataclass(frozen=True, slots=True)
class PublishConfiguration:
    """Say again what the device should be; to one of another make only what it was not told yet."""


@dataclass(frozen=True, slots=True)
class RuleFailed:
    """One of the device's rule actors has died, over row number ``row`` of the log if over any."""

    rule: str
    error: str
    row: int | None


@dataclass(frozen=True, slots=True)
class RuleEnded:
    """One of the device's rule actors was stopped, and has told the writer all that it knew."""

    rule: str


@dataclass(frozen=True, slots=True)
class DismissalNoted:
    """The rule knows, and what it knows is on its way to the disk."""

    finding: KeptFinding
    reply: Reply


@dataclass(frozen=True, slots=True)
class RestartRule:
    rule: str


@dataclass(frozen=True, slots=True)
class ScheduleDue:
    """The device's schedule asks for this from now on, by names of the configuration."""

    at: float
    """Seconds since the epoch."""
    settings: JsonObject


@dataclass(frozen=True, slots=True)
class ResumeDue:
    """The time for which the device was set by hand is over."""

    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class DayBegun:
    """By the clock of the house; the sun rises and sets at another time than on the day before."""

    at: float
    """Seconds since the epoch, and any time of that day."""


# -- to the timekeeper ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Keep this device's schedule, in the place of what was told of it before."""

    serial: str
    to: Callable[[ScheduleDue], object]
    """Is told what is due, from the timekeeper's thread."""
    configuration: JsonObject | None
    """``None``: it has no schedule any more, or keeps it by itself."""
    since: float | None
    """Until when, in seconds since the epoch, its schedule was carried out; ``None``: it begins now."""


@dataclass(frozen=True, slots=True)
class SetByHand:
    """Say when this device goes back to its schedule, in the place of what was told of it before."""

    serial: str
    to: Callable[[ResumeDue], object]
    """Is told then, from the timekeeper's thread."""
    until: float | None
    """Seconds since the epoch; ``None``: it stays as it is."""


@dataclass(frozen=True, slots=True)
class FollowSun:
    """Tell when a day begins in the house, and now: something in this device's schedule follows the sun."""

    serial: str
    to: Callable[[DayBegun], object] | None
    """From the timekeeper's thread; ``None``: nothing does any more."""


# -- to a rule actor -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Observed:
    """The device as it stands after something happened to it.

    ``report`` is what it said, or ``None`` when it was changed by people or fell silent.
    """

    device: Device
    at: float
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class HouseChanged:
    """The house as it stands now; to a device, which hands it on to its rules."""

    house: House


@dataclass(frozen=True, slots=True)
class RuleDue:
    """The time has come that the rule asked to be woken at."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """People do not want to hear this finding of the rule again."""

    finding: KeptFinding
    reply: Reply


@dataclass(frozen=True, slots=True)
class MemoryRecalled:
    """What the rule knew, in answer to :class:`RecallMemory`; ``None`` if nothing is stored."""

    memory: RuleMemory | None
    lasting: Sequence[Finding] = ()
    """Its episodes that last, by what is on disk."""


@dataclass(frozen=True, slots=True)
class LogRead:
    """Rows of the log, oldest first, in answer to :class:`ReadLog`."""

    entries: Sequence[LogEntry]
    more: bool
    """Whether more rows were asked for than fit in one answer."""


# -- to the log reader ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadLog:
    """Answer ``to`` with the device's rows numbered ``after < n <= upto``, not before ``since``."""

    device_id: int
    after: int
    upto: int
    since: float
    """Seconds since the epoch."""
    to: Callable[[LogRead], None]


# -- to the writer -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keep:
    """A device's next state, and what has to happen once it is on disk."""

    device: Device
    entry: LogEntry | None = None
    delivery: Delivery | None = None
    reply: Reply | None = None
    publish: bool = False
    """Whether the configuration goes out to the device."""
    decided: tuple[int, Decision] | None = None
    """What people made of the finding with this id."""
    order: Order | StopOrder | None = None
    """To be sent once the state that counts it as sent is on disk."""
    also: Sequence[Delivery] = ()
    """More messages that are settled by this."""
    refused: tuple[DeadLetter, str | None] | None = None
    """A report that ``device`` counts though it was refused, and the boot that it is of, if of any."""
    deeds: Sequence[Deed] = ()
    """What has made the device what it is now, for the house's logbook."""

    @property
    def is_followed(self) -> bool:
        """Whether anybody is to be told once it is on disk, beside the broker and the device itself."""
        return self.publish or bool(self.deeds) or self.reply is not None or self.order is not None


@dataclass(frozen=True, slots=True)
class KeepDeadLetter:
    letter: DeadLetter
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class KeepAnnouncement:
    """What a device of another make says of itself; an empty ``payload`` removes what was kept."""

    dialect: str
    group: str
    key: str
    payload: bytes = field(repr=False)
    deliveries: Sequence[Delivery] = ()


@dataclass(frozen=True, slots=True)
class KeepConclusion:
    """A rule's findings, which are announced once they have an id, and its memory; at least one of them.

    Findings go by way of the device, so that none comes after it is forgotten, or from a rule whose device
    has died and whose successor concludes them again.
    """

    findings: Sequence[tuple[Finding, JsonObject]]
    """Each with what its proposal rests on."""
    memory: RuleMemory | None
    """What it then knows. Episodes do without: read again, the log leads to the same ones."""

    @property
    def about(self) -> tuple[int, str]:
        """The device's id and the rule's name."""
        said = self.findings[0][0] if self.memory is None else self.memory
        return said.device_id, said.rule


@dataclass(frozen=True, slots=True)
class KeepSeen:
    """Somebody has looked at findings; ``to`` is told what they have seen by then, or why nobody knows."""

    seen: Seen
    to: Callable[[Seen | Refused], object]


@dataclass(frozen=True, slots=True)
class EndEpisodes:
    """Nobody watches this device any more: whatever its rules have found to last is over."""

    device_id: int
    at: float


@dataclass(frozen=True, slots=True)
class EndUnwatched:
    """What was found to last is over where the device is nobody's, or the rule is none of those that run."""

    rules: frozenset[str]
    at: float


@dataclass(frozen=True, slots=True)
class RecallMemory:
    """Answer ``to`` with what the rule knew, once all rows told of before this are in the log.

    By way of the device, so that it comes after all that the rule, or the one before it, has concluded.
    """

    device_id: int
    rule: str
    to: Callable[[MemoryRecalled], None]


@dataclass(frozen=True, slots=True)
class KeepRooms:
    """All rooms as they now are, and the one that is different, which is what is answered."""

    rooms: Rooms
    room: Room
    reply: RoomReply


@dataclass(frozen=True, slots=True)
class RecallRooms:
    """Answer ``to`` with the rooms as they are stored, once all that was told before this is."""

    to: Callable[[Rooms], object]


@dataclass(frozen=True, slots=True)
class KeepAbsences:
    """All absences as they now are, and the one that is different, which is what is answered."""

    absences: Absences
    absence: Absence
    reply: AbsenceReply


@dataclass(frozen=True, slots=True)
class KeepEnergyPlan:
    plan: EnergyPlan
    reply: PlanReply


@dataclass(frozen=True, slots=True)
class KeepNotices:
    """These, as they are now. One that is finished on disk stays as it is there.

    ``changed`` were on disk before; where one is there no more, as its device is gone, it stays away.
    ``decided``: nothing more is to be decided of these findings, by id, unless they have changed more often.
    """

    made: Sequence[Notice]
    changed: Sequence[Notice]
    decided: Sequence[tuple[int, int]]
    to: Callable[[NoticesKept], None]


@dataclass(frozen=True, slots=True)
class RecallNotices:
    """Answer ``to`` with what is unfinished, once all that was told of before is kept."""

    to: Callable[[NoticesRecalled], None]


@dataclass(frozen=True, slots=True)
class RecallOccurrences:
    """Answer ``to`` with findings of which it is not decided whom they are told, oldest first."""

    to: Callable[[OccurrencesRecalled], None]


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing to store: acknowledge once all that came before is on disk."""

    delivery: Delivery
    receipt: tuple[Device, str] | None = None
    """A repeat of this boot of the device: it has missed its receipt."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Answer ``to`` with the device of this serial, making its row if it has none."""

    serial: str
    to: Callable[[Recalled], None]


@dataclass(frozen=True, slots=True)
class Remove:
    """The device's row goes, and what is known of it cannot be read from then on."""

    removal: Removal
    reply: Callable[[Removal | Refused], None] | None = None
    clears_broker: bool = True
    """Whether the broker is to forget it too."""


@dataclass(frozen=True, slots=True)
class Replace:
    """``device`` has other hardware. Of ``removal`` the id is that of whose it was, which goes, and the
    serial number that of the old hardware, of which the broker is to forget all."""

    device: Device
    removal: Removal
    reply: Reply
    deeds: Sequence[Deed] = ()


@dataclass(frozen=True, slots=True)
class RecallRemoved:
    """Have the broker forget those removed devices that it may still know."""


@dataclass(frozen=True, slots=True)
class BrokerForgot:
    """The broker has confirmed that it retains nothing of the removed device with this id."""

    device_id: int


@dataclass(frozen=True, slots=True)
class RetryCommit:
    """The last commit failed; the time to try again has come."""


@dataclass(frozen=True, slots=True)
class LookAtFiles:
    """See whether the database's files are still those that were opened."""


@dataclass(frozen=True, slots=True)
class Tidy:
    """Do a small step of upkeep when nothing that has to be kept waits, and answer ``to``."""

    step: Callable[[Any], int]
    """Is given the open store, and tells how many rows it dealt with."""
    to: Callable[[Tidied], None]


OfNotices: TypeAlias = KeepNotices | RecallNotices | RecallOccurrences
OfRemovals: TypeAlias = Remove | Replace | RecallRemoved | BrokerForgot
ToWriter: TypeAlias = (
    Keep
    | KeepAnnouncement
    | KeepDeadLetter
    | KeepConclusion
    | KeepSeen
    | EndEpisodes
    | EndUnwatched
    | Settle
    | Recall
    | RecallMemory
    | RetryCommit
    | LookAtFiles
    | Tidy
    | OfNotices
    | KeepRooms
    | RecallRooms
    | KeepAbsences
    | KeepEnergyPlan
    | OfRemovals
)


# -- to the notifier -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NoticesKept:
    """As they are on disk, in answer to :class:`KeepNotices`, but for those whose device is gone; ``None``:
    they could not be stored.
    """

    notices: Sequence[Notice] | None


@dataclass(frozen=True, slots=True)
class NoticesRecalled:
    """Those that are unfinished, those of episodes that last, and those of what is to be decided."""

    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class OccurrencesRecalled:
    occurrences: Sequence[Occurrence]
    more: bool
    """Whether there are more than fit in one answer."""


@dataclass(frozen=True, slots=True)
class FindingKept:
    """There is something to be decided."""


@dataclass(frozen=True, slots=True)
class StopSending:
    """The system stops: what is on its way may arrive, and nothing more is sent."""


@dataclass(frozen=True, slots=True)
class ChannelWorks:
    """It has taken a message that somebody tried it with, whatever has failed before."""

    channel_id: int


@dataclass(frozen=True, slots=True)
class RecipientsChanged:
    recipients: Sequence[Recipient]


# -- to maintenance ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tidied:
    """The step is done, in answer to :class:`Tidy`; or not, and nothing of it was."""

    rows: int | None
    """Dealt with; ``None`` if it failed."""
    took_s: float


# -- to the scanner ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScanHistory:
    """Hold the last ``days`` days of one of the device's metrics against rule 1, in the background."""

    device: Device
    metric: str
    days: int
