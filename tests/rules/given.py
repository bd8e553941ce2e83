"""Devices and reports as the rules are given them."""

from __future__ import annotations

from typing import Any

from actors.domain.model import Device, JsonObject, Report
from rules.base.settings import ExtremesSettings, LearnSettings, MisconfigSettings, OfflineSettings

SERIAL = "TMP0TEST"
# Monday 2025-02-17 00:00 in Madrid.
MONDAY = 1_739_746_800.0


def device(
    *,
    serial: str = SERIAL,
    state: str = "desconocido",
    configuration: JsonObject | None = None,
    claimed: bool = True,
    online: bool = True,
    seen_at: float | None = None,
) -> Device:
    return Device(
        id=7,
        serial=serial,
        state=state,
        configuration=configuration or {},
        claimed=claimed,
        online=online,
        seen_at=seen_at,
    )


def report(at: float, parameters: JsonObject | None = None, state: str | None = None) -> Report:
    return Report(SERIAL, at, state, parameters)


# The defaults, but for what is given by the setting's name in lower case.


def extremes_settings(**given: Any) -> ExtremesSettings:
    return ExtremesSettings(**given)


def misconfig_settings(**given: Any) -> MisconfigSettings:
    return MisconfigSettings(**given)


def learn_settings(**given: Any) -> LearnSettings:
    return LearnSettings(**given)


def offline_settings(**given: Any) -> OfflineSettings:
    return OfflineSettings(**given)
