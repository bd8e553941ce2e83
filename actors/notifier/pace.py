"""How many messages a channel gets. Pure."""

from __future__ import annotations

import math
from typing import Final

from actors.domain.durations import HOUR_S

# In any hour, by each channel. Nobody reads more; free services take some hundred a day, and block who sends
# too much (ntfy.sh 250 messages, Gmail 500 mails).
MOST_AN_HOUR: Final = 12
# So many one by one, as they come; after that one at a time, which sums up what came meanwhile.
MOST_AT_A_TIME: Final = 6
EACH_S: Final = HOUR_S / (MOST_AN_HOUR - MOST_AT_A_TIME)


class Pace:
    """Of one channel: a token bucket, that holds :data:`MOST_AT_A_TIME` and gets one each :data:`EACH_S`.

    Times are monotonic, in seconds.
    """

    __slots__ = ("_full_at",)

    def __init__(self) -> None:
        self._full_at = -math.inf

    def take(self, now: float) -> None:
        """A message has gone."""
        self._full_at = max(self._full_at, now) + EACH_S

    def wait(self, now: float, messages: int = 1) -> float:
        """Seconds until so many, at most :data:`MOST_AT_A_TIME`, may go one after the other."""
        return max(0.0, self._full_at - (MOST_AT_A_TIME - messages) * EACH_S - now)
