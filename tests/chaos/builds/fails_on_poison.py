"""The system with a weak spot in each kind of actor.

A report whose ``parametros`` say ``{"veneno": "<part>"}`` makes that part raise, each time that it is
handed over; the writer, which may have to try again, only the first time. A device whose serial number
ends with ``PEREZA`` has a hard start.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

import run_system
from actors.device import DeviceActor
from actors.directory import Directory
from actors.domain.model import Device, Report
from actors.messages import Reported
from persistence.readers.queries import Queries
from persistence.storage.batch import Batch
from persistence.writer.store import Store
from rules.extremes.rule import ExtremesRule

# Starts, and reads of the log, that fail before the first one that does not.
FAILING_FIRST = 2


class Panic(BaseException):
    """What a library written in another language throws."""


def poison(report: Report | None) -> object:
    return None if report is None or not report.parameters else report.parameters.get("veneno")


def weaken(owner: type, name: str, fails: Callable[..., None]) -> None:
    """Have the method call ``fails`` first, with the same arguments."""
    sound = getattr(owner, name)

    def weak(self: Any, *arguments: Any) -> Any:
        fails(self, *arguments)
        return sound(self, *arguments)

    setattr(owner, name, weak)


def in_device(_device: Device, report: Report) -> None:
    match poison(report):
        case "dispositivo":
            raise RuntimeError("a poisoned report")
        case "pánico":
            raise Panic


def in_rule(_rule: ExtremesRule, _device: Device, report: Report | None, _at: float) -> None:
    if poison(report) == "regla":
        raise RuntimeError("a poisoned observation")


def in_directory(_directory: Directory, message: object) -> None:
    if isinstance(message, Reported) and poison(message.report) == "directorio":
        raise RuntimeError("a poisoned letter")


def first_times(count: int, concerns: Callable[..., bool]) -> Callable[..., None]:
    left = [count]

    def fails(*arguments: Any) -> None:
        if left[0] and concerns(*arguments):
            left[0] -= 1
            raise RuntimeError("not yet")

    return fails


def starts_late(actor: DeviceActor) -> bool:
    return actor._device.serial.endswith("PEREZA")


def is_poisoned(_store: Store, batch: Batch) -> bool:
    return any(entry.parameters.get("veneno") == "escritor" for entry in batch.entries)


if __name__ == "__main__":
    weaken(Device, "after_report", in_device)
    weaken(ExtremesRule, "observe", in_rule)
    weaken(Directory, "on_receive", in_directory)
    weaken(Store, "save", first_times(1, is_poisoned))
    weaken(DeviceActor, "on_start", first_times(FAILING_FIRST, starts_late))
    weaken(Queries, "log_range", first_times(FAILING_FIRST, lambda *_: True))
    sys.exit(run_system.main())
