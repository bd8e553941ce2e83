"""Who is listening: the open streams, how many there may be, and their common end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Audience:
    """The tasks that serve a stream each. Used on the loop only."""

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._seated: dict[asyncio.Task[Any], Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._seated)

    @property
    def full(self) -> bool:
        return len(self._seated) >= self._seats

    @contextmanager
    def seat(self, leave: Callable[[], None]) -> Iterator[None]:
        """Hold a seat for the current task, which ends soon after ``leave`` is called."""
        task = asyncio.current_task()
        assert task is not None
        self._seated[task] = leave
        try:
            yield
        finally:
            del self._seated[task]

    async def dismiss(self, patience: float) -> None:
        """Have all leave, and wait up to ``patience`` seconds for those who do."""
        if tasks := list(self._seated):
            for leave in list(self._seated.values()):
                leave()
            await asyncio.wait(tasks, timeout=patience)
