"""What the bridge hears beside the house's own topics, asked for so that no filter costs another's.

A broker may refuse a filter, or cut off who asks for it. Filters are asked for in batches, all at once; after
a cut those that were not answered are asked for again, one batch after the other and last of all, so that
the next cut shows which it was. That batch is halved until one filter is left, which is then given up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from paho.mqtt.reasoncodes import ReasonCode

BATCH: Final = 100
"""Filters of one SUBSCRIBE."""
# Cuts while it alone was under way, for which a single filter is given up.
MOST_CUTS: Final = 2

Batch: TypeAlias = tuple[str, ...]
Subscribe: TypeAlias = Callable[[Batch], int | None]
"""Asks the broker; the message's identifier, or ``None`` where there is no connection."""


def batches(filters: Iterable[str]) -> Iterator[Batch]:
    batch: list[str] = []
    for filter in filters:
        batch.append(filter)
        if len(batch) == BATCH:
            yield tuple(batch)
            batch.clear()
    if batch:
        yield tuple(batch)


class Subscriptions:
    """Any thread may call. Until :meth:`begin`, and after :meth:`lost`, nothing is sent."""

    def __init__(self, subscribe: Subscribe, unsubscribe: Callable[[Batch], object]) -> None:
        self._subscribe = subscribe
        self._unsubscribe = unsubscribe
        # Held while asking, so that no answer comes before it is known to what.
        self._lock = threading.Lock()
        self._wanted: dict[str, None] = {}
        self._unwanted: dict[str, None] = {}
        """Which the broker may still send us."""
        self._asked: dict[int, Batch] = {}
        self._suspects: list[Batch] = []
        self._alone = False
        """Whether what is under way is one suspect."""
        self._cuts: dict[str, int] = {}
        self._given_up: set[str] = set()
        self._connected = False

    def change(self, wanted: Iterable[str], unwanted: Iterable[str]) -> None:
        """Hear these too, and those no more."""
        with self._lock:
            for filter in unwanted:
                self._wanted.pop(filter, None)
                self._unwanted[filter] = None
                self._given_up.discard(filter)
                self._cuts.pop(filter, None)
            new = [filter for filter in wanted if filter not in self._wanted]
            for filter in new:
                self._wanted[filter] = None
                self._unwanted.pop(filter, None)
            if self._connected:
                self._forget()
                self._ask(new)

    def begin(self) -> None:
        """There is a new connection, on which the house's own topics are heard."""
        with self._lock:
            self._connected = True
            self._forget()
            suspected = {filter for batch in self._suspects for filter in batch}
            self._ask(filter for filter in self._wanted if filter not in suspected)
            self._ask_next_suspect()

    def _forget(self) -> None:
        for batch in batches(self._unwanted):
            self._unsubscribe(batch)
        self._unwanted.clear()

    def _ask(self, filters: Iterable[str]) -> None:
        for batch in batches(filter for filter in filters if filter not in self._given_up):
            self._send(batch)

    def _send(self, batch: Batch) -> None:
        if (mid := self._subscribe(batch)) is not None:
            self._asked[mid] = batch

    def _ask_next_suspect(self) -> None:
        while not self._asked and self._suspects:
            self._alone = True
            self._send(self._suspects.pop(0))

    def answered(self, mid: int, codes: Sequence[ReasonCode]) -> Sequence[str]:
        """Those filters that the broker refuses, if this is the answer to some of ours."""
        with self._lock:
            batch = self._asked.pop(mid, ())
            if not self._asked:
                self._alone = False
                self._ask_next_suspect()
            return [filter for filter, code in zip(batch, codes, strict=False) if code.is_failure]

    def lost(self) -> Sequence[str]:
        """The connection has ended. Those filters that are given up for it."""
        with self._lock:
            unanswered, alone = [*self._asked.values()], self._alone
            self._asked.clear()
            self._connected = self._alone = False
            if not alone or len(unanswered) != 1:
                self._suspects += unanswered
                return ()
            [culprit] = unanswered
            if len(culprit) > 1:
                middle = len(culprit) // 2
                self._suspects += culprit[:middle], culprit[middle:]
                return ()
            [filter] = culprit
            self._cuts[filter] = self._cuts.get(filter, 0) + 1
            if self._cuts[filter] < MOST_CUTS:
                self._suspects.append(culprit)
                return ()
            self._given_up.add(filter)
            return culprit
