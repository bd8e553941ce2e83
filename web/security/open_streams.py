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
class OpenStream:
    caller: Caller
    holder: Holder
    leave: Callable[[], None]
    """Ends the stream as soon as its client has taken what it was sent."""
    cut: Callable[[], None]
    """Ends it at once."""


class OpenStreams:
    """The tasks that serve a stream each. Used on the loop only.

    One person may have all streams as long as nobody else wants one. Then whoever has the most gives up the
    oldest of theirs, until all have as many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[asyncio.Task[Any], OpenStream] = {}

    def __len__(self) -> int:
        return len(self._open)

    def of(self, holder: Holder) -> int:
        """How many they have."""
        return sum(stream.holder == holder for stream in self._open.values())

    def has_room_for(self, holder: Holder) -> bool:
        """Whether there may be one more, perhaps as somebody who had more has now been asked to leave."""
        if len(self._open) < self._most:
            return True
        [(crowd, most)] = Counter(stream.holder for stream in self._open.values()).most_common(1)
        if most <= self.of(holder) + 1:
            return False
        oldest = next(task for task, stream in self._open.items() if stream.holder == crowd)
        self._end(oldest, self._open.pop(oldest))
        return True

    @contextmanager
    def counting(self, stream: OpenStream) -> Iterator[None]:
        """The current task serves it."""
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = stream
        try:
            yield
        finally:
            self._open.pop(task, None)

    def end_those(self, unwanted: Callable[[Caller], bool]) -> None:
        """Have those leave whose caller is unwanted, and soon cut them off if they do not."""
        for task, stream in list(self._open.items()):
            if unwanted(stream.caller):
                self._end(task, stream)

    def _end(self, task: asyncio.Task[Any], stream: OpenStream) -> None:
        stream.leave()
        asyncio.get_running_loop().call_later(PATIENCE_S, lambda: None if task.done() else stream.cut())

    async def end_all(self, patience: float) -> None:
        """Have all leave, and wait up to ``patience`` seconds for those who do."""
        if tasks := list(self._open):
            for stream in list(self._open.values()):
                stream.leave()
            await asyncio.wait(tasks, timeout=patience)
