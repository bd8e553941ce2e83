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
# Reports at the start of a boot by which another start of the same name is known.
MAX_FIRSTS: Final = 8


@dataclass(frozen=True, slots=True)
class Boot:
    """The sequence numbers received since one start of a device, as closed, sorted, disjoint spans."""

    name: str
    spans: tuple[tuple[int, int], ...] = ()
    firsts: tuple[tuple[int, int], ...] = ()
    """The first numbers that came, at most :data:`MAX_FIRSTS`, each with the digest of what it stood on."""
    again: int = 0
    """How often the device has started anew under this name, which should have been another one."""

    def has(self, seq: int) -> bool:
        return any(first <= seq <= last for first, last in self.spans)

    def contradicts(self, seq: int, digest: int | None) -> bool:
        """Whether ``seq`` came before with something else: the device has started and counts anew."""
        return digest is not None and any(n == seq and known != digest for n, known in self.firsts)

    def begun_anew(self, seq: int) -> Boot:
        """The same name after another start, of which ``seq`` is the first report that shows it.

        What came before that was the same as at the last start, and has its receipt.
        """
        first = self.spans[0][0]
        return Boot(self.name, ((first, seq - 1),) if first < seq else (), again=self.again + 1)

    def with_seq(self, seq: int, digest: int | None = None) -> Boot:
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
        firsts = self.firsts
        if digest is not None and len(firsts) < MAX_FIRSTS:
            firsts = (*firsts, (seq, digest))
        return Boot(self.name, tuple(spans), firsts, self.again)

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
