"""The libraries that the database is worked with, loaded without what they would only bring along."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _as_if_missing(name: str) -> Iterator[None]:
    """Whatever is imported meanwhile finds no such module, unless it is there already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


# sqlite-utils loads numpy where it is installed, to store its numbers. It lies there for River, takes 10 MiB,
# and nobody here has any of its numbers.
with _as_if_missing("numpy"):
    from sqlite_utils import Database as Database

    # The very library that sqlite-utils has chosen: closing a file in one SQLite library drops the locks
    # that another one in the same process holds on it.
    from sqlite_utils.utils import sqlite3 as sqlite3  # type: ignore[attr-defined]
