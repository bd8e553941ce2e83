"""All tests as the gate runs them: a few that fail are tried once more, which is never kept quiet.

``make test`` tries nothing twice. Here a test that passes at the second try lets the gate go on, and is named
with its first failure: at once, and in the file that ``TRIED_TWICE`` names, for the gate's closing lines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

RUN: Final = ("-n", "3", "--dist", "worksteal")
MOST: Final = 5
"""When more fail, something is broken, and a second try would tell nothing new."""


class Failures:
    """What failed in one run: the text of each failure, by the name that the test is run by."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.texts.setdefault(report.nodeid, report.longreprtext)


def main(arguments: Sequence[str]) -> int:
    """The status that pytest ends with; 0 if all that failed at first passed then."""
    first = Failures()
    status = pytest.main([*RUN, *arguments], plugins=[first])
    if status != pytest.ExitCode.TESTS_FAILED or not 0 < len(first.texts) <= MOST:
        return status
    again = Failures()
    os.environ.pop("COVERED", None)  # which has been told
    status = pytest.main([*RUN, *first.texts], plugins=[again])
    said = told(first.texts, again.texts)
    print(said)
    if path := os.environ.get("TRIED_TWICE"):
        Path(path).write_text(said, "utf-8")
    return status


def told(first: Mapping[str, str], again: Mapping[str, str]) -> str:
    """What is said of tests that failed: the first failure of each in one line, then in full."""
    lines = ["", "=" * 80]
    for test, text in first.items():
        outcome = "FAILED TWICE" if test in again else "TRIED TWICE, passed the second time"
        lines += [f"{outcome}: {test}", f"    because {_reason(text)}"]
    for test, text in first.items():
        lines += ["-" * 80, f"The first failure of {test}:", text]
    return "\n".join([*lines, "=" * 80, ""])


def _reason(text: str) -> str:
    lines = text.splitlines() or ["it said nothing"]
    return next((line[1:].strip() for line in lines if line.startswith("E ")), lines[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
