"""What a fault is given, and what it has to tell."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import TypeVar

from tests.chaos.ledger import Verdict

T = TypeVar("T")

# Between two lines of progress, s.
_QUIET = 10.0


@dataclass
class Outcome:
    """One line of the table."""

    tried: int = 0
    survived: int = 0
    lost: int = 0
    duplicated: int = 0
    recoveries: list[float] = field(default_factory=list)
    """Seconds until it worked again, each time."""
    extra: str = ""
    broken: list[str] = field(default_factory=list)
    """Promises beside those above that were not kept, in words."""

    def judged(self, verdict: Verdict) -> Outcome:
        """This, with what the checker found."""
        self.lost += len(verdict.lost)
        self.duplicated += len(verdict.duplicated)
        for kind, found in {"lost": verdict.lost, "duplicated": verdict.duplicated}.items():
            if found:
                self.broken.append(f"{kind}: {_some(found)}")
        if verdict.strange:
            self.broken.append(f"strange: {_some(verdict.strange)}")
        told = [f"{verdict.promised:,} promised"]
        if verdict.of:
            told.append(f"{verdict.twice:,} of {verdict.of:,} that number nothing are there twice")
        self.extra = "; ".join([*told, self.extra] if self.extra else told)
        return self

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.broken.append(otherwise)

    @property
    def held(self) -> bool:
        counted = self.survived == self.tried and not self.lost and not self.duplicated
        return counted and not self.broken

    def line(self, name: str) -> str:
        recovery = "-"
        if self.recoveries:
            recovery = f"{statistics.median(self.recoveries):.1f}/{max(self.recoveries):.1f}"
        return (
            f"{name:<18} tried {self.tried:>6,}  survived {self.survived:>6,}  lost {self.lost:>3,}  "
            f"duplicated {self.duplicated:>3,}  recovery p50/max {recovery:>9} s  {self.extra}"
        ).rstrip() + ("" if self.held else "  FAILED")


def _some(found: Collection[object]) -> str:
    return ", ".join(map(str, islice(found, 3)))


@dataclass
class Trial:
    """Where and how hard a fault is tried."""

    name: str
    folder: Path
    """Its own, empty."""
    long: bool
    random: Random
    _said_at: float = field(default_factory=time.monotonic)

    def pick(self, short: T, long: T) -> T:
        return long if self.long else short

    def progress(self, done: int, of: int) -> None:
        """Said now and then, to standard error."""
        if time.monotonic() - self._said_at > _QUIET:
            self._said_at = time.monotonic()
            print(f"  {self.name}: {done:,} of {of:,}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Fault:
    """``inflict`` does it, and tells how the system took it."""

    name: str
    what: str
    inflict: Callable[[Trial], Outcome]
