"""What a device is, and what each thing that can happen to it makes of it.

Everything here is frozen, and every transition is a pure function of what it is given: it asks
nobody for the time, writes nothing and tells nobody. :class:`actors.device.DeviceActor` applies the
transitions; the persistence and web rooms only read their results.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from actors.domain.by_hand import UNTIL, moment_of
from actors.domain.changing import changer
from actors.domain.json_values import Json as Json
from actors.domain.json_values import JsonObject as JsonObject
from actors.domain.json_values import same as same
from actors.domain.metrics import UNDECIDED, MetricChoice, Nature
from actors.domain.orders import Orders
from actors.domain.packed import Packed, packed
from actors.domain.profile import Control, Form, Profile
from actors.domain.readings import Names, flattened, names_in, switch_of
from actors.domain.refusals import Refusal, Refused, unreached
from actors.domain.rhythm import Rhythm
from actors.domain.sequences import MAX_BOOTS, Boot
from actors.domain.sun import Sun
from actors.domain.sun_windows import by_the_clock, follows_sun, in_sunlight

T = TypeVar("T")

Parts: TypeAlias = tuple[str | float | None, ...]
Editions: TypeAlias = frozenset[str] | None
"""Those of a device that somebody has seen who wants to change it; ``None`` if they do not mind which."""

SERIAL: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
"""What a whole serial number looks like."""

ACTIVE: Final = "activo"
INACTIVE: Final = "inactivo"
UNTOLD: Final = "desconocido"
"""The state of a device that has never told it."""
UNNAMED: Final = "No definido"
UNKNOWN_TYPE: Final = "generico"
UNKNOWN_MODEL: Final = "desconocido"
MANUAL: Final = "manual"
SCHEDULED: Final = "horario"
BY_SERVER: Final = "horario_servidor"
"""In a device's own configuration: that it leaves its schedule to the server."""
_SCHEDULES: Final = "horarios"
MOVING: Final = frozenset({"encendido", "posicion", "inclinacion"})
"""Controls of a cover that take their time."""

# Of a whole configuration: it goes out as one MQTT message and into every event of the device. It holds the
# schedules of all channels, so it has more names than there are readings.
MAX_NAMES: Final = 256
MAX_CONFIGURATION_BYTES: Final = 48 * 1024

MAX_INVALID: Final = 64
MAX_CHOICES: Final = 128
"""Metrics of a device of which people have decided something."""

_EMPTY: Final[JsonObject] = {}
_NO_RHYTHM: Final = Rhythm()
_UNLIMITED: Final[Mapping[str, MetricChoice]] = {}


@dataclass(frozen=True, slots=True)
class Report:
    """One checked message of a device. ``None`` means that the report left it out."""

    serial: str
    at: float
    """Arrival, seconds since the epoch."""
    state: str | None = None
    parameters: JsonObject | None = None
    configuration: JsonObject | None = None
    boot: str | None = None
    seq: int | None = None
    retained: bool = False
    """The broker's stored copy, sent on subscribing: of unknown age, so no sign of life."""
    code_digest: str | None = field(default=None, repr=False)
    """What the device says of the code in its QR: :func:`actors.domain.claiming.code_digest` of it."""
    own_topic: bool = False
    """Whether it came by the device's own topic, where logins of other devices cannot publish."""
    invalid: tuple[str, ...] = ()
    """The metrics whose numbers were none (``nan``), and are not in ``parameters``."""
    digest: int | None = field(default=None, compare=False)
    """Of all that it says, where it has a number: the same for the same bytes."""
    doubtful: bool = False
    """Whether ``at`` is not to be believed: the clock was in doubt."""
    partial: bool = False
    """Whether ``parameters`` add to what was told before, name by name, as of devices of other makes."""
    names: Names | None = field(default=None, repr=False, compare=False)
    """Those in ``parameters``, where they have been looked at."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a device's QR code says of it. ``None`` keeps what the device already has."""

    serial: str
    name: str | None = None
    type: str | None = None
    model: str | None = None
    description: str | None = None
    configuration: JsonObject = field(default_factory=dict)
    code: str | None = field(default=None, repr=False)
    """The secret in the QR code, for a device that has announced one."""


