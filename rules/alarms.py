"""Rule 5, ``alarma``: a device says that there is smoke, gas or water, that it is tampered with, or that its
battery is low.

Nothing is learned and nothing is waited for: whatever a device says of it is so, from the first report after
the claim on. What a reading warns of follows from its name (:func:`actors.domain.metrics.hazard_of`), nested
or not, unless people have said what the metric is. An alarm is an episode that lasts until the device says
that it is over. A word that says neither (a test, a level) changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from actors.domain.findings import Bounds, Episode, Finding, Severity
from actors.domain.kinds import sort_of
from actors.domain.metrics import Hazard, Nature, alarm_of, hazard_of, is_charge, words_in
from actors.domain.model import Device, Json, JsonObject, Report
from actors.domain.readings import flattened, number_of, switch_of
from rules.base.memory import DamagedState, Fields, seal, unseal
from rules.base.settings import AlarmsSettings

NAME: Final = "alarma"
ALARM: Final = "ai_alarm"
STATE: Final = "estado"
"""The metric under which what the device says of itself, and not a reading, is told."""

# A battery that is told to be low is so until it has this much more, or each reading might begin a new alarm.
RECOVERED: Final = 5.0
# As many as a report has names; what a device tells beyond them is not watched.
MAX_ALARMS: Final = 64

_STATE_VERSION: Final = 1
_SMOKE_SENSOR: Final = "sensor_humo"
# What only a detector may call so.
_PLAIN: Final = frozenset({"detected", "detectado", "detectada", "detection", "deteccion"})
# What a state may warn of; that of a boiler may well be "gas".
_IN_A_STATE: Final = (Hazard.FIRE, Hazard.SMOKE, Hazard.OTHER)


@dataclass(frozen=True, slots=True)
class Sign:
    """What one reading says: that there is alarm, that there is none, or (``None``) neither."""

    metric: str
    hazard: Hazard
    value: Json
    alarmed: bool | None
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class Alarm:
    """One that lasts. ``since`` is in seconds since the epoch."""

    sign: Sign
    """The last one that there is alarm."""
    since: float
    count: int
    """How many reports have said so."""


def warns(device: Device) -> bool:
    """Whether it tells anything that could be an alarm; asked at each report of those that never have."""
    return _hazard_of_state(device) is not None or any(
        is_charge(name) or _hazard(device, name) is not None for name, _ in flattened(device.parameters)
    )


class AlarmsRule:
    name: Final = NAME
    wake_in: Final = None

    __slots__ = ("_alarms", "_levels", "_lowest", "_unsaved")

    def __init__(self, settings: AlarmsSettings) -> None:
        self._lowest = settings.ai_alarm_battery_pct
        self._alarms: dict[str, Alarm] = {}
        """By metric, those that last."""
        self._levels: set[str] = set()
        """Metrics that are called as an alarm is, and have told a level: their 1 and 0 are levels too."""
        self._unsaved = False

    # -- what the host calls -----------------------------------------------------------------

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:
        if not device.claimed:
            self._alarms.clear()
            return ()
        if report is not None and report.retained:
            return ()
        # What is found as it stands has been so since the device was heard.
        heard = at if report is not None or device.seen_at is None else min(device.seen_at, at)
        signs = [*self._signs(device)][:MAX_ALARMS]
        found = [finding for sign in signs for finding in self._judge(device, sign, report, heard)]
        return [*found, *self._gone(device, signs, at)]

    def wake(self, at: float) -> Sequence[Finding]:  # noqa: ARG002
        return ()

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
        """Whether an alarm has begun or ended: what it knows is little."""
        return self._unsaved

    # -- signs -------------------------------------------------------------------------------

    def _signs(self, device: Device) -> Iterator[Sign]:
        """Of the readings that people have not muted, each with what it says now."""
        if (hazard := _hazard_of_state(device)) is not None and not _is_muted(device, STATE):
            yield Sign(STATE, hazard, device.state, _said_by(device.state)[1])
        for name, value in flattened(device.parameters):
            if _is_muted(device, name):
                continue
            if (hazard := _hazard(device, name)) is not None:
                yield Sign(name, hazard, value, self._alarm(name, value, hazard))
            elif self._lowest and is_charge(name):
                yield self._charge(device, name, value)

    def _alarm(self, name: str, value: Json, hazard: Hazard) -> bool | None:
        told = alarm_of(value, hazard)
        if told is None and number_of(value) is not None and len(self._levels) < MAX_ALARMS:
            self._levels.add(name)
        return None if name in self._levels and number_of(value) is not None else told

    def _charge(self, device: Device, name: str, value: Json) -> Sign:
        """How much a battery has left, in percent: our own conclusion, which wakes nobody at night."""
        left = number_of(value)
        low = device.limits[name].low if name in device.limits else None
        lowest = self._lowest if low is None else low
        if left is not None and 0 < left < 1:
            left *= 100  # a fraction
        alarmed = None
        if left is not None and 0 <= left <= 100 and left != 1:
            alarmed = left <= lowest + (RECOVERED if name in self._alarms else 0)
        return Sign(name, Hazard.BATTERY, value, alarmed, Severity.MEDIUM)

    # -- alarms ------------------------------------------------------------------------------

    def _judge(self, device: Device, sign: Sign, report: Report | None, at: float) -> Iterator[Finding]:
        alarm = self._alarms.get(sign.metric)
        if sign.alarmed is True and alarm is None:
            begun = self._alarms[sign.metric] = Alarm(sign, at, 1)
            self._unsaved = True
            yield _finding(device, begun, at)
        elif sign.alarmed is True and alarm is not None and report is not None:
            again = self._alarms[sign.metric] = replace(alarm, sign=sign, count=alarm.count + 1)
            yield _finding(device, again, at)
        elif sign.alarmed is False and alarm is not None:
            yield self._end(device, sign.metric, at)

    def _gone(self, device: Device, signs: Iterable[Sign], at: float) -> Iterator[Finding]:
        """Those that are muted now, or no alarms any more. A device of our own protocol says all that it has
        to say in each report; one of another make may leave out what is as it was."""
        told = {sign.metric for sign in signs}
        for metric in [metric for metric in self._alarms if metric not in told]:
            if device.orders is None or not _is_watched(device, metric):
                yield self._end(device, metric, at)

    def _end(self, device: Device, metric: str, at: float) -> Finding:
        self._unsaved = True
        return _finding(device, self._alarms.pop(metric), at, until=at)

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = False
        alarms = {
            metric: {
                "since": alarm.since,
                "count": alarm.count,
                "hazard": alarm.sign.hazard.value,
                "value": [alarm.sign.value],
                "severity": alarm.sign.severity.value,
            }
            for metric, alarm in self._alarms.items()
        }
        return seal(NAME, _STATE_VERSION, {"alarms": alarms, "levels": sorted(self._levels)})

    @classmethod
    def from_state(cls, settings: AlarmsSettings, state: JsonObject) -> AlarmsRule:
        """Raises :class:`rules.base.memory.DamagedState`."""
        made = cls(settings)
        body = unseal(NAME, _STATE_VERSION, state)
        for metric, fields in body.fields("alarms").items():
            made._alarms[metric] = _restored(metric, fields)
        made._levels = {name for name in body.array("levels") if isinstance(name, str)}
        return made


def _restored(metric: str, fields: Fields) -> Alarm:
    try:
        hazard, severity = Hazard(fields.text("hazard")), Severity(fields.text("severity"))
        [value] = fields.array("value")
    except ValueError as error:
        raise DamagedState(str(error)) from None
    sign = Sign(metric, hazard, value, True, severity)
    return Alarm(sign, fields.number("since"), fields.whole("count", 1, 2**62))


def _key(metric: str, alarm: Alarm) -> str:
    return f"{metric}@{alarm.since}"


def _finding(device: Device, alarm: Alarm, at: float, until: float | None = None) -> Finding:
    sign = alarm.sign
    details: JsonObject = {"metric": sign.metric, "value": sign.value, "peligro": sign.hazard.value}
    episode = Episode(_key(sign.metric, alarm), alarm.since, until, alarm.count)
    about = (NAME, ALARM, device.id, device.serial, at, details)
    return Finding(*about, severity=sign.severity, episode=episode)


# -- what a device warns of ------------------------------------------------------------------------


def _is_muted(device: Device, name: str) -> bool:
    return name in device.limits and device.limits[name].muted


def _is_watched(device: Device, name: str) -> bool:
    return not _is_muted(device, name) and (_hazard(device, name) is not None or is_charge(name))


def _hazard(device: Device, name: str) -> Hazard | None:
    """What people say stands above the name; what a detector calls by no name is what it detects."""
    found = hazard_of(name)
    nature = device.limits[name].nature if name in device.limits else None
    if nature is not None:
        return (found or Hazard.OTHER) if nature is Nature.ALARM else None
    is_plain = found is Hazard.OTHER or (found is None and _is_plain(name))
    return Hazard.SMOKE if is_plain and _is_smoke_sensor(device) else found


@lru_cache(maxsize=4_096)
def _is_plain(name: str) -> bool:
    return _PLAIN.issuperset(words_in(name) or ("",))


def _is_smoke_sensor(device: Device) -> bool:
    """Of another make such a one may detect anything, and says what."""
    return device.profile is None and sort_of(device)[0] == _SMOKE_SENSOR


def _hazard_of_state(device: Device) -> Hazard | None:
    hazard, alarmed = _said_by(device.state)
    if alarmed is None:
        return None
    if hazard in _IN_A_STATE and hazard is not Hazard.OTHER:
        return hazard
    return Hazard.SMOKE if _is_smoke_sensor(device) else hazard if hazard in _IN_A_STATE else None


@lru_cache(maxsize=1_024)
def _said_by(state: str) -> tuple[Hazard | None, bool | None]:
    """What a state names, and whether it says that there is alarm. On and off are said of the switch."""
    return hazard_of(state), None if switch_of(state) is not None else alarm_of(state)
