"""Rule 5, ``alarma``: a device says that there is smoke, gas or water, that it is tampered with, or that its
battery is low.

Nothing is learned and nothing is waited for: whatever a device says of it is so, from the first report after
the claim on. What a reading warns of follows from its name (:func:`actors.domain.metrics.hazard_of`), nested
or not, unless people have said what the metric is. An alarm is an episode that lasts until the device says
that it is over, and has not said otherwise for a minute. What it leaves out, or a word that says neither (a
test, a level), changes nothing. One that began more than three times within an hour comes and goes, and is
over when it was at rest for an hour.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from actors.domain.alarms import Sign, charges_of, hazard_in, signs_of
from actors.domain.durations import HOUR_S
from actors.domain.findings import Bounds, Episode, Finding, Severity
from actors.domain.metrics import Hazard, is_charge
from actors.domain.model import Device, Json, JsonObject, Report
from actors.domain.readings import number_of
from rules.base.memory import DamagedState, Fields, seal, unseal
from rules.base.settings import AlarmsSettings

NAME: Final = "alarma"
ALARM: Final = "ai_alarm"

# A battery that is told to be low is so until it has this much more, or each reading might begin a new alarm.
RECOVERED: Final = 5.0
# As many as a report has names; what a device tells beyond them is not watched.
MAX_ALARMS: Final = 64
# How long an alarm is at rest before it is over, in seconds: a contact may chatter.
REST_S: Final = 60.0
# One that began more often than so within an hour is over when it was at rest for an hour.
MOST_BEGINNINGS: Final = 3

_STATE_VERSION: Final = 2
# Whatever was at rest then was over.
_FORMER_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that lasts. ``since`` is in seconds since the epoch."""

    sign: Sign
    """The last one that there is alarm."""
    since: float
    count: int
    """How many reports have said so."""
    comes_and_goes: bool = False
    rests_since: float | None = None
    """Since when the device has said that there is none, if it does."""

    def rest(self, at: float) -> float:
        """Seconds until it is over if it stays as it is. No change of the clock makes that longer."""
        if self.rests_since is None:
            return math.inf
        return (HOUR_S if self.comes_and_goes else REST_S) - abs(at - self.rests_since)


