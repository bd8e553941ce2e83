"""What the documents point to is there, and what they call by name exists."""

import argparse
import re
from pathlib import Path

import pytest

from run_system import parser
from tests.docs.pages import COMMANDS, HOUSE, NOT_COMMANDS, PAGES, Page

ALL = [Page(path) for path in PAGES]


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    """To a file that there is, and to a heading in it."""
    assert [link for link in page.links() if not leads_somewhere(page, link)] == []


def leads_somewhere(page: Page, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (page.path.parent / name).resolve() if name else page.path
    return (
        target.is_relative_to(HOUSE) and target.exists() and (not anchor or anchor in Page(target).anchors())
    )


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("here.md", True),
        ("here.md#the-2nd-way-of-it", True),
        ("#the-2nd-way-of-it", True),
        ("here.md#another", False),
        ("nowhere.md", False),
        ("../../../../../../etc/hostname", False),
    ],
)
def test_a_dead_link_is_found(
    link: str, leads: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and heading are both looked for, and nothing outside of the project."""
    monkeypatch.setattr("tests.docs.test_links.HOUSE", tmp_path)
    (tmp_path / "here.md").write_text("# The 2nd way, of it\n")
    assert leads_somewhere(Page(tmp_path / "here.md"), link) is leads


def test_every_page_is_in_the_contents() -> None:
    """Each document is reached from the README by links."""
    reached, new = set[Path](), {HOUSE / "README.md"}
    while new:
        page = Page(new.pop())
        reached.add(page.path)
        files = {(page.path.parent / link.partition("#")[0]).resolve() for link in page.links()}
        new |= {path for path in files if path.suffix == ".md"} - reached
    assert set(PAGES) <= reached


def test_the_readme_is_one_page() -> None:
    """At most a hundred lines."""
    assert len((HOUSE / "README.md").read_text("utf-8").splitlines()) <= 100


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_commands_stand_in_blocks_of_commands(page: Page) -> None:
    """Each block says what it holds, so that none with commands is passed over."""
    for block in page.blocks():
        assert block.language in COMMANDS + NOT_COMMANDS, block.text
        assert block.language in COMMANDS or not re.search(r"(?m)^\$ ", block.text), block.text


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Page) -> None:
    """``make`` and the command line know what the page calls by name."""
    targets = set(re.findall(r"(?m)^([a-z-]+)(?= [a-z-]+:|:)", (HOUSE / "Makefile").read_text())) | {"demo"}
    assert {name for name in re.findall(r"(?m)(?:`|^)make ([a-z-]+)\b(?!\.)", page.text)} <= targets
    [commands] = [each for each in parser()._actions if isinstance(each, argparse._SubParsersAction)]
    named = re.findall(r"(?:run_system\.py|\$R) ([a-z][a-z-]+)", page.text)
    assert set(named) <= set(commands.choices)