@dataclass(frozen=True, slots=True)
class Move:
    """Into the room with this id, or out of any."""

    room: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """For the device, however long it is silent: so many seconds, 0 for ever, or ``None`` as long as is usual
    for it."""

    seconds: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person wants different. ``configuration`` is merged key by key."""

    name: str | None = None
    type: str | None = None
    model: str | None = None
    description: str | None = None
    configuration: JsonObject = field(default_factory=dict)
    state: str | None = None
    """In mode ``horario``; in the other one, only what ``encendido`` beside it says anyway."""
    move: Move | None = None
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Decided(Generic[T]):
    """To be as ``value`` says from now on; ``None`` takes back what was decided before."""

    value: T | None


@dataclass(frozen=True, slots=True)
class MetricChange:
    """What a person wants different of one metric; ``None`` leaves it as it is."""

    low: Decided[float] | None = None
    high: Decided[float] | None = None
    muted: Decided[bool] | None = None
    nature: Decided[Nature] | None = None

    def made_of(self, choice: MetricChoice) -> MetricChoice:
        return MetricChoice(
            choice.low if self.low is None else self.low.value,
            choice.high if self.high is None else self.high.value,
            choice.muted if self.muted is None else self.muted.value is True,
            choice.nature if self.nature is None else self.nature.value,
        )


class Difference(NamedTuple):
    """A value that the device has told otherwise than people have asked for."""

    desired: Json
    reported: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device as the system knows it, at one moment."""

    id: int
    serial: str
    name: str = UNNAMED
    type: str = UNKNOWN_TYPE
    model: str = UNKNOWN_MODEL
    description: str = ""
    state: str = UNTOLD
    parameters: JsonObject = field(default_factory=lambda: _EMPTY)
    configuration: JsonObject = field(default_factory=lambda: _EMPTY)
    claimed: bool = False
    online: bool = False
    seen_at: float | None = None
    """Last sign of life, seconds since the epoch."""
    version: int = 0
    """Of the configuration that people asked for; 0 until the first claim or change."""
    reports: int = 0
    """Reports accepted since the device was first seen; the number of the newest log row."""
    boots: tuple[Boot, ...] = ()
    """Newest first, at most :data:`MAX_BOOTS`; a boot is as new as its first report."""
    reported: JsonObject = field(default_factory=lambda: _EMPTY)
    """Of its configuration, what the device itself has said last."""
    asked: frozenset[str] = frozenset()
    """The names in the configuration that people have set."""
    code_digest: str | None = field(default=None, repr=False)
    """Of the code that a claim has to prove; ``None`` if the device announced none before it was claimed."""
    room: int | None = None
    """The id of the one that people have put it in."""
    invalid: tuple[str, ...] = ()
    """The metrics that were last told with a number that is none, at most :data:`MAX_INVALID`."""
    orders: Orders | None = None
    """What it has yet to be told or to do; ``None`` for one of our own protocol."""
    scheduled_at: float | None = None
    """Until when, in seconds since the epoch, the server has carried out its schedule; ``None`` where it has
    yet to begin."""
    limits: Mapping[str, MetricChoice] = field(default_factory=lambda: _UNLIMITED)
    """What people have decided of its metrics, by name (:func:`actors.domain.readings.metric_name`)."""
    reachable: bool = field(default=False, compare=False)
    """Whether one of another make hears what it is told now. It is stored nowhere: after a start it is not
    known of anybody."""
    patience: int | None = None
    """Seconds of silence that people allow it, 0 for any; ``None`` where they leave that to the house."""
    rhythm: Rhythm = _NO_RHYTHM
    """How often it has reported."""
    profile: Profile | None = field(default=None, compare=False)
    """What it is, of one of another make, while something announces it. Nothing of it is stored."""
    _names: Names | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def names(self) -> Names:
        """Those of its readings: worked out once at most, as several ask for them at each report."""
        names = self._names
        if names is None:
            names = names_in({**self.parameters})
            object.__setattr__(self, "_names", names)
        return names

    # -- reports -----------------------------------------------------------------------------

    def boot(self, name: str) -> Boot:
        return next((boot for boot in self.boots if boot.name == name), Boot(name))

    def is_repeat(self, report: Report) -> bool:
        """Whether this very report is stored already, or is a retained copy of what was."""
        if report.partial:
            return False
        if report.boot is not None and report.seq is not None:
            boot = self.boot(report.boot)
            return boot.has(report.seq) and not boot.contradicts(report.seq, report.digest)
        return report.retained and self.reports > 0

    def is_late(self, report: Report) -> bool:
        """Whether the same boot has said something newer: a device sends again what has no receipt."""
        if report.boot is None or report.seq is None:
            return False
        boot = self.boot(report.boot)
        # One that has come before and is no repeat is of another start.
        return bool(boot.spans) and report.seq < boot.spans[-1][1] and not boot.has(report.seq)

    @property
    def reuses_boot(self) -> bool:
        """Whether its newest boot has the name of an earlier one: repeats are told by that name."""
        return bool(self.boots) and self.boots[0].again > 0

    def objection_to(self, report: Report) -> Refused | None:
        """Why the report cannot be taken in; ``None`` if it can."""
        configuration = self._configuration_with(report.configuration)
        if configuration is self.configuration or not _is_too_large(configuration):
            return None
        return _TOO_LARGE

    def after_report(self, report: Report) -> Device:
        """The device once ``report``, which must not be a repeat, is taken in.

        A late one counts, and says nothing of the present. Of another one the ``parameters`` replace
        the old ones whole, unless it is partial. Its ``configuration`` describes an unclaimed device but for
        what people have set, and only adds to a claimed one's, since what they asked for is theirs to change.
        """
        if report.partial:
            return self._after_partial(report)
        news = Report(report.serial, report.at) if self.is_late(report) else report
        state = self.state if news.state is None else news.state
        return _changed(
            self,
            state=state,
            parameters=self.parameters if news.parameters is None else news.parameters,
            configuration=self._held(_following(self._configuration_with(news.configuration), state)),
            online=self.online or not report.retained,
            seen_at=self.seen_at if report.retained else report.at,
            reports=self.reports + 1,
            boots=self._boots_after(report),
            reported=self._reported_after(news),
            code_digest=self._code_digest_after(report),
            invalid=self._invalid_after(news),
            rhythm=self._rhythm_after(report),
            _names=self._names if news.parameters is None else news.names,
        )

    def _after_partial(self, report: Report) -> Device:
        """One that is retained counts for nothing: it says how things stand, not that the device is there.

        A control that is told otherwise than before was set by hand, and is believed, but for those that are
        pending. What is as it was leaves what people have asked for as it is.
        """
        told = _switched(report.configuration or _EMPTY)
        orders = self.orders or Orders()
        outdone = [name for name, value in told.items() if self._outdoes(name, value, report)]
        done = [*outdone, *(name for name, value in told.items() if self._confirms(name, value))]
        believed = {
            name: value for name, value in told.items() if name in outdone or self._believes(name, value)
        }
        configuration = packed({**self.configuration, **believed}) if believed else self.configuration
        state = _state_told(told.get("encendido"), report.state or self.state)
        present = replace(
            self,
            state=self.state if "encendido" in orders.pending.difference(outdone) else state,
            parameters=self._merged(report.parameters or _EMPTY),
            configuration=configuration,
            reported=self._reported_after(replace(report, state=None)) if told else self.reported,
            invalid=self._invalid_after(report),
            orders=orders.without(done),
        )
        if report.retained:
            return present
        return replace(present, online=True, seen_at=report.at, reports=self.reports + 1)

    def _control(self, name: str) -> Control | None:
        return None if self.profile is None else self.profile.controls.get(name)

    def _confirms(self, name: str, told: Json) -> bool:
        """Whether it has told that it is as people have asked for, as exactly as it can be set."""
        control = self._control(name)
        if control is None or name not in self.configuration:
            return False
        return control.confirms(self.configuration[name], told)

    def _believes(self, name: str, told: Json) -> bool:
        """Whether that is now what it is to be."""
        if name not in self.configuration:
            return True
        if self._control(name) is None:
            return not self.claimed and name not in self.asked
        if self.orders is not None and name in self.orders.pending:
            return False
        is_news = name not in self.reported or not same(self.reported[name], told)
        return is_news and not self._confirms(name, told)

    def _outdoes(self, name: str, told: Json, report: Report) -> bool:
        """Whether somebody has set it by hand after it was asked for, and before it could be told so.

        What it says first after it was out of reach tells how it stands, and not when that was done.
        """
        orders = self.orders
        if orders is None or name not in orders.unsent or name in orders.unconfirmed:
            return False
        if report.retained or not (self.online and self.reachable) or name not in self.reported:
            return False
        return not same(self.reported[name], told) and not self._confirms(name, told)

    def _merged(self, parameters: JsonObject) -> JsonObject:
        """Key by key; with what is too large for that they begin anew."""
        if not parameters:
            return self.parameters
        merged = {**self.parameters, **parameters}
        grown = len(merged) > max(len(self.parameters), len(parameters))
        return packed(parameters if grown and _is_too_large(merged) else merged)

    def after_lapse(self, over: JsonObject) -> Device:
        """The device of which these readings have become so by themselves: that is no sign of life."""
        return replace(self, parameters=self._merged(over), reports=self.reports + 1)

    def after_refusal(self, report: Report) -> Device:
        """The device once ``report``, which must not be a repeat, is refused: its number counts, and that
        it is there.
        """
        return replace(
            self,
            online=self.online or not report.retained,
            seen_at=self.seen_at if report.retained else report.at,
            boots=self._boots_after(report),
        )

    def _configuration_with(self, reported: JsonObject | None) -> JsonObject:
        if not reported:
            return self.configuration
        reported = _switched(reported)
        if self.claimed:
            return {**reported, **self.configuration}
        news = {name: value for name, value in reported.items() if name not in self.asked}
        return {**self.configuration, **news}

    def _held(self, configuration: JsonObject) -> JsonObject:
        return configuration if configuration is self.configuration else packed(configuration)

    def _reported_after(self, news: Report) -> JsonObject:
        """Key by key; a state tells ``encendido`` too. With what is too large for that it begins anew."""
        on = None if news.state is None else switch_of(news.state)
        if not news.configuration and (on is None or self.reported.get("encendido") is on):
            return self.reported
        told = _switched(news.configuration or _EMPTY)
        if on is not None and "encendido" not in told:
            told = {**told, "encendido": on}
        merged = {**self.reported, **told}
        grown = news.configuration and len(merged) > len(told)
        now = told if grown and _is_too_large(merged) else merged
        return packed(now) if news.configuration or isinstance(self.reported, Packed) else now

    def _invalid_after(self, news: Report) -> tuple[str, ...]:
        """Each until it is told anew, whatever else is told meanwhile."""
        if not news.invalid and (not self.invalid or news.parameters is None):
            return self.invalid
        told = {*news.invalid, *(name for name, _ in flattened(news.parameters or _EMPTY))}
        return (*(name for name in self.invalid if name not in told), *news.invalid)[-MAX_INVALID:]

    def _rhythm_after(self, report: Report) -> Rhythm:
        if report.retained or report.doubtful or self.seen_at is None:
            return self.rhythm
        return self.rhythm.after(report.at - self.seen_at)

    def _code_digest_after(self, report: Report) -> str | None:
        """The first one announced, for good: who speaks later, perhaps in its name, cannot change it.

        Nor, by the shared topic, where any device may speak for any other, add one.
        """
        if self.code_digest is not None or self.claimed:
            return self.code_digest
        return report.code_digest if report.own_topic or self.reports == 0 else None

    def _boots_after(self, report: Report) -> tuple[Boot, ...]:
        if report.boot is None or report.seq is None:
            return self.boots
        before = self.boot(report.boot)
        if before.has(report.seq):
            now = before.begun_anew(report.seq).with_seq(report.seq, report.digest)
            return (now, *(boot for boot in self.boots if boot.name != now.name))
        now = before.with_seq(report.seq, report.digest)
        if any(boot.name == now.name for boot in self.boots):
            return tuple(now if boot.name == now.name else boot for boot in self.boots)
        return (now, *self.boots)[:MAX_BOOTS]

    # -- presence ----------------------------------------------------------------------------

    def after_greeting(self, at: float) -> Device:
        """The device has said that it is connected."""
        return replace(self, online=True, seen_at=at)

    def after_silence(self) -> Device:
        """The device has been silent too long, or the broker has published its last will."""
        return replace(self, online=False)

    # -- of another make ---------------------------------------------------------------------

    def after_profile(self, profile: Profile | None) -> Device:
        """The device as it is announced now, or once nothing announces it any more.

        While nobody has claimed it, it is called what its family calls it, unless people have named it, and
        its orders may go wherever it says.
        """
        orders = self.orders or Orders()
        if profile is None:
            return replace(self, profile=None, orders=orders, online=False)
        if self.claimed:
            return replace(self, profile=profile, orders=orders)
        before = self.profile or Profile(family="", kind=UNKNOWN_TYPE, capability="")
        return replace(
            self,
            profile=profile,
            orders=orders.consented(profile),
            name=_announced(self.name, (UNNAMED, before.name), profile.name),
            type=_announced(self.type, (UNKNOWN_TYPE, before.kind), profile.kind),
            model=_announced(self.model, (UNKNOWN_MODEL, before.model), profile.model),
        )

    @property
    def awaits_consent(self) -> bool:
        """Whether its orders would go elsewhere than where it was claimed."""
        if not self.claimed or self.profile is None or self.orders is None:
            return False
        return self.profile.address not in ("", self.orders.address)

    def after_consent(self) -> Device | Refused:
        """Of a stop that goes elsewhere alone it can be given, too: nothing waits for it."""
        if self.claimed and self.profile is not None and self.orders is not None:
            orders = self.orders.consented(self.profile)
            if self.awaits_consent or (self.profile.stop_address and orders != self.orders):
                return replace(self, orders=orders)
        return Refused(Refusal.NOTHING_TO_ACCEPT, {"serial": self.serial})

    @property
    def can_stop(self) -> bool:
        """Whether what of it moves can be told to halt, and a person has consented to where that goes."""
        if self.profile is None or self.orders is None or self.awaits_consent:
            return False
        return self.profile.stop_address in ("", self.orders.stop_address)

    def after_stop(self) -> Device | Refused:
        """The device once it is told to halt, which is no wish that lasts.

        Nothing that moves it is asked of it any more. Where it has come to rest it has yet to say: until then
        it is to be as it has last said, and what it says next is believed, whatever that is.
        """
        if not self.claimed:
            return Refused(Refusal.NOT_CLAIMED, {"serial": self.serial})
        if not self.can_stop or self.profile is None or self.orders is None:
            return Refused(Refusal.CANNOT_STOP, {"serial": self.serial})
        if not (self.online and self.reachable):
            return unreached(self.serial)
        names = MOVING & self.profile.controls.keys()
        told = {name: self.reported[name] for name in names & self.reported.keys()}
        return replace(
            self,
            state=_state_told(told.get("encendido"), self.state),
            configuration=packed({**self.configuration, **told}),
            reported=packed({name: value for name, value in self.reported.items() if name not in names}),
            orders=self.orders.without(names),
        )

    @property
    def due(self) -> JsonObject:
        """What it is to be told now, by name in the configuration; nothing while it would not hear it."""
        orders, profile = self.orders, self.profile
        if orders is None or not orders.unsent or profile is None:
            return _EMPTY
        if not (self.claimed and self.online and self.reachable) or self.awaits_consent:
            return _EMPTY
        return {
            name: value
            for name, value in self.configuration.items()
            if name in orders.unsent and name in profile.controls and profile.controls[name].takes(value)
        }

    def after_order(self) -> Device:
        """The device once it is told what is due."""
        return self._with_orders((self.orders or Orders()).after_sending(self.due))

    def after_failed_order(self, wanted: JsonObject) -> Device:
        """The device once nobody could carry that to it; what people have asked for since then stands."""
        desired = self.configuration
        names = [name for name, value in wanted.items() if name in desired and same(desired[name], value)]
        return self._with_orders((self.orders or Orders()).after_failure(names))

    def after_settling(self) -> Device:
        """The device once it has had the time to do as it was told: from now on it is as it says."""
        if self.orders is None:
            return self
        on = self.reported.get("encendido") if "encendido" in self.orders.unconfirmed else None
        state = _state_told(on, self.state)
        return replace(self, state=state, orders=replace(self.orders, unconfirmed=frozenset()))

    def _with_orders(self, orders: Orders) -> Device:
        return self if orders == self.orders else replace(self, orders=orders)

    def _orders_for(self, named: Iterable[str], before: Device, state: str | None = None) -> Orders | None:
        """Once it is to be as it is here: ``named`` are the names, and ``state`` is the one, that people ask
        for. In mode ``horario`` only a state switches it.
        """
        if self.orders is None or not self.claimed:
            return self.orders
        names = {*named}
        if self.configuration.get("modo") == SCHEDULED:
            names.discard("encendido")
        if state is not None:
            names.add("encendido")
        # What it can be told is found out when it is told.
        controls = dict.fromkeys(names, _ANY) if self.profile is None else self.profile.controls
        return self.orders.after_wish(
            names, before.configuration, self.configuration, self.reported, controls
        )

    # -- commands ----------------------------------------------------------------------------

    @property
    def differences(self) -> Mapping[str, Difference] | None:
        """By name in the configuration; ``None`` while the device has told nothing that people have set.

        In mode ``horario`` ``encendido`` only follows the state, so nobody asks for it, but of a device of
        another make.
        """
        desired, reported = by_the_clock(self.configuration), self.reported
        controls = {} if self.profile is None else self.profile.controls
        scheduled = self.orders is None and desired.get("modo") == SCHEDULED
        follows = "encendido" if scheduled else None
        compared = [name for name in reported if name in self.asked and name in desired and name != follows]
        if not compared:
            return None
        return {
            name: Difference(desired[name], reported[name])
            for name in compared
            if not controls.get(name, _ANY).confirms(desired[name], reported[name])
        }

    @property
    def edition(self) -> str:
        """Stands for what people have made of it; what it reports leaves that as it is."""
        parts: Parts = (
            *(self.serial, self.name, self.type, self.model, self.description),
            *(self.version, self.room, self.claimed),
        )
        if self.patience is not None:
            parts += (f"{self.patience} s",)
        if self.profile is not None and self.awaits_consent:
            # What somebody consents to has to be what they have seen.
            parts += (self.profile.address,)
        for name, choice in self.limits.items():
            parts += (name, *choice.parts)
        return _edition(parts)

    def stale_for(self, seen: Editions) -> Refused | None:
        """Why whoever has seen only these editions must look again; ``None`` if they need not."""
        if seen is None or self.edition in seen:
            return None
        return Refused(Refusal.STALE)

    def after_claim(self, claim: Claim) -> Device | Refused:
        if self.claimed:
            return Refused(Refusal.ALREADY_CLAIMED, {"serial": self.serial, "id": self.id})
        configuration = {**self.configuration, **claim.configuration}
        if _is_too_large(configuration):
            return _TOO_LARGE
        configured = self._described(claim)._configured(configuration, None)
        asked = self.asked.union(claim.configuration)
        claimed = replace(configured, claimed=True, version=self.version + 1, asked=asked)
        return replace(claimed, orders=claimed._orders_for(claim.configuration, self))

    def after_release(self) -> Device | Refused:
        """The device once nobody has claimed it any more; it keeps all else."""
        if not self.claimed:
            return Refused(Refusal.NOT_CLAIMED, {"serial": self.serial})
        orders = None if self.orders is None else self.orders.dropped()
        if orders is not None and self.profile is not None:
            orders = orders.consented(self.profile)
        return replace(self, claimed=False, orders=orders)

    def after_replacement(self, spare: Device) -> Device | Refused:
        """The device with the hardware of ``spare``, which has yet to say how it is set.

        The version is one that neither hardware has heard, since it may leave alone what is not newer.
        """
        if not self.claimed:
            return Refused(Refusal.NOT_CLAIMED, {"serial": self.serial})
        replaced = replace(
            self,
            serial=spare.serial,
            code_digest=spare.code_digest,
            online=spare.online,
            seen_at=spare.seen_at,
            boots=spare.boots,
            reported=_EMPTY if spare.orders is None else spare.reported,
            version=max(self.version, spare.version) + 1,
            rhythm=spare.rhythm,
            profile=spare.profile,
            orders=spare.orders,
            reachable=spare.reachable,
        )
        return replace(replaced, orders=replaced._orders_for(self.asked, self))

    def after_recognition(self, spare: Device) -> Device | Refused:
        """The device, known to be the same thing as ``spare``: as it stands, nothing is asked of it anew."""
        if not self.claimed or spare.orders is None:
            return Refused(Refusal.NOT_CLAIMED, {"serial": self.serial})
        return replace(
            self,
            serial=spare.serial,
            online=spare.online,
            seen_at=spare.seen_at if spare.seen_at is not None else self.seen_at,
            reported=packed({**self.reported, **spare.reported}),
            profile=spare.profile,
            reachable=spare.reachable,
            orders=replace(
                self.orders or Orders(),
                address=spare.orders.address,
                stop_address=spare.orders.stop_address,
            ),
        )

    def after_change(self, change: Change) -> Device | Refused:
        configuration = {**self.configuration, **change.configuration}
        chosen = "modo" in change.configuration and UNTIL not in change.configuration
        if chosen or configuration.get("modo") == SCHEDULED:
            configuration.pop(UNTIL, None)
        state = change.state
        if state is not None and configuration.get("modo") != SCHEDULED:
            on = _switched(change.configuration).get("encendido")
            if not isinstance(on, bool) or switch_of(state) is not on:
                return Refused(Refusal.STATE_READ_ONLY)
            state = None
        if change.configuration and _is_too_large(configuration):
            return _TOO_LARGE
        described = replace(
            self._described(change),
            asked=self.asked.union(change.configuration),
            room=self.room if change.move is None else change.move.room,
            patience=self.patience if change.wait is None else change.wait.seconds,
        )
        if not change.configuration and state is None:
            return described
        changed = described._configured(configuration, state)
        if self.orders is not None and state is not None:
            changed = replace(changed, asked=changed.asked | {"encendido"})
        orders = changed._orders_for(change.configuration, self, state)
        as_asked = state in (None, self.state)
        if as_asked and changed.configuration == self.configuration and orders == self.orders:
            return changed
        anew = self.configuration.get("modo") != SCHEDULED
        scheduled_at = None if anew else self.scheduled_at
        return replace(changed, version=self.version + 1, orders=orders, scheduled_at=scheduled_at)

    def after_limits(self, changes: Mapping[str, MetricChange | None]) -> Device | Refused:
        """The device once people have decided that of its metrics; ``None`` takes back all of one's."""
        limits = dict(self.limits)
        for name, change in changes.items():
            choice = UNDECIDED if change is None else change.made_of(limits.get(name, UNDECIDED))
            if choice.low is not None and choice.high is not None and choice.low >= choice.high:
                return Refused(
                    Refusal.BOUNDS_CROSSED, {"metric": name, "low": choice.low, "high": choice.high}
                )
            limits[name] = choice
        kept = {name: choice for name, choice in sorted(limits.items()) if choice != UNDECIDED}
        if len(kept) > MAX_CHOICES:
            return Refused(Refusal.TOO_MANY_CHOICES, {"most": MAX_CHOICES})
        return self if kept == self.limits else replace(self, limits=kept)

    # -- schedules ---------------------------------------------------------------------------

    @property
    def follows_sun(self) -> bool:
        """Whether something of the schedule that it goes by does."""
        scheduled = self.claimed and self.configuration.get("modo") == SCHEDULED
        return scheduled and follows_sun(self.configuration)

    def lit_by(self, sun: Sun, day: int, before: JsonObject) -> Device:
        """The device with what follows the sun in its new schedule as it is on the day with this ordinal;
        ``before`` was its configuration."""
        configuration = in_sunlight(self.configuration, before, sun, day)
        if configuration is self.configuration:
            return self
        return replace(self, configuration=packed(configuration))

    @property
    def server_schedule(self) -> JsonObject | None:
        """The part of its configuration that the server keeps for it; ``None`` where it keeps none.

        A device of our own protocol keeps its schedule by itself, unless it says ``horario_servidor``.
        """
        if not self.claimed or self.configuration.get("modo") != SCHEDULED:
            return None
        if self.orders is None:
            if self.reported.get(BY_SERVER) is not True:
                return None
        elif self.profile is None or self.profile.runs_schedules:
            return None
        return {name: value for name, value in self.configuration.items() if name.startswith(_SCHEDULES)}

    def after_schedule(self, settings: JsonObject, at: float) -> Device:
        """The device once its schedule asks for ``settings``, of which it is told what it takes."""
        if self.server_schedule is None:
            return self
        if self.profile is not None:
            settings = {name: value for name, value in settings.items() if name in self.profile.controls}
        on = settings.get("encendido")
        state = None if on is None else ACTIVE if on else INACTIVE
        rest = {name: value for name, value in settings.items() if name != "encendido"}
        changed = self.after_change(Change(configuration=rest, state=state))
        # What it has no room for is not asked of it, now or until the schedule's next change.
        return replace(self if isinstance(changed, Refused) else changed, scheduled_at=at)

    @property
    def resumes_at(self) -> float | None:
        """When it goes back to its schedule by itself, seconds since the epoch; ``None`` if it does not."""
        if not self.claimed or self.configuration.get("modo") == SCHEDULED:
            return None
        return moment_of(self.configuration.get(UNTIL))

    def after_resuming(self, at: float) -> Device:
        """The device once it follows its schedule again, if that is due by ``at``."""
        if self.resumes_at is None or self.resumes_at > at:
            return self
        changed = self.after_change(Change(configuration={"modo": SCHEDULED}))
        return self if isinstance(changed, Refused) else changed

    def after_leaving(self) -> Device:
        """The device once its room is no more."""
        return replace(self, room=None)

    def _described(self, by: Claim | Change) -> Device:
        return replace(
            self,
            name=self.name if by.name is None else by.name,
            type=self.type if by.type is None else by.type,
            model=self.model if by.model is None else by.model,
            description=self.description if by.description is None else by.description,
        )

    def _configured(self, configuration: JsonObject, state: str | None) -> Device:
        """In mode ``horario`` the state rules and ``encendido`` follows; else ``encendido`` rules."""
        configuration = _switched(configuration)
        if configuration.get("modo") == SCHEDULED:
            state = self.state if state is None else state
            return replace(self, state=state, configuration=packed(_following(configuration, state)))
        state = _state_told(configuration.get("encendido"), self.state if state is None else state)
        return replace(self, state=state, configuration=packed(configuration))


