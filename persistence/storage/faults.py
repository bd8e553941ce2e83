"""What an engine fails with, in words that are no engine's own."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

from actors.domain.people import Unreadable
from actors.domain.status import Hindrance
from actors.runtime.backoff import Backoff

# Of what the disk, the file or the server has kept from being done.
RETRIES: Final = Backoff(0.25, 30.0)


class StorageFault(Exception):
    """Something could not be stored or read. Its text is the engine's own, or one line for people."""

    def __init__(self, text: str, hindrance: Hindrance | None = None) -> None:
        super().__init__(text)
        self.hindrance = hindrance
        """What the storage is hindered by; ``None`` where it is not the storage's fault."""


class RowFault(StorageFault):
    """The fault lies in a value: storing it again would fail again."""


class UnusableDatabase(Unreadable, StorageFault):
    """The database cannot be worked with. Its text is one line for people, in Spanish."""

    hindrance: Hindrance

    def __init__(self, text: str, hindrance: Hindrance = Hindrance.UNUSABLE) -> None:
        super().__init__(text, hindrance)


def hindrance_of(error: BaseException) -> Hindrance | None:
    """What the storage is hindered by; ``None`` where it is not the storage's fault."""
    match error:
        case StorageFault(hindrance=hindrance) | Unreadable(hindrance=hindrance):
            return hindrance
        case OSError(errno=number):
            return OF_DISKS.get(number or 0)
    return None


# What the operating system says of a disk.
OF_DISKS: Final[Mapping[int, Hindrance]] = {
    errno.ENOSPC: Hindrance.NO_SPACE,
    errno.EDQUOT: Hindrance.NO_SPACE,
    errno.EROFS: Hindrance.READ_ONLY,
    errno.EIO: Hindrance.FAILING,
    errno.EACCES: Hindrance.READ_ONLY,
    errno.EPERM: Hindrance.READ_ONLY,
}
