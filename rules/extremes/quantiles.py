"""Quantiles of a stream over a moving window, at a cost that does not grow with the stream.

A :class:`Histogram` counts readings in at most 256 cells whose width is a power of two, so that any
two histograms can be brought to a common grid and added without further error. A quantile comes out
in the cell of the reading of that rank: at most 0.8 % of the range away from it (1/126; a range below
2**-40 of the values themselves, or 2**-100, counts as no range). Up to sixteen of the farthest
readings are kept apart and exact, so that a few wild ones do not cost the others their resolution.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from typing import Final

from actors.domain.model import JsonObject
from rules.base.memory import DamagedState, Fields

CELLS: Final = 256
FAR: Final = 16
# Parts of a window; what grows too old falls out of it a part at a time.
PARTS: Final = 8
# Beyond this a number is no measurement, and its cell's number would be needlessly long.
LARGEST: Final = 1e100

_FINEST: Final = -100  # power of two of the narrowest cell
_COUNT_MAX: Final = 2**32 - 1


class Histogram:
    """How many readings were about how much. Readings are at most :data:`LARGEST`, either way."""

    __slots__ = ("_counts", "_far", "_first", "_power", "high", "low", "total")

    def __init__(self) -> None:
        self._power = 0
        self._first = 0
        self._counts = array("I")
        self._far: list[float] = []
        self.total = 0
        self.low = math.inf
        self.high = -math.inf

    def add(self, value: float) -> None:
        self.total += 1
        if value < self.low:
            self.low = value
        if value > self.high:
            self.high = value
        self._put(value)

    def _put(self, value: float) -> None:
        if not self._counts:
            self._power = max(math.frexp(value)[1] - 40, _FINEST)
            self._first = self._cell(value)
            self._counts.append(1)
            return
        cell = self._cell(value)
        offset = cell - self._first
        if not 0 <= offset < len(self._counts):
            if offset >= CELLS or len(self._counts) - offset > CELLS:
                self._set_apart(value)
                return
            self._cover(cell, cell)
            offset = cell - self._first
        self._counts[offset] += 1

    def _cell(self, value: float) -> int:
        return math.floor(math.ldexp(value, -self._power))

    def _set_apart(self, value: float) -> None:
        """Keep a reading that the grid has no room for; too many, and the nearest half go into it."""
        self._far.append(value)
        if len(self._far) <= FAR:
            return
        low = math.ldexp(self._first, self._power)
        high = math.ldexp(self._first + len(self._counts), self._power)
        self._far.sort(key=lambda far: max(low - far, far - high))
        nearest, self._far = self._far[: FAR // 2], self._far[FAR // 2 :]
        self._cover(self._cell(min(nearest)), self._cell(max(nearest)))
        for reading in nearest:
            self._put(reading)

    def _cover(self, first: int, last: int) -> None:
        """Make the grid reach over both cells, as much coarser as that takes."""
        first = min(first, self._first)
        last = max(last, self._first + len(self._counts) - 1)
        shift = 0
        while (last >> shift) - (first >> shift) >= CELLS:
            shift += 1
        if shift:
            self._coarsen(shift)
        first, last = first >> shift, last >> shift
        before = self._first - first
        after = last - (self._first + len(self._counts) - 1)
        self._counts = _empty(before) + self._counts + _empty(after)
        self._first = first
        # The grid may now reach what was too far from it.
        far, self._far = self._far, []
        for reading in far:
            self._put(reading)

    def _coarsen(self, shift: int) -> None:
        """Make cells 2**shift times as wide."""
        first = self._first >> shift
        counts = _empty(((self._first + len(self._counts) - 1) >> shift) - first + 1)
        for cell, count in enumerate(self._counts, self._first):
            counts[(cell >> shift) - first] += count
        self._counts, self._first, self._power = counts, first, self._power + shift

    def merge(self, other: Histogram) -> None:
        """Add all of ``other``'s readings."""
        if not other._counts:
            return
        if not self._counts:
            self._power, self._first, self._counts = other._power, other._first, other._counts[:]
        else:
            self._merge_grid(other)
        self.total += other.total
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)
        for value in other._far:
            self._put(value)

    def _merge_grid(self, other: Histogram) -> None:
        if other._power > self._power:
            self._coarsen(other._power - self._power)
        first, last = other._first, other._first + len(other._counts) - 1
        shift = self._power - other._power
        self._cover(first >> shift, last >> shift)
        shift = self._power - other._power
        for cell, count in enumerate(other._counts, first):
            self._counts[(cell >> shift) - self._first] += count

    def quantile(self, share: float) -> float:
        """The reading of rank ``floor(share * (total - 1))``, to within the error; there must be one."""
        rank = math.floor(share * (self.total - 1))
        edge = math.ldexp(self._first, self._power)
        far = sorted(self._far)
        below = bisect_left(far, edge)
        if rank < below:
            return far[rank]
        gridded = self.total - len(far)
        if rank - below >= gridded:
            return far[rank - gridded]
        return min(max(self._gridded(rank - below, gridded), self.low), self.high)

    def _gridded(self, rank: int, total: int) -> float:
        """The reading of that rank of the ``total`` in the grid; counted from the nearer end."""
        last = self._first + len(self._counts) - 1
        if rank * 2 < total:
            for cell, count in enumerate(self._counts, self._first):
                if rank < count:
                    return math.ldexp(cell + (rank + 0.5) / count, self._power)
                rank -= count
        rank = total - 1 - rank
        for cell, count in zip(range(last, self._first - 1, -1), reversed(self._counts), strict=True):
            if rank < count:
                return math.ldexp(cell + 1 - (rank + 0.5) / count, self._power)
            rank -= count
        raise AssertionError("fewer readings than counted")

    def state(self) -> JsonObject:
        return {
            "power": self._power,
            "first": self._first,
            "counts": self._counts.tolist(),
            "far": list(self._far),
            "low": self.low if self.total else 0.0,
            "high": self.high if self.total else 0.0,
        }

    @classmethod
    def from_state(cls, state: Fields) -> Histogram:
        """Raises :class:`DamagedState`."""
        made = cls()
        made._power = state.whole("power", _FINEST, 1024)
        made._first = state.whole("first", -(2**500), 2**500)
        made._counts = array("I", state.wholes("counts", 0, _COUNT_MAX))
        made._far = state.numbers("far", -LARGEST, LARGEST)
        made.total = sum(made._counts) + len(made._far)
        if len(made._counts) > CELLS or len(made._far) > FAR or (made._far and not made._counts):
            raise DamagedState("histogram: too many cells")
        if made.total:
            made.low = state.number("low", -LARGEST, LARGEST)
            made.high = state.number("high", made.low, LARGEST)
        return made


