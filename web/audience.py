"""Who is listening: the open streams, how many there may be, and when they have to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from actors.people import Caller

# For a stream that has to leave to end properly. One that its client does not read is cut.
PATIENCE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Seat:
    caller: Caller
    leave: Callable[[], None]
    """Ends the stream as soon as its client has taken what it was sent."""
    cut: Callable[[], None]
    """Ends it at once."""


class Audience:
    """The tasks that serve a stream each. Used on the loop only."""

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._seated: dict[asyncio.Task[Any], Seat] = {}

    def __len__(self) -> int:
        return len(self._seated)

    @property
    def full(self) -> bool:
        return len(self._seated) >= self._seats

    @contextmanager
    def seat(self, seat: Seat) -> Iterator[None]:
        """Hold a seat for the current task."""
        task = asyncio.current_task()
        assert task is not None
        self._seated[task] = seat
        try:
            yield
        finally:
            del self._seated[task]

    def expel(self, unwanted: Callable[[Caller], bool]) -> None:
        """Have those leave whose caller is unwanted, and soon cut them off if they do not."""
        for task, seat in list(self._seated.items()):
            if unwanted(seat.caller):
                seat.leave()
                asyncio.get_running_loop().call_later(PATIENCE_S, self._cut, task)

    def _cut(self, task: asyncio.Task[Any]) -> None:
        if task in self._seated:
            self._seated[task].cut()

    async def dismiss(self, patience: float) -> None:
        """Have all leave, and wait up to ``patience`` seconds for those who do."""
        if tasks := list(self._seated):
            for seat in list(self._seated.values()):
                seat.leave()
            await asyncio.wait(tasks, timeout=patience)
