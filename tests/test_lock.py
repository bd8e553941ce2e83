"""What is installed: the locks hold what setup.cfg asks for, each with its hashes, and name no index."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parent.parent
EXTRAS = {
    "requirements.lock": None,
    "requirements-cluster.lock": "cluster",
    "requirements-dev.lock": "dev",
    "requirements-docs.lock": "docs",
    "requirements-npm.lock": "npm",
}


def asked_for(extra: str | None) -> list[Requirement]:
    package = configparser.ConfigParser()
    package.read(HOUSE / "setup.cfg", "utf-8")
    lines = package["options"]["install_requires"].split("\n")
    if extra is not None:
        lines += package["options.extras_require"][extra].split("\n")
    return [Requirement(line) for line in lines if line.strip()]


def pinned(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock, with its hashes."""
    text = re.sub(r"^#.*\n", "", (HOUSE / lock).read_text("utf-8"), flags=re.MULTILINE)
    entries = [entry.split("--hash=") for entry in text.replace("\\\n", " ").splitlines() if entry.strip()]
    return [(Requirement(asked), [each.strip() for each in hashes]) for asked, *hashes in entries]


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_holds_what_the_package_asks_for(lock: str) -> None:
    """In versions that its bounds allow; who changes setup.cfg runs make lock."""
    held = pinned(lock)
    for wanted in asked_for(EXTRAS[lock]):
        versions = [
            next(iter(found.specifier)).version
            for found, _ in held
            if canonicalize_name(found.name) == canonicalize_name(wanted.name)
        ]
        assert versions, f"{wanted} is not in {lock}"
        assert all(wanted.specifier.contains(version) for version in versions), f"{wanted}: {versions}"


@pytest.mark.parametrize("lock", EXTRAS)
def test_everything_in_a_lock_is_known_byte_for_byte(lock: str) -> None:
    """One version each, with SHA-256 hashes, and no address of an index."""
    for found, hashes in pinned(lock):
        assert [each.operator for each in found.specifier] == ["=="], found
        assert hashes, found
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes), found
    assert "://" not in (HOUSE / lock).read_text("utf-8")


@pytest.mark.parametrize("lock", [lock for lock, extra in EXTRAS.items() if extra is not None])
def test_the_tools_are_tried_with_what_runs(lock: str) -> None:
    """What the system runs on is in each, in the same versions."""
    runs = {str(found) for found, _ in pinned("requirements.lock") if found.name != "setuptools"}
    assert runs <= {str(found) for found, _ in pinned(lock)}