def _empty(cells: int) -> array[int]:
    return array("I", bytes(array("I").itemsize * cells))


class MovingHistogram:
    """The readings of the last ``window`` seconds, and of up to an eighth more."""

    __slots__ = ("_part_s", "_parts", "all")

    def __init__(self, window: float) -> None:
        self._part_s = window / PARTS
        self._parts: list[tuple[int, Histogram]] = []
        """Number of the part since the epoch, and what it holds; oldest first."""
        self.all = Histogram()
        """The sum of all parts."""

    @property
    def begins(self) -> float:
        """When the oldest part began, seconds since the epoch."""
        return self._parts[0][0] * self._part_s if self._parts else math.inf

    @property
    def newest(self) -> float:
        """When the newest part began, seconds since the epoch."""
        return self._parts[-1][0] * self._part_s if self._parts else -math.inf

    def add(self, at: float, value: float) -> None:
        """``at`` may be earlier than before: a clock was set back, and the newest part takes it."""
        self._part(at).add(value)
        self.all.add(value)

    def merge(self, at: float, readings: Histogram) -> None:
        self._part(at).merge(readings)
        self.all.merge(readings)

    def _part(self, at: float) -> Histogram:
        number = math.floor(at / self._part_s)
        if not self._parts or number > self._parts[-1][0]:
            self._parts.append((number, Histogram()))
            if self._parts[0][0] < number - PARTS:
                self._drop_before(number - PARTS)
        return self._parts[-1][1]

    def _drop_before(self, number: int) -> None:
        self._parts = [part for part in self._parts if part[0] >= number]
        self.all = Histogram()
        for _, part in self._parts:
            self.all.merge(part)

    def state(self) -> JsonObject:
        return {"parts": [{"number": number, **part.state()} for number, part in self._parts]}

    @classmethod
    def from_state(cls, window: float, state: Fields) -> MovingHistogram:
        """Raises :class:`DamagedState`."""
        made = cls(window)
        for stored in state.objects("parts"):
            made._parts.append((stored.whole("number", 0, 2**62), Histogram.from_state(stored)))
        numbers = [number for number, _ in made._parts]
        if numbers != sorted(set(numbers)) or len(numbers) > PARTS + 1:
            raise DamagedState("moving histogram: parts out of order")
        for _, part in made._parts:
            made.all.merge(part)
        return made
