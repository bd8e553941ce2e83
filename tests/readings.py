"""Generated series of a metric: a daily cycle under changing weather, and what can go wrong with it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from actors.domain.durations import DAY_S

STARTS: Final = 1_740_000_000.0


@dataclass(frozen=True)
class Series:
    """``interval`` in seconds; spikes begin with the fourth day, when there is a history."""

    seed: int
    days: int
    interval: float = 300.0
    spikes: int = 0

    def readings(self) -> Iterator[tuple[float, float, bool]]:
        """``(seconds since the epoch, value, whether it is a planted spike)``, oldest first.

        A spike lies beyond all that is right by a quarter to three times its range.
        """
        rng = random.Random(self.seed)
        right = list(self._right(rng))
        low, high = min(value for _, value in right), max(value for _, value in right)
        begin = int(3 * DAY_S / self.interval)
        # An hour apart, so that no cooldown hides one.
        apart = max(1, int(3600 / self.interval))
        spiked = {
            apart * at for at in rng.sample(range(begin // apart + 1, len(right) // apart), self.spikes)
        }
        for n, (at, value) in enumerate(right):
            if n in spiked:
                beyond = rng.uniform(0.25, 3) * (high - low)
                yield at, rng.choice((low - beyond, high + beyond)), True
            else:
                yield at, value, False

    def _right(self, rng: random.Random) -> Iterator[tuple[float, float]]:
        middle, swing, phase = rng.uniform(5, 500), rng.uniform(2, 20), rng.random()
        weather = 0.0
        at = STARTS
        while at < STARTS + self.days * DAY_S:
            steps = self.interval / DAY_S
            weather += -0.5 * weather * steps + rng.gauss(0, 0.15 * swing) * math.sqrt(steps)
            cycle = math.sin(2 * math.pi * (at / DAY_S + phase))
            yield at, middle + swing * cycle + weather + rng.gauss(0, 0.04 * swing)
            at += self.interval
