"""The page as it is built of its sources: all of it or nothing, small, and as the sources are now."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.page.node import node
from web.page import files
from web.page.build import BUILT, INDEX, LICENCES, PREFIX, SOURCES, build, outdated
from web.page.fetch import PROJECT, Unavailable

IMPORTED = re.compile(r"""\bfrom"\./([^"]+)"|\bimport"\./([^"]+)\"""")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the page's, to be changed."""
    node()
    return Path(shutil.copytree(SOURCES, tmp_path / "page", ignore=shutil.ignore_patterns("built", "*.py*")))


def files_of(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_what_is_in_place_is_of_the_sources() -> None:
    """``make`` has built it; by hand it is ``python -m web.page.build``."""
    assert not outdated()


def test_the_same_sources_give_the_same_page(tmp_path: Path) -> None:
    """And what was in its place is gone."""
    node()
    place = tmp_path / "built"
    place.mkdir()
    (place / "older.js").write_text("of a version before")
    build(place)
    assert files_of(place) == files_of(BUILT)
    assert list(tmp_path.iterdir()) == [place]


def test_any_change_of_the_sources_is_seen(sources: Path, tmp_path: Path) -> None:
    place = tmp_path / "built"
    build(place, sources=sources)
    for name in ("js/format.js", "style.css", "css/week.css", INDEX, "sw.js", "icons/icon.svg"):
        assert not outdated(place, sources)
        before = (sources / name).read_text("utf-8")
        (sources / name).write_text(before + "\n", "utf-8")
        assert outdated(place, sources), name
        (sources / name).write_text(before, "utf-8")
    (sources / "js" / "format.js").rename(sources / "js" / "other.js")
    assert outdated(place, sources)


def test_an_installed_page_has_no_sources_to_be_older_than(tmp_path: Path) -> None:
    assert not outdated(BUILT, sources=tmp_path)


def test_a_developer_is_told_of_a_page_older_than_its_sources(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In one line."""
    monkeypatch.setattr(files, "outdated", lambda: True)
    files.shipped.cache_clear()
    assert files.shipped().complete
    assert [record.getMessage() for record in caplog.records if "web.page.build" in record.getMessage()]


def test_a_fault_in_a_source_is_named_and_changes_nothing(sources: Path, tmp_path: Path) -> None:
    place = tmp_path / "built"
    place.mkdir()
    (place / "before.js").write_text("what stood here")
    (sources / "js" / "route.js").write_text("export const held = ;")
    with pytest.raises(Unavailable, match=r"js/route\.js:1:20"):
        build(place, sources=sources)
    assert files_of(place) == {"before.js": b"what stood here"}


def test_what_the_first_view_needs_is_named_ahead() -> None:
    """All that the first script imports, and what that does."""
    needed = {"main.js"}
    while (
        more := {
            one or other
            for name in needed
            for one, other in IMPORTED.findall((BUILT / "js" / name).read_text("utf-8"))
        }
        - needed
    ):
        needed |= more
    index = (BUILT / INDEX).read_text("utf-8")
    named = re.findall(rf'<link rel="modulepreload" href="{PREFIX}js/([^"]+)">', index)
    assert {*named, "main.js"} == needed
    assert len(named) == len(needed) - 1


def test_the_licence_of_all_that_is_in_it_comes_along() -> None:
    """Of each package that the page depends on, and of those that these bring along; not of the builder."""
    declared = json.loads((PROJECT / "package.json").read_text("utf-8"))["dependencies"]
    told = set(re.findall(r"^(\S+) \d[\d.]* \(.*\)$", (BUILT / LICENCES).read_text("utf-8"), re.MULTILINE))
    assert told == {*declared, "@preact/signals-core"} - {"esbuild"}


def test_modules_can_be_opened(tmp_path: Path) -> None:
    """As other tests do, to ask one of them."""
    node()
    build(tmp_path / "built", ["js/route.js"])
    assert "as holdBack" in (tmp_path / "built" / "js" / "route.js").read_text("utf-8")
