"""Devices and reports as the rules are given them."""

from __future__ import annotations

from actors.model import Device, JsonObject, Report

SERIAL = "TMP0TEST"
DAY_S = 86_400.0
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
