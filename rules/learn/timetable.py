"""Windows of a week: how they are compared, and how they go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from actors.domain.model import Json, JsonObject
from actors.domain.schedule import DAYS
from actors.domain.sun import Sun, SunTime
from actors.domain.sun_windows import SUN

DAY: Final = 1440
WEEK: Final = 7 * DAY

Span: TypeAlias = tuple[int, int]
"""Start in minutes of the week (Monday 00:00 is 0) and length in minutes."""


@dataclass(frozen=True, slots=True)
class SunFit:
    """An end of windows that follows the sun, and how far the days are from that, and from one time of the
    clock: minutes, on average.
    """

    time: SunTime
    spread: float = 0.0
    clock_spread: float = 0.0

    @classmethod
    def read(cls, text: str) -> SunFit | None:
        """What is told as ``ocaso+30``, without evidence; ``None`` where that says nothing of the sun."""
        time = SunTime.read(text)
        return None if time is None else cls(time)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """On from minute ``start`` of the week (Monday 00:00 is 0) for ``length`` minutes, at most a day.

    ``seen`` of the last ``of`` days on which it could be seen, it was.
    """

    start: int
    length: int
    seen: int = 0
    of: int = 0
    start_by: SunFit | None = field(default=None, compare=False)
    end_by: SunFit | None = field(default=None, compare=False)
    """What its ends follow, where that is the sun: ``start`` and ``length`` are as on one day."""

    @property
    def weekday(self) -> int:
        return self.start // DAY

    @property
    def span(self) -> Span:
        return self.start, self.length

    def moved_to(self, day: int, sun: Sun | None) -> Window:
        """As it is in the days around the one with this ordinal, since what follows the sun has moved.

        Where the sun stays up or down, or leaves nothing of the window, as it was when it was looked at.
        """
        start, end = self.start % DAY, self.start % DAY + self.length
        start = _moved(start, self.start_by, day, sun)
        end = _moved(end, self.end_by, day, sun)
        if not 0 < end - start <= DAY:
            return self
        return replace(self, start=(self.weekday * DAY + start) % WEEK, length=end - start)

    def is_like(self, other: Window) -> bool:
        """Whether both are of the same weekday, and of about the same time."""
        return self.weekday == other.weekday and same_time(self, other)

    @property
    def confidence(self) -> float:
        """Chance that it is seen the next time too, by the rule of succession."""
        return (self.seen + 1) / (self.of + 2)


Timetable: TypeAlias = Sequence[Window]


def same_time(one: Window, other: Window) -> bool:
    """Whether they share most of their time of the day."""
    apart = (other.start - one.start + DAY // 2) % DAY - DAY // 2
    shared = min(one.length, apart + other.length) - max(0, apart)
    return shared * 2 > max(one.length, other.length)


def _moved(minute: int, by: SunFit | None, day: int, sun: Sun | None) -> int:
    """To the sun's time of that day, on the same side of midnight."""
    risen = None if by is None or sun is None else sun.minute(by.time.event, day)
    if by is None or risen is None:
        return minute
    return round(risen) + by.time.minutes + minute // DAY * DAY


def minutes(windows: Iterable[Span]) -> int:
    """A set of minutes of the week, a bit each, from ``(start, length)`` that may run past its end."""
    bits = 0
    for start, length in windows:
        bits |= ((1 << min(length, WEEK)) - 1) << (start % WEEK)
    return (bits | bits >> WEEK) & ((1 << WEEK) - 1)


def difference(one: int, other: int) -> float:
    """0 for the same minutes, 1 for none in common: one less intersection over union."""
    union = (one | other).bit_count()
    return 1 - (one & other).bit_count() / union if union else 0.0


def suggested(timetable: Timetable) -> JsonObject:
    """``suggested_horarios``: day → windows, each with its confidence and the evidence for it."""
    by_day: dict[str, list[Json]] = {}
    for window in sorted(timetable):
        entry: dict[str, Json] = {
            "inicio": _clock(window.start),
            "fin": _clock(window.start + window.length),
            "confianza": round(window.confidence, 2),
            "visto": window.seen,
            "de": window.of,
        }
        if fits := _fits(window):
            entry[SUN] = {end: str(fit.time) for end, fit in fits.items()}
            entry["desvio_min"] = {
                end: {"sol": round(fit.spread, 1), "reloj": round(fit.clock_spread, 1)}
                for end, fit in fits.items()
            }
        by_day.setdefault(DAYS[window.weekday], []).append(entry)
    return by_day


def _fits(window: Window) -> dict[str, SunFit]:
    """By the name of the end, those that follow the sun."""
    ends = {"inicio": window.start_by, "fin": window.end_by}
    return {name: fit for name, fit in ends.items() if fit is not None}


def as_horarios(timetable: Timetable) -> list[Json]:
    """The same as a device's ``horarios``: one entry for each window, with all the days that have it."""
    entries: dict[str, JsonObject] = {}
    for window in sorted(timetable):
        entry: dict[str, Json] = {
            "inicio": _clock(window.start),
            "fin": _clock(window.start + window.length),
        }
        if fits := _fits(window):
            entry[SUN] = {end: str(fit.time) for end, fit in fits.items()}
        entries.setdefault(str(entry), {"dias": [], **entry})["dias"].append(DAYS[window.weekday])
    return list(entries.values())


def read_suggested(suggested_horarios: JsonObject) -> Iterator[Window]:
    """The windows, without the evidence for them, from what :func:`suggested` made."""
    for day, windows in suggested_horarios.items():
        for window in windows:
            start, end = _minute(window["inicio"]), _minute(window["fin"])
            length = (end - start) % DAY or DAY
            sun = window.get(SUN, {})
            yield Window(
                DAYS.index(day) * DAY + start,
                length,
                start_by=SunFit.read(sun.get("inicio", "")),
                end_by=SunFit.read(sun.get("fin", "")),
            )


def _clock(minute: int) -> str:
    return f"{minute % DAY // 60:02}:{minute % 60:02}"


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
