"""How often a device speaks, learned from the gaps between its reports, in bounded memory. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# Gaps are counted by their length, in classes of half an octave; those of more than 69 days are none.
_PER_OCTAVE: Final = 2
CLASSES: Final = 45
_LONGEST: Final = tuple(float(2 ** (at / _PER_OCTAVE)) for at in range(CLASSES))
"""The longest gap of each class, s."""
# Beyond so many in all each class is halved, so that what was long ago counts less.
_MOST: Final = 4096
# An outage is rare; what a device does by itself it does again and again.
_LEAST: Final = 3
# So much of its time a device that speaks at no fixed interval spends in silences that are usual to it.
_USUAL: Final = 0.25
# Above this share of gaps in three neighbouring classes a device has a fixed interval.
_REGULAR: Final = 0.9
_STRAY: Final = 0.05


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``counts`` are the gaps seen in each class, from the shortest class on, at most :data:`CLASSES`."""

    counts: tuple[int, ...] = ()

    def after(self, gap: float) -> Rhythm:
        """Once two reports have been ``gap`` seconds apart. A clock that was set back has seen none."""
        if gap < 0:
            return self
        at = math.ceil(_PER_OCTAVE * math.log2(gap)) if gap > 1 else 0
        if at >= CLASSES:
            return self
        counts = [*self.counts]
        counts += [0] * (at + 1 - len(counts))
        counts[at] += 1
        if sum(counts) > _MOST:
            # Rounded up, so that what happens once a week is not forgotten for what happens each second.
            counts = [(count + 1) // 2 for count in counts]
        return Rhythm(tuple(counts))

    @property
    def interval(self) -> float | None:
        """The seconds that usually pass between two reports at most; ``None`` where too few have come.

        Of a device with a fixed interval that is its longest gap, up to a factor of 1.4; or of 2, where some
        reports are lost or the gaps are of two classes. One that speaks when something happens does so in
        bursts, and then is silent: it spends a quarter of its time in silences that long or longer. A few
        outages change neither.
        """
        counts = self.counts
        total = sum(counts)
        if total < _LEAST:
            return None
        mode = counts.index(max(counts))
        first = max(0, mode - 1)
        near = counts[first : mode + 2]
        if sum(near) >= _REGULAR * total:
            # Asked at each report; so it takes 0.8 µs in all, and by max() over the three 1.4.
            last = first + len(near) - 1
            while counts[last] <= _STRAY * total:
                last -= 1
            return _LONGEST[last]
        return self._usual_silence()

    def _usual_silence(self) -> float:
        times = [count * longest for count, longest in zip(self.counts, _LONGEST, strict=False)]
        seen, silent, usual = 0, 0.0, _USUAL * sum(times)
        for at in reversed(range(len(times))):
            seen += self.counts[at]
            silent += times[at]
            if seen >= _LEAST and silent >= usual:
                return _LONGEST[at]
        return _LONGEST[0]
