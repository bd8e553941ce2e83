"""The gate tries again what fails, and says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
FICKLE = """
import pathlib

def test_first_no_then_yes():
    flag = pathlib.Path("flag")
    was_there = flag.exists()
    flag.touch()
    assert was_there, "the flag was not there"

def test_yes():
    pass
"""
STUBBORN = """
import pytest

@pytest.mark.parametrize("n", range({count}))
def test_no(n):
    assert n < 0, f"{{n}} is not negative"
"""


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


def gate(folder: Path, told: Path) -> subprocess.CompletedProcess[str]:
    """Run on the tests in a folder of its own, with no plugin that the gate itself does not ask for.

    By one worker: for a handful of tests, to start more would be most of the work.
    """
    tests = folder / "of_its_own"
    return subprocess.run(
        [sys.executable, "-m", "tests.twice", "-n", "1"],
        cwd=tests,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "-p xdist -p no:cacheprovider",
            "PYTHONPATH": str(REPOSITORY),
            "TRIED_TWICE": str(told),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=110,
    )


def write(folder: Path, **files: str) -> None:
    (folder / "of_its_own").mkdir()
    for name, text in files.items():
        (folder / "of_its_own" / f"{name}.py").write_text(text, "utf-8")


def test_what_passes_the_second_time_is_named_with_its_first_failure(tmp_path: Path, told: Path) -> None:
    write(tmp_path, test_fickle=FICKLE)
    done = gate(tmp_path, told)
    assert done.returncode == 0, done.stdout
    said = told.read_text("utf-8")
    assert "TRIED TWICE, passed the second time: test_fickle.py::test_first_no_then_yes" in said
    assert "because AssertionError: the flag was not there" in said
    assert "assert was_there" in said
    assert "test_yes" not in said
    assert said in done.stdout


def test_what_fails_twice_fails_the_gate(tmp_path: Path, told: Path) -> None:
    write(tmp_path, test_fickle=FICKLE, test_stubborn=STUBBORN.format(count=1))
    assert gate(tmp_path, told).returncode == 1
    said = told.read_text("utf-8")
    assert "FAILED TWICE: test_stubborn.py::test_no[0]" in said
    assert "TRIED TWICE, passed the second time: test_fickle.py::test_first_no_then_yes" in said


def test_what_is_broken_is_not_tried_again(tmp_path: Path, told: Path) -> None:
    write(tmp_path, test_stubborn=STUBBORN.format(count=6))
    assert gate(tmp_path, told).returncode == 1
    assert not told.exists()


def test_what_cannot_be_read_fails_at_once(tmp_path: Path, told: Path) -> None:
    write(tmp_path, test_broken="this is no Python")
    assert gate(tmp_path, told).returncode != 0
    assert not told.exists()


def test_all_well(tmp_path: Path, told: Path) -> None:
    """Nothing is said where there is nothing to say."""
    write(tmp_path, test_good="def test_yes(): pass")
    assert gate(tmp_path, told).returncode == 0
    assert not told.exists()
