"""Where the system may not have the memory that its house takes, it says so and does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_house import HOUSE

pytest.importorskip("resource")

_LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (500 << 20, 500 << 20))
sys.argv = ["run_system.py", "run"]
runpy.run_path("run_system.py", run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limit of addresses is not kept")
def test_too_little_memory_is_one_line(tmp_path: Path) -> None:
    """And exit status 2, before any device is read: it was a SIGSEGV, or devices taken for damaged."""
    ran = subprocess.run(
        [sys.executable, "-c", _LIMITED],
        cwd=HOUSE,
        env={**os.environ, "DATA_DIR": str(tmp_path), "BACKEND_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 2, ran.stderr
    assert ran.stderr.splitlines()[-1].startswith(
        "run_system.py: No hay memoria bastante: hacen falta otros "
    )
    assert "Traceback" not in ran.stderr
