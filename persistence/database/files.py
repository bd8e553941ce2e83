"""A database's files: which belong together, and how they are moved so that a power cut does no harm."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_STAMP: Final = "%Y%m%dT%H%M%SZ"

# The database first: a log left behind alone is noticed, but the file without its log would do as one.
_SUFFIXES: Final = ("", "-wal", "-journal", "-shm")


def beside(file: Path, suffix: str) -> Path:
    return file.with_name(file.name + suffix)


def belonging_to(database: Path) -> list[Path]:
    """The files that are there of SQLite's for ``database``, itself first."""
    return [each for each in (beside(database, suffix) for suffix in _SUFFIXES) if each.exists()]


def has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def identity(file: Path | str) -> tuple[int, int] | None:
    """By which the file is known whatever its name is; ``None`` where there is none. In 1 µs."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def move(file: Path, target: Path) -> None:
    """Give ``file`` the name ``target``, in the same file system, durably; what was there is replaced."""
    os.replace(file, target)
    for folder in {file.parent, target.parent}:
        sync_folder(folder)


def sync_file(file: Path) -> None:
    with file.open("rb+") as opened:  # Windows syncs only what may be written
        os.fsync(opened.fileno())


def sync_folder(folder: Path) -> None:
    """Put names on disk; where a folder cannot be opened, as on Windows, the system does so by itself."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def stamp(at: float) -> str:
    """``at``, seconds since the epoch, in UTC as it stands in names: ``20261123T143549Z``."""
    return datetime.fromtimestamp(at, UTC).strftime(_STAMP)


def stamped_at(text: str) -> float | None:
    """What :func:`stamp` was told, in whole seconds; ``None`` for any other text."""
    try:
        return datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
