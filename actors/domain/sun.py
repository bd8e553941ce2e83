"""When the sun rises and sets at the house, and times that are told from there. Pure.

The formulae are those of NOAA's solar calculator (https://gml.noaa.gov/grad/solcalc/calcdetails.html), which
follow Meeus, *Astronomical Algorithms*: within a minute to 72 degrees of latitude, within ten beyond.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import Enum
from functools import lru_cache
from math import cos, radians, sin, tan
from typing import Final

DAY_MINUTES: Final = 1440
# The farthest from sunrise or sunset that anything is told by them, minutes.
FARTHEST: Final = 180
# Of the sun's upper edge behind the horizon, with the air's refraction: degrees from the zenith.
_ZENITH: Final = 90.833
_J2000: Final = datetime(2000, 1, 1, 12, tzinfo=UTC).toordinal() + 0.5
_CENTURY: Final = 36_525.0
_EPOCH_DAY: Final = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
_WRITTEN: Final = re.compile(r"(amanecer|ocaso)([+-](?:[0-9]{1,2}|1[0-7][0-9]|180))?")


class SunEvent(Enum):
    """The value is the word on the wire."""

    SUNRISE = "amanecer"
    SUNSET = "ocaso"


@dataclass(frozen=True, slots=True)
class SunTime:
    """So many minutes after the sun has risen or set; before it where they are negative."""

    event: SunEvent
    minutes: int

    def __str__(self) -> str:
        """``ocaso+30``, as on the wire."""
        return self.event.value + (f"{self.minutes:+}" if self.minutes else "")

    @classmethod
    def read(cls, text: str) -> SunTime | None:
        """``None`` for what is no such time, or is farther from the sun than :data:`FARTHEST`."""
        found = _WRITTEN.fullmatch(text)
        return None if found is None else cls(SunEvent(found[1]), int(found[2] or 0))


@dataclass(frozen=True, slots=True)
class Sun:
    """The sun as it is seen from the house: degrees, positive to the north and to the east."""

    latitude: float
    longitude: float
    zone: tzinfo

    def minute(self, event: SunEvent, day: int) -> float | None:
        """By the clock on the wall, minutes after the midnight with which the day with this ordinal begins.

        That may be below 0 or past 1440, where the night lasts an hour. ``None`` where the sun stays up, or
        down.
        """
        return _minute(self, event, day)

    def day(self, at: float) -> int:
        """The ordinal of the day of the house in which ``at`` lies, seconds since the epoch."""
        return datetime.fromtimestamp(at, self.zone).toordinal()


@lru_cache(maxsize=1_024)
def _minute(sun: Sun, event: SunEvent, day: int) -> float | None:
    """A look at a habit asks for the same eight weeks, of each device: 9 µs the first time, and 0.1 then."""
    # Whose noon is on this day of the house: zones may lie a day apart from where the sun stands.
    noon = DAY_MINUTES / 2 - 4 * sun.longitude
    utc_day = day - math.floor((noon + _offset(day, noon, sun.zone)) / DAY_MINUTES)
    minute: float | None = noon
    for _ in range(2):
        if minute is not None:
            minute = _event(event, utc_day, minute, sun)
    if minute is None:
        return None
    return minute + (utc_day - day) * DAY_MINUTES + _offset(utc_day, minute, sun.zone)


def _offset(utc_day: int, minute: float, zone: tzinfo) -> float:
    at = ((utc_day - _EPOCH_DAY) * DAY_MINUTES + minute) * 60
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return 0.0 if offset is None else offset.total_seconds() / 60


def _event(event: SunEvent, utc_day: int, minute: float, sun: Sun) -> float | None:
    """Minutes after 0 h UTC of that day, as the sun stands at ``minute`` of it."""
    century = (utc_day + minute / DAY_MINUTES - _J2000) / _CENTURY
    mean_longitude = radians((280.46646 + century * (36_000.76983 + 0.0003032 * century)) % 360)
    anomaly = radians(357.52911 + century * (35_999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    centre = radians(
        sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1_934.136 * century)
    longitude = mean_longitude + centre - radians(0.00569 + 0.00478 * sin(node))
    seconds = 21.448 - century * (46.815 + century * (0.00059 - 0.001813 * century))
    obliquity = radians(23 + (26 + seconds / 60) / 60 + 0.00256 * cos(node))
    declination = math.asin(sin(obliquity) * sin(longitude))
    y = tan(obliquity / 2) ** 2
    ahead = 4 * math.degrees(  # the equation of time, minutes
        y * sin(2 * mean_longitude)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * mean_longitude)
        - y * y / 2 * sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * sin(2 * anomaly)
    )
    latitude = radians(sun.latitude)
    # At a pole itself the cosine is next to nothing: the sun is up or down for half a year.
    turn = cos(radians(_ZENITH)) / (cos(latitude) * cos(declination)) - tan(latitude) * tan(declination)
    if not -1 <= turn <= 1:
        return None
    half_day = 4 * math.degrees(math.acos(turn))
    noon = DAY_MINUTES / 2 - 4 * sun.longitude - ahead
    return noon - half_day if event is SunEvent.SUNRISE else noon + half_day
