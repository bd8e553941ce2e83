"""Small files that are changed whole or not at all, and by one at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_OWNER_ONLY: Final = 0o600


def replace(path: Path, text: str, mode: int) -> None:
    """Write the file whole or not at all; it is never open to more than ``mode`` says."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Keeps out whoever else would change ``path``, other threads and processes too, who wait here.

    The lock is on a file beside it, since ``path`` itself is replaced. Raises ``OSError``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.lock")
    with open(os.open(beside, os.O_RDWR | os.O_CREAT, _OWNER_ONLY), "r+b") as file:
        _lock(file)  # closing the file ends it
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
