"""The documents as they are written: their links, their headings, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *(HOUSE / "docs").rglob("*.md")])

COMMANDS: Final = ("sh", "console", "powershell")
NOT_COMMANDS: Final = ("c", "cpp", "ini", "json", "mermaid", "python", "text", "toml", "yaml")

# What a reader sees where no test stands behind a command: on top of a page, or in a block's first line.
PAGE_NOT_RUN: Final = "> **Commands on this page are not run by a test.**"
BLOCK_NOT_RUN: Final = ("# Not run by a test: ", "# Not tried: ")

_FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"(?m)^#+ (.+)$")


@dataclass(frozen=True)
class Step:
    """A command, and what the page shows of its answer; ``None`` where it shows nothing."""

    command: str
    answer: str | None


@dataclass(frozen=True)
class Block:
    """What stands between two fences."""

    language: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.language in ("sh", "console") and not self.text.startswith(BLOCK_NOT_RUN)

    def steps(self) -> Iterator[Step]:
        if self.language == "sh":
            for line in self._whole_lines():
                if not line.startswith("#"):
                    yield Step(line, None)
            return
        command, answer = "", list[str]()
        for line in [*self._whole_lines(), "$ "]:
            if line.startswith("$ "):
                if command:
                    yield Step(command, "\n".join(answer))
                command, answer = line[2:], []
            else:
                answer.append(line)

    def _whole_lines(self) -> list[str]:
        """A line that ends with a backslash goes on in the next."""
        return re.sub(r"\\\n +", "", self.text).strip("\n").split("\n")


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return str(self.path.relative_to(HOUSE))

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """What is left without the blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self) -> list[Block]:
        return [Block(language, text) for _, language, text in _FENCE.findall(self.text)]

    def steps(self) -> list[Step]:
        """All that is to be run, in order."""
        if PAGE_NOT_RUN in self.text:
            return []
        return [step for block in self.blocks() if block.is_run for step in block.steps()]

    def links(self) -> set[str]:
        """Those that lead to something of the project's own."""
        return {link for link in _LINK.findall(self.prose) if "://" not in link}

    def anchors(self) -> set[str]:
        return {anchor(heading) for heading in _HEADING.findall(self.prose)}


def anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
