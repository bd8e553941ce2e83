"""What may be wrong with the rules' data tables, which people edit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class TableFlaw(Enum):
    UNREADABLE = auto()
    NOT_JSON = auto()
    NO_OBJECT = auto()
    UNKNOWN_NAME = auto()
    NO_MODE = auto()
    NO_BOUNDS = auto()
    BOUNDS_CROSSED = auto()
    NO_NUMBER = auto()
    NO_KIND = auto()
    NO_LIST = auto()
    NAMED_TWICE = auto()
    NO_PART_OF_ADVICE = auto()
    NO_WORD = auto()
    NO_MEASURE = auto()
    NOT_PROPOSED = auto()
    NO_SEVERITY = auto()


@dataclass(frozen=True, slots=True)
class TableTrouble:
    """A table that cannot be used, and what is used instead."""

    path: str
    flaw: TableFlaw
    where: str
    """Of an unreadable file, what the system says of it; of what is no JSON, where and why; else the place in
    the table, as ``TMP0.temperatura``, empty for all of it."""
    instead: str | None
    """Another file; ``None`` where there is none, so that nothing is checked."""
