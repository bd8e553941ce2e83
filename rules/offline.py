"""Rule 4, ``offline``: a claimed device has fallen silent, is still silent, has come back.

Whether a device is online is the device actor's conclusion, drawn on a clock that never jumps (or
from the device's last will), with its grace after a start. This rule only follows the transitions,
so that no change of the wall clock can make it raise an alarm. Wall-clock times are used to show
since when, for how long, and to pace what is told of an outage that is real in any case.

A silence is told once it has lasted ``AI_R4_GRACE_SECS``, and is an episode from then on; its end is told
as an event of its own, too. More than three within an hour, told or not, are one episode more, which ends
when there was none for an hour.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo
from typing import Final

from actors.domain.durations import HOUR_S
from actors.domain.findings import Bounds, Episode, Finding, Severity
from actors.domain.model import Device, JsonObject, Report
from actors.domain.rule_events import BACK_ONLINE, OFFLINE
from rules.base.memory import seal, unseal
from rules.base.settings import OfflineSettings

NAME: Final = "offline"

# More outages than so many within an hour are told as one episode.
MOST_OUTAGES: Final = 3
# While a connection is unstable a silence of so long is no part of that any more, and is told.
LASTING_S: Final = 900.0

_STATE_VERSION: Final = 3
# What was told then is no episode.
_FIRST_VERSION: Final = 1
_FORMER_VERSIONS: Final = (_FIRST_VERSION, 2)


@dataclass(frozen=True, slots=True)
class Outage:
    """A silence that goes on. Times are seconds since the epoch."""

    device_id: int
    serial: str
    since: float
    noticed_at: float
    """By which it is known; no other one of the device has the same."""
    told_at: float | None = None
    told: int = 0
    """How often, as an episode."""

    @property
    def key(self) -> str:
        return f"silencio@{self.noticed_at}"

    def seconds(self, at: float) -> int:
        """How long it has lasted by the wall clock; 0 where that has been set back."""
        return max(0, math.floor(at - self.since))


@dataclass(frozen=True, slots=True)
class Unstable:
    """A connection that comes and goes, until it has not gone for an hour."""

    device_id: int
    serial: str
    since: float
    count: int
    """Outages, the first ones too."""
    last_at: float

    @property
    def key(self) -> str:
        return f"inestable@{self.since}"


class OfflineRule:
    """Begun without a stored state, it tells of an outage that it finds: better twice than never."""

    name: Final = NAME

    __slots__ = (
        "_begun",
        "_grace",
        "_outage",
        "_remind",
        "_tick",
        "_timezone",
        "_unsaved",
        "_unstable",
        "_wake_in",
    )

    def __init__(self, settings: OfflineSettings, timezone: tzinfo) -> None:
        self._grace = settings.ai_r4_grace_secs
        self._remind = settings.ai_r4_remind_secs
        self._tick = settings.ai_r4_watchdog_tick_secs
        self._timezone = timezone
        self._outage: Outage | None = None
        self._unstable: Unstable | None = None
        self._begun: tuple[float, ...] = ()
        """When the last outages began, as many as it takes to tell."""
        self._unsaved = False
        self._wake_in: float | None = None

    @property
    def wake_in(self) -> float | None:
        return self._wake_in

    @property
    def save_due(self) -> bool:
        """Whether there is news of an outage: what it knows is little, and cannot be read in the log."""
        return self._unsaved

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:  # noqa: ARG002
        if not device.claimed:
            self._outage = self._unstable = self._wake_in = None
            self._begun = ()
            return ()
        found: list[Finding] = []
        if device.online:
            found += self._came_back(at)
        elif self._outage is None:
            since = at if device.seen_at is None else min(device.seen_at, at)
            self._outage = Outage(device.id, device.serial, since, self._no_others(at))
            found += self._count(self._outage, at)
        return [*found, *self.wake(at)]

    def wake(self, at: float) -> Sequence[Finding]:
        found = [*self._tell_if_due(at), *self._end_if_stable(at)]
        self._plan(at)
        return found

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """The log says nothing of silences."""

    @property
    def lasting(self) -> Collection[str]:
        told = self._outage if self._outage is not None and self._outage.told else None
        return [each.key for each in (told, self._unstable) if each is not None]

    def let_go(self, keys: Collection[str]) -> None:
        if self._outage is not None and self._outage.key in keys:
            self._outage = None
        if self._unstable is not None and self._unstable.key in keys:
            self._unstable, self._begun = None, ()

    def dismiss(self, details: JsonObject) -> None:
        """An outage proposes nothing that could be dismissed; its end will be told."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It looks at no reading."""
        return {}

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        """It learns of no time."""
        return False

    def take_over(self, decisions: OfflineRule) -> None:
        """There are none."""

    # -- one outage --------------------------------------------------------------------------

    def _no_others(self, at: float) -> float:
        """The moment that an outage goes by: two within a tick of the clock are two all the same."""
        while at in self._begun:
            at = math.nextafter(at, math.inf)
        return at

    def _tell_if_due(self, at: float) -> Iterator[Finding]:
        outage = self._outage
        if outage is None or self._left(outage, at) > 0:
            return
        self._unsaved = True
        self._outage = outage = replace(outage, told_at=at, told=outage.told + 1)
        yield self._outage_finding(outage, at, None)

    def _left(self, outage: Outage, at: float) -> float:
        """Seconds until it is to be told, or told again. A clock that was set back begins them anew."""
        if outage.told_at is not None:
            waited = at - outage.told_at
            if not self._remind:
                return math.inf
            return self._remind - waited if waited >= 0 else 0.0
        if at < outage.since:
            self._outage = outage = replace(outage, since=at)
        patience = self._grace if self._unstable is None else max(self._grace, LASTING_S)
        return patience - (at - outage.since)

    def _came_back(self, at: float) -> Iterator[Finding]:
        outage, self._outage = self._outage, None
        if outage is None or outage.told_at is None:
            return
        if outage.told:
            yield self._outage_finding(outage, at, at)
        details = {"was_offline_secs": outage.seconds(at)}
        yield Finding(NAME, BACK_ONLINE, outage.device_id, outage.serial, at, details)

    def _outage_finding(self, outage: Outage, at: float, until: float | None) -> Finding:
        details = {"seconds_offline": outage.seconds(at), "since_ts_local": self._local(outage.since)}
        about = (outage.device_id, outage.serial, at, details)
        episode = Episode(outage.key, outage.since, until, outage.told)
        return Finding(NAME, OFFLINE, *about, severity=Severity.MEDIUM, episode=episode)

    # -- many --------------------------------------------------------------------------------

    def _count(self, outage: Outage, at: float) -> Iterator[Finding]:
        self._unsaved = True
        self._begun = (*self._begun, outage.noticed_at)[-MOST_OUTAGES - 1 :]
        unstable = self._unstable
        if unstable is not None and at - unstable.last_at <= HOUR_S:
            unstable = replace(unstable, count=unstable.count + 1, last_at=at)
        elif unstable is None and len(self._begun) > MOST_OUTAGES and 0 <= at - self._begun[0] <= HOUR_S:
            unstable = Unstable(outage.device_id, outage.serial, self._begun[0], len(self._begun), at)
        else:
            return
        self._unstable = unstable
        yield self._unstable_finding(unstable, at, None)

    def _end_if_stable(self, at: float) -> Iterator[Finding]:
        unstable = self._unstable
        if unstable is not None and abs(at - unstable.last_at) > HOUR_S:
            self._unsaved = True
            self._unstable, self._begun = None, ()
            yield self._unstable_finding(unstable, at, unstable.last_at)

    def _unstable_finding(self, unstable: Unstable, at: float, until: float | None) -> Finding:
        details = {
            "seconds_offline": 0,
            "since_ts_local": self._local(unstable.since),
            "inestable": True,
            "cortes": unstable.count,
        }
        about = (unstable.device_id, unstable.serial, at, details)
        episode = Episode(unstable.key, unstable.since, until, unstable.count)
        return Finding(NAME, OFFLINE, *about, severity=Severity.MEDIUM, episode=episode)

    # -- when to look again ------------------------------------------------------------------

    def _plan(self, at: float) -> None:
        waits = []
        if self._outage is not None and math.isfinite(left := self._left(self._outage, at)):
            waits.append(left if self._outage.told_at is None else self._ticks(left))
        if (unstable := self._unstable) is not None:
            waits.append(max(0.0, HOUR_S - abs(at - unstable.last_at)) + 1)
        self._wake_in = min(waits, default=None)

    def _ticks(self, seconds: float) -> float:
        """The first check at or after ``seconds`` from now."""
        return math.ceil(seconds / self._tick) * self._tick

    def _local(self, at: float) -> str:
        return datetime.fromtimestamp(at, self._timezone).isoformat(timespec="seconds")

    # -- what lasts --------------------------------------------------------------------------

    def state(self) -> JsonObject:
        self._unsaved = False
        body = {
            "outage": None if self._outage is None else asdict(self._outage),
            "unstable": None if self._unstable is None else asdict(self._unstable),
            "begun": list(self._begun),
        }
        return seal(NAME, _STATE_VERSION, body)

    @classmethod
    def from_state(cls, settings: OfflineSettings, timezone: tzinfo, state: JsonObject) -> OfflineRule:
        """Raises :class:`rules.base.memory.DamagedState`. What is due is told at the first look."""
        made = cls(settings, timezone)
        said_version = state.get("version") if isinstance(state, Mapping) else None
        version = next((each for each in _FORMER_VERSIONS if each == said_version), _STATE_VERSION)
        former = version != _STATE_VERSION
        body = unseal(NAME, version, state)
        if not body.is_null("outage"):
            said = body.fields("outage")
            made._outage = Outage(
                said.whole("device_id", 1, 2**62),
                said.text("serial"),
                said.number("since"),
                said.number("told_at" if version == _FIRST_VERSION else "noticed_at"),
                said.optional_number("told_at"),
                0 if former else said.whole("told", 0, 2**62),
            )
        if not former and not body.is_null("unstable"):
            said = body.fields("unstable")
            made._unstable = Unstable(
                said.whole("device_id", 1, 2**62),
                said.text("serial"),
                said.number("since"),
                said.whole("count", 1, 2**62),
                said.number("last_at"),
            )
        made._begun = () if former else tuple(body.numbers("begun", -math.inf, math.inf))
        if (made._outage is not None and made._outage.told_at is None) or made._unstable is not None:
            made._wake_in = 0.0
        elif made._outage is not None and made._remind:
            made._wake_in = made._ticks(made._remind)
        return made
