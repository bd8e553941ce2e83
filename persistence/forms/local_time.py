"""Where hours and days begin on the wall of this house."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Final

HOUR: Final = 3_600
DAY: Final = 86_400
# A row that claims to come from further ahead of now than this was stamped by a clock set wrong.
AHEAD_S: Final = 3_600.0
# Every offset in use is a multiple of it, so the hour on the wall changes only at such a moment.
SLOT: Final = 900
# What datetime can tell on every platform, without what an offset might push over its edge.
_FIRST: Final = 8 * DAY
_LAST: Final = 253_402_000_000
# A Monday, so that spans of seven days are weeks.
_MONDAY: Final = date(1970, 1, 5).toordinal()


class LocalTime:
    """Hours and days in ``zone``, by default the system's, as seconds since the epoch at their begin.

    Hours are those of the clock on the wall, so they nest in days, also where the offset is no whole
    number of hours. What begins when is a pure function of the moment.
    """

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._slot = lru_cache(maxsize=1024)(self._begins)
        self._offset = lru_cache(maxsize=1024)(self._offset_at)

    @staticmethod
    def knows(at: float) -> bool:
        """Whether ``at`` can be a moment of a report; the other methods want one that can."""
        return _FIRST <= at < _LAST

    def hour(self, at: float) -> int:
        return self._slot(int(at // SLOT))[0]

    def day(self, at: float) -> int:
        return self._slot(int(at // SLOT))[1]

    def days(self, at: float, count: int) -> int:
        """The begin of the span of ``count`` days, all of which follow on each other since a Monday."""
        ordinal = datetime.fromtimestamp(at, self._zone).toordinal()
        return self._midnight(date.fromordinal(ordinal - (ordinal - _MONDAY) % count))

    def _begins(self, slot: int) -> tuple[int, int]:
        at = slot * SLOT
        utc_day = at // DAY
        offset = self._offset(utc_day)
        if offset == self._offset(utc_day - 1) == self._offset(utc_day + 1):
            # No clock was set around then, and so it is for 363 days of a year: ten times as fast.
            return at - (at + offset) % HOUR, at - (at + offset) % DAY
        local = datetime.fromtimestamp(at, self._zone)
        return int(local.replace(minute=0, second=0).timestamp()), self._midnight(local.date())

    def _offset_at(self, utc_day: int) -> int:
        """Seconds that the clock on the wall is ahead of UTC when a day of UTC begins."""
        at = utc_day * DAY
        return int(datetime.fromtimestamp(at, self._zone).replace(tzinfo=UTC).timestamp()) - at

    def _midnight(self, day: date) -> int:
        return int(datetime.combine(day, time(), self._zone).timestamp())
