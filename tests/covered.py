"""How much of each room its tests run, a line a room at the end of a run with ``COVERED=true``.

Measured are tests that run a room in pytest's own process, and the rooms' imports. As that about doubles what
a test costs, those are left out whose claim is how long something takes, and those that go the same way for
seconds; of the others their first second of a processor is measured. What is run by the tests of the whole
system, of the page and of brokers is not known here, so the rooms that only these run are not told of.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from coverage import Coverage

HOUSE: Final = Path(__file__).parents[1]
DATA: Final = HOUSE / "build" / "coverage"
MEASURED: Final = (
    *("tests/actors/", "tests/mqtt/dialects/", "tests/persistence/", "tests/rules/", "tests/web/"),
    "tests/test_config.py",
)
NOT_MEASURED: Final = (
    "tests/actors/domain/test_packed.py",
    "tests/actors/test_offline.py",
    "tests/persistence/test_maintenance.py::test_the_file_stops_growing",
    "tests/rules/test_learn.py",
    "tests/web/test_connections.py",
    "tests/web/test_defences.py",
    "tests/web/test_pairing.py",
    "tests/web/test_passwords.py",
    "tests/web/test_streams_stress.py",
    "tests/web/test_time_held.py",
)
# Of a processor: a test that goes on for longer does the same again with other examples, s.
ENOUGH_S: Final = 1.0
_LOOK_S: Final = 0.1
# The rooms that are run by others.
NOT_TOLD: Final = (
    *("actors/mqtt", "actors/mqtt/broker", "actors/mqtt/protocol", "actors/simulator"),
    "run_system.py",
)


def _coverage(suffix: str | None = None) -> Coverage:
    """Imported by who wants it, as every start of pytest comes by here."""
    from coverage import Coverage

    return Coverage(str(DATA / "data"), data_suffix=suffix, config_file=str(HOUSE / "setup.cfg"))


class Watched:
    """What runs in this process. Made before the rooms are imported, or the lines of their own are missed."""

    def __init__(self) -> None:
        if sys.version_info >= (3, 12):
            os.environ.setdefault(
                "COVERAGE_CORE", "sysmon"
            )  # made for this, where the tracer is called each line
        DATA.mkdir(parents=True, exist_ok=True)
        self._coverage = _coverage(str(os.getpid()))
        self._lock = threading.Lock()
        self._enough_at: float | None = None
        """While a test is measured, of this process's time."""
        # Begun before anything is measured, and so none of that.
        threading.Thread(target=self._end_those_that_go_on, name="coverage", daemon=True).start()
        self._coverage.start()

    def pytest_collection_finish(self) -> None:
        self._coverage.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        if not item.nodeid.startswith(MEASURED) or item.nodeid.startswith(NOT_MEASURED):
            return (yield)
        with self._lock:
            self._coverage.start()
            self._enough_at = time.process_time() + ENOUGH_S
        try:
            return (yield)
        finally:
            self._end(at=None)

    def _end(self, at: float | None) -> None:
        """Unless that has been done; ``at`` is what the process's time has come to, where that decides."""
        with self._lock:
            if self._enough_at is not None and (at is None or at >= self._enough_at):
                self._enough_at = None
                self._coverage.stop()

    def _end_those_that_go_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_S):
            self._end(time.process_time())

    def pytest_sessionfinish(self) -> None:
        self._coverage.save()


class Told:
    """The closing lines, of what all workers have left in :data:`DATA`."""

    def __init__(self) -> None:
        shutil.rmtree(DATA, ignore_errors=True)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not DATA.exists():
            return
        measured = _coverage()
        measured.combine([str(DATA)])
        lines, missed = Counter[str](), Counter[str]()
        for file in measured.get_data().measured_files():
            _, statements, _, missing, _ = measured.analysis2(file)
            path = Path(file).relative_to(HOUSE)
            room = str(path.parent if path.parts[1:] else path)
            if room in NOT_TOLD:
                continue
            lines[room] += len(statements)
            missed[room] += len(missing)
        terminalreporter.section("lines that the rooms' own tests run")
        for room in sorted(+lines):
            terminalreporter.line(f"{1 - missed[room] / lines[room]:6.1%} of {lines[room]:5}  {room}")
        terminalreporter.line(f"{1 - missed.total() / lines.total():6.1%} of {lines.total():5}  in all")


def _wanted() -> bool:
    return os.environ.get("COVERED") == "true"


# Of workers only, which pytest-xdist names; this module is the first of ours that they import.
_WATCHED: Final = Watched() if _wanted() and "PYTEST_XDIST_WORKER" in os.environ else None


def plugin() -> object | None:
    """What pytest has to register for it, if anything."""
    return _WATCHED or (Told() if _wanted() else None)
