"""Tickets: what a page that cannot set headers gets into a stream with, once and at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from actors.domain.people import Caller

LIFE_S: Final = 30.0
MAX_TICKETS: Final = 1024


class Tickets:
    """In memory only, and on the loop only. The oldest makes room for a new one."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._tickets: dict[str, tuple[float, Caller]] = {}

    def issue(self, caller: Caller) -> str:
        now = self._monotonic()
        self._tickets = {text: held for text, held in self._tickets.items() if held[0] > now}
        while len(self._tickets) >= MAX_TICKETS:
            del self._tickets[next(iter(self._tickets))]
        text = secrets.token_urlsafe(32)
        self._tickets[text] = (now + LIFE_S, caller)
        return text

    def redeem(self, text: str) -> Caller | None:
        """Whom it was issued to, if it is good; it is used up."""
        good_until, caller = self._tickets.pop(text, (0.0, None))
        return caller if self._monotonic() < good_until else None
