"""Rule 2, ``misconfig``: the configuration that people have declared does not fit its kind's standard."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

from actors.domain.durations import HOUR_S
from actors.domain.findings import Bounds, Finding, Proposal, Severity
from actors.domain.house import House
from actors.domain.kinds import PREFIXES, SENSOR, prefix_of, sort_of
from actors.domain.model import SCHEDULED, Device, Json, JsonObject, Report
from actors.domain.readings import number_of
from actors.domain.schedule import has_schedule
from actors.domain.weather import measured
from rules.base.fingerprint import fingerprint
from rules.base.memory import seal, unseal
from rules.base.settings import MisconfigSettings
from rules.base.tables import NO_ADVICE, PREFIX_LENGTH, Limit, Standard, Standards, WeatherTable

NAME: Final = "misconfig"
MISCONFIG: Final = "ai_misconfig"

# Proposed for an interval that is no number, as far as the standard allows; the usual one of devices.
USUAL_INTERVAL_S: Final = 60
# Rule 6 gives the former mode back an hour after the weather that advised another one.
AFTER_S: Final = 2 * HOUR_S

_STATE_VERSION: Final = 1


def standard_of(standards: Standards, device: Device) -> Standard:
    """What ``standards`` ask of the device: by its serial number or, if that is not its kind's, by its kind.

    No mode is asked of what cannot be switched: it has nothing that a timetable could do.
    """
    kind, capability = sort_of(device)
    prefix = device.serial[:PREFIX_LENGTH].upper()
    if prefix not in standards or PREFIXES.get(prefix, kind) != kind:
        prefix = prefix_of(kind) or prefix
    standard = standards.get(prefix, Standard())
    return replace(standard, mode=None) if capability == SENSOR else standard


def examine(configuration: JsonObject, standard: Standard) -> tuple[JsonObject, Severity] | None:
    """What is wrong: ``issues`` and ``suggested_patch`` as they go out, and how much; ``None`` if nothing is.

    An ``intervalo_envio`` that nobody has declared is the device's own business. A timetable that has yet to
    be drawn is recommended (``falta_horario``), but not put in force by the patch.
    """
    issues: list[str] = []
    patch: dict[str, Json] = {}
    severity = Severity.LOW
    mode = configuration.get("modo")
    lacks_schedule = False
    if standard.mode is not None and mode != standard.mode:
        found = "no está definido" if mode is None else f"= {mode!r:.40}"
        lacks_schedule = standard.mode == SCHEDULED and not has_schedule(configuration)
        when = ", cuando tenga horarios" if lacks_schedule else ""
        issues.append(f"config.modo {found} → se recomienda {standard.mode!r}{when}")
        if not lacks_schedule:
            patch["modo"] = standard.mode
    interval = configuration.get("intervalo_envio")
    if standard.send_interval is not None and interval is not None:
        seconds = number_of(interval)
        fitting = _fitting(USUAL_INTERVAL_S if seconds is None else seconds, standard.send_interval)
        if fitting != interval:
            wanted = _in_words(standard.send_interval)
            issues.append(f"config.intervalo_envio = {interval!r:.40} → se recomienda {wanted}")
            patch["intervalo_envio"] = fitting
            severity = Severity.MEDIUM
    if not issues:
        return None
    details: dict[str, Json] = {"issues": issues, "suggested_patch": {"configuracion": patch}}
    return ({**details, "falta_horario": True} if lacks_schedule else details), severity


class MisconfigRule:
    """``standards`` are the whole table: a device's kind can change.

    Tells when a right configuration becomes a wrong one, and again after the cooldown while it stays
    wrong. A dismissed finding is not told again until something else is wrong. A mode that the weather
    advises is none to be mended, nor for a while after.
    """

    name: Final = NAME
    save_due: Final = False
    """It learns nothing but what it has told, which is stored with the finding."""
    lasting: Final = ()

    __slots__ = (
        "_advice",
        "_advised_at",
        "_cooldown",
        "_device",
        "_dismissed",
        "_house",
        "_standards",
        "_told_at",
        "_wake_in",
    )

    def __init__(
        self, settings: MisconfigSettings, standards: Standards, advice: WeatherTable = NO_ADVICE
    ) -> None:
        self._cooldown = settings.ai_misconfig_cooldown_s
        self._standards = standards
        self._advice = advice
        self._house = House()
        self._advised_at = -math.inf
        self._told_at: float | None = None
        self._dismissed = ""
        self._device: Device | None = None
        self._wake_in: float | None = None

    @property
    def wake_in(self) -> float | None:
        return self._wake_in

    def hear(self, house: House, at: float) -> Sequence[Finding]:
        self._house = house
        return self.wake(at)

    def observe(self, device: Device, report: Report | None, at: float) -> Sequence[Finding]:  # noqa: ARG002
        self._device = device
        self._wake_in = None
        if not device.claimed:
            return ()
        standard = standard_of(self._standards, device)
        if self._suits_the_weather(device, at):
            standard = replace(standard, mode=None)
        misfit = examine(device.configuration, standard)
        if misfit is None:
            self._dismissed = ""
            return ()
        details, severity = misfit
        if self._dismissed and fingerprint(details["suggested_patch"]) == self._dismissed:
            return ()
        if self._told_at is not None and 0 <= at - self._told_at < self._cooldown:
            self._wake_in = self._cooldown - (at - self._told_at)
            return ()
        self._told_at = at
        # Nobody need touch the configuration for it to stay wrong.
        self._wake_in = self._cooldown or None
        patch: JsonObject = details["suggested_patch"]["configuracion"]
        proposal = Proposal(patch, frozenset(patch)) if patch else None
        return (Finding(NAME, MISCONFIG, device.id, device.serial, at, details, proposal, severity),)

    def wake(self, at: float) -> Sequence[Finding]:
        return () if self._device is None else self.observe(self._device, None, at)

    def _suits_the_weather(self, device: Device, at: float) -> bool:
        weather, mode = self._house.weather, device.configuration.get("modo")
        if weather is not None and weather.is_fresh(at):
            known, kind = measured(weather, at), sort_of(device)[0]
            advised = (each for each in self._advice.get(kind, ()) if each.proposes.get("modo") == mode)
            if any(each.is_met(known) for each in advised):
                self._advised_at = at
        return 0 <= at - self._advised_at < AFTER_S

    def learn(self, at: float, state: str, parameters: JsonObject) -> None:
        """The log says nothing of the configuration."""

    def let_go(self, keys: Collection[str]) -> None:
        """It has no episodes."""

    def dismiss(self, details: JsonObject) -> None:
        """A person does not want to hear of this again. ``details`` are the finding's."""
        self._dismissed = fingerprint(details["suggested_patch"])

    def bounds(self, at: float) -> Mapping[str, Bounds]:  # noqa: ARG002
        """It looks at no reading."""
        return {}

    def is_ahead(self, at: float) -> bool:  # noqa: ARG002
        """It learns of no time."""
        return False

    def take_over(self, decisions: MisconfigRule) -> None:
        """What people do not want to hear of."""
        self._dismissed = decisions._dismissed

    def state(self) -> JsonObject:
        return seal(NAME, _STATE_VERSION, {"told_at": self._told_at, "dismissed": self._dismissed})

    @classmethod
    def from_state(
        cls,
        settings: MisconfigSettings,
        standards: Standards,
        state: JsonObject,
        advice: WeatherTable = NO_ADVICE,
    ) -> MisconfigRule:
        """Raises :class:`rules.base.memory.DamagedState`."""
        made = cls(settings, standards, advice)
        body = unseal(NAME, _STATE_VERSION, state)
        made._told_at = body.optional_number("told_at")
        made._dismissed = body.text("dismissed")
        return made


def _fitting(interval: float, limit: Limit) -> float:
    """The nearest interval that the limit allows."""
    if limit.low is not None and interval < limit.low:
        return limit.low
    if limit.high is not None and interval > limit.high:
        return limit.high
    return interval


def _in_words(limit: Limit) -> str:
    if limit.high is None:
        return f"{limit.low:g} o más"
    if limit.low is None:
        return f"{limit.high:g} o menos"
    return f"entre {limit.low:g} y {limit.high:g}"