class AlarmsRule:
    name: Final = NAME

    __slots__ = (
        *("_alarms", "_begun", "_device", "_levels"),
        *("_lowest", "_odd", "_percents", "_unsaved", "_wake_in"),
    )

    def __init__(self, settings: AlarmsSettings) -> None:
        self._lowest = settings.ai_alarm_battery_pct
        self._alarms: dict[str, Alarm] = {}
        """By metric, those that last."""
        self._begun: dict[str, tuple[float, ...]] = {}
        """By metric, when the device began to say so, the last times within an hour."""
        self._odd: dict[str, float] = {}
        """By metric that is called as an alarm is, the first number that was neither 1 nor 0."""
        self._levels: set[str] = set()
        """Metrics that are called as an alarm is, and have told a level: their 1 and 0 are levels too."""
        self._percents: set[str] = set()
        """Batteries that have told more than 1: what they have left is in percent, below 1 too."""
        self._device: Device | None = None
        self._unsaved = False
        self._wake_in: float | None = None

    # -- what the host calls -----------------------------------------------------------------

    @property
    def wake_in(self) -> float | None:
        return self._wake_in

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        self._device = device
        if not device.claimed:
            self._alarms.clear()
            self._begun.clear()
            self._wake_in = None
            return ()
        if report is not None and report.retained:
            return ()
        # What is found as it stands has been so since the device was heard.
        heard = at if report is not None or device.seen_at is None else min(device.seen_at, at)
        signs = [*self._signs(device)][:MAX_ALARMS]
        found = [finding for sign in signs for finding in self._judge(device, sign, report, heard)]
        if not self._alarms:
            self._wake_in = None
            return []
        return [*self._gone(device, signs, at), *found, *self.wake(at)]

    def wake(self, at: float) -> Sequence[Finding]:
        device = self._device
        over = [] if device is None else [*self._rested(device, at)]
        left = min((alarm.rest(at) for alarm in self._alarms.values()), default=math.inf)
        self._wake_in = left if math.isfinite(left) else None
        return over

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """What is over and was not told is not told any more."""

    @property
    def lasting(self) -> Collection[str]:
        return [_key(metric, alarm) for metric, alarm in self._alarms.items()]

    def let_go(self, keys: Collection[str]) -> None:
        self._alarms = {
            metric: alarm for metric, alarm in self._alarms.items() if _key(metric, alarm) not in keys
        }

    def dismiss(self, details: JsonObject) -> None:
        """An alarm proposes nothing that could be dismissed; its end will be told."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It holds no reading to anything."""
        return {}

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        """It learns of no time."""
        return False

    def take_over(self, decisions: AlarmsRule) -> None:
        """There are none."""

    @property
    def save_due(self) -> bool:
        """Whether an alarm has begun, come to rest or ended: what it knows is little."""
        return self._unsaved

    # -- signs -------------------------------------------------------------------------------

    def _signs(self, device: Device) -> Iterator[Sign]:
        """Of what people have not muted, with what a battery has left."""
        for sign in signs_of(device):
            if not _is_muted(device, sign.metric):
                yield replace(sign, alarmed=self._unless_level(sign))
        if self._lowest:
            for name, value in charges_of(device):
                if not _is_muted(device, name):
                    yield self._charge(device, name, value)

    def _unless_level(self, sign: Sign) -> bool | None:
        """One odd number may be a sensor's fault, which must not make a smoke detector deaf; a fraction, or
        two that differ, are a level."""
        number, metric = number_of(sign.value), sign.metric
        if number is None:
            return sign.alarmed
        if sign.alarmed is None and self._is_level(metric, number):
            self._levels.add(metric)
        if metric in self._levels:
            return False if number == 0 and metric in self._alarms else None
        return sign.alarmed

    def _is_level(self, metric: str, number: float) -> bool:
        if len(self._odd) == MAX_ALARMS and metric not in self._odd:
            return False
        return self._odd.setdefault(metric, number) != number or not float(number).is_integer()

    def _charge(self, device: Device, name: str, value: Json) -> Sign:
        """How much a battery has left, in percent: our own conclusion, which wakes nobody at night."""
        left = number_of(value)
        low = device.limits[name].low if name in device.limits else None
        lowest = self._lowest if low is None else low
        if left is not None and left > 1 and len(self._percents) < MAX_ALARMS:
            self._percents.add(name)
        is_percent = name in self._percents
        if left is not None and 0 < left < 1 and not is_percent:
            left *= 100  # a fraction
        alarmed = None
        if left is not None and 0 <= left <= 100 and (is_percent or left != 1):
            alarmed = left <= lowest + (RECOVERED if name in self._alarms else 0)
        return Sign(name, Hazard.BATTERY, value, alarmed)

    # -- alarms ------------------------------------------------------------------------------

    def _judge(self, device: Device, sign: Sign, report: Report | None, at: float) -> Iterator[Finding]:
        alarm = self._alarms.get(sign.metric)
        if sign.alarmed is True and alarm is None:
            if len(self._alarms) < MAX_ALARMS:
                yield self._begin(device, sign, at)
        elif (
            sign.alarmed is True
            and alarm is not None
            and (report is not None or alarm.rests_since is not None)
        ):
            again = replace(alarm, sign=sign, count=alarm.count + 1, rests_since=None)
            if alarm.rests_since is not None:
                again = replace(again, comes_and_goes=alarm.comes_and_goes or self._is_often(sign.metric, at))
            self._alarms[sign.metric] = again
            yield _finding(device, again, at)
        elif sign.alarmed is False and alarm is not None and alarm.rests_since is None:
            self._unsaved = True
            self._alarms[sign.metric] = replace(alarm, rests_since=at)

    def _begin(self, device: Device, sign: Sign, at: float) -> Finding:
        self._unsaved = True
        begun = Alarm(sign, at, 1, comes_and_goes=self._is_often(sign.metric, at))
        self._alarms[sign.metric] = begun
        return _finding(device, begun, at)

    def _is_often(self, metric: str, at: float) -> bool:
        """It has begun once more; whether that is too often to tell each time."""
        within = {name: times for name, times in self._begun.items() if 0 <= at - times[-1] <= HOUR_S}
        times = tuple(each for each in within.get(metric, ()) if 0 <= at - each <= HOUR_S)
        self._begun = within | {metric: (*times, at)[-MOST_BEGINNINGS - 1 :]}
        return len(self._begun[metric]) > MOST_BEGINNINGS

    def _rested(self, device: Device, at: float) -> Iterator[Finding]:
        for metric, alarm in [*self._alarms.items()]:
            if alarm.rests_since is not None and alarm.rest(at) <= 0:
                yield self._end(device, metric, at, alarm.rests_since)

    def _gone(self, device: Device, signs: Iterable[Sign], at: float) -> Iterator[Finding]:
        """Those that are muted now, or no alarms any more. What is only left out of a report is as it was: a
        board may send two kinds of them."""
        told = {sign.metric for sign in signs}
        for metric in [metric for metric in self._alarms if metric not in told]:
            if not _is_watched(device, metric):
                yield self._end(device, metric, at, at).silenced()

    def _end(self, device: Device, metric: str, at: float, until: float) -> Finding:
        self._unsaved = True
        return _finding(device, self._alarms.pop(metric), at, until)

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = False
        alarms = {
            metric: {
                "since": alarm.since,
                "count": alarm.count,
                "hazard": alarm.sign.hazard.value,
                "value": [alarm.sign.value],
                "comes_and_goes": alarm.comes_and_goes,
                "rests_since": alarm.rests_since,
            }
            for metric, alarm in self._alarms.items()
        }
        body: JsonObject = {
            "alarms": alarms,
            "begun": {metric: {"times": [*times]} for metric, times in self._begun.items()},
            "levels": sorted(self._levels),
            "percents": sorted(self._percents),
        }
        return seal(NAME, _STATE_VERSION, body)

    @classmethod
    def from_state(cls, settings: AlarmsSettings, state: JsonObject) -> AlarmsRule:
        """Raises :class:`rules.base.memory.DamagedState`."""
        made = cls(settings)
        former = isinstance(state, Mapping) and state.get("version") == _FORMER_VERSION
        body = unseal(NAME, _FORMER_VERSION if former else _STATE_VERSION, state)
        for metric, fields in body.fields("alarms").items():
            alarm = _restored(metric, fields)
            made._alarms[metric] = alarm if former else _rests(alarm, fields)
        made._levels = {name for name in body.array("levels") if isinstance(name, str)}
        if not former:
            made._percents = {name for name in body.array("percents") if isinstance(name, str)}
            for metric, fields in body.fields("begun").items():
                if times := fields.numbers("times", -math.inf, math.inf):
                    made._begun[metric] = (*times,)
        return made


