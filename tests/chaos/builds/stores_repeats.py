"""The system that takes every report for a new one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import run_system
from actors.domain.model import Device, Report


def is_never_a_repeat(_device: Device, _report: Report) -> bool:
    return False


if __name__ == "__main__":
    type.__setattr__(Device, "is_repeat", is_never_a_repeat)
    sys.exit(run_system.main())
