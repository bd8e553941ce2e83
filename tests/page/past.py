"""A device with a past, written the way the system writes it before it is started."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from actors.domain.findings import Finding
from actors.domain.model import Claim, Device, LogEntry, Report
from actors.domain.proposals import basis_of
from actors.domain.rule_events import BACK_ONLINE, OFFLINE
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from rules.extremes.rule import NAME as EXTREMES
from rules.offline import NAME as SILENCE

HOUR: Final = 3_600
INTERVAL: Final = 300
OUTAGE: Final = (-8 * HOUR, -5 * HOUR)
"""Of the device, in seconds from now; it says nothing meanwhile."""
ANOMALY: Final = (-2 * HOUR, 97.5)
"""One reading, with when it came."""


def write_past(data: Path, serial: str, days: int = 3) -> None:
    """A claimed thermometer in the database to be, reporting every five minutes until now."""
    data.mkdir(parents=True, exist_ok=True)
    now = time.time()
    with Store(data / "iot.db") as store:
        device = store.recall(serial).after_claim(Claim(serial, name="Termómetro del salón"))
        assert isinstance(device, Device)
        batch = Batch()
        for step in range(days * 24 * HOUR // INTERVAL, -1, -1):
            offset = -step * INTERVAL
            if OUTAGE[0] < offset < OUTAGE[1]:
                continue
            at = now + offset
            parameters = {"temperatura": _temperature(offset), "humedad": 45 + step % 9}
            state = "activo" if step // 12 % 3 else "inactivo"
            device = device.after_report(Report(serial, at, state, parameters))
            batch.entries.append(LogEntry(device.id, device.reports, at, device.state, parameters))
        batch.devices[device.id] = replace(device, online=False)
        batch.conclusions = [
            (finding, basis_of(finding, device.configuration)) for finding in _findings(device, now)
        ]
        store.save(batch)


def _temperature(offset: int) -> float:
    if offset == ANOMALY[0]:
        return ANOMALY[1]
    return round(21 + 3 * math.sin(offset / (4 * HOUR)) + offset % 7 / 10, 1)


def _findings(device: Device, now: float) -> list[Finding]:
    def finding(rule: str, event: str, offset: float, **details: object) -> Finding:
        return Finding(rule, event, device.id, device.serial, now + offset, details)

    since, until = OUTAGE
    bounds = {"min": 10.0, "max": 80.0, "source": "limits"}
    told = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now + since))
    return [
        finding(SILENCE, OFFLINE, since + 60, seconds_offline=60, since_ts_local=told, severity="medium"),
        finding(SILENCE, BACK_ONLINE, until, was_offline_secs=until - since, severity="info"),
        finding(EXTREMES, "ai_anomaly", ANOMALY[0], metric="temperatura", value=ANOMALY[1], bounds=bounds),
    ]