def _restored(metric: str, fields: Fields) -> Alarm:
    try:
        hazard = Hazard(fields.text("hazard"))
        [value] = fields.array("value")
    except ValueError as error:
        raise DamagedState(str(error)) from None
    return Alarm(Sign(metric, hazard, value, True), fields.number("since"), fields.whole("count", 1, 2**62))


def _rests(alarm: Alarm, fields: Fields) -> Alarm:
    comes_and_goes, rests_since = fields.flag("comes_and_goes"), fields.optional_number("rests_since")
    return replace(alarm, comes_and_goes=comes_and_goes, rests_since=rests_since)


def _key(metric: str, alarm: Alarm) -> str:
    return f"{metric}@{alarm.since}"


def _finding(device: Device, alarm: Alarm, at: float, until: float | None = None) -> Finding:
    sign = alarm.sign
    details: JsonObject = {"metric": sign.metric, "value": sign.value, "peligro": sign.hazard.value}
    if alarm.comes_and_goes:
        details = {**details, "intermitente": True}
    episode = Episode(_key(sign.metric, alarm), alarm.since, until, alarm.count)
    about = (NAME, ALARM, device.id, device.serial, at, details)
    severity = Severity.MEDIUM if is_charge(sign.metric) else Severity.CRITICAL
    return Finding(*about, severity=severity, episode=episode)


def _is_muted(device: Device, name: str) -> bool:
    return name in device.limits and device.limits[name].muted


def _is_watched(device: Device, name: str) -> bool:
    return not _is_muted(device, name) and (hazard_in(device, name) is not None or is_charge(name))
