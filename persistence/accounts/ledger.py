"""What people and tokens are kept in, whatever engine that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement has found, or changed."""

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Session(Protocol):
    """A connection, for one thread and a short while.

    The statements are those that SQLite and PostgreSQL understand alike, with ``?`` for each value.
    """

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Rows: ...


class Ledger(Protocol):
    """Tables of people, tokens, codes, acts and channels, which several processes may use at once.

    Made or brought up to date when opened. Whatever is at fault is raised as
    :class:`persistence.storage.faults.UnusableDatabase`, of the statements within too.
    """

    def reading(self) -> AbstractContextManager[Session]: ...

    def writing(self) -> AbstractContextManager[Session]:
        """A transaction that no other writer is in the middle of; undone by whatever is raised in it."""

    def generation(self, counted: int) -> int:
        """``counted``, the tables' own number, as one that no other tables in their place ever have."""

    def close(self) -> None:
        """Whoever is in the middle of something ends it."""
