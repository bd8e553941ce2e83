"""Which of a device's numbered reports have come, so that none is stored twice and receipts are true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# Reports without a receipt that a device may keep. Of what is older than so many nothing comes any more.
MOST_KEPT: Final = 256
# Spans of numbers remembered of one boot: what has a receipt, and every other report that a device keeps.
MAX_SPANS: Final = 1 + MOST_KEPT // 2
# Boots remembered for telling a redelivered report from a new one.
MAX_BOOTS: Final = 8


@dataclass(frozen=True, slots=True)
class Boot:
    """The sequence numbers received since one start of a device, as closed, sorted, disjoint spans."""

    name: str
    spans: tuple[tuple[int, int], ...] = ()

    def has(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.spans)

    def with_seq(self, seq: int) -> Boot:
        """This boot with ``seq`` added; ``seq`` must be new."""
        before = [span for span in self.spans if span[1] < seq]
        after = [span for span in self.spans if span[0] > seq]
        first = last = seq
        if before and before[-1][1] == seq - 1:
            first = before.pop()[0]
        if after and after[0][0] == seq + 1:
            last = after.pop(0)[1]
        spans = [*before, (first, last), *after]
        if len(spans) > MAX_SPANS:
            spans[:2] = [(spans[0][0], spans[1][1])]
        return Boot(self.name, tuple(spans))

    @property
    def receipt(self) -> int | None:
        """The highest number up to which nothing is missing that can still come.

        Devices count from 0 or 1; one that has sent as many as it can keep was running before anybody
        heard it.
        """
        if not self.spans:
            return None
        first, last = self.spans[0]
        return last if first <= 1 or last - first >= MOST_KEPT - 1 else None
