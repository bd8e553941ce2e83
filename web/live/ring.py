"""A stream of events that any number of clients read, each at its own pace, from one ring.

A client has no queue. It is a cursor: the number of the last event that it has been sent. Going on
live, catching up after ``Last-Event-ID`` and falling behind are then one thing, :meth:`Stream.since`:
a cursor that the ring still reaches gets what comes after it, one that it does not gets a single
``resync`` and goes on at the newest event. What clients cost in memory is thus bounded by the ring.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

# Bytes read at a time: what a slow client can have lying in the server beside the ring.
CHUNK_BYTES: Final = 256 * 1024

# The cursor of a client whose last event is not known here. Below all numbers that are.
LOST: Final = -1

_ID: Final = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,18})")


About: TypeAlias = tuple[str, bool | None, str | None, int | None]
"""Of which device an event is, and whether that is claimed, where ``None`` concerns who sees either; by what
serial number it went until then, if by another; and the id of the person, if it concerns one alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a client wants; ``None`` is any."""

    serial: str | None = None
    claimed: bool | None = None
    person: int | None = None
    """Of events that concern one person alone, only theirs come."""

    def fits(self, about: About) -> bool:
        serial, claimed, before, person = about
        if person is not None and person != self.person:
            return False
        mine = self.serial is None or self.serial.lower() == serial.lower()
        if before is not None and self.serial is not None:
            mine = mine or self.serial.lower() == before.lower()
        return mine and (claimed is None or self.claimed in (None, claimed))


EVERYTHING: Final = Wanted()


class Stream:
    """The last ``max_events`` events, or ``max_bytes`` if that is less, numbered from 1.

    Used on the loop only. ``epoch`` is in all ids, so that those of an earlier process are told apart.
    """

    def __init__(self, epoch: str, max_events: int, max_bytes: int) -> None:
        self._epoch = epoch
        self._id = f"id: {epoch}-".encode()
        self._max_bytes = max_bytes
        self._frames = [b""] * max_events
        self._about: list[About] = [("", None, None, None)] * max_events
        self._first = 1
        self._last = 0
        self._size = 0
        # Clients that keep up stand at the same place: (cursor, newest) and what was read from there.
        self._shared: tuple[tuple[int, int], tuple[bytes, int]] = ((0, 0), (b"", 0))
        self.watchers: set[Callable[[], None]] = set()
        """Called after events have been added, on the loop."""

    def __len__(self) -> int:
        return self._last - self._first + 1

    @property
    def size(self) -> int:
        """Bytes that the events take."""
        return self._size

    @property
    def last(self) -> int:
        """The number of the newest event; 0 before the first."""
        return self._last

    def append(
        self,
        fields: bytes,
        serial: str,
        claimed: bool | None,
        before: str | None = None,
        person: int | None = None,
    ) -> None:
        """Add an event. ``fields`` are its lines but for ``id:``, without the last line's end."""
        number = self._last + 1
        frame = b"%b%d\n%b\n\n" % (self._id, number, fields)
        slot = number % len(self._frames)
        self._size += len(frame) - len(self._frames[slot])
        self._frames[slot] = frame
        self._about[slot] = (serial, claimed, before, person)
        self._last = number
        self._first = max(self._first, number - len(self._frames) + 1)
        while self._size > self._max_bytes and self._first < number:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        slot = self._first % len(self._frames)
        self._size -= len(self._frames[slot])
        self._frames[slot] = b""
        self._first += 1

    def notify(self) -> None:
        for watcher in self.watchers:
            watcher()

    # -- reading -----------------------------------------------------------------------------

    def cursor(self, last_event_id: str | None) -> int:
        """Where a client goes on that was last sent this id; without one, at the newest event.

        One that follows several streams has an id of each, with commas between.
        """
        if last_event_id is None:
            return self._last
        for each in last_event_id.split(","):
            match = _ID.fullmatch(each)
            if match is not None and match[1] == self._epoch and int(match[2]) <= self._last:
                return int(match[2])
        return LOST

    def reaches(self, cursor: int) -> bool:
        """Whether all that comes after ``cursor`` is still here."""
        return cursor >= self._first - 1

    def since(self, cursor: int, wanted: Wanted = EVERYTHING) -> tuple[bytes, int]:
        """The wanted events after ``cursor`` as they go out, and the cursor after them.

        About :data:`CHUNK_BYTES` at a time; nothing and the newest cursor when there is no more.
        """
        if cursor == self._last:
            return b"", cursor
        if not self.reaches(cursor):
            return mark(b"resync", [(self, self._last)]), self._last
        if wanted != EVERYTHING:
            return self._read(cursor, wanted)
        place = (cursor, self._last)
        if self._shared[0] != place:
            self._shared = (place, self._read(cursor, EVERYTHING))
        return self._shared[1]

    def _read(self, cursor: int, wanted: Wanted) -> tuple[bytes, int]:
        frames: list[bytes] = []
        size = 0
        while cursor < self._last and size < CHUNK_BYTES:
            cursor += 1
            slot = cursor % len(self._frames)
            if wanted is EVERYTHING or wanted.fits(self._about[slot]):
                frames.append(self._frames[slot])
                size += len(self._frames[slot])
        return b"".join(frames), cursor

    def newest_of(self, serial: str) -> Iterator[bytes]:
        """The device's events that are still here, newest first, each as it went out."""
        for number in range(self._last, self._first - 1, -1):
            slot = number % len(self._frames)
            if self._about[slot][0] == serial:
                yield self._frames[slot]

    def place(self, cursor: int) -> bytes:
        """As an id. That of a lost client is 0: coming back with it gets everything or another resync."""
        return b"%b-%d" % (self._epoch.encode(), max(cursor, 0))


def mark(event: bytes, places: Iterable[tuple[Stream, int]]) -> bytes:
    """What streams say of themselves to a client that stands at these places: ``hello``, ``resync``, and
    ``ping``, which carries it on past events that its filter has kept from it.

    The id comes last so that the first two lines are those of the original backend.
    """
    ids = b",".join(stream.place(cursor) for stream, cursor in places)
    return b"event: %b\ndata: {}\nid: %b\n\n" % (event, ids)
