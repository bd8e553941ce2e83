"""A long history, written the way the system writes it but faster than any device could report."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from actors.domain.model import Claim, Device, LogEntry, Report
from persistence.storage.batch import Batch
from persistence.writer.store import Store

_BATCH: Final = 5_000


def fill(path: Path, serials: list[str], rows_each: int, interval: float = 60.0) -> None:
    """Make a database of claimed devices, each with ``rows_each`` reports ``interval`` s apart."""
    with Store(path) as store:
        for serial in serials:
            device = store.recall(serial).after_claim(Claim(serial))
            assert isinstance(device, Device)
            for start in range(0, rows_each, _BATCH):
                batch = Batch()
                for n in range(start, min(start + _BATCH, rows_each)):
                    parameters = {"temperatura": 20 + n % 100 / 10, "humedad": 40 + n % 7}
                    device = device.after_report(Report(serial, n * interval, "activo", parameters))
                    batch.entries.append(
                        LogEntry(device.id, device.reports, n * interval, device.state, parameters)
                    )
                batch.devices[device.id] = device
                store.save(batch)