_changed: Final = changer(Device)


@lru_cache(maxsize=8_192)
def _edition(parts: Parts) -> str:
    """Asked for with each report, and the same nearly always: 0.3 µs then, and 4 otherwise."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _following(configuration: JsonObject, state: str) -> JsonObject:
    """``configuration`` with ``encendido`` following ``state``, where the mode says that it does.

    A word that is neither on nor off leaves it as it is: it is no reason to switch anything.
    """
    if configuration.get("modo") != SCHEDULED:
        return configuration
    before, on = configuration.get("encendido"), switch_of(state)
    if on is None:
        on = before is True and state != UNTOLD
    return configuration if before is on else {**configuration, "encendido": on}


def _state_told(on: Json, otherwise: str) -> str:
    return (ACTIVE if on else INACTIVE) if isinstance(on, bool) else otherwise


def _switched(configuration: JsonObject) -> JsonObject:
    """``configuration`` with ``encendido`` as a truth value, in whatever way it says so."""
    told = configuration.get("encendido")
    on = switch_of(told)
    return configuration if on is None or told is on else {**configuration, "encendido": on}


def _announced(now: str, replaced: tuple[str, ...], announced: str) -> str:
    """What the family says, where nobody else has said otherwise."""
    return announced if announced and now in replaced else now


# As exactly as JSON tells it.
_ANY: Final = Control(Form.TEXT)

_TOO_LARGE: Final = Refused(
    Refusal.CONFIGURATION_TOO_LARGE, {"names": MAX_NAMES, "bytes": MAX_CONFIGURATION_BYTES}
)


def _is_too_large(configuration: JsonObject) -> bool:
    return len(configuration) > MAX_NAMES or len(json.dumps(configuration)) > MAX_CONFIGURATION_BYTES


class LogEntry(NamedTuple):
    """One accepted report as the log keeps it: row ``n`` of the device, counted from 1."""

    device_id: int
    n: int
    at: float
    state: str
    parameters: JsonObject
    boot: str | None = None
    seq: int | None = None
    doubtful: bool = False
    """Whether ``at`` is not to be believed."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was refused, as it came, and why (in Spanish)."""

    at: float
    topic: str
    payload: bytes
    reason: str
