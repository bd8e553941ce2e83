"""Who is listening: the open streams, how many there may be, and when they have to leave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from actors.domain.people import Caller

# For a stream that has to leave to end properly. One that its client does not read is cut.
PATIENCE_S: Final = 0.5


Holder: TypeAlias = int | str
"""Whose something is: a person, by their id, or who shows no token, by their network."""


@dataclass(frozen=True, slots=True)
class Seat:
    caller: Caller
    holder: Holder
    leave: Callable[[], None]
    """Ends the stream as soon as its client has taken what it was sent."""
    cut: Callable[[], None]
    """Ends it at once."""


class Audience:
    """The tasks that serve a stream each. Used on the loop only.

    One person may have all seats as long as nobody else wants one. Then whoever has the most gives up the
    oldest of theirs, until all have as many.
    """

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._seated: dict[asyncio.Task[Any], Seat] = {}

    def __len__(self) -> int:
        return len(self._seated)

    def of(self, holder: Holder) -> int:
        """How many seats they have."""
        return sum(seat.holder == holder for seat in self._seated.values())

    def has_room_for(self, holder: Holder) -> bool:
        """Whether there is a seat, or is one now that somebody who had more has been asked to leave."""
        if len(self._seated) < self._seats:
            return True
        [(crowd, most)] = Counter(seat.holder for seat in self._seated.values()).most_common(1)
        if most <= self.of(holder) + 1:
            return False
        oldest = next(task for task, seat in self._seated.items() if seat.holder == crowd)
        self._show_out(oldest, self._seated.pop(oldest))
        return True

    @contextmanager
    def seat(self, seat: Seat) -> Iterator[None]:
        """Hold a seat for the current task."""
        task = asyncio.current_task()
        assert task is not None
        self._seated[task] = seat
        try:
            yield
        finally:
            self._seated.pop(task, None)

    def expel(self, unwanted: Callable[[Caller], bool]) -> None:
        """Have those leave whose caller is unwanted, and soon cut them off if they do not."""
        for task, seat in list(self._seated.items()):
            if unwanted(seat.caller):
                self._show_out(task, seat)

    def _show_out(self, task: asyncio.Task[Any], seat: Seat) -> None:
        seat.leave()
        asyncio.get_running_loop().call_later(PATIENCE_S, lambda: None if task.done() else seat.cut())

    async def dismiss(self, patience: float) -> None:
        """Have all leave, and wait up to ``patience`` seconds for those who do."""
        if tasks := list(self._seated):
            for seat in list(self._seated.values()):
                seat.leave()
            await asyncio.wait(tasks, timeout=patience)
