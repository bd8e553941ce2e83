"""Rule 4, ``offline``: a claimed device has fallen silent, is still silent, has come back.

Whether a device is online is the device actor's conclusion, drawn on a clock that never jumps (or
from the device's last will), with its grace after a start. This rule only follows the transitions,
so that no change of the wall clock can make it raise an alarm. Wall-clock times are used to show
since when, for how long, and to pace reminders of an outage that is real in any case.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from actors.findings import Bounds, Finding
from actors.model import Device, JsonObject, Report
from rules.sealed import seal, unseal
from rules.settings import OfflineSettings

NAME: Final = "offline"
OFFLINE: Final = "ai_offline"
BACK_ONLINE: Final = "ai_back_online"

_STATE_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Outage:
    """A silence that has been told of, and not yet its end."""

    device_id: int
    serial: str
    since: float
    told_at: float

    def seconds(self, at: float) -> int:
        """How long it has lasted by the wall clock; 0 where that has been set back."""
        return max(0, math.floor(at - self.since))


class OfflineRule:
    """Begun without a stored state, it tells of an outage that it finds: better twice than never."""

    name: Final = NAME

    __slots__ = ("_outage", "_remind", "_tick", "_timezone", "_wake_in")

    def __init__(self, settings: OfflineSettings, timezone: tzinfo) -> None:
        self._remind = settings.ai_r4_remind_secs
        self._tick = settings.ai_r4_watchdog_tick_secs
        self._timezone = timezone
        self._outage: Outage | None = None
        self._wake_in: float | None = None

    @property
    def wake_in(self) -> float | None:
        return self._wake_in

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:  # noqa: ARG002
        if not device.claimed:
            self._end()
            return ()
        if device.online:
            return self._came_back(at)
        if self._outage is not None:
            return ()
        since = at if device.seen_at is None else device.seen_at
        return self._tell(Outage(device.id, device.serial, since, at), at)

    def wake(self, at: float) -> Sequence[Finding]:
        outage = self._outage
        if outage is None or not self._remind:
            return ()
        waited = at - outage.told_at
        if 0 <= waited < self._remind:
            # A timer left over from an earlier outage.
            self._wake_in = self._ticks(self._remind - waited)
            return ()
        return self._tell(Outage(outage.device_id, outage.serial, outage.since, at), at)

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """The log says nothing of silences."""

    def dismiss(self, details: JsonObject) -> None:
        """An outage proposes nothing that could be dismissed; its end will be told."""

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It looks at no reading."""
        return {}

    save_due: Final = False
    """Each transition is a finding, and what is known is stored with it."""

    def _tell(self, outage: Outage, at: float) -> Sequence[Finding]:
        self._outage = outage
        self._wake_in = self._ticks(self._remind) if self._remind else None
        details = {
            "seconds_offline": outage.seconds(at),
            "since_ts_local": datetime.fromtimestamp(outage.since, self._timezone).isoformat(
                timespec="seconds"
            ),
            "severity": "medium",
        }
        return (Finding(NAME, OFFLINE, outage.device_id, outage.serial, at, details),)

    def _came_back(self, at: float) -> Sequence[Finding]:
        outage = self._outage
        if outage is None:
            return ()
        self._end()
        details = {"was_offline_secs": outage.seconds(at), "severity": "info"}
        return (Finding(NAME, BACK_ONLINE, outage.device_id, outage.serial, at, details),)

    def _end(self) -> None:
        self._outage = None
        self._wake_in = None

    def _ticks(self, seconds: float) -> float:
        """The first check at or after ``seconds`` from now."""
        return math.ceil(seconds / self._tick) * self._tick

    def state(self) -> JsonObject:
        outage = self._outage
        if outage is None:
            return seal(NAME, _STATE_VERSION, {"outage": None})
        said = {
            "device_id": outage.device_id,
            "serial": outage.serial,
            "since": outage.since,
            "told_at": outage.told_at,
        }
        return seal(NAME, _STATE_VERSION, {"outage": said})

    @classmethod
    def from_state(cls, settings: OfflineSettings, timezone: tzinfo, state: JsonObject) -> OfflineRule:
        """Raises :class:`rules.sealed.DamagedState`. A reminder is due within one interval."""
        made = cls(settings, timezone)
        body = unseal(NAME, _STATE_VERSION, state)
        if body.is_null("outage"):
            return made
        said = body.fields("outage")
        made._outage = Outage(
            said.whole("device_id", 1, 2**62),
            said.text("serial"),
            said.number("since"),
            said.number("told_at"),
        )
        made._wake_in = made._ticks(made._remind) if made._remind else None
        return made
